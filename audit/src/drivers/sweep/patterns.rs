//! Patterns against a backtracking matcher, and many of them in one program.

use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{End, check};
use crate::drivers::lab::{Lab, Line, quoted};
use std::fmt::Write as _;

/// A pattern, as this page's matcher takes it.
#[derive(Clone)]
enum Node {
    /// One of these characters.
    Class(&'static str, &'static [char]),
    /// Between a word character and something else.
    Boundary,
    /// The first, then the second.
    Then(Box<Node>, Box<Node>),
    /// The first if it leads to a match, else the second.
    Or(Box<Node>, Box<Node>),
    /// As often as possible, or as seldom, from `min` times on.
    Repeat { inner: Box<Node>, min: usize, max: usize, greedy: bool },
}

impl Node {
    fn source(&self) -> String {
        match self {
            Self::Class(written, _) => (*written).to_owned(),
            Self::Boundary => r"\b".to_owned(),
            Self::Then(a, b) => a.source() + &b.source(),
            Self::Or(a, b) => format!("({}|{})", a.source(), b.source()),
            Self::Repeat { inner, min, max, greedy } => {
                let sign = match (min, max) {
                    (0, 1) => "?",
                    (0, _) => "*",
                    _ => "+",
                };
                format!("(?:{}){sign}{}", inner.source(), if *greedy { "" } else { "?" })
            }
        }
    }

    /// Tries every way in the order of preference; `then` says whether the rest matches from there.
    fn matches(&self, text: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
        match self {
            Self::Class(_, chars) => text.get(at).is_some_and(|c| chars.contains(c)) && then(at + 1),
            Self::Boundary => {
                let word =
                    |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
                word(at.checked_sub(1)) != word(Some(at)) && then(at)
            }
            Self::Then(a, b) => a.matches(text, at, &mut |middle| b.matches(text, middle, then)),
            Self::Or(a, b) => a.matches(text, at, then) || b.matches(text, at, then),
            Self::Repeat { inner, min, max, greedy } => repeat(inner, (*min, *max, *greedy), text, at, then),
        }
    }
}

/// A round that matches nothing is not followed by another.
fn repeat(
    inner: &Node,
    (min, max, greedy): (usize, usize, bool),
    text: &[char],
    at: usize,
    then: &mut dyn FnMut(usize) -> bool,
) -> bool {
    let enough = min == 0;
    if enough && !greedy && then(at) {
        return true;
    }
    let more = (min.saturating_sub(1), max.saturating_sub(1), greedy);
    let again = max > 0
        && inner.matches(text, at, &mut |next| {
            if next == at { then(next) } else { repeat(inner, more, text, next, then) }
        });
    again || (enough && greedy && then(at))
}

