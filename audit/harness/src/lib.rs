//! Runs cases in child processes and observes how they end.
//!
//! Invariants: what a case amounts to is decided by the parent from what it can see (exit status, signal, memory, time,
//! the lines on the pipe), never by the code under test. Absence: nothing here knows what is being tested; a case is a
//! program with arguments.

pub mod channel;
pub mod limits;
pub mod observe;
pub mod outcome;
pub mod protocol;
pub mod sandbox;
pub mod schedule;
pub mod specimen;
pub mod suite;
pub mod verdict;

pub use channel::Channel;
pub use limits::{Limits, Size};
pub use outcome::Outcome;
pub use sandbox::{Ending, Job, Observation};
pub use suite::{Suite, Vector};
pub use verdict::Verdict;

/// The harness itself failed; nothing is known about the case.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// No child could be started.
    #[error("cannot start {program}: {error}")]
    Spawn {
        /// What was to be started.
        program: String,
        /// Why not.
        error: std::io::Error,
    },
    /// The child could not be waited for.
    #[error("cannot wait for a child: {error}")]
    Wait {
        /// Why not.
        error: std::io::Error,
    },
    /// A resource limit could not be set.
    #[error("cannot set a resource limit: {error}")]
    Limit {
        /// Why not.
        error: rustix::io::Errno,
    },
    /// The child said that it could not set the case up.
    #[error("{label} could not be set up: {why}")]
    Unusable {
        /// Which case.
        label: String,
        /// Why not.
        why: String,
    },
}
