//! What waits for the committer. Whoever finds the queue full is refused: nobody waits for room.

use super::{Answer, Committed, FAULT, Transaction, unavailable};
use crate::record::Refusal;
use crate::store::state::Change;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Transactions in a batch, and bytes of their data: a sync is dear, and so is waiting for others.
const BATCH_MAX: usize = 1024;
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A transaction and whoever waits for it. Dropped without an answer, it answers that nothing was saved (C2).
pub struct Submission {
    pub transaction: Transaction,
    bytes: usize,
    answer: Option<Answer>,
}

impl Submission {
    /// Weighs it.
    pub fn new(transaction: Transaction, answer: Answer) -> Self {
        let bytes = transaction.changes.iter().map(weight).fold(0, usize::saturating_add);
        Self { transaction, bytes, answer: Some(answer) }
    }

    /// Says how it ended.
    pub fn reply(mut self, result: Result<Committed, Refusal>) {
        if let Some(answer) = self.answer.take() {
            answer(result);
        }
    }
}

impl Drop for Submission {
    fn drop(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        // Where a panic unwinds through here, another one would end the process.
        let told = catch_unwind(AssertUnwindSafe(|| answer(Err(unavailable(FAULT)))));
        // A payload's own drop may panic again; leaking it is what is left.
        std::mem::forget(told);
    }
}

fn weight(change: &Change) -> usize {
    match change {
        Change::Save { data, .. } => data.len().saturating_add(size_of::<Change>()),
        Change::Delete { .. } | Change::Restore { .. } | Change::Destroy { .. } => size_of::<Change>(),
    }
}

/// What the committer has to do.
#[derive(Default)]
pub struct Queue {
    waiting: VecDeque<Submission>,
    bytes: usize,
    /// Is what was written to be synced now? (`sync = "interval"`)
    pub flush: bool,
    /// Is somebody waiting for a checkpoint?
    pub checkpoint: bool,
    /// Has a checkpoint ended, and how?
    pub ended: Option<super::checkpoint::Ended>,
    /// No more will come: commit what is there and end.
    pub closing: bool,
}

/// What the committer took over.
#[derive(Default)]
pub struct Work {
    pub batch: Vec<Submission>,
    pub flush: bool,
    pub ended: Option<super::checkpoint::Ended>,
    /// Nothing is left behind it.
    pub last: bool,
}

impl Queue {
    /// Takes a transaction in; one that it does not take comes back, with the reason.
    pub fn push(
        &mut self,
        submission: Submission,
        max: usize,
        bytes_max: usize,
    ) -> Option<(Submission, Refusal)> {
        if self.closing {
            return Some((submission, unavailable("the store is closed")));
        }
        let bytes = self.bytes.saturating_add(submission.bytes);
        if self.waiting.len() >= max || (bytes > bytes_max && !self.waiting.is_empty()) {
            return Some((submission, unavailable("too many saves wait for the disk; try again")));
        }
        self.bytes = bytes;
        self.waiting.push_back(submission);
        None
    }

    /// A batch, and what else there is to do; none when there is nothing.
    pub fn take(&mut self) -> Option<Work> {
        let idle = self.waiting.is_empty() && self.ended.is_none();
        let asked = std::mem::take(&mut self.checkpoint);
        if idle && !asked && !self.flush && !self.closing {
            return None;
        }
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        while batch.len() < BATCH_MAX && (bytes < BATCH_BYTES_MAX || batch.is_empty()) {
            let Some(submission) = self.waiting.pop_front() else { break };
            bytes = bytes.saturating_add(submission.bytes);
            batch.push(submission);
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(Work {
            batch,
            flush: std::mem::take(&mut self.flush),
            ended: self.ended.take(),
            last: self.closing && self.waiting.is_empty(),
        })
    }
}
