//! Staging a transaction: every rule of the language's section 11.3, change by change.
//!
//! A draft is a state of its own; whoever opened it reads its writes in it. The program's session stages while the
//! transaction runs, the committer stages the same changes again on what is current then. A change that is refused
//! leaves the draft as it was. However often a row is written, it gains one version.

use super::cascade::{self, Plan};
use super::{State, table, unreadable};
use crate::base::guard::{Guard, off};
use crate::record::{Datum, Reader, Refusal, Writer};
use crate::store::schema::{Bound, Fields};
use crate::store::{FieldId, Lsn, Row, RowEffect, RowRef, TypeId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A change of a row. Times are milliseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Writes a row.
    Save {
        /// Whose.
        ty: TypeId,
        /// Its id; reserved for it, when it is new.
        id: u64,
        /// Is it new?
        insert: bool,
        /// The version that was read; none: whatever it is.
        expected: Option<u64>,
        /// The time.
        now: i64,
        /// All declared fields, in the stored form.
        data: Arc<[u8]>,
    },
    /// Marks a row as deleted, with what cascades.
    Delete {
        /// Whose.
        ty: TypeId,
        /// Its id.
        id: u64,
        /// The time.
        now: i64,
    },
    /// Undoes that.
    Restore {
        /// Whose.
        ty: TypeId,
        /// Its id.
        id: u64,
        /// The time.
        now: i64,
    },
    /// Removes a row, with what cascades.
    Destroy {
        /// Whose.
        ty: TypeId,
        /// Its id.
        id: u64,
        /// The time; references to it may become none then.
        now: i64,
    },
}

/// A state that a transaction is being staged on. A clone is cheap: it is where a nested transaction goes back to.
#[derive(Clone, Debug)]
pub struct Draft {
    state: State,
    /// Rows that were written, as they were before; none for new ones.
    touched: imbl::OrdMap<(TypeId, u64), Option<Row>>,
}

impl Draft {
    /// A draft that changed nothing yet.
    pub fn new(state: &State) -> Self {
        Self { state: state.clone(), touched: imbl::OrdMap::new() }
    }

    /// What the transaction sees.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Rows that were there before and are written now, with the version that they had.
    pub fn written(&self) -> impl Iterator<Item = (TypeId, u64, u64)> {
        self.touched.iter().filter_map(|((ty, id), before)| Some((*ty, *id, before.as_ref()?.version)))
    }

    /// The new state, and what happened to its rows, each once. A `before` has [`Lsn::NONE`] when an earlier
    /// transaction of the same batch made it. A row that came and went within the transaction is removed too: its id was
    /// seen, and the log must know that it is used up.
    pub fn finish(self) -> (State, Vec<RowEffect>) {
        let effects = self.touched.into_iter().filter_map(|((ty, id), before)| {
            match (self.state.find(ty, id), before) {
                (None, _) => Some(RowEffect::Remove { ty, id }),
                (Some(row), before) if before.as_ref().map(Row::view) != Some(row) => {
                    Some(RowEffect::Put { ty, id, row: row.to_row(), before })
                }
                (Some(_), _) => None,
            }
        });
        let effects = effects.collect();
        (self.state, effects)
    }

    /// Stages a change. Gives the row as it is now; none when it is destroyed.
    ///
    /// # Errors
    ///
    /// Why it cannot be; the draft is as it was.
    pub fn stage(&mut self, change: &Change, memory_max: usize) -> Result<Option<Row>, Refusal> {
        match change {
            Change::Save { ty, id, insert, expected, now, data } => {
                self.state.room(data.len(), *insert, memory_max)?;
                let row = if *insert {
                    self.insert(*ty, *id, *now, data)?
                } else {
                    self.update((*ty, *id), *expected, *now, data)?
                };
                Ok(Some(row))
            }
            Change::Delete { ty, id, now } => self.delete((*ty, *id), *now).map(Some),
            Change::Restore { ty, id, now } => self.restore((*ty, *id), *now).map(Some),
            Change::Destroy { ty, id, now } => self.destroy((*ty, *id), *now).map(|()| None),
        }
    }

