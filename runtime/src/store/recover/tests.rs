//! Crashes, faults and damage at every place of a small workload.

use super::model::{Engine, Rows, SEGMENT_BYTES, Step, TYPE, WORKLOAD};
use super::*;
use crate::store::disk::{Crash, Fault as DiskFault, Plan, Twin};
use std::io::ErrorKind;

const CRASHES: [Crash; 5] =
    [Crash::Kept, Crash::Lost, Crash::Torn, Crash::Chosen(0xAAAA_AAAA_AAAA_AAAA), Crash::Chosen(0b0110)];

/// What rows there are after each transaction of the workload, by sequence number.
fn states() -> Vec<Rows> {
    let mut engine = Engine::open(&Twin::new()).unwrap();
    let mut states = vec![engine.rows.clone()];
    for step in WORKLOAD {
        engine.step(*step).unwrap();
        if !matches!(step, Step::Checkpoint) {
            states.push(engine.rows.clone());
        }
    }
    states
}

/// Runs the workload until something fails; gives how many transactions were acknowledged.
fn work(twin: &Twin) -> u64 {
    let Ok(mut engine) = Engine::open(twin) else { return 0 };
    for step in WORKLOAD {
        if engine.step(*step).is_err() {
            break;
        }
    }
    engine.acknowledged()
}

fn dies_at(at: u64) -> Option<Plan> {
    Some(Plan { at, fault: DiskFault::Last, lasting: false })
}

/// How many disk calls `work` makes on a copy of that disk.
fn calls(twin: &Twin, work: impl FnOnce(&Twin)) -> u64 {
    let copy = twin.copy();
    copy.plan(None);
    work(&copy);
    copy.calls()
}

/// All versions of each row are there, as they were written.
fn check_history(engine: &Engine) {
    for (&(_, id), row) in &engine.rows.live {
        let versions = engine.history(id).unwrap();
        let numbers: Vec<_> = versions.iter().map(|version| version.version).collect();
        assert_eq!(numbers, (1..=row.version).rev().collect::<Vec<_>>());
        for version in &versions {
            let text = String::from_utf8_lossy(&version.data).into_owned();
            assert!(text.contains(&format!("{id} {} ", version.version)), "{id} {text}");
        }
    }
}

#[test]
fn what_was_written_is_recovered_with_all_its_versions() {
    let twin = Twin::new();
    assert_eq!(work(&twin), 8);
    let engine = Engine::open(&twin.crash(Crash::Lost)).unwrap();
    assert_eq!(&engine.rows, states().last().unwrap());
    check_history(&engine);
}

#[test]
fn t2_10_a_crash_at_any_call_loses_nothing_acknowledged_and_keeps_nothing_half() {
    let states = states();
    for at in 0..calls(&Twin::new(), |twin| {
        work(twin);
    }) {
        let twin = Twin::new();
        twin.plan(dies_at(at));
        let acknowledged = work(&twin);
        for how in CRASHES {
            let found = twin.crash(how);
            let mut engine =
                Engine::open(&found).unwrap_or_else(|error| panic!("call {at}, {how:?}: {error}"));
            let sequence = engine.acknowledged();
            assert!((acknowledged..=acknowledged + 1).contains(&sequence), "call {at}, {how:?}: {sequence}");
            assert_eq!(engine.log.sequence(), sequence);
            assert_eq!(engine.rows, states[usize::try_from(sequence).unwrap()], "call {at}, {how:?}");
            check_history(&engine);
            // It goes on from there, and what it then acknowledges is durable too.
            engine.step(Step::Save(&[1, 7], 30)).unwrap();
            engine.step(Step::Checkpoint).unwrap();
            engine.step(Step::Save(&[7], 30)).unwrap();
            let again = Engine::open(&found.crash(Crash::Lost)).unwrap();
            assert_eq!(again.rows, engine.rows, "call {at}, {how:?}");
            check_history(&again);
        }
    }
}

#[test]
fn t2_10_a_recovery_that_dies_at_any_call_is_repeated_with_the_same_result() {
    for at in (0..calls(&Twin::new(), |twin| {
        work(twin);
    }))
        .step_by(3)
    {
        let twin = Twin::new();
        twin.plan(dies_at(at));
        work(&twin);
        let found = twin.crash(if at % 2 == 0 { Crash::Torn } else { Crash::Kept });
        let expected = Engine::open(&found.copy()).unwrap().rows;
        for dies in 0..calls(&found, |twin| drop(Engine::open(twin))) {
            let dying = found.copy();
            dying.plan(dies_at(dies));
            drop(Engine::open(&dying));
            for how in CRASHES {
                assert_eq!(Engine::open(&dying.crash(how)).unwrap().rows, expected, "{at}, {dies}, {how:?}");
            }
        }
    }
}

/// Runs the workload, recovering in place after each failure as the committer does; gives the engine, if it came back.
fn stubborn(twin: &Twin) -> Option<Engine> {
    let mut engine = (0..3).find_map(|_| Engine::open(twin).ok())?;
    for step in WORKLOAD {
        if engine.step(*step).is_err() {
            (0..3).find_map(|_| engine.reopen().ok())?;
        }
    }
    Some(engine)
}

