//! What every handle of a store may do.

use super::checkpoint::Slot;
use super::health::Record;
use super::ids::Ids;
use super::queue::{Queue, Submission};
use super::{Answer, Published, Shared, Transaction};
use crate::record::Schema;
use crate::store::disk::Disk;
use crate::store::state::State;
use crate::store::sync::{Monitor as _, Threading};
use crate::store::{Options, TypeId, View};
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

impl<T: Threading> Shared<T> {
    /// Of a store that was just recovered.
    pub fn new(
        disk: Arc<dyn Disk>,
        (schema, options): (Schema, Options),
        published: Published,
        lock: Box<dyn Any + Send + Sync>,
    ) -> Self {
        let mut ids = Ids::default();
        let state = &published.state;
        state.binding().entities().iter().for_each(|bound| ids.begin(bound.ty, state.next_id(bound.ty)));
        Self {
            disk,
            options,
            schema,
            queue: T::monitor(Queue::default()),
            published: T::monitor(published),
            ids: T::monitor(ids),
            health: T::monitor(Record::default()),
            checkpoints: T::monitor(Slot::default()),
            closing: T::monitor(false),
            lock: T::monitor(Some(lock)),
        }
    }

    /// What readers see now.
    pub fn published(&self) -> Published {
        self.published.look(Published::clone)
    }

    /// Its rows and indexes.
    pub fn state(&self) -> Arc<State> {
        self.published.look(|published| Arc::clone(&published.state))
    }

    /// The same, to read from.
    pub fn view(&self) -> View {
        let Published { state, archive, .. } = self.published();
        View { state, files: Some((Arc::clone(&self.disk), archive)) }
    }

    /// Hands a transaction to the committer, or answers at once.
    pub fn submit(&self, transaction: Transaction, answer: Answer) {
        let submission = Submission::new(transaction, answer);
        let (max, bytes_max) = (self.options.queue_max, self.options.queue_bytes_max);
        if let Some((submission, refusal)) = self.queue.with(|queue| queue.push(submission, max, bytes_max)) {
            self.give_back(&submission.transaction.ids);
            submission.reply(Err(refusal));
        }
    }

    /// Takes ids back that came to nothing.
    pub fn give_back(&self, ids: &[(TypeId, u64)]) {
        if !ids.is_empty() {
            self.ids.with(|pool| ids.iter().for_each(|(ty, id)| pool.give_back(*ty, *id)));
        }
    }

    /// Asks for a checkpoint and waits for it.
    pub fn checkpoint(&self) -> Result<(), Cow<'static, str>> {
        let asked = self.checkpoints.with(Slot::ask);
        self.queue.with(|queue| queue.checkpoint = true);
        self.checkpoints.wait(|slot| slot.outcome(asked))
    }

    /// Has what was written synced, again and again until the store is closed.
    pub fn flush_every(&self, interval: Duration) {
        while self.closing.wait_for(interval, |closing| closing.then_some(())).is_none() {
            self.queue.with(|queue| queue.flush = true);
        }
    }

    /// Nothing is taken any more; the threads end when they are done.
    pub fn end(&self) {
        self.queue.with(|queue| queue.closing = true);
        self.closing.with(|closing| *closing = true);
    }
}
