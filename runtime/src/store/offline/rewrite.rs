//! A fresh snapshot and archive of what was read, and an empty log behind them.
//!
//! The order is that of a checkpoint: archive, snapshot, and only when both are durable goes what they replace (O3).
//! Versions of rows that are gone are left out; where a version cannot be found, the history of its row ends.

use super::salvage::Visitor;
use super::verify::{Ends, Verified};
use super::{Found, OfflineError, files};
use crate::record::Which;
use crate::store::archive::{self, Appender, Archive, Version};
use crate::store::disk::{Disk, DiskError};
use crate::store::log::{self, Cut};
use crate::store::recover::{self, Recovered};
use crate::store::schema::Catalogue;
use crate::store::state::State;
use crate::store::{Lsn, TypeId, snapshot};
use std::sync::Arc;

/// What a rewrite came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of all files before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Older versions that were kept.
    pub kept: u64,
    /// Those that were dropped, as nobody could reach them.
    pub dropped: u64,
}

/// Makes a store as small as it can be, with one segment of so many bytes; the lock must be held. Rows and the versions
/// that can be reached stay as they are.
///
/// # Errors
///
/// Those of a recovery: a damaged store is left alone, and so is one whose log has a torn end.
pub fn compact(disk: &Arc<dyn Disk>, segment_bytes: u32) -> Result<Compacted, OfflineError> {
    let before = bytes(&**disk)?;
    let empty = || State::new(Catalogue::default());
    if let Some(torn) = recover::read(&**disk, empty(), None)?.report.dropped {
        return Err(OfflineError::Torn(torn));
    }
    let Recovered { mut log, .. } = recover::open(disk, segment_bytes, empty())?;
    // A segment of its own behind what the snapshot will hold. The records before it are durable now (W5).
    let cut = log.cut()?;
    drop(log);
    let found = Found::read(&**disk, &mut super::Forgotten)?;
    let ends = found.histories(&**disk, &mut super::Forgotten)?.ends;
    let cut = Cut { retired: Vec::new(), spares_max: 0, ..cut };
    found.rewrite(&**disk, &cut, &ends, before)
}

/// Copies the versions that can be reached.
struct Copy<'a> {
    state: &'a State,
    appender: Appender<'a>,
    ends: &'a Ends,
    kept: u64,
    dropped: u64,
}

impl Visitor for Copy<'_> {
    fn version(&mut self, mut version: Version) -> Result<(), OfflineError> {
        let (ty, id) = (version.ty, version.id);
        if self.state.find(ty, id).is_none() || self.ends.is_behind(ty, id, version.row.version) {
            self.dropped = self.dropped.saturating_add(1);
            return Ok(());
        }
        if self.ends.is_at(ty, id, version.row.version) {
            version.row.lsn = Lsn::NONE;
        }
        self.kept = self.kept.saturating_add(1);
        Ok(self.appender.version(&version)?)
    }
}

impl Found {
    /// Makes a store of what was read that opens, with one segment of so many bytes; the lock must be held, and what was
    /// not read be in safety (O2).
    pub fn repair(
        &self,
        disk: &dyn Disk,
        segment_bytes: u32,
        verified: &Verified,
    ) -> Result<Compacted, OfflineError> {
        let before = bytes(disk)?;
        let numbers = self.names.iter().filter_map(|name| log::number_of(name).or(snapshot::number_of(name)));
        let number = numbers.max().unwrap_or(0).saturating_add(1);
        // Numbers of records that were dropped are not given again, unless the store opens without them: it has to when
        // this dies before the snapshot is there (O3), and a start gives them again, too.
        let opens = self.torn.is_some();
        let sequence = if opens { self.sequence } else { self.sequence.max(self.segments.highest) };
        let segment_bytes = log::rounded(segment_bytes);
        log::begin(disk, number, sequence.saturating_add(1), segment_bytes)?;
        let cut = Cut { first: number, sequence, retired: Vec::new(), segment_bytes, spares_max: 0 };
        self.rewrite(disk, &cut, &verified.ends, before)
    }

    fn rewrite(
        &self,
        disk: &dyn Disk,
        cut: &Cut,
        ends: &Ends,
        before: u64,
    ) -> Result<Compacted, OfflineError> {
        let generations = self.names.iter().filter_map(|name| archive::generation_of(name));
        let generation = generations.max().map_or(0, |last| last.saturating_add(1));
        let written = self.write(disk, cut, ends, generation);
        let (kept, dropped) = written.inspect_err(|_| {
            // It would only take room; that it cannot be removed either does not matter beside the error.
            let _ = disk.remove(&archive::name(generation));
        })?;
        snapshot::replace(disk, cut, generation)?;
        for name in disk.list().map_err(DiskError::at(".", "list"))? {
            if log::spare_number_of(&name).is_some() {
                disk.remove(&name).map_err(DiskError::at(&name, "remove"))?;
            }
        }
        disk.sync().map_err(DiskError::at(".", "sync"))?;
        Ok(Compacted { before, after: bytes(disk)?, kept, dropped })
    }

    /// Writes archive and snapshot; gives how many versions were kept and dropped.
    fn write(
        &self,
        disk: &dyn Disk,
        cut: &Cut,
        ends: &Ends,
        generation: u32,
    ) -> Result<(u64, u64), OfflineError> {
        let appender = Appender::new(disk, generation);
        let mut copy = Copy { state: &self.state, appender, ends, kept: 0, dropped: 0 };
        self.versions(disk, &mut copy)?;
        let archive = copy.appender.finish(cut.first)?;
        self.snapshot(disk, cut, &archive, ends)?;
        Ok((copy.kept, copy.dropped))
    }

    fn snapshot(&self, disk: &dyn Disk, cut: &Cut, archive: &Archive, ends: &Ends) -> Result<(), DiskError> {
        let mut state = self.state.clone();
        for ty in (0..).map(TypeId).take(self.state.catalogue().entities.len()) {
            for (id, row) in self.state.scan(ty, Which::All, 0) {
                if ends.is_at(ty, id, row.version) {
                    state.forget_history(ty, id);
                }
            }
        }
        snapshot::write(disk, cut, archive, |out| out.state(&state))
    }
}

fn bytes(disk: &dyn Disk) -> Result<u64, OfflineError> {
    let spares = |name: &String| log::spare_number_of(name).is_some();
    let mut sum = files(disk)?.iter().fold(0_u64, |sum, (_, size)| sum.saturating_add(*size));
    for name in disk.list().map_err(DiskError::at(".", "list"))?.iter().filter(|name| spares(name)) {
        let size = disk.open(name).and_then(|file| file.size()).map_err(DiskError::at(name, "measure"))?;
        sum = sum.saturating_add(size);
    }
    Ok(sum)
}
