//! Tree to code: the only bridge between `syntax` and `code`, and the place where the language gets its meaning.
//!
//! - **C1** Evaluation is left to right. An operand that lives in a variable's register is copied when what is evaluated
//!   after it may assign that variable.
//! - **C2** A variable's register changes in one instruction, when its new value is complete.
//! - **C3** What a program may repeat without nesting is compiled by loops; recursion follows the tree, whose depth the
//!   parser bounds.
//! - **C4** Whether a variable may still be unset is found while code is generated: a set variable stays set, so one pass
//!   over structured code suffices. Checks stand only where the answer is "maybe".
//! - **C5** Limits of the machine are not the author's: further variables spill, long literals and calls go in portions.
//!
//! Absences: no names are resolved here, no types checked. What needs a request or a browser is refused where
//! the program's own file would run it, and raises an error where a library function does.

mod assign;
mod attribute;
mod body;
mod call;
mod chain;
mod component;
mod condition;
mod control;
mod element;
mod endpoint;
mod entity;
mod expr;
mod frame;
mod function;
mod guard;
mod hoist;
mod literal;
mod live;
mod loops;
mod matching;
mod pattern;
mod place;
mod positions;
mod postfix;
mod program;
mod query;
mod scope;
mod slot;
mod state;
mod store;
mod tables;
mod target;
mod template;
#[cfg(test)]
mod tests;

use crate::base::builtin::Builtins;
use crate::base::{Diagnostic, FileId, SourceMap};
use crate::check::names::Names;
use crate::check::project::Project;
use crate::check::regex::Patterns;
use crate::code::Module;

/// What a program is compiled from: all of it parsed and checked without errors.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The files: the entry and all global ones, or the whole project.
    pub project: &'a Project<'a>,
    /// The file that runs, if one does.
    pub entry: Option<FileId>,
    /// Are the endpoints of the project compiled too? Then all its files are in use but those of tests and scripts.
    pub served: bool,
    /// What its names mean.
    pub names: &'a Names,
    /// Its regex literals: what is made of texts counts to the same total.
    pub patterns: &'a Patterns,
    /// The built-ins of the process.
    pub builtins: Builtins,
    /// The text of the files, for positions and for what `assert` shows.
    pub sources: &'a SourceMap,
}

/// Compiles a program; what it cannot run yet, or what nests too deep for the machine, is said as diagnostics.
pub fn compile(input: &Input<'_>) -> Result<Module, Vec<Diagnostic>> {
    program::Compiler::new(input).program()
}
