//! Source to a program that can run, or to the diagnostics that say why not.

use super::End;
use crate::drivers::DriverError;
use flin_runtime::app::{Front, Limits, SourceFile};
use flin_runtime::base::Diagnostic;
use flin_runtime::check::Role;
use flin_runtime::code::{self, Module, Unverified, Verified};
use flin_runtime::vm::Program;
use flin_runtime::{compile, natives};

/// A diagnostic, as far as vectors look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// `E0103`.
    pub code: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in code points.
    pub column: u32,
    /// What was found and what is allowed.
    pub message: String,
}

/// Files of a program below this folder are components of it.
pub const COMPONENTS: &str = "components/";

fn files(source: &[u8], components: &[(String, Vec<u8>)]) -> Vec<SourceFile> {
    let script = SourceFile::in_memory("case.flin", Role::Script, source);
    let component =
        |(path, source): &(String, Vec<u8>)| SourceFile::in_memory(path, Role::Component, source.as_slice());
    std::iter::once(script).chain(components.iter().map(component)).collect()
}

fn found(front: &Front<'_>, diagnostics: &[Diagnostic]) -> Vec<Found> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    errors
        .map(|diagnostic| {
            let place = front.sources.locate(diagnostic.span).map(|(_, at)| (at.line, at.column));
            let (line, column) = place.unwrap_or_default();
            let code = diagnostic.code.name().to_owned();
            Found { code, line, column, message: diagnostic.message.clone() }
        })
        .collect()
}

/// What stops a source from running; nothing when nothing does. Nothing is run.
pub fn check(source: &[u8]) -> Vec<Found> {
    match module(source, &[], &Limits::default()) {
        Ok(_) => Vec::new(),
        Err(found) => found,
    }
}

pub(super) fn module(
    source: &[u8],
    components: &[(String, Vec<u8>)],
    limits: &Limits,
) -> Result<Module, Vec<Found>> {
    let files = files(source, components);
    let mut front = Front::parse_used(&files, limits);
    let checked = front.check(true);
    if !front.is_sound() {
        return Err(found(&front, &front.diagnostics));
    }
    let project = front.project(true);
    let entry = files.first().and_then(|file| front.id(file)).unwrap_or_default();
    let input = compile::Input {
        project: &project,
        entry: Some(entry),
        served: false,
        names: &checked.names,
        patterns: &checked.patterns,
        builtins: natives::builtins(),
        sources: &front.sources,
    };
    compile::compile(&input).map_err(|diagnostics| found(&front, &diagnostics))
}

/// The module of a sample that is known to compile.
pub fn sample(source: &str) -> Result<Module, DriverError> {
    module(source.as_bytes(), &[], &Limits::default()).map_err(|found| {
        let first = found.into_iter().next();
        DriverError::Sample { why: first.map(|found| found.message).unwrap_or_default() }
    })
}

/// The bytes of a module's file.
pub fn encode(module: &Module) -> Vec<u8> {
    code::encode(module)
}

/// A program that can run.
pub(super) fn program(
    source: &[u8],
    components: &[(String, Vec<u8>)],
    limits: &Limits,
) -> Result<Program, End> {
    let module = module(source, components, limits).map_err(End::Refused)?;
    let verified = code::verify(Unverified(module)).map_err(|refusal| End::Bug(refusal.to_string()))?;
    link(verified).map_err(End::Bug)
}

/// Binds a verified module to the built-ins of this process.
pub(super) fn link(verified: Verified) -> Result<Program, String> {
    Program::link(verified, natives::TABLE).map_err(|error| error.to_string())
}
