//! `flin check`: files with what they run with, or whole projects.

use super::build::{from_here, prefix};
use super::{Exit, Report};
use crate::app::{Front, LoadError, Project, SourceFile, build, project};
use crate::check::Role;
use std::path::{Path, PathBuf};

pub(super) fn check(paths: &[PathBuf], report: &mut Report) -> Exit {
    let mut exit = Exit::Success;
    for path in paths {
        let sound = if path.is_dir() { check_folder(path, report) } else { check_file(path, report) };
        match sound {
            Ok(true) => {}
            Ok(false) => exit = Exit::Usage,
            Err(error) => exit = report.load(&error),
        }
    }
    exit
}

fn check_folder(folder: &Path, report: &mut Report) -> Result<bool, LoadError> {
    let project = Project::of_folder(folder)?;
    let files = project.all()?;
    project.translations()?;
    let mut front = Front::parse_project(&files, &project.limits());
    let checked = front.check(true);
    let entries: Vec<_> = files.iter().filter(|file| runs(file)).filter_map(|file| front.id(file)).collect();
    build::try_compile(&mut front, &checked, &entries);
    let prefix = folder.strip_prefix(".").unwrap_or(folder);
    report.diagnostics(&front.diagnostics, &from_here(&front.sources, prefix));
    Ok(front.is_sound())
}

/// Is it a program of its own? What others use is compiled with them.
const fn runs(file: &SourceFile) -> bool {
    matches!(file.role, Role::Script | Role::Test)
}

fn check_file(file: &Path, report: &mut Report) -> Result<bool, LoadError> {
    let project = Project::of_file(file)?;
    let bytes = project::read_source(file)?;
    let (files, entry) = project.with_entry(file, project.role_of(file), bytes)?;
    let mut front = Front::parse_used(&files, &project.limits());
    let checked = front.check(true);
    let entry = files.get(entry).filter(|file| runs(file)).and_then(|file| front.id(file));
    build::try_compile(&mut front, &checked, entry.as_slice());
    report.diagnostics(&front.diagnostics, &from_here(&front.sources, &prefix(&project, file)));
    Ok(front.is_sound())
}
