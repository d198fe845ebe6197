//! Damaged, torn and cut logs: which transactions count, and that the others are handed out.

use super::*;

fn log_record_bytes(bytes: &[u8]) -> u32 {
    let length = u32::from_le_bytes(bytes[512..516].try_into().unwrap());
    (24 + length).next_multiple_of(8)
}

#[test]
fn later_transactions_behind_damage_are_handed_out_whole() {
    let (twin, states) = twin();
    let name = twin.list().unwrap().into_iter().rfind(|name| name.starts_with("log-")).unwrap();
    // In the payload of the second record.
    let second = 512 + usize::try_from(log_record_bytes(&twin.content(&name).unwrap())).unwrap();
    flip(&twin, &name, second + 30);
    let mut kept = Kept::default();
    let mut found = Found::read(&twin, &mut kept).unwrap();
    assert_eq!(rows(&found), ids(&states[1]));
    assert_eq!((found.sequence, &kept.sequences[..]), (21, &[23, 24, 25, 26][..]));
    assert!(matches!(&found.findings[..], [Finding::File(FileError::Damaged { file, offset, .. })]
        if *file == name && *offset == second as u64));
    // No transaction that is handed out builds on what was in the damage.
    assert_eq!(kept.versions, []);
    // What comes after the repair has numbers and ids of its own.
    repair(&mut found, &twin);
    let store = open(&twin, small());
    assert_eq!(store.health().sequence, 26);
    ask(&mut session(&store), insert("another", 1)).unwrap();
    assert_eq!(contents(&store).last().unwrap().0, 14);
    store.close().unwrap();
}

#[test]
fn after_an_orderly_end_damage_in_the_last_record_is_damage_and_handed_out() {
    let (twin, states) = twin();
    let segment = *found(&twin).segments.all.last().unwrap();
    let mut last = 0;
    log::intact::<OfflineError>(&twin, &segment, &mut |record| {
        last = usize::try_from(record.payload_end()).unwrap() - 1;
        Ok(())
    })
    .unwrap();
    let name = segment.name();
    flip(&twin, &name, last);
    let mut kept = Kept::default();
    let found = Found::read(&twin, &mut kept).unwrap();
    assert!(matches!(found.findings[..], [Finding::File(FileError::Damaged { .. })]), "{:?}", found.findings);
    assert_eq!((rows(&found), found.sequence), (ids(&states[5]), 25));
    assert!(kept.bytes.contains_key(&name) && kept.sequences.is_empty());
}

#[test]
fn whole_transactions_behind_a_torn_place_are_handed_out() {
    let twin = Twin::new();
    let options =
        Options { sync: crate::store::Sync::Interval(std::time::Duration::from_hours(1)), ..small() };
    let store = open(&twin, options);
    let mut client = session(&store);
    for n in 0..5 {
        ask(&mut client, insert(&n.to_string(), n)).unwrap();
    }
    drop(client);
    // As a process leaves it that dies here.
    let twin = {
        let left = twin.copy();
        store.close().unwrap();
        left
    };
    let name = log::name(1);
    let second = 512 + usize::try_from(log_record_bytes(&twin.content(&name).unwrap())).unwrap();
    flip(&twin, &name, second + 30);
    let mut kept = Kept::default();
    let mut found = Found::read(&twin, &mut kept).unwrap();
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    let torn = found.torn.clone().unwrap();
    assert_eq!((rows(&found), torn.offset, torn.records), (vec![(1, 1)], second as u64, 4));
    assert_eq!(&kept.sequences[..], [3, 4, 5]);
    assert!(kept.bytes.contains_key(&name));
    // Whatever call it dies at, the store opens as it did.
    let verified = found.verify(&twin, &mut Forgotten).unwrap();
    for at in 0.. {
        let dying = twin.copy();
        dying.plan(Some(Plan { at, fault: DiskFault::Last, lasting: false }));
        let done = found.repair(&dying, 4096, &verified).is_ok();
        let store = open(&dying.crash(Crash::Kept), small());
        assert_eq!(contents(&store).len(), 1, "call {at}");
        store.close().unwrap();
        if done {
            break;
        }
    }
    assert!(matches!(compact(&(Arc::new(twin.copy()) as Arc<dyn Disk>), 4096), Err(OfflineError::Torn(_))));
    found.repair(&twin, 4096, &verified).unwrap();
    let store = open(&twin, small());
    assert_eq!((contents(&store).len(), store.health().sequence), (1, 1));
    ask(&mut session(&store), insert("new", 1)).unwrap();
    assert_eq!(contents(&store).last().unwrap().0, 6);
    store.close().unwrap();
}

#[test]
fn of_a_segment_that_was_cut_the_whole_records_count() {
    let (twin, states) = twin();
    let name = twin.list().unwrap().into_iter().rfind(|name| name.starts_with("log-")).unwrap();
    let bytes = twin.content(&name).unwrap();
    // Behind the end mark, and within the last records.
    for (cut, left) in [(bytes.len() - 8, 6), (512 + 30, 0)] {
        let copy = twin.copy();
        copy.put(&name, bytes[..cut].to_vec());
        let mut found = found(&copy);
        assert!(matches!(found.findings[..], [Finding::File(FileError::Damaged { .. }), ..]), "{cut}");
        assert_eq!(rows(&found), ids(&states[left]), "{cut}");
        repair(&mut found, &copy);
        let store = open(&copy, small());
        assert_eq!(contents(&store), states[left], "{cut}");
        store.close().unwrap();
    }
}
