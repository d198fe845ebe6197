//! What a store's files hold, as far as they can be read.

use super::blocks::{Piece, walk};
use super::records::{Segments, hand_out, replay, survey, torn};
use super::verify::Highest;
use super::{Finding, Lost, OfflineError, damaged, files};
use crate::store::archive::{self, Archive, Extent, Version};
use crate::store::disk::{Disk, DiskError, SECTOR};
use crate::store::format::{Fault, FileError, Header, Kind, RowReader, Window, wide};
use crate::store::log::{self, Item};
use crate::store::recover::{self, Dropped, Read};
use crate::store::schema::Catalogue;
use crate::store::state::State;
use crate::store::{RowEffect, snapshot};
use std::ops::ControlFlow;

/// A store as far as it can be read.
#[derive(Debug)]
pub struct Found {
    /// Its rows. There are no indexes: no program's schema is known.
    pub state: State,
    /// What is wrong with it; nothing, where it opens.
    pub findings: Vec<Finding>,
    /// The snapshot that it was read from.
    pub snapshot: Option<String>,
    /// The number of the last transaction that counts.
    pub sequence: u64,
    /// How many of them came from the log.
    pub replayed: u64,
    /// The torn end of the log, which a start leaves out: that is no damage.
    pub torn: Option<Dropped>,
    /// Older versions, where their index can be read.
    pub archive: Option<Archive>,
    pub(super) names: Vec<String>,
    pub(super) segments: Segments,
    /// Sequence number of the last record in the snapshot.
    pub(super) before_log: u64,
    pub(super) extent: Extent,
    /// The highest ids in archives that no snapshot names.
    pub(super) highest: Highest,
}

/// Takes the older versions that can be read, in the order in which they were replaced, and the gaps among them.
pub(super) trait Visitor {
    /// A version.
    fn version(&mut self, version: Version) -> Result<(), OfflineError>;
    /// Bytes of the archive are no versions. Gives whoever takes them; nobody, where that was done before.
    fn gap(&mut self, _: Finding) -> Option<&mut dyn Lost> {
        None
    }
}

/// Hands out all that an archive has.
struct Orphans<'a> {
    catalogue: &'a Catalogue,
    lost: &'a mut dyn Lost,
    findings: Vec<Finding>,
    highest: Highest,
}

impl Visitor for Orphans<'_> {
    fn version(&mut self, version: Version) -> Result<(), OfflineError> {
        self.highest.see(version.ty, version.id);
        self.lost.version(&version, self.catalogue).map_err(OfflineError::Lost)
    }

    fn gap(&mut self, finding: Finding) -> Option<&mut dyn Lost> {
        self.findings.push(finding);
        Some(self.lost)
    }
}

