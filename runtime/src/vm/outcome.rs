//! What a run of the machine gives to its driver, as plain data that outlives the VM.

use super::effect::Effect;
use crate::value::{Bug, Value};

/// Why `run` came back.
#[derive(Debug)]
pub enum Outcome {
    /// The started function returned. The value lives on the VM's heap.
    Done(Value),
    /// The fuel is used up; call `run` again.
    Yield,
    /// Perform this, give the answer to `resume`, then call `run` again.
    Effect(Effect),
    /// It ended without a value.
    Trap(Trap),
}

/// How an execution fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Trap {
    /// An error that the program did not catch.
    Uncaught(Box<Uncaught>),
    /// An invariant of the runtime did not hold: our fault, counted, never shown to a program.
    Bug(Bug),
}

/// An error that the program did not catch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uncaught {
    /// Its kind: `DivisionByZero`, or a program's own.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// Where it was raised and through which calls it came, innermost first.
    pub chain: Vec<Place>,
    /// Calls that the chain leaves out.
    pub left_out: u32,
    /// The error that it names as its cause, and that one's, as far as is told.
    pub causes: Vec<Cause>,
}

/// An error that another one names as its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its kind.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// Where it was raised, if it was, and the places that a note was added at.
    pub places: Vec<Place>,
}

impl Uncaught {
    /// Where it was raised.
    pub fn origin(&self) -> Option<&Place> {
        self.chain.first()
    }
}

/// One place in an error's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the function; `<fn>` for a lambda, `<main>` for the top level of a file.
    pub function: String,
    /// File below the project's root; empty when the program does not say.
    pub file: String,
    /// 1-based line, or 0 when the program does not say.
    pub line: u32,
    /// 1-based column, or 0.
    pub column: u32,
    /// What the program added with `context`.
    pub note: Option<String>,
}
