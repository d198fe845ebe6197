//! Payloads in bytes, and logs that end where they should.

use super::record::HEAD;
use super::*;
use crate::store::disk::{Crash, Fault as DiskFault, Plan, SECTOR, Twin};
use crate::store::format::{Fault, FileError};
use crate::store::recover::model::{SEGMENT_BYTES, data};
use crate::store::{Row, RowEffect, TypeId};
use proptest::prelude::*;

fn row() -> impl Strategy<Value = Row> {
    let times = (any::<i64>(), any::<i64>(), any::<Option<i64>>());
    (1..=u64::MAX, times, "[a-zé]{0,40}").prop_map(|(version, (created_at, updated_at, deleted_at), text)| {
        Row { version, created_at, updated_at, deleted_at, lsn: Lsn::NONE, data: data(&text) }
    })
}

fn effect() -> impl Strategy<Value = RowEffect> {
    let before = proptest::option::of((row(), any::<u64>()));
    let put = (any::<u32>(), 1..=u64::MAX, row(), before).prop_map(|(ty, id, row, before)| {
        let before = before.map(|(row, lsn)| Row { lsn: Lsn(lsn), ..row });
        RowEffect::Put { ty: TypeId(ty), id, row, before }
    });
    prop_oneof![
        put,
        (any::<u32>(), 1..=u64::MAX).prop_map(|(ty, id)| RowEffect::Remove { ty: TypeId(ty), id })
    ]
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let next_ids = proptest::collection::vec((any::<u32>().prop_map(TypeId), 1..=u64::MAX), 0..3);
    let catalogue = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20));
    (catalogue, next_ids, proptest::collection::vec(effect(), 0..4)).prop_map(
        |(catalogue, next_ids, effects)| Transaction {
            catalogue: catalogue.map(Into::into),
            next_ids,
            effects,
        },
    )
}

fn decoded(payload: &[u8], lsn: Lsn) -> Result<Transaction, Fault> {
    let mut transaction = Transaction::default();
    for item in Items::new(payload, lsn) {
        match item? {
            Item::Catalogue(bytes) => transaction.catalogue = Some(bytes.into()),
            Item::NextId(ty, next) => transaction.next_ids.push((ty, next)),
            Item::Effect(effect) => transaction.effects.push(effect),
        }
    }
    Ok(transaction)
}

