//! X-20 in the tasks of the server: each is begun again, health says so, and three times in a minute is not ready.

use super::super::socket::Socket;
use super::super::{PATIENCE, Served, within};
use super::SECRET;
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::server::{Point, Probe};
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/say" { broadcast("room", "said"); "said" }
ws "/room" { on connect { join("room") } }
every 1s { 1 }
"#;

/// What a panic brings with it: a text, or something whose own destructor panics.
#[derive(Clone, Copy)]
enum Payload {
    Text,
    Biting,
}

/// Panics when it is dropped.
struct Bites;

impl Drop for Bites {
    fn drop(&mut self) {
        resume_unwind(Box::new(SECRET));
    }
}

/// What the probe still does, and what it has seen.
#[derive(Clone, Default)]
struct Watched {
    /// Panics that are left.
    left: Arc<AtomicU32>,
    /// Jobs begun.
    jobs: Arc<AtomicU32>,
}

impl Watched {
    fn probe(&self, at: Point, payload: Payload) -> Probe {
        let Self { left, jobs } = self.clone();
        Probe::new(move |point| {
            if point == Point::Job {
                jobs.fetch_add(1, Ordering::SeqCst);
            }
            let take = |left: u32| left.checked_sub(1);
            if point == at && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                match payload {
                    Payload::Text => resume_unwind(Box::new(SECRET)),
                    Payload::Biting => resume_unwind(Box::new(Bites)),
                }
            }
        })
    }

    fn jobs(&self) -> u32 {
        self.jobs.load(Ordering::SeqCst)
    }
}

/// A task, where it panics, how it comes by there, and how it shows that it works again.
struct Task {
    name: &'static str,
    at: Point,
    comes_by: fn(&Served) -> io::Result<()>,
    works: fn(&Served, &Watched) -> io::Result<bool>,
}

const TASKS: [Task; 3] = [
    Task {
        name: "accept loop",
        at: Point::Accepted,
        comes_by: |served| {
            if served.client()?.is_closed() {
                Ok(())
            } else {
                Err(io::Error::other("the connection is served"))
            }
        },
        works: |served, _| Ok(served.get("/ok")?.body == "ok"),
    },
    Task {
        name: "scheduler",
        at: Point::Scheduler,
        // It looks by itself, whenever a job is due or has ended.
        comes_by: |_| Ok(()),
        works: |_, watched| {
            let before = watched.jobs();
            Ok(within(PATIENCE, || watched.jobs() > before))
        },
    },
    Task {
        name: "broadcaster",
        at: Point::Broadcaster,
        comes_by: |served| served.get("/say").map(drop),
        works: |served, _| {
            let mut member = Socket::open(served, "/room")?;
            if !within(PATIENCE, || served.shared().levels().room_members == 1) {
                return Ok(false);
            }
            served.get("/say")?;
            Ok(member.frame()?.payload == b"said")
        },
    },
];

/// Each of them, once and three times, until one is not begun again.
pub(super) fn all(lab: &mut Lab) -> Result<(), DriverError> {
    for task in &TASKS {
        for (times, payload) in [(1, Payload::Text), (1, Payload::Biting), (3, Payload::Text)] {
            // Whoever waits for another one waits as long again.
            if !one(lab, task, times, payload)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn one(lab: &mut Lab, task: &Task, times: u32, payload: Payload) -> Result<bool, DriverError> {
    let Task { name, at, comes_by, works } = task;
    lab.channel.trying(format_args!("{times} panics of the {name}"));
    let watched = Watched::default();
    let probe = watched.probe(*at, payload);
    let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
    watched.left.store(times, Ordering::SeqCst);
    for number in 1..=u64::from(times) {
        if let Err(error) = comes_by(&served) {
            lab.channel.wrong(format_args!("where the {name} panics"), "the end of one thing", error);
        }
        if !within(PATIENCE, || served.shared().levels().restarts >= number) {
            lab.channel.wrong(format_args!("the {name}"), format_args!("{number} restarts"), "fewer");
            return Ok(false);
        }
    }
    match works(&served, &watched) {
        Ok(true) => {}
        Ok(false) => lab.channel.wrong(format_args!("the {name}"), "at work again", "idle"),
        Err(error) => lab.channel.wrong(format_args!("the {name}"), "at work again", error),
    }
    let health = served.get("/_flin/health")?;
    let ready = times < 3;
    if (health.status == 200) != ready || health.body.contains(name) == ready || health.body.contains(SECRET)
    {
        lab.channel.wrong(
            format_args!("health after {times} panics of the {name}"),
            format_args!("ready: {ready}"),
            health,
        );
    }
    served.settles(lab, name);
    served.stop(lab, name);
    Ok(true)
}
