//! One execution's view: transactions, their rollback, conflicts, older versions.

use super::*;
use crate::record::VersionAt;

fn times(session: &mut Session, given: Given) -> Vec<(u64, i64, Option<i64>, i64)> {
    let (mut below, mut rows) = (None, Vec::new());
    loop {
        match session.ask(Request::History { given, below, bytes_max: 1 }, 0).wait() {
            Ok(Reply::Rows(batch)) if batch.rows.is_empty() => return rows,
            Ok(Reply::Rows(batch)) => {
                below = batch.rows.last().map(|row| row.version);
                rows.extend(
                    batch
                        .rows
                        .iter()
                        .map(|row| (row.version, row.updated_at, row.valid_to, number(&row.data))),
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_transaction_reads_its_own_writes_and_others_do_not_until_it_ends() {
    let store = open(&Twin::new(), options());
    let (mut one, mut other) = (session(&store), session(&store));
    ask(&mut one, Request::Begin).unwrap();
    let id = row(ask(&mut one, insert("a", 1))).given.id;
    let again = row(ask(&mut one, update(id, 1, "a", 2)));
    assert_eq!((again.version, number(&again.data)), (1, 2));
    let find = Request::Find { given: item(id), which: Which::Live };
    assert_eq!(row(ask(&mut one, find.clone())).version, 1);
    assert_eq!(ask(&mut other, find.clone()), Ok(Reply::Nothing));
    match ask(&mut one, Request::Commit) {
        Ok(Reply::Rows(batch)) => assert_eq!(batch.rows.len(), 1),
        reply => panic!("{reply:?}"),
    }
    let seen = row(ask(&mut other, find));
    assert_eq!((seen.version, number(&seen.data)), (1, 2));
}

#[test]
fn what_is_rolled_back_leaves_nothing_and_burns_no_id() {
    let store = open(&Twin::new(), options());
    let mut one = session(&store);
    ask(&mut one, Request::Begin).unwrap();
    ask(&mut one, insert("outer", 1)).unwrap();
    ask(&mut one, Request::Begin).unwrap();
    assert_eq!(row(ask(&mut one, insert("inner", 2))).given.id, 2);
    ask(&mut one, Request::Rollback).unwrap();
    assert_eq!(row(ask(&mut one, insert("inner", 3))).given.id, 2);
    ask(&mut one, Request::Commit).unwrap();
    assert_eq!(contents(&store), [(1, 1, 1), (2, 1, 3)]);
    ask(&mut one, Request::Begin).unwrap();
    ask(&mut one, insert("dropped", 4)).unwrap();
    drop(one);
    assert_eq!(row(ask(&mut session(&store), insert("next", 5))).given.id, 3);
}

#[test]
fn a_transaction_whose_entity_changed_meanwhile_conflicts_and_is_closed() {
    let store = open(&Twin::new(), options());
    let (mut one, mut other) = (session(&store), session(&store));
    let id = row(ask(&mut one, insert("a", 1))).given.id;
    ask(&mut one, Request::Begin).unwrap();
    ask(&mut one, Request::Delete(item(id))).unwrap();
    ask(&mut one, insert("b", 1)).unwrap();
    ask(&mut other, update(id, 1, "a", 2)).unwrap();
    assert!(matches!(ask(&mut one, Request::Commit), Err(Refusal::Conflict { current: 2, read: 1, .. })));
    assert_eq!(contents(&store), [(1, 2, 2)]);
    // Closed, and its id is free.
    assert_eq!(row(ask(&mut one, insert("c", 3))).given.id, 2);
    assert_eq!(contents(&store).len(), 2);
}

#[test]
fn unique_values_are_rechecked_at_the_end() {
    let store = open(&Twin::new(), options());
    let (mut one, mut other) = (session(&store), session(&store));
    ask(&mut one, Request::Begin).unwrap();
    ask(&mut one, insert("a", 1)).unwrap();
    ask(&mut other, insert("a", 2)).unwrap();
    assert!(matches!(ask(&mut one, Request::Commit), Err(Refusal::Unique { .. })));
    assert_eq!(contents(&store), [(2, 1, 2)]);
}

#[test]
fn older_versions_are_read_from_log_and_archive() {
    let twin = Twin::new();
    let store = open(&twin, options());
    let mut one = session(&store);
    let id = row(one.ask(insert("a", 1), 100).wait()).given.id;
    for version in 1..6 {
        one.ask(
            update(id, version, "a", i64::try_from(version).unwrap() + 1),
            100 * (i64::try_from(version).unwrap() + 1),
        )
        .wait()
        .unwrap();
        if version == 3 {
            store.checkpoint().unwrap();
        }
    }
    let expected: Vec<_> =
        (1..=6_i64).rev().map(|n| (n.unsigned_abs(), 100 * n, (n < 6).then_some(100 * (n + 1)), n)).collect();
    assert_eq!(times(&mut one, item(id)), expected);
    let mut at = |at| ask(&mut one, Request::Version { given: item(id), at, from: None });
    assert_eq!(row(at(VersionAt::Back(0))).version, 6);
    assert_eq!(row(at(VersionAt::Back(5))).version, 1);
    assert_eq!(at(VersionAt::Back(6)), Ok(Reply::Nothing));
    assert_eq!(row(at(VersionAt::Number(2))).version, 2);
    assert_eq!(at(VersionAt::Number(7)), Ok(Reply::Nothing));
    assert_eq!(row(at(VersionAt::Time(250))).version, 2);
    assert_eq!(row(at(VersionAt::Time(300))).version, 3);
    assert_eq!(at(VersionAt::Time(99)), Ok(Reply::Nothing));
    store.checkpoint().unwrap();
    assert_eq!(times(&mut one, item(id)), expected);
    drop(one);
    store.close().unwrap();
    let again = open(&twin, options());
    assert_eq!(times(&mut session(&again), item(id)), expected);
}

#[test]
fn a_scan_goes_on_in_the_state_that_it_began_in() {
    let store = open(&Twin::new(), options());
    let mut one = session(&store);
    for n in 0..10 {
        ask(&mut one, insert(&n.to_string(), n % 2)).unwrap();
    }
    let by = Some(crate::record::Lookup(vec![(1, crate::record::Key::Int(1))]));
    let scan = |from| Request::Scan { entity: 0, which: Which::Live, by: by.clone(), from, bytes_max: 1 };
    let (mut from, mut seen) = (None, Vec::new());
    loop {
        let Ok(Reply::Rows(batch)) = ask(&mut one, scan(from)) else { panic!("rows") };
        let last = batch.rows.last().map(|row| row.given.id);
        seen.extend(last);
        ask(&mut one, Request::Destroy(item(2 * seen.len() as u64))).unwrap();
        match (batch.more, last) {
            (Some(pinned), Some(last)) => from = Some((pinned, last)),
            _ => break,
        }
    }
    assert_eq!(seen, [2, 4, 6, 8, 10]);
    assert_eq!(ask(&mut one, Request::Count { entity: 0, which: Which::Live }), Ok(Reply::Count(5)));
}

/// A place where a store is made by the first save.
struct Later(Arc<sync::Locked<Option<Store>>>);

impl Source for Later {
    fn store(&self, _: &Schema, create: bool) -> Result<Option<Store>, Refusal> {
        Ok(self.0.with(|store| {
            if create && store.is_none() {
                *store = Some(open(&Twin::new(), options()));
            }
            store.clone()
        }))
    }
}

#[test]
fn a_store_is_made_by_the_first_save_also_within_a_transaction() {
    let place = Arc::new(Os::monitor(None));
    let mut one = Session::new(Arc::new(schema()), Arc::new(Later(Arc::clone(&place))));
    assert_eq!(ask(&mut one, Request::Count { entity: 0, which: Which::All }), Ok(Reply::Count(0)));
    ask(&mut one, Request::Begin).unwrap();
    ask(&mut one, Request::Begin).unwrap();
    assert_eq!(ask(&mut one, Request::Find { given: item(1), which: Which::All }), Ok(Reply::Nothing));
    assert!(place.with(|store| store.is_none()));
    ask(&mut one, insert("a", 1)).unwrap();
    ask(&mut one, Request::Commit).unwrap();
    ask(&mut one, Request::Commit).unwrap();
    assert_eq!(contents(&place.with(Option::take).unwrap()), [(1, 1, 1)]);
}
