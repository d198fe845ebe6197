//! What fails: the disk, and we.

use super::*;
use crate::store::disk::{Fault, Plan};
use std::io::ErrorKind;

fn every_call_from(at: u64) -> Option<Plan> {
    Some(Plan { at, fault: Fault::Error(ErrorKind::StorageFull), lasting: true })
}

#[test]
fn t2_11_a_failed_save_is_refused_and_the_next_one_succeeds() {
    // The calls of one save: write, sync. Whichever fails, the saver is told and nothing of it is left.
    for at in 0..2 {
        let twin = Twin::new();
        let store = open(&twin, options());
        let mut session = session(&store);
        ask(&mut session, insert("kept", 1)).unwrap();
        twin.plan(Some(Plan { at, fault: Fault::Error(ErrorKind::Other), lasting: false }));
        let refused = ask(&mut session, insert("lost", 2));
        assert!(is_unavailable(&refused), "call {at}: {refused:?}");
        // The id that came to nothing is the next one's.
        assert_eq!(row(ask(&mut session, insert("next", 3))).given.id, 2, "call {at}");
        let health = store.health();
        assert!(health.writable.is_ok() && health.last_error.is_some(), "{health:?}");
        let after = contents(&store);
        assert_eq!(after, [(1, 1, 1), (2, 1, 3)]);
        for how in [super::super::disk::Crash::Kept, super::super::disk::Crash::Lost] {
            assert_eq!(contents(&open(&twin.crash(how), options())), after, "call {at} {how:?}");
        }
    }
}

#[test]
fn t2_11_a_save_is_void_before_its_saver_is_told_that_it_failed() {
    for at in 0..2 {
        let twin = Twin::new();
        let store = open(&twin, options());
        ask(&mut session(&store), insert("kept", 1)).unwrap();
        let view = store.view();
        let bound = view.entity(0).unwrap();
        let data = view.state.binding().stored(bound, &data("lost", 2)).unwrap();
        let (ty, id) = (bound.ty, store.reserve(bound.ty).unwrap());
        let change = state::Change::Save { ty, id, insert: true, expected: None, now: 0, data };
        let cell = Arc::new(Os::monitor(None));
        let (told, disk) = (Arc::clone(&cell), twin.clone());
        let answer = move |result: Result<Committed, Refusal>| {
            // The process dies as the saver hears of it.
            let left = disk.crash(super::super::disk::Crash::Kept);
            told.with(|cell| *cell = Some((result.is_err(), left)));
        };
        twin.plan(Some(Plan { at, fault: Fault::Error(ErrorKind::Other), lasting: false }));
        store.submit(Transaction { changes: vec![change], ..Transaction::default() }, Box::new(answer));
        let (refused, left) = cell.wait(Option::take);
        assert!(refused, "call {at}");
        assert_eq!(contents(&open(&left, options())), [(1, 1, 1)], "call {at}");
    }
}

#[test]
fn t2_11_under_an_interval_a_flush_that_fails_once_loses_nothing() {
    let saved: Vec<_> = (0..5).map(|n| (n + 1, 1, i64::try_from(n).unwrap())).collect();
    for at in 0..20 {
        let twin = Twin::new();
        let interval = Options { sync: Sync::Interval(Duration::from_hours(1)), ..options() };
        let store = open(&twin, interval);
        for n in 0..5 {
            ask(&mut session(&store), insert(&n.to_string(), n)).unwrap();
        }
        // Nothing is durable yet; the flush at the end fails, or the recovery that follows.
        assert_eq!(contents(&open(&twin.crash(super::super::disk::Crash::Lost), options())), []);
        twin.plan(Some(Plan { at, fault: Fault::Error(ErrorKind::Other), lasting: false }));
        let closed = store.close();
        let failed = twin.calls() > at;
        assert_eq!(closed.is_err(), failed && at == 0, "call {at}");
        // A sync that failed is not trusted to have kept anything, nor a later one to mend it: it is written again.
        let left = twin.crash(super::super::disk::Crash::Lost);
        assert_eq!(contents(&open(&left, options())), saved, "call {at}");
    }
}

/// Waits for another thread, not for ever.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// Has what was written synced, and waits until the disk has it.
fn flush(store: &Store, twin: &Twin) {
    store.0.shared.queue.with(|queue| queue.flush = true);
    until("the disk has everything", || twin.unsynced() == 0);
}

#[test]
fn t2_11_a_refused_save_is_told_until_a_later_one_is_durable() {
    for sync in [Sync::Always, Sync::Interval(Duration::from_hours(1))] {
        let twin = Twin::new();
        let store = open(&twin, Options { sync, ..options() });
        let mut session = session(&store);
        ask(&mut session, insert("kept", 1)).unwrap();
        flush(&store, &twin);
        twin.plan(Some(Plan { at: 0, fault: Fault::Error(ErrorKind::Other), lasting: false }));
        assert!(is_unavailable(&ask(&mut session, insert("lost", 2))), "{sync:?}");
        assert!(store.health().failing.is_some(), "{sync:?}");
        // What was durable before the refusal says nothing of what comes behind it, nor does what writes nothing.
        store.commit(Transaction::default()).unwrap();
        assert!(store.health().failing.is_some(), "{sync:?}");
        ask(&mut session, insert("next", 3)).unwrap();
        assert_eq!(store.health().failing.is_some(), sync != Sync::Always, "{sync:?}");
        flush(&store, &twin);
        // Behind the flush, and no save.
        store.checkpoint().unwrap();
        assert_eq!(store.health().failing, None, "{sync:?}");
    }
}

