//! Reading rows.

use super::Session;
use crate::record::{Batch, Given, Lookup, Pinned, Refusal, Reply, Row as Reported, Which};
use crate::store::commit::unavailable;
use crate::store::state::State;
use crate::store::sync::Threading;
use crate::store::view::{declared, reported};
use crate::store::{FieldId, RowRef, TypeId};
use std::sync::Arc;

/// What a scan goes on in; travels as [`Pinned`].
struct Scan {
    state: Arc<State>,
    ty: TypeId,
    which: Which,
    by: Option<Vec<(FieldId, crate::record::Key)>>,
}

impl<T: Threading> Session<T> {
    pub(super) fn find(&mut self, given: Given, which: Which) -> Result<Reply, Refusal> {
        let state = self.state()?;
        let ty = declared(&state, given.entity)?.ty;
        match state.find(ty, given.id).filter(|row| is_meant(row, which)) {
            Some(row) => reported(&state, (ty, given.id), row).map(Reply::Row),
            None => Ok(Reply::Nothing),
        }
    }

    pub(super) fn count(&mut self, entity: u32, which: Which) -> Result<Reply, Refusal> {
        let state = self.state()?;
        Ok(Reply::Count(state.count(declared(&state, entity)?.ty, which)))
    }

    pub(super) fn scan(
        &mut self,
        entity: u32,
        which: Which,
        by: Option<Lookup>,
        bytes_max: usize,
    ) -> Result<Reply, Refusal> {
        let state = self.state()?;
        let bound = declared(&state, entity)?;
        let number = |(field, key)| Some((bound.field(field)?, key));
        let by = by.map(|Lookup(fields)| fields.into_iter().map(number).collect::<Option<Vec<_>>>());
        let by = by
            .map(|fields| fields.ok_or_else(|| unavailable("the program has no such field")))
            .transpose()?;
        let ty = bound.ty;
        let scan = Scan { state, ty, which, by };
        let (mut batch, more) = scan.batch(0, bytes_max)?;
        // Most look-ups end here.
        batch.more = more.then(|| Pinned(Arc::new(scan)));
        Ok(Reply::Rows(batch))
    }

    pub(super) fn scan_on(&self, pinned: Pinned, after: u64, bytes_max: usize) -> Result<Reply, Refusal> {
        let scan = pinned.0.downcast::<Scan>().map_err(|_| unavailable("no scan was begun there"))?;
        let (mut batch, more) = scan.batch(after, bytes_max)?;
        batch.more = more.then(|| Pinned(scan));
        Ok(Reply::Rows(batch))
    }
}

impl Scan {
    /// Rows behind `after`, and whether there are more.
    fn batch(&self, after: u64, bytes_max: usize) -> Result<(Batch, bool), Refusal> {
        let state = &self.state;
        let found = self.by.as_ref().and_then(|by| state.lookup(self.ty, by, self.which, after));
        let mut batch = Batch::default();
        let more = match found {
            Some(rows) => self.fill(rows, &mut batch, bytes_max)?,
            None => self.fill(state.scan(self.ty, self.which, after), &mut batch, bytes_max)?,
        };
        Ok((batch, more))
    }

    /// Takes rows until it is enough; is there more?
    fn fill<'s>(
        &self,
        rows: impl Iterator<Item = (u64, RowRef<'s>)>,
        batch: &mut Batch,
        bytes_max: usize,
    ) -> Result<bool, Refusal> {
        let mut bytes = 0_usize;
        for (id, row) in rows {
            if bytes >= bytes_max && !batch.rows.is_empty() {
                return Ok(true);
            }
            let row = reported(&self.state, (self.ty, id), row)?;
            bytes = bytes.saturating_add(size_of::<Reported>()).saturating_add(row.data.len());
            batch.rows.push(row);
        }
        Ok(false)
    }
}

const fn is_meant(row: &RowRef<'_>, which: Which) -> bool {
    match which {
        Which::Live => row.deleted_at.is_none(),
        Which::All => true,
        Which::Deleted => row.deleted_at.is_some(),
    }
}
