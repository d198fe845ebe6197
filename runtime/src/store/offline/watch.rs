//! A disk that says how much was read from it and written to it, for whoever shows how far long work is.

use crate::store::disk::{Disk, File};
use std::any::Any;
use std::io;
use std::sync::Arc;

/// Told about bytes that were read, and bytes that were written.
type Told = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Another disk, watched.
#[derive(Clone)]
pub struct Watched {
    disk: Arc<dyn Disk>,
    told: Told,
}

impl Watched {
    /// Tells of each read and write of `disk`.
    pub fn new(disk: Arc<dyn Disk>, told: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        Self { disk, told: Arc::new(told) }
    }

    fn file(&self, file: io::Result<Box<dyn File>>) -> io::Result<Box<dyn File>> {
        Ok(Box::new(WatchedFile { file: file?, told: Arc::clone(&self.told) }))
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watched").field(&self.disk).finish()
    }
}

impl Disk for Watched {
    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.file(self.disk.open(name))
    }

    fn open_mut(&self, name: &str, create: bool) -> io::Result<Box<dyn File>> {
        self.file(self.disk.open_mut(name, create))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync()
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send + Sync>> {
        self.disk.lock()
    }

    fn salt(&self) -> io::Result<u64> {
        self.disk.salt()
    }
}

struct WatchedFile {
    file: Box<dyn File>,
    told: Told,
}

impl std::fmt::Debug for WatchedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.file.fmt(f)
    }
}

impl WatchedFile {
    fn tell(&self, read: usize, written: usize) {
        let wide = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        (self.told)(wide(read), wide(written));
    }
}

impl File for WatchedFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(offset, bytes)?;
        self.tell(count, 0);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write_at(offset, bytes)?;
        self.tell(0, count);
        Ok(count)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file.set_size(size)
    }
}
