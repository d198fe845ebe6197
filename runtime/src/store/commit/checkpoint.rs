//! Checkpoints: a snapshot of a published state is written on a thread of its own, while others go on saving.
//!
//! The committer begins a new segment between two batches and hands over what was published then; the checkpoint writes
//! that, and gives the segments before it back to be used again. Whoever asks for a checkpoint waits for one that was
//! handed over after the question.

use super::{FAULT, Shared, caught};
use crate::store::Point;
use crate::store::archive::Archive;
use crate::store::disk::DiskError;
use crate::store::log::Cut;
use crate::store::state::State;
use crate::store::sync::{Monitor as _, Threading};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

type Outcome = Result<(), Cow<'static, str>>;

/// What is handed over: `state` is what exactly the records before the cut made.
pub struct Job {
    pub state: Arc<State>,
    pub archive: Arc<Archive>,
    pub cut: Cut,
}

/// What the committer hears of it.
pub struct Done {
    pub cut: Cut,
    pub spares: Vec<String>,
    /// Why files that it replaces are still there.
    pub left_over: Option<DiskError>,
}

/// How a checkpoint ended, for the committer.
pub type Ended = Result<Done, Cow<'static, str>>;

/// Between those who ask, the committer and the thread.
#[derive(Default)]
pub struct Slot {
    job: Option<Job>,
    running: bool,
    /// Questions so far, those that the job under way answers, and those that are answered.
    asked: u64,
    begun: u64,
    answered: u64,
    last: Option<Outcome>,
    closing: bool,
}

impl Slot {
    /// A question, by its number.
    pub fn ask(&mut self) -> u64 {
        self.asked = self.asked.saturating_add(1);
        self.asked
    }

    /// The answer to a question, once there is one.
    pub fn outcome(&self, question: u64) -> Option<Outcome> {
        if self.answered >= question {
            return self.last.clone();
        }
        (self.closing && self.is_idle()).then(|| Err("the store is closed".into()))
    }

    /// Does somebody ask that no job under way answers?
    pub const fn is_wanted(&self) -> bool {
        self.asked > self.begun
    }

    /// Is nothing handed over or being written?
    pub const fn is_idle(&self) -> bool {
        self.job.is_none() && !self.running
    }

    /// Hands a job over; the committer makes sure that there is no other.
    pub fn begin(&mut self, job: Job) {
        self.job = Some(job);
        self.begun = self.asked;
    }

    /// Answers everybody: there will be none.
    pub fn refuse(&mut self, reason: Cow<'static, str>) {
        self.begun = self.asked;
        self.end(Err(reason));
    }

    fn end(&mut self, outcome: Outcome) {
        self.running = false;
        self.answered = self.begun;
        self.last = Some(outcome);
    }

    /// The next job, or the end; none when there is neither.
    fn next(&mut self) -> Option<ControlFlow<(), Job>> {
        let job = self.job.take();
        self.running = job.is_some();
        job.map(ControlFlow::Continue).or(self.closing.then_some(ControlFlow::Break(())))
    }

    /// No more jobs.
    pub fn close(&mut self) {
        self.closing = true;
    }
}

/// The thread, until the store is closed. A panic fails one checkpoint; the log still holds everything.
pub fn supervise<T: Threading>(shared: &Arc<Shared<T>>) {
    while let ControlFlow::Continue(job) = shared.checkpoints.wait(Slot::next) {
        let done = caught(shared, || {
            shared.options.at(Point::Checkpoint);
            let publish = |archive| shared.published.with(|published| published.archive = archive);
            job.write(&*shared.disk, publish)
                .map_err(|error| Cow::from(format!("a checkpoint failed: {error}")))
        });
        let done = done.unwrap_or_else(|| Err(FAULT.into()));
        let left_over = |done: &Done| {
            done.left_over.as_ref().map(|error| format!("a checkpoint left files over: {error}"))
        };
        let trouble =
            done.as_ref().map_or_else(|reason| Some(reason.clone()), |done| left_over(done).map(Cow::from));
        let outcome = done.as_ref().map(|_| ()).map_err(Clone::clone);
        shared.health.with(|health| {
            health.checkpoints = health.checkpoints.saturating_add(u64::from(outcome.is_ok()));
            health.last_error = trouble.or(health.last_error.take());
        });
        // The committer hears of it before anybody may think that nothing is under way (C4).
        shared.queue.with(|queue| queue.ended = Some(done));
        shared.checkpoints.with(|slot| slot.end(outcome));
    }
}
