//! The formatter, and the whole of the front end on whatever native stack the caller has.

use super::build::{self, Found};
use flin_runtime::app::Limits;
use flin_runtime::app::stack::on_own_stack;
use flin_runtime::base::FileId;
use flin_runtime::syntax::{self, ParseLimits, Parsed};

/// What became of a source that was formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formatted {
    /// It has errors, and is left alone.
    Refused,
    /// It means the same, and formatting it again changes nothing.
    Kept,
    /// What it became, which is wrong.
    Broken(String),
}

/// Formats a source and reads it again.
pub fn reformat(source: &str) -> Formatted {
    let limits = ParseLimits::default();
    let Ok(once) = syntax::format(FileId(0), source, limits) else { return Formatted::Refused };
    let Parsed { file: before, .. } = syntax::parse(FileId(0), source, limits);
    let after = syntax::parse(FileId(0), &once, limits);
    let twice = syntax::format(FileId(0), &once, limits);
    let same = after.diagnostics.is_empty() && syntax::tree::same_shape(&before, &after.file);
    if same && twice.as_ref() == Ok(&once) { Formatted::Kept } else { Formatted::Broken(once) }
}

/// Formats, checks and compiles a source on the stack that the command line works on, whatever is left of the caller's.
pub fn on_the_commands_stack(source: &str) -> Vec<Found> {
    let work = || {
        let formatted = reformat(source);
        match build::module(source.as_bytes(), &[], &Limits::default()) {
            Err(found) => found,
            Ok(_) if formatted == Formatted::Kept => Vec::new(),
            Ok(_) => vec![Found { message: format!("{formatted:?}"), ..Found::default() }],
        }
    };
    let refused = |error| vec![Found { message: format!("no stack: {error}"), ..Found::default() }];
    on_own_stack(work).unwrap_or_else(refused)
}
