//! The store: entities in memory, every change on disk before it is acknowledged.
//!
//! One committer thread takes transactions from a queue, stages each against what the ones before it made, writes them
//! to the log, syncs once, publishes once, and replies. Readers hold an immutable state, which costs a reference
//! count. A checkpoint writes a snapshot of a published state beside a new segment of the log; nobody waits for it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`disk`] | the only file IO, and its twin in memory that fails, tears and forgets |
//! | [`sync`] | the only threads and locks, `std`'s or a model checker's |
//! | [`schema`] | the catalogue of all entities ever, and a program's schema bound to it |
//! | [`state`] | rows, indexes, constraints; staging a transaction |
//! | [`mod@format`] | what the files have in common: first sectors, blocks, rows, faults |
//! | [`log`] | segments, records, checksums |
//! | [`snapshot`] | snapshot files, and what they replace |
//! | [`archive`] | older versions of rows |
//! | [`recover`] | from files to a state, exactly what was acknowledged |
//! | `commit` | the committer, checkpoints, health |
//! | [`session`] | one execution's view: open transactions, requests and replies |
//! | `offline` | check, dump, repair, compact |
//!
//! Invariants:
//!
//! - **S1** A reply of success is sent after the records were synced (under `sync = "always"`).
//! - **S2** A refused or failed transaction leaves nothing: not in memory, not in an index, not on disk after a recovery.
//! - **S3** What readers see is a state that some prefix of the acknowledged transactions made.
//! - **S4** No live row refers to a row that is gone or deleted; no two live rows share a unique value.
//! - **S5** No lock is held while a file is read or written, and never two at a time.
//! - **S6** Memory stays below `memory_max`; older versions are on disk alone.
//!
//! Absences: no async runtime; nothing here reads a clock but to bound a wait (`sync::os`), the caller brings the
//! time.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod archive;
mod commit;
pub mod disk;
pub mod format;
pub mod log;
pub mod offline;
pub mod recover;
pub mod row;
pub mod schema;
pub mod session;
pub mod snapshot;
pub mod state;
pub mod sync;
mod view;

pub use commit::health::Health;
pub use commit::{Answer, Committed, Transaction};
pub use row::{FieldId, Lsn, Row, RowEffect, RowRef, TypeId};
pub use session::{Asked, Session, Source, Ticket};
pub use view::View;

use crate::record::{Refusal, Schema};
use commit::committer::Committer;
use commit::{Published, Shared, checkpoint};
use disk::Disk;
use format::FileError;
use recover::{Recovered, Report};
use schema::{Catalogue, SchemaError};
use state::State;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use sync::{Monitor as _, Os, Threading};

/// When a save counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// When it is durable.
    Always,
    /// When it is written; it becomes durable within so long.
    Interval(Duration),
}

/// A point that the engine passes, for whoever injects panics and schedules there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before each change of a transaction is staged.
    Stage,
    /// Before each batch.
    Commit,
    /// Before a checkpoint.
    Checkpoint,
}

/// Whoever is called at the points; nobody, ordinarily.
#[derive(Clone, Default)]
pub struct Probe(Option<Arc<dyn Fn(Point) + Send + std::marker::Sync>>);

impl Probe {
    /// Calls `at`, which may panic.
    pub fn new(at: impl Fn(Point) + Send + std::marker::Sync + 'static) -> Self {
        Self(Some(Arc::new(at)))
    }
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Probe" } else { "none" })
    }
}

/// How a store works.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a save counts as done.
    pub sync: Sync,
    /// Bytes of log that a checkpoint follows.
    pub checkpoint_bytes: u64,
    /// Bytes of rows and indexes that no save may exceed.
    pub memory_max: usize,
    /// Bytes of a segment of the log.
    pub segment_bytes: u32,
    /// Transactions that may wait.
    pub queue_max: usize,
    /// Bytes of the transactions that may wait.
    pub queue_bytes_max: usize,
    /// Called at each [`Point`].
    pub probe: Probe,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sync: Sync::Always,
            checkpoint_bytes: 4 << 20,
            memory_max: 1 << 30,
            segment_bytes: 8 << 20,
            queue_max: 4096,
            queue_bytes_max: 64 << 20,
            probe: Probe::default(),
        }
    }
}

impl Options {
    fn at(&self, point: Point) {
        if let Some(probe) = &self.probe.0 {
            probe(point);
        }
    }
}

/// Why a store cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, the disk fails, or its files are damaged.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its rows do not fit the program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The system gives no thread.
    #[error("the store's threads cannot be started: {0}")]
    Thread(#[from] io::Error),
}

