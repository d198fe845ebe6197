//! Which files there are, and which of them count.

use crate::store::archive;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{Fault, FileError};
use crate::store::log::{self, Segment};
use crate::store::snapshot;

/// The files of a store.
#[derive(Debug)]
pub struct Survey {
    /// All names.
    pub names: Vec<String>,
    /// Number of the newest snapshot.
    pub snapshot: Option<u32>,
    /// Segments to be replayed, in order.
    pub segments: Vec<Segment>,
}

impl Survey {
    /// Looks at a folder. Segments must follow each other from the one that the snapshot names, or from the first.
    pub fn of(disk: &dyn Disk) -> Result<Self, FileError> {
        let names = disk.list().map_err(DiskError::at(".", "list"))?;
        let snapshot = names.iter().filter_map(|name| snapshot::number_of(name)).max();
        let first = snapshot.unwrap_or(1);
        let numbers = names.iter().filter_map(|name| log::number_of(name)).filter(|&number| number >= first);
        let mut segments = Vec::new();
        let mut expected = first;
        // Names are sorted, and their numbers have one length.
        for number in numbers {
            if number != expected {
                return Err(FileError::Missing { file: log::name(expected) });
            }
            let name = log::name(number);
            let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
            segments.push(Segment::load(&*file, number)?);
            expected =
                expected.checked_add(1).ok_or_else(|| FileError::damaged(&name, 0, Fault::Number64))?;
        }
        // An archive is begun by a checkpoint, which needs a log; the folder is new where there is none of them.
        let is_new = snapshot.is_none() && !names.iter().any(|name| archive::generation_of(name).is_some());
        if segments.is_empty() && !is_new {
            return Err(FileError::Missing { file: log::name(first) });
        }
        Ok(Self { names, snapshot, segments })
    }

    /// The number of the next segment.
    pub fn next_number(&self) -> Result<u32, FileError> {
        let Some(last) = self.segments.last() else { return Ok(1) };
        last.number.checked_add(1).ok_or_else(|| FileError::damaged(&last.name(), 0, Fault::Number64))
    }
}
