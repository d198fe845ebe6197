//! Threads for executions that take longer than a moment: as many as cores, at low priority, round robin.
//!
//! Threads that do IO run the first millisecond of an execution; what needs more moves here, machine and all, and takes
//! turns of a millisecond with the others. A thread's priority is the system's business: whoever does IO comes first.
//!
//! - **R1** Work waits in one queue and leaves it from the front; unfinished work goes to its end.
//! - **R2** Work whose owner is gone is dropped at its next turn, here.
//! - **R3** A panic in a turn or a drop ends that work and nothing else.

use crate::app::boundary::contain;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio::sync::oneshot;

/// How much less than others these threads get where there is not enough for all.
const NICE: i32 = 10;

/// What runs in turns.
pub trait Work: Send + 'static {
    /// Runs for about a millisecond; true while there is more to do here.
    fn turn(&mut self) -> bool;
}

/// The threads, and what waits for them. Stopped when it is dropped.
#[derive(Debug)]
pub struct Runners<W: Work> {
    queue: Arc<Queue<W>>,
    threads: Vec<JoinHandle<()>>,
}

struct Queue<W: Work> {
    waiting: Mutex<Waiting<W>>,
    changed: Condvar,
}

struct Waiting<W: Work> {
    jobs: VecDeque<Job<W>>,
    stopped: bool,
}

struct Job<W: Work> {
    work: W,
    owner: oneshot::Sender<W>,
}

impl<W: Work> Runners<W> {
    /// Starts so many threads, one at least.
    pub fn start(threads: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            waiting: Mutex::new(Waiting { jobs: VecDeque::new(), stopped: false }),
            changed: Condvar::new(),
        });
        let mut runners = Self { queue, threads: Vec::new() };
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&runners.queue);
            let thread = thread::Builder::new().name(format!("runner-{number}"));
            runners.threads.push(thread.spawn(move || run(&queue))?);
        }
        Ok(runners)
    }

    /// Hands work over; it comes back when it has nothing more to do here. An error says that it panicked, or that the
    /// runners have stopped. Dropping what is returned ends the work (R2).
    pub fn run(&self, work: W) -> oneshot::Receiver<W> {
        let (owner, back) = oneshot::channel();
        let mut waiting = self.queue.lock();
        if !waiting.stopped {
            waiting.jobs.push_back(Job { work, owner });
            drop(waiting);
            self.queue.changed.notify_one();
        }
        back
    }

    /// Work that waits for its turn.
    pub fn waiting(&self) -> usize {
        self.queue.lock().jobs.len()
    }
}

impl<W: Work> Queue<W> {
    fn lock(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job<W>> {
        let mut waiting = self.lock();
        loop {
            if waiting.stopped {
                return None;
            }
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn run<W: Work>(queue: &Queue<W>) {
    // Where the system refuses, they run at the same priority as the rest.
    let _ = rustix::process::nice(NICE);
    while let Some(Job { mut work, owner }) = queue.next() {
        if owner.is_closed() {
            // Counted where it panics; nobody waits for it.
            let _ = contain(move || drop(work));
            continue;
        }
        match contain(|| work.turn()) {
            Ok(true) => queue.lock().jobs.push_back(Job { work, owner }),
            Ok(false) => {
                if let Err(work) = owner.send(work) {
                    let _ = contain(move || drop(work));
                }
            }
            Err(_) => {
                let _ = contain(move || drop(work));
            }
        }
    }
}

/// How long the end waits for the turns that are under way, each of them about a millisecond.
const END_TIME: Duration = Duration::from_secs(2);

impl<W: Work> Drop for Runners<W> {
    fn drop(&mut self) {
        let mut waiting = self.queue.lock();
        waiting.stopped = true;
        let left = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        self.queue.changed.notify_all();
        // A turn that never ends keeps its thread, and nobody else: the process may go on to its end.
        let begun = Instant::now();
        while self.threads.iter().any(|thread| !thread.is_finished()) && begun.elapsed() < END_TIME {
            thread::sleep(Duration::from_millis(1));
        }
        for Job { work, .. } in left {
            let _ = contain(move || drop(work));
        }
    }
}

impl<W: Work> std::fmt::Debug for Queue<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.lock().jobs.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Count {
        left: u32,
        done: u32,
        turns: mpsc::Sender<u32>,
        name: u32,
    }

    impl Work for Count {
        fn turn(&mut self) -> bool {
            self.done += 1;
            self.left -= 1;
            self.turns.send(self.name).unwrap();
            assert_ne!(self.name, 13, "a panic in a turn");
            self.left > 0
        }
    }

    fn count(name: u32, left: u32, turns: &mpsc::Sender<u32>) -> Count {
        Count { left, done: 0, turns: turns.clone(), name }
    }

    #[test]
    fn work_takes_turns_and_comes_back() {
        let runners = Runners::start(1).unwrap();
        let (turns, seen) = mpsc::channel();
        let backs: Vec<_> =
            [(1, 3), (2, 3)].map(|(name, left)| runners.run(count(name, left, &turns))).into();
        let done: Vec<u32> = backs.into_iter().map(|back| back.blocking_recv().unwrap().done).collect();
        assert_eq!(done, [3, 3]);
        drop(turns);
        drop(runners);
        let order: Vec<u32> = seen.iter().collect();
        assert_eq!(order.len(), 6);
        assert_eq!(&order[order.len() - 1..], [2], "the second ends last: {order:?}");
    }

    #[test]
    fn a_panic_ends_its_own_work_alone() {
        let runners = Runners::start(1).unwrap();
        let (turns, _seen) = mpsc::channel();
        assert!(runners.run(count(13, 2, &turns)).blocking_recv().is_err());
        assert_eq!(runners.run(count(1, 2, &turns)).blocking_recv().unwrap().done, 2);
    }

    #[test]
    fn work_whose_owner_is_gone_is_dropped() {
        let runners = Runners::start(1).unwrap();
        let (turns, seen) = mpsc::channel();
        drop(runners.run(count(1, u32::MAX, &turns)));
        drop(turns);
        // Ends only when the work, and its sender with it, was dropped.
        assert!(seen.iter().count() < u32::MAX as usize);
    }
}
