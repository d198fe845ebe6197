//! The write-ahead log: segments of records, one record a transaction.
//!
//! Records are gathered by [`Log::append`], written with one call and made durable by [`Log::sync`]. A segment is filled
//! with zeros and synced before it is used, so that a sync writes data and nothing else; when its records are in a
//! snapshot it becomes a spare and is used again under another number, with a salt of its own (W2).
//!
//! | module | what lives there |
//! |---|---|
//! | `payload` | what a transaction does, in bytes |
//! | `record` | the frame around it: length, sequence number, checksums |
//! | `segment` | the files: made, named, recycled |
//! | `replay` | records in order, where they end, and whether that is damage |
//! | `read` | one record by its place |
//! | `intact` | records behind damage |
//!
//! A log whose write or sync failed takes nothing more: what the file holds then is not known. Whoever has it recovers
//! the store anew, which makes the failed records void (W6).
//!
//! Absences: no thread, no lock; nothing here knows what a row means.

mod intact;
mod payload;
mod read;
mod record;
mod replay;
mod segment;
#[cfg(test)]
mod tests;

pub use intact::{Intact, intact};
pub use payload::{Item, Items, Transaction};
pub use read::before;
pub use replay::Halt;
pub use replay::{End, Tail, replay, tail};
pub use segment::{START, Segment, name, number_of, numbered, rounded, spare_number_of};

use super::Lsn;
use super::disk::{Disk, DiskError, File, write_all};
use super::format::wide;
use crate::base::guard::{Guard, off};
use record::{HEAD_BYTES, Head, framed};
use std::io;
use std::sync::Arc;

/// Gathered records of so many bytes are written at once, also when nobody asks for it.
const BUFFER_BYTES: usize = 1 << 22;

/// Spare segments that are kept.
pub const SPARES_MAX: usize = 8;

/// A log that is ready to append to.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    /// Size of an ordinary segment.
    segment_bytes: u32,
    /// None when nothing may be appended to the last segment; the next record goes to a fresh one.
    current: Option<Current>,
    /// Segments before the current one that no snapshot replaces yet.
    retired: Vec<Segment>,
    /// Bytes of their records.
    retired_bytes: u64,
    spares: Vec<String>,
    /// Number of the next segment.
    number: u32,
    /// Sequence number of the next record.
    next: u64,
    /// Everything up to this sequence number is durable.
    durable: u64,
    /// Records that are not yet written.
    buffer: Vec<u8>,
    /// Does the end mark say that all before it is durable?
    marked: bool,
    failed: bool,
}

/// The segment that is written to.
#[derive(Debug)]
struct Current {
    file: Box<dyn File>,
    segment: Segment,
    /// Where the next write goes.
    end: u32,
}

/// What a recovery knows of the log that it read.
#[derive(Debug, Default)]
pub struct Continuation {
    /// All segments from the one that the snapshot names on.
    pub segments: Vec<Segment>,
    /// Where the last one's records end, if records may go on there.
    pub end: Option<u32>,
    /// Names of spare segments, all of the ordinary size.
    pub spares: Vec<String>,
    /// Number of the next segment.
    pub number: u32,
    /// Sequence number of the next record; all before it are durable.
    pub next: u64,
    /// Does the end mark say so?
    pub marked: bool,
}

/// What a checkpoint starts from: records before segment `first` are in the snapshot to be written, later ones are not.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Number of the first segment to be replayed.
    pub first: u32,
    /// Sequence number of the last record before it.
    pub sequence: u64,
    /// Segments that the snapshot replaces.
    pub retired: Vec<Segment>,
    /// Size of an ordinary segment; others are not used again.
    pub segment_bytes: u32,
    /// How many of them may become spare ones.
    pub spares_max: usize,
}

impl Log {
    /// The log behind what a recovery read; segments are made `segment_bytes` large, rounded to sectors.
    pub fn resume(disk: Arc<dyn Disk>, segment_bytes: u32, found: Continuation) -> Result<Self, DiskError> {
        let Continuation { mut segments, end, spares, number, next, marked } = found;
        let current = match end {
            Some(end) => match segments.pop() {
                Some(segment) => {
                    let name = segment.name();
                    let file = disk.open_mut(&name, false).map_err(DiskError::at(&name, "open"))?;
                    Some(Current { file, segment, end })
                }
                None => None,
            },
            None => None,
        };
        let retired_bytes = segments.iter().map(|segment| u64::from(segment.bytes)).sum();
        Ok(Self {
            disk,
            segment_bytes: segment::rounded(segment_bytes),
            current,
            retired: segments,
            retired_bytes,
            spares,
            number,
            next,
            durable: next.saturating_sub(1),
            buffer: Vec::new(),
            marked,
            failed: false,
        })
    }