#[test]
fn t2_11_what_failed_is_void_for_ever_and_what_was_acknowledged_stays() {
    let faults =
        [DiskFault::Error(ErrorKind::Other), DiskFault::Error(ErrorKind::StorageFull), DiskFault::Short];
    for at in 0..calls(&Twin::new(), |twin| drop(stubborn(twin))) {
        for fault in faults {
            let twin = Twin::new();
            twin.plan(Some(Plan { at, fault, lasting: false }));
            let engine =
                stubborn(&twin).unwrap_or_else(|| panic!("call {at}, {fault:?}: it does not come back"));
            for how in CRASHES {
                let found = Engine::open(&twin.crash(how)).unwrap();
                assert_eq!(found.rows, engine.rows, "call {at}, {fault:?}, {how:?}");
                check_history(&found);
            }
        }
    }
}

#[test]
fn t2_11_a_full_disk_can_be_read_and_written_again_when_there_is_room() {
    let twin = Twin::new();
    let mut engine = Engine::open(&twin).unwrap();
    engine.step(Step::Save(&[1], 10)).unwrap();
    twin.limit(Some(u64::from(SEGMENT_BYTES) + 100));
    engine.step(Step::Save(&[2], 10)).unwrap();
    assert!(engine.step(Step::Save(&[3], 5000)).is_err());
    engine.reopen().unwrap();
    assert!(engine.step(Step::Checkpoint).is_err());
    let mut engine = Engine::open(&twin.crash(Crash::Lost)).unwrap();
    assert_eq!(engine.rows.live.len(), 2);
    engine.step(Step::Save(&[4], 10)).unwrap();
    twin.limit(None);
}

/// A store in which every kind of file counts.
fn small() -> Twin {
    let twin = Twin::new();
    let mut engine = Engine::open(&twin).unwrap();
    for step in [
        Step::Save(&[1, 2], 4),
        Step::Save(&[1], 5),
        Step::Checkpoint,
        Step::Save(&[1], 6),
        Step::Save(&[2], 1800),
        Step::Save(&[1], 1900),
        Step::Save(&[2], 7),
    ] {
        engine.step(step).unwrap();
    }
    twin
}

/// Opens a damaged store: refused, or a prefix of what was acknowledged, and then it says what it left out.
fn judge(twin: &Twin, states: &[Rows], what: &str) -> bool {
    let disk: Arc<dyn Disk> = Arc::new(twin.clone());
    match open(&disk, SEGMENT_BYTES, Rows::default()) {
        Err(FileError::Damaged { .. } | FileError::Missing { .. }) => false,
        Err(other) => panic!("{what}: {other}"),
        Ok(found) => {
            let sequence = found.log.sequence();
            let whole = states.last().unwrap();
            assert_eq!(found.state, states[usize::try_from(sequence).unwrap()], "{what}");
            assert!(found.state == *whole || found.report.dropped.is_some(), "{what}: lost in silence");
            let engine = Engine::of(disk, found);
            for id in [1, 2] {
                if let Ok(versions) = engine.history(id) {
                    assert_eq!(u64::try_from(versions.len()).unwrap(), versions[0].version, "{what}");
                }
            }
            true
        }
    }
}

fn small_states() -> Vec<Rows> {
    let mut engine = Engine::open(&Twin::new()).unwrap();
    let mut states = vec![engine.rows.clone()];
    for step in [
        Step::Save(&[1, 2], 4),
        Step::Save(&[1], 5),
        Step::Checkpoint,
        Step::Save(&[1], 6),
        Step::Save(&[2], 1800),
        Step::Save(&[1], 1900),
        Step::Save(&[2], 7),
    ] {
        engine.step(step).unwrap();
        if !matches!(step, Step::Checkpoint) {
            states.push(engine.rows.clone());
        }
    }
    states
}

#[test]
fn x_16_any_flipped_bit_is_found_or_harmless() {
    let (twin, states) = (small(), small_states());
    let (mut opened, mut refused) = (0, 0);
    for name in twin.list().unwrap() {
        let content = twin.content(&name).unwrap();
        for (at, byte) in content.iter().enumerate() {
            // All bits of what was written; one of each byte that is zero.
            let bits = if *byte == 0 { at % 8..at % 8 + 1 } else { 0..8 };
            for bit in bits {
                let mut content = content.clone();
                content[at] ^= 1 << bit;
                let damaged = twin.copy();
                damaged.put(&name, content);
                match judge(&damaged, &states, &format!("{name} byte {at} bit {bit}")) {
                    true => opened += 1,
                    false => refused += 1,
                }
            }
        }
    }
    assert!(opened > 1000 && refused > 1000, "{opened} {refused}");
}