    fn insert(&mut self, ty: TypeId, id: u64, now: i64, data: &Arc<[u8]>) -> Result<Row, Refusal> {
        if id == 0 || self.state.find(ty, id).is_some() {
            return Err(Refusal::Unavailable(format!("the id {id} was not reserved").into()));
        }
        self.state.keeps_rules((ty, id), data)?;
        let row = Row {
            version: 1,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            lsn: Lsn::NONE,
            data: data.clone(),
        };
        self.put((ty, id), row.clone());
        Ok(row)
    }

    fn update(
        &mut self,
        (ty, id): (TypeId, u64),
        expected: Option<u64>,
        now: i64,
        data: &Arc<[u8]>,
    ) -> Result<Row, Refusal> {
        let state = &self.state;
        let live = state.find(ty, id).filter(|row| row.deleted_at.is_none());
        let current = live.ok_or_else(|| state.not_found(ty, id))?;
        if let Some(read) = expected {
            state.same_version(ty, id, (current.version, read))?;
        }
        let bound = state.bound(ty)?;
        let data = state.binding.carry(bound, data, current.data).map_err(unreadable)?;
        if state.same_data(bound, &data, current.data)? {
            return Ok(current.to_row());
        }
        state.keeps_rules((ty, id), &data)?;
        let row = Row { data, ..self.next((ty, id), current.to_row(), now) };
        self.put((ty, id), row.clone());
        Ok(row)
    }

    fn delete(&mut self, key: (TypeId, u64), now: i64) -> Result<Row, Refusal> {
        let current = self.current(key)?;
        if current.deleted_at.is_some() {
            return Ok(current);
        }
        let plan = cascade::plan(&self.state, key, false)?;
        let cleared = self.cleared(&plan, now)?;
        for key in &plan.gone {
            if let Some(current) = self.state.find(key.0, key.1).map(RowRef::to_row) {
                let row = self.next(*key, current, now);
                self.put(*key, Row { deleted_at: Some(row.updated_at), ..row });
            }
        }
        cleared.into_iter().for_each(|(key, row)| self.put(key, row));
        self.current(key)
    }

    fn destroy(&mut self, key: (TypeId, u64), now: i64) -> Result<(), Refusal> {
        self.current(key)?;
        let plan = cascade::plan(&self.state, key, true)?;
        let cleared = self.cleared(&plan, now)?;
        for key in &plan.gone {
            self.touch(*key);
            self.state.remove(key.0, key.1);
        }
        cleared.into_iter().for_each(|(key, row)| self.put(key, row));
        Ok(())
    }

    fn restore(&mut self, key: (TypeId, u64), now: i64) -> Result<Row, Refusal> {
        let current = self.current(key)?;
        if current.deleted_at.is_none() {
            return Ok(current);
        }
        self.state.keeps_rules(key, &current.data)?;
        let row = Row { deleted_at: None, ..self.next(key, current, now) };
        self.put(key, row.clone());
        Ok(row)
    }

    /// The rows that lose references to what goes, without them.
    fn cleared(&self, plan: &Plan, now: i64) -> Result<Vec<((TypeId, u64), Row)>, Refusal> {
        let mut rows = Vec::with_capacity(plan.cleared.len());
        for (key, fields) in &plan.cleared {
            let row = self.current(*key)?;
            let data = cut(self.state.bound(key.0)?, &row.data, fields, &plan.gone)?;
            rows.push((*key, Row { data, ..self.next(*key, row, now) }));
        }
        Ok(rows)
    }

    fn current(&self, (ty, id): (TypeId, u64)) -> Result<Row, Refusal> {
        self.state.find(ty, id).map(RowRef::to_row).ok_or_else(|| self.state.not_found(ty, id))
    }

    /// The next version of a row; the same one when this transaction made it.
    fn next(&self, key: (TypeId, u64), current: Row, now: i64) -> Row {
        let step = u64::from(!self.touched.contains_key(&key));
        Row {
            version: current.version.saturating_add(step),
            updated_at: now.max(current.updated_at),
            lsn: Lsn::NONE,
            ..current
        }
    }

    fn put(&mut self, key: (TypeId, u64), row: Row) {
        self.touch(key);
        self.state.put(key.0, key.1, &row);
    }

    fn touch(&mut self, key: (TypeId, u64)) {
        if !self.touched.contains_key(&key) {
            self.touched.insert(key, self.state.find(key.0, key.1).map(RowRef::to_row));
        }
    }
}

