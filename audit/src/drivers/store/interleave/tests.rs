//! The model checker on programs so small that one knows what it must find.

use super::*;
use flin_runtime::store::sync::{Monitor as _, Threading};
use std::collections::BTreeSet;
use std::time::Duration;

type Shared<V> = Arc<<Checked as Threading>::Monitor<V>>;

fn shared<V: Send + 'static>(value: V) -> Shared<V> {
    Arc::new(Checked::monitor(value))
}

fn run_all(bodies: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = bodies.into_iter().map(|body| Checked::spawn("t", body).unwrap()).collect();
    freely(|| threads.into_iter().for_each(Checked::join));
}

/// Two threads add 1 in two steps each, reading first.
fn torn_counter(_: u64) -> Result<(), Finding> {
    let count = shared(0);
    let add = || {
        let count = Arc::clone(&count);
        Box::new(move || {
            let read = count.with(|n| *n);
            count.with(|n| *n = read + 1);
        }) as Box<dyn FnOnce() + Send>
    };
    run_all(vec![add(), add()]);
    count.with(|n| if *n == 2 { Ok(()) } else { Err(Finding::Wrong(n.to_string())) })
}

#[test]
fn a_lost_update_is_found_by_all_ways_and_not_by_the_straight_one() {
    for strategy in [Strategy::Random { seed: 1, count: 100 }, Strategy::Exhaustive { count_max: 1000 }] {
        let found = explore(strategy, torn_counter);
        assert_eq!(
            found.failure.map(|(_, failure)| failure),
            Some(Failure::Found(Finding::Wrong("1".into())))
        );
    }
    let found = explore(Strategy::Straight { count: 3 }, torn_counter);
    assert_eq!((found.schedules, found.failure), (3, None));
}

#[test]
fn waiting_for_each_other_is_found() {
    let body = |_| {
        let (a, b) = (shared(false), shared(false));
        let wait = |mine: &Shared<bool>, other: &Shared<bool>| {
            let (mine, other) = (Arc::clone(mine), Arc::clone(other));
            Box::new(move || {
                other.wait(|set| set.then_some(()));
                mine.with(|set| *set = true);
            }) as Box<dyn FnOnce() + Send>
        };
        run_all(vec![wait(&a, &b), wait(&b, &a)]);
        Ok(())
    };
    let found = explore(Strategy::Exhaustive { count_max: 1000 }, body);
    assert!(matches!(found.failure, Some((_, Failure::Stuck(_)))), "{found:?}");
}

#[test]
fn waiting_under_a_lock_that_the_other_needs_is_found() {
    let body = |_| {
        let (queue, done) = (shared(()), shared(false));
        let (held, end) = (Arc::clone(&queue), Arc::clone(&done));
        let other = Box::new(move || {
            held.with(|()| ());
            end.with(|done| *done = true);
        }) as Box<dyn FnOnce() + Send>;
        let waits = Box::new(move || queue.with(|()| done.wait(|done| done.then_some(()))))
            as Box<dyn FnOnce() + Send>;
        run_all(vec![other, waits]);
        Ok(())
    };
    let found = explore(Strategy::Exhaustive { count_max: 1000 }, body);
    assert!(matches!(found.failure, Some((_, Failure::Stuck(_)))), "{found:?}");
}

#[test]
fn the_exhaustive_search_sees_every_outcome_and_leaves_out_what_cannot_differ() {
    // Three threads write 1, 2, 3 to one monitor: six outcomes; and each to one of its own: no choice at all.
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&outcomes);
    let found = explore(Strategy::Exhaustive { count_max: 100_000 }, move |_| {
        let list = shared(Vec::new());
        let push = |n: i32| {
            let (list, own) = (Arc::clone(&list), shared(0));
            Box::new(move || {
                own.with(|v| *v = n);
                list.with(|list| list.push(n));
                own.with(|v| *v += 1);
            }) as Box<dyn FnOnce() + Send>
        };
        run_all(vec![push(1), push(2), push(3)]);
        seen.lock().unwrap().insert(list.with(|list| list.clone()));
        Ok(())
    });
    assert!(found.complete && found.failure.is_none(), "{found:?}");
    assert_eq!(outcomes.lock().unwrap().len(), 6);
    // Nine steps have 1,680 orders; with the ends of three threads, many more.
    assert!(found.schedules < 1000, "{found:?}");
}

/// One fills, one takes away, and two wait for different fillings; gives what each saw.
fn fillings(_: u64, seen: &Mutex<BTreeSet<Vec<(u8, i32)>>>) {
    let (tank, list) = (shared(0), shared(Vec::new()));
    let actor = |act: fn(&Shared<i32>, &Shared<Vec<(u8, i32)>>)| {
        let (tank, list) = (Arc::clone(&tank), Arc::clone(&list));
        Box::new(move || act(&tank, &list)) as Box<dyn FnOnce() + Send>
    };
    run_all(vec![
        actor(|tank, _| [1, 1, 5].into_iter().for_each(|more| tank.with(|n| *n += more))),
        actor(|tank, list| {
            let found = tank.with(std::mem::take);
            list.with(|list| list.push((0, found)));
            tank.with(|n| *n += 9);
        }),
        actor(|tank, list| {
            let found = tank.wait(|n| (*n == 1 || *n > 6).then_some(*n));
            list.with(|list| list.push((1, found)));
        }),
        actor(|tank, list| {
            let found = tank.wait(|n| (*n == 2 || *n > 7).then_some(*n));
            list.with(|list| list.push((2, found)));
        }),
    ]);
    seen.lock().unwrap().insert(list.with(|list| list.clone()));
}

#[test]
fn the_exhaustive_search_sees_what_chance_sees_also_where_what_is_waited_for_comes_and_goes() {
    let outcomes = |strategy| {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let told = Arc::clone(&seen);
        let found = explore(strategy, move |number| {
            fillings(number, &told);
            Ok(())
        });
        assert_eq!(found.failure, None);
        (found, std::mem::take(&mut *seen.lock().unwrap()))
    };
    let (found, all) = outcomes(Strategy::Exhaustive { count_max: 100_000 });
    let (_, some) = outcomes(Strategy::Random { seed: 7, count: 5_000 });
    assert!(found.complete, "{found:?}");
    assert!(all.is_superset(&some), "{found:?}");
}

#[test]
fn who_waits_with_a_limit_gives_up_when_nothing_else_can_happen() {
    let found = explore(Strategy::Exhaustive { count_max: 1000 }, |_| {
        let never = shared(());
        match freely(|| never.wait_for(Duration::from_secs(1), |()| None::<()>)) {
            None => Ok(()),
            Some(()) => Err(Finding::Wrong("it came".into())),
        }
    });
    assert!(found.complete && found.failure.is_none(), "{found:?}");
}

#[test]
fn an_endless_order_is_cut() {
    let found = explore(Strategy::Straight { count: 1 }, |_| {
        let n = shared(0_u64);
        loop {
            n.with(|n| *n = n.wrapping_add(1));
            if n.with(|n| *n == u64::MAX) {
                return Ok(());
            }
        }
    });
    assert_eq!(found.failure.map(|(_, failure)| failure), Some(Failure::Endless));
}
