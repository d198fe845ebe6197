//! The first sector of each file: what it is, its format, a few numbers, a checksum.
//!
//! Magic, version and checksum stay where they are in every format, so that a newer file is told from a damaged one.

use super::{FORMAT, Fault, crc};
use crate::base::guard::{Guard, off};
use crate::store::disk::SECTOR;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A segment of the log.
    Log,
    /// A snapshot.
    Snapshot,
    /// The archive of older versions.
    Archive,
}

impl Kind {
    const fn magic(self) -> [u8; 8] {
        match self {
            Self::Log => *b"flin-log",
            Self::Snapshot => *b"flinsnap",
            Self::Archive => *b"flin-old",
        }
    }
}

const VERSION_AT: usize = 8;
const NUMBERS_AT: usize = 16;
const CHECKED: usize = SECTOR.saturating_sub(4);

/// The numbers that a file's first sector holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header(pub [u64; 6]);

impl Header {
    /// The sector.
    pub fn encode(&self, kind: Kind) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        put(&mut sector, 0, &kind.magic());
        put(&mut sector, VERSION_AT, &FORMAT.to_le_bytes());
        for (number, at) in self.0.iter().zip((NUMBERS_AT..).step_by(8)) {
            put(&mut sector, at, &number.to_le_bytes());
        }
        seal(&mut sector);
        sector
    }

    /// What a sector holds.
    pub fn decode(kind: Kind, sector: &[u8]) -> Result<Self, Fault> {
        let (checked, sum) = sector.split_at_checked(CHECKED).ok_or(Fault::End)?;
        let sum = sum.first_chunk().ok_or(Fault::End)?;
        let (magic, rest) = checked.split_first_chunk::<8>().ok_or(Fault::End)?;
        let (version, _) = rest.split_first_chunk::<4>().ok_or(Fault::End)?;
        if *magic != kind.magic() {
            return Err(Fault::Kind);
        }
        if crc(&[checked]) != u32::from_le_bytes(*sum) {
            return Err(Fault::Checksum);
        }
        match u32::from_le_bytes(*version) {
            0 => return Err(Fault::Kind),
            // Without the guard a newer file is read as if it were one of ours.
            version if version > FORMAT && !off(Guard::FormatVersion) => return Err(Fault::Newer(version)),
            _ => {}
        }
        let mut numbers = [0; 6];
        let stored = checked.get(NUMBERS_AT..).unwrap_or_default();
        for (number, bytes) in numbers.iter_mut().zip(stored.as_chunks::<8>().0) {
            *number = u64::from_le_bytes(*bytes);
        }
        Ok(Self(numbers))
    }
}

fn put(sector: &mut [u8; SECTOR], at: usize, bytes: &[u8]) {
    if let Some(place) = sector.get_mut(at..at.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// Writes the checksum over what stands before it.
pub(super) fn seal(sector: &mut [u8; SECTOR]) {
    let sum = crc(&[sector.get(..CHECKED).unwrap_or_default()]);
    put(sector, CHECKED, &sum.to_le_bytes());
}
