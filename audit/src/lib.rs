//! The audit: crash vectors, the harness that runs them, and the reports.
//!
//! `harness`, a package of its own, runs child processes and knows nothing of FLIN. `catalogue` reads the vectors. `drivers` bring a vector's
//! inputs to the runtime, inside the child. `prove` takes guards away. `report` shows what came of it, and `cli` is the
//! command line over all of them.

#[cfg(feature = "cli")]
pub mod cases;
#[cfg(feature = "cli")]
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod corpus;
#[cfg(feature = "cli")]
pub mod drivers;
#[cfg(feature = "cli")]
pub mod full;
pub mod fuzz;
#[cfg(feature = "cli")]
pub mod gate;
pub mod generate;
#[cfg(feature = "cli")]
pub mod guards;
#[cfg(feature = "cli")]
pub mod mutants;
pub mod mutate;
pub mod oracle;
#[cfg(feature = "cli")]
pub mod prove;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod shipped;
#[cfg(feature = "cli")]
pub mod soak;
#[cfg(feature = "cli")]
pub mod surface;
#[cfg(feature = "cli")]
pub mod triage;

/// Runs children and observes them; a package of its own, which knows nothing of FLIN.
#[cfg(feature = "cli")]
pub use harness;

use std::path::{Path, PathBuf};

/// The repository that this audit was built from: vectors, reports and the runtime's sources lie there.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
