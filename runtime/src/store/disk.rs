//! The only file IO of the store: a folder of files with flat names.
//!
//! What is assumed of the medium:
//!
//! - a sync that succeeds makes what was written before it durable;
//! - a rename is atomic, and durable once the folder is synced, as are creations and removals;
//! - what was not synced may be kept, lost, or torn at any multiple of [`SECTOR`] bytes, in any order;
//! - a file whose sync failed keeps nothing that was written since the sync before, whatever it reads as meanwhile.

mod real;
mod twin;

pub use real::Folder;
pub use twin::{Crash, Fault, Plan, Twin};

use std::io;

/// Bytes that a medium writes whole or not at all.
pub const SECTOR: usize = 512;

/// A folder.
pub trait Disk: Send + Sync + std::fmt::Debug {
    /// Names of the files, sorted; none where the folder itself is not there.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens a file, to read alone.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Opens a file to read and write; with `create`, an empty one that must not be there yet.
    fn open_mut(&self, name: &str, create: bool) -> io::Result<Box<dyn File>>;
    /// Gives a file another name, replacing one that has it. Durable after [`Self::sync`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. Durable after [`Self::sync`].
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations, renames and removals durable.
    fn sync(&self) -> io::Result<()>;
    /// Takes the folder for this process, making it if need be, until the guard is dropped; refused with
    /// [`io::ErrorKind::WouldBlock`] when another holds it.
    fn lock(&self) -> io::Result<Box<dyn std::any::Any + Send + Sync>>;
    /// Bits that tell one life of a file from the next: never the same twice.
    fn salt(&self) -> io::Result<u64>;
}

/// A file; reads and writes name their offset.
pub trait File: Send + Sync + std::fmt::Debug {
    /// Reads some bytes; 0 at the end.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize>;
    /// Writes some bytes, maybe not all.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Makes what was written durable, and the size.
    fn sync(&self) -> io::Result<()>;
    /// How many bytes it has.
    fn size(&self) -> io::Result<u64>;
    /// Makes it so long, cutting or filling with zeros.
    fn set_size(&self, size: u64) -> io::Result<()>;
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {file}: {source}")]
pub struct DiskError {
    /// The file, or `.` for the folder.
    pub file: String,
    /// What was tried.
    pub action: &'static str,
    /// Why it failed.
    pub source: io::Error,
}

impl DiskError {
    /// For `map_err`: names the file and what was tried.
    pub fn at(file: &str, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::of(file, action, source)
    }

    /// The copy of the name is allocated here, and not in each of all the places that may fail.
    #[cold]
    #[inline(never)]
    fn of(file: &str, action: &'static str, source: io::Error) -> Self {
        Self { file: file.to_owned(), action, source }
    }
}

/// Writes all of it. A call that writes nothing is an error: it would be repeated for ever.
pub fn write_all(file: &dyn File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = match file.write_at(offset, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes = bytes.get(written..).unwrap_or_default();
        offset = offset.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
    }
    Ok(())
}

/// Reads until the buffer is full or the file ends; gives how many bytes came.
pub fn read_full(file: &dyn File, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
    let mut done = 0_usize;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
        match file.read_at(at, rest) {
            Ok(0) => break,
            Ok(read) => done = done.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Refuses what is no flat name, so that no file outside the folder is ever touched.
fn flat(name: &str) -> io::Result<&str> {
    let fits = !name.is_empty()
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if fits { Ok(name) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a flat file name")) }
}

#[cfg(test)]
mod tests;