impl State {
    /// Refuses what would take more memory than there may be.
    fn room(&self, data: usize, insert: bool, memory_max: usize) -> Result<(), Refusal> {
        /// Of a row beside its data: its place in the tree and in a few indexes.
        const ROW_BYTES: usize = 512;
        let bytes = self.bytes().saturating_add(data).saturating_add(if insert { ROW_BYTES } else { 0 });
        if bytes > memory_max && !off(Guard::StoreMemory) {
            let text = format!(
                "the store is full: {bytes} bytes of {memory_max}; destroy rows or raise store.memory_max"
            );
            return Err(Refusal::Unavailable(text.into()));
        }
        Ok(())
    }

    pub(super) fn same_version(
        &self,
        ty: TypeId,
        id: u64,
        (current, read): (u64, u64),
    ) -> Result<(), Refusal> {
        if current != read && !off(Guard::VersionCheck) {
            return Err(Refusal::Conflict { entity: self.catalogue.name(ty), id, current, read });
        }
        Ok(())
    }

    /// Would the program see the same fields?
    fn same_data(&self, bound: &Bound, new: &[u8], current: &[u8]) -> Result<bool, Refusal> {
        if new == current {
            return Ok(true);
        }
        let declared = |data| self.binding.declared(bound, data).map_err(unreadable);
        Ok(declared(new)? == declared(current)?)
    }

    /// Unique values and references of a row that is to be live.
    fn keeps_rules(&self, (ty, id): (TypeId, u64), data: &[u8]) -> Result<(), Refusal> {
        let bound = self.bound(ty)?;
        let taken = self.table(ty).and_then(|table| table.taken(bound, &self.seed, (id, data)));
        if let Some((at, _)) = taken
            && !off(Guard::UniqueCheck)
        {
            let set = bound.unique.get(at).map_or(&[][..], Vec::as_slice);
            let names = set.iter().filter_map(|(id, _)| bound.by_id(*id)).map(|field| &*field.name);
            return Err(Refusal::Unique {
                entity: bound.name.clone(),
                fields: names.collect::<Vec<_>>().join(", "),
                at: set.iter().map(|(_, index)| *index).collect(),
            });
        }
        for (field, target, _) in bound.references() {
            let gone = table::targets(bound, data, field).into_iter().find(|other| {
                let live = self.find(target, *other).is_some_and(|row| row.deleted_at.is_none());
                !live && (target, *other) != (ty, id)
            });
            if let Some(gone) = gone
                && !off(Guard::ParentLive)
            {
                let name = bound.by_id(field).map_or("", |field| &field.name);
                let target = self.catalogue.name(target);
                return Err(Refusal::ForeignKey(format!(
                    "{}.{name} refers to {target} {gone}, which does not exist",
                    bound.name
                )));
            }
        }
        Ok(())
    }
}

/// The data of a row without the references that these fields have to rows that go.
fn cut(
    bound: &Bound,
    data: &[u8],
    fields: &BTreeSet<FieldId>,
    gone: &BTreeSet<(TypeId, u64)>,
) -> Result<Arc<[u8]>, Refusal> {
    let mut out = Vec::new();
    for field in Fields::of(data) {
        let (id, value) = field.map_err(unreadable)?;
        let target = bound.by_id(id).and_then(|field| field.target).filter(|_| fields.contains(&id));
        let Some((target, _)) = target else {
            out.push((id, value.to_vec()));
            continue;
        };
        let datum = Reader::new(value).datum().map_err(unreadable)?.unwrap_or(Datum::None);
        let mut writer = Writer::new();
        let fault = |fault| unreadable(crate::record::DataError { offset: 0, fault });
        writer.datum(&without(datum, &|id| gone.contains(&(target, id)))).map_err(fault)?;
        out.push((id, writer.finish().map_err(fault)?));
    }
    crate::store::schema::store(out.iter().map(|(id, value)| (*id, value.as_slice())))
        .map_err(|fault| unreadable(crate::record::DataError { offset: 0, fault }))
}

/// A reference to what goes is none; a list loses it. As deep as values nest.
fn without(datum: Datum, gone: &dyn Fn(u64) -> bool) -> Datum {
    match datum {
        Datum::Reference(id) if gone(id) => Datum::None,
        Datum::List(items) => {
            let keep = items.into_iter().filter(|item| !matches!(item, Datum::Reference(id) if gone(*id)));
            Datum::List(keep.map(|item| without(item, gone)).collect())
        }
        other => other,
    }
}
