//! Loops: the state of a `for`, and everything else that takes a value apart into elements.

use super::compare::range_of;
use super::native::Context;
use crate::value::object::{Iterator, Object};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, Value};

/// A loop over a snapshot of a value.
pub(super) fn start(context: &mut Context<'_>, of: Value) -> Outcome<Value> {
    let heap = &mut *context.heap;
    let iterator = match of {
        Value::List(list) => {
            let count = heap.lists.get(list)?.items.len();
            heap.reserve_object(count.saturating_mul(size_of::<Value>()))?;
            context.charge_fuel(count >> 3);
            let items = context.heap.lists.get(list)?.items.as_slice().into();
            Iterator::Items { items, at: 0 }
        }
        Value::Map(map) => {
            let count = heap.maps.get(map)?.len();
            heap.reserve_object(count.saturating_mul(size_of::<(Value, Value)>()))?;
            context.charge_fuel(count >> 1);
            let entries = context.heap.maps.get(map)?.iter();
            let mut pairs = Vec::with_capacity(count);
            pairs.extend(entries.map(|entry| (entry.key, entry.value)));
            Iterator::Pairs { pairs: pairs.into_boxed_slice(), at: 0 }
        }
        Value::Range(object) => {
            let range = *heap.object(object, range_of)?;
            heap.reserve_object(0)?;
            match range.ends() {
                Some((next, last)) => Iterator::Ints { next, last, at: 0 },
                None => Iterator::Empty,
            }
        }
        Value::Text(text) => {
            heap.reserve_object(0)?;
            Iterator::Chars { text, byte: 0, at: 0 }
        }
        Value::Query(query) => {
            let rows = heap.rows(query)?;
            return start(context, Value::List(rows));
        }
        Value::None | Value::Unset | Value::Client => {
            heap.reserve_object(0)?;
            Iterator::Empty
        }
        other => return Err(refused(other)),
    };
    Ok(Value::Iterator(context.heap.put_object(Object::Iterator(iterator))))
}

#[cold]
pub(super) fn refused(value: Value) -> Stop {
    let kind = value.kind().name();
    Stop::type_error(format!("only lists, maps, ranges, queries and text can be iterated, not {kind}"))
}

/// The state of a loop; a slot may not hold it yet.
fn state(heap: &mut Heap, iterator: Value) -> Outcome<&mut Iterator> {
    let handle = match iterator {
        Value::Iterator(handle) => handle,
        Value::Unset => return Err(Stop::type_error("a loop goes on that did not begin")),
        _ => return Err(Bug::WrongShape.into()),
    };
    match heap.objects.get_mut(handle)? {
        Object::Iterator(iterator) => Ok(iterator),
        _ => Err(Bug::WrongShape.into()),
    }
}

/// The next element; of a map a list of key and value.
#[inline]
pub(super) fn next(heap: &mut Heap, iterator: Value) -> Outcome<Option<Value>> {
    match state(heap, iterator)? {
        Iterator::Items { items, at } => {
            let item = items.get(*at).copied();
            *at = at.wrapping_add(1);
            Ok(item)
        }
        Iterator::Ints { .. } => Ok(next_int(state(heap, iterator)?).map(|(value, _)| value)),
        Iterator::Empty => Ok(None),
        Iterator::Pairs { .. } | Iterator::Chars { .. } => {
            Ok(next_built(heap, iterator)?.map(|(value, _)| value))
        }
    }
}

fn next_int(iterator: &mut Iterator) -> Option<(Value, usize)> {
    let Iterator::Ints { next, last, at } = iterator else { return None };
    let found = (Value::Int(*next), *at);
    *at = at.wrapping_add(1);
    match next.checked_add(1).filter(|next| next <= last) {
        Some(after) => *next = after,
        None => *iterator = Iterator::Empty,
    }
    Some(found)
}

