//! What a child tells its parent: one JSON object a line on its standard output. The parent decides what it means.

use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};

/// A line of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// From here on this input is being tried; what ends the process was it.
    Trying {
        /// The input's name.
        input: String,
    },
    /// So many inputs have been tried.
    Inputs {
        /// Since the start of the case.
        count: u64,
    },
    /// An answer that is not the expected one.
    Wrong(Wrong),
    /// The panic hook ran.
    Panicked {
        /// The panic's message.
        message: String,
        /// `file:line` of the panic.
        place: String,
    },
    /// Something was not given back.
    Leaked {
        /// What, before and after.
        what: String,
    },
    /// Something acknowledged was gone when it was looked for again.
    Lost {
        /// What.
        what: String,
    },
    /// Something stored was not what had been stored, or could not be opened any more.
    Corrupted {
        /// What.
        what: String,
    },
    /// A model checker found an order of steps in which all wait for each other.
    Stuck {
        /// Which.
        what: String,
    },
    /// A call failed for want of a descriptor.
    NoDescriptor {
        /// Which call.
        what: String,
    },
    /// The probe was answered correctly by this process.
    Alive,
    /// The case came to its end.
    End,
    /// The case could not be set up; nothing about the subject is known.
    Unusable {
        /// Why.
        why: String,
    },
}

/// A wrong answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Which input.
    pub input: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// All that a child said, in bounded space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The input that was tried last.
    pub trying: Option<String>,
    /// How many were tried.
    pub inputs: u64,
    /// The first wrong answers.
    pub wrong: Vec<Wrong>,
    /// How many wrong answers there were.
    pub wrong_count: u64,
    /// Panics seen by the hook: message and place.
    pub panics: Vec<(String, String)>,
    /// What was not given back.
    pub leaks: Vec<String>,
    /// What was acknowledged and is gone.
    pub lost: Vec<String>,
    /// What is not as it was stored.
    pub corrupted: Vec<String>,
    /// Orders of steps without an end.
    pub stuck: Vec<String>,
    /// Calls that found no descriptor.
    pub no_descriptor: Vec<String>,
    /// The probe was answered.
    pub alive: bool,
    /// The end was reached.
    pub end: bool,
    /// The case could not be set up.
    pub unusable: Option<String>,
    /// Lines that are not of the protocol.
    pub strange_lines: u64,
}

/// A child that talks without end must not fill the parent's memory.
const LINE_BYTES_MAX: u64 = 64 * 1024;
const KEPT_MAX: usize = 20;

impl Facts {
    /// Reads a child's output to its end.
    pub fn read(output: impl Read) -> Self {
        let mut facts = Self::default();
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return facts,
                Ok(_) => facts.take(&line),
            }
        }
    }

    fn take(&mut self, line: &[u8]) {
        let Ok(fact) = serde_json::from_slice(line) else {
            self.strange_lines += 1;
            return;
        };
        match fact {
            Fact::Trying { input } => self.trying = Some(input),
            Fact::Inputs { count } => self.inputs = count,
            Fact::Wrong(wrong) => {
                self.wrong_count += 1;
                keep(&mut self.wrong, wrong);
            }
            Fact::Panicked { message, place } => keep(&mut self.panics, (message, place)),
            Fact::Leaked { what } => keep(&mut self.leaks, what),
            Fact::Lost { what } => keep(&mut self.lost, what),
            Fact::Corrupted { what } => keep(&mut self.corrupted, what),
            Fact::Stuck { what } => keep(&mut self.stuck, what),
            Fact::NoDescriptor { what } => keep(&mut self.no_descriptor, what),
            Fact::Alive => self.alive = true,
            Fact::End => self.end = true,
            Fact::Unusable { why } => self.unusable = Some(why),
        }
    }
}

fn keep<T>(kept: &mut Vec<T>, item: T) {
    if kept.len() < KEPT_MAX {
        kept.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_between_facts_is_counted_and_harmless() {
        let facts = Facts::read(
            &b"hello\n{\"fact\":\"inputs\",\"count\":7}\n{\"fact\":\"alive\"}\n{\"fact\":\"nope\"}\n"[..],
        );
        assert_eq!((facts.inputs, facts.alive, facts.end, facts.strange_lines), (7, true, false, 2));
    }

    #[test]
    fn only_the_first_wrong_answers_are_kept_but_all_are_counted() {
        let wrong = Fact::Wrong(Wrong { input: "i".into(), expected: "e".into(), found: "f".into() });
        let line = serde_json::to_string(&wrong).unwrap() + "\n";
        let facts = Facts::read(line.repeat(50).as_bytes());
        assert_eq!((facts.wrong.len(), facts.wrong_count), (KEPT_MAX, 50));
    }
}
