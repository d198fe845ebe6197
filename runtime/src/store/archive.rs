//! The archive: versions of rows whose segments are recycled, in the order in which they were replaced.
//!
//! A version is found by the place of the record that replaced it, which never changes, so that a row in memory needs
//! one number for all its history. `archive` is appended to by checkpoints; how much of it counts says the snapshot
//! (W9), which also has the index: where each block begins, and at which place of the log.
//!
//! Absences: nothing is ever removed from it; versions of destroyed rows that came here before stay, out of reach,
//! until the store is compacted.

mod extend;

use super::disk::{Disk, DiskError, SECTOR};
use super::format::{Fault, FileError, Header, Kind, RowReader, Window, read_block};
use super::log;
use super::{Lsn, Row, TypeId};
use std::sync::Arc;

/// The file.
pub const NAME: &str = "archive";

/// What there is of older versions outside the log.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    /// Bytes of the file that count; 0 when it was never begun.
    length: u64,
    /// Goes into the checksums of its blocks.
    salt: u64,
    /// Segments before this one are in it.
    first: u32,
    /// Each block: place of its first version, and offset.
    index: Arc<[(Lsn, u64)]>,
}

impl Archive {
    /// The archive of which a snapshot before segment `first` says that so many bytes count.
    pub fn load(disk: &dyn Disk, first: u32, length: u64, index: Vec<(Lsn, u64)>) -> Result<Self, FileError> {
        let mut salt = 0;
        if length > 0 {
            let file = disk.open(NAME).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => FileError::Missing { file: NAME.to_owned() },
                _ => DiskError::at(NAME, "open")(error).into(),
            })?;
            let mut window = Window::exact(&*file, NAME)?;
            if window.size() < length {
                return Err(FileError::damaged(NAME, window.size(), Fault::End));
            }
            let sector = window.get(0, SECTOR)?.unwrap_or_default();
            Header([salt, ..]) =
                Header::decode(Kind::Archive, sector).map_err(|fault| FileError::damaged(NAME, 0, fault))?;
        }
        Ok(Self { length, salt, first, index: index.into() })
    }

    /// Bytes that count.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Place of the first version and offset of each block.
    pub fn index(&self) -> &[(Lsn, u64)] {
        &self.index
    }

    /// The version that `row` replaced; none for the first one.
    ///
    /// # Errors
    ///
    /// [`FileError::Missing`] or [`FileError::Damaged`] when a checkpoint recycled the segment meanwhile: whoever finds
    /// that there is a newer archive by now asks that one.
    pub fn before(&self, disk: &dyn Disk, ty: TypeId, id: u64, row: &Row) -> Result<Option<Row>, FileError> {
        if row.version <= 1 || row.lsn == Lsn::NONE {
            return Ok(None);
        }
        if row.lsn.segment() >= self.first {
            return log::before(disk, ty, id, row);
        }
        let file = disk.open(NAME).map_err(DiskError::at(NAME, "open"))?;
        let mut window = Window::exact(&*file, NAME)?;
        // Versions of one record may begin in the block before the first that begins with it.
        let start = self.index.partition_point(|(first, _)| *first < row.lsn).saturating_sub(1);
        let mut searched = 0;
        for (first, offset) in self.index.iter().skip(start) {
            if *first > row.lsn {
                break;
            }
            searched = *offset;
            let (content, _) = read_block(&mut window, self.salt, *offset)?;
            let found =
                find(content, ty, id, row).map_err(|fault| FileError::damaged(NAME, *offset, fault))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Err(FileError::damaged(NAME, searched, Fault::Order))
    }
}

/// The version that `row` replaced, if it is in this block.
fn find(content: &[u8], ty: TypeId, id: u64, row: &Row) -> Result<Option<Row>, Fault> {
    let mut reader = RowReader::new(content);
    while !reader.is_empty() {
        let place = (Lsn(reader.uint()?), reader.ty()?, reader.count()?, reader.count()?);
        let before = reader.row()?;
        if place == (row.lsn, ty, id, row.version) {
            return Ok(Some(before));
        }
    }
    Ok(None)
}
