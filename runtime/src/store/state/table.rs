//! The rows of one type, with the indexes over them (T1).

use super::index::{self, Index};
use super::pages::Rows;
use crate::record::{KeyView, Reader, Token};
use crate::store::schema::{Bound, Fields, SchemaError, each_reference, field, widened};
use crate::store::{FieldId, Row, RowRef};
use std::hash::RandomState;

/// The rows of one type.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub rows: Rows,
    /// How many are not deleted.
    pub live: u64,
    /// Above all ids that were ever seen; 0 before the first.
    pub next_id: u64,
    /// One for each of [`Bound::unique`].
    unique: Vec<Index>,
    /// One for each of [`Bound::indexes`].
    indexes: Vec<Index>,
    /// One for each of [`Bound::references`]; what is looked up is the target's id itself.
    references: Vec<Index>,
}

impl Table {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        let indexes = self.unique.iter().chain(&self.indexes).chain(&self.references);
        indexes.fold(self.rows.bytes(), |sum, index| sum.saturating_add(index.bytes()))
    }

    /// Empty indexes for what the program declares.
    pub fn clear_indexes(&mut self, bound: Option<&Bound>) {
        let count = |of: &dyn Fn(&Bound) -> usize| vec![Index::default(); bound.map_or(0, of)];
        self.unique = count(&|bound| bound.unique.len());
        self.indexes = count(&|bound| bound.indexes.len());
        self.references = count(&|bound| bound.references().count());
    }

    /// Makes the indexes from all rows, and looks whether the rows keep the declaration.
    pub fn build_indexes(&mut self, bound: &Bound, seed: &RandomState) -> Result<(), SchemaError> {
        for (id, row) in self.rows.iter(0) {
            if let Some(error) = Fields::of(row.data).find_map(Result::err) {
                return Err(SchemaError::Row { entity: bound.name.clone(), id, error });
            }
            if row.deleted_at.is_none() {
                for declared in bound.fields.iter().filter(|declared| declared.narrowed) {
                    let value = field(row.data, declared.id).unwrap_or(&declared.missing);
                    if matches!(Reader::new(value).token(), Ok(Some(Token::None))) {
                        let (entity, field) = (bound.name.clone(), declared.name.clone());
                        return Err(SchemaError::None { entity, field, id });
                    }
                }
            }
        }
        let of_values = |fields: &[FieldId]| {
            self.built(|row, entries| {
                let hash = index::hash(seed, fields.iter().map(|id| key(bound, row.data, *id)));
                entries.extend(hash);
            })
        };
        let ids = |set: &[(FieldId, u32)]| set.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let unique = bound.unique.iter().map(|set| of_values(&ids(set))).collect();
        let indexes = bound.indexes.iter().map(|fields| of_values(fields)).collect();
        let of_targets = |field| self.built(|row, entries| entries.extend(targets(bound, row.data, field)));
        let references = bound.references().map(|(field, ..)| of_targets(field)).collect();
        (self.unique, self.indexes, self.references) = (unique, indexes, references);
        self.all_unique(bound, seed)
    }

    /// An index of what `hashes` says of each row.
    fn built(&self, hashes: impl Fn(RowRef<'_>, &mut Vec<u64>)) -> Index {
        let (mut live, mut deleted, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for (id, row) in self.rows.iter(0) {
            hashes(row, &mut own);
            let entries = if row.deleted_at.is_none() { &mut live } else { &mut deleted };
            entries.extend(own.drain(..).map(|hash| (hash, id)));
        }
        Index::of(live, deleted)
    }

    /// Refuses when live rows share a unique value; tells of the lowest of those that were not the first to have it.
    fn all_unique(&self, bound: &Bound, seed: &RandomState) -> Result<(), SchemaError> {
        let lowest = self.unique.iter().flat_map(Index::shared).filter_map(|mut same| {
            same.find_map(|id| {
                let row = self.rows.get(id)?;
                self.taken(bound, seed, (id, row.data)).filter(|(_, other)| *other < id)?;
                Some(id)
            })
        });
        let Some(id) = lowest.min() else { return Ok(()) };
        let Some(row) = self.rows.get(id) else { return Ok(()) };
        let Some((at, first)) = self.taken(bound, seed, (id, row.data)) else { return Ok(()) };
        Err(duplicate(bound, at, first, (id, row)))
    }

    /// A live row other than this one that has the values of a unique set: which set, and its id.
    pub fn taken(
        &self,
        bound: &Bound,
        seed: &RandomState,
        (own, data): (u64, &[u8]),
    ) -> Option<(usize, u64)> {
        self.unique.iter().zip(&bound.unique).enumerate().find_map(|(at, (index, fields))| {
            let hash = index::hash(seed, fields.iter().map(|(id, _)| key(bound, data, *id)))?;
            let other = index.ids(hash, crate::record::Which::Live, 0).find(|id| {
                let same = |row: RowRef<'_>| {
                    fields.iter().all(|(id, _)| key(bound, row.data, *id) == key(bound, data, *id))
                };
                *id != own && self.rows.get(*id).is_some_and(same)
            })?;
            Some((at, other))
        })
    }

    /// Sets a row.
    pub fn put(&mut self, id: u64, row: &Row, bound: Option<&Bound>, seed: &RandomState) {
        let live = row.deleted_at.is_none();
        self.next_id = self.next_id.max(id.saturating_add(1));
        let before = self.rows.get(id).map(RowRef::to_row);
        if let Some(bound) = bound {
            self.index(bound, seed, (id, before.as_ref(), Some(row)));
        }
        self.rows.insert(id, row);
        self.live = self.live.saturating_add(u64::from(live));
        self.forget(before.as_ref());
    }

    /// Removes a row, if it is there.
    pub fn remove(&mut self, id: u64, bound: Option<&Bound>, seed: &RandomState) {
        self.next_id = self.next_id.max(id.saturating_add(1));
        let before = self.rows.get(id).map(RowRef::to_row);
        self.rows.remove(id);
        if let Some(bound) = bound {
            self.index(bound, seed, (id, before.as_ref(), None));
        }
        self.forget(before.as_ref());
    }

    /// An index of `known` fields that leads to fewest rows, as far as can be told: a unique one, or that with most fields;
    /// and its fields.
    pub fn covering<'a>(
        &'a self,
        bound: &'a Bound,
        known: &dyn Fn(FieldId) -> bool,
    ) -> Option<(&'a Index, &'a [FieldId])> {
        let indexes = self.unique.iter().chain(&self.indexes).chain(&self.references);
        let sets = bound.lookups.iter().map(Vec::as_slice);
        let covered = indexes.zip(sets).filter(|(_, set)| !set.is_empty() && set.iter().all(|id| known(*id)));
        let is_unique =
            |set: &[FieldId]| bound.unique.iter().any(|unique| unique.iter().map(|(id, _)| id).eq(set));
        // Of equals the last is taken: one of references, which need not hash.
        covered.max_by_key(|(_, set)| (is_unique(set), set.len()))
    }

    /// The index of rows by what a field of theirs refers to.
    pub fn reference(&self, bound: &Bound, field: FieldId) -> Option<&Index> {
        let at = bound.references().position(|(id, ..)| id == field)?;
        self.references.get(at)
    }

    /// Takes the row `before` out of the counts.
    fn forget(&mut self, before: Option<&Row>) {
        if let Some(before) = before {
            self.live = self.live.saturating_sub(u64::from(before.deleted_at.is_none()));
        }
    }

    /// Brings the indexes from one version of a row to the next.
    fn index(
        &mut self,
        bound: &Bound,
        seed: &RandomState,
        (id, before, after): (u64, Option<&Row>, Option<&Row>),
    ) {
        let entry = |row: Option<&Row>, fields: &mut dyn Iterator<Item = FieldId>| {
            let row = row?;
            let hash = index::hash(seed, fields.map(|id| key(bound, &row.data, id)))?;
            Some((hash, row.deleted_at.is_some()))
        };
        for (index, fields) in self.unique.iter_mut().zip(&bound.unique) {
            let mut ids = fields.iter().map(|(id, _)| *id);
            change(index, id, entry(before, &mut ids.clone()), entry(after, &mut ids));
        }
        for (index, fields) in self.indexes.iter_mut().zip(&bound.indexes) {
            let mut ids = fields.iter().copied();
            change(index, id, entry(before, &mut ids.clone()), entry(after, &mut ids));
        }
        for (index, (field, ..)) in self.references.iter_mut().zip(bound.references()) {
            let targets = |row: Option<&Row>| {
                row.map(|row| (targets(bound, &row.data, field), row.deleted_at.is_some()))
                    .unwrap_or_default()
            };
            let (old, new) = (targets(before), targets(after));
            if old != new {
                old.0.iter().for_each(|target| index.remove(*target, id, old.1));
                new.0.iter().for_each(|target| index.insert(*target, id, new.1));
            }
        }
    }
}

