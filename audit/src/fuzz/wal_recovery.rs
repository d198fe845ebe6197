//! Files of a store that were damaged, forged, or left behind by a process that died.
//!
//! For `store::log`, `store::format`, `store::snapshot`, `store::archive`, `store::recover` and `store::offline`.
//!
//! Oracle: what opens holds exactly the commits before the first record that is not whole; what has a whole record behind
//! it, or does not fit together, is refused by file and offset; a newer file is refused as such; nobody opens a store that
//! somebody has; a recovery that dies, done again, comes to the same; a check finds something exactly where a start
//! refuses, and what was repaired opens with what the check read. Behind a death, saves and checkpoints work again.

mod death;
mod forge;
mod image;

use super::Target;
use crate::generate::Choices;
use flin_runtime::store::disk::{Disk, Twin};
use flin_runtime::store::format::FileError;
use flin_runtime::store::offline::{Forgotten, Found, OfflineError};
use flin_runtime::store::recover::{self, Recovered};
use flin_runtime::store::schema::Catalogue;
use flin_runtime::store::state::State;
use image::{Content, Image, SEGMENT_BYTES, content};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "wal_recovery",
    modules: &[
        "store::log",
        "store::format",
        "store::snapshot",
        "store::archive",
        "store::recover",
        "store::offline",
    ],
    input_bytes_max: 400,
    judge: target,
};

/// The target.
pub fn target(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    match choices.below(8) {
        0..=3 => damaged(&mut choices),
        4 => newer(&mut choices),
        5 => forge::record(bytes.get(1..).unwrap_or_default()),
        6 => forge::blocks(bytes.get(1..).unwrap_or_default()),
        _ => death::judge(&mut choices),
    }
}

type Files = BTreeMap<String, Vec<u8>>;

fn twin(files: &Files) -> Twin {
    let twin = Twin::new();
    files.iter().for_each(|(name, bytes)| twin.put(name, bytes.clone()));
    twin
}

/// Opens a store, sees that nobody else can meanwhile, and gives its rows.
fn open(twin: &Twin) -> Result<Content, FileError> {
    let disk: Arc<dyn Disk> = Arc::new(twin.clone());
    let lock = recover::lock(&*disk)?;
    assert!(recover::lock(&*disk).is_err(), "a second lock should be refused");
    let Recovered { state, .. } = recover::open(&disk, SEGMENT_BYTES, State::new(Catalogue::default()))?;
    drop(lock);
    Ok(content(&state))
}

/// Opens it, twice, and looks at it offline; gives what it holds.
fn judge(files: &Files) -> Result<Content, FileError> {
    let whole = twin(files);
    let opened = open(&whole);
    if let Ok(rows) = &opened {
        let again = open(&whole).unwrap_or_else(|error| panic!("what opened should open again: {error}"));
        assert!(*rows == again, "what is recovered should be recovered again");
    }
    offline(twin(files), &opened);
    opened
}

fn offline(twin: Twin, opened: &Result<Content, FileError>) {
    let mut found = match Found::read(&twin, &mut Forgotten) {
        Ok(found) => found,
        Err(OfflineError::NoStore) => return,
        Err(error) => {
            assert!(opened.is_err(), "what opens should be read: {error}");
            return;
        }
    };
    assert!(found.findings.is_empty() == opened.is_ok(), "a check should find what a start refuses");
    let whole = found.findings.is_empty();
    let verified = found
        .verify(&twin, &mut Forgotten)
        .unwrap_or_else(|error| panic!("what is read should be looked through: {error}"));
    if found.findings.is_empty() {
        return;
    }
    let rows = content(&found.state);
    found
        .repair(&twin, SEGMENT_BYTES, &verified)
        .unwrap_or_else(|error| panic!("it should be repaired: {error}"));
    let repaired = open(&twin).unwrap_or_else(|error| panic!("what was repaired should open: {error}"));
    assert!(repaired == rows, "a repair should keep what was read");
    assert!(
        !whole || opened.as_ref().ok() == Some(&repaired),
        "a repair of old versions should keep all rows"
    );
}

/// One to three changes of a sound store.
fn damaged(choices: &mut Choices<'_>) {
    let image = Image::get();
    let mut files = image.files.clone();
    for _ in 0..=choices.below(3) {
        damage(&mut files, choices);
    }
    let intact = image.spans.iter().map(|(file, from, to)| {
        let now = files.get(file).and_then(|bytes| bytes.get(*from..*to));
        now.is_some() && now == image.files[file].get(*from..*to)
    });
    let intact: Vec<bool> = intact.collect();
    let leading = intact.iter().take_while(|intact| **intact).count();
    let later = intact.iter().skip(leading).any(|intact| *intact);
    match judge(&files) {
        Ok(rows) => {
            assert!(!later, "a hole before a whole record should be refused");
            assert!(
                rows == image.states[leading],
                "{leading} commits are whole, and others should not be there"
            );
        }
        Err(error @ (FileError::Damaged { .. } | FileError::Missing { .. })) => {
            assert!(files != image.files, "an undamaged store should open: {error}");
        }
        Err(error) => panic!("a damaged file should be refused as such: {error}"),
    }
}

fn damage(files: &mut Files, choices: &mut Choices<'_>) {
    let names: Vec<String> = files.keys().cloned().collect();
    let Some(name) = names.get(choices.below(names.len())) else { return };
    let kind = choices.below(8);
    let Some(bytes) = files.get_mut(name) else { return };
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let at = choices.below(used.max(1)).min(bytes.len().saturating_sub(1));
    match kind {
        0..=2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << choices.below(8);
            }
        }
        3 => bytes.truncate(at),
        4 => bytes[at..].fill(0),
        5 => {
            let from = at & !511;
            let to = (from + 512).min(bytes.len());
            bytes[from..to].fill(0);
        }
        6 => {
            // Bytes of elsewhere, as a controller may mix them up.
            let from = choices.below(used.max(1)) & !511;
            let sector: Vec<u8> = bytes.iter().skip(from).take(512).copied().collect();
            let to = (at & !511).min(bytes.len());
            let count = sector.len().min(bytes.len() - to);
            bytes[to..to + count].copy_from_slice(&sector[..count]);
        }
        _ => drop(files.remove(name)),
    }
}

/// A first sector of a newer format, whole.
fn newer(choices: &mut Choices<'_>) {
    let image = Image::get();
    let mut files = image.files.clone();
    let names: Vec<String> = files.keys().filter(|name| !name.starts_with("spare")).cloned().collect();
    let name = &names[choices.below(names.len())];
    let bytes = files.get_mut(name).map_or(&mut [][..], Vec::as_mut_slice);
    let version = 2 + choices.below(256) as u32;
    bytes[8..12].copy_from_slice(&version.to_le_bytes());
    forge::seal(bytes);
    match judge(&files) {
        Err(FileError::Newer { file, version: found }) => {
            assert!(file == *name && found == version, "{file} {found}");
        }
        other => panic!("{name} of format {version} should be refused, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undamaged_image_opens_whole() {
        let image = Image::get();
        assert!(image.spans.len() >= 8 && image.files.len() >= 4);
        assert_eq!(judge(&image.files).unwrap(), *image.states.last().unwrap());
    }

    #[test]
    fn an_input_means_the_same_in_every_process() {
        assert!(Image::make().files == Image::get().files);
    }

    #[test]
    fn every_mode_runs() {
        for mode in 0..8_u8 {
            for rest in 0..40_u8 {
                target(&[mode, rest, rest.wrapping_mul(7), rest.wrapping_mul(31), 5, rest, 1, 2, 3, 4]);
            }
        }
    }
}
