//! What a recovery changes on disk, after everything was read: leftovers go, and what was read is made sure.

use super::{Report, Survey};
use crate::store::archive::{self, Archive};
use crate::store::disk::{Disk, DiskError, SECTOR, write_all};
use crate::store::format::{Window, wide};
use crate::store::log::{self, Cut, End, Segment};
use crate::store::snapshot;

/// Bytes that are written again at a time.
const COPY_BYTES: u64 = 1 << 18;

/// Removes what no longer counts; gives the names of spare segments. Nothing that a crash here leaves is read
/// differently the next time.
pub fn tidy(
    disk: &dyn Disk,
    survey: &Survey,
    segment_bytes: u32,
    archive: &Archive,
    report: &mut Report,
) -> Result<Vec<String>, DiskError> {
    report.archive_cut = cut_archive(disk, survey, archive)?;
    let mut spares = Vec::new();
    for name in survey.names.iter().filter(|name| log::spare_number_of(name).is_some()) {
        let size = disk.open(name).and_then(|file| file.size()).map_err(DiskError::at(name, "measure"))?;
        if size == u64::from(segment_bytes) && spares.len() < log::SPARES_MAX {
            keep_size(disk, name, size)?;
            spares.push(name.clone());
        } else {
            disk.remove(name).map_err(DiskError::at(name, "remove"))?;
            report.removed.push(name.clone());
        }
    }
    let first = survey.snapshot.unwrap_or(0);
    let outdated = |name: &&String| {
        snapshot::is_unfinished(name)
            || archive::generation_of(name).is_some_and(|found| found != archive.extent().generation)
            || snapshot::number_of(name).is_some_and(|number| number < first)
            || log::number_of(name).is_some_and(|number| number < first)
    };
    let outdated: Vec<_> = survey.names.iter().filter(outdated).cloned().collect();
    // Whoever gave the snapshot or the last segment its name may have died, or failed, before the name was durable
    // (W5, W8). What follows relies on both.
    disk.sync().map_err(DiskError::at(".", "sync"))?;
    if !outdated.is_empty() {
        let spares_max = log::SPARES_MAX.saturating_sub(spares.len());
        let cut = Cut { first, sequence: 0, retired: Vec::new(), segment_bytes, spares_max };
        log::list(&mut spares, snapshot::replace(disk, &cut, archive.extent().generation)?);
        report.removed.extend(outdated);
    }
    Ok(spares)
}

/// Makes a spare's size durable. The process that filled it may have failed to sync it, and to remove it too: what is seen of
/// it is then not what a crash leaves, and a segment must not become shorter than it says (W7).
fn keep_size(disk: &dyn Disk, name: &str, size: u64) -> Result<(), DiskError> {
    let file = disk.open_mut(name, false).map_err(DiskError::at(name, "open"))?;
    let last = [0; SECTOR];
    write_all(&*file, size.saturating_sub(wide(SECTOR)), &last).map_err(DiskError::at(name, "write"))?;
    file.sync().map_err(DiskError::at(name, "sync"))
}

/// Cuts off what a checkpoint appended that was never finished (W9).
fn cut_archive(disk: &dyn Disk, survey: &Survey, archive: &Archive) -> Result<u64, DiskError> {
    let name = archive.name();
    if !survey.names.contains(&name) {
        return Ok(0);
    }
    let file = disk.open_mut(&name, false).map_err(DiskError::at(&name, "open"))?;
    let size = file.size().map_err(DiskError::at(&name, "measure"))?;
    let length = archive.extent().length;
    let excess = size.saturating_sub(length);
    if excess > 0 {
        file.set_size(length).map_err(DiskError::at(&name, "cut"))?;
        file.sync().map_err(DiskError::at(&name, "sync"))?;
    }
    Ok(excess)
}

/// Writes the last records again: they were read, so they will be seen, but nothing says that they are durable. If a sync
/// failed before, the medium may not have them, and no later sync would write them (W7).
pub fn make_sure(disk: &dyn Disk, segments: &[Segment], end: &End) -> Result<(), DiskError> {
    let Some(segment) = segments.last().filter(|_| end.unsure < end.at) else { return Ok(()) };
    let name = segment.name();
    let file = disk.open_mut(&name, false).map_err(DiskError::at(&name, "open"))?;
    let mut window = Window::new(&*file, &name)?;
    let (mut offset, to) = (u64::from(end.unsure), u64::from(end.at));
    while offset < to {
        let count = usize::try_from(to.saturating_sub(offset).min(COPY_BYTES)).unwrap_or(usize::MAX);
        let Some(bytes) = window.get(offset, count)? else { break };
        write_all(&*file, offset, bytes).map_err(DiskError::at(&name, "write"))?;
        offset = offset.saturating_add(wide(count));
    }
    file.sync().map_err(DiskError::at(&name, "sync"))
}