    /// Sequence number of the last record; 0 before the first.
    pub const fn sequence(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Sequence number up to which everything is durable.
    pub const fn durable(&self) -> u64 {
        self.durable
    }

    /// About how many bytes a recovery would replay.
    pub fn bytes_since_checkpoint(&self) -> u64 {
        let current = self.current.as_ref().map_or(0, |current| u64::from(current.end));
        self.retired_bytes.saturating_add(current).saturating_add(wide(self.buffer.len()))
    }

    /// Adds a record; [`Self::sync`] makes it durable. Gives its place, which rows that it puts have as their `lsn`.
    ///
    /// # Errors
    ///
    /// The disk's, and after one nothing is taken any more. A transaction of 4 GiB is refused with
    /// [`io::ErrorKind::FileTooLarge`].
    pub fn append(&mut self, transaction: &Transaction) -> Result<Lsn, DiskError> {
        self.careful(|log| {
            let payload = payload::encode(transaction);
            let size = framed(payload.len())
                .filter(|&size| size < u32::MAX / 2)
                .ok_or_else(|| Self::refused(io::ErrorKind::FileTooLarge.into()))?;
            let (salt, lsn) = log.room(size)?;
            Head::of(salt, log.next, log.behind(), &payload).put(salt, &payload, &mut log.buffer);
            log.next = log.next.saturating_add(1);
            if log.buffer.len() >= BUFFER_BYTES {
                log.flush()?;
            }
            Ok(lsn)
        })
    }

    /// Makes every record durable.
    pub fn sync(&mut self) -> Result<(), DiskError> {
        self.careful(Self::persist)
    }

    /// The same, and has the end mark say so: damage in the last records is then told from an end that a crash tore (W4).
    pub fn finish(&mut self) -> Result<(), DiskError> {
        self.careful(|log| {
            log.persist()?;
            if log.current.is_none() && !log.retired.is_empty() {
                // The last segment is not written to again, as whole records stand behind its end: the next one says
                // what counts of it.
                return log.rotate(0);
            }
            let Some(current) = log.current.as_ref().filter(|_| !log.marked) else { return Ok(()) };
            let (name, mark) = (current.segment.name(), Head::end(log.next, 1).encode(current.segment.salt));
            write_all(&*current.file, u64::from(current.end), &mark)
                .map_err(DiskError::at(&name, "write"))?;
            current.file.sync().map_err(DiskError::at(&name, "sync"))?;
            log.marked = true;
            Ok(())
        })
    }

    /// Writes what was gathered without making it durable.
    pub fn write(&mut self) -> Result<(), DiskError> {
        self.careful(Self::flush)
    }

    /// Makes a fresh segment now if the next record needs one: it voids what the last segment holds behind its end (W6).
    pub fn settle(&mut self) -> Result<(), DiskError> {
        self.careful(|log| if log.current.is_none() { log.rotate(0) } else { Ok(()) })
    }

    /// Ends the current segment, so that a snapshot of the state as of now replaces all before the next one. The state
    /// must be the one that exactly the records up to [`Cut::sequence`] made.
    pub fn cut(&mut self) -> Result<Cut, DiskError> {
        self.careful(|log| {
            log.persist()?;
            log.rotate(0)?;
            let first = log.current.as_ref().map_or(log.number, |current| current.segment.number);
            Ok(Cut {
                first,
                sequence: log.sequence(),
                retired: log.retired.clone(),
                segment_bytes: log.segment_bytes,
                spares_max: SPARES_MAX.saturating_sub(log.spares.len()),
            })
        })
    }

    /// The checkpoint of that cut is durable, and these segments are spare now.
    pub fn replaced(&mut self, cut: &Cut, spares: Vec<String>) {
        self.retired.retain(|segment| segment.number >= cut.first);
        self.retired_bytes = self.retired.iter().map(|segment| u64::from(segment.bytes)).sum();
        list(&mut self.spares, spares);
    }

    /// Size of an ordinary segment, in bytes.
    pub const fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    fn careful<R>(&mut self, work: impl FnOnce(&mut Self) -> Result<R, DiskError>) -> Result<R, DiskError> {
        if self.failed {
            return Err(Self::refused(io::Error::other("an earlier write failed; recover the store first")));
        }
        let done = work(self);
        self.failed = done.is_err();
        done
    }

    #[cold]
    #[inline(never)]
    fn refused(source: io::Error) -> DiskError {
        DiskError { file: "log".to_owned(), action: "append to", source }
    }

    /// Makes room for a record: the salt that it is checked with, and its place.
    fn room(&mut self, size: u32) -> Result<(u64, Lsn), DiskError> {
        if self.place(size).is_none() {
            self.persist()?;
            self.rotate(size)?;
        }
        self.place(size).ok_or_else(|| Self::refused(io::ErrorKind::StorageFull.into()))
    }

    /// Where a record of that size goes in the current segment, if it fits with the end mark behind it.
    fn place(&self, size: u32) -> Option<(u64, Lsn)> {
        let current = self.current.as_ref()?;
        let at = current.end.checked_add(u32::try_from(self.buffer.len()).ok()?)?;
        let end = at.checked_add(size)?.checked_add(HEAD_BYTES)?;
        (end <= current.segment.bytes).then(|| (current.segment.salt, Lsn::new(current.segment.number, at)))
    }

    /// How far the next record is ahead of the last durable one. A number too large for its place claims less: that
    /// nothing was durable.
    fn behind(&self) -> u32 {
        let behind = self.next.saturating_sub(self.durable);
        u32::try_from(behind).unwrap_or(u32::MAX)
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        let behind = self.behind();
        let Some(current) = &mut self.current else { return Ok(()) };
        if self.buffer.is_empty() {
            return Ok(());
        }
        let size = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        self.marked = false;
        // Whatever else stands behind the last record was torn or damaged (W4).
        self.buffer.extend_from_slice(&Head::end(self.next, behind).encode(current.segment.salt));
        write_all(&*current.file, u64::from(current.end), &self.buffer)
            .map_err(DiskError::at(&current.segment.name(), "write"))?;
        current.end = current.end.saturating_add(size);
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES);
        Ok(())
    }

