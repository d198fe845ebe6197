//! Who makes the next step.

use super::search::Search;
use super::world::{self, Eligible};
use super::{Explored, Failure, STEPS_MAX, Strategy};
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::{Arc, Mutex, PoisonError};

/// Decides over the orders of steps of one exploration.
#[derive(Debug)]
pub struct Ordering {
    strategy: Strategy,
    seen: Arc<Mutex<Explored>>,
    begun: u64,
    steps: u64,
    chance: Chance,
    search: Search,
}

impl Ordering {
    /// Tells what it finds in `seen`.
    pub fn new(strategy: Strategy, seen: Arc<Mutex<Explored>>) -> Self {
        let seed = if let Strategy::Random { seed, .. } = strategy { seed } else { 0 };
        Self {
            strategy,
            seen,
            begun: 0,
            steps: 0,
            chance: Chance { state: seed, ..Chance::default() },
            search: Search::default(),
        }
    }

    /// Books the order that has ended; is there to be another one?
    fn goes_on(&mut self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.begun > 0 {
            seen.steps_max = seen.steps_max.max(self.steps);
            if let Some(failure) = world::with(|world| world.failure.take()) {
                seen.failure = Some((self.begun - 1, failure));
                return false;
            }
            if self.search.is_redundant() {
                seen.repeated += 1;
            } else {
                seen.schedules += 1;
            }
        }
        match self.strategy {
            Strategy::Random { count, .. } | Strategy::Straight { count } => seen.schedules < count,
            Strategy::Exhaustive { count_max } => {
                if self.begun > 0 {
                    seen.complete = !self.search.next_order(world::with(world::World::take_step));
                }
                !seen.complete && seen.schedules < count_max
            }
        }
    }

    fn choose(&mut self, threads: &[usize], current: Option<usize>) -> Option<usize> {
        let touched = world::with(world::World::take_step);
        let (mut eligible, gives_up) = match world::with(|world| world.eligible(threads)) {
            Eligible::Ready(ready) => (ready, false),
            Eligible::TimeOut(timed) => (timed, true),
        };
        if eligible.is_empty() {
            let who = world::with(|world| world.describe(threads));
            world::fail(Failure::Stuck(who));
            return None;
        }
        if self.steps > STEPS_MAX {
            world::fail(Failure::Endless);
            return None;
        }
        if gives_up {
            world::with(world::World::step_depends_on_all);
        }
        Some(match self.strategy {
            Strategy::Random { .. } => {
                if !gives_up && self.chance.gives_up_early() {
                    eligible.extend(world::with(|world| world.timed(threads)));
                }
                self.chance.choose(&eligible, self.steps)
            }
            Strategy::Exhaustive { .. } if world::with(|world| world.free) => {
                self.search.choose(&eligible, gives_up, touched)?
            }
            Strategy::Straight { .. } | Strategy::Exhaustive { .. } => {
                // The first step outside closes the last one that was searched.
                self.search.book(touched);
                let current = current.filter(|current| eligible.contains(current));
                current.unwrap_or_else(|| self.round_robin(&eligible))
            }
        })
    }

    /// The longest not chosen, roughly: threads take turns by number.
    fn round_robin(&mut self, eligible: &[usize]) -> usize {
        let last = self.chance.last;
        let next = eligible.iter().copied().find(|thread| *thread > last).unwrap_or(eligible[0]);
        self.chance.last = next;
        next
    }
}

impl Scheduler for Ordering {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !self.goes_on() {
            return None;
        }
        world::with(world::World::begin);
        self.begun += 1;
        self.chance.begin(self.steps);
        self.steps = 0;
        self.search.begin();
        Some(Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, _: bool) -> Option<TaskId> {
        self.steps += 1;
        let threads: Vec<usize> = runnable.iter().map(|task| task.id().into()).collect();
        let chosen = self.choose(&threads, current.map(Into::into))?;
        runnable.iter().map(|task| task.id()).find(|id| usize::from(*id) == chosen)
    }

    fn next_u64(&mut self) -> u64 {
        self.chance.number()
    }
}

/// Choices by chance. Every other order is a random walk; the others give threads random priorities, which change at a few
/// random steps (Burckhardt et al., *A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs*, 2010).
#[derive(Debug, Default)]
struct Chance {
    state: u64,
    orders: u64,
    priorities: Vec<u64>,
    changes: [u64; 3],
    early: u32,
    last: usize,
}

impl Chance {
    fn begin(&mut self, steps_before: u64) {
        self.orders += 1;
        self.priorities.clear();
        self.early = 2;
        self.last = 0;
        for at in 0..self.changes.len() {
            self.changes[at] = self.number() % steps_before.max(16);
        }
    }

    /// `SplitMix64`.
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Does a waiter with a time limit get its chance although others could go on? Twice in an order at most.
    fn gives_up_early(&mut self) -> bool {
        let early = self.early > 0 && self.number().is_multiple_of(16);
        self.early -= u32::from(early);
        early
    }

    fn choose(&mut self, eligible: &[usize], step: u64) -> usize {
        if self.orders.is_multiple_of(2) {
            let at = self.number() % eligible.len() as u64;
            return eligible[at as usize];
        }
        while self.priorities.len() <= eligible.iter().copied().max().unwrap_or(0) {
            let priority = self.number() | 1 << 63;
            self.priorities.push(priority);
        }
        let first = |all: &[u64]| eligible.iter().copied().max_by_key(|thread| all[*thread]).unwrap_or(0);
        let chosen = first(&self.priorities);
        if !self.changes.contains(&step) {
            return chosen;
        }
        self.priorities[chosen] = self.number() >> 1;
        first(&self.priorities)
    }
}
