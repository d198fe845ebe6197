//! The committer: batches from the queue to the log and to readers.
//!
//! A batch is staged transaction by transaction on a copy of the published state, written, synced once, published, and
//! answered. If writing or syncing fails, the copy is dropped, the files are recovered into a fresh segment that makes the
//! failed records void, and everybody is told (S2): in this order, so that what was refused does not come to light when
//! the process dies meanwhile. While recovering does not work the store is read-only and says why; each batch tries
//! again, and each second does.

use super::checkpoint::{Done, Ended, Job, Slot};
use super::queue::{Queue, Submission, Work};
use super::stage::{Staged, stage};
use super::{Committed, Published, Shared, caught, unavailable};
use crate::base::guard::{Guard, off};
use crate::record::Refusal;
use crate::store::log::{self, Log};
use crate::store::recover;
use crate::store::schema::Catalogue;
use crate::store::state::State;
use crate::store::sync::{Monitor as _, Threading};
use crate::store::{Point, Sync};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Between two attempts to recover without anybody asking.
const RETRY: Duration = Duration::from_secs(1);

/// A log grown to so many times the size that a checkpoint follows, when the last one failed, takes no more: it would
/// eat the disk.
const LOG_FACTOR_MAX: u64 = 16;

/// So many refused batches lie between two attempts at the checkpoint that they were refused for. Where nobody saves, it is
/// tried each [`RETRY`].
const REFUSALS: u32 = 64;

/// The committer's own: what others see only through [`Published`].
pub struct Committer<T: Threading> {
    shared: Arc<Shared<T>>,
    /// None while the store is read-only.
    log: Option<Log>,
    /// What the program added to the catalogue, until a record says so.
    catalogue: Option<Arc<[u8]>>,
    /// Did the last checkpoint fail?
    starved: bool,
    /// Bytes of log that a checkpoint is due at.
    due: u64,
    /// Was a checkpoint handed over that has not ended?
    handed: bool,
    /// Was anything written that was not synced?
    dirty: bool,
    /// Was anything written, and not synced, since a save was last refused? Durable, it shows that saving works again.
    heals: bool,
    /// Does somebody wait for the batch at hand?
    saving: bool,
    /// Batches that were refused for want of a checkpoint, since the last attempt at one.
    refusals: u32,
}

impl<T: Threading> Committer<T> {
    /// Goes on in a log that was just recovered.
    pub fn new(shared: Arc<Shared<T>>, log: Log, catalogue: Option<Arc<[u8]>>) -> Self {
        let due = shared.options.checkpoint_bytes;
        Self {
            shared,
            log: Some(log),
            catalogue,
            starved: false,
            due,
            handed: false,
            dirty: false,
            heals: false,
            saving: false,
            refusals: 0,
        }
    }

    /// The thread: until the store is closed, whatever panics meanwhile.
    pub fn supervise(mut self) {
        let shared = Arc::clone(&self.shared);
        if off(Guard::TransactionPanic) {
            self.run();
        } else {
            while caught(&shared, || self.run()).is_none() {
                if std::mem::take(&mut self.saving) {
                    self.refused(super::FAULT.into());
                }
                // What it was doing is not known to be whole; what lies on disk is.
                self.fail(super::FAULT.into());
            }
        }
        shared.checkpoints.with(Slot::close);
    }

    fn run(&mut self) {
        loop {
            let work = self.wait();
            self.saving = !work.batch.is_empty();
            self.shared.options.at(Point::Commit);
            let last = work.last;
            self.work(work);
            if last {
                self.finish();
                return;
            }
        }
    }

    fn wait(&mut self) -> Work {
        let queue = &self.shared.queue;
        if self.log.is_some() && !self.is_stuck() {
            return queue.wait(Queue::take);
        }
        queue.wait_for(RETRY, Queue::take).unwrap_or_else(|| {
            self.refusals = REFUSALS;
            Work::default()
        })
    }

    fn work(&mut self, work: Work) {
        if let Some(ended) = work.ended {
            self.ended(ended);
        }
        if self.log.is_none() {
            self.reopen();
        }
        if !work.batch.is_empty() {
            self.commit(work.batch);
            self.saving = false;
        }
        if work.flush || work.last {
            self.flush();
        }
        self.hand_over();
    }

    /// Commits a batch, or refuses all of it.
    fn commit(&mut self, batch: Vec<Submission>) {
        if let Err(reason) = self.takes_more() {
            self.refusals = self.refusals.saturating_add(1);
            self.shared.health.with(|health| health.fail(reason.clone()));
            self.refused(reason.clone());
            return self.refuse(batch, reason);
        }
        let Published { state, .. } = self.shared.published();
        let mut state = State::clone(&state);
        let mut results = Vec::with_capacity(batch.len());
        for submission in &batch {
            match stage(&self.shared, &state, &submission.transaction) {
                Err(refusal) => results.push(Err(refusal)),
                Ok(staged) => match self.write(staged) {
                    Ok((next, committed)) => {
                        state = next;
                        results.push(Ok(committed));
                    }
                    Err(reason) => return self.fail_with(batch, reason),
                },
            }
        }
        let written = if self.shared.options.sync == Sync::Always { self.sync() } else { self.flush_out() };
        if let Err(reason) = written {
            return self.fail_with(batch, reason);
        }
        self.publish(state);
        for (submission, result) in batch.into_iter().zip(results) {
            self.reply(submission, result);
        }
    }
}

