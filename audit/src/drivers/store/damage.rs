//! files that are not what the store wrote.
//!
//! A small store with a snapshot, an archive of older versions, recycled segments and commits behind its last checkpoint.
//! Each of its files is changed in every place, one change at a time. What opens must be the whole content, or the content
//! before the commits that the change made unreadable, the last ones; everything else must be refused, naming the file.

use super::client::{Client, open, open_on, options};
use super::content::Content;
use super::medium::Medium;
use super::workload::{live, reopened};
use super::{Finding, Stand};
use crate::harness::schedule::{in_parallel, jobs_default};
use flin_runtime::store::disk::Folder;
use flin_runtime::store::sync::Os;
use flin_runtime::store::{Options, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Behind a hole in a log that is followed by so many bytes, there is a whole record.
const RECORD_BYTES_MAX: usize = 1_024;
const SECTOR: usize = 512;

fn small() -> Options {
    Options { segment_bytes: 4 * 1024, ..options() }
}

/// A store to be damaged, and its contents: the last one, and those before each of the last commits.
struct Subject {
    files: BTreeMap<String, Vec<u8>>,
    contents: Vec<Content>,
}

/// A change of one file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Bits flipped in a byte.
    Flip(usize, u8),
    /// Cut behind so many bytes.
    Cut(usize),
    /// Zeros from here on.
    Zeros(usize),
    /// A sector of zeros.
    Hole(usize),
    /// It is gone.
    Gone,
}

impl Subject {
    fn new() -> Result<Self, Finding> {
        let medium = Medium::default();
        let ledger = live::<Os>(&medium, &small(), 2)?;
        let found = reopened::<Os>(&Medium::new(medium.0.copy()), &small())?;
        if let Some(finding) = ledger.judge(&found) {
            return Err(finding);
        }
        // The last two commits come behind the last checkpoint.
        let mut contents = vec![found];
        contents.extend(ledger.before.iter().rev().take(2).cloned());
        Ok(Self { files: medium.files(), contents })
    }

    fn damages(&self, name: &str, full: bool) -> Vec<Damage> {
        let bytes = &self.files[name];
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let stride = if full { 1 } else { bytes.len() / 40 + 1 };
        let mut all = vec![Damage::Gone];
        for at in (0..bytes.len()).step_by(stride) {
            // The zeros behind what is used are all alike; one bit of each will do.
            let bits: &[u8] = if full && at < used { &[1, 2, 4, 8, 16, 32, 64, 128] } else { &[0x10] };
            all.extend(bits.iter().map(|bits| Damage::Flip(at, *bits)));
            all.push(Damage::Cut(at));
            if at < used {
                all.push(Damage::Zeros(at));
            }
        }
        all.extend((0..used).step_by(SECTOR).map(Damage::Hole));
        all
    }

    fn damaged(&self, name: &str, damage: Damage) -> Medium {
        let mut files = self.files.clone();
        if let Some(bytes) = files.get_mut(name) {
            match damage {
                Damage::Flip(at, bits) => bytes[at] ^= bits,
                Damage::Cut(at) => bytes.truncate(at),
                Damage::Zeros(at) => bytes[at..].fill(0),
                Damage::Hole(at) => {
                    let end = (at + SECTOR).min(bytes.len());
                    bytes[at..end].fill(0);
                }
                Damage::Gone => {}
            }
        }
        if matches!(damage, Damage::Gone) {
            files.remove(name);
        }
        Medium::of(&files)
    }

    /// How many of the last commits may be missing.
    fn may_miss(&self, name: &str, damage: Damage) -> usize {
        let bytes = &self.files[name];
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        match damage {
            _ if !name.starts_with("log-") => 0,
            // The store was closed in order, and the mark at the end of its log says that all before it was durable.
            Damage::Flip(..) => 0,
            Damage::Hole(at) if at + SECTOR + RECORD_BYTES_MAX < used => 0,
            Damage::Hole(_) | Damage::Zeros(_) | Damage::Cut(_) => 2,
            Damage::Gone => 0,
        }
    }

