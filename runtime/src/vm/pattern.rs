//! What patterns and destructuring ask: is it this variant, a list of this length, a map with this key; and the rest of it.

use super::entity::member::{self, Member};
use super::entity::shape;
use super::index::{listed, no_map};
use super::iterate;
use super::native::Context;
use crate::base::span::to_usize;
use crate::value::cut::Cut;
use crate::value::map::Key;
use crate::value::object::Object;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Heap, List, Text, Value};
use std::collections::HashSet;

/// Is it this variant, with or without payload?
pub(super) fn is_variant(context: &mut Context<'_>, value: Value, variant: u32) -> Outcome<bool> {
    let &wanted = context.program.module.variants.get(to_usize(variant)).ok_or(Bug::BadIndex)?;
    Ok(match value {
        Value::Plain { of, variant } => (of, variant) == wanted,
        Value::Variant(object) => match context.heap.objects.get(object)? {
            Object::Variant(found) => (found.of, found.variant) == wanted,
            _ => return Err(Bug::WrongShape.into()),
        },
        _ => false,
    })
}

/// A value of a variant's payload, or none.
pub(super) fn payload(heap: &Heap, value: Value, index: u8) -> Outcome<Value> {
    let Value::Variant(object) = value else { return Ok(Value::None) };
    match heap.objects.get(object)? {
        Object::Variant(variant) => {
            Ok(variant.payload.get(usize::from(index)).copied().unwrap_or(Value::None))
        }
        _ => Err(Bug::WrongShape.into()),
    }
}

fn length_of(length: i32) -> usize {
    usize::try_from(length).unwrap_or(0)
}

/// Is it a list of exactly, or with a rest of at least, so many elements?
pub(super) fn is_list_of(heap: &Heap, value: Value, rest: bool, length: i32) -> Outcome<bool> {
    let Value::List(list) = listed(heap, value)? else { return Ok(false) };
    let (found, wanted) = (heap.lists.get(list)?.items.len(), length_of(length));
    Ok(if rest { found >= wanted } else { found == wanted })
}

/// Is it a map with this key, or an entity with this field?
pub(super) fn has_key(context: &mut Context<'_>, value: Value, name: Handle<Text>) -> Outcome<bool> {
    let program = context.program;
    let map = match value {
        Value::Map(map) => map,
        Value::Entity(entity) => {
            let shape = shape(program, context.heap.entity(entity)?.of)?;
            member::search(context, shape);
            return Ok(Member::by_name(shape, context.heap.texts.str(name)?).is_some());
        }
        _ => return Ok(false),
    };
    let heap = &*context.heap;
    let key = Key::text(&heap.texts, name)?;
    Ok(heap.maps.get(map)?.get(&heap.texts, key).is_some())
}

/// The elements of a list from `from` on.
pub(super) fn list_rest(context: &mut Context<'_>, value: Value, from: i32) -> Outcome<Value> {
    let Value::List(list) = listed(context.heap, value)? else {
        return Err(super::construct::no_list(value));
    };
    let from = length_of(from);
    let count = context.heap.lists.get(list)?.items.len().saturating_sub(from);
    context.charge_fuel(count >> 3);
    context.heap.list_slice(list, Cut { first: from, count, step: 1 })
}

/// What a value yields when iterated, as a new list of at least so many elements.
pub(super) fn take_list(context: &mut Context<'_>, value: Value, length: i32) -> Outcome<Value> {
    let taken = context.heap.new_list_with(0)?;
    iterate::extend(context, taken, value)?;
    let (found, wanted) = (context.heap.lists.get(taken)?.items.len(), length_of(length));
    if found < wanted {
        let message = format!("{wanted} elements are needed here, and there are {found}");
        return Err(Stop::raise(ErrorKind::IndexOutOfBounds, message));
    }
    Ok(Value::List(taken))
}

/// `TypeError` unless it is a map or an entity.
pub(super) fn check_map(value: Value) -> Outcome<()> {
    if let Value::Map(_) | Value::Entity(_) | Value::Client = value { Ok(()) } else { Err(no_map(value)) }
}

/// A copy of a map, or of an entity's declared fields, without the keys in a list.
pub(super) fn map_rest(context: &mut Context<'_>, value: Value, keys: Value) -> Outcome<Value> {
    if let (Value::Entity(entity), Value::List(keys)) = (value, keys) {
        return field_rest(context, entity, keys);
    }
    let (Value::Map(map), Value::List(keys)) = (value, keys) else { return Err(no_map(value)) };
    let heap = &mut *context.heap;
    let count = heap.maps.get(map)?.len();
    let rest = heap.new_map(count)?;
    context.charge_fuel(count.saturating_mul(4));
    let heap = &mut *context.heap;
    let mut place = 0;
    while let Some((&entry, after)) = heap.maps.get(map)?.entry_from(place) {
        heap.set_key(rest, entry.key, entry.value)?;
        place = after;
    }
    for at in 0..heap.lists.get(keys)?.items.len() {
        let Some(&key) = heap.lists.get(keys)?.items.get(at) else { break };
        if let Some(key) = Key::new(&heap.texts, key)? {
            heap.remove_key(rest, key)?;
        }
    }
    Ok(Value::Map(rest))
}

/// What a field that is copied costs.
const FIELD_FUEL: usize = 16;

/// The names that a pattern has taken; the program says how many there are.
fn taken(heap: &Heap, keys: Handle<List>) -> Outcome<HashSet<String>> {
    let mut taken = HashSet::new();
    for key in &heap.lists.get(keys)?.items {
        if let &Value::Text(key) = key {
            taken.insert(heap.texts.str(key)?.to_owned());
        }
    }
    Ok(taken)
}

fn field_rest(context: &mut Context<'_>, entity: Handle<Object>, keys: Handle<List>) -> Outcome<Value> {
    let shape = shape(context.program, context.heap.entity(entity)?.of)?;
    context.charge_fuel(shape.fields.len().saturating_mul(FIELD_FUEL));
    let rest = context.heap.new_map(shape.fields.len())?;
    let taken = taken(context.heap, keys)?;
    for (at, field) in (0..).zip(&shape.fields) {
        if taken.contains(&*field.name) {
            continue;
        }
        let value = member::read_field(context, entity, at)?;
        let name = context.heap.new_text(&field.name)?;
        context.heap.set_key(rest, name, value)?;
    }
    Ok(Value::Map(rest))
}
