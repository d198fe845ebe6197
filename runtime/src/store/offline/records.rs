//! What can be read of a log that is damaged: the records before the damage, and behind it, for whoever takes them.

use super::{Finding, Later, Lost, OfflineError, damaged};
use crate::store::archive::Version;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{Fault, FileError, Window, wide};
use crate::store::log::{self, Intact, Item, Segment};
use crate::store::recover::Target as _;
use crate::store::state::State;
use crate::store::{RowEffect, TypeId};
use std::collections::HashMap;

/// Bytes that are handed out at a time.
const PIECE_BYTES: usize = 48 << 10;

/// The segments that there are, and what of them counts.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    /// Those whose first sector says what it should, in order.
    pub all: Vec<Segment>,
    /// Sequence number of the last record that counts; those of the snapshot count anyway.
    pub last: u64,
    /// The highest sequence number that any record has.
    pub highest: u64,
}

impl Segments {
    /// From which sequence number on the records of the segment at that place are void (W6).
    pub fn limit(&self, at: usize) -> u64 {
        let later = self.all.iter().skip(at.saturating_add(1)).map(|segment| segment.first);
        later.min().unwrap_or(u64::MAX)
    }
}

/// Finds the segments from `first` on, those that were cut too, and hands out whole files that are none: those before as
/// well, as one may have got a wrong name.
pub fn survey(
    disk: &dyn Disk,
    (names, first): (&[String], u32),
    findings: &mut Vec<Finding>,
    lost: &mut dyn Lost,
) -> Result<Vec<Segment>, OfflineError> {
    let mut segments = Vec::new();
    for name in names {
        let Some(number) = log::number_of(name) else { continue };
        let file = disk.open(name).map_err(DiskError::at(name, "open"))?;
        match Segment::load(&*file, number) {
            Ok(segment) if number >= first => segments.push(segment),
            // What it holds is in the snapshot.
            Ok(_) => {}
            Err(error @ (FileError::Damaged { .. } | FileError::Missing { .. })) => {
                findings.push(Finding::File(error));
                if let Ok(cut) = Segment::head(&*file, number)
                    && number >= first
                {
                    segments.push(cut);
                    continue;
                }
                let mut window = Window::new(&*file, name)?;
                let end = window.size();
                hand_out(&mut window, (0, end), lost)?;
            }
            Err(error @ (FileError::Disk(_) | FileError::Newer { .. } | FileError::Locked)) => {
                return Err(error.into());
            }
        }
    }
    Ok(segments)
}

/// Applies the records behind number `next - 1` as far as none is missing, and hands out what comes later.
pub fn replay(
    disk: &dyn Disk,
    (state, next): (&mut State, u64),
    segments: &mut Segments,
    (findings, lost): (&mut Vec<Finding>, &mut dyn Lost),
) -> Result<(), OfflineError> {
    let mut reading = Reading::new(state, next, lost);
    for (at, segment) in segments.all.iter().enumerate() {
        let limit = segments.limit(at);
        let follows = segments.all.get(at.saturating_add(1)).map(|next| next.first);
        findings.extend(reading.segment(disk, segment, (log::START, limit), follows)?);
    }
    segments.last = reading.next.saturating_sub(1);
    segments.highest = reading.highest;
    Ok(())
}

/// Hands out the torn end of a log, from `offset` of the last segment on, where all before was applied.
pub fn torn(
    disk: &dyn Disk,
    state: &mut State,
    segments: &mut Segments,
    offset: u64,
    lost: &mut dyn Lost,
) -> Result<(), OfflineError> {
    let (Some(segment), Ok(from)) = (segments.all.last(), u32::try_from(offset)) else { return Ok(()) };
    let mut reading = Reading::new(state, segments.last.saturating_add(1), lost);
    reading.whole = false;
    reading.segment(disk, segment, (from, u64::MAX), None)?;
    segments.highest = reading.highest;
    Ok(())
}

struct Reading<'a> {
    state: &'a mut State,
    next: u64,
    /// Was nothing missing so far?
    whole: bool,
    highest: u64,
    /// Versions that rows have in what was handed out.
    later: HashMap<(TypeId, u64), u64>,
    lost: &'a mut dyn Lost,
}

impl<'a> Reading<'a> {
    fn new(state: &'a mut State, next: u64, lost: &'a mut dyn Lost) -> Self {
        let (highest, later) = (next.saturating_sub(1), HashMap::new());
        Self { state, next, whole: true, highest, later, lost }
    }

