//! What a sweep works with: it runs programs and compares every line that they print with a model's.

use super::engine::{Execution, Ran};
use crate::catalogue::vector::Settings;
use crate::harness::{Channel, Size};

/// One input of a sweep: what people call it, and what the model says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The input.
    pub input: String,
    /// The line that the program must print for it.
    pub expected: String,
}

impl Line {
    /// An input and its line.
    pub fn new(input: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { input: input.into(), expected: expected.into() }
    }
}

/// A channel to the parent, limits, and a size.
#[derive(Debug)]
pub struct Lab<'a> {
    /// To the parent.
    pub channel: &'a mut Channel,
    /// For every program.
    pub settings: Settings,
    /// How much is tried.
    pub size: Size,
}

impl<'a> Lab<'a> {
    /// A laboratory.
    pub fn new(channel: &'a mut Channel, settings: Settings, size: Size) -> Self {
        Self { channel, settings, size }
    }

    /// Is everything to be tried?
    pub fn is_full(&self) -> bool {
        self.size == Size::Full
    }

    /// Runs a program under the vector's limits.
    pub fn run(&self, source: &str) -> Ran {
        Execution { source: source.as_bytes(), settings: self.settings, files: Vec::new() }.run()
    }

    /// Runs a program that must print exactly one line for each input.
    pub fn prints(&mut self, name: &str, source: &str, lines: &[Line]) {
        self.channel.trying(name);
        let ran = self.run(source);
        self.compare(name, &ran, lines);
    }

    /// Compares what was printed with the model, line by line.
    pub fn compare(&mut self, name: &str, ran: &Ran, lines: &[Line]) {
        self.channel.tried(lines.len().saturating_sub(1) as u64);
        let mut printed = ran.output.lines();
        for line in lines {
            match printed.next() {
                Some(found) if found == line.expected => {}
                Some(found) => {
                    self.channel.wrong(format_args!("{name}: {}", line.input), &line.expected, found);
                }
                None => {
                    return self.channel.wrong(
                        format_args!("{name}: {}", line.input),
                        &line.expected,
                        ran.describe(),
                    );
                }
            }
        }
        if let Some(more) = printed.next() {
            self.channel.wrong(name, "no further line", more);
        } else if !ran.is_done() {
            self.channel.wrong(name, "an ordinary end", ran.describe());
        }
    }
}

/// A text as FLIN writes it, with every character escaped that means something there or cannot be seen.
pub fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() || c == ' ' || c == '-' {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{{{:X}}}", u32::from(c));
        }
    }
    out.push('"');
    out
}

/// Texts as a FLIN list.
pub fn quoted_list(texts: &[String]) -> String {
    let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", items.join(", "))
}

/// All texts of at most so many characters of an alphabet, shortest first.
pub fn texts_over(alphabet: &[char], length_max: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut begin = 0;
    for _ in 0..length_max {
        let end = all.len();
        for at in begin..end {
            for c in alphabet {
                let longer = format!("{}{c}", all[at]);
                all.push(longer);
            }
        }
        begin = end;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_exhaustive() {
        assert_eq!(texts_over(&['a', 'b'], 2), ["", "a", "b", "aa", "ab", "ba", "bb"]);
        assert_eq!(texts_over(&['a', 'é', '漢', '🎉'], 3).len(), 85);
    }

    #[test]
    fn what_means_something_is_escaped() {
        assert_eq!(quoted("a{\"\n漢"), "\"a\\u{7B}\\u{22}\\u{A}漢\"");
    }
}