    fn persist(&mut self) -> Result<(), DiskError> {
        self.flush()?;
        if self.durable < self.sequence() {
            if let Some(current) = &self.current {
                current.file.sync().map_err(DiskError::at(&current.segment.name(), "sync"))?;
            }
            self.durable = self.sequence();
        }
        Ok(())
    }

    /// Goes on in a segment with room for a record of `size` bytes. Everything before it is durable (W5).
    fn rotate(&mut self, size: u32) -> Result<(), DiskError> {
        let bytes = segment::holding(size).max(self.segment_bytes);
        let spare = match self.spares.pop() {
            Some(spare) if bytes == self.segment_bytes => spare,
            other => {
                self.spares.extend(other);
                let made = segment::create(&*self.disk, self.number, bytes)?;
                // It may have been made of one that was left under that name, and is a spare no more.
                self.spares.retain(|spare| *spare != made || off(Guard::SpareOnce));
                made
            }
        };
        let (file, segment) = segment::install(&*self.disk, &spare, self.number, self.next, bytes)?;
        self.number = self.number.saturating_add(1);
        self.marked = true;
        let next = Current { file, end: segment::START, segment };
        if let Some(old) = self.current.replace(next) {
            self.retired_bytes = self.retired_bytes.saturating_add(u64::from(old.segment.bytes));
            self.retired.push(old.segment);
        }
        Ok(())
    }
}

/// Makes the segment with that number, empty and durable, for records from number `next` on.
pub fn begin(disk: &dyn Disk, number: u32, next: u64, bytes: u32) -> Result<(), DiskError> {
    let spare = segment::create(disk, number, bytes)?;
    segment::install(disk, &spare, number, next, bytes).map(|_| ())
}

/// Adds spares to those that are listed. One that was retired is renamed over one of the same name, if a segment that could
/// not be begun left it: the name stands for one file all the same.
pub fn list(spares: &mut Vec<String>, more: Vec<String>) {
    for spare in more {
        if !spares.contains(&spare) || off(Guard::SpareOnce) {
            spares.push(spare);
        }
    }
}

/// Renames retired segments so that they can be used again, and removes what is too much or of another size. The
/// snapshot that replaces them must be durable (W8).
pub fn recycle(
    disk: &dyn Disk,
    segments: impl IntoIterator<Item = u32>,
    segment_bytes: u32,
    spares_max: usize,
) -> Result<Vec<String>, DiskError> {
    let mut kept = Vec::new();
    for number in segments {
        let name = segment::name(number);
        let bytes = disk.open(&name).and_then(|file| file.size()).map_err(DiskError::at(&name, "measure"))?;
        if bytes == u64::from(segment_bytes) && kept.len() < spares_max {
            let spare = segment::spare_name(number);
            disk.rename(&name, &spare).map_err(DiskError::at(&name, "rename"))?;
            kept.push(spare);
        } else {
            disk.remove(&name).map_err(DiskError::at(&name, "remove"))?;
        }
    }
    Ok(kept)
}
