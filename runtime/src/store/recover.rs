//! From whatever lies in a folder to exactly the transactions that were acknowledged, or to a refusal that says where the
//! damage is.
//!
//! First everything is read and nothing changed; a refusal leaves the folder as it was. Then what no longer counts is
//! removed, in an order in which a recovery that dies at any call and is started again comes to the same (W7).
//!
//! Absences: constraints are not looked at again; a damaged file is never read beyond the damage (that is `offline`'s).

#[cfg(test)]
pub(super) mod model;
mod state;
mod survey;
#[cfg(test)]
mod tests;
mod tidy;

use super::archive::Archive;
use super::disk::{Disk, DiskError};
use super::format::{Fault, FileError};
use super::log::{self, Continuation, Item, Log};
use super::snapshot;
use super::{Row, RowEffect, TypeId};
use crate::base::guard::{Guard, off};
use std::any::Any;
use std::io;
use std::sync::Arc;
pub use survey::Survey;

/// What rows are recovered into.
pub trait Target {
    /// The catalogue from here on, as the schema encoded it.
    fn take_catalogue(&mut self, encoded: &[u8]) -> Result<(), Fault>;
    /// The next id of an entity.
    fn take_next_id(&mut self, ty: TypeId, next: u64) -> Result<(), Fault>;
    /// A row of a snapshot; they come by rising entity and id.
    fn take_row(&mut self, ty: TypeId, id: u64, row: Row) -> Result<(), Fault>;
    /// What a record did to a row.
    fn take_effect(&mut self, effect: RowEffect) -> Result<(), Fault>;
}

/// A store as it was acknowledged.
#[derive(Debug)]
pub struct Recovered<T> {
    /// The rows.
    pub state: T,
    /// Ready to append to.
    pub log: Log,
    /// Older versions.
    pub archive: Archive,
    /// What was found.
    pub report: Report,
}

/// What a recovery found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The snapshot that it began with.
    pub snapshot: Option<String>,
    /// Sequence number of the last transaction in it.
    pub snapshot_sequence: u64,
    /// Transactions replayed from the log behind it.
    pub replayed: u64,
    /// What stood behind the last intact record and was left out.
    pub dropped: Option<Dropped>,
    /// Files that no longer counted and were removed.
    pub removed: Vec<String>,
    /// Bytes behind the end of the archive that were cut off.
    pub archive_cut: u64,
}

/// The end of a log that did not reach the disk whole. After a crash that is what was not yet acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The segment.
    pub file: String,
    /// Where the last intact record ends.
    pub offset: u64,
    /// Records that can still be told apart there.
    pub records: u64,
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, offset, records } = self;
        write!(f, "{file} is not whole from byte {offset} on, as a crash leaves it, and ends there")?;
        match records {
            0 => Ok(()),
            1 => write!(f, "; at least one later transaction is left out"),
            more => write!(f, "; at least {more} later transactions are left out"),
        }
    }
}

/// Takes the store for this process until the guard is dropped, making its folder if need be.
pub fn lock(disk: &dyn Disk) -> Result<Box<dyn Any + Send + Sync>, FileError> {
    match disk.lock() {
        // Without the guard two processes write one log.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && off(Guard::StoreLock) => Ok(Box::new(())),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(FileError::Locked),
        guard => Ok(guard.map_err(DiskError::at("lock", "take"))?),
    }
}

/// Recovers a store into an empty `state`; the lock must be held. No record's room is needed: a full disk can be read.
pub fn open<T: Target>(
    disk: &Arc<dyn Disk>,
    segment_bytes: u32,
    state: T,
) -> Result<Recovered<T>, FileError> {
    recover(disk, log::rounded(segment_bytes), state, None)
}

/// Recovers a store after its log failed: exactly the transactions up to number `last`. When this comes back, later
/// records are void for ever (W6).
pub fn reopen<T: Target>(
    disk: &Arc<dyn Disk>,
    segment_bytes: u32,
    state: T,
    last: u64,
) -> Result<Recovered<T>, FileError> {
    let mut recovered = recover(disk, log::rounded(segment_bytes), state, Some(last))?;
    recovered.log.settle()?;
    Ok(recovered)
}

/// What lies in a folder, read without changing anything.
#[derive(Debug)]
pub struct Read<T> {
    /// The rows.
    pub state: T,
    /// Older versions.
    pub archive: Archive,
    /// What was found.
    pub report: Report,
    /// The files that count.
    pub survey: Survey,
    /// How the log ends.
    pub end: log::End,
}

/// Reads a store into an empty `state`, up to transaction number `last` where one is named.
pub fn read<T: Target>(disk: &dyn Disk, mut state: T, last: Option<u64>) -> Result<Read<T>, FileError> {
    let survey = Survey::of(disk)?;
    let mut report = Report::default();
    let mut archive = Archive::default();
    if let Some(first) = survey.snapshot {
        (report.snapshot_sequence, archive) = snapshot::read(disk, first, &mut state)?;
        report.snapshot = Some(snapshot::name(first));
    }
    let next = report.snapshot_sequence.saturating_add(1);
    let mut each = |item: Item<'_>| match item {
        Item::Catalogue(encoded) => Ok(state.take_catalogue(encoded)?),
        Item::NextId(ty, next) => Ok(state.take_next_id(ty, next)?),
        Item::Effect(effect) => Ok(state.take_effect(effect)?),
    };
    let end = log::replay(disk, &survey.segments, next, last, &mut each)?;
    report.replayed = end.next.saturating_sub(next);
    if let Some(segment) = survey.segments.last().filter(|_| end.torn || end.stale > 0) {
        let file = segment.name();
        report.dropped = Some(Dropped { file, offset: u64::from(end.at), records: end.stale });
    }
    Ok(Read { state, archive, report, survey, end })
}

fn recover<T: Target>(
    disk: &Arc<dyn Disk>,
    segment_bytes: u32,
    state: T,
    last: Option<u64>,
) -> Result<Recovered<T>, FileError> {
    let Read { state, archive, mut report, survey, end } = read(&**disk, state, last)?;
    let spares = tidy::tidy(&**disk, &survey, segment_bytes, &archive, &mut report)?;
    tidy::make_sure(&**disk, &survey.segments, &end)?;
    let found = Continuation {
        // A record that was torn must not come back behind one that is written over its beginning (W6).
        end: (end.stale == 0).then_some(end.at),
        spares,
        number: survey.next_number()?,
        next: end.next,
        marked: !end.torn && end.unsure == end.at,
        segments: survey.segments,
    };
    let log = Log::resume(Arc::clone(disk), segment_bytes, found)?;
    Ok(Recovered { state, log, archive, report })
}
