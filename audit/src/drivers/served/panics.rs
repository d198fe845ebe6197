//! Panics of the runtime's own, injected where it lets them be: into a route, and into tasks that serve nobody.

mod store;
mod tasks;

use super::Served;
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::server::{Point, Probe};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/other" { "other" }
"#;
/// What the client must not see.
pub(super) const SECRET: &str = "the message of a panic";

/// A probe that panics at one point so many times.
pub(super) fn panics(at: Point, times: u32) -> (Probe, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(times));
    (Probe::new(panicking(at, &left)), left)
}

/// What a probe of the server or of the store does that panics at one point, as often as is left.
pub(super) fn panicking<P: PartialEq>(at: P, left: &Arc<AtomicU32>) -> impl Fn(P) + use<P> {
    let left = Arc::clone(left);
    move |point| {
        let take = |left: u32| left.checked_sub(1);
        if point == at && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            // Not told to the harness: what is looked at is what others see of it.
            resume_unwind(Box::new(SECRET));
        }
    }
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
    tasks::all(lab)?;
    store::all(lab)
}