proptest! {
    #[test]
    fn rows_and_transactions_come_back(transaction in transaction(), cut in any::<prop::sample::Index>()) {
        let bytes = payload::encode(&transaction);
        prop_assert_eq!(decoded(&bytes, Lsn::NONE), Ok(transaction));
        // A part of it is refused, or is other items: never the same.
        let cut = cut.index(bytes.len() + 1);
        if let Ok(part) = decoded(&bytes[..cut], Lsn::NONE) {
            prop_assert_eq!(payload::encode(&part), &bytes[..cut]);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(
        transaction in transaction(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        noise in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let _ = decoded(&noise, Lsn(7));
        let mut bytes = payload::encode(&transaction);
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            // One content has one encoding: whatever is accepted is what would be written for it.
            let items = Items::new(&bytes, Lsn::NONE).collect::<Result<Vec<_>, _>>();
            if let Ok(items) = items {
                let again: Vec<u8> = items.into_iter().flat_map(|item| payload::encode(&alone(item))).collect();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}

fn alone(item: Item<'_>) -> Transaction {
    let mut transaction = Transaction::default();
    match item {
        Item::Catalogue(bytes) => transaction.catalogue = Some(bytes.into()),
        Item::NextId(ty, next) => transaction.next_ids.push((ty, next)),
        Item::Effect(effect) => transaction.effects.push(effect),
    }
    transaction
}

fn saving(id: u64, bytes: usize) -> Transaction {
    let row = Row {
        version: 1,
        created_at: 0,
        updated_at: 0,
        deleted_at: None,
        lsn: Lsn::NONE,
        data: data(&"x".repeat(bytes)),
    };
    Transaction {
        effects: vec![RowEffect::Put { ty: TypeId(0), id, row, before: None }],
        ..Transaction::default()
    }
}

fn append_all(log: &mut Log, ids: std::ops::Range<u64>, bytes: usize) {
    for id in ids {
        log.append(&saving(id, bytes)).unwrap();
    }
}

fn fresh(twin: &Twin) -> Log {
    let found = Continuation { number: 1, next: 1, ..Continuation::default() };
    Log::resume(Arc::new(twin.clone()), SEGMENT_BYTES, found).unwrap()
}

/// Ids of the rows that are replayed from all segments, and how the log ends.
fn read(twin: &Twin) -> Result<(Vec<u64>, End), FileError> {
    let numbers = twin.list().unwrap().iter().filter_map(|name| number_of(name)).collect::<Vec<_>>();
    let segments = numbers.iter().map(|&number| Segment::load(&*twin.open(&name(number)).unwrap(), number));
    let segments = segments.collect::<Result<Vec<_>, _>>()?;
    let mut ids = Vec::new();
    let end = replay(twin, &segments, 1, None, &mut |item| {
        if let Item::Effect(RowEffect::Put { id, .. }) = item {
            ids.push(id);
        }
        Ok(())
    })?;
    Ok((ids, end))
}

#[test]
fn records_go_on_in_segments_as_large_as_needed() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    let lsns: Vec<_> = [(1, 10), (2, 3000), (3, 2000), (4, 9000), (5, 10)]
        .into_iter()
        .map(|(id, bytes)| log.append(&saving(id, bytes)).unwrap())
        .collect();
    log.sync().unwrap();
    assert!(lsns.is_sorted());
    assert_eq!(lsns.iter().map(|lsn| lsn.segment()).collect::<Vec<_>>(), [1, 1, 2, 3, 3]);
    let (ids, end) = read(&twin.crash(Crash::Lost)).unwrap();
    assert_eq!((ids, end.next, end.torn, end.stale), (vec![1, 2, 3, 4, 5], 6, false, 0));
}

#[test]
fn a_batch_is_one_write_and_one_sync() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    log.append(&saving(1, 1)).unwrap();
    log.sync().unwrap();
    twin.plan(None);
    for id in 2..9 {
        log.append(&saving(id, 10)).unwrap();
    }
    log.sync().unwrap();
    log.sync().unwrap();
    assert_eq!(twin.calls(), 2);
}

/// Where each record begins in the first segment of a log.
fn places(twin: &Twin, count: u64) -> Vec<usize> {
    let mut log = fresh(twin);
    (1..=count)
        .map(|id| {
            let lsn = log.append(&saving(id, 700)).unwrap();
            log.sync().unwrap();
            usize::try_from(lsn.offset()).unwrap()
        })
        .collect()
}

#[test]
fn damage_before_durable_records_is_refused() {
    let twin = Twin::new();
    let places = places(&twin, 3);
    let name = name(1);
    for (bad, place) in places.iter().enumerate() {
        let mut content = twin.content(&name).unwrap();
        content[place + HEAD + 3] ^= 1;
        let damaged = twin.copy();
        damaged.put(&name, content);
        match (bad, read(&damaged)) {
            (2, Ok((ids, end))) => assert_eq!((ids, end.torn, end.stale), (vec![1, 2], true, 1)),
            (_, Err(FileError::Damaged { offset, fault: Fault::Gap { expected }, .. })) => {
                assert_eq!((offset, expected), (*place as u64, bad as u64 + 1));
            }
            (_, result) => panic!("{bad}: {result:?}"),
        }
    }
}

#[test]
fn after_an_orderly_end_damage_in_the_last_record_is_refused_too() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    append_all(&mut log, 1..4, 100);
    log.sync().unwrap();
    let end = read(&twin).unwrap().1;
    assert!(end.unsure < end.at, "nothing says that the last ones were durable");
    twin.plan(None);
    log.finish().unwrap();
    assert_eq!(twin.calls(), 2);
    log.finish().unwrap();
    assert_eq!(twin.calls(), 2, "it stands there already");
    let (ids, end) = read(&twin.crash(Crash::Lost)).unwrap();
    assert_eq!((ids, end.unsure, end.torn), (vec![1, 2, 3], end.at, false));
    let mut content = twin.content(&name(1)).unwrap();
    content[usize::try_from(end.at).unwrap() - 10] ^= 1;
    let damaged = twin.copy();
    damaged.put(&name(1), content);
    assert!(matches!(read(&damaged), Err(FileError::Damaged { fault: Fault::Gap { expected: 3 }, .. })));
    // What comes next takes its place.
    log.append(&saving(4, 10)).unwrap();
    log.sync().unwrap();
    assert_eq!(read(&twin).unwrap().0, [1, 2, 3, 4]);
}

#[test]
fn an_orderly_end_behind_a_torn_one_begins_a_segment() {
    let twin = Twin::new();
    let places = places(&twin, 3);
    let mut content = twin.content(&name(1)).unwrap();
    content[places[2] + HEAD + 3] ^= 1;
    twin.put(&name(1), content);
    let segment = Segment::load(&*twin.open(&name(1)).unwrap(), 1).unwrap();
    let found = Continuation { segments: vec![segment], number: 2, next: 3, ..Continuation::default() };
    let mut log = Log::resume(Arc::new(twin.clone()), SEGMENT_BYTES, found).unwrap();
    assert!(read(&twin).unwrap().1.torn);
    log.finish().unwrap();
    let (ids, end) = read(&twin).unwrap();
    assert_eq!((ids, end.torn, end.stale), (vec![1, 2], false, 0));
    // What it shows is known to be durable now.
    let mut content = twin.content(&name(1)).unwrap();
    content[places[1] + HEAD + 3] ^= 1;
    twin.put(&name(1), content);
    assert!(matches!(read(&twin), Err(FileError::Damaged { .. })));
}

#[test]
fn a_torn_batch_is_left_out() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    log.append(&saving(1, 100)).unwrap();
    log.sync().unwrap();
    append_all(&mut log, 2..6, 500);
    log.write().unwrap();
    let content = twin.content(&name(1)).unwrap();
    // Every sector of the batch may be there or not.
    let old = twin.crash(Crash::Lost).content(&name(1)).unwrap();
    for mask in 0..64_usize {
        let mut found = old.clone();
        for sector in (0..6).filter(|sector| mask & (1 << sector) != 0) {
            let range = SECTOR * (1 + sector)..SECTOR * (2 + sector);
            found[range.clone()].copy_from_slice(&content[range]);
        }
        let torn = twin.copy();
        torn.put(&name(1), found);
        let (ids, end) = read(&torn).unwrap();
        assert_eq!(ids, (1..end.next).collect::<Vec<_>>(), "{mask:b}");
        assert_eq!(ids.len() == 5, mask & 0b1_1111 == 0b1_1111, "{mask:b}");
        // With nothing of it there the old end mark stands, with all of it the new one.
        assert_eq!(!end.torn, mask & 1 == 0 || ids.len() == 5, "{mask:b}");
    }
}

#[test]
fn a_missing_segment_is_refused() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    append_all(&mut log, 1..6, 3000);
    log.sync().unwrap();
    assert_eq!(read(&twin).unwrap().0, [1, 2, 3, 4, 5]);
    twin.remove(&name(3)).unwrap();
    let refused = read(&twin).unwrap_err();
    assert!(
        matches!(&refused, FileError::Damaged { file, fault: Fault::Gap { expected: 3 }, .. } if *file == name(2)),
        "{refused}"
    );
}

