//! What the scheduler knows of the threads: monitors by number, who waits for which, what the running step touched.
//!
//! All coroutines of an exploration run on one thread of the system, one at a time, and so does the scheduler: the world
//! is a thread-local, never borrowed across a step.

use super::Failure;
use std::cell::RefCell;

/// What a step read and what it may have changed, by number: monitors and files. Steps of which neither changes what the
/// other touched can change places.
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    read: Vec<u64>,
    changed: Vec<u64>,
    everything: bool,
    /// It only found that it has to wait on.
    pub idle: bool,
}

impl Footprint {
    /// Does the order of the two matter?
    pub fn conflicts(&self, other: &Self) -> bool {
        let touches =
            |changed: &u64, other: &Self| other.changed.contains(changed) || other.read.contains(changed);
        self.everything
            || other.everything
            || self.changed.iter().any(|changed| touches(changed, other))
            || other.changed.iter().any(|changed| touches(changed, self))
    }

    fn add(&mut self, resource: u64) {
        if !self.changed.contains(&resource) {
            self.changed.push(resource);
        }
    }
}

/// A thread that waits for a monitor to change.
#[derive(Clone, Copy, Debug)]
struct Wait {
    monitor: usize,
    seen: u64,
    timed: bool,
}

/// The state of one exploration.
#[derive(Debug, Default)]
pub struct World {
    versions: Vec<u64>,
    waits: Vec<Option<Wait>>,
    step: Footprint,
    explores: bool,
    /// Does the exhaustive search look at what comes now?
    pub free: bool,
    /// What went wrong in this order of steps.
    pub failure: Option<Failure>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Looks at the world and changes it.
pub fn with<R>(change: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(change)
}

/// The thread that runs.
pub fn me() -> usize {
    shuttle::current::me().into()
}

/// Something went wrong; the first finding counts.
pub fn fail(failure: Failure) {
    with(|world| {
        world.failure.get_or_insert(failure);
    });
}

/// What an exhaustive search is about: before and after `body` the order of steps is the simple one.
pub fn freely<R>(body: impl FnOnce() -> R) -> R {
    with(|world| world.free = true);
    let result = body();
    with(|world| world.free = false);
    result
}

/// The running step reads or changes a file (or the folder). Outside of an exploration nobody wants to know.
pub fn note_file(name: &str) {
    // Files have odd numbers, monitors even ones.
    let number = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    with(|world| {
        if world.explores {
            world.step.add(number | 1);
        }
    });
}

/// Who may run, and whether only by giving up waiting.
#[derive(Debug, PartialEq, Eq)]
pub enum Eligible {
    /// These go on.
    Ready(Vec<usize>),
    /// All wait; these with a time limit.
    TimeOut(Vec<usize>),
}

impl World {
    /// Before an order of steps begins.
    pub fn begin(&mut self) {
        *self = Self { explores: true, ..Self::default() };
    }

    /// A monitor, by number.
    pub fn new_monitor(&mut self) -> usize {
        self.versions.push(0);
        self.versions.len() - 1
    }

    /// The running step looks at a monitor.
    pub fn read(&mut self, monitor: usize) {
        self.step.read.push(monitor as u64 * 2);
    }

    /// It looks at a monitor, finds nothing to do, and has done nothing else.
    pub fn idle(&mut self, monitor: usize) {
        self.step.idle = self.step.read.is_empty() && self.step.changed.is_empty() && !self.step.everything;
        self.read(monitor);
    }

    /// It may change what the monitor holds.
    pub fn touch(&mut self, monitor: usize) {
        self.step.add(monitor as u64 * 2);
    }

    /// And those who wait for it hear of that.
    pub fn change(&mut self, monitor: usize) {
        self.touch(monitor);
        self.versions[monitor] += 1;
    }

    /// A thread goes on when the monitor changes.
    pub fn wait(&mut self, thread: usize, monitor: usize, timed: bool) {
        if self.waits.len() <= thread {
            self.waits.resize(thread + 1, None);
        }
        self.waits[thread] = Some(Wait { monitor, seen: self.versions[monitor], timed });
    }

    /// Whether it runs again because of a change, and not because it gave up.
    pub fn woken(&mut self, thread: usize) -> bool {
        let wait = self.waits.get_mut(thread).and_then(Option::take);
        wait.is_none_or(|wait| self.versions[wait.monitor] > wait.seen)
    }

    fn waits(&self, thread: usize) -> Option<Wait> {
        let wait = (*self.waits.get(thread)?)?;
        (self.versions[wait.monitor] == wait.seen).then_some(wait)
    }

    /// Of the threads that have not ended, those that may run.
    pub fn eligible(&self, threads: &[usize]) -> Eligible {
        let ready: Vec<usize> =
            threads.iter().copied().filter(|thread| self.waits(*thread).is_none()).collect();
        if !ready.is_empty() {
            return Eligible::Ready(ready);
        }
        Eligible::TimeOut(self.timed(threads))
    }

    /// Those that wait with a time limit.
    pub fn timed(&self, threads: &[usize]) -> Vec<usize> {
        let timed = |thread: &usize| self.waits(*thread).is_some_and(|wait| wait.timed);
        threads.iter().copied().filter(timed).collect()
    }

    /// What the step that just ended touched.
    pub fn take_step(&mut self) -> Footprint {
        std::mem::take(&mut self.step)
    }

    /// The step that begins depends on everything: whether it comes at all is decided by what the others do.
    pub fn step_depends_on_all(&mut self) {
        self.step.everything = true;
    }

    /// Who waits for what, for a message.
    pub fn describe(&self, threads: &[usize]) -> String {
        let each = threads.iter().map(|thread| match self.waits(*thread) {
            Some(wait) => format!("thread {thread} waits for monitor {}", wait.monitor),
            None => format!("thread {thread} runs"),
        });
        each.collect::<Vec<_>>().join(", ")
    }
}
