//! Damage at every place of a small store: what is read is a state that was acknowledged, less what lay in bad blocks; what
//! is not read is handed out; what was repaired opens.

mod logs;

use super::blocks::{Piece, walk};
use super::*;
use crate::record::{Reply, Request, VersionAt};
use crate::store::disk::{Crash, Fault as DiskFault, Plan, Twin};
use crate::store::format::{Header, Kind, Window, wide};
use crate::store::tests::{ask, contents, insert, item, open, options, session, update};
use crate::store::{Options, Store};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

type Rows = Vec<(u64, u64, i64)>;

fn small() -> Options {
    Options { segment_bytes: 4096, ..options() }
}

/// Two checkpoints with updates and a destroyed row before each, and a log behind; what there was after each commit of that
/// log.
fn twin() -> (Twin, Vec<Rows>) {
    let twin = Twin::new();
    let store = open(&twin, small());
    let mut client = session(&store);
    for round in 0..2_i64 {
        for n in 0..6 {
            ask(&mut client, insert(&format!("{round} {n}"), n)).unwrap();
        }
        let first = u64::try_from(round * 6).unwrap() + 1;
        ask(&mut client, update(first, 1, &format!("{round} 0"), 10)).unwrap();
        ask(&mut client, update(first, 2, &format!("{round} 0"), 20)).unwrap();
        ask(&mut client, update(first + 1, 1, &format!("{round} 1"), 11)).unwrap();
        ask(&mut client, Request::Destroy(item(first + 1))).unwrap();
        store.checkpoint().unwrap();
    }
    let mut states = vec![contents(&store)];
    for (id, version) in [(1, 3), (3, 1), (1, 4), (7, 3), (8, 0), (9, 1)] {
        let request = match version {
            0 => insert("new", 1),
            _ => update(id, version, &format!("later {id} {version}"), 40 + i64::try_from(id).unwrap()),
        };
        ask(&mut client, request).unwrap();
        states.push(contents(&store));
    }
    drop(client);
    store.close().unwrap();
    (twin, states)
}

fn found(twin: &Twin) -> Found {
    Found::read(twin, &mut Forgotten).unwrap()
}

fn flip(twin: &Twin, name: &str, at: usize) {
    let mut bytes = twin.content(name).unwrap();
    bytes[at] ^= 1;
    twin.put(name, bytes);
}

fn repair(found: &mut Found, twin: &Twin) {
    let verified = found.verify(twin, &mut Forgotten).unwrap();
    found.repair(twin, 4096, &verified).unwrap();
}

fn rows(found: &Found) -> Vec<(u64, u64)> {
    let ty = crate::store::TypeId(0);
    found.state.scan(ty, crate::record::Which::All, 0).map(|(id, row)| (id, row.version)).collect()
}

fn ids(rows: &Rows) -> Vec<(u64, u64)> {
    rows.iter().map(|(id, version, _)| (*id, *version)).collect()
}

fn history(store: &Store, id: u64) -> Result<Vec<u64>, crate::record::Refusal> {
    let request = Request::History { given: item(id), below: None, bytes_max: usize::MAX };
    match ask(&mut session(store), request)? {
        Reply::Rows(batch) => Ok(batch.rows.iter().map(|row| row.version).collect()),
        other => panic!("{other:?}"),
    }
}

/// Writes down what is handed out.
#[derive(Default)]
struct Kept {
    bytes: BTreeMap<String, usize>,
    sequences: Vec<u64>,
    versions: Vec<(u64, u64)>,
}

impl Lost for Kept {
    fn bytes(&mut self, file: &str, _: u64, bytes: &[u8]) -> io::Result<()> {
        *self.bytes.entry(file.to_owned()).or_default() += bytes.len();
        Ok(())
    }

    fn transaction(&mut self, transaction: &Later<'_>) -> io::Result<()> {
        self.sequences.push(transaction.sequence);
        Ok(())
    }

    fn version(&mut self, version: &Version, _: &Catalogue) -> io::Result<()> {
        self.versions.push((version.id, version.row.version));
        Ok(())
    }
}

