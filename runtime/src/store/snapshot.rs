//! Snapshots: all rows as of one record, in a file of their own, from which a recovery begins.
//!
//! `snapshot-N` holds what all records before segment N made. Behind the first sector come blocks: the catalogue, the
//! next ids, the index of the archive, the rows by rising entity and id, and a footer with their counts, behind which
//! the file ends. It is written as `snapshot-N.tmp`, synced, and renamed; only when the name is durable are older
//! snapshots removed and segments recycled (W8).
//!
//! Absences: no thread decides here when; the rows come from whoever has them, one by one.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Contents, Head, read};
pub use write::{Writer, replace, write};

use super::log;

/// The first byte of a block.
mod tag {
    pub const CATALOGUE: u8 = 1;
    pub const NEXT_IDS: u8 = 2;
    pub const ARCHIVE: u8 = 3;
    pub const ROWS: u8 = 4;
    pub const FOOTER: u8 = 5;
}

/// The first byte of the last block.
pub const FOOTER: u8 = tag::FOOTER;

/// The file of a snapshot, by the first segment that is replayed after it.
pub fn name(first: u32) -> String {
    format!("snapshot-{first:016x}")
}

/// The file of one that is being written.
pub fn unfinished_name(first: u32) -> String {
    format!("{}.tmp", name(first))
}

/// The number in the name of a snapshot.
pub fn number_of(file: &str) -> Option<u32> {
    log::numbered(file, "snapshot-")
}

/// Is this a snapshot that was never finished?
pub fn is_unfinished(file: &str) -> bool {
    file.strip_suffix(".tmp").is_some_and(|name| number_of(name).is_some())
}
