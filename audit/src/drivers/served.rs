//! A server in this process, and clients that speak raw bytes to it over real sockets.
//!
//! Invariant: whatever a scenario did, [`Served::settles`] looks whether connections, executions, rooms, memory, tasks
//! and descriptors are back where they were, and whether another client is served.

mod client;
mod connections;
mod console;
mod crowd;
mod fairness;
mod folders;
mod frames;
mod live;
mod panics;
mod readers;
mod reload;
mod sessions;
mod socket;
mod texts;
mod vanish;

pub use client::{Answer, Client};
pub(super) use connections::{burst, slow};
pub(super) use console::{console_abuse, console_panics};
pub(super) use crowd::crowd;
pub(super) use fairness::fairness;
pub(super) use folders::folders;
pub(super) use frames::frames;
pub(super) use live::{consumers, generator, job, message};
pub(super) use panics::{outside, route};
pub(super) use readers::readers;
pub(super) use reload::entities;
pub(super) use sessions::sessions;
pub(super) use texts::network_bytes;
pub(super) use vanish::{no_descriptors, vanish};

use super::DriverError;
use super::lab::Lab;
use flin_runtime::app::application::Application;
use flin_runtime::app::{SourceFile, StorePlace, machine};
use flin_runtime::check::Role;
use flin_runtime::config::{self, Config};
use flin_runtime::server::{Options, Running, Server, Shared};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long anything may take that should take no time at all.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than anybody waits: what has not ended by then was not ended by its time.
pub const NEVER: Duration = Duration::from_hours(1);
/// The accept loop, the scheduler and the broadcaster, and whoever watches over each; with the console two more.
const TASKS: u64 = 6;

/// A server at work.
#[derive(Debug)]
pub struct Served {
    running: Running,
    root: tempfile::TempDir,
    store_folder: PathBuf,
    /// When it had served nobody yet but one who was gone again.
    before: Before,
}

/// What the process had before a scenario.
#[derive(Clone, Copy, Debug)]
struct Before {
    tasks: u64,
    descriptors: u64,
}

impl Served {
    /// Serves a program on a port that the system chooses, its store in memory.
    pub fn start(source: &str, configure: impl FnOnce(&mut Config)) -> Result<Self, DriverError> {
        Self::with(source, configure, |_| {})
    }

    /// The same, and `adjust` changes how the server runs.
    pub fn with(
        source: &str,
        configure: impl FnOnce(&mut Config),
        adjust: impl FnOnce(&mut Options),
    ) -> Result<Self, DriverError> {
        let sample = |why: &dyn std::fmt::Display| DriverError::Sample { why: why.to_string() };
        let mut config = Config::default();
        config.server.port = 0;
        configure(&mut config);
        let root = tempfile::tempdir()?;
        let store_folder = root.path().join(&config.store.path);
        let file = SourceFile::in_memory("app/index.flin", Role::App, source);
        let pool = machine::pool(config.vm.memory_total);
        let app = Application::of_files(&[file], config, root.path(), &pool).map_err(|why| sample(&why))?;
        let mut options = Options {
            threads: 2,
            runners: 2,
            store: Some(StorePlace::memory(&config::Store::default())),
            // The budget of descriptors is the scenario's own business.
            descriptors_max: Some(100_000),
            ..Options::default()
        };
        adjust(&mut options);
        let running = Server::start(Arc::new(app), options).map_err(|why| sample(&why))?;
        let tasks = if running.console().is_some() { TASKS + 2 } else { TASKS };
        let mut served = Self { running, root, store_folder, before: Before { tasks, descriptors: 0 } };
        // No page of the program's: whatever is injected there waits for the scenario.
        let _ = served.get("/_flin/health");
        within(PATIENCE, || served.shared().levels().connections == 0);
        served.before.descriptors = descriptors();
        Ok(served)
    }

    /// What the server shares with its tasks.
    pub fn shared(&self) -> &Arc<Shared> {
        self.running.shared()
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Where its store and keys lie.
    pub fn store_folder(&self) -> &Path {
        &self.store_folder
    }

    /// A connection.
    pub fn client(&self) -> std::io::Result<Client> {
        Client::connect(self.running.addr())
    }

    /// The answer to a GET on a connection of its own.
    pub fn get(&self, path: &str) -> std::io::Result<Answer> {
        let mut client = self.client()?;
        client.get(path)
    }

    /// Waits until it holds nothing any more, and looks whether somebody else is served.
    pub fn settles(&self, lab: &mut Lab, name: &str) {
        self.settles_beside(lab, name, 0);
    }

    /// The same, while the scenario holds the clients' ends of so many connections.
    pub fn settles_beside(&self, lab: &mut Lab, name: &str, held: u64) {
        if !within(PATIENCE, || self.left(held).is_empty()) {
            lab.channel.leaked(format_args!("{name}: left are {}", self.left(held).join(", ")));
        }
        match self.get("/ok") {
            Ok(answer) if answer.status == 200 && answer.body == "ok" => {}
            Ok(answer) => lab.channel.wrong(format_args!("{name}: the next client"), "200 ok", answer),
            Err(error) => lab.channel.wrong(format_args!("{name}: the next client"), "200 ok", error),
        }
        // Its connection is over too before anybody counts descriptors.
        within(PATIENCE, || self.shared().levels().connections == 0);
    }

    /// What there is more than when it was idle. Memory is what is leased: what the allocator keeps of what was freed is its
    /// own business, and the parent looks whether all of the process stays below the case's mark.
    fn left(&self, held: u64) -> Vec<String> {
        let (now, before) = (self.shared().levels(), self.before);
        let all = [
            (now.connections, 0, "connections"),
            (now.leased_bytes, 0, "bytes"),
            (self.shared().metrics().running_now().unsigned_abs(), 0, "executions"),
            (now.room_members, 0, "members of rooms"),
            (now.tasks, before.tasks, "tasks"),
            (now.descriptors, before.descriptors + held, "descriptors"),
        ];
        let more = all.into_iter().filter(|(now, most, _)| now > most);
        more.map(|(now, most, what)| format!("{now} {what} instead of {most}")).collect()
    }

    /// Ends it.
    pub fn stop(self, lab: &mut Lab, name: &str) {
        self.running.stop();
        if let Err(reason) = self.running.wait() {
            lab.channel.lost(format_args!("{name}: the store did not close: {reason}"));
        }
    }
}

/// Does it come about in that time?
pub fn within(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let until = Instant::now() + limit;
    while !is_so() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

/// Descriptors of this process.
fn descriptors() -> u64 {
    flin_runtime::server::descriptors::open().unwrap_or(0)
}
