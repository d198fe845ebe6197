//! The files of the log: `log-N`, and `spare-N` for those that wait to be used again.

use super::record::Head;
use crate::store::disk::{Disk, DiskError, File, SECTOR, write_all};
use crate::store::format::{Fault, FileError, Header, Kind};
use std::io;

/// Where the first record of a segment begins.
pub const START: u32 = 512;

/// Segments are not smaller, so that ordinary records fit.
const BYTES_MIN: u32 = 4096;

/// Zeros that a new segment is filled with at a time.
const FILL_BYTES: usize = 1 << 18;

/// A segment, as its first sector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// In the order of the log, without gaps.
    pub number: u32,
    /// Goes into the checksum of each of its records.
    pub salt: u64,
    /// Sequence number of its first record; records of earlier segments from it on are void (W6).
    pub first: u64,
    /// Size of the file.
    pub bytes: u32,
}

impl Segment {
    /// Reads the first sector of the segment with that number, whose file must be as long as it says.
    pub fn load(file: &dyn File, number: u32) -> Result<Self, FileError> {
        let segment = Self::head(file, number)?;
        let size = file.size().map_err(DiskError::at(&segment.name(), "measure"))?;
        if size < u64::from(segment.bytes) {
            return Err(FileError::damaged(&segment.name(), size, Fault::End));
        }
        Ok(segment)
    }

    /// The same of a file that may have been cut, for whoever salvages.
    pub fn head(file: &dyn File, number: u32) -> Result<Self, FileError> {
        let name = name(number);
        let damaged = |offset, fault| FileError::damaged(&name, offset, fault);
        let mut sector = [0; SECTOR];
        crate::store::disk::read_full(file, 0, &mut sector).map_err(DiskError::at(&name, "read"))?;
        let size = file.size().map_err(DiskError::at(&name, "measure"))?;
        if size < u64::from(START) {
            return Err(damaged(size, Fault::End));
        }
        let Header([found, salt, first, bytes, ..]) =
            Header::decode(Kind::Log, &sector).map_err(|fault| damaged(0, fault))?;
        if found != u64::from(number) {
            return Err(damaged(0, Fault::Number { found, expected: u64::from(number) }));
        }
        let bytes = u32::try_from(bytes).map_err(|_| damaged(0, Fault::Number64))?;
        Ok(Self { number, salt, first, bytes })
    }

    /// Its file.
    pub fn name(&self) -> String {
        name(self.number)
    }
}

/// The file of a segment.
pub fn name(number: u32) -> String {
    format!("log-{number:016x}")
}

/// The file of a segment that is spare now.
pub fn spare_name(number: u32) -> String {
    format!("spare-{number:016x}")
}

/// The number of the segment in a file of that name.
pub fn number_of(file: &str) -> Option<u32> {
    numbered(file, "log-")
}

/// The number that a spare segment had.
pub fn spare_number_of(file: &str) -> Option<u32> {
    numbered(file, "spare-")
}

/// The number in a name, in the one way that it is written.
pub fn numbered(file: &str, prefix: &str) -> Option<u32> {
    let digits = file.strip_prefix(prefix)?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    (digits == format!("{number:016x}")).then_some(number)
}

/// A size of segments in whole sectors.
pub const fn rounded(bytes: u32) -> u32 {
    let bytes = if bytes < BYTES_MIN { BYTES_MIN } else { bytes };
    bytes.saturating_sub(bytes % START)
}

/// How large a segment is that one record of `size` bytes fits into, with the end mark.
pub fn holding(size: u32) -> u32 {
    size.saturating_add(START.saturating_mul(3)) & !START.saturating_sub(1)
}

/// Makes a spare of zeros, durable. Where there is no room for it nothing is left of it.
pub fn create(disk: &dyn Disk, number: u32, bytes: u32) -> Result<String, DiskError> {
    let name = spare_name(number);
    let file = match disk.open_mut(&name, true) {
        // One that a process left that died while it made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.open_mut(&name, false),
        made => made,
    }
    .map_err(DiskError::at(&name, "create"))?;
    fill(&*file, bytes).map_err(|error| {
        drop(file);
        // That it cannot be removed either does not matter beside the error that is told.
        let _ = disk.remove(&name);
        DiskError::at(&name, "fill")(error)
    })?;
    Ok(name)
}

fn fill(file: &dyn File, bytes: u32) -> io::Result<()> {
    file.set_size(0)?;
    let zeros = vec![0; FILL_BYTES.min(usize::try_from(bytes).unwrap_or(FILL_BYTES))];
    let mut offset = 0;
    while offset < u64::from(bytes) {
        let left = usize::try_from(u64::from(bytes).saturating_sub(offset)).unwrap_or(usize::MAX);
        let piece = zeros.get(..left).unwrap_or(&zeros);
        write_all(file, offset, piece)?;
        offset = offset.saturating_add(crate::store::format::wide(piece.len()));
    }
    file.sync()
}

/// Makes a spare the segment with that number: first its first sector and an end mark, durable, then its name (W5).
pub fn install(
    disk: &dyn Disk,
    spare: &str,
    number: u32,
    first: u64,
    bytes: u32,
) -> Result<(Box<dyn File>, Segment), DiskError> {
    let file = disk.open_mut(spare, false).map_err(DiskError::at(spare, "open"))?;
    let salt = disk.salt().map_err(DiskError::at(spare, "salt"))?;
    let numbers = [u64::from(number), salt, first, u64::from(bytes), 0, 0];
    let mut start = Header(numbers).encode(Kind::Log).to_vec();
    start.extend_from_slice(&Head::end(first, 1).encode(salt));
    write_all(&*file, 0, &start).map_err(DiskError::at(spare, "write"))?;
    file.sync().map_err(DiskError::at(spare, "sync"))?;
    disk.rename(spare, &name(number)).map_err(DiskError::at(spare, "rename"))?;
    disk.sync().map_err(DiskError::at(".", "sync"))?;
    Ok((file, Segment { number, salt, first, bytes }))
}
