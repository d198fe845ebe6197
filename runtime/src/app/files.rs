//! The folder that a program may read and write: `files/`. No path leads out of it.
//!
//! - **F1** A path is relative, has no `..`, no NUL and at most [`PARTS_MAX`] parts; it is refused before the disk is
//!   touched.
//! - **F2** A link is followed only where it ends inside the folder.
//! - **F3** Writing replaces a file in one step: others see the old content or the new one.
//! - **F4** Nothing larger than asked for is read; only plain files are.

mod disk;
mod memory;
#[cfg(test)]
mod tests;

pub use disk::DiskFiles;
pub use memory::MemoryFiles;

use crate::base::guard::{Guard, off};
use std::io;

/// Folders and file that a path may name. Each folder on the way is looked up from the top, so that what a path costs
/// grows with the cube of this; no deadline is noticed meanwhile.
pub const PARTS_MAX: usize = 64;

/// What a program can do with files.
pub trait Files {
    /// The content, unless it is larger.
    fn read(&mut self, path: &FilePath, bytes_max: usize) -> Result<Vec<u8>, FileFault>;
    /// Replaces the content, making folders as needed.
    fn write(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault>;
    /// Adds to the content, making file and folders as needed.
    fn append(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault>;
    /// Removes a file.
    fn delete(&mut self, path: &FilePath) -> Result<(), FileFault>;
    /// Names in a folder, sorted; those of folders end in `/`.
    fn list(&mut self, path: &FilePath) -> Result<Vec<String>, FileFault>;
    /// Is there a file or folder?
    fn exists(&mut self, path: &FilePath) -> Result<bool, FileFault>;
}

/// A path that keeps F1, without empty parts and `.`; the empty one is the folder itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath(String);

impl FilePath {
    /// Checks a path.
    pub fn parse(path: &str) -> Result<Self, FileFault> {
        if off(Guard::FilePath) {
            return Ok(Self(path.to_owned()));
        }
        if path.contains('\0') {
            return Err(FileFault::Nul);
        }
        if path.starts_with('/') {
            return Err(FileFault::Absolute);
        }
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        if parts.clone().any(|part| part == "..") {
            return Err(FileFault::Parent);
        }
        if parts.clone().nth(PARTS_MAX).is_some() {
            return Err(FileFault::TooDeep);
        }
        Ok(Self(parts.collect::<Vec<_>>().join("/")))
    }

    /// The path; `/`-separated, empty for the folder itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }
}

/// Why an operation on a file failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// Larger than asked for.
    #[error("the file is larger than the memory left")]
    TooLarge,
    /// The path has a NUL.
    #[error("a path cannot contain NUL")]
    Nul,
    /// The path is absolute.
    #[error("paths are relative to files/; this one starts with \"/\"")]
    Absolute,
    /// The path goes up.
    #[error("paths stay inside files/; \"..\" is not allowed")]
    Parent,
    /// The path names too many folders.
    #[error("a path has at most {PARTS_MAX} parts; use fewer folders inside each other")]
    TooDeep,
    /// A link leads outside.
    #[error("a link on the way leads out of files/")]
    Outside,
    /// Nothing there.
    #[error("there is no such file")]
    Missing,
    /// A folder, a device, a pipe.
    #[error("this is not a plain file")]
    NotAFile,
    /// Not a folder.
    #[error("this is not a folder")]
    NotAFolder,
    /// No room.
    #[error("there is no space left for it")]
    NoSpace,
    /// The system refuses.
    #[error("the system says: {0}")]
    System(io::ErrorKind),
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            io::ErrorKind::IsADirectory => Self::NotAFile,
            kind => Self::System(kind),
        }
    }
}
