//! The real server in this process, on a port of loopback that the system chooses.

use super::client::Client;
use crate::catalogue::exchange::Served;
use crate::drivers::DriverError;
use flin_runtime::app::application::{Application, Unservable};
use flin_runtime::app::build::Rejected;
use flin_runtime::app::project::SourceFile;
use flin_runtime::app::{StorePlace, machine};
use flin_runtime::base::render::{Style, render};
use flin_runtime::check::Role;
use flin_runtime::config::{self, Config};
use flin_runtime::server::{Options, Probe, Running, Server};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is served where a vector brings no files: something for each way to ask.
const APP: &str = r#"
route GET "/hello" { "hello" }
route GET "/smuggled" { "smuggled" }
route POST "/echo" { body }
route POST "/length" { if body == none then 0 else body.length }
route GET "/slow" { n = 0; for i in 0..200000 { n += i }; n }
"#;

/// How long things may take to be back where they were.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// A server at work.
#[derive(Debug)]
pub struct Host {
    running: Running,
    _root: tempfile::TempDir,
}

/// What is held at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    connections: u64,
    descriptors: u64,
    leased_bytes: u64,
    waiting: u64,
}

/// Why levels are not what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// The server does not answer.
    Silent,
    /// Something is still held.
    Held(String),
}

impl Host {
    /// Starts the server of a vector.
    pub fn start(served: &Served) -> Result<Self, DriverError> {
        Self::start_probed(served, Probe::default())
    }

    /// The same, with somebody who is called at its points.
    pub fn start_probed(served: &Served, probe: Probe) -> Result<Self, DriverError> {
        let failed = |why: String| DriverError::Server { why };
        let mut config = config::parse(&served.config)
            .map_err(|problems| failed(problems.iter().map(config::ProblemAt::render).collect()))?;
        config.server.port = 0;
        let root = tempfile::tempdir()?;
        let store = StorePlace::memory(&config.store);
        let app = application(served, config, root.path()).map_err(failed)?;
        let options = Options { threads: 2, runners: 2, store: Some(store), probe, ..Options::default() };
        let running = Server::start(app, options).map_err(|error| failed(error.to_string()))?;
        Ok(Self { running, _root: root })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.running.addr()
    }

    /// The server.
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// What it holds, once an ordinary client was answered and has gone; none if it is not answered in time.
    pub fn levels(&self) -> Option<Levels> {
        let mut client = Client::connect(self.address()).ok()?;
        client.goes_on().ok()?;
        drop(client);
        let began = Instant::now();
        while self.running.shared().levels().connections > 0 && began.elapsed() < PATIENCE {
            std::thread::sleep(PAUSE);
        }
        let levels = self.running.shared().levels();
        Some(Levels {
            connections: levels.connections,
            descriptors: levels.descriptors,
            leased_bytes: levels.leased_bytes,
            waiting: levels.runners_waiting,
        })
    }

    /// Waits until nothing more is held than at that moment.
    pub fn levels_return_to(&self, before: &Levels) -> Result<(), Unlike> {
        let began = Instant::now();
        loop {
            let now = self.levels().ok_or(Unlike::Silent)?;
            if now == *before {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(Unlike::Held(format!("{now:?} instead of {before:?}")));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn application(served: &Served, config: Config, root: &std::path::Path) -> Result<Arc<Application>, String> {
    let pool = machine::pool(config.vm.memory_total);
    let components: Vec<&str> = config.views.components.iter().map(String::as_str).collect();
    let file = |path: &str, source: &str| SourceFile::in_memory(path, Role::of(path, &components), source);
    let files: Vec<SourceFile> = if served.files.is_empty() {
        vec![file("app/index.flin", APP)]
    } else {
        served.files.iter().map(|(path, source)| file(path, source)).collect()
    };
    match Application::of_files(&files, config, root, &pool) {
        Ok(app) => Ok(Arc::new(app)),
        Err(Unservable::Rejected(Rejected::Diagnostics(sources, found))) => {
            Err(found.iter().map(|found| render(found, &sources, Style::Line)).collect())
        }
        Err(error) => Err(error.to_string()),
    }
}
