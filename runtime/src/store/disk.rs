//! The only file IO of the store: a folder of files with flat names.
//!
//! What is assumed of the medium: a sync that succeeds makes what was written before it durable; a rename is atomic and
//! durable once the folder is synced; a write that was not synced may be kept, lost, or torn at any multiple of 512
//! bytes, in any order with others. Nothing is assumed of a file after its sync failed.

use std::io;

/// A folder.
pub trait Disk: Send + Sync + std::fmt::Debug {
    /// Names of the files, sorted.
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
    /// Takes the folder for this process until the guard is dropped; refused with [`io::ErrorKind::WouldBlock`] when
    /// another holds it.
    fn lock(&self) -> io::Result<Box<dyn std::any::Any + Send + Sync>>;
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
