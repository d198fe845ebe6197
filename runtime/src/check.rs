//! What can be said about a program before it runs: what each name means, which types cannot fit, what is out of place.
//!
//! Absences: no code is made here and nothing is run; the tables that it gives are the compiler's only knowledge of names.

mod components;
mod declare;
mod flow;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod mutated;
pub mod names;
mod place;
pub mod project;
pub mod regex;
pub mod routes;
#[cfg(test)]
mod tests;
mod types;
pub(crate) mod walk;

pub use components::name_of as component_name;
pub use project::{Project, ProjectFile, Role};

use crate::base::Diagnostic;
use crate::base::builtin::Builtins;
use names::{Globals, Index, Names};
use regex::Patterns;
use types::Known;

/// What the checker knows of a project.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What each name means.
    pub names: Names,
    /// Its patterns so far.
    pub patterns: Patterns,
    /// In the order of files and positions. A program with an error among them does not start.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the files of a project together.
pub fn check(project: &Project<'_>, builtins: &Builtins) -> Checked {
    let mut diagnostics = Vec::new();
    let globals = Globals::gather(project, &mut diagnostics);
    let index = Index::new(builtins);
    let mut names = names::resolve(project, &globals, &index, &mut diagnostics);
    for file in &project.files {
        place::check(file, &mut diagnostics);
        flow::check(file.tree, &mut diagnostics);
        if let Some(of_file) = names.files.get(&file.id) {
            declare::check(file, of_file, &mut diagnostics);
        }
    }
    let patterns = regex::check(project, &mut diagnostics);
    routes::check(project, &mut diagnostics);
    types::check(&Known::new(project, &names, &globals, &index), &mut diagnostics);
    components::check(project, &mut names, &mut diagnostics);
    diagnostics.sort_by_key(|found| (found.span, found.code));
    diagnostics.dedup();
    Checked { names, patterns, diagnostics }
}