impl Found {
    /// Reads a store; the lock must be held. What is not taken of a damaged one is handed out.
    ///
    /// # Errors
    ///
    /// When there is none, when it is newer than this flin, or when the disk fails.
    pub fn read(disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Self, OfflineError> {
        let names = files(disk)?.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        match recover::read(disk, State::new(Catalogue::default()), None) {
            Ok(read) => {
                let mut found = Self::whole(names, read);
                if let Some(end) = &found.torn {
                    torn(disk, &mut found.state, &mut found.segments, end.offset, lost)?;
                }
                Ok(found)
            }
            Err(error @ (FileError::Damaged { .. } | FileError::Missing { .. })) => {
                let found = Self::damaged(disk, names, lost)?;
                // Whatever salvage thinks of it, the store does not open.
                Ok(if found.findings.is_empty() {
                    Self { findings: vec![Finding::File(error)], ..found }
                } else {
                    found
                })
            }
            Err(error @ (FileError::Disk(_) | FileError::Newer { .. } | FileError::Locked)) => {
                Err(error.into())
            }
        }
    }

    fn whole(names: Vec<String>, read: Read<State>) -> Self {
        let Read { state, archive, report, survey, end } = read;
        let last = end.next.saturating_sub(1);
        Self {
            state,
            findings: Vec::new(),
            snapshot: report.snapshot,
            sequence: last,
            replayed: report.replayed,
            torn: report.dropped,
            extent: archive.extent(),
            archive: Some(archive),
            names,
            segments: Segments { all: survey.segments, last, highest: last },
            before_log: report.snapshot_sequence,
            highest: Highest::default(),
        }
    }

    fn damaged(disk: &dyn Disk, names: Vec<String>, lost: &mut dyn Lost) -> Result<Self, OfflineError> {
        let mut found = Self {
            state: State::new(Catalogue::default()),
            findings: Vec::new(),
            snapshot: None,
            sequence: 0,
            replayed: 0,
            torn: None,
            archive: None,
            names,
            segments: Segments::default(),
            before_log: 0,
            extent: Extent::default(),
            highest: Highest::default(),
        };
        let first = found.newest_snapshot(disk, lost)?;
        let earliest = found.names.iter().filter_map(|name| log::number_of(name)).min();
        let from = first.or(earliest).unwrap_or(1);
        found.segments.all = survey(disk, (&found.names, from), &mut found.findings, lost)?;
        let begins = found.segments.all.first();
        let next = match (first, begins) {
            // Without a snapshot the first segment says what came before it.
            (None, Some(segment)) if found.snapshot.is_none() => segment.first.max(1),
            _ => found.before_log.saturating_add(1),
        };
        if begins.is_none_or(|segment| segment.number != from) || (first.is_none() && next > 1) {
            let file = log::name(if first.is_none() { 1 } else { from });
            // What is there and cannot be read was told.
            if !found.names.contains(&file) {
                found.findings.push(Finding::File(FileError::Missing { file }));
            }
        }
        found.before_log = next.saturating_sub(1);
        let mut findings = std::mem::take(&mut found.findings);
        replay(disk, (&mut found.state, next), &mut found.segments, (&mut findings, lost))?;
        found.findings = findings;
        found.sequence = found.segments.last;
        found.replayed = found.sequence.saturating_sub(found.before_log);
        found.orphans(disk, lost)?;
        Ok(found)
    }

    /// Hands out the archives that no snapshot names: nothing says what of them counts.
    fn orphans(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<(), OfflineError> {
        let (findings, highest) = (Vec::new(), Highest::default());
        let mut orphans = Orphans { catalogue: self.state.catalogue(), lost, findings, highest };
        let named = self.snapshot.as_ref().map(|_| self.extent.generation);
        let generations = self.names.iter().filter_map(|name| archive::generation_of(name));
        for generation in generations.filter(|generation| Some(*generation) != named) {
            self.archived(disk, Extent { generation, length: u64::MAX }, &mut orphans)?;
        }
        let Orphans { findings, highest, .. } = orphans;
        self.highest = highest;
        self.findings.extend(findings);
        Ok(())
    }

    /// Reads the newest snapshot whose first sector can be read; gives its number.
    fn newest_snapshot(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Option<u32>, OfflineError> {
        let numbers: Vec<u32> =
            self.names.iter().rev().filter_map(|name| snapshot::number_of(name)).collect();
        for number in numbers {
            let name = snapshot::name(number);
            let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
            let mut window = Window::new(&*file, &name)?;
            let head = snapshot::Head::decode(number, window.get(0, SECTOR)?.unwrap_or_default());
            let head = match head {
                Ok(head) => head,
                Err(Fault::Newer(version)) => return Err(FileError::Newer { file: name, version }.into()),
                Err(fault) => {
                    self.findings.push(damaged(&name, 0, fault));
                    let end = window.size();
                    hand_out(&mut window, (0, end), lost)?;
                    continue;
                }
            };
            let index = self.snapshot_blocks(&mut window, head.salt, lost)?;
            (self.before_log, self.extent) = (head.sequence, head.archive);
            match Archive::load(disk, number, head.archive, index) {
                Ok(archive) => self.archive = Some(archive),
                Err(error @ (FileError::Damaged { .. } | FileError::Missing { .. })) => {
                    self.findings.push(Finding::File(error));
                }
                Err(error @ (FileError::Disk(_) | FileError::Newer { .. } | FileError::Locked)) => {
                    return Err(error.into());
                }
            }
            self.snapshot = Some(name);
            return Ok(Some(number));
        }
        Ok(None)
    }

    fn snapshot_blocks(
        &mut self,
        window: &mut Window<'_>,
        salt: u64,
        lost: &mut dyn Lost,
    ) -> Result<Vec<(crate::store::Lsn, u64)>, OfflineError> {
        let (name, size) = (window.name(), window.size());
        let findings = &mut self.findings;
        let mut contents = snapshot::Contents::new(&mut self.state);
        let mut gaps = Vec::new();
        let mut ended = false;
        let end = walk(window, salt, (wide(SECTOR), size), &mut |piece| {
            let (offset, to, fault) = match piece {
                Piece::Gap(from, to, fault) => (from, to, fault),
                Piece::Block(offset, content) => match contents.block(content) {
                    Ok(flow) => {
                        ended = flow.is_break();
                        return Ok(flow);
                    }
                    // The counts at the end cannot be right where blocks are missing.
                    Err(Fault::Order) if !gaps.is_empty() && content.first() == Some(&snapshot::FOOTER) => {
                        ended = true;
                        return Ok(ControlFlow::Break(()));
                    }
                    Err(fault) => (offset, offset.saturating_add(wide(content.len())), fault),
                },
            };
            findings.push(damaged(name, offset, fault));
            gaps.push((offset, to));
            Ok(ControlFlow::Continue(()))
        })?;
        if !ended || end != size {
            findings.push(damaged(name, end, if ended { Fault::Order } else { Fault::End }));
            gaps.push((end, size));
        }
        let index = contents.index;
        gaps.into_iter().try_for_each(|gap| hand_out(window, gap, lost))?;
        Ok(index)
    }

    /// Goes through the older versions.
    pub(super) fn versions(&self, disk: &dyn Disk, visitor: &mut dyn Visitor) -> Result<(), OfflineError> {
        self.archived(disk, self.extent, visitor)?;
        for (at, segment) in self.segments.all.iter().enumerate() {
            let counts = self.before_log.saturating_add(1)..=self.segments.last;
            let limit = self.segments.limit(at);
            log::intact::<OfflineError>(disk, segment, &mut |record| {
                if !counts.contains(&record.sequence) || record.sequence >= limit {
                    return Ok(());
                }
                for item in record.items().map_while(Result::ok) {
                    if let Item::Effect(RowEffect::Put { ty, id, row, before: Some(before) }) = item {
                        visitor.version(Version { lsn: row.lsn, ty, id, next: row.version, row: before })?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The same of the archive alone, as far as `extent` goes.
    fn archived(
        &self,
        disk: &dyn Disk,
        extent: Extent,
        visitor: &mut dyn Visitor,
    ) -> Result<(), OfflineError> {
        let name = archive::name(extent.generation);
        if extent.length == 0 || !self.names.contains(&name) {
            return Ok(());
        }
        let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
        let mut window = Window::new(&*file, &name)?;
        let size = window.size();
        let sector = window.get(0, SECTOR)?.unwrap_or_default();
        let Header([salt, ..]) = match Header::decode(Kind::Archive, sector) {
            Ok(header) => header,
            Err(fault) => return told(visitor, &mut window, (0, size, fault)),
        };
        let mut gaps = Vec::new();
        let to = size.min(extent.length);
        walk(&mut window, salt, (wide(SECTOR), to), &mut |piece| {
            match piece {
                Piece::Gap(from, to, fault) => gaps.push((from, to, fault)),
                Piece::Block(offset, content) => {
                    let mut reader = RowReader::new(content);
                    while !reader.is_empty() {
                        match Version::read(&mut reader) {
                            Ok(version) => visitor.version(version)?,
                            Err(fault) => {
                                gaps.push((offset, offset.saturating_add(wide(content.len())), fault));
                                break;
                            }
                        }
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        gaps.into_iter().try_for_each(|gap| told(visitor, &mut window, gap))
    }
}

/// Tells of bytes that are no versions, and hands them out.
fn told(
    visitor: &mut dyn Visitor,
    window: &mut Window<'_>,
    (from, to, fault): (u64, u64, Fault),
) -> Result<(), OfflineError> {
    let finding = damaged(window.name(), from, fault);
    visitor.gap(finding).map_or(Ok(()), |lost| hand_out(window, (from, to), lost))
}
