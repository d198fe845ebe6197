//! Mutants: small changes of the runtime that some test must notice.
//!
//! cargo-mutants makes them in scratch copies and runs the runtime's own tests against each. What no test notices is
//! kept in `reports/mutants.json`, by file and function, so that a report can show it and the gate can hold it.

pub mod record;
pub mod run;
