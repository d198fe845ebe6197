//! Programs and projects on a disk, read as the command line reads them.

use super::host::AuditHost;
use super::{Execution, FUEL_MAX, POOL_BYTES, Ran, Shared};
use flin_runtime::app::files::DiskFiles;
use flin_runtime::app::project::{self, SOURCE_BYTES_MAX};
use flin_runtime::app::{Front, LoadError, Project};
use flin_runtime::check::Role;
use std::path::Path;
use std::sync::Arc;

/// Reads a program with what it runs with, and checks it: how many files that are, or why they are none.
pub fn load_program(file: &Path) -> Result<usize, String> {
    let load = || -> Result<_, LoadError> {
        let project = Project::of_file(file)?;
        let bytes = project::read(file, SOURCE_BYTES_MAX)?;
        let (files, _) = project.with_entry(file, Role::Script, bytes)?;
        Ok((files, project.limits()))
    };
    let (files, limits) = load().map_err(|error| error.to_string())?;
    let mut front = Front::parse(&files, &limits);
    front.check(false);
    if front.is_sound() { Ok(files.len()) } else { Err("diagnostics".to_owned()) }
}

impl Execution<'_> {
    /// Runs it with a folder on the disk as its `files/`.
    pub fn run_in_folder(&self, folder: &Path) -> Ran {
        self.on_own_thread(|| {
            let limits = self.limits(FUEL_MAX);
            let program = match super::build::program(self.source, &[], &limits) {
                Ok(program) => Arc::new(program),
                Err(end) => return Ran::never_began(end),
            };
            let folder = Some(DiskFiles::new(folder.to_path_buf()));
            let mut host = AuditHost::default();
            host.folder = folder;
            super::drive(&program, &Shared::new(POOL_BYTES), &limits, &mut host)
        })
    }
}

/// Reads every file of a project, as `flin check` does: how many there are, or why it is none.
pub fn load_project(folder: &Path) -> Result<usize, String> {
    let files = Project::of_folder(folder).and_then(|project| project.all());
    files.map(|files| files.len()).map_err(|error| error.to_string())
}