#[test]
fn an_undamaged_store_is_read_without_a_finding() {
    let (twin, states) = twin();
    let before = twin.list().unwrap();
    let mut found = found(&twin);
    let versions = found.verify(&twin, &mut Forgotten).unwrap().versions;
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert_eq!(rows(&found), ids(states.last().unwrap()));
    assert_eq!((found.sequence, found.replayed), (26, 6));
    assert_eq!(versions, super::verify::Versions { all: 9, unreachable: 0 });
    assert_eq!(twin.list().unwrap(), before);
}

#[test]
fn versions_of_destroyed_rows_are_counted_and_compacted_away() {
    let (twin, states) = twin();
    let store = open(&twin, small());
    ask(&mut session(&store), Request::Destroy(item(1))).unwrap();
    store.close().unwrap();
    let versions = found(&twin).verify(&twin, &mut Forgotten).unwrap().versions;
    assert_eq!(versions, super::verify::Versions { all: 9, unreachable: 4 });
    let disk: Arc<dyn Disk> = Arc::new(twin.clone());
    let compacted = compact(&disk, 4096).unwrap();
    assert_eq!((compacted.kept, compacted.dropped), (5, 4));
    assert_eq!(found(&twin).verify(&twin, &mut Forgotten).unwrap().versions.unreachable, 0);
    let store = open(&twin, small());
    let expected: Rows = states.last().unwrap().iter().copied().filter(|row| row.0 != 1).collect();
    assert_eq!(contents(&store), expected);
    assert_eq!(history(&store, 7).unwrap(), [4, 3, 2, 1]);
    // It goes on as any store does.
    ask(&mut session(&store), update(7, 4, "on", 1)).unwrap();
    store.checkpoint().unwrap();
    assert_eq!(history(&store, 7).unwrap(), [5, 4, 3, 2, 1]);
    store.close().unwrap();
    let names = twin.list().unwrap();
    assert_eq!(names.iter().filter(|name| archive::generation_of(name).is_some()).count(), 1, "{names:?}");
}

#[test]
fn a_compaction_that_dies_at_any_call_loses_nothing() {
    let (whole, states) = twin();
    let calls = {
        let copy = whole.copy();
        copy.plan(None);
        compact(&(Arc::new(copy.clone()) as Arc<dyn Disk>), 4096).unwrap();
        copy.calls()
    };
    for at in 0..calls {
        for crash in [Crash::Kept, Crash::Lost, Crash::Torn] {
            let twin = whole.copy();
            twin.plan(Some(Plan { at, fault: DiskFault::Last, lasting: false }));
            let _ = compact(&(Arc::new(twin.clone()) as Arc<dyn Disk>), 4096);
            let after = twin.crash(crash);
            let store = open(&after, small());
            assert_eq!(&contents(&store), states.last().unwrap(), "call {at}, {crash:?}");
            assert_eq!(history(&store, 1).unwrap(), [5, 4, 3, 2, 1], "call {at}, {crash:?}");
            store.close().unwrap();
        }
    }
}

#[test]
fn a_full_disk_leaves_an_uncompacted_store_as_it_was() {
    let (twin, states) = twin();
    let size: u64 = twin.list().unwrap().iter().map(|name| twin.content(name).unwrap().len() as u64).sum();
    for room in [0, 300, 600] {
        let copy = twin.copy();
        copy.limit(Some(size + room));
        assert!(compact(&(Arc::new(copy.clone()) as Arc<dyn Disk>), 4096).is_err());
        copy.limit(None);
        let store = open(&copy, small());
        assert_eq!(&contents(&store), states.last().unwrap());
        store.close().unwrap();
    }
}

/// Damages each file at many places and judges each copy.
fn each_damage(twin: &Twin, judge: &dyn Fn(&str, &str, Twin)) {
    for name in twin.list().unwrap() {
        let content = twin.content(&name).unwrap();
        let used = content.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        for at in (0..used).step_by(7) {
            let copy = twin.copy();
            let mut bytes = content.clone();
            bytes[at] ^= 0x40;
            copy.put(&name, bytes);
            judge(&name, &format!("{name} flipped at {at}"), copy);
        }
        for at in (0..used).step_by(61) {
            for (what, bytes) in [
                ("cut", content[..at].to_vec()),
                ("zeroed", [&content[..at], &vec![0; content.len() - at]].concat()),
            ] {
                let copy = twin.copy();
                copy.put(&name, bytes);
                judge(&name, &format!("{name} {what} at {at}"), copy);
            }
        }
        let copy = twin.copy();
        copy.remove(&name).unwrap();
        judge(&name, &format!("{name} removed"), copy);
    }
}

