//! What a history must have gone through for a fault at each of its calls to say anything.

use super::super::Finding;
use super::super::medium::Medium;
use flin_runtime::store::RowEffect;
use flin_runtime::store::disk::{Disk, DiskError};
use flin_runtime::store::log::{self, Item, Segment};
use std::collections::BTreeSet;

/// Everything that a commit puts into a record; the format's next ids are written by snapshots alone.
const RECORDS: [&str; 4] = ["catalogue", "insert", "update", "remove"];

/// Refuses a history that made fewer than two snapshots, or that never used a segment of the log again.
pub fn calls(journal: &[String]) -> Result<(), Finding> {
    let renames = || journal.iter().filter_map(|call| call.strip_prefix("rename ")?.split_once(" to "));
    let snapshots: BTreeSet<&str> =
        renames().map(|(_, to)| to).filter(|to| to.starts_with("snapshot-")).collect();
    if snapshots.len() < 2 {
        return Err(Finding::Wrong(format!("a history with the snapshots {snapshots:?}")));
    }
    let mut spares = BTreeSet::new();
    for (from, to) in renames() {
        if to.starts_with("spare-") {
            spares.insert(to);
        } else if spares.contains(from) {
            return Ok(());
        }
    }
    Err(Finding::Wrong("a history that uses no segment of the log again".to_owned()))
}

/// Refuses histories whose logs, spare segments included, lack a kind of record.
pub fn records<'a>(media: impl Iterator<Item = &'a Medium>) -> Result<(), Finding> {
    let mut found = BTreeSet::new();
    for medium in media {
        kinds(medium, &mut found).map_err(Finding::Wrong)?;
    }
    let missing: Vec<_> = RECORDS.into_iter().filter(|kind| !found.contains(kind)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Finding::Wrong(format!("a history without records of the kinds {missing:?}")))
    }
}

fn kinds(medium: &Medium, found: &mut BTreeSet<&'static str>) -> Result<(), String> {
    // A spare segment is what it was, under another name.
    let named = |name: String, bytes| match log::spare_number_of(&name) {
        Some(number) => (log::name(number), bytes),
        None => (name, bytes),
    };
    let files = medium.files().into_iter().map(|(name, bytes)| named(name, bytes)).collect();
    let disk = Medium::of(&files);
    for name in files.keys() {
        let Some(number) = log::number_of(name) else { continue };
        let file = disk.open(name).map_err(|error| error.to_string())?;
        // One that was made and never used is zeros.
        let Ok(segment) = Segment::load(&*file, number) else { continue };
        log::intact(&disk, &segment, &mut |record| {
            found.extend(record.items().flatten().map(|item| kind(&item)));
            Ok::<_, DiskError>(())
        })
        .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn kind(item: &Item) -> &'static str {
    match item {
        Item::Catalogue(_) => "catalogue",
        Item::NextId(..) => "next id",
        Item::Effect(RowEffect::Put { before: None, .. }) => "insert",
        Item::Effect(RowEffect::Put { before: Some(_), .. }) => "update",
        Item::Effect(RowEffect::Remove { .. }) => "remove",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_without_two_snapshots_or_a_segment_that_is_used_again_is_refused() {
        let journal = |calls: &[&str]| calls.iter().map(|call| (*call).to_owned()).collect::<Vec<_>>();
        let snapshots = ["rename snapshot-1.tmp to snapshot-1", "rename snapshot-2.tmp to snapshot-2"];
        let (retired, used) = ("rename log-1 to spare-1", "rename spare-1 to log-3");
        let fresh = "rename spare-2 to log-2";
        assert_eq!(calls(&journal(&[snapshots[0], snapshots[1], retired, fresh, used])), Ok(()));
        assert!(calls(&journal(&[snapshots[0], snapshots[0], retired, used])).is_err());
        assert!(calls(&journal(&[snapshots[0], snapshots[1], fresh, retired])).is_err());
    }

    #[test]
    fn no_records_are_not_every_kind() {
        assert!(records([Medium::default()].iter()).is_err());
    }
}
