//! Programs out of bytes: every byte string is a FLIN script that parses, mostly well typed, mostly without error.
//!
//! The scripts use no clock, no randomness and no files, so that they can be judged by the evaluator of [`crate::oracle`].
//! Each variable keeps one type; one choice in thirty is made without looking at types, which is where errors come from.

mod builtin;
#[cfg(test)]
mod coverage;
mod expr;
mod form;
pub mod law;
pub mod module;
mod stmt;

/// Reads choices from bytes; when they are used up, every choice is the first (and shortest).
#[derive(Debug)]
pub struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Choices<'a> {
    /// Choices made by these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `below`.
    pub fn below(&mut self, below: usize) -> usize {
        let mut byte = || usize::from(self.bytes.next().copied().unwrap_or(0));
        let n = if below > 256 { byte() << 8 | byte() } else { byte() };
        n % below.max(1)
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Once in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// Are there bytes left?
    pub fn left(&self) -> usize {
        self.bytes.len()
    }
}

/// The types that the generator tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Int,
    Number,
    Bool,
    Text,
    /// A list of ints.
    Ints,
    /// A list of texts.
    Texts,
    /// A map from texts to ints.
    Map,
    /// The generated enum `Shape`.
    Shape,
}

const TYPES: [Type; 8] =
    [Type::Int, Type::Number, Type::Bool, Type::Text, Type::Ints, Type::Texts, Type::Map, Type::Shape];

struct Generator<'a> {
    choices: Choices<'a>,
    out: String,
    indent: usize,
    /// Variables in scope with their types.
    vars: Vec<(String, Type)>,
    /// Functions: parameter types and result.
    functions: Vec<(String, Vec<Type>, Type)>,
    names: usize,
    in_loop: bool,
    depth: usize,
    budget: usize,
}

/// The script that the bytes stand for.
pub fn program(bytes: &[u8]) -> String {
    let mut generator = Generator::new(Choices::new(bytes));
    generator.line("enum Shape { Dot, Circle(radius: int), Box(w: int, h: int) }");
    // One program in twelve ends with what is not judged, and one in 24 has little else.
    let unjudged_bytes = match generator.choices.below(24) {
        22 | 23 => bytes.len() / 4,
        21 => bytes.len().saturating_sub(bytes.len() / 8),
        _ => 0,
    };
    while generator.choices.left() > unjudged_bytes && generator.budget > 0 {
        generator.statement();
    }
    for (name, _) in generator.vars.clone() {
        generator.line(&format!("print({name})"));
    }
    if unjudged_bytes > 0 {
        generator.unjudged_end();
    }
    generator.out
}

impl<'a> Generator<'a> {
    fn new(choices: Choices<'a>) -> Self {
        Self {
            choices,
            out: String::new(),
            indent: 0,
            vars: Vec::new(),
            functions: Vec::new(),
            names: 0,
            in_loop: false,
            depth: 0,
            budget: 60,
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(&"    ".repeat(self.indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn var_of(&mut self, ty: Type) -> Option<String> {
        let fitting: Vec<&String> =
            self.vars.iter().filter(|(_, t)| *t == ty).map(|(name, _)| name).collect();
        if fitting.is_empty() {
            return None;
        }
        let at = self.choices.below(fitting.len());
        fitting.get(at).map(|name| (*name).clone())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::oracle::{End, run};

    pub(crate) fn bytes(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn every_byte_string_is_a_program_and_most_end_without_error() {
        let (mut done, mut failed, mut unjudged) = (0, 0, 0);
        for seed in 0..3000 {
            let source = program(&bytes(seed, 300));
            let verdict = run(&source).unwrap_or_else(|| panic!("does not parse:\n{source}"));
            match verdict.end {
                End::Done => done += 1,
                End::Error(_) => failed += 1,
                End::Inconclusive(_) => unjudged += 1,
            }
        }
        assert!(
            done * 100 >= 70 * (done + failed + unjudged),
            "{done} done, {failed} failed, {unjudged} unjudged"
        );
        assert!(failed > 0);
    }
}
