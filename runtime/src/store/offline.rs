//! Work on a store that no program uses: look it through, write out what it holds, save what can be saved of a damaged
//! one, make a small one of a large one.
//!
//! A recovery refuses a damaged store; here it is read around the damage. Of the snapshot and the archive every block
//! counts whose checksum fits, of the log the records before the first damage alone, so that no transaction is there
//! without those that it was made on. Whatever is not taken, bytes, whole later transactions or versions of rows that
//! cannot be read, is handed to a [`Lost`].
//!
//! | module | what lives there |
//! |---|---|
//! | `salvage` | reading around damage |
//! | `blocks` | blocks behind a bad one |
//! | `records` | records behind a bad one |
//! | `verify` | what no recovery looks at: older versions, references |
//! | `rewrite` | a fresh snapshot and archive of what was read |
//! | `watch` | how far the work is |
//!
//! Invariants:
//!
//! - **O1** Reading changes nothing but the file of the lock. What opens is read without a finding from salvage.
//! - **O2** A repair changes nothing before everything that it drops was taken by its [`Lost`].
//! - **O3** A rewrite that dies at any call leaves the old content or the new one, and can be done again.
//!
//! Absences: no schema; whether the rows fit a program, the program's start says.

mod blocks;
mod records;
mod rewrite;
mod salvage;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

pub use rewrite::{Compacted, compact};
pub use salvage::Found;
pub use verify::{Verified, Versions};
pub use watch::Watched;

use super::archive::Version;
use super::disk::{Disk, DiskError};
use super::format::{Fault, FileError};
use super::recover::Dropped;
use super::schema::Catalogue;
use super::{RowEffect, archive, log, snapshot};
use std::io;
use std::sync::Arc;

/// Why the work was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// There is no store there.
    #[error(
        "there is no store there; `store.path` in flin.config says where a project has its own, `.flindb` by default"
    )]
    NoStore,
    /// Its files cannot be read, or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The end of its log is torn. Compacted it would be gone.
    #[error("{0}; `flin store repair` keeps what stands there, and a start leaves it out")]
    Torn(Dropped),
    /// What is dropped could not be taken.
    #[error("what is dropped cannot be written down: {0}; nothing was changed")]
    Lost(io::Error),
}

impl From<DiskError> for OfflineError {
    fn from(error: DiskError) -> Self {
        Self::File(error.into())
    }
}

/// What is wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// A file is missing, or damaged at a place.
    #[error(transparent)]
    File(FileError),
    /// An older version cannot be found.
    #[error("{entity} {id}: the version before version {version} cannot be found")]
    History {
        /// Name of the entity.
        entity: Arc<str>,
        /// Id of the row.
        id: u64,
        /// Of the last version that is there.
        version: u64,
    },
    /// A live row refers to one that is not there.
    #[error("{entity} {id}: {field} refers to {target} {to}, which is not there")]
    Reference {
        /// Name of the entity.
        entity: Arc<str>,
        /// Id of the row.
        id: u64,
        /// Name of the field.
        field: Arc<str>,
        /// Name of the other entity.
        target: Arc<str>,
        /// Id of the row that is not there.
        to: u64,
    },
}

/// Takes what a salvage does not: it must be durable, or gone for good, when the repair begins to write.
pub trait Lost {
    /// Bytes of a file, at an offset, that say nothing that can be trusted. Long ones come in pieces.
    fn bytes(&mut self, file: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// A transaction behind damage.
    fn transaction(&mut self, transaction: &Later<'_>) -> io::Result<()>;
    /// An older version of a row that is not there: what it was at last may be in the damage. Also of one that was
    /// destroyed, which cannot be told apart.
    fn version(&mut self, version: &Version, catalogue: &Catalogue) -> io::Result<()>;
}

/// A whole transaction that is not taken, as records before it are missing.
#[derive(Debug)]
pub struct Later<'a> {
    /// The file of the record.
    pub file: &'a str,
    /// Where it begins.
    pub offset: u64,
    /// Its number.
    pub sequence: u64,
    /// What it did.
    pub effects: &'a [RowEffect],
    /// The names of entities and fields.
    pub catalogue: &'a Catalogue,
}

/// Nobody takes it.
#[derive(Clone, Copy, Debug)]
pub struct Forgotten;

impl Lost for Forgotten {
    fn bytes(&mut self, _: &str, _: u64, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn transaction(&mut self, _: &Later<'_>) -> io::Result<()> {
        Ok(())
    }

    fn version(&mut self, _: &Version, _: &Catalogue) -> io::Result<()> {
        Ok(())
    }
}

/// The files of a store that are read, with their sizes in bytes.
pub fn files(disk: &dyn Disk) -> Result<Vec<(String, u64)>, OfflineError> {
    let names = disk.list().map_err(DiskError::at(".", "list"))?;
    let counts = |name: &str| {
        log::number_of(name).or(snapshot::number_of(name)).or(archive::generation_of(name)).is_some()
    };
    let mut files = Vec::new();
    for name in names.into_iter().filter(|name| counts(name)) {
        let size = disk.open(&name).and_then(|file| file.size()).map_err(DiskError::at(&name, "measure"))?;
        files.push((name, size));
    }
    if files.is_empty() { Err(OfflineError::NoStore) } else { Ok(files) }
}

fn damaged(file: &str, offset: u64, fault: Fault) -> Finding {
    Finding::File(FileError::damaged(file, offset, fault))
}