#[test]
fn x_16_what_does_not_open_has_findings_and_opens_when_it_was_repaired() {
    let (twin, states) = twin();
    let repaired = std::cell::Cell::new(0);
    each_damage(&twin, &|name, what, twin| {
        let opens = Store::<crate::store::sync::Os>::open(
            Arc::new(twin.copy()),
            &crate::store::tests::schema(),
            small(),
        );
        let opens = opens.map(|(store, _)| store.close().unwrap()).is_ok();
        let mut kept = Kept::default();
        let mut found = Found::read(&twin, &mut kept).unwrap();
        assert_eq!(opens, found.findings.is_empty(), "{what}: {:?}", found.findings);
        let verified = found.verify(&twin, &mut kept).unwrap();
        if found.findings.is_empty() {
            return;
        }
        repaired.set(repaired.get() + 1);
        let read = rows(&found);
        let known = |row: &(u64, u64)| states.iter().any(|state| ids(state).contains(row));
        if name.starts_with("log-") {
            assert!(states.iter().any(|state| ids(state) == read), "{what}: {read:?}");
        } else {
            assert!(read.iter().all(known), "{what}: {read:?}");
        }
        if name.starts_with("snapshot-") && !read.iter().any(|(id, _)| *id == 1) {
            // What it was before can be read, and is not in the new archive.
            let older = (1..=3).all(|version| kept.versions.contains(&(1, version)));
            assert!(older, "{what}: {:?}", kept.versions);
        }
        if what.contains("flipped") {
            let lost = found.sequence < 26 || read.len() < states.last().unwrap().len();
            assert!(!lost || !kept.bytes.is_empty() || !kept.sequences.is_empty(), "{what}");
        }
        found.repair(&twin, 4096, &verified).unwrap();
        if found.state.catalogue().entities.is_empty() {
            return;
        }
        let store = open(&twin, small());
        assert_eq!(ids(&contents(&store)), read, "{what}");
        for (id, version) in &read {
            let versions = history(&store, *id).unwrap_or_else(|error| panic!("{what}: {id}: {error:?}"));
            let rising: Vec<u64> = (1..=*version).rev().take(versions.len()).collect();
            assert_eq!(versions, rising, "{what}: {id}");
        }
        // No id is given again that something old may refer to.
        ask(&mut session(&store), insert("a new one", 1)).unwrap();
        let new = contents(&store).last().unwrap().0;
        let known = kept.versions.iter().chain(&read).map(|(id, _)| *id).max();
        assert!(known < Some(new), "{what}: {new} is new, {known:?} was there");
        store.close().unwrap();
        let mut again = self::found(&twin);
        again.verify(&twin, &mut Forgotten).unwrap();
        assert!(again.findings.is_empty(), "{what}: {:?}", again.findings);
    });
    assert!(repaired.get() > 300, "{}", repaired.get());
}

#[test]
fn an_archive_alone_is_no_empty_store() {
    let (twin, _) = twin();
    for name in twin.list().unwrap().into_iter().filter(|name| !name.starts_with("archive")) {
        twin.remove(&name).unwrap();
    }
    assert!(matches!(found(&twin).findings[..], [Finding::File(FileError::Missing { .. }), ..]));
}

