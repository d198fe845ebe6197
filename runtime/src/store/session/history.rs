//! Older versions: a row's record in the log leads to the version before it, and so on.
//!
//! A walk remembers where it stopped, so that the next batch of a long history goes on there.

use super::Session;
use crate::record::{Batch, Given, Pinned, Refusal, Reply, Row as Reported, VersionAt};
use crate::store::commit::unavailable;
use crate::store::sync::Threading;
use crate::store::{Lsn, Row, RowRef, Store, TypeId, View};
use std::sync::Arc;

/// What a walk reads from.
struct From<'a, T: Threading> {
    view: &'a View,
    /// What an open transaction began with.
    base: Option<&'a View>,
    store: Option<&'a Store<T>>,
}

/// Versions that one request looks at: each is a record to be read.
const VERSIONS_MAX: u64 = 64;

/// A search for a version, and how many were passed.
#[derive(Clone, Debug)]
struct Search {
    walk: Walk,
    back: u64,
}

/// Where a walk through a row's versions stands.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    given: Given,
    ty: TypeId,
    /// The version that comes next, and when the one after it was written.
    next: Option<(Row, Option<i64>)>,
}

impl Walk {
    /// From the current version.
    fn new(view: &View, given: Given) -> Result<Self, Refusal> {
        let ty = view.entity(given.entity)?.ty;
        let next = view.state.find(ty, given.id).map(|row| (row.to_row(), None));
        Ok(Self { given, ty, next })
    }

    /// The next older one, and when the one after it was written.
    fn step<T: Threading>(&mut self, from: &From<'_, T>) -> Result<Option<(Row, Option<i64>)>, Refusal> {
        let Some((row, valid_to)) = self.next.take() else { return Ok(None) };
        self.next = self.before(&row, from)?.map(|before| (before, Some(row.updated_at)));
        Ok(Some((row, valid_to)))
    }

    /// A version as the program sees it.
    fn reported(&self, view: &View, (row, valid_to): &(Row, Option<i64>)) -> Result<Reported, Refusal> {
        Ok(Reported { valid_to: *valid_to, ..view.row(self.ty, self.given.id, row.view())? })
    }

    /// The version before `row`. That of an open transaction's own is the one that the transaction began with; a repaired
    /// row may have none.
    fn before<T: Threading>(&self, row: &Row, from: &From<'_, T>) -> Result<Option<Row>, Refusal> {
        if row.lsn == Lsn::NONE {
            let base = from.base.and_then(|base| base.state.find(self.ty, self.given.id));
            return Ok(base.filter(|base| base.version < row.version).map(RowRef::to_row));
        }
        let read = |view: &View| {
            let Some((disk, archive)) = &view.files else { return Ok(None) };
            archive.before(&**disk, self.ty, self.given.id, row)
        };
        // A checkpoint may have moved it to a newer archive meanwhile.
        let before =
            read(from.view).or_else(|error| from.store.map_or(Err(error), |store| read(&store.view())));
        before.map_err(|error| unavailable(format!("an older version cannot be read: {error}")))
    }
}

impl<T: Threading> Session<T> {
    /// Looks at a few versions, and at more when it is asked on.
    pub(super) fn version(
        &mut self,
        given: Given,
        at: VersionAt,
        pinned: Option<Pinned>,
    ) -> Result<Reply, Refusal> {
        let view = self.view()?;
        let base = self.open.as_ref().map(|open| &open.base);
        let from = From { view: &view, base, store: self.store.as_ref() };
        let mut search = match pinned {
            None => Search { walk: Walk::new(&view, given)?, back: 0 },
            Some(pinned) => {
                let search = pinned.0.downcast::<Search>();
                Search::clone(&*search.map_err(|_| unavailable("no search was begun there"))?)
            }
        };
        for _ in 0..VERSIONS_MAX {
            let Some(version) = search.walk.step(&from)? else { return Ok(Reply::Nothing) };
            let row = &version.0;
            let found = match at {
                VersionAt::Back(n) => search.back == n,
                VersionAt::Number(n) => row.version == n,
                VersionAt::Time(ms) => row.updated_at <= ms,
            };
            let deleted = matches!(at, VersionAt::Time(_)) && row.deleted_at.is_some();
            // Versions and times fall from here on.
            if matches!(at, VersionAt::Number(n) if row.version < n) || (found && deleted) {
                return Ok(Reply::Nothing);
            }
            if found {
                return search.walk.reported(&view, &version).map(Reply::Row);
            }
            search.back = search.back.saturating_add(1);
        }
        Ok(Reply::Rows(Batch { rows: Vec::new(), more: Some(Pinned(Arc::new(search))) }))
    }

    pub(super) fn history(
        &mut self,
        given: Given,
        below: Option<u64>,
        bytes_max: usize,
    ) -> Result<Reply, Refusal> {
        let view = self.view()?;
        let base = self.open.as_ref().map(|open| &open.base);
        let from = From { view: &view, base, store: self.store.as_ref() };
        let goes_on = |walk: &Walk| {
            let next = walk.next.as_ref().and_then(|(row, _)| row.version.checked_add(1));
            walk.given == given && next.is_some() && next == below
        };
        let mut walk = match self.walk.take().filter(goes_on) {
            Some(walk) => walk,
            None => Walk::new(&view, given)?,
        };
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while let Some(version) = walk.next.as_ref().map(|(row, _)| row.version) {
            if bytes >= bytes_max && !batch.rows.is_empty() {
                break;
            }
            let Some(found) = walk.step(&from)? else { break };
            if below.is_none_or(|below| version < below) {
                let row = walk.reported(&view, &found)?;
                bytes = bytes.saturating_add(size_of::<Reported>()).saturating_add(row.data.len());
                batch.rows.push(row);
            }
        }
        // The walk itself says where it goes on.
        batch.more = walk.next.is_some().then(|| Pinned(Arc::new(())));
        self.walk = Some(walk);
        Ok(Reply::Rows(batch))
    }
}