fn change(index: &mut Index, id: u64, before: Option<(u64, bool)>, after: Option<(u64, bool)>) {
    if before != after {
        if let Some((hash, deleted)) = before {
            index.remove(hash, id, deleted);
        }
        if let Some((hash, deleted)) = after {
            index.insert(hash, id, deleted);
        }
    }
}

/// What a row has in a declared field, encoded.
fn value<'a>(bound: &'a Bound, data: &'a [u8], id: FieldId) -> &'a [u8] {
    field(data, id).or_else(|| bound.by_id(id).map(|field| &*field.missing)).unwrap_or_default()
}

/// What a row has in a declared field, as an index sees it: as the program does, to which an int of old is a number where
/// the declaration says so now. Beyond 2^53 two ints may be one number.
fn key<'a>(bound: &'a Bound, data: &'a [u8], id: FieldId) -> Option<KeyView<'a>> {
    match KeyView::of(value(bound, data, id))? {
        KeyView::Int(int) if bound.by_id(id).is_some_and(|field| field.widens) => {
            KeyView::number(widened(int))
        }
        key => Some(key),
    }
}

/// Has a row this value in a field, or, in a list of references, among others?
pub(super) fn has(bound: &Bound, data: &[u8], id: FieldId, wanted: KeyView<'_>) -> bool {
    match wanted {
        KeyView::Reference(target) => targets(bound, data, id).contains(&target),
        // An int may be a number today.
        KeyView::Int(_) | KeyView::Number(_) => key(bound, data, id) == Some(wanted),
        _ => wanted.is_of(value(bound, data, id)),
    }
}

