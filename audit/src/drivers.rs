//! What brings a vector's inputs to the runtime, inside the child process.
//!
//! Invariant: a driver says what it tried and what it found; it never says how the case ended.

mod bytecode;
mod engine;
pub mod http;
pub mod kill;
mod lab;
pub mod program;
mod served;
pub mod store;
pub mod sweep;
mod target;

use crate::catalogue::sources::SourceError;
use crate::catalogue::{Driver, Entry};
use crate::harness::{Channel, Size};

/// Why a case could not be driven.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// An input could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A case of the corpus whose target is gone.
    #[error("{case} is of no fuzz target")]
    NoTarget {
        /// As the vector calls it.
        case: String,
    },
    /// A sweep that nobody wrote.
    #[error("there is no sweep called {name}")]
    UnknownSweep {
        /// As the vector calls it.
        name: String,
    },
    /// The server of the case does not start.
    #[error("the server of this case does not start: {why}")]
    Server {
        /// Why not.
        why: String,
    },
    /// A guard that cannot be switched off.
    #[error(transparent)]
    KnockOut(#[from] KnockOutError),
    /// A file or thread that an input needs.
    #[error("the input cannot be made: {0}")]
    Io(#[from] std::io::Error),
    /// Processes could not be killed.
    #[error(transparent)]
    Kill(#[from] kill::KillError),
    /// A sample program of ours does not compile.
    #[error("a sample does not compile: {why}")]
    Sample {
        /// The first diagnostic.
        why: String,
    },
}

/// Why a guard cannot be switched off.
#[derive(Debug, thiserror::Error)]
pub enum KnockOutError {
    /// Ordinary builds have no switches.
    #[error("guards can be switched off in the knock-out build only: cargo run -p audit --features knockout")]
    OrdinaryBuild,
    /// No such guard.
    #[error("the runtime has no guard called {name}")]
    Unknown {
        /// As it was asked for.
        name: String,
    },
}

/// Tries all inputs of a vector, then probes whether this process still serves.
pub fn run(entry: &Entry, size: Size, channel: &mut Channel) -> Result<(), DriverError> {
    match entry.vector.driver {
        Driver::Program | Driver::Scenario => program::run(entry, size, channel)?,
        Driver::Bytecode => bytecode::run(entry, size, channel)?,
        Driver::Store => store::run(entry, size, channel)?,
        Driver::Target => target::run(entry, channel)?,
        Driver::Http | Driver::Socket => {}
    }
    let over_http = matches!(entry.vector.driver, Driver::Http | Driver::Socket);
    if over_http || !entry.vector.exchange.is_empty() {
        http::run(entry, size, channel)?;
    }
    program::probe(channel);
    Ok(())
}

/// Switches guards off for the rest of this process.
#[cfg(feature = "knockout")]
pub fn knock_out(names: &[String]) -> Result<(), KnockOutError> {
    use flin_runtime::base::guard::{Guard, knock_out};
    for name in names {
        let guard = Guard::by_name(name).ok_or_else(|| KnockOutError::Unknown { name: name.clone() })?;
        knock_out(guard);
    }
    Ok(())
}

/// Refuses: there is nothing to switch in this build.
#[cfg(not(feature = "knockout"))]
pub fn knock_out(names: &[String]) -> Result<(), KnockOutError> {
    if names.is_empty() { Ok(()) } else { Err(KnockOutError::OrdinaryBuild) }
}