#[test]
fn t2_11_a_failure_that_refuses_no_save_is_no_refused_save() {
    for sync in [Sync::Always, Sync::Interval(Duration::from_hours(1))] {
        let twin = Twin::new();
        let store = open(&twin, Options { sync, ..options() });
        ask(&mut session(&store), insert("kept", 1)).unwrap();
        twin.plan(Some(Plan { at: 0, fault: Fault::Error(ErrorKind::Other), lasting: false }));
        if sync == Sync::Always {
            // No segment can be begun.
            assert!(store.checkpoint().is_err());
        } else {
            // The flush fails.
            store.0.shared.queue.with(|queue| queue.flush = true);
        }
        until("the failure is known", || store.health().last_error.is_some());
        assert_eq!(store.health().failing, None, "{sync:?}");
        store.commit(Transaction::default()).unwrap();
        assert_eq!(contents(&store).len(), 1);
    }
}

#[test]
fn x_20_a_panic_of_the_committer_is_a_refused_save_if_somebody_waited_for_one() {
    for waits in [false, true] {
        let (arm, probe) = armed();
        let store = open(&Twin::new(), Options { probe, ..options() });
        let mut session = session(&store);
        ask(&mut session, insert("kept", 1)).unwrap();
        arm.with(|armed| *armed = Some(Point::Commit));
        if waits {
            assert!(is_unavailable(&ask(&mut session, insert("lost", 2))));
        } else {
            store.0.shared.queue.with(|queue| queue.flush = true);
        }
        until("the failure is known", || store.health().last_error.is_some());
        assert_eq!(store.health().failing.is_some(), waits);
        ask(&mut session, insert("next", 3)).unwrap();
        assert_eq!(store.health().failing, None);
    }
}

#[test]
fn t2_11_the_store_is_read_only_while_the_disk_fails_and_recovers_by_itself() {
    let twin = Twin::new();
    let store = open(&twin, options());
    let mut session = session(&store);
    ask(&mut session, insert("kept", 1)).unwrap();
    twin.plan(every_call_from(0));
    for n in 0..3 {
        assert!(is_unavailable(&ask(&mut session, insert("lost", n))));
        assert!(store.health().writable.is_err());
        assert_eq!(contents(&store), [(1, 1, 1)]);
    }
    assert!(store.checkpoint().is_err());
    twin.plan(None);
    assert_eq!(row(ask(&mut session, insert("next", 2))).given.id, 2);
    assert!(store.health().writable.is_ok());
    store.close().unwrap();
    assert_eq!(contents(&open(&twin, options())), [(1, 1, 1), (2, 1, 2)]);
}

#[test]
fn t2_11_a_full_disk_fails_saves_and_when_space_returns_they_succeed() {
    let twin = Twin::new();
    let store = open(&twin, options());
    let mut session = session(&store);
    ask(&mut session, insert("first", 0)).unwrap();
    // Room for what is there: the first segment fills up, a second one finds none.
    twin.limit(Some(80 << 10));
    let refused =
        (0..2_000).map(|n| ask(&mut session, insert(&format!("{n:0100}"), n))).position(|r| r.is_err());
    let refused = refused.expect("the disk never got full");
    assert!(refused > 10);
    let before = contents(&store);
    assert_eq!(before.len(), refused + 1);
    twin.limit(None);
    ask(&mut session, insert("again", 0)).unwrap();
    store.close().unwrap();
    assert_eq!(contents(&open(&twin, options())).len(), refused + 2);
}

#[test]
fn t2_11_a_store_that_no_checkpoint_found_room_for_takes_saves_again_when_there_is_some() {
    let twin = Twin::new();
    let small = Options { checkpoint_bytes: 4 << 10, segment_bytes: 16 << 10, ..options() };
    let store = open(&twin, small.clone());
    let mut session = session(&store);
    // A second snapshot of this does not fit beside the first, though a log of sixteen times four kilobytes does.
    for n in 0..40 {
        ask(&mut session, insert(&format!("{n:04000}"), n)).unwrap();
    }
    store.checkpoint().unwrap();
    let used: u64 = twin.list().unwrap().iter().map(|name| twin.content(name).unwrap().len() as u64).sum();
    twin.limit(Some(used + (110 << 10)));
    let refused = (0..2_000).find_map(|n| ask(&mut session, insert(&format!("{n:0100}"), n)).err());
    assert!(refused.is_some_and(|refusal| refusal.to_string().contains("no checkpoint succeeds")));
    assert!(store.health().writable.is_err(), "{:?}", store.health());
    let before = contents(&store).len();
    twin.limit(None);
    until("a checkpoint is tried again by itself", || store.health().writable.is_ok());
    ask(&mut session, insert("again", 0)).unwrap();
    assert_eq!(store.health().failing, None);
    store.close().unwrap();
    assert_eq!(contents(&open(&twin, small)).len(), before + 1);
}