#[test]
fn ids_in_an_archive_that_no_snapshot_names_are_not_given_again() {
    let (twin, _) = twin();
    for name in twin.list().unwrap().into_iter().filter(|name| name.starts_with("log-")) {
        twin.remove(&name).unwrap();
    }
    let (other, _) = self::twin();
    let store = open(&other, small());
    for n in 0..40 {
        ask(&mut session(&store), insert(&format!("more {n}"), n)).unwrap();
    }
    ask(&mut session(&store), update(50, 1, "changed", 1)).unwrap();
    store.checkpoint().unwrap();
    store.close().unwrap();
    twin.put(&archive::name(7), other.content(&archive::name(0)).unwrap());
    let mut found = found(&twin);
    repair(&mut found, &twin);
    let store = open(&twin, small());
    ask(&mut session(&store), insert("new", 1)).unwrap();
    assert_eq!(contents(&store).last().unwrap().0, 51);
    store.close().unwrap();
}

/// The segment that a recovery would read, with a byte of its first record's payload flipped.
fn damage_log(twin: &Twin) {
    let name = twin.list().unwrap().into_iter().rfind(|name| name.starts_with("log-")).unwrap();
    flip(twin, &name, 540);
}

#[test]
fn what_a_later_transaction_replaced_is_handed_out_where_it_stands_alone() {
    let (twin, _) = twin();
    damage_log(&twin);
    let mut kept = Kept::default();
    Found::read(&twin, &mut kept).unwrap();
    // The first made version 4 of row 1, and the third replaced it.
    assert_eq!((&kept.sequences[..], &kept.versions[..]), (&[22, 23, 24, 25, 26][..], &[(1, 4)][..]));
}

#[test]
fn a_transaction_that_cannot_be_applied_is_handed_out_too() {
    let (twin, _) = twin();
    for name in twin.list().unwrap().into_iter().filter(|name| name.starts_with("snapshot-")) {
        twin.remove(&name).unwrap();
    }
    let mut kept = Kept::default();
    let found = Found::read(&twin, &mut kept).unwrap();
    assert!(found.state.catalogue().entities.is_empty());
    // Nothing says what the first one is about.
    assert_eq!(kept.sequences, [21, 22, 23, 24, 25, 26]);
}

#[test]
fn a_file_with_a_wrong_name_is_handed_out() {
    let (twin, _) = twin();
    let name = twin.list().unwrap().into_iter().rfind(|name| name.starts_with("log-")).unwrap();
    for (old, new) in [(name, log::name(1)), (archive::name(0), archive::name(5))] {
        let copy = twin.copy();
        copy.rename(&old, &new).unwrap();
        let mut kept = Kept::default();
        let found = Found::read(&copy, &mut kept).unwrap();
        assert!(!found.findings.is_empty());
        assert!(kept.bytes.contains_key(&new) || kept.versions.len() == 4, "{new}: {:?}", kept.versions);
    }
}

#[test]
fn behind_a_bad_block_all_others_are_found() {
    let twin = Twin::new();
    let store = open(&twin, small());
    let mut client = session(&store);
    for round in 0..40 {
        ask(&mut client, Request::Begin).unwrap();
        for n in 0..250_i64 {
            ask(&mut client, insert(&format!("{round} {n} {:>80}", "-"), n)).unwrap();
        }
        ask(&mut client, Request::Commit).unwrap();
    }
    store.checkpoint().unwrap();
    drop(client);
    store.close().unwrap();
    let name = twin.list().unwrap().into_iter().find(|name| name.starts_with("snapshot-")).unwrap();
    let content = twin.content(&name).unwrap();
    let salt = Header::decode(Kind::Snapshot, &content[..512]).unwrap().0[3];
    // Blocks of rows come last, before the footer.
    let mut blocks = Vec::new();
    walk(
        &mut Window::new(&*twin.open(&name).unwrap(), &name).unwrap(),
        salt,
        (512, wide(content.len())),
        &mut |piece| {
            let Piece::Block(offset, block) = piece else { panic!("a gap") };
            blocks.push((usize::try_from(offset).unwrap(), block.len()));
            Ok(ControlFlow::Continue(()))
        },
    )
    .unwrap();
    let of_rows: Vec<_> = blocks.into_iter().filter(|(_, length)| *length > 10_000).collect();
    assert!(of_rows.len() > 10, "{of_rows:?}");
    for bad in [1, 2, 5] {
        let mut bytes = content.clone();
        of_rows[2..2 + bad].iter().for_each(|(offset, _)| bytes[offset + 40] ^= 1);
        twin.put(&name, bytes);
        let read = rows(&found(&twin)).len();
        let most = 10_000 * (of_rows.len() - bad) / of_rows.len();
        assert!(read + 400 > most && read < 10_000, "{bad} of {}: {read} rows", of_rows.len());
    }
}

