//! The world of a program under audit: all in memory, but for the clock that deadlines are kept by.

use flin_runtime::app::files::DiskFiles;
use flin_runtime::app::{Files, Gone, Host, MemoryHost};
use flin_runtime::store::Source;
use flin_runtime::vm::LogLevel;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A world in memory with a real clock.
#[derive(Debug)]
pub struct AuditHost {
    /// Everything but the clock.
    pub memory: MemoryHost,
    /// The program's folder, where it is on a disk.
    pub folder: Option<DiskFiles>,
    begun: Instant,
}

impl Default for AuditHost {
    fn default() -> Self {
        Self { memory: MemoryHost::default(), folder: None, begun: Instant::now() }
    }
}

impl Host for AuditHost {
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        self.memory.print(line)
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        self.memory.log(level, message, data)
    }

    fn now_millis(&mut self) -> i64 {
        self.memory.now_millis()
    }

    fn elapsed(&mut self) -> Duration {
        self.begun.elapsed()
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.memory.env(name)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        self.memory.entropy(bytes)
    }

    fn files(&mut self) -> &mut dyn Files {
        match &mut self.folder {
            Some(folder) => folder,
            None => self.memory.files(),
        }
    }

    fn store(&mut self) -> Arc<dyn Source> {
        self.memory.store()
    }
}