#[test]
fn t2_11_a_checkpoint_that_fails_at_any_call_loses_nothing() {
    let mut calls = 0;
    loop {
        let twin = Twin::new();
        let store = open(&twin, options());
        let mut session = session(&store);
        for n in 0..20 {
            let id = row(ask(&mut session, insert(&n.to_string(), n))).given.id;
            ask(&mut session, update(id, 1, &n.to_string(), n + 1)).unwrap();
        }
        let before = contents(&store);
        twin.plan(Some(Plan { at: calls, fault: Fault::Error(ErrorKind::StorageFull), lasting: false }));
        let done = store.checkpoint();
        let reached = twin.calls() > calls;
        twin.plan(None);
        assert_eq!(contents(&store), before);
        ask(&mut session, insert("after", 7)).unwrap_or_else(|error| panic!("call {calls}: {error}"));
        store.checkpoint().unwrap_or_else(|error| panic!("call {calls}: {error}"));
        let found = contents(&store);
        store.close().unwrap();
        assert_eq!(
            contents(&open(&twin.crash(super::super::disk::Crash::Lost), options())),
            found,
            "call {calls}"
        );
        if !reached {
            assert!(done.is_ok() && calls > 10, "{calls}");
            return;
        }
        calls += 1;
    }
}

/// Panics once at each of the points that it is armed for.
fn armed() -> (Arc<sync::Locked<Option<Point>>>, Probe) {
    let armed = Arc::new(Os::monitor(None));
    let trigger = Arc::clone(&armed);
    let probe = Probe::new(move |point| {
        let hit = trigger.with(|armed: &mut Option<Point>| armed.take_if(|armed| *armed == point));
        assert!(hit.is_none(), "injected");
    });
    (armed, probe)
}

#[test]
fn t3_24_and_x_20_a_panic_ends_one_thing_alone_and_is_counted() {
    for point in [Point::Stage, Point::Commit, Point::Checkpoint] {
        let (arm, probe) = armed();
        let twin = Twin::new();
        let store = open(&twin, Options { probe, ..options() });
        let mut session = session(&store);
        ask(&mut session, insert("kept", 1)).unwrap();
        arm.with(|armed| *armed = Some(point));
        if point == Point::Checkpoint {
            assert!(store.checkpoint().is_err());
        } else {
            assert!(is_unavailable(&ask(&mut session, insert("lost", 2))));
        }
        ask(&mut session, insert("next", 3)).unwrap();
        store.checkpoint().unwrap();
        let health = store.health();
        assert!(health.panics == 1 && health.writable.is_ok(), "{point:?} {health:?}");
        assert_eq!(contents(&store).iter().map(|(.., n)| *n).collect::<Vec<_>>(), [1, 3], "{point:?}");
        store.close().unwrap();
    }
}

#[test]
fn t3_24_a_panicking_answer_harms_nobody() {
    let store = open(&Twin::new(), options());
    store.submit(Transaction::default(), Box::new(|_| panic!("injected")));
    ask(&mut session(&store), insert("next", 3)).unwrap();
    assert_eq!(store.health().panics, 1);
}

#[test]
fn x_20_an_answer_that_panics_while_the_committer_unwinds_harms_nobody() {
    let (arm, probe) = armed();
    let store = open(&Twin::new(), Options { probe, ..options() });
    arm.with(|armed| *armed = Some(Point::Commit));
    store.submit(Transaction::default(), Box::new(|_| panic!("injected")));
    while ask(&mut session(&store), insert("next", 3)).is_err() {}
    assert_eq!(store.health().panics, 1);
}

#[test]
fn an_acknowledged_save_that_cannot_be_read_back_keeps_the_store_read_only() {
    let twin = Twin::new();
    let store = open(&twin, options());
    let mut session = session(&store);
    (0..3).for_each(|n| drop(ask(&mut session, insert(&n.to_string(), n)).unwrap()));
    let name = super::super::log::name(1);
    let content = twin.content(&name).expect("the first segment");
    // The medium forgets what it had acknowledged, and then a sync fails.
    twin.put(&name, content.iter().enumerate().map(|(at, byte)| if at < 600 { *byte } else { 0 }).collect());
    twin.plan(Some(Plan { at: 1, fault: Fault::Error(ErrorKind::Other), lasting: false }));
    // The first finds the sync failing, the second that there is nothing to go back to.
    for _ in 0..2 {
        assert!(is_unavailable(&ask(&mut session, insert("x", 9))));
    }
    let why = store.health().writable.unwrap_err();
    assert!(why.contains("read back") || why.contains("damaged"), "{why}");
    assert_eq!(contents(&store).len(), 3);
}