/// A store that is open; clones are the same one. Its threads end when the last is dropped; [`Self::close`] also waits
/// for them.
pub struct Store<T: Threading = Os>(Arc<Handle<T>>);

struct Handle<T: Threading> {
    shared: Arc<Shared<T>>,
    threads: T::Monitor<Vec<T::Thread>>,
}

impl<T: Threading> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Threading> std::fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.shared.disk).finish()
    }
}

impl<T: Threading> Drop for Handle<T> {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl<T: Threading> Store<T> {
    /// Recovers what was acknowledged, for programs of this schema, and starts the threads. Makes the folder if need be.
    pub fn open(disk: Arc<dyn Disk>, schema: &Schema, options: Options) -> Result<(Self, Report), OpenError> {
        let lock = recover::lock(&*disk)?;
        let Recovered { state, log, archive, report } =
            recover::open(&disk, options.segment_bytes, State::new(Catalogue::default()))?;
        let (state, catalogue) = commit::files::bind(&state, schema)?;
        let sync = options.sync;
        let published =
            Published { sequence: log.sequence(), state: Arc::new(state), archive: Arc::new(archive) };
        let shared = Arc::new(Shared::<T>::new(disk, (schema.clone(), options), published, lock));
        let handle = Handle { shared: Arc::clone(&shared), threads: T::monitor(Vec::new()) };
        let spawn = |name, body: Box<dyn FnOnce() + Send>| {
            let thread = T::spawn(name, body)?;
            handle.threads.with(|threads| threads.push(thread));
            io::Result::Ok(())
        };
        let committer = Committer::new(Arc::clone(&shared), log, catalogue);
        spawn("flin-commit", Box::new(move || committer.supervise()))?;
        let writer = Arc::clone(&shared);
        spawn("flin-checkpoint", Box::new(move || checkpoint::supervise(&writer)))?;
        if let Sync::Interval(interval) = sync {
            spawn("flin-sync", Box::new(move || shared.flush_every(interval)))?;
        }
        Ok((Self(Arc::new(handle)), report))
    }

    /// What is published now.
    pub fn view(&self) -> View {
        self.0.shared.view()
    }

    /// Rows and indexes, as they are published now.
    pub(crate) fn state(&self) -> Arc<state::State> {
        self.0.shared.state()
    }

    /// An id for a new row. Whoever does not use it gives it back.
    pub fn reserve(&self, ty: TypeId) -> Result<u64, Refusal> {
        let id = self.0.shared.ids.with(|ids| ids.reserve(ty));
        id.ok_or_else(|| commit::unavailable("the entity has no ids left"))
    }

    /// Takes ids back.
    pub fn give_back(&self, ids: &[(TypeId, u64)]) {
        self.0.shared.give_back(ids);
    }

    /// Hands a transaction over. Never waits for the disk: the answer comes later, or at once when it is refused.
    pub fn submit(&self, transaction: Transaction, answer: Answer) {
        self.0.shared.submit(transaction, answer);
    }

    /// Hands a transaction over and waits for the answer.
    pub fn commit(&self, transaction: Transaction) -> Result<Committed, Refusal> {
        let cell = Arc::new(T::monitor(None));
        let told = Arc::clone(&cell);
        self.submit(transaction, Box::new(move |result| told.with(|cell| *cell = Some(result))));
        cell.wait(Option::take)
    }

    /// Writes a checkpoint of all that is acknowledged now, and waits for it.
    ///
    /// # Errors
    ///
    /// Says why there is none; the log goes on holding everything.
    pub fn checkpoint(&self) -> Result<(), Cow<'static, str>> {
        self.0.shared.checkpoint()
    }

    /// How it is.
    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// Bytes of rows and indexes that no save may exceed.
    pub fn memory_max(&self) -> usize {
        self.0.shared.options.memory_max
    }

    /// Commits what was handed over, makes it durable, ends the threads and lets other processes have the folder. Saves
    /// are refused afterwards; reads go on.
    ///
    /// # Errors
    ///
    /// Says why acknowledged transactions may not be durable; never with [`Sync::Always`].
    pub fn close(&self) -> Result<(), Cow<'static, str>> {
        let shared = &self.0.shared;
        shared.end();
        let threads = self.0.threads.with(std::mem::take);
        threads.into_iter().for_each(T::join);
        drop(shared.lock.with(Option::take));
        shared.health.with(|health| health.unsynced.clone().map_or(Ok(()), Err))
    }
}

#[cfg(test)]
mod tests;
