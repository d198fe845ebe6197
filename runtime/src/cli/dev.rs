//! `flin dev`: the same server, with the newest sources that run, and everything told about errors.

use super::serve::{banner, ended, unservable};
use super::{Exit, Report};
use crate::app::application::{Application, Unservable};
use crate::app::build::Rejected;
use crate::app::project::{DATA_FOLDERS, TRANSLATIONS_FOLDER};
use crate::app::stack::on_own_stack;
use crate::app::{Project, machine};
use crate::base::render::{Style, render};
use crate::config;
use crate::server::stale::Broken;
use crate::server::{Options, Server, Shared, log};
use crate::vm::LogLevel;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{io, thread};

/// Editors write a file in several steps; so long nothing more may happen before the sources are read.
const QUIET: Duration = Duration::from_millis(60);

pub(super) fn dev(folder: &Path, report: &mut Report) -> Exit {
    let project = match Project::of_folder(folder) {
        Ok(project) => project,
        Err(error) => return report.load(&error),
    };
    let pool = machine::pool(project.config.vm.memory_total);
    let (app, broken) = match Application::load(&project, &pool) {
        Ok(app) => {
            report.diagnostics(&app.diagnostics, &app.sources);
            (app, None)
        }
        Err(error) => {
            unservable(&error, report);
            let empty = Application::of_files(&[], project.config.clone(), &project.root, &pool);
            match empty {
                Ok(empty) => (empty, Some(Broken { findings: findings(&error), older_runs: false })),
                Err(_) => return Exit::Internal,
            }
        }
    };
    let _flush =
        log::install(&config::Log { level: LogLevel::Debug, ..project.config.log.clone() }, io::stderr());
    let options = Options { develops: true, stops_on_signals: true, ..Options::default() };
    let running = match Server::start(Arc::new(app), options) {
        Ok(running) => running,
        Err(error) => {
            report.error(&error);
            return Exit::Usage;
        }
    };
    running.shared().stale().set(broken);
    let watcher = watch(&project, Arc::clone(running.shared()));
    if let Err(error) = &watcher {
        report.error(format_args!("changes are not noticed: {error}"));
    }
    banner(&project, &running, "dev", report);
    let exit = ended(running, report);
    drop(watcher);
    exit
}

/// Watches the project's folder until the watcher is dropped.
fn watch(project: &Project, shared: Arc<Shared>) -> notify::Result<notify::RecommendedWatcher> {
    let (tell, changes) = channel();
    let own = project.root.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| changes_source(&own, &event)) {
            // Whoever listened is gone when the server ends.
            let _ = tell.send(());
        }
    })?;
    watcher.watch(&project.root, RecursiveMode::Recursive)?;
    let root = project.root.clone();
    thread::Builder::new().name("reload".to_owned()).spawn(move || reload(&root, &shared, &changes))?;
    Ok(watcher)
}

/// Was it more than read? Reading the sources must not be a reason to read them.
fn changes_source(root: &Path, event: &Event) -> bool {
    let changed = match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    };
    changed && event.paths.iter().any(|path| is_source(root, path))
}

/// Is it read when the program is? Where the project itself lies does not matter.
fn is_source(root: &Path, path: &Path) -> bool {
    let path = path.strip_prefix(root).unwrap_or(path);
    let ends = |end: &str| path.extension().is_some_and(|extension| extension == end);
    let source = ends("flin") && !DATA_FOLDERS.iter().any(|folder| path.starts_with(folder))
        || ends("json") && path.starts_with(TRANSLATIONS_FOLDER)
        || path.file_name().is_some_and(|name| name == config::FILE_NAME);
    source && !path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
}

/// Reads the sources after each change; those that run are served from then on.
fn reload(root: &Path, shared: &Shared, changes: &Receiver<()>) {
    while changes.recv().is_ok() {
        loop {
            match changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let mut report = Report::new();
        let loaded = on_own_stack(|| {
            let project = Project::of_folder(root)?;
            Application::load(&project, shared.pool())
        });
        match loaded {
            Ok(Ok(app)) => {
                report.diagnostics(&app.diagnostics, &app.sources);
                if app.config.server != shared.config().server || app.config.store != shared.config().store {
                    tracing::warn!("[server] and [store] of flin.config are read when the server starts");
                }
                match shared.replace(Arc::new(app)) {
                    Ok(()) => {
                        shared.stale().set(None);
                        tracing::info!("the program was read again");
                    }
                    Err(refusal) => {
                        report.error(&refusal);
                        keep_older(shared, refusal.to_string());
                    }
                }
            }
            Ok(Err(error)) => {
                unservable(&error, &mut report);
                keep_older(shared, findings(&error));
            }
            Err(error) => tracing::error!(%error, "the sources could not be read"),
        }
    }
}

/// Goes on with the program before, and says why.
fn keep_older(shared: &Shared, findings: String) {
    let older_runs = !shared.app().endpoints().is_empty();
    shared.stale().set(Some(Broken { findings, older_runs }));
}

/// What is wrong, as the page shows it.
fn findings(error: &Unservable) -> String {
    match error {
        Unservable::Rejected(Rejected::Diagnostics(sources, found)) => {
            found.iter().map(|finding| render(finding, sources, Style::Plain)).collect()
        }
        Unservable::Load(_) | Unservable::Rejected(Rejected::Refused(_)) | Unservable::Link(_) => {
            error.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_read_is_no_change() {
        let changes = |kind| {
            let event = Event::new(kind).add_path("/p/app/index.flin".into());
            changes_source(Path::new("/p"), &event)
        };
        assert!(changes(EventKind::Access(AccessKind::Close(AccessMode::Write))) && changes(EventKind::Any));
        for access in
            [AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read), AccessKind::Any]
        {
            assert!(!changes(EventKind::Access(access)), "{access:?}");
        }
    }

    #[test]
    fn sources_are_told_from_what_a_program_writes() {
        let is = |path: &str| is_source(Path::new("/home/.p"), Path::new(path));
        assert!(is("/home/.p/app/index.flin") && is("/home/.p/flin.config"));
        assert!(is("/home/.p/translations/de.json") && !is("/home/.p/files/de.json"));
        assert!(!is("/home/.p/.flindb/log") && !is("/home/.p/files/a.txt"));
        assert!(!is("/home/.p/app/.index.flin.swp") && !is("/home/.p/.git/a.flin"));
    }
}
