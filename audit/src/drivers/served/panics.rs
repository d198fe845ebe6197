//! Panics of the runtime's own, injected where it lets them be: into a route, and into tasks that serve nobody.

use super::{PATIENCE, Served, within};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::app::StorePlace;
use flin_runtime::server::{Point, Probe};
use flin_runtime::store::disk::Twin;
use flin_runtime::store::{self, Options as StoreOptions};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const APP: &str = r#"
entity Item { name: text }
route GET "/ok" { "ok" }
route GET "/other" { "other" }
route POST "/items" {
    save Item { name: "x" }
    "{Item.count}"
}
"#;
/// What the client must not see.
pub(super) const SECRET: &str = "the message of a panic";

/// A probe that panics at one point so many times.
pub(super) fn panics(at: Point, times: u32) -> (Probe, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(times));
    let counted = Arc::clone(&left);
    let probe = Probe::new(move |point| {
        let take = |left: u32| left.checked_sub(1);
        if point == at && counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            // Not told to the harness: what is looked at is what others see of it.
            resume_unwind(Box::new(SECRET));
        }
    });
    (probe, left)
}

/// X-01: a panic inside a route's execution, while others are served.
pub fn route(lab: &mut Lab) -> Result<(), DriverError> {
    let times = if lab.is_full() { 1000 } else { 20 };
    let (probe, _) = panics(Point::Route, times);
    let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
    let mut kept = served.client()?;
    for _ in 0..times {
        lab.channel.trying("a panic in a route");
        match kept.get("/other") {
            Ok(answer) if answer.status == 500 && answer.body.contains("Internal server error") => {
                if answer.body.contains(SECRET) || answer.head.contains(SECRET) {
                    lab.channel.wrong("the answer to a panic", "no message", answer);
                }
            }
            Ok(answer) => lab.channel.wrong("the answer to a panic", "500", answer),
            Err(error) => {
                lab.channel.wrong("the answer to a panic", "500", error);
                return Ok(());
            }
        }
    }
    drop(kept);
    served.settles(lab, "after the panics");
    let page = served.get("/_flin/metrics")?.body;
    let counted = format!("vm_panics_total{{where=\"route\"}} {times}");
    if !page.lines().any(|line| line == counted) {
        let found = page.lines().find(|line| line.contains("where=\"route\"")).unwrap_or("nothing");
        lab.channel.wrong("the count of panics", counted, found);
    }
    served.stop(lab, "after the panics");
    Ok(())
}

/// X-20: a panic outside the entry points, in each task that has a supervisor.
pub fn outside(lab: &mut Lab) -> Result<(), DriverError> {
    accept_loop(lab)?;
    committer(lab)
}

fn accept_loop(lab: &mut Lab) -> Result<(), DriverError> {
    for times in [1, 3] {
        lab.channel.trying(format_args!("{times} panics of the accept loop"));
        let (probe, left) = panics(Point::Accepted, times);
        let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
        for _ in 0..times {
            let Ok(mut lost) = served.client() else {
                lab.channel.wrong("a connection after a panic of the accept loop", "accepted", "refused");
                return Ok(());
            };
            if !lost.is_closed() {
                lab.channel.wrong("a connection whose accept loop panicked", "closed", "open");
            }
        }
        served.settles(lab, "after panics of the accept loop");
        // Where nobody is served, that was told already.
        let Ok(health) = served.get("/_flin/health") else { return Ok(()) };
        let ready = health.status == 200;
        let wanted = times < 3;
        if ready != wanted || (!wanted && !health.body.contains("accept loop")) {
            lab.channel.wrong(
                format_args!("health after {times} restarts"),
                format_args!("ready: {wanted}"),
                health,
            );
        }
        if left.load(Ordering::SeqCst) > 0 {
            lab.channel.wrong("panics of the accept loop", "all happened", "some are left");
        }
        served.stop(lab, "after panics of the accept loop");
    }
    Ok(())
}

/// The committer, a transaction and a checkpoint: those who wait get an error, and the next are served by replay.
fn committer(lab: &mut Lab) -> Result<(), DriverError> {
    for at in [store::Point::Stage, store::Point::Commit, store::Point::Checkpoint] {
        lab.channel.trying(format_args!("a panic at {at:?} of the store"));
        let left = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&left);
        let probe = store::Probe::new(move |point| {
            let take = |left: u32| left.checked_sub(1);
            if point == at && counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                resume_unwind(Box::new(SECRET));
            }
        });
        let options = StoreOptions { probe, checkpoint_bytes: 4096, ..StoreOptions::default() };
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