/// All matches, leftmost first; an empty one directly behind another is passed over.
fn find_all(pattern: &Node, text: &[char]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        let mut end = None;
        pattern.matches(text, at, &mut |found| {
            end = Some(found);
            true
        });
        let behind = found.last().is_some_and(|&(_, last)| last == at);
        match end {
            Some(end) if end > at => {
                found.push((at, end));
                at = end;
            }
            Some(_) if !behind => {
                found.push((at, at));
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn leaves() -> Vec<Node> {
    vec![Node::Class("a", &['a']), Node::Class("[ab]", &['a', 'b']), Node::Class("é", &['é']), Node::Boundary]
}

/// Each pair of patterns joined in each way.
fn joined(left: &[Node], right: &[Node]) -> Vec<Node> {
    let pairs =
        left.iter().flat_map(|a| right.iter().map(move |b| (Box::new(a.clone()), Box::new(b.clone()))));
    pairs.flat_map(|(a, b)| [Node::Then(a.clone(), b.clone()), Node::Or(a, b)]).collect()
}

/// Each pattern repeated in each way.
fn repeated(patterns: &[Node]) -> Vec<Node> {
    let ways =
        [(0, usize::MAX, true), (0, usize::MAX, false), (1, usize::MAX, true), (0, 1, true), (0, 1, false)];
    let each = patterns.iter().flat_map(|inner| {
        ways.map(|(min, max, greedy)| Node::Repeat { inner: Box::new(inner.clone()), min, max, greedy })
    });
    each.collect()
}

/// All matches of every small pattern in every short text, directly behind each other above all.
pub(super) fn pattern_matches(lab: &mut Lab) -> Result<(), DriverError> {
    let simple = [leaves(), repeated(&leaves())].concat();
    let patterns = [simple.clone(), joined(&simple, &simple)].concat();
    let texts = ["", "aé", "éa", "abé aé", "ééa", "ab éb", "a b"];
    let stride = if lab.is_full() { 1 } else { 5 };
    for some in patterns.iter().step_by(stride).collect::<Vec<_>>().chunks(60) {
        let (mut source, mut lines) = (String::new(), Vec::new());
        for pattern in some {
            for text in texts {
                let written = pattern.source();
                let _ = writeln!(
                    source,
                    "print({0}.find_all(/{written}/), {0}.replace(/{written}/, \"|\"))",
                    quoted(text)
                );
                lines.push(Line::new(format!("/{written}/ in {text:?}"), shown(pattern, text)));
            }
        }
        lab.prints("patterns", &source, &lines);
    }
    Ok(())
}

/// The matches as FLIN prints them, and the text with a bar for each.
fn shown(pattern: &Node, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let found = find_all(pattern, &chars);
    let texts: Vec<String> =
        found.iter().map(|&(start, end)| format!("\"{}\"", String::from_iter(&chars[start..end]))).collect();
    let (mut replaced, mut read) = (String::new(), 0);
    for (start, end) in found {
        replaced.extend(&chars[read..start]);
        replaced.push('|');
        read = end;
    }
    replaced.extend(&chars[read..]);
    format!("[{}] {replaced}", texts.join(", "))
}

/// Many different literals: each is small enough, and all together are not.
pub(super) fn many_patterns(lab: &mut Lab) -> Result<(), DriverError> {
    // Many states, each with many ways on: much memory for little work.
    const LARGE: &str = "[acegikmoqsuwyACEGIKMOQSUWY02468]{2500}x";
    let program = |count: usize| {
        let each = (0..count).map(|n| format!("xs.push(/{LARGE}{n}/)\n"));
        format!("xs = []\n{}print(xs.length)\n", each.collect::<String>())
    };
    lab.prints("2 patterns", &program(2), &[Line::new("count", "2")]);
    let many = if lab.is_full() { 20_000 } else { 400 };
    lab.channel.trying(format_args!("{many} patterns"));
    let ran = lab.run(&program(many));
    if !matches!(&ran.end, End::Refused(found) if found.iter().any(|found| found.code == "E0103")) {
        lab.channel.wrong(format_args!("{many} patterns"), "E0103", ran.describe());
    }
    // A pattern that occurs again takes nothing again.
    let same = format!("xs = []\n{}print(xs.length)\n", format!("xs.push(/{LARGE}/)\n").repeat(many));
    lab.channel.trying("one pattern, as often");
    let found = check(same.as_bytes());
    if let Some(first) = found.first() {
        lab.channel.wrong("one pattern, as often", "no diagnostic", &first.message);
    }
    // From text they are made while the program runs, and charged to it.
    let grown =
        "xs = []\nfor i in 1..100000 { xs.push(\"a\".matches(\"\\\\w\\{40}x{i}\")) }\nprint(xs.length)\n";
    lab.channel.trying("patterns from text");
    let settings = Settings { memory_mb: Some(8), deadline_ms: Some(200), ..Settings::default() };
    let ran =
        crate::drivers::engine::Execution { source: grown.as_bytes(), settings, files: Vec::new() }.run();
    if !matches!(&ran.end, End::Uncaught { kind, .. } if kind == "Timeout") {
        lab.channel.wrong("patterns from text", "Timeout", ran.describe());
    }
    Ok(())
}
