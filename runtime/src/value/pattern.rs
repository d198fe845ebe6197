//! Compiled patterns: linear-time syntax only, bounded in size, charged by what the automaton holds.
//!
//! A pattern is a Thompson automaton; [`search`] runs it in bounded steps.

pub mod search;
mod threads;

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State, WhichCaptures};
use regex_syntax::ParserBuilder;
use std::ops::Range;

/// The largest automaton, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;
/// What the patterns of one program may take together, in bytes: they are compiled before it starts, and nobody is charged.
pub const PROGRAM_PATTERNS_BYTES_MAX: usize = 32 << 20;
/// The longest pattern as written, in bytes: one of literals alone would compile to more than the largest automaton.
const SOURCE_BYTES_MAX: usize = 64 << 10;
/// How many code points with tables of hundreds of ranges a pattern may name; more compile to more than is allowed, and
/// would take memory that nobody charged before that is noticed.
const CLASSES_MAX: usize = 1024;

/// A regex with what it was made from: two are equal when pattern and flags are.
#[derive(Debug)]
pub struct Pattern {
    /// As written between the slashes.
    pub source: Box<str>,
    /// As written after them, sorted, without repetitions and `g`.
    pub flags: Box<str>,
    /// The automaton.
    automaton: NFA,
    /// Bytes that a match can start with; none when one can be empty.
    starts: Option<Box<[bool; 256]>>,
    /// Bytes that it holds, as charged.
    pub bytes: usize,
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not in the syntax.
    #[error("{what}")]
    Syntax {
        /// What the library says of it, in a line.
        what: String,
        /// The bytes of the pattern that it is about.
        at: Range<usize>,
    },
    /// Compiled it would be larger than [`PATTERN_BYTES_MAX`].
    #[error("the compiled pattern would be larger than 1 MB")]
    TooLarge,
    /// A flag that there is not.
    #[error("unknown flag `{0}`: i, m, s and g are allowed")]
    Flag(char),
}

impl Pattern {
    /// Compiles a pattern.
    pub fn compile(source: &str, flags: &str) -> Result<Self, PatternError> {
        let (mut insensitive, mut lines, mut dot_all) = (false, false, false);
        for flag in flags.chars() {
            match flag {
                'i' => insensitive = true,
                'm' => lines = true,
                's' => dot_all = true,
                'g' => {}
                other => return Err(PatternError::Flag(other)),
            }
        }
        let classes = source.matches(['w', 'W', 'p', 'P', 'd', 'D', 's', 'S']);
        if source.len() > SOURCE_BYTES_MAX || source.contains('\\') && classes.count() > CLASSES_MAX {
            return Err(PatternError::TooLarge);
        }
        let mut parser = ParserBuilder::new();
        parser.case_insensitive(insensitive).multi_line(lines).dot_matches_new_line(dot_all).nest_limit(128);
        let parsed = parser.build().parse(source).map_err(|error| malformed(source, &error))?;
        let limits =
            Config::new().nfa_size_limit(Some(PATTERN_BYTES_MAX)).which_captures(WhichCaptures::None);
        let compiled = Compiler::new().configure(limits).build_from_hir(&parsed);
        let automaton = compiled.map_err(|error| match error.size_limit() {
            Some(_) => PatternError::TooLarge,
            None => PatternError::Syntax { what: error.to_string(), at: 0..source.len() },
        })?;
        let named = [(insensitive, 'i'), (lines, 'm'), (dot_all, 's')];
        let flags: String = named.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
        let bytes = automaton.memory_usage().saturating_add(source.len()).saturating_add(256);
        let starts = starts(&automaton);
        Ok(Self { source: source.into(), flags: flags.into(), automaton, starts, bytes })
    }
}

fn malformed(source: &str, error: &regex_syntax::Error) -> PatternError {
    let (what, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(*error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(*error.span())),
        // The library may gain others.
        other => (other.to_string(), None),
    };
    let at = span.map_or(0..source.len(), |span| span.start.offset..span.end.offset);
    PatternError::Syntax { what, at }
}

/// The bytes that a match can start with: of the states that are reached without reading, conditions taken as met.
fn starts(automaton: &NFA) -> Option<Box<[bool; 256]>> {
    let mut bytes = Box::new([false; 256]);
    let mut seen = vec![false; automaton.states().len()];
    let mut work = vec![automaton.start_anchored()];
    while let Some(id) = work.pop() {
        match seen.get_mut(id.as_usize()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        match automaton.state(id) {
            State::ByteRange { trans } => mark(&mut bytes, trans.start, trans.end),
            State::Sparse(sparse) => {
                sparse.transitions.iter().for_each(|trans| mark(&mut bytes, trans.start, trans.end));
            }
            State::Dense(_) => mark(&mut bytes, 0, u8::MAX),
            State::Look { next, .. } | State::Capture { next, .. } => work.push(*next),
            State::Union { alternates } => work.extend(alternates.iter()),
            State::BinaryUnion { alt1, alt2 } => work.extend([*alt1, *alt2]),
            State::Fail => {}
            State::Match { .. } => return None,
        }
    }
    Some(bytes)
}

fn mark(bytes: &mut [bool; 256], start: u8, end: u8) {
    for byte in start..=end {
        if let Some(mark) = bytes.get_mut(usize::from(byte)) {
            *mark = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_sorted_and_unknown_ones_refused() {
        assert_eq!(&*Pattern::compile("a", "sgi").unwrap().flags, "is");
        assert_eq!(Pattern::compile("a", "x").unwrap_err(), PatternError::Flag('x'));
    }

    #[test]
    fn what_is_malformed_or_too_large_is_refused() {
        let PatternError::Syntax { what, at } = Pattern::compile("ü(b", "").unwrap_err() else { panic!() };
        assert_eq!((what.as_str(), at), ("unclosed group", 2..3));
        assert_eq!(Pattern::compile(r"(\w{1000}){100}", "").unwrap_err(), PatternError::TooLarge);
    }
}
