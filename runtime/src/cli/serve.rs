//! `flin start`: a project behind its address, until a signal ends it.

use super::version::print;
use super::{Exit, Report};
use crate::app::application::{Application, Unservable};
use crate::app::build::Rejected;
use crate::app::public::PUBLIC_FOLDER;
use crate::app::{Project, machine};
use crate::base::render::printable;
use crate::server::{Options, Running, Server, log};
use std::io;
use std::path::Path;
use std::sync::Arc;

pub(super) fn start(folder: &Path, report: &mut Report) -> Exit {
    let project = match Project::of_folder(folder) {
        Ok(project) => project,
        Err(error) => return report.load(&error),
    };
    let pool = machine::pool(project.config.vm.memory_total);
    let app = match Application::load(&project, &pool) {
        Ok(app) => app,
        Err(error) => return unservable(&error, report),
    };
    if app.endpoints().is_empty() && !project.root.join(PUBLIC_FOLDER).is_dir() {
        report.error(format_args!(
            "{}: there is nothing to serve; put a page or a route into app/, or begin with `flin new NAME`",
            project.root.display()
        ));
        return Exit::Usage;
    }
    report.diagnostics(&app.diagnostics, &app.sources);
    let _flush = log::install(&project.config.log, io::stderr());
    let running = match Server::start(Arc::new(app), Options { stops_on_signals: true, ..Options::default() })
    {
        Ok(running) => running,
        Err(error) => {
            report.error(&error);
            return Exit::Usage;
        }
    };
    banner(&project, &running, "start", report);
    ended(running, report)
}

/// Says where it listens.
pub(super) fn banner(project: &Project, running: &Running, how: &str, report: &mut Report) {
    let name = project.root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = printable(&name);
    let version = env!("CARGO_PKG_VERSION");
    let address = running.addr();
    // That nobody reads it is no reason not to serve.
    let _ = print(
        format_args!("FLIN {version} · flin {how} {name}\nhttp://{address}  (Ctrl+C stops it)\n"),
        report,
    );
    let Some(console) = running.console() else { return };
    let address = console.addr();
    let _ = match console.setup_token() {
        None => print(format_args!("console: http://{address}\n"), report),
        Some(token) => {
            let ask = "set its password there with the token";
            print(format_args!("console: http://{address}/setup; {ask} {token}\n"), report)
        }
    };
}

/// Serves until it was stopped.
pub(super) fn ended(running: Running, report: &mut Report) -> Exit {
    match running.wait() {
        Ok(()) => Exit::Success,
        Err(reason) => {
            report.error(format_args!("the store did not close: {reason}"));
            Exit::Failure
        }
    }
}

/// Why a project is not served.
pub(super) fn unservable(error: &Unservable, report: &mut Report) -> Exit {
    match error {
        Unservable::Load(error) => report.load(error),
        Unservable::Rejected(Rejected::Diagnostics(sources, found)) => {
            report.diagnostics(found, sources);
            Exit::Usage
        }
        Unservable::Rejected(error @ Rejected::Refused(_)) => {
            report.error(error);
            Exit::Internal
        }
        Unservable::Link(error) => {
            report.error(error);
            Exit::Internal
        }
    }
}
