//! The world of an execution: its output, clock, environment, entropy and files.

use super::files::{Files, MemoryFiles};
use super::http::RateLimits;
use super::script::End;
use super::store::StorePlace;
use crate::config;
use crate::record::{Inbound, Outbound};
use crate::store::Source;
use crate::store::session::NoStore;
use crate::vm::{Answer, Effect, LogLevel};
use std::sync::Arc;
use std::time::Duration;

/// Nobody takes the output any more: the execution ends, quietly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes the output any more")]
pub struct Gone;

/// What an execution asks of the world.
pub trait Host {
    /// A line of output, without its line break.
    fn print(&mut self, line: &str) -> Result<(), Gone>;
    /// An entry of the log; `data` is JSON.
    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone>;
    /// Milliseconds since 1970-01-01 UTC.
    fn now_millis(&mut self) -> i64;
    /// Time since some fixed moment; never goes back.
    fn elapsed(&mut self) -> Duration;
    /// The program took a turn and goes on: what it said may be due to go out.
    fn turned(&mut self) -> Result<(), Gone> {
        Ok(())
    }
    /// A variable of the environment.
    fn env(&mut self, name: &str) -> Option<String>;
    /// Fills the bytes so that nobody can guess them; none when the system gives no entropy.
    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()>;
    /// The program's folder.
    fn files(&mut self) -> &mut dyn Files;
    /// What is said on a connection, or to a room: [`Effect::Emit`], [`Effect::Wait`], [`Effect::Send`],
    /// [`Effect::Join`], [`Effect::Leave`], [`Effect::Close`] and [`Effect::Broadcast`]. Where there is no connection there is nobody to
    /// hear, and in a room nobody either.
    fn say(&mut self, effect: Effect) -> Result<Answer, Gone> {
        match effect {
            Effect::Broadcast { .. } => Ok(Answer::Nothing),
            _ => Err(Gone),
        }
    }
    /// Where clients that come too often are counted; nowhere in a world without clients.
    fn rates(&mut self) -> Option<&RateLimits> {
        None
    }
    /// Sends a request to the program's own endpoints; none outside of tests, where bytecode may ask for it all the same.
    fn request(&mut self, _asked: Inbound) -> Result<Option<Outbound>, End> {
        Ok(None)
    }
    /// Where the program's store is.
    fn store(&mut self) -> Arc<dyn Source> {
        Arc::new(NoStore)
    }
}

/// What a world in memory hears before nobody listens any more.
const SAID_MAX: usize = 10_000;

/// A world in memory, the same in every run: for tests, the audit and fuzzing.
#[derive(Debug)]
pub struct MemoryHost {
    /// Lines printed, each with its line break.
    pub output: String,
    /// Log entries, as `level message data`.
    pub log: Vec<String>,
    /// What `now` gives; advances by a millisecond each time it is asked.
    pub now: i64,
    /// Output and log are gone when they would exceed so many bytes.
    pub output_bytes_max: usize,
    /// Variables of the environment.
    pub env: Vec<(String, String)>,
    /// The program's folder.
    pub files: MemoryFiles,
    /// The program's store.
    pub store: StorePlace,
    /// What was said on connections and to rooms.
    pub said: Vec<Effect>,
    /// How often clients came.
    pub rates: RateLimits,
    logged_bytes: usize,
}

impl Default for MemoryHost {
    fn default() -> Self {
        Self {
            output: String::new(),
            log: Vec::new(),
            now: 1_700_000_000_000,
            output_bytes_max: 16 << 20,
            env: Vec::new(),
            files: MemoryFiles::default(),
            store: StorePlace::memory(&config::Store::default()),
            said: Vec::new(),
            rates: RateLimits::default(),
            logged_bytes: 0,
        }
    }
}

impl Host for MemoryHost {
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        if self.output.len().saturating_add(line.len()) >= self.output_bytes_max {
            return Err(Gone);
        }
        self.output.push_str(line);
        self.output.push('\n');
        Ok(())
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        let entry = format!("{level:?} {message} {}", data.unwrap_or_default());
        self.logged_bytes = self.logged_bytes.saturating_add(entry.len()).saturating_add(1);
        if self.logged_bytes > self.output_bytes_max {
            return Err(Gone);
        }
        self.log.push(entry);
        Ok(())
    }

    fn now_millis(&mut self) -> i64 {
        self.now = self.now.saturating_add(1);
        self.now
    }

    fn elapsed(&mut self) -> Duration {
        Duration::from_millis(u64::try_from(self.now).unwrap_or(0))
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        bytes.fill(0);
        Some(())
    }

    fn files(&mut self) -> &mut dyn Files {
        &mut self.files
    }

    fn say(&mut self, effect: Effect) -> Result<Answer, Gone> {
        if let Effect::Wait(millis) = effect {
            self.now = self.now.saturating_add(millis);
        }
        if self.said.len() >= SAID_MAX {
            return Err(Gone);
        }
        self.said.push(effect);
        Ok(Answer::Nothing)
    }

    fn rates(&mut self) -> Option<&RateLimits> {
        Some(&self.rates)
    }

    fn store(&mut self) -> Arc<dyn Source> {
        Arc::new(self.store.clone())
    }
}