    /// Takes the records of a segment from a place on, up to a sequence number; `follows` is the first that the next
    /// segment has. Gives the damage that keeps the rest from being applied, if it is here.
    fn segment(
        &mut self,
        disk: &dyn Disk,
        segment: &Segment,
        (from, limit): (u32, u64),
        follows: Option<u64>,
    ) -> Result<Option<Finding>, OfflineError> {
        let name = segment.name();
        let mut end = from;
        let mut found = None;
        let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
        let mut window = Window::new(&*file, &name)?;
        log::intact::<OfflineError>(disk, segment, &mut |record| {
            if record.sequence >= limit || record.span.0 < from {
                return Ok(());
            }
            let was_whole = self.whole;
            let fault = self.record(&name, record)?;
            if let Some(fault) = fault.filter(|_| was_whole) {
                found = Some(damaged(&name, u64::from(end), fault));
            }
            if !self.whole {
                hand_out(&mut window, (u64::from(end), u64::from(record.span.0)), self.lost)?;
            }
            end = record.span.1;
            Ok(())
        })?;
        if self.whole {
            let (is_missing, is_torn) = if let Some(first) = follows {
                (first > self.next, false)
            } else {
                // The last record of all may be the bad one.
                let tail = log::tail(&mut window, segment, end, self.next)?;
                (tail.claims, tail.torn)
            };
            if is_missing {
                found = Some(damaged(&name, u64::from(end), Fault::Gap { expected: self.next }));
            }
            self.whole = !is_missing && !is_torn;
        }
        if !self.whole {
            hand_out(&mut window, (u64::from(end), u64::from(segment.bytes)), self.lost)?;
        }
        Ok(found)
    }

    /// Applies a record or hands it out; says what keeps it from being applied.
    fn record(&mut self, file: &str, record: Intact<'_>) -> Result<Option<Fault>, OfflineError> {
        self.highest = self.highest.max(record.sequence);
        let expected = self.next;
        let items = record.items().collect::<Result<Vec<_>, _>>();
        let fault = match &items {
            Err(fault) => Some(*fault),
            Ok(_) if !self.whole || record.sequence != expected => Some(Fault::Gap { expected }),
            Ok(items) => self.apply(items).err(),
        };
        let Some(fault) = fault else {
            self.next = self.next.saturating_add(1);
            return Ok(None);
        };
        let items = items.unwrap_or_default();
        self.whole = false;
        let effects: Vec<RowEffect> = items
            .into_iter()
            .filter_map(|item| match item {
                Item::Effect(effect) => Some(effect),
                Item::Catalogue(_) | Item::NextId(..) => None,
            })
            .collect();
        for effect in &effects {
            let (RowEffect::Put { ty, id, .. } | RowEffect::Remove { ty, id }) = effect;
            // Whoever writes it again may refer to it.
            self.state.raise_next_id(*ty, id.saturating_add(1));
            self.replaced(effect)?;
        }
        let later = Later {
            file,
            offset: u64::from(record.span.0),
            sequence: record.sequence,
            effects: &effects,
            catalogue: self.state.catalogue(),
        };
        self.lost.transaction(&later).map_err(OfflineError::Lost)?;
        Ok(Some(fault))
    }

    /// Hands out what a row was before, if neither the state nor a later transaction has it.
    fn replaced(&mut self, effect: &RowEffect) -> Result<(), OfflineError> {
        let (&RowEffect::Put { ty, id, .. } | &RowEffect::Remove { ty, id }) = effect;
        let RowEffect::Put { row, before, .. } = effect else {
            self.later.remove(&(ty, id));
            return Ok(());
        };
        let known = self.later.insert((ty, id), row.version);
        let known = known.or_else(|| self.state.find(ty, id).map(|row| row.version));
        let Some(before) = before.as_ref().filter(|before| known != Some(before.version)) else {
            return Ok(());
        };
        let version = Version { lsn: row.lsn, ty, id, next: row.version, row: before.clone() };
        self.lost.version(&version, self.state.catalogue()).map_err(OfflineError::Lost)
    }

    /// All of a record, or nothing.
    fn apply(&mut self, items: &[Item<'_>]) -> Result<(), Fault> {
        let mut state = self.state.clone();
        for item in items {
            match item {
                Item::Catalogue(encoded) => state.take_catalogue(encoded)?,
                Item::NextId(ty, next) => state.take_next_id(*ty, *next)?,
                Item::Effect(effect) => state.take_effect(effect.clone())?,
            }
        }
        *self.state = state;
        Ok(())
    }
}

/// Hands out bytes of a file in pieces, without the zeros at their end.
pub fn hand_out(
    window: &mut Window<'_>,
    (from, to): (u64, u64),
    lost: &mut dyn Lost,
) -> Result<(), OfflineError> {
    let name = window.name();
    let mut offset = from;
    while offset < to {
        let count = usize::try_from(to.saturating_sub(offset)).unwrap_or(usize::MAX).min(PIECE_BYTES);
        let left = usize::try_from(window.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(bytes) = window.get(offset, count.min(left))? else { break };
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        if used > 0 {
            lost.bytes(name, offset, bytes.get(..used).unwrap_or(bytes)).map_err(OfflineError::Lost)?;
        }
        if count.min(left) == 0 {
            break;
        }
        offset = offset.saturating_add(wide(count.min(left)));
    }
    Ok(())
}
