//! Rows, indexes and counts, as one immutable value: a clone costs a count a type, and shares all that did not change.
//!
//! Readers keep a [`State`] as long as they like; whoever changes one works on a clone, which copies the paths to what
//! it changes and nothing else. [`Draft`] is a state that a transaction is being staged on: it keeps all rules.
//! Recovery [`apply`](State::apply)s what the log says, unchecked and without indexes, and then [`bind`](State::bind)s
//! the program's schema, which checks what is new in it and builds the indexes in one pass.
//!
//! Invariants:
//!
//! - **T1** Indexes, references and counts say what the rows say, no more and no less.
//! - **T2** A change takes O(log n); looking up a row, or a value that an index knows, too.
//! - **T3** No result depends on a hash, nor on its seed.
//!
//! Absences: no IO, no clock, no locks; old versions are not here, only the place of the record that leads to them.

mod buckets;
mod cascade;
mod draft;
mod index;
mod pages;
mod table;
#[cfg(test)]
mod tests;
mod trie;

pub use draft::{Change, Draft};

use super::schema::{self, Binding, Bound, Catalogue, SchemaError};
use super::{FieldId, Lsn, Row, RowEffect, RowRef, TypeId};
use crate::record::{DataError, Key, KeyView, Refusal, Schema, Which};
use std::hash::RandomState;
use std::sync::Arc;
use table::Table;

/// All that a store holds, at one moment.
#[derive(Clone, Debug)]
pub struct State {
    catalogue: Arc<Catalogue>,
    binding: Arc<Binding>,
    seed: RandomState,
    tables: Vec<Arc<Table>>,
}

impl State {
    /// An empty state, which knows no program yet.
    pub fn new(catalogue: Catalogue) -> Self {
        let mut state = Self {
            catalogue: Arc::default(),
            binding: Arc::default(),
            seed: RandomState::new(),
            tables: Vec::new(),
        };
        state.set_catalogue(catalogue);
        state
    }

    /// The entities and fields that the store ever had.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The program's schema, bound.
    pub fn binding(&self) -> &Arc<Binding> {
        &self.binding
    }

    /// Takes a catalogue that has all of the one before, as the log says.
    pub fn set_catalogue(&mut self, catalogue: Catalogue) {
        self.tables.resize_with(self.tables.len().max(catalogue.entities.len()), Arc::default);
        self.catalogue = Arc::new(catalogue);
    }

    /// This state for a program of that schema. The catalogue may have grown: it is for the caller to log it.
    ///
    /// # Errors
    ///
    /// What the rows cannot mean under the new declaration; the state is as it was.
    pub fn bind(&self, schema: &Schema) -> Result<Self, SchemaError> {
        let (binding, catalogue) = schema::bind(schema, &self.catalogue)?;
        let mut state = self.clone();
        state.set_catalogue(catalogue);
        for (at, table) in state.tables.iter_mut().enumerate() {
            let ty = u32::try_from(at).map(TypeId).map_err(|_| SchemaError::Schema)?;
            let table = Arc::make_mut(table);
            table.clear_indexes(binding.of_type(ty));
            if let Some(bound) = binding.of_type(ty) {
                table.build_indexes(bound, &state.seed)?;
            }
        }
        state.binding = Arc::new(binding);
        Ok(state)
    }

