//! X-20 in the store's threads: those who wait get an error, and the next are served by replay.

use super::super::{PATIENCE, Served, within};
use super::{SECRET, panicking};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::app::StorePlace;
use flin_runtime::record::Schema;
use flin_runtime::store::disk::Twin;
use flin_runtime::store::{Options, Point, Probe, Store, Transaction};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const APP: &str = r#"
entity Item { name: text }
route GET "/ok" { "ok" }
route POST "/items" {
    save Item { name: "x" }
    "{Item.count}"
}
"#;

/// All of them.
pub(super) fn all(lab: &mut Lab) -> Result<(), DriverError> {
    threads(lab)?;
    destructor(lab)
}

/// A probe that panics at one point so many times as are left.
fn panics(at: Point) -> (Probe, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(0));
    (Probe::new(panicking(at, &left)), left)
}

/// The committer, a transaction and a checkpoint: those who wait get an error, and the next are served by replay.
fn threads(lab: &mut Lab) -> Result<(), DriverError> {
    for at in [Point::Stage, Point::Commit, Point::Checkpoint] {
        lab.channel.trying(format_args!("a panic at {at:?} of the store"));
        let (probe, left) = panics(at);
        let options = Options { probe, checkpoint_bytes: 4096, ..Options::default() };
        let place = StorePlace::on(Arc::new(Twin::default()), options);
        let served = Served::with(APP, |_| {}, |options| options.store = Some(place))?;
        let save = || {
            served.client().and_then(|mut client| {
                client.send("POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")?;
                client.answer()
            })
        };
        let before = save()?;
        if before.status != 200 {
            lab.channel.wrong("a save before the panic", 200, before);
        }
        left.store(1, Ordering::SeqCst);
        let answers: Vec<_> = thread::scope(|scope| {
            let savers: Vec<_> = (0..8).map(|_| scope.spawn(save)).collect();
            savers.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut saved = 1_u64;
        for answer in answers {
            match answer {
                Ok(Ok(answer)) if answer.status == 200 => saved += 1,
                Ok(Ok(answer)) if answer.status == 503 && !answer.body.contains(SECRET) => {}
                Ok(Ok(answer)) => lab.channel.wrong("a save during the panic", "200 or 503", answer),
                Ok(Err(error)) => lab.channel.wrong("a save during the panic", "200 or 503", error),
                Err(_) => lab.channel.wrong("a save during the panic", "200 or 503", "a panic"),
            }
        }
        let works = within(PATIENCE, || save().is_ok_and(|answer| answer.status == 200));
        if !works {
            lab.channel.wrong("a save after the panic", 200, "never");
        }
        let count = save()?.body.parse::<u64>().unwrap_or(0);
        if count < saved {
            lab.channel.lost(format_args!("{saved} saves were acknowledged, {count} rows are there"));
        }
        served.settles(lab, "after a panic of the store");
        served.stop(lab, "after a panic of the store");
    }
    Ok(())
}

/// A destructor that runs while the committer's panic unwinds, and panics itself: whoever is told there that nothing was
/// saved. A second panic that left it would end the process.
fn destructor(lab: &mut Lab) -> Result<(), DriverError> {
    lab.channel.trying("a panic in a destructor while the committer unwinds");
    let (probe, left) = panics(Point::Commit);
    let options = Options { probe, ..Options::default() };
    let opened = Store::open(Arc::new(Twin::default()), &Schema { entities: Vec::new() }, options);
    let (store, _): (Store, _) = opened.map_err(|why| DriverError::Sample { why: why.to_string() })?;
    left.store(1, Ordering::SeqCst);
    store.submit(Transaction::default(), Box::new(|_| resume_unwind(Box::new(SECRET))));
    if !within(PATIENCE, || store.commit(Transaction::default()).is_ok()) {
        lab.channel.wrong("a transaction after both panics", "committed", "refused");
    }
    let health = store.health();
    if health.panics != 1 || health.writable.is_err() {
        lab.channel.wrong("the store after both panics", "writable, one panic", format_args!("{health:?}"));
    }
    Ok(())
}