#[test]
fn x_16_any_truncation_or_run_of_zeros_is_found_or_harmless() {
    let (twin, states) = (small(), small_states());
    for name in twin.list().unwrap() {
        let content = twin.content(&name).unwrap();
        for at in 0..content.len() {
            let cut = twin.copy();
            cut.put(&name, content[..at].to_vec());
            judge(&cut, &states, &format!("{name} cut at {at}"));
            let zeroed = twin.copy();
            let mut content = content.clone();
            let to = (at + 200).min(content.len());
            content[at..to].fill(0);
            zeroed.put(&name, content);
            judge(&zeroed, &states, &format!("{name} zeros at {at}"));
        }
        let gone = twin.copy();
        gone.remove(&name).unwrap();
        let disk: Arc<dyn Disk> = Arc::new(gone);
        match (open(&disk, SEGMENT_BYTES, Rows::default()), name.split('-').next()) {
            (Ok(_), Some("spare")) | (Err(FileError::Missing { .. }), _) => {}
            // Without the last segment nothing says that there was one.
            (Ok(found), Some("log")) => assert!(found.log.sequence() < 6),
            (result, _) => panic!("{name}: {:?}", result.map(|found| found.report)),
        }
    }
}

#[test]
fn a_refused_store_is_left_as_it_was() {
    let twin = small();
    let snapshot = twin.list().unwrap().into_iter().find(|name| name.starts_with("snapshot")).unwrap();
    let mut content = twin.content(&snapshot).unwrap();
    *content.last_mut().unwrap() ^= 1;
    twin.put(&snapshot, content);
    twin.put("snapshot-0000000000000009.tmp", b"half".to_vec());
    let all = |twin: &Twin| {
        twin.list().unwrap().into_iter().map(|name| (twin.content(&name), name)).collect::<Vec<_>>()
    };
    let before = all(&twin);
    assert!(matches!(Engine::open(&twin), Err(FileError::Damaged { .. })));
    assert_eq!(all(&twin), before);
    assert_eq!(twin.unsynced(), small().unsynced());
}

#[test]
fn versions_are_found_across_blocks_of_the_archive() {
    let twin = Twin::new();
    let mut engine = Engine::open(&twin).unwrap();
    for _ in 0..4 {
        engine.step(Step::Save(&[1, 2, 3, 4, 5], 30_000)).unwrap();
    }
    engine.step(Step::Checkpoint).unwrap();
    assert!(engine.archive.index().len() >= 5, "{:?}", engine.archive.index());
    engine.step(Step::Save(&[2, 5], 10)).unwrap();
    check_history(&engine);
    engine.step(Step::Destroy(2)).unwrap();
    engine.step(Step::Checkpoint).unwrap();
    let engine = Engine::open(&twin.crash(Crash::Lost)).unwrap();
    check_history(&engine);
}

#[test]
fn x_16_a_newer_format_is_refused() {
    let twin = small();
    for name in twin.list().unwrap().into_iter().filter(|name| !name.starts_with("spare")) {
        let mut content = twin.content(&name).unwrap();
        content[8] += 1;
        let sum = crate::store::format::crc(&[&content[..508]]);
        content[508..512].copy_from_slice(&sum.to_le_bytes());
        let newer = twin.copy();
        newer.put(&name, content);
        let error = Engine::open(&newer).unwrap_err();
        assert!(matches!(error, FileError::Newer { version: 2, .. }), "{name}: {error}");
    }
}

#[test]
fn x_16_one_process_at_a_time() {
    let twin = Twin::new();
    let guard = lock(&twin).unwrap();
    assert!(matches!(lock(&twin), Err(FileError::Locked)));
    drop(guard);
    assert!(lock(&twin).is_ok());
}

#[test]
fn leftovers_of_another_life_do_no_harm() {
    let twin = small();
    let whole = Engine::open(&twin.copy()).unwrap().rows;
    let mut spare = twin.content("log-0000000000000002").unwrap();
    spare.truncate(1000);
    twin.put("snapshot-0000000000000009.tmp", b"half".to_vec());
    twin.put("spare-0000000000000077", spare);
    twin.put("notes.txt", b"not ours".to_vec());
    let disk: Arc<dyn Disk> = Arc::new(twin.clone());
    let found = open(&disk, SEGMENT_BYTES, Rows::default()).unwrap();
    assert_eq!(found.state, whole);
    assert_eq!(found.report.removed, ["spare-0000000000000077", "snapshot-0000000000000009.tmp"]);
    assert!(twin.content("notes.txt").is_some());
    // A snapshot and segments that a newer one replaces.
    let mut engine = Engine::of(disk, found);
    let old = twin.copy();
    engine.step(Step::Checkpoint).unwrap();
    for name in old.list().unwrap().into_iter().filter(|name| *name != archive_name()) {
        if twin.content(&name).is_none() {
            twin.put(&name, old.content(&name).unwrap());
        }
    }
    let found = Engine::open(&twin).unwrap();
    assert_eq!(found.rows, whole);
    check_history(&found);
    let count = |prefix: &str| twin.list().unwrap().iter().filter(|name| name.starts_with(prefix)).count();
    assert_eq!((count("snapshot-"), count("log-")), (1, 1));
    assert_eq!(found.rows.live[&(TYPE, 1)].version, 4);
}

fn archive_name() -> String {
    crate::store::archive::name(0)
}
