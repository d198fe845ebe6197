//! The engine: one thread commits, another writes checkpoints; all others hand over and wait.
//!
//! | module | what lives there |
//! |---|---|
//! | `queue` | transactions that wait for the committer, bounded |
//! | `stage` | a transaction against what is staged; a panic in it ends it alone |
//! | `committer` | batches: stage, write, sync, publish, reply; what follows a failure |
//! | `checkpoint` | the thread that writes snapshots, and its hand-over |
//! | `files` | from files to a state and back |
//! | `ids` | numbers of rows, given back by whoever did not need them |
//! | `health` | what an operator is told |
//!
//! Invariants:
//!
//! - **C1** State and log are changed by the committer alone; others see what it published, whole. A checkpoint
//!   publishes the archive that it wrote.
//! - **C2** Every transaction is answered exactly once, also when the committer panics.
//! - **C3** Whoever is refused finds neither state nor ids changed.
//! - **C4** While files are recovered no checkpoint runs; two checkpoints never run at a time.
//!
//! Absences: nobody but these two threads (and readers of old versions) touches a file; no clock, durations only.

pub mod checkpoint;
pub mod committer;
pub mod files;
pub mod health;
pub mod ids;
pub mod queue;
mod shared;
pub mod stage;

use super::archive::Archive;
use super::disk::Disk;
use super::state::{Change, State};
use super::sync::{Monitor as _, Threading};
use super::{Options, Row, TypeId};
use crate::record::{Refusal, Schema};
use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What the threads and the handles of one store share. No monitor is taken inside another (S5).
pub struct Shared<T: Threading> {
    pub disk: Arc<dyn Disk>,
    pub options: Options,
    pub schema: Schema,
    pub queue: T::Monitor<queue::Queue>,
    pub published: T::Monitor<Published>,
    pub ids: T::Monitor<ids::Ids>,
    pub health: T::Monitor<health::Record>,
    pub checkpoints: T::Monitor<checkpoint::Slot>,
    pub closing: T::Monitor<bool>,
    /// Keeps other processes out.
    pub lock: T::Monitor<Option<Box<dyn Any + Send + Sync>>>,
}

/// What readers see.
#[derive(Clone)]
pub struct Published {
    /// Transactions acknowledged since the store was made.
    pub sequence: u64,
    /// Rows and indexes.
    pub state: Arc<State>,
    /// Where versions are that lie in no segment any more.
    pub archive: Arc<Archive>,
}

/// Changes that become visible and durable together.
#[derive(Debug, Default)]
pub struct Transaction {
    /// In the order in which they were made.
    pub changes: Vec<Change>,
    /// Rows that were there before and are written, with the version that the writer's view had. One that has another
    /// version by now refuses the transaction.
    pub base: Vec<(TypeId, u64, u64)>,
    /// Ids that were reserved for it; given back when it is refused.
    pub ids: Vec<(TypeId, u64)>,
}

/// What a transaction did.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The rows that it wrote as they are now, in the order of their keys.
    pub rows: Vec<(TypeId, u64, Row)>,
    /// The row that the last change was about, as it is now; none when it is gone.
    pub row: Option<Row>,
}

/// Takes the answer to a transaction. Called on the committer's thread, outside all locks: it must not wait.
pub type Answer = Box<dyn FnOnce(Result<Committed, Refusal>) + Send>;

/// What is said when the reason cannot be.
pub(super) const FAULT: &str = "a fault in flin itself stopped the store's committer; nothing was saved";

/// Runs `body`; a panic is counted, and none.
pub(super) fn caught<T: Threading, R>(shared: &Shared<T>, body: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|payload| {
            // A payload's own drop may panic again; leaking it is what is left.
            std::mem::forget(payload);
            shared.health.with(|health| health.panics = health.panics.saturating_add(1));
        })
        .ok()
}

/// A refusal for a reason of the store's own.
pub(super) fn unavailable(reason: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::Unavailable(reason.into())
}
