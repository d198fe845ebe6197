//! From source files, or the bytes of a `.flinc` file, to a program that runs.

use super::front::Front;
use super::limits::Limits;
use super::project::SourceFile;
use crate::base::{Diagnostic, FileId, SourceMap};
use crate::check::Checked;
use crate::code::verify::Refusal;
use crate::code::{DecodeError, Module, Unverified, Verified, decode, verify};
use crate::compile;
use crate::natives;
use crate::vm::{LinkError, Program};
use std::sync::Arc;

/// A program that can run.
#[derive(Debug)]
pub struct Built {
    /// Its code.
    pub module: Verified,
    /// The texts of its files.
    pub sources: SourceMap,
    /// Warnings alone.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// Its author's mistakes.
    #[error("{} errors and warnings", .1.len())]
    Diagnostics(SourceMap, Vec<Diagnostic>),
    /// Ours: what the compiler made breaks a rule.
    #[error("internal error in the compiler: {0}")]
    Refused(Refusal),
}

/// Why bytecode does not run.
#[derive(Debug, thiserror::Error)]
pub enum BadBytecode {
    /// It is damaged, or no bytecode at all.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It breaks a rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It needs what this version does not have.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Builds the program whose entry is one of the files.
pub fn build(files: &[SourceFile], entry: usize, limits: &Limits) -> Result<Built, Rejected> {
    let front = Front::parse_used(files, limits);
    match files.get(entry).and_then(|file| front.id(file)) {
        Some(entry) => built(front, Some(entry), false),
        None => Err(Rejected::Diagnostics(front.sources, front.diagnostics)),
    }
}

/// Builds what a server serves: the endpoints of all files of a project, and one of its files to be run first, if any.
pub fn build_all(files: &[SourceFile], entry: Option<usize>, limits: &Limits) -> Result<Built, Rejected> {
    let front = Front::parse_used(files, limits);
    let entry = entry.and_then(|entry| files.get(entry)).and_then(|file| front.id(file));
    built(front, entry, true)
}

fn built(mut front: Front<'_>, entry: Option<FileId>, served: bool) -> Result<Built, Rejected> {
    let checked = front.check(true);
    if !front.is_sound() {
        return Err(Rejected::Diagnostics(front.sources, front.diagnostics));
    }
    match compiled(&front, &checked, entry, served) {
        Err(diagnostics) => Err(Rejected::Diagnostics(front.sources, diagnostics)),
        Ok(module) => {
            let module = verify(Unverified(module)).map_err(Rejected::Refused)?;
            Ok(Built { module, sources: front.sources, diagnostics: front.diagnostics })
        }
    }
}

fn compiled(
    front: &Front<'_>,
    checked: &Checked,
    entry: Option<FileId>,
    served: bool,
) -> Result<Module, Vec<Diagnostic>> {
    compile::compile(&compile::Input {
        project: &front.project(true),
        entry,
        served,
        names: &checked.names,
        patterns: &checked.patterns,
        builtins: natives::builtins(),
        sources: &front.sources,
    })
}

/// Adds what only the compiler finds in files that the check found sound: with what a server serves, and with each of
/// the entries.
pub fn try_compile(front: &mut Front<'_>, checked: &Checked, entries: &[FileId]) {
    if !front.is_sound() {
        return;
    }
    let served = compiled(front, checked, None, true).err();
    let apart = entries.iter().filter_map(|entry| compiled(front, checked, Some(*entry), false).err());
    let found: Vec<_> = served.into_iter().chain(apart).flatten().collect();
    for diagnostic in found {
        if !front.diagnostics.contains(&diagnostic) {
            front.diagnostics.push(diagnostic);
        }
    }
    front.diagnostics.sort_by_key(|found| (found.span.file, found.span.start));
}

/// The program in a `.flinc` file.
pub fn load(bytes: &[u8]) -> Result<Arc<Program>, BadBytecode> {
    link(verify(decode(bytes)?)?).map_err(BadBytecode::Link)
}

/// Ties a module to the built-ins of this process.
pub fn link(module: Verified) -> Result<Arc<Program>, LinkError> {
    Program::link(module, natives::TABLE).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Code;
    use crate::check::Role;
    use crate::value::Pattern;

    /// Where patterns are too many, if they are.
    fn too_many(source: &str, patterns_bytes_max: usize) -> Option<u32> {
        let files = [SourceFile::in_memory("main.flin", Role::Script, source)];
        match build(&files, 0, &Limits { patterns_bytes_max, ..Limits::default() }) {
            Ok(built) => {
                link(built.module).unwrap();
                None
            }
            Err(Rejected::Diagnostics(_, found)) => {
                assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::E0103]);
                assert!(found[0].message.contains("together"), "{found:?}");
                Some(found[0].span.start)
            }
            Err(refused) => panic!("{refused:?}"),
        }
    }

    #[test]
    fn x_26_patterns_given_as_texts_count_with_the_literals() {
        let bytes = |pattern: &str| Pattern::compile(pattern, "").unwrap().bytes;
        let both = bytes("[a-z]{50}") + bytes("[a-y]{50}");
        let source = "print(/[a-z]{50}/)\nentity E {\n a: text @pattern(\"[a-z]{50}\")\n b: text @pattern(\"[a-y]{50}\")\n c: text @pattern(\"[a-x]{50}\")\n}";
        let two = source.replace("\n c: text @pattern(\"[a-x]{50}\")", "");
        assert_eq!(too_many(&two, both), None);
        let at = |part: &str| u32::try_from(source.find(part).unwrap()).ok();
        assert_eq!(too_many(&two, both - 1), at("\"[a-y]"));
        assert_eq!(too_many(source, both), at("\"[a-x]"));
        assert_eq!(too_many(source, both - 1), at("\"[a-y]"), "it is said once");
    }
}
