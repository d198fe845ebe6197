//! `flin fmt`: files in their canonical layout, in place or only looked at, and the names of those that were not.

use super::build::{from_here, prefix};
use super::replace::replace;
use super::version::print;
use super::{Exit, Report};
use crate::app::project::{self, said};
use crate::app::{Front, Limits, LoadError, Project, SourceFile};
use crate::base::FileId;
use crate::base::render::printable;
use crate::syntax::{ParseLimits, decode_source, format};
use std::path::{Path, PathBuf};

/// How a file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Formatted,
    Changed,
    /// It has errors, or could not be written; that was said.
    Bad,
    /// Its name could not be written to standard output; that was said.
    Unsaid,
}

pub(super) fn fmt(paths: &[PathBuf], check: bool, report: &mut Report) -> Exit {
    let mut exit = Exit::Success;
    for path in paths {
        let (files, limits, prefix) = match files_of(path) {
            Ok(files) => files,
            Err(error) => return report.load(&error),
        };
        for file in &files {
            match one(file, &limits, &prefix, check, report) {
                Found::Formatted => {}
                Found::Changed if check => exit = exit.max(Exit::Failure),
                Found::Changed => {}
                Found::Bad => exit = exit.max(Exit::Usage),
                Found::Unsaid => exit = exit.max(Exit::Failure),
            }
        }
    }
    exit
}

/// The files that a path names, and the way from the working folder to where their names start.
fn files_of(path: &Path) -> Result<(Vec<SourceFile>, Limits, PathBuf), LoadError> {
    if path.is_dir() {
        let project = Project::of_folder(path)?;
        let prefix = path.strip_prefix(".").unwrap_or(path).to_owned();
        return Ok((project.all()?, project.limits(), prefix));
    }
    let project = Project::of_file(path)?;
    let bytes = project::read_source(path)?;
    Ok((vec![project.file(path, bytes)], project.limits(), prefix(&project, path)))
}

fn one(file: &SourceFile, limits: &Limits, prefix: &Path, check: bool, report: &mut Report) -> Found {
    let parse = ParseLimits { depth_max: limits.source_depth_max, ..ParseLimits::default() };
    let formatted = decode_source(&file.bytes).ok().and_then(|text| format(FileId(0), &text, parse).ok());
    let Some(formatted) = formatted else {
        let front = Front::parse(std::slice::from_ref(file), limits);
        report.diagnostics(&front.diagnostics, &from_here(&front.sources, prefix));
        return Found::Bad;
    };
    if formatted.as_bytes() == file.bytes {
        return Found::Formatted;
    }
    if !check && let Err(error) = replace(&file.place, formatted.as_bytes()) {
        report.file_error(file.place.display(), said(error.kind()));
        return Found::Bad;
    }
    let name = prefix.join(&file.path);
    match print(format_args!("{}\n", printable(&name.to_string_lossy())), report) {
        Exit::Success => Found::Changed,
        _ => Found::Unsaid,
    }
}
