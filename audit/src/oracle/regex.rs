//! Patterns, and an obvious search for them: it tries one way after the other, the preferred first, and takes the first
//! that fits.
//!
//! What repeats always reads something: what an empty turn of a loop comes to, no two libraries agree on.

use std::cell::Cell;
use std::fmt;

/// A search that takes more steps judges nothing.
const STEPS_MAX: usize = 20_000;

/// What a text is searched for.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Nothing, which is everywhere.
    Empty,
    /// This character.
    Char(char),
    /// Any character but the end of a line.
    Any,
    /// Between a character of a word and one of none.
    Boundary,
    /// One behind the other.
    Both(Box<Self>, Box<Self>),
    /// One or the other.
    Either(Box<Self>, Box<Self>),
    /// As often as a suffix says.
    Repeat(Box<Self>, Times),
}

/// How often something is repeated.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    suffix: &'static str,
    least: usize,
    most: usize,
    /// Rather once more?
    greedy: bool,
}

/// All suffixes.
pub const TIMES: [Times; 7] = [
    Times { suffix: "*", least: 0, most: usize::MAX, greedy: true },
    Times { suffix: "+", least: 1, most: usize::MAX, greedy: true },
    Times { suffix: "?", least: 0, most: 1, greedy: true },
    Times { suffix: "{1,2}", least: 1, most: 2, greedy: true },
    Times { suffix: "*?", least: 0, most: usize::MAX, greedy: false },
    Times { suffix: "+?", least: 1, most: usize::MAX, greedy: false },
    Times { suffix: "??", least: 0, most: 1, greedy: false },
];

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Char(c) => write!(out, "{c}"),
            Self::Any => out.write_str("."),
            Self::Boundary => out.write_str(r"\b"),
            Self::Both(first, second) => write!(out, "{first}{second}"),
            Self::Either(first, second) => write!(out, "(?:{first}|{second})"),
            Self::Repeat(what, times) => write!(out, "(?:{what}){}", times.suffix),
        }
    }
}

/// What comes behind a position: where it ends, if it fits.
type Then<'t> = &'t mut dyn FnMut(usize) -> Option<usize>;

struct Search<'t> {
    text: &'t [char],
    steps: Cell<usize>,
}

impl Pattern {
    /// Can it match without reading anything?
    pub fn may_be_empty(&self) -> bool {
        match self {
            Self::Empty | Self::Boundary => true,
            Self::Char(_) | Self::Any => false,
            Self::Both(first, second) => first.may_be_empty() && second.may_be_empty(),
            Self::Either(first, second) => first.may_be_empty() || second.may_be_empty(),
            Self::Repeat(what, times) => times.least == 0 || what.may_be_empty(),
        }
    }

    /// All matches, from byte to byte: the first one, then the first behind it. Those that are empty directly behind
    /// another are none. None when it takes too long.
    pub fn find_all(&self, text: &str) -> Option<Vec<(usize, usize)>> {
        let chars: Vec<char> = text.chars().collect();
        let search = Search { text: &chars, steps: Cell::new(0) };
        let (mut found, mut at) = (Vec::new(), 0);
        while at <= chars.len() {
            let last = found.last().map(|(_, end)| *end);
            match search.find(self, at, &mut Some) {
                Some(end) if end > at || last != Some(at) => {
                    found.push((at, end));
                    at = end;
                }
                _ => at += 1,
            }
        }
        let byte = |at: usize| chars.iter().take(at).map(|c| c.len_utf8()).sum();
        let bytes = found.into_iter().map(|(start, end)| (byte(start), byte(end))).collect();
        (search.steps.get() < STEPS_MAX).then_some(bytes)
    }
}

impl Search<'_> {
    fn find(&self, pattern: &Pattern, at: usize, then: Then<'_>) -> Option<usize> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() >= STEPS_MAX {
            return None;
        }
        let read = |is_one: &dyn Fn(char) -> bool| self.text.get(at).is_some_and(|c| is_one(*c));
        match pattern {
            Pattern::Empty => then(at),
            Pattern::Char(one) => read(&|c| c == *one).then(|| at + 1).and_then(then),
            Pattern::Any => read(&|c| c != '\n').then(|| at + 1).and_then(then),
            Pattern::Boundary => {
                let before = at.checked_sub(1).and_then(|before| self.text.get(before));
                let differ = before.is_some_and(|c| is_of_a_word(*c)) != read(&is_of_a_word);
                if differ { then(at) } else { None }
            }
            Pattern::Both(first, second) => self.find(first, at, &mut |at| self.find(second, at, then)),
            Pattern::Either(first, second) => {
                self.find(first, at, then).or_else(|| self.find(second, at, then))
            }
            Pattern::Repeat(what, times) => self.repeat((what, times), 0, at, then),
        }
    }

    fn repeat(&self, repeated: (&Pattern, &Times), done: usize, at: usize, then: Then<'_>) -> Option<usize> {
        let (what, times) = repeated;
        let enough = done >= times.least;
        if enough
            && !times.greedy
            && let Some(end) = then(at)
        {
            return Some(end);
        }
        if done < times.most {
            let more = self.find(what, at, &mut |at| self.repeat(repeated, done + 1, at, then));
            if more.is_some() {
                return more;
            }
        }
        if enough && times.greedy { then(at) } else { None }
    }
}

/// Of the characters that texts are made of here: letters, digits, marks and joiners.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\u{301}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_way_that_fits_is_taken() {
        let one = |c| Box::new(Pattern::Char(c));
        let words = Pattern::Either(
            Box::new(Pattern::Repeat(one('a'), TIMES[1])),
            Box::new(Pattern::Both(one('a'), one('é'))),
        );
        assert_eq!(words.to_string(), "(?:(?:a)+|aé)");
        assert_eq!(words.find_all("aaéa"), Some(vec![(0, 2), (4, 5)]));
        let lazy = Pattern::Both(Box::new(Pattern::Repeat(Box::new(Pattern::Any), TIMES[4])), one('b'));
        assert_eq!(lazy.find_all("éab\nb"), Some(vec![(0, 4), (5, 6)]));
        assert_eq!(Pattern::Boundary.find_all("a é"), Some(vec![(0, 0), (1, 1), (2, 2), (4, 4)]));
        let empty = Pattern::Either(one('é'), Box::new(Pattern::Empty));
        assert_eq!(empty.find_all("éa"), Some(vec![(0, 2), (3, 3)]), "none directly behind another");
    }

    #[test]
    fn what_takes_too_long_is_not_judged() {
        let twice = |what| Pattern::Repeat(Box::new(what), TIMES[1]);
        let pattern = Pattern::Both(Box::new(twice(twice(Pattern::Any))), Box::new(Pattern::Char('b')));
        assert_eq!(pattern.find_all(&"a".repeat(30)), None);
    }
}
