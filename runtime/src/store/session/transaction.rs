//! Writing: alone, or within transactions.

use super::ticket::Ticket;
use super::{Asked, Session};
use crate::record::request::{Fate, Given};
use crate::record::{Batch, Refusal, Reply, Request};
use crate::store::commit::{Transaction, unavailable};
use crate::store::state::{Change, Draft};
use crate::store::sync::Threading;
use crate::store::view::declared;
use crate::store::{Store, TypeId, View};
use std::sync::Arc;

/// The open transaction.
pub(super) struct Open {
    /// What it began with.
    pub base: View,
    /// That, and its own writes.
    draft: Draft,
    /// What it did; sent to the committer as it is.
    changes: Vec<Change>,
    /// Ids that it reserved.
    ids: Vec<(TypeId, u64)>,
    /// Where the transactions inside it began.
    inner: Vec<Savepoint>,
}

struct Savepoint {
    draft: Draft,
    changes: usize,
    ids: usize,
}

impl<T: Threading> Session<T> {
    pub(super) fn begin(&mut self) -> Result<Reply, Refusal> {
        if let Some(open) = &mut self.open {
            let draft = open.draft.clone();
            open.inner.push(Savepoint { draft, changes: open.changes.len(), ids: open.ids.len() });
        } else {
            self.open = Some(Open::new(self.view()?));
        }
        Ok(Reply::Done)
    }

    /// Undoes the innermost transaction; nothing when none is open.
    pub(super) fn rollback(&mut self) {
        let Some(open) = &mut self.open else { return };
        let ids = if let Some(savepoint) = open.inner.pop() {
            open.changes.truncate(savepoint.changes);
            open.draft = savepoint.draft;
            open.ids.split_off(savepoint.ids.min(open.ids.len()))
        } else {
            self.open.take().map(|open| open.ids).unwrap_or_default()
        };
        if let Some(store) = &self.store {
            store.give_back(&ids);
        }
    }

    pub(super) fn commit(&mut self) -> Result<Asked<T>, Refusal> {
        if self.open.as_mut().is_some_and(|open| open.inner.pop().is_some()) {
            return Ok(Asked::Done(Ok(Reply::Done)));
        }
        let Some(Open { base: view, draft, changes, ids, .. }) = self.open.take() else {
            return Ok(Asked::Done(Ok(Reply::Done)));
        };
        let Some(store) = self.store.as_ref().filter(|_| !changes.is_empty()) else {
            return Ok(Asked::Done(Ok(Reply::Rows(Batch::default()))));
        };
        let transaction = Transaction { changes, base: draft.written().collect(), ids };
        let (ticket, answer) = Ticket::new(Box::new(move |committed| {
            let rows = committed.rows.iter().filter_map(|(ty, id, row)| view.outline(*ty, *id, row.view()));
            Ok(Reply::Rows(Batch { rows: rows.collect(), more: None }))
        }));
        store.submit(transaction, answer);
        Ok(Asked::Wait(ticket))
    }

    /// How much a change would write. Asks for the store as the change itself will, so that both see the same rows.
    pub(super) fn reach(&mut self, given: Given, fate: Fate) -> Result<Reply, Refusal> {
        self.writable()?;
        let state = self.state()?;
        let ty = declared(&state, given.entity)?.ty;
        state.reach((ty, given.id), fate).map(Reply::Reach)
    }

    /// A save and its kin.
    pub(super) fn write(&mut self, request: Request, now: i64) -> Result<Asked<T>, Refusal> {
        let store = self.writable()?;
        let view = self.view()?;
        let (change, ids) = change(&store, &view, request, now)?;
        if let Some(open) = &mut self.open {
            let reply = open.apply(&view, change, store.memory_max());
            match &reply {
                Ok(_) => open.ids.extend(ids),
                Err(_) => store.give_back(&ids),
            }
            return reply.map(|reply| Asked::Done(Ok(reply)));
        }
        let (ty, id) = key(&change);
        let (ticket, answer) = Ticket::new(Box::new(move |committed| match &committed.row {
            Some(row) => view.row(ty, id, row.view()).map(Reply::Row),
            None => Ok(Reply::Done),
        }));
        store.submit(Transaction { changes: vec![change], base: Vec::new(), ids }, answer);
        Ok(Asked::Wait(ticket))
    }
}

impl Open {
    fn new(base: View) -> Self {
        let draft = Draft::new(&base.state);
        Self { base, draft, changes: Vec::new(), ids: Vec::new(), inner: Vec::new() }
    }

    /// Begins in another view; nothing was written yet.
    pub fn restart(&mut self, base: View) {
        let inner = self.inner.len();
        *self = Self::new(base);
        let savepoint = || Savepoint { draft: self.draft.clone(), changes: 0, ids: 0 };
        self.inner = std::iter::repeat_with(savepoint).take(inner).collect();
    }

    /// What it sees.
    pub fn view(&self) -> View {
        View { state: Arc::new(self.draft.state().clone()), ..self.base.clone() }
    }

    /// Does a change in the draft, and writes it down.
    fn apply(&mut self, view: &View, change: Change, memory_max: usize) -> Result<Reply, Refusal> {
        let (ty, id) = key(&change);
        let reply = match self.draft.stage(&change, memory_max)? {
            Some(row) => Reply::Row(view.row(ty, id, row.view())?),
            None => Reply::Done,
        };
        self.changes.push(change);
        Ok(reply)
    }
}

/// What a request changes, and the id that was reserved for it.
fn change<T: Threading>(
    store: &Store<T>,
    view: &View,
    request: Request,
    now: i64,
) -> Result<(Change, Vec<(TypeId, u64)>), Refusal> {
    let change = match request {
        Request::Save { entity, id, version, over, data } => {
            let bound = view.entity(entity)?;
            let stored = view.state.binding().stored(bound, &data);
            let data = stored.map_err(|error| unavailable(format!("{}: {error}", bound.name)))?;
            let ty = bound.ty;
            let Some(id) = id else {
                let id = store.reserve(ty)?;
                let change = Change::Save { ty, id, insert: true, expected: None, now, data };
                return Ok((change, vec![(ty, id)]));
            };
            Change::Save { ty, id, insert: false, expected: (!over).then_some(version), now, data }
        }
        Request::Delete(given) => Change::Delete { ty: view.entity(given.entity)?.ty, id: given.id, now },
        Request::Restore(given) => Change::Restore { ty: view.entity(given.entity)?.ty, id: given.id, now },
        Request::Destroy(given) => Change::Destroy { ty: view.entity(given.entity)?.ty, id: given.id, now },
        _ => return Err(unavailable("a read was asked for as a write")),
    };
    Ok((change, Vec::new()))
}

const fn key(change: &Change) -> (TypeId, u64) {
    match change {
        Change::Save { ty, id, .. }
        | Change::Delete { ty, id, .. }
        | Change::Restore { ty, id, .. }
        | Change::Destroy { ty, id, .. } => (*ty, *id),
    }
}