/// What a field of a row refers to, rising, each once.
pub(super) fn targets(bound: &Bound, data: &[u8], id: FieldId) -> Vec<u64> {
    let mut targets = Vec::new();
    each_reference(value(bound, data, id), &mut |target| targets.push(target));
    targets.sort_unstable();
    targets.dedup();
    targets
}

fn duplicate(bound: &Bound, at: usize, first: u64, (second, row): (u64, RowRef<'_>)) -> SchemaError {
    let set = bound.unique.get(at).map_or(&[][..], Vec::as_slice);
    let fields =
        set.iter().filter_map(|(id, _)| bound.by_id(*id)).map(|field| &*field.name).collect::<Vec<_>>();
    let values = set.iter().map(|(id, _)| match key(bound, row.data, *id) {
        Some(KeyView::Bool(b)) => b.to_string(),
        Some(KeyView::Int(n) | KeyView::Time(n)) => n.to_string(),
        Some(KeyView::Number(bits)) => f64::from_bits(bits).to_string(),
        Some(KeyView::Text(text)) => format!("{text:?}"),
        Some(KeyView::Reference(id)) => id.to_string(),
        Some(KeyView::Variant(name)) => name.to_string(),
        Some(KeyView::Whole(_)) => "the same value".to_string(),
        None => "none".to_string(),
    });
    SchemaError::Duplicate {
        entity: bound.name.clone(),
        fields: fields.join(", "),
        value: values.collect::<Vec<_>>().join(", "),
        first,
        second,
    }
}
