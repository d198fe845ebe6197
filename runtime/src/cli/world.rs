//! The world of a program that runs on a command line: stdout, the system's clock and entropy, the project's `files/`.

use crate::app::machine::{env, now_millis};
use crate::app::project::FILES_FOLDER;
use crate::app::{Files, Gone, Host, Project, StorePlace, files::DiskFiles};
use crate::base::render::printable;
use crate::config::{Log, LogFormat};
use crate::record::{Refusal, Schema};
use crate::store::{Source, Store};
use crate::vm::LogLevel;
use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Output is written in blocks of so many bytes, on a terminal line by line.
const BLOCK_BYTES: usize = 64 << 10;
/// What was printed waits no longer for its block to be full: a program that is ended from outside has said it.
const BLOCK_TIME: Duration = Duration::from_millis(100);

/// The process's own world.
pub(super) struct World {
    out: BufWriter<StdoutLock<'static>>,
    by_line: bool,
    /// When it was written last.
    flushed: Instant,
    /// Why output ended.
    failure: Option<io::Error>,
    log: Log,
    started: Instant,
    files: DiskFiles,
    store: StorePlace,
}

impl World {
    pub fn new(project: &Project) -> Self {
        let stdout = io::stdout();
        Self {
            by_line: stdout.is_terminal(),
            out: BufWriter::with_capacity(BLOCK_BYTES, stdout.lock()),
            flushed: Instant::now(),
            failure: None,
            log: project.config.log.clone(),
            started: Instant::now(),
            files: DiskFiles::new(project.root.join(FILES_FOLDER)),
            store: StorePlace::folder(project.root.join(&project.config.store.path), &project.config.store),
        }
    }

    fn keep<T>(&mut self, result: io::Result<T>) -> Result<T, Gone> {
        result.map_err(|error| {
            self.failure = Some(error);
            Gone
        })
    }

    /// Makes durable what was saved, and lets other processes have the store.
    pub fn close_store(&self) -> Result<(), Cow<'static, str>> {
        self.store.close()
    }

    /// Writes what is left; gives the failure that anybody has to know of.
    pub fn finish(mut self) -> Option<io::Error> {
        let flushed = self.out.flush();
        let failure = self.failure.or(flushed.err());
        // What could not be written will not be written by dropping the buffer either.
        let _ = self.out.into_parts();
        failure.filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }
}

impl Host for World {
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        let written = self.out.write_all(line.as_bytes()).and_then(|()| self.out.write_all(b"\n"));
        let written = if self.by_line { written.and_then(|()| self.out.flush()) } else { written };
        self.keep(written)
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        if level < self.log.level {
            return Ok(());
        }
        // What was printed before comes before.
        let flushed = self.out.flush();
        self.keep(flushed)?;
        let entry = log_line(self.log.format, level, message, data);
        // That nobody reads the log is no reason to stop.
        let _ = io::stderr().lock().write_all(entry.as_bytes());
        Ok(())
    }

    fn now_millis(&mut self) -> i64 {
        now_millis()
    }

    fn elapsed(&mut self) -> Duration {
        self.started.elapsed()
    }

    fn turned(&mut self) -> Result<(), Gone> {
        if self.out.buffer().is_empty() || self.flushed.elapsed() < BLOCK_TIME {
            return Ok(());
        }
        let flushed = self.out.flush();
        self.flushed = Instant::now();
        self.keep(flushed)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        env(name)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        getrandom::fill(bytes).ok()
    }

    fn files(&mut self) -> &mut dyn Files {
        &mut self.files
    }

    fn store(&mut self) -> Arc<dyn Source> {
        Arc::new(Telling { place: self.store.clone(), log: self.log.clone() })
    }
}

/// A store, and a line on stderr when it is opened and the end of its log is left out.
#[derive(Debug)]
struct Telling {
    place: StorePlace,
    log: Log,
}

impl Source for Telling {
    fn store(&self, schema: &Schema, create: bool) -> Result<Option<Store>, Refusal> {
        let store = self.place.store(schema, create);
        if let Some(torn) = self.place.take_torn().filter(|_| LogLevel::Warn >= self.log.level) {
            let entry = log_line(self.log.format, LogLevel::Warn, &format!("store: {torn}"), None);
            // As with the program's own entries.
            let _ = io::stderr().lock().write_all(entry.as_bytes());
        }
        store
    }
}

const fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

/// One line, ending in a line break; `data` is JSON already.
fn log_line(format: LogFormat, level: LogLevel, message: &str, data: Option<&str>) -> String {
    let level = level_name(level);
    match (format, data) {
        (LogFormat::Text, None) => format!("{level}: {}\n", printable(message)),
        (LogFormat::Text, Some(data)) => format!("{level}: {} {}\n", printable(message), printable(data)),
        (LogFormat::Json, data) => {
            let message = serde_json::Value::from(message);
            let data = data.unwrap_or("null");
            format!("{{\"level\":\"{level}\",\"message\":{message},\"data\":{data}}}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_entry_stays_on_its_line() {
        let hostile = "a\nerror: b\u{1b}[31m";
        let text = log_line(LogFormat::Text, LogLevel::Info, hostile, Some("{\"x\":1}"));
        assert_eq!(text, "info: a\\u{a}error: b\\u{1b}[31m {\"x\":1}\n");
        let json = log_line(LogFormat::Json, LogLevel::Warn, hostile, None);
        assert_eq!(json, "{\"level\":\"warn\",\"message\":\"a\\nerror: b\\u001b[31m\",\"data\":null}\n");
    }
}