    /// A row, deleted or not.
    pub fn find(&self, ty: TypeId, id: u64) -> Option<RowRef<'_>> {
        self.table(ty)?.rows.get(id)
    }

    /// Rows with ids above `after`, rising.
    pub fn scan(&self, ty: TypeId, which: Which, after: u64) -> impl Iterator<Item = (u64, RowRef<'_>)> {
        let rows = self.table(ty).into_iter().flat_map(move |table| table.rows.iter(after));
        rows.filter(move |(_, row)| match which {
            Which::Live => row.deleted_at.is_none(),
            Which::All => true,
            Which::Deleted => row.deleted_at.is_some(),
        })
    }

    /// Rows with ids above `after` that have these values, rising; none when no index knows. Of the values only those
    /// that the index has are compared.
    pub fn lookup<'a>(
        &'a self,
        ty: TypeId,
        values: &'a [(FieldId, Key)],
        which: Which,
        after: u64,
    ) -> Option<impl Iterator<Item = (u64, RowRef<'a>)> + use<'a>> {
        let (table, bound) = (self.table(ty)?, self.binding.of_type(ty)?);
        let value = |id: FieldId| values.iter().find(|(field, _)| *field == id).map(|(_, key)| key.view());
        let (index, fields) = table.covering(bound, &|id| value(id).is_some())?;
        let hash = match fields {
            [field] if table.reference(bound, *field).is_some() => match value(*field) {
                Some(KeyView::Reference(id)) => Some(id),
                other => index::hash(&self.seed, [other].into_iter()),
            },
            _ => index::hash(&self.seed, fields.iter().map(|id| value(*id))),
        }?;
        Some(index.ids(hash, which, after).filter_map(move |id| {
            let row = table.rows.get(id)?;
            let is_so = |field: &FieldId| Some(table::has(bound, row.data, *field, value(*field)?));
            fields.iter().all(|field| is_so(field) == Some(true)).then_some((id, row))
        }))
    }

    /// How many rows there are, in O(1).
    pub fn count(&self, ty: TypeId, which: Which) -> u64 {
        let Some(table) = self.table(ty) else { return 0 };
        match which {
            Which::Live => table.live,
            Which::All => table.rows.len(),
            Which::Deleted => table.rows.len().saturating_sub(table.live),
        }
    }

    /// How many rows there are of all types.
    pub fn rows(&self) -> u64 {
        self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.rows.len()))
    }

    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.bytes()))
    }

    /// The id that the next row of a type gets; above all that were ever seen.
    pub fn next_id(&self, ty: TypeId) -> u64 {
        self.table(ty).map_or(1, |table| table.next_id.max(1))
    }

    /// Sees to it that rows of a type get ids from `next` on at the lowest.
    pub fn raise_next_id(&mut self, ty: TypeId, next: u64) {
        if let Some(table) = self.table_mut(ty) {
            table.next_id = table.next_id.max(next);
        }
    }

    /// Does what a log record or a snapshot says, unchecked. False when the catalogue has no such type: nothing is done.
    #[must_use]
    pub fn apply(&mut self, effect: &RowEffect) -> bool {
        match effect {
            RowEffect::Put { ty, id, row, .. } => self.put(*ty, *id, row),
            RowEffect::Remove { ty, id } => self.remove(*ty, *id),
        }
    }

    /// The effects were logged as one record, there: the rows that they put lead to it from now on.
    pub fn logged(&mut self, effects: &[RowEffect], lsn: Lsn) {
        for effect in effects {
            if let RowEffect::Put { ty, id, row: put, .. } = effect
                && let Some(table) = self.table_mut(*ty)
                && table.rows.get(*id).is_some_and(|row| row.version == put.version)
            {
                table.rows.set_lsn(*id, lsn);
            }
        }
    }

    /// A row's older versions cannot be found: its history begins with what it is now.
    pub fn forget_history(&mut self, ty: TypeId, id: u64) {
        if let Some(table) = self.table_mut(ty) {
            table.rows.set_lsn(id, Lsn::NONE);
        }
    }

    /// Refuses when one of these rows, read with that version, has another now.
    ///
    /// # Errors
    ///
    /// [`Refusal::Conflict`], or [`Refusal::NotFound`] when it is gone.
    pub fn unchanged(&self, read: &[(TypeId, u64, u64)]) -> Result<(), Refusal> {
        read.iter().try_for_each(|(ty, id, version)| {
            let row = self.find(*ty, *id).ok_or_else(|| self.not_found(*ty, *id))?;
            self.same_version(*ty, *id, (row.version, *version))
        })
    }

    fn put(&mut self, ty: TypeId, id: u64, row: &Row) -> bool {
        let (binding, seed) = (self.binding.clone(), self.seed.clone());
        let Some(table) = self.table_mut(ty) else { return false };
        table.put(id, row, binding.of_type(ty), &seed);
        true
    }

    fn remove(&mut self, ty: TypeId, id: u64) -> bool {
        let (binding, seed) = (self.binding.clone(), self.seed.clone());
        let Some(table) = self.table_mut(ty) else { return false };
        table.remove(id, binding.of_type(ty), &seed);
        true
    }

    fn table(&self, ty: TypeId) -> Option<&Table> {
        self.tables.get(usize::try_from(ty.0).ok()?).map(Arc::as_ref)
    }

    fn table_mut(&mut self, ty: TypeId) -> Option<&mut Table> {
        self.tables.get_mut(usize::try_from(ty.0).ok()?).map(Arc::make_mut)
    }

    fn bound(&self, ty: TypeId) -> Result<&Bound, Refusal> {
        self.binding
            .of_type(ty)
            .ok_or(Refusal::Unavailable("the program does not declare this entity".into()))
    }

    fn not_found(&self, ty: TypeId, id: u64) -> Refusal {
        Refusal::NotFound { entity: self.catalogue.name(ty), id }
    }
}

/// A row whose data cannot be read is refused, not trusted.
fn unreadable(error: DataError) -> Refusal {
    Refusal::Unavailable(format!("a row cannot be read: {error}").into())
}