/// The next element of those that make an object for each, and its position. Nothing changes before the object is made.
fn next_built(heap: &mut Heap, iterator: Value) -> Outcome<Option<(Value, usize)>> {
    let (position, made) = match state(heap, iterator)? {
        Iterator::Pairs { pairs, at } => {
            let position = *at;
            let Some(&(key, value)) = pairs.get(position) else { return Ok(None) };
            let pair = heap.new_list_with(2)?;
            heap.lists.get_mut(pair)?.items.extend([key, value]);
            (position, Value::List(pair))
        }
        Iterator::Chars { text, byte, at } => {
            let (text, byte, position) = (*text, *byte, *at);
            let rest = heap.texts.uncharged(text)?.get(byte..).unwrap_or_default();
            let Some(found) = rest.chars().next() else { return Ok(None) };
            (position, heap.new_text(found.encode_utf8(&mut [0; 4]))?)
        }
        _ => return Ok(None),
    };
    let width = if let Value::Text(text) = made { heap.texts.bytes(text)? } else { 0 };
    if let Iterator::Pairs { at, .. } | Iterator::Chars { at, .. } = state(heap, iterator)? {
        *at = at.wrapping_add(1);
    }
    if let Iterator::Chars { byte, .. } = state(heap, iterator)? {
        *byte = byte.wrapping_add(width);
    }
    Ok(Some((made, position)))
}

/// The next element and its position; of a map key and value.
pub(super) fn pair(heap: &mut Heap, iterator: Value) -> Outcome<Option<(Value, Value)>> {
    let found = match state(heap, iterator)? {
        Iterator::Pairs { pairs, at } => {
            let pair = pairs.get(*at).copied();
            *at = at.wrapping_add(1);
            return Ok(pair);
        }
        Iterator::Items { items, at } => {
            let position = *at;
            *at = at.wrapping_add(1);
            items.get(position).map(|&item| (item, position))
        }
        Iterator::Ints { .. } => next_int(state(heap, iterator)?),
        Iterator::Chars { .. } => next_built(heap, iterator)?,
        Iterator::Empty => None,
    };
    Ok(found.map(|(value, at)| (value, Value::Int(i64::try_from(at).unwrap_or(i64::MAX)))))
}

/// The last int of a counted loop; none when it does not run.
pub(super) fn prepare(start: Value, end: Value, inclusive: bool) -> Outcome<Option<i64>> {
    let (Value::Int(start), Value::Int(end)) = (start, end) else {
        return Err(bad_bounds(start, end));
    };
    Ok(crate::value::Range { start, end, inclusive }.ends().map(|(_, last)| last))
}

/// The error of a range whose bounds are no ints.
#[cold]
pub(super) fn bad_bounds(start: Value, end: Value) -> Stop {
    let other = if matches!(start, Value::Int(_)) { end } else { start };
    Stop::type_error(format!("the bounds of a range must be ints, not {}", other.kind().name()))
}

/// Appends what a value yields when iterated to a list; on any failure the list is as it was.
pub(super) fn extend(
    context: &mut Context<'_>,
    list: Handle<crate::value::List>,
    from: Value,
) -> Outcome<()> {
    match from {
        Value::List(from) => {
            let more = context.heap.lists.get(from)?.items.len();
            context.charge_fuel(more >> 3);
            context.heap.extend_list(list, from)
        }
        Value::Query(query) => {
            let rows = context.heap.rows(query)?;
            extend(context, list, Value::List(rows))
        }
        Value::Range(object) => {
            let range = *context.heap.object(object, range_of)?;
            let count = usize::try_from(range.count()?).unwrap_or(usize::MAX);
            context.heap.reserve_list(list, count)?;
            context.charge_fuel(count);
            let items = &mut context.heap.lists.get_mut(list)?.items;
            items.extend(range.ends().into_iter().flat_map(|(first, last)| first..=last).map(Value::Int));
            Ok(())
        }
        other => {
            let kept = context.heap.lists.get(list)?.items.len();
            let done = extend_slowly(context, list, other);
            if done.is_err() {
                context.heap.lists.get_mut(list)?.items.truncate(kept);
            }
            done
        }
    }
}

fn extend_slowly(context: &mut Context<'_>, list: Handle<crate::value::List>, from: Value) -> Outcome<()> {
    let iterator = start(context, from)?;
    while let Some(item) = next(context.heap, iterator)? {
        context.charge_fuel(4);
        context.heap.push(list, item)?;
    }
    Ok(())
}