#[test]
fn records_of_a_former_life_are_not_read() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    append_all(&mut log, 1..4, 700);
    let cut = log.cut().unwrap();
    let spares = recycle(&twin, [1], SEGMENT_BYTES, cut.spares_max).unwrap();
    log.replaced(&cut, spares);
    assert_eq!(log.bytes_since_checkpoint(), 512);
    // Segment 3 is what was segment 1; a record as long as its first one takes the place of that one.
    log.append(&saving(4, 3000)).unwrap();
    log.append(&saving(5, 700)).unwrap();
    log.sync().unwrap();
    assert_eq!(twin.list().unwrap(), [name(2), name(3)]);
    let segments = [2, 3].map(|number| Segment::load(&*twin.open(&name(number)).unwrap(), number).unwrap());
    let mut ids = Vec::new();
    let end = replay(&twin, &segments, 4, None, &mut |item| {
        if let Item::Effect(RowEffect::Put { id, .. }) = item {
            ids.push(id);
        }
        Ok(())
    });
    let end = end.unwrap();
    assert_eq!((ids, end.next, end.torn, end.stale), (vec![4, 5], 6, false, 0));
}

#[test]
fn a_failed_log_takes_nothing_more() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    log.append(&saving(1, 1)).unwrap();
    log.sync().unwrap();
    log.append(&saving(2, 1)).unwrap();
    twin.plan(Some(Plan { at: 1, fault: DiskFault::Error(io::ErrorKind::Other), lasting: false }));
    assert!(log.sync().is_err());
    assert!(log.sync().is_err() && log.append(&saving(3, 1)).is_err() && log.cut().is_err());
    assert_eq!(log.durable(), 1);
}

#[test]
fn a_spare_that_took_the_name_of_another_is_listed_once() {
    let twin = Twin::new();
    let mut log = fresh(&twin);
    log.append(&saving(1, 3)).unwrap();
    log.cut().unwrap();
    // What a start of segment 2 left that failed.
    let spare = segment::create(&twin, 2, SEGMENT_BYTES).unwrap();
    log.spares.push(spare.clone());
    let cut = log.cut().unwrap();
    assert_eq!((cut.first, log.spares.len()), (3, 0), "segment 3 was made of it");
    log.spares.push(segment::create(&twin, 2, SEGMENT_BYTES).unwrap());
    let spares = recycle(&twin, [1, 2], SEGMENT_BYTES, cut.spares_max).unwrap();
    assert!(spares.contains(&spare));
    log.replaced(&cut, spares);
    assert_eq!(log.spares.len(), 2, "{:?}", log.spares);
    for _ in 0..3 {
        log.cut().unwrap();
    }
}
