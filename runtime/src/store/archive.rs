//! The archive: versions of rows whose segments are recycled, in the order in which they were replaced.
//!
//! A version is found by the place of the record that replaced it, which never changes, so that a row in memory needs
//! one number for all its history. `archive` is appended to by checkpoints; how much of it counts says the snapshot
//! (W9), which also has the index: where each block begins, and at which place of the log. A store that is compacted gets
//! a new file, `archive-N`, which the snapshot names.
//!
//! Absences: nothing is ever removed from it; versions of destroyed rows that came here before stay, out of reach,
//! until the store is compacted (`offline`).

mod extend;

pub(super) use extend::Appender;

use super::disk::{Disk, DiskError, SECTOR};
use super::format::{Fault, FileError, Header, Kind, RowReader, Window, read_block};
use super::log;
use super::{Lsn, Row, TypeId};
use std::sync::Arc;

/// The file of the first archive, before the store is compacted.
const NAME: &str = "archive";

/// The file of an archive; each compaction makes the next one.
pub fn name(generation: u32) -> String {
    if generation == 0 { NAME.to_owned() } else { format!("{NAME}-{generation:016x}") }
}

/// Which archive is in a file of that name.
pub fn generation_of(file: &str) -> Option<u32> {
    if file == NAME { Some(0) } else { log::numbered(file, "archive-").filter(|&number| number > 0) }
}

/// Where an archive is, and how much of it counts, as a snapshot says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Which file.
    pub generation: u32,
    /// Bytes of it that count; 0 when it was never begun.
    pub length: u64,
}

/// What there is of older versions outside the log.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    extent: Extent,
    /// Goes into the checksums of its blocks.
    salt: u64,
    /// Segments before this one are in it.
    first: u32,
    /// Each block: place of its first version, and offset.
    index: Arc<[(Lsn, u64)]>,
}

impl Archive {
    /// The archive of which a snapshot before segment `first` says where it is.
    pub fn load(
        disk: &dyn Disk,
        first: u32,
        extent: Extent,
        index: Vec<(Lsn, u64)>,
    ) -> Result<Self, FileError> {
        let mut salt = 0;
        if extent.length > 0 {
            let name = name(extent.generation);
            let file = disk.open(&name).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => FileError::Missing { file: name.clone() },
                _ => DiskError::at(&name, "open")(error).into(),
            })?;
            let mut window = Window::exact(&*file, &name)?;
            if window.size() < extent.length {
                return Err(FileError::damaged(&name, window.size(), Fault::End));
            }
            let sector = window.get(0, SECTOR)?.unwrap_or_default();
            Header([salt, ..]) =
                Header::decode(Kind::Archive, sector).map_err(|fault| FileError::damaged(&name, 0, fault))?;
        }
        Ok(Self { extent, salt, first, index: index.into() })
    }

    /// Where it is, and how much of it counts.
    pub const fn extent(&self) -> Extent {
        self.extent
    }

    /// Its file.
    pub fn name(&self) -> String {
        name(self.extent.generation)
    }

    /// What the checksums of its blocks begin with.
    pub const fn salt(&self) -> u64 {
        self.salt
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
        let name = self.name();
        let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
        let mut window = Window::exact(&*file, &name)?;
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
                find(content, ty, id, row).map_err(|fault| FileError::damaged(&name, *offset, fault))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Err(FileError::damaged(&name, searched, Fault::Order))
    }
}

/// An older version, and the record that replaced it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The place of that record.
    pub lsn: Lsn,
    /// Whose.
    pub ty: TypeId,
    /// Its id.
    pub id: u64,
    /// The version that came next.
    pub next: u64,
    /// This one.
    pub row: Row,
}

impl Version {
    /// Reads one out of a block.
    pub fn read(reader: &mut RowReader<'_>) -> Result<Self, Fault> {
        let lsn = Lsn(reader.uint()?);
        Ok(Self { lsn, ty: reader.ty()?, id: reader.count()?, next: reader.count()?, row: reader.row()? })
    }
}

/// The version that `row` replaced, if it is in this block.
fn find(content: &[u8], ty: TypeId, id: u64, row: &Row) -> Result<Option<Row>, Fault> {
    let mut reader = RowReader::new(content);
    while !reader.is_empty() {
        let before = Version::read(&mut reader)?;
        if (before.lsn, before.ty, before.id, before.next) == (row.lsn, ty, id, row.version) {
            return Ok(Some(before.row));
        }
    }
    Ok(None)
}
