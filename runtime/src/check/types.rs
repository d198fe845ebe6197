//! Gradual types: what is known of a value before the program runs, and where two things that are known cannot fit.
//!
//! Invariants:
//!
//! - What is not certain is [`Ty::Any`], and `Any` is never an error.
//! - A mismatch is reported only when no value of the one type could be one of the other.
//! - A variable's type is declared, or the one that all its assignments agree on.

mod call;
mod cover;
mod fit;
mod infer;
mod known;
mod member;
mod ty;
mod variables;

pub use known::Known;

use crate::base::Diagnostic;
use ty::Ty;

/// Reports what cannot fit, is not there or is called wrongly, in all files.
pub fn check(known: &Known<'_, '_>, diagnostics: &mut Vec<Diagnostic>) {
    for file in &known.project.files {
        let Some(names) = known.names.files.get(&file.id) else { continue };
        let variables = variables::types(known, file, names);
        fit::check(known, file, names, &variables, diagnostics);
    }
}
