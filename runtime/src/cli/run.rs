//! `flin run`.

use super::build::{Input, compiled, prefix, read, refuse};
use super::world::World;
use super::{Exit, Report};
use crate::app::build::{BadBytecode, link, load};
use crate::app::project::said;
use crate::app::{Execution, Project, machine};
use crate::vm::Program;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(file: &Path, report: &mut Report) -> Exit {
    let project = match Project::of_file(file) {
        Ok(project) => project,
        Err(error) => return report.load(&error),
    };
    match program(&project, file, report) {
        Ok(program) => match project.translations() {
            Ok(translations) => {
                program.speak(translations);
                execute(&project, program, report)
            }
            Err(error) => report.load(&error),
        },
        Err(exit) => exit,
    }
}

fn program(project: &Project, file: &Path, report: &mut Report) -> Result<Arc<Program>, Exit> {
    match read(project, file).map_err(|error| report.load(&error))? {
        Input::Bytecode(bytes) => load(&bytes).map_err(|error| refuse(file, &error, report)),
        Input::Source(files, entry) => {
            let built = compiled(&files, entry, &project.limits(), &prefix(project, file), report)?;
            link(built.module).map_err(|error| refuse(file, &BadBytecode::Link(error), report))
        }
    }
}

fn execute(project: &Project, program: Arc<Program>, report: &mut Report) -> Exit {
    let pool = machine::pool(project.config.vm.memory_total);
    let mut world = World::new(project);
    let execution = Execution::new(program, pool, &project.limits(), &mut world);
    let end = match execution {
        Ok(mut execution) => execution.run(&mut world),
        Err(end) => end,
    };
    // What was printed comes before what is said about the end.
    let saved = world.close_store();
    let failure = world.finish();
    let exit = report.end(&end);
    if let Some(error) = &failure {
        report.file_error("standard output", said(error.kind()));
    }
    if let Err(reason) = &saved {
        report.file_error(&project.config.store.path, reason);
    }
    if failure.is_some() || saved.is_err() { Exit::Failure } else { exit }
}
