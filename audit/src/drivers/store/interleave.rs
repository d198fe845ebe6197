//! The store's threads under a scheduler that decides every step: random orders by the thousand, or all of them.
//!
//! The engine is generic over its threads and monitors, so that what runs here is the very code that ships. Threads are
//! coroutines of shuttle's; which one goes on is decided here, because a [`Monitor`](flin_runtime::store::sync::Monitor)
//! tells more than a lock does: who waits for what, and what a step touched.
//!
//! Invariants:
//!
//! - **I1** One access to a monitor is one step; between two steps of a thread any other may run.
//! - **I2** A thread that waits is not run before what it waits for has changed. When all wait, that is a deadlock; a
//!   waiter with a time limit gives up then, and in random orders now and then before.
//! - **I3** The exhaustive search leaves out an order only if another one differs from it by steps that touch nothing in
//!   common (races and sleep sets, see `search`).
//!
//! Absence: weak memory. The store shares nothing but monitors and files.

mod scheduler;
mod search;
mod threads;
mod world;

pub use threads::Checked;
pub use world::{freely, note_file};

use super::Finding;
use scheduler::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// Which orders of steps are tried.
#[derive(Clone, Copy, Debug)]
pub enum Strategy {
    /// So many by chance, from this seed.
    Random {
        /// Where the sequence of chances begins.
        seed: u64,
        /// How many orders.
        count: u64,
    },
    /// All that differ inside of [`freely`], or so many of them.
    Exhaustive {
        /// Stop there.
        count_max: u64,
    },
    /// The same simple one each time: a thread runs until it waits.
    Straight {
        /// How often.
        count: u64,
    },
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// Orders that were run to their end.
    pub schedules: u64,
    /// Orders begun whose rest was seen in another one; not counted above.
    pub repeated: u64,
    /// Were all tried that can differ?
    pub complete: bool,
    /// The most steps that one of them took.
    pub steps_max: u64,
    /// The first that went wrong, with its number.
    pub failure: Option<(u64, Failure)>,
}

/// How an order of steps went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// All wait for each other.
    Stuck(String),
    /// There is no end in sight.
    Endless,
    /// The body said so.
    Found(Finding),
}

/// Steps after which an order counts as endless. One order of T2-10's full size recovers a store once for each of its
/// points: 200,000 steps are too few for that.
const STEPS_MAX: u64 = 20_000_000;
/// Of each coroutine; recovery and staging of an unoptimised build fit with room.
const STACK_BYTES: usize = 512 * 1024;

/// Runs `body` once for each order of steps, until one goes wrong. It is given the number of the order, from 0.
pub fn explore(
    strategy: Strategy,
    body: impl Fn(u64) -> Result<(), Finding> + Send + Sync + 'static,
) -> Explored {
    let seen = Arc::new(Mutex::new(Explored::default()));
    let ordering = Ordering::new(strategy, Arc::clone(&seen));
    let mut config = shuttle::Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.max_steps = shuttle::MaxSteps::None;
    config.silence_warnings = true;
    let told = Arc::clone(&seen);
    shuttle::Runner::new(ordering, config).run(move || {
        let number = told.lock().unwrap_or_else(PoisonError::into_inner).schedules;
        if let Err(what) = body(number) {
            world::fail(Failure::Found(what));
        }
    });
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.clone()
}

/// Random orders on as many threads as there are cores, each with seeds of its own.
pub fn explore_widely(
    count: u64,
    body: impl Fn(u64) -> Result<(), Finding> + Clone + Send + Sync + 'static,
) -> Explored {
    let jobs = crate::harness::schedule::jobs_default() as u64;
    let parts: Vec<u64> = (0..jobs).collect();
    let found = crate::harness::schedule::in_parallel(&parts, parts.len(), |part| {
        let strategy = Strategy::Random { seed: 0x5EED + part, count: count.div_ceil(jobs) };
        explore(strategy, body.clone())
    });
    found.into_iter().fold(Explored::default(), |all, one| Explored {
        schedules: all.schedules + one.schedules,
        repeated: all.repeated + one.repeated,
        complete: false,
        steps_max: all.steps_max.max(one.steps_max),
        failure: all.failure.or(one.failure),
    })
}

#[cfg(test)]
mod tests;
