//! What the files of a store have in common: the first sector, blocks, rows, and what can be wrong with them.
//!
//! The format is described in `runtime/docs/store-format.md`; its numbered invariants W1 to W10 are cited here.
//! Everything is little-endian or LEB128. Decoding takes any bytes, reserves no more than there are, and refuses what
//! has a second spelling (W10).
//!
//! Absences: nothing here knows a schema, an index or a thread.

mod block;
mod header;
mod row;
mod window;

pub use block::{BLOCK_BYTES, BLOCK_HEAD, block, read_block};
pub use header::{Header, Kind};
pub use row::{RowReader, put_row, put_uint};
pub use window::Window;

use super::disk::DiskError;
use crate::record::DataError;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// Why a store's files cannot be used as they are. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file says what no store wrote.
    #[error(
        "{file} is damaged at byte {offset}: {fault}; restore it from a backup, or see `flin store repair`"
    )]
    Damaged {
        /// Its name.
        file: String,
        /// Where.
        offset: u64,
        /// What is wrong there.
        fault: Fault,
    },
    /// A file of a newer flin.
    #[error("{file} has format {version}, and this flin reads up to {FORMAT}; use the flin that wrote it")]
    Newer {
        /// Its name.
        file: String,
        /// Its format.
        version: u32,
    },
    /// A file that others say is there.
    #[error("{file} is missing; restore it from a backup")]
    Missing {
        /// Its name.
        file: String,
    },
    /// Somebody else has the store.
    #[error("another process uses this store; stop it first, or give each its own `store.path`")]
    Locked,
}

impl FileError {
    /// A finding at a place of a file.
    #[cold]
    #[inline(never)]
    pub fn damaged(file: &str, offset: u64, fault: Fault) -> Self {
        match fault {
            Fault::Newer(version) => Self::Newer { file: file.to_owned(), version },
            fault => Self::Damaged { file: file.to_owned(), offset, fault },
        }
    }
}

/// What is wrong at a place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends too early.
    #[error("the file ends here and should not")]
    End,
    /// It is no such file.
    #[error("this is not the beginning of such a file")]
    Kind,
    /// The format is newer than this flin.
    #[error("the format {0} is newer than this flin")]
    Newer(u32),
    /// A checksum differs.
    #[error("the checksum differs")]
    Checksum,
    /// The file's name and what it says of itself differ.
    #[error("the file says that it is number {found}, its name says {expected}")]
    Number {
        /// In the file.
        found: u64,
        /// In the name.
        expected: u64,
    },
    /// A record is missing or unreadable, and something later says that it was there.
    #[error("record {expected} is missing or unreadable, though what follows says that it was there")]
    Gap {
        /// The sequence number that should be here.
        expected: u64,
    },
    /// A number that is longer than needed, or too large for what it counts.
    #[error("a number is not in its shortest form, or out of range")]
    Number64,
    /// Something that begins with no known byte.
    #[error("nothing begins with the byte {0:#04x}")]
    Tag(u8),
    /// A row's data.
    #[error("the data of a row: {0}")]
    Data(#[from] DataError),
    /// Rows or fields that do not rise, or that are not as many as announced.
    #[error("entries are out of order, or not as many as announced")]
    Order,
    /// What the rows are read into does not take it.
    #[error("{0}")]
    Misfit(&'static str),
}

/// CRC-32 over several pieces.
pub fn crc(pieces: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize()
}

/// A size in memory as one in a file.
pub fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
