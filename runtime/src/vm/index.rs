//! Reading and writing by index, key and slice.

use super::compare::range_of;
use super::entity::member;
use super::native::Context;
use super::trace;
use crate::value::map::Key;
use crate::value::stop::{Outcome, Stop};
use crate::value::text::shortened;
use crate::value::{Handle, Heap, Map, Text, Value, list};

/// `object[index]`
pub(super) fn get(context: &mut Context<'_>, object: Value, index: Value) -> Outcome<Value> {
    let heap = &mut *context.heap;
    match object {
        Value::List(list) => heap.list_get(list, int(index, "a list index")?),
        Value::Map(map) => {
            let key = Key::new(&heap.texts, index)?;
            let map = heap.maps.get(map)?;
            Ok(key.and_then(|key| map.get(&heap.texts, key)).unwrap_or(Value::None))
        }
        Value::Text(text) => heap.index_text(text, int(index, "a text index")?),
        Value::Range(object) => heap.object(object, range_of)?.get(int(index, "a range index")?),
        Value::Query(query) => heap.list_get(heap.rows(query)?, int(index, "a query index")?),
        Value::Client => Ok(Value::Client),
        Value::Entity(entity) => match index {
            Value::Text(name) => {
                // No field has a longer name, and an error repeats it.
                let name = shortened(heap.texts.str(name)?, trace::TOLD_BYTES_MAX);
                match member::read(context, entity, &name)? {
                    Some(value) => Ok(value),
                    None => Err(member::unknown(context, entity, &name)?),
                }
            }
            _ => Ok(Value::None),
        },
        _ => Ok(Value::None),
    }
}

/// The rows of a query as a list; any other value as it is.
pub(super) fn listed(heap: &Heap, value: Value) -> Outcome<Value> {
    match value {
        Value::Query(query) => heap.rows(query).map(Value::List),
        other => Ok(other),
    }
}

fn int(value: Value, what: &str) -> Outcome<i64> {
    match value {
        Value::Int(n) => Ok(n),
        other => Err(Stop::type_error(format!("{what} must be an int, not {}", other.kind().name()))),
    }
}

/// `object[index] = value`
pub(super) fn set(heap: &mut Heap, object: Value, index: Value, value: Value) -> Outcome<()> {
    match object {
        Value::List(list) => heap.list_set(list, int(index, "a list index")?, value),
        Value::Map(map) => heap.set_key(map, index, value),
        Value::Client => Ok(()),
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("only lists and maps can be written by index, not {kind}")))
        }
    }
}

/// `map[key] = value`, of a literal.
pub(super) fn set_entry(heap: &mut Heap, map: Value, key: Value, value: Value) -> Outcome<()> {
    match map {
        Value::Map(map) => heap.set_key(map, key, value),
        other => Err(no_map(other)),
    }
}

#[cold]
pub(super) fn no_map(found: Value) -> Stop {
    Stop::type_error(format!("a map is needed here, not {}", found.kind().name()))
}

/// `map.name = value`
#[inline]
pub(super) fn set_field(
    heap: &mut Heap,
    map: Handle<Map>,
    name: Handle<Text>,
    value: Value,
    hint: &mut u8,
) -> Outcome<()> {
    if heap.maps.get_mut(map)?.set_hinted(name, value, *hint) {
        return Ok(());
    }
    set_field_slowly(heap, map, name, value, hint)
}

fn set_field_slowly(
    heap: &mut Heap,
    map: Handle<Map>,
    name: Handle<Text>,
    value: Value,
    hint: &mut u8,
) -> Outcome<()> {
    heap.set_key(map, Value::Text(name), value)?;
    // Only to learn where it is.
    heap.maps.get(map)?.get_hinted(&heap.texts, name, hint).map(|_| ())
}

/// `object.name = value` of something that is no map.
pub(super) fn set_member(context: &mut Context<'_>, object: Value, name: u32, value: Value) -> Outcome<()> {
    let name = context.program.text(name);
    match object {
        Value::Client => Ok(()),
        Value::Entity(entity) => member::write(context, entity, name, value),
        Value::Response(response) => super::response::set_member(context, response, name, value),
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!(
                "`{name}` cannot be set on {kind}: only maps and entities have fields to set"
            )))
        }
    }
}

/// `object[start:end:step]`
pub(super) fn slice(context: &mut Context<'_>, object: Value, bounds: &[Value]) -> Outcome<Value> {
    let bound = |at: usize| match bounds.get(at) {
        None | Some(Value::None | Value::Unset) => Ok(None),
        Some(&value) => int(value, "a slice bound").map(Some),
    };
    if let Value::Client = object {
        return Ok(Value::Client);
    }
    let (start, end, step) = (bound(0)?, bound(1)?, bound(2)?.unwrap_or(1));
    match listed(context.heap, object)? {
        Value::Text(text) => context.heap.slice_text(text, start, end, step),
        Value::List(list) => {
            let cut = list::cut(context.heap.lists.get(list)?.items.len(), start, end, step)?;
            context.charge_fuel(cut.count >> 2);
            context.heap.list_slice(list, cut)
        }
        Value::Range(object) => {
            let range = *context.heap.object(object, range_of)?;
            let length = usize::try_from(range.count()?).unwrap_or(usize::MAX);
            let cut = list::cut(length, start, end, step)?;
            context.charge_fuel(cut.count);
            let list = context.heap.new_list_with(cut.count)?;
            let first = range.ends().map_or(0, |(first, _)| first);
            let int = |at: usize| Value::Int(first.saturating_add_unsigned(at as u64));
            context.heap.lists.get_mut(list)?.items.extend(cut.positions().map(int));
            Ok(Value::List(list))
        }
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("only text, lists, ranges and queries can be sliced, not {kind}")))
        }
    }
}

/// Removes a key from a map.
pub(super) fn delete(heap: &mut Heap, map: Value, key: Value) -> Outcome<()> {
    let Value::Map(map) = map else { return Err(no_map(map)) };
    if let Some(key) = Key::new(&heap.texts, key)? {
        heap.remove_key(map, key)?;
    }
    Ok(())
}