/// Writing.
impl<T: Threading> Committer<T> {
    /// Appends what a transaction did; gives the state with the rows' places in the log.
    fn write(&mut self, staged: Staged) -> Result<(State, Committed), Cow<'static, str>> {
        let Staged { mut state, effects, committed } = staged;
        if !effects.is_empty() {
            let Some(log) = &mut self.log else { return Err(super::FAULT.into()) };
            self.dirty = true;
            let record = log::Transaction { catalogue: self.catalogue.take(), next_ids: Vec::new(), effects };
            match log.append(&record) {
                Ok(lsn) => {
                    self.heals = true;
                    state.logged(&record.effects, lsn);
                }
                // Without the guard the saver is told that all is well (T2-11).
                Err(_) if off(Guard::WriteFailure) => {}
                Err(error) => return Err(format!("the log cannot be written: {error}").into()),
            }
        }
        Ok((state, committed))
    }

    fn sync(&mut self) -> Result<(), Cow<'static, str>> {
        if !self.dirty {
            return Ok(());
        }
        let Some(log) = &mut self.log else { return Err(super::FAULT.into()) };
        match log.sync() {
            Err(error) if !off(Guard::WriteFailure) => {
                Err(format!("the log cannot be made durable: {error}").into())
            }
            _ => {
                self.dirty = false;
                if std::mem::take(&mut self.heals) {
                    self.shared.health.with(|health| health.failing = None);
                }
                Ok(())
            }
        }
    }

    /// Hands what was written to the system, which makes it durable some time.
    fn flush_out(&mut self) -> Result<(), Cow<'static, str>> {
        let Some(log) = &mut self.log else { return Err(super::FAULT.into()) };
        match log.write() {
            Err(error) if !off(Guard::WriteFailure) => {
                Err(format!("the log cannot be written: {error}").into())
            }
            _ => Ok(()),
        }
    }

    fn publish(&mut self, state: State) {
        let Some(log) = &self.log else { return };
        let (log_bytes, sequence, state) = (log.bytes_since_checkpoint(), log.sequence(), Arc::new(state));
        let old = self.shared.published.with(|published| {
            published.sequence = sequence;
            std::mem::replace(&mut published.state, state)
        });
        // Frees what only it held, outside the lock.
        drop(old);
        self.shared.health.with(|health| health.log_bytes = log_bytes);
    }

    /// Syncs what was acknowledged before it was durable (`sync = "interval"`), and what is left at the end.
    fn flush(&mut self) {
        if let Err(reason) = self.sync() {
            self.shared.health.with(|health| health.unsynced = Some(reason.clone()));
            self.fail(reason);
        }
    }

    /// Ends the log so that it says what is durable. All of it is; that it cannot say so loses nothing.
    fn finish(&mut self) {
        if let Some(Err(error)) = self.log.as_mut().map(Log::finish) {
            let reason = format!("the end of the log cannot be marked: {error}");
            self.shared.health.with(|health| health.last_error = Some(reason.into()));
        }
    }

    fn reply(&self, submission: Submission, result: Result<Committed, Refusal>) {
        if result.is_err() {
            self.shared.give_back(&submission.transaction.ids);
        }
        // What a saver does with its answer is its own affair.
        caught(&self.shared, || submission.reply(result));
    }

    fn refuse(&self, batch: Vec<Submission>, reason: Cow<'static, str>) {
        batch.into_iter().for_each(|submission| self.reply(submission, Err(unavailable(reason.clone()))));
    }
}

