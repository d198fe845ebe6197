//! One execution's view of the store: its open transactions, its requests and the replies.
//!
//! Reads see the published state of their moment; within a transaction, the state of its beginning and its own writes.
//! A transaction *is* such a state: a copy (a few reference counts) that changes are staged on, each also written down.
//! At the end the committer stages the same changes on what is current then.
//!
//! Invariants:
//!
//! - **E1** A request that is refused leaves the session as it was; a refused commit closes the transaction.
//! - **E2** A session that is dropped undoes what is open and gives its ids back.
//! - **E3** The store is opened by the first request that needs it, and made by the first save alone.
//!
//! Absence: nothing is charged here. Whoever holds a reply accounts for its bytes, those of its own saves included.

mod history;
mod read;
mod ticket;
mod transaction;

pub use ticket::Ticket;

use super::commit::unavailable;
use super::state::State;
use super::sync::{Os, Threading};
use super::{Store, View};
use crate::record::{Refusal, Reply, Request, Schema};
use std::sync::Arc;
use transaction::Open;

/// Where a session's store is.
pub trait Source<T: Threading = Os>: Send + std::marker::Sync {
    /// The store, opened for programs of this schema; made too, if `create` says so. None where there is none.
    fn store(&self, schema: &Schema, create: bool) -> Result<Option<Store<T>>, Refusal>;
}

impl<T: Threading> Source<T> for Store<T> {
    fn store(&self, _: &Schema, _: bool) -> Result<Option<Store<T>>, Refusal> {
        Ok(Some(self.clone()))
    }
}

/// A world without a store: it reads as an empty one, and every save is refused.
#[derive(Clone, Copy, Debug)]
pub struct NoStore;

impl<T: Threading> Source<T> for NoStore {
    fn store(&self, _: &Schema, create: bool) -> Result<Option<Store<T>>, Refusal> {
        if create { Err(unavailable("there is no store here")) } else { Ok(None) }
    }
}

/// The answer to a request: there already, or coming.
pub enum Asked<T: Threading = Os> {
    /// It is there.
    Done(Result<Reply, Refusal>),
    /// The committer will say.
    Wait(Ticket<T>),
}

impl<T: Threading> Asked<T> {
    /// Waits, if it has to, as long as the disk takes.
    pub fn wait(self) -> Result<Reply, Refusal> {
        match self {
            Self::Done(result) => result,
            Self::Wait(ticket) => ticket.wait(),
        }
    }
}

/// See the module.
pub struct Session<T: Threading = Os> {
    schema: Arc<Schema>,
    source: Arc<dyn Source<T>>,
    store: Option<Store<T>>,
    /// What is read where there is no store.
    empty: Option<View>,
    open: Option<Open>,
    walk: Option<history::Walk>,
}

impl<T: Threading> Session<T> {
    /// Of a program of this schema. Nothing is opened yet.
    pub fn new(schema: Arc<Schema>, source: Arc<dyn Source<T>>) -> Self {
        Self { schema, source, store: None, empty: None, open: None, walk: None }
    }

    /// Does what is asked; `now` is in milliseconds since 1970-01-01 UTC. Only [`Request::Commit`] and what is written
    /// outside of a transaction ever wait.
    pub fn ask(&mut self, request: Request, now: i64) -> Asked<T> {
        let reply = match request {
            Request::Save { .. } | Request::Delete(_) | Request::Restore(_) | Request::Destroy(_) => {
                return self.write(request, now).unwrap_or_else(|refusal| Asked::Done(Err(refusal)));
            }
            Request::Reach(given, fate) => self.reach(given, fate),
            Request::Commit => return self.commit().unwrap_or_else(|refusal| Asked::Done(Err(refusal))),
            Request::Begin => self.begin(),
            Request::Rollback => {
                self.rollback();
                Ok(Reply::Done)
            }
            Request::Find { given, which } => self.find(given, which),
            Request::Scan { entity, which, by, from, bytes_max } => match from {
                Some((pinned, after)) => self.scan_on(pinned, after, bytes_max),
                None => self.scan(entity, which, by, bytes_max),
            },
            Request::Count { entity, which } => self.count(entity, which),
            Request::Version { given, at, from } => self.version(given, at, from),
            Request::History { given, below, bytes_max } => self.history(given, below, bytes_max),
        };
        Asked::Done(reply)
    }

    /// Undoes what is open.
    pub fn end(&mut self) {
        while self.open.is_some() {
            self.rollback();
        }
    }

    /// The store to write to. A transaction that began before there was one goes on in it.
    fn writable(&mut self) -> Result<Store<T>, Refusal> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let store =
            self.source.store(&self.schema, true)?.ok_or_else(|| unavailable("there is no store here"))?;
        if let Some(open) = &mut self.open {
            open.restart(store.view());
        }
        self.store = Some(store.clone());
        Ok(store)
    }

    /// What reads of current rows see now.
    fn state(&mut self) -> Result<Arc<State>, Refusal> {
        match (&self.open, &self.store) {
            (None, Some(store)) => Ok(store.state()),
            _ => Ok(self.view()?.state),
        }
    }

    /// What reads see now.
    fn view(&mut self) -> Result<View, Refusal> {
        if let Some(open) = &self.open {
            return Ok(open.view());
        }
        if self.store.is_none() {
            self.store = self.source.store(&self.schema, false)?;
        }
        match (&self.store, &self.empty) {
            (Some(store), _) => Ok(store.view()),
            (None, Some(empty)) => Ok(empty.clone()),
            (None, None) => {
                let empty = View::empty(&self.schema).map_err(|error| unavailable(error.to_string()))?;
                Ok(self.empty.insert(empty).clone())
            }
        }
    }
}

impl<T: Threading> std::fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<T: Threading> Drop for Session<T> {
    fn drop(&mut self) {
        self.end();
    }
}
