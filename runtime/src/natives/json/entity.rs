//! An entity as JSON: `id`, its fields in order without hidden ones, then the other automatic fields. What refers to an
//! entity is written as its id, so nothing is loaded and nothing goes round in circles.

use crate::base::span::to_u32;
use crate::record::{EntityShape, FieldType};
use crate::value::stop::Outcome;
use crate::value::{Handle, Heap, List, Object, Value};
use crate::vm::entity::member::{self, Automatic};
use std::sync::Arc;

/// What follows the declared fields.
const BEHIND: &[(&str, Automatic)] = &[
    ("created_at", Automatic::CreatedAt),
    ("updated_at", Automatic::UpdatedAt),
    ("deleted_at", Automatic::DeletedAt),
    ("version", Automatic::Version),
];

/// The value of an entry.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// As it is.
    Value(Value),
    /// A list that is written as the ids that it refers to.
    Ids(Handle<List>),
}

/// The entry at a place or behind it that is written: its place, name and value.
pub fn entry(
    heap: &Heap,
    shape: &EntityShape,
    object: Handle<Object>,
    at: usize,
) -> Outcome<Option<(usize, Arc<str>, Entry)>> {
    let entity = heap.entity(object)?;
    let stored = entity.stored.as_ref();
    let Some(field) = at.checked_sub(1) else {
        return Ok(Some((at, "id".into(), Entry::Value(Automatic::Id.read(stored)))));
    };
    for (place, field) in shape.fields.iter().enumerate().skip(field) {
        if !field.hidden {
            let value = member::field(entity, to_u32(place));
            let value = match (&field.ty, value) {
                (FieldType::List(of), Value::List(list)) if matches!(**of, FieldType::Reference(_)) => {
                    Entry::Ids(list)
                }
                (FieldType::Reference(_), value) => Entry::Value(id_of(heap, value)?),
                (_, value) => Entry::Value(value),
            };
            return Ok(Some((place.saturating_add(1), field.name.clone(), value)));
        }
    }
    let first = shape.fields.len().saturating_add(1);
    let place = at.max(first);
    let behind = BEHIND.get(place.saturating_sub(first));
    Ok(behind.map(|&(name, field)| (place, name.into(), Entry::Value(field.read(stored)))))
}

/// What refers to an entity as its id; anything else, which no save would accept, as it is.
pub fn id_of(heap: &Heap, value: Value) -> Outcome<Value> {
    match value {
        Value::Reference { .. } | Value::Entity(_) => member::id_of(heap, value),
        other => Ok(other),
    }
}