#[test]
fn versions_behind_a_lost_one_are_handed_out_and_go() {
    let twin = Twin::new();
    let store = open(&twin, small());
    let mut client = session(&store);
    ask(&mut client, insert("0", 0)).unwrap();
    // Each checkpoint puts what was replaced before it into a block of its own.
    for version in 1..9 {
        ask(&mut client, update(1, version, &version.to_string(), 0)).unwrap();
        store.checkpoint().unwrap();
    }
    drop(client);
    store.close().unwrap();
    let mut bytes = twin.content(&archive::name(0)).unwrap();
    let middle = bytes.windows(2).position(|text| text == b"\x014").unwrap();
    bytes[middle] ^= 1;
    twin.put(&archive::name(0), bytes);
    let (mut found, mut kept) = (found(&twin), Kept::default());
    let verified = found.verify(&twin, &mut kept).unwrap();
    let versions = verified.versions;
    assert!(!kept.bytes.is_empty() && !kept.versions.is_empty());
    let lost = u64::try_from(kept.versions.len()).unwrap();
    assert_eq!((versions.unreachable, versions.all), (lost, 7));
    let repaired = found.repair(&twin, 4096, &verified).unwrap();
    assert_eq!((repaired.kept, repaired.dropped), (7 - lost, lost));
    let store = open(&twin, small());
    let reached = history(&store, 1).unwrap();
    store.close().unwrap();
    let mut all: Vec<u64> =
        reached.into_iter().chain(kept.versions.iter().map(|(_, version)| *version)).collect();
    all.sort_unstable();
    // One was in the bad block.
    assert_eq!((all.len(), all.first(), all.last()), (8, Some(&1), Some(&9)));
}

#[test]
fn a_repaired_history_ends_where_it_was_lost_within_a_transaction_too() {
    let (twin, _) = twin();
    twin.remove(&archive::name(0)).unwrap();
    repair(&mut found(&twin), &twin);
    let store = open(&twin, small());
    assert_eq!(history(&store, 1).unwrap(), [5, 4, 3]);
    let mut client = session(&store);
    ask(&mut client, Request::Begin).unwrap();
    let oldest = ask(&mut client, Request::Version { given: item(3), at: VersionAt::Number(1), from: None });
    assert!(matches!(oldest, Ok(Reply::Row(_))), "{oldest:?}");
    let none = ask(&mut client, Request::Version { given: item(1), at: VersionAt::Number(1), from: None });
    assert!(matches!(none, Ok(Reply::Nothing)), "{none:?}");
    drop(client);
    store.close().unwrap();
}

#[test]
fn a_folder_without_a_store_and_a_newer_store_are_refused() {
    assert!(matches!(Found::read(&Twin::new(), &mut Forgotten), Err(OfflineError::NoStore)));
    let (twin, _) = twin();
    let name = twin.list().unwrap().into_iter().find(|name| name.starts_with("snapshot-")).unwrap();
    let mut bytes = twin.content(&name).unwrap();
    bytes[8] = 2;
    let sum = crate::store::format::crc(&[&bytes[..508]]);
    bytes[508..512].copy_from_slice(&sum.to_le_bytes());
    twin.put(&name, bytes);
    let newer = Found::read(&twin, &mut Forgotten);
    assert!(matches!(newer, Err(OfflineError::File(FileError::Newer { version: 2, .. }))));
}

#[test]
fn what_cannot_be_taken_stops_the_repair_before_it_changes_anything() {
    struct Full;
    impl Lost for Full {
        fn bytes(&mut self, _: &str, _: u64, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn transaction(&mut self, _: &Later<'_>) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn version(&mut self, _: &Version, _: &Catalogue) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let (twin, _) = twin();
    damage_log(&twin);
    assert!(matches!(Found::read(&twin, &mut Full), Err(OfflineError::Lost(_))));
}