    fn judge(&self, name: &str, damage: Damage) -> Result<(), Finding> {
        let within = format!("{name}, {damage:?}: ");
        let medium = self.damaged(name, damage);
        let store: Store<Os> = match open(&medium, small()) {
            Ok(store) => store,
            Err(why) if why.contains(name) || matches!(damage, Damage::Gone) => return Ok(()),
            Err(why) => {
                return Err(Finding::Wrong(format!("{within}refused without the file's name: {why}")));
            }
        };
        let mut client = Client::new(&store);
        let found = client.content(true);
        drop(client);
        drop(store.close());
        match found {
            // An older version that cannot be read is refused when somebody asks for it.
            Err(Finding::Refused(_)) => Ok(()),
            Err(finding) => Err(finding.within(&within)),
            Ok(found) => {
                let allowed = &self.contents[..=self.may_miss(name, damage)];
                Content::judge(&found, allowed).map_or(Ok(()), |finding| Err(finding.within(&within)))
            }
        }
    }
}

pub(super) fn bytes(stand: &mut Stand) {
    stand.channel.trying("damaged files");
    let subject = match Subject::new() {
        Ok(subject) => Arc::new(subject),
        Err(finding) => return stand.tell("an undamaged store", &finding),
    };
    let full = stand.is_full();
    let kinds = ["log-", "snapshot-", "archive"];
    for kind in kinds.iter().filter(|kind| !subject.files.keys().any(|name| name.starts_with(**kind))) {
        stand.channel.wrong("the files of a store", format_args!("one called {kind}"), "none");
    }
    let work: Vec<(&String, Damage)> = subject
        .files
        .keys()
        .flat_map(|name| subject.damages(name, full).into_iter().map(move |damage| (name, damage)))
        .collect();
    let results = in_parallel(&work, if full { jobs_default() } else { 1 }, |(name, damage)| {
        subject.judge(name, *damage)
    });
    stand.channel.tried(work.len() as u64);
    let findings = results.into_iter().filter_map(Result::err);
    findings.take(20).for_each(|finding| stand.tell("damaged files", &finding));
}

/// One store is open in one process at a time; here, in one place of this process.
pub(super) fn two_processes(stand: &mut Stand) {
    stand.channel.trying("two that open one store");
    let disk = Medium::default();
    let twice = |second: Result<(), String>| match second {
        Ok(()) => Err(Finding::Corrupted("two have one store open, and both write".to_owned())),
        Err(_) => Ok(()),
    };
    let in_memory = open::<Os>(&disk, options()).map_err(Finding::Wrong).and_then(|first| {
        let second = open::<Os>(&disk, options()).map(|second| drop(second.close()));
        drop(first.close());
        twice(second)?;
        open::<Os>(&disk, options()).map(|again| drop(again.close())).map_err(Finding::Wrong)
    });
    if let Err(finding) = in_memory.and_then(|()| in_a_folder()) {
        stand.tell("two that open one store", &finding);
    }
}

fn in_a_folder() -> Result<(), Finding> {
    let wrong = |what: String| Finding::Wrong(format!("a folder: {what}"));
    let folder = tempfile::tempdir().map_err(|error| wrong(error.to_string()))?;
    let disk = || Arc::new(Folder::new(folder.path().join("store")));
    let first = open_on::<Os>(disk(), options()).map_err(wrong)?;
    let second = open_on::<Os>(disk(), options()).map(|second| drop(second.close()));
    drop(first.close());
    match second {
        Ok(()) => Err(Finding::Corrupted("a folder: two have one store open, and both write".to_owned())),
        Err(_) => open_on::<Os>(disk(), options()).map(|again| drop(again.close())).map_err(wrong),
    }
}

/// Files of a newer format, with a right checksum, are refused by name and left alone.
pub(super) fn newer(stand: &mut Stand) {
    let subject = match Subject::new() {
        Ok(subject) => subject,
        Err(finding) => return stand.tell("an undamaged store", &finding),
    };
    for (name, bytes) in subject.files.iter().filter(|(name, _)| !name.starts_with("spare")) {
        stand.channel.trying(format_args!("{name} of a newer format"));
        let mut files = subject.files.clone();
        let mut sector = bytes.clone();
        sector[VERSION_AT] += 1;
        let sum = crc32(&sector[..SECTOR - 4]);
        sector[SECTOR - 4..SECTOR].copy_from_slice(&sum.to_le_bytes());
        files.insert(name.clone(), sector);
        let medium = Medium::of(&files);
        let refused = match open::<Os>(&medium, small()) {
            Err(why) => why,
            Ok(store) => {
                drop(store.close());
                stand.channel.wrong(name, "a refusal that names the newer format", "it was opened");
                continue;
            }
        };
        if !refused.contains(name.as_str()) || medium.files() != files {
            stand.channel.wrong(name, "a refusal by name, and the files as they were", refused);
        }
    }
}

/// Where a file's first sector has the version of its format (`runtime/docs/store-format.md`).
const VERSION_AT: usize = 8;

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
