//! What executions of a server share of the world: the project's files and store, the system's clock and entropy.

use super::log;
use crate::app::http::RateLimits;
use crate::app::machine;
use crate::app::{Files, Gone, Host, StorePlace, files::DiskFiles};
use crate::store::Source;
use crate::vm::LogLevel;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See the module. Clones are the same world.
#[derive(Clone, Debug)]
pub struct World(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    files: DiskFiles,
    store: StorePlace,
    started: Instant,
    rates: RateLimits,
}

impl World {
    /// Files in a folder, and a store.
    pub fn new(files: PathBuf, store: StorePlace) -> Self {
        let (files, rates) = (DiskFiles::new(files), RateLimits::default());
        Self(Arc::new(Parts { files, store, started: Instant::now(), rates }))
    }

    /// Where the store is.
    pub fn store(&self) -> &StorePlace {
        &self.0.store
    }

    /// The world as one execution sees it; `id` names it in the log.
    pub fn host(&self, id: Arc<str>) -> ServerHost {
        ServerHost { world: self.clone(), id, files: None }
    }
}

/// The world of one execution.
#[derive(Clone, Debug)]
pub struct ServerHost {
    world: World,
    id: Arc<str>,
    /// From the first time on that they are asked for.
    files: Option<DiskFiles>,
}

impl ServerHost {
    /// Where the store is, for a session.
    pub fn source(&self) -> Arc<dyn Source> {
        Arc::new(self.world.store().clone())
    }

    /// Has the store been opened, so that reading it waits for no file?
    pub fn store_is_open(&self) -> bool {
        self.world.store().is_open()
    }
}

impl Host for ServerHost {
    /// What handlers print goes to the log: nobody waits for whoever reads it.
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        log::entry(LogLevel::Info, &self.id, line, None);
        Ok(())
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        log::entry(level, &self.id, message, data);
        Ok(())
    }

    fn now_millis(&mut self) -> i64 {
        machine::now_millis()
    }

    fn elapsed(&mut self) -> Duration {
        self.world.0.started.elapsed()
    }

    fn env(&mut self, name: &str) -> Option<String> {
        machine::env(name)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        getrandom::fill(bytes).ok()
    }

    fn files(&mut self) -> &mut dyn Files {
        self.files.get_or_insert_with(|| self.world.0.files.clone())
    }

    fn rates(&mut self) -> Option<&RateLimits> {
        Some(&self.world.0.rates)
    }

    fn store(&mut self) -> Arc<dyn Source> {
        self.source()
    }
}
