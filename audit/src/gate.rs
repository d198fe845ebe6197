//! What must not get worse: the committed baseline, the limits of performance, and what each regression is called.
//!
//! Invariants: comparing is pure, so that every rule has a test; a regression names the command that shows it; a baseline
//! changes only when a person accepts it. Absence: nothing here runs a case; `cli::gate` does.

pub mod baseline;
pub mod figures;
pub mod performance;
pub mod step;

use std::fmt;

/// Something that was better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regression {
    /// What.
    pub what: String,
    /// What the baseline says.
    pub was: String,
    /// What was seen.
    pub now: String,
    /// The command that shows it.
    pub show: String,
}

impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, was {}; see it: {}", self.what, self.now, self.was, self.show)
    }
}

fn regression(what: &str, was: &str, now: &str, show: &str) -> Regression {
    Regression { what: what.to_owned(), was: was.to_owned(), now: now.to_owned(), show: show.to_owned() }
}