/// Failing and coming back.
impl<T: Threading> Committer<T> {
    /// Why nothing is taken at the moment, if so.
    fn takes_more(&self) -> Result<(), Cow<'static, str>> {
        if self.log.is_none() {
            return self.shared.health.with(|health| health.writable.clone().and(Err(super::FAULT.into())));
        }
        if self.is_stuck() {
            return Err("the log is long and no checkpoint succeeds".into());
        }
        Ok(())
    }

    /// Is the log so long, and the last checkpoint failed, that nothing is taken before one succeeds?
    fn is_stuck(&self) -> bool {
        let log_bytes_max = self.shared.options.checkpoint_bytes.saturating_mul(LOG_FACTOR_MAX);
        self.starved && self.log.as_ref().is_some_and(|log| log.bytes_since_checkpoint() > log_bytes_max)
    }

    /// The log is in doubt: nothing is written to it again.
    fn doubt(&mut self, reason: Cow<'static, str>) {
        self.log = None;
        (self.dirty, self.heals) = (false, false);
        self.shared.health.with(|health| health.fail(reason));
    }

    /// Nothing of a batch is committed.
    fn fail_with(&mut self, batch: Vec<Submission>, reason: Cow<'static, str>) {
        self.fail(reason.clone());
        self.refused(reason.clone());
        self.refuse(batch, reason);
    }

    /// A saver is refused: operators are told until a later save is durable.
    fn refused(&mut self, reason: Cow<'static, str>) {
        self.heals = false;
        self.shared.health.with(|health| health.failing = Some(reason));
    }

    fn fail(&mut self, reason: Cow<'static, str>) {
        self.doubt(reason);
        self.reopen();
    }

    /// Recovers what was acknowledged, and nothing else, into a fresh segment.
    fn reopen(&mut self) {
        self.settle();
        let shared = Arc::clone(&self.shared);
        let reopened = caught(&shared, || self.recover()).unwrap_or_else(|| Err(super::FAULT.into()));
        match reopened {
            Ok(log) => {
                self.log = Some(log);
                let writable = self.takes_more();
                self.shared.health.with(|health| health.writable = writable);
            }
            Err(reason) => self.shared.health.with(|health| health.fail(reason)),
        }
    }

    fn recover(&mut self) -> Result<Log, Cow<'static, str>> {
        let shared = &self.shared;
        let sequence = shared.published().sequence;
        let recovered = recover::reopen(
            &shared.disk,
            shared.options.segment_bytes,
            State::new(Catalogue::default()),
            sequence,
        )
        .map_err(|error| format!("the store cannot be recovered: {error}"))?;
        let found = recovered.log.sequence();
        if found != sequence {
            return Err(format!(
                "{sequence} transactions were acknowledged, but only {found} can be read back; the store is read-only: \
                 copy its folder, then restart"
            )
            .into());
        }
        let bound = super::files::bind(&recovered.state, &shared.schema);
        let (state, catalogue) = bound.map_err(|error| format!("the store cannot be recovered: {error}"))?;
        let published = Published { sequence, state: Arc::new(state), archive: Arc::new(recovered.archive) };
        let old = shared.published.with(|current| std::mem::replace(current, published));
        drop(old);
        self.catalogue = catalogue;
        Ok(recovered.log)
    }
}

/// Checkpoints, this side.
impl<T: Threading> Committer<T> {
    /// Begins a checkpoint, if one is due or asked for and none is under way.
    fn hand_over(&mut self) {
        let wanted = self.shared.checkpoints.look(Slot::is_wanted);
        let again = self.is_stuck() && self.refusals >= REFUSALS;
        let Some(log) = &mut self.log else {
            if wanted {
                let reason = self.takes_more().err().unwrap_or(super::FAULT.into());
                self.shared.checkpoints.with(|slot| slot.refuse(reason));
            }
            return;
        };
        if self.handed || (!wanted && !again && log.bytes_since_checkpoint() < self.due) {
            return;
        }
        self.refusals = 0;
        // Between two batches: what is published is what exactly the records before the cut made.
        let cut = match log.cut() {
            Ok(cut) => cut,
            Err(error) => {
                let reason = Cow::from(format!("no segment can be begun: {error}"));
                // Where there is no room for one now, each further attempt would fill the disk for a moment.
                self.due = log.bytes_since_checkpoint().saturating_mul(2);
                self.shared.checkpoints.with(|slot| slot.refuse(reason.clone()));
                return self.fail(reason);
            }
        };
        let Published { state, archive, .. } = self.shared.published();
        self.handed = true;
        self.shared.checkpoints.with(|slot| slot.begin(Job { state, archive, cut }));
        #[cfg(feature = "knockout")]
        if off(Guard::CheckpointHandover) {
            let shared = &self.shared;
            shared.queue.with(|_| shared.checkpoints.wait(|slot| slot.is_idle().then_some(())));
        }
    }

    /// Hears how a checkpoint ended.
    fn ended(&mut self, ended: Ended) {
        self.handed = false;
        self.starved = ended.is_err();
        let Some(log) = &mut self.log else { return };
        match ended {
            Ok(Done { cut, spares, .. }) => {
                log.replaced(&cut, spares);
                self.due = self.shared.options.checkpoint_bytes;
                let writable = self.takes_more();
                self.shared.health.with(|health| health.writable = writable);
            }
            // The next one when the log has grown as much again.
            Err(_) => {
                self.due = log.bytes_since_checkpoint().saturating_add(self.shared.options.checkpoint_bytes);
            }
        }
    }

    /// Waits until no checkpoint runs (C4); what it came to is void with the log that it was for.
    fn settle(&mut self) {
        if std::mem::take(&mut self.handed) {
            self.shared.checkpoints.wait(|slot| slot.is_idle().then_some(()));
            self.shared.queue.with(|queue| queue.ended = None);
        }
    }
}
