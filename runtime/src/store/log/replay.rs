//! Records in order, where they end, and whether that is a torn tail or damage.

use super::record::{ALIGN, HEAD, Head};
use super::segment::START;
use super::{Item, Items, Segment};
use crate::base::guard::{Guard, off};
use crate::store::Lsn;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{Fault, FileError, Window, wide};
use std::collections::VecDeque;

/// How a log ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Sequence number behind the last record.
    pub next: u64,
    /// Where the last record ends in the last segment.
    pub at: u32,
    /// Where the records begin of which nothing later says that they were durable.
    pub unsure: u32,
    /// Heads of records behind the end: those must never be read as a continuation.
    pub stale: u64,
    /// Does something else than an end mark stand there?
    pub torn: bool,
}

/// What stands behind the last record of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Heads of records.
    pub stale: u64,
    /// Is there something else than an end mark?
    pub torn: bool,
    /// Does the end mark say that all before it was durable?
    pub marked: bool,
    /// Does anything say that another record was durable, where none is?
    pub claims: bool,
}

/// Why replaying ends before the log does.
#[derive(Debug)]
pub enum Halt {
    /// What an item says is not possible.
    Fault(Fault),
    /// What is done with the items failed.
    Disk(DiskError),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DiskError> for Halt {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// Gives every item of the records of `segments`, the first of which has the sequence number `next`, up to the one
/// numbered `last` or the end of the log.
///
/// # Errors
///
/// [`FileError::Damaged`] at the record that is unreadable while a later segment, or what a later record says was
/// durable, shows that it was once whole (W4).
pub fn replay(
    disk: &dyn Disk,
    segments: &[Segment],
    next: u64,
    last: Option<u64>,
    each: &mut dyn FnMut(Item<'_>) -> Result<(), Halt>,
) -> Result<End, FileError> {
    let mut end = End { next, at: START, unsure: START, ..End::default() };
    let mut stopped: Option<(String, u64)> = None;
    for (segment, limit) in segments.iter().zip(limits(segments, last)) {
        let name = segment.name();
        if segment.first != end.next {
            if !off(Guard::LogGap) {
                let (file, offset) = stopped.unwrap_or_else(|| (name.clone(), 0));
                return Err(FileError::damaged(&file, offset, Fault::Gap { expected: end.next }));
            }
            end.next = segment.first;
        }
        let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
        let mut records = Records::new(Window::new(&*file, &name)?, *segment, end.next);
        while records.next < limit && records.step(each)? {}
        end = End { next: records.next, at: records.at, unsure: records.unsure(), ..End::default() };
        stopped = Some((name.clone(), u64::from(end.at)));
        if segment.number == segments.last().map_or(0, |last| last.number) {
            records.tail(limit, &mut end)?;
        }
    }
    Ok(end)
}

/// For each segment, the sequence number from which on its records are void: the lowest that a later one begins with
/// (W6).
fn limits(segments: &[Segment], last: Option<u64>) -> Vec<u64> {
    let mut limit = last.map_or(u64::MAX, |last| last.saturating_add(1));
    let mut limits: Vec<u64> = Vec::with_capacity(segments.len());
    for segment in segments.iter().rev() {
        limits.push(limit);
        limit = limit.min(segment.first);
    }
    limits.reverse();
    limits
}

/// The records of one segment.
struct Records<'a> {
    window: Window<'a>,
    segment: Segment,
    at: u32,
    next: u64,
    durable: u64,
    /// Place and sequence number of the records behind `durable`.
    fresh: VecDeque<(u32, u64)>,
}

impl<'a> Records<'a> {
    fn new(window: Window<'a>, segment: Segment, next: u64) -> Self {
        Self { window, segment, at: START, next, durable: 0, fresh: VecDeque::new() }
    }

    /// Gives the items of the next record; false when there is none.
    fn step(&mut self, each: &mut dyn FnMut(Item<'_>) -> Result<(), Halt>) -> Result<bool, FileError> {
        let (name, at) = (self.window.name(), self.at);
        let Some((head, payload)) = record(&mut self.window, &self.segment, at)? else { return Ok(false) };
        if head.sequence != self.next {
            return Ok(false);
        }
        let Some(end) = head.size().and_then(|size| at.checked_add(size)) else { return Ok(false) };
        let mut items = Items::new(payload, Lsn::new(self.segment.number, at));
        while let Some(item) = items.next() {
            let offset = u64::from(at).saturating_add(wide(HEAD.saturating_add(items.offset())));
            item.map_err(Halt::Fault).and_then(&mut *each).map_err(|halt| match halt {
                Halt::Fault(fault) => FileError::damaged(name, offset, fault),
                Halt::Disk(error) => error.into(),
            })?;
        }
        self.fresh.push_back((at, head.sequence));
        self.durable = self.durable.max(head.durable());
        while self.fresh.front().is_some_and(|(_, sequence)| *sequence <= self.durable) {
            self.fresh.pop_front();
        }
        self.at = end;
        self.next = self.next.saturating_add(1);
        Ok(true)
    }

    /// Where the records begin that nothing says were durable.
    fn unsure(&self) -> u32 {
        self.fresh.front().map_or(self.at, |(at, _)| *at)
    }

    /// Looks at what stands behind the last record of the log.
    fn tail(&mut self, limit: u64, end: &mut End) -> Result<(), FileError> {
        let found = tail(&mut self.window, &self.segment, end.at, end.next)?;
        // A torn tail claims nothing about its own first record; whatever does was written after it was synced.
        if found.claims && end.next < limit && !off(Guard::LogGap) {
            let fault = Fault::Gap { expected: end.next };
            return Err(FileError::damaged(self.window.name(), u64::from(end.at), fault));
        }
        (end.stale, end.torn) = (found.stale, found.torn);
        if found.marked {
            end.unsure = end.at;
        }
        Ok(())
    }
}

/// What stands in a segment from `stop` on, where a record with the sequence number `next` would be.
pub fn tail(window: &mut Window<'_>, segment: &Segment, stop: u32, next: u64) -> Result<Tail, DiskError> {
    let mut tail = Tail::default();
    let stop = u64::from(stop);
    let mut at = stop;
    while let Some(bytes) = window.get(at, HEAD)? {
        // Most of it is zeros: not worth a checksum.
        let head = if bytes.starts_with(&[0; ALIGN]) { None } else { Head::decode(segment.salt, bytes) };
        if at == stop {
            let mark = head.filter(|head| head.is_end() && head.sequence == next);
            tail.torn = mark.is_none();
            tail.marked = mark.is_some_and(|mark| mark.durable().saturating_add(1) == next);
        }
        if let Some(head) = head.filter(|head| head.sequence >= next) {
            tail.stale = tail.stale.saturating_add(u64::from(!head.is_end()));
            tail.claims |= head.durable() >= next;
        }
        at = at.saturating_add(wide(ALIGN));
    }
    Ok(tail)
}

/// The whole record at a place of a segment, its checksums checked.
pub(super) fn record<'a>(
    window: &'a mut Window<'_>,
    segment: &Segment,
    at: u32,
) -> Result<Option<(Head, &'a [u8])>, DiskError> {
    let Some(head) = window.get(u64::from(at), HEAD)? else { return Ok(None) };
    let Some(head) = Head::decode(segment.salt, head) else { return Ok(None) };
    let start = u64::from(at).saturating_add(wide(HEAD));
    let length = usize::try_from(head.length).unwrap_or(usize::MAX);
    let Some(payload) = window.get(start, length)? else { return Ok(None) };
    // Without the guard a record with flipped bits is taken for what was written.
    let fits = off(Guard::RecordChecksum) || head.check(segment.salt, payload).is_ok();
    Ok(fits.then_some((head, payload)))
}
