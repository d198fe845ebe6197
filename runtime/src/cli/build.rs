//! `flin build` and `flin disasm`: programs as bytecode, and bytecode as text. Reading programs for all commands.

use super::replace::replace;
use super::version::print;
use super::{Exit, Report};
use crate::app::build::{BadBytecode, Built, Rejected, build as compile};
use crate::app::project::{self, SOURCE_BYTES_MAX};
use crate::app::{Limits, LoadError, Project, SourceFile};
use crate::base::{Source, SourceMap};
use crate::check::Role;
use crate::code::format::FILE_BYTES_MAX;
use crate::code::{Listing, Unverified, decode, encode, is_bytecode, verify};
use std::ffi::OsStr;
use std::path::Path;

/// What a path names.
pub(super) enum Input {
    /// Sources: all files in use, and which one is the program.
    Source(Vec<SourceFile>, usize),
    /// The bytes of a `.flinc` file.
    Bytecode(Vec<u8>),
}

/// Reads a program, source or bytecode by its first bytes.
pub(super) fn read(project: &Project, file: &Path) -> Result<Input, LoadError> {
    let bytes_max = if is_flinc(file) { FILE_BYTES_MAX } else { SOURCE_BYTES_MAX };
    let bytes = project::read(file, bytes_max)?;
    if is_flinc(file) || is_bytecode(&bytes) {
        return Ok(Input::Bytecode(bytes));
    }
    let role = match project.role_of(file) {
        Role::Test => Role::Test,
        _ => Role::Script,
    };
    let (files, entry) = project.with_entry(file, role, bytes)?;
    Ok(Input::Source(files, entry))
}

fn is_flinc(file: &Path) -> bool {
    file.extension() == Some(OsStr::new("flinc"))
}

/// Compiles, and says what is wrong with the program. `prefix` leads from here to the project's root.
pub(super) fn compiled(
    files: &[SourceFile],
    entry: usize,
    limits: &Limits,
    prefix: &Path,
    report: &mut Report,
) -> Result<Built, Exit> {
    said(compile(files, entry, limits), prefix, report)
}

/// Says what is wrong with a program, or odd.
pub(super) fn said(
    built: Result<Built, Rejected>,
    prefix: &Path,
    report: &mut Report,
) -> Result<Built, Exit> {
    match built {
        Ok(built) => {
            report.diagnostics(&built.diagnostics, &from_here(&built.sources, prefix));
            Ok(built)
        }
        Err(Rejected::Diagnostics(sources, diagnostics)) => {
            report.diagnostics(&diagnostics, &from_here(&sources, prefix));
            Err(Exit::Usage)
        }
        Err(bug @ Rejected::Refused(_)) => {
            report.error(bug);
            Err(Exit::Internal)
        }
    }
}

/// The same sources under the names that lead to them from the working folder.
pub(super) fn from_here(sources: &SourceMap, prefix: &Path) -> SourceMap {
    let mut here = SourceMap::default();
    for (_, source) in sources.iter() {
        here.add(Source::new(&prefix.join(&*source.name).to_string_lossy(), &source.text));
    }
    here
}

/// The way from the working folder to a project's root, as the user wrote it for a file below that root.
pub(super) fn prefix(project: &Project, file: &Path) -> std::path::PathBuf {
    let full = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let below = full.strip_prefix(&project.root).map_or(1, |below| below.components().count());
    let prefix = file.ancestors().nth(below);
    prefix.map_or_else(|| project.root.clone(), Path::to_owned)
}

pub(super) fn build(file: &Path, output: Option<&Path>, report: &mut Report) -> Exit {
    let built = match module(file, report) {
        Ok(built) => built,
        Err(exit) => return exit,
    };
    let output = output.map_or_else(|| file.with_extension("flinc"), Path::to_owned);
    let same =
        |a: &Path, b: &Path| a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b);
    if same(file, &output) {
        report.file_error(output.display(), "this is the program itself; name another file with -o");
        return Exit::Usage;
    }
    if project::is_named_pipe(&output) {
        report.file_error(
            output.display(),
            "this is a named pipe; to write to it, say -o /dev/stdout and redirect",
        );
        return Exit::Usage;
    }
    match replace(&output, &encode(&built.module)) {
        Ok(()) => Exit::Success,
        Err(error) => {
            report.file_error(output.display(), project::said(error.kind()));
            Exit::Usage
        }
    }
}

fn module(file: &Path, report: &mut Report) -> Result<Built, Exit> {
    let project = Project::of_file(file).map_err(|error| report.load(&error))?;
    match read(&project, file).map_err(|error| report.load(&error))? {
        Input::Source(files, entry) => {
            compiled(&files, entry, &project.limits(), &prefix(&project, file), report)
        }
        Input::Bytecode(_) => {
            report.file_error(file.display(), "this is bytecode already");
            Err(Exit::Usage)
        }
    }
}

pub(super) fn disasm(file: &Path, report: &mut Report) -> Exit {
    let project = match Project::of_file(file) {
        Ok(project) => project,
        Err(error) => return report.load(&error),
    };
    match read(&project, file) {
        Err(error) => report.load(&error),
        Ok(Input::Source(files, entry)) => {
            match compiled(&files, entry, &project.limits(), &prefix(&project, file), report) {
                Ok(built) => print(Listing(&built.module), report),
                Err(exit) => exit,
            }
        }
        Ok(Input::Bytecode(bytes)) => match decode(&bytes) {
            Err(error) => refuse(file, &BadBytecode::Decode(error), report),
            Ok(Unverified(module)) => {
                let exit = print(Listing(&module), report);
                // A listing helps most where something is wrong, so it comes first.
                match verify(Unverified(module)) {
                    Ok(_) => exit,
                    Err(refusal) => refuse(file, &BadBytecode::Refused(refusal), report),
                }
            }
        },
    }
}

/// Says why bytecode does not run.
pub(super) fn refuse(file: &Path, error: &BadBytecode, report: &mut Report) -> Exit {
    report.file_error(file.display(), error);
    Exit::Usage
}
