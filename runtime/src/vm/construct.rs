//! Making values: constants, closures, lists, maps, ranges, variants, interpolated text.

use super::native::{Context, Flow};
use super::program::{Loaded, Program};
use super::write;
use super::{errors, iterate};
use crate::base::span::to_usize;
use crate::code::Capture;
use crate::value::object::{Object, Range, Variant};
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Closure, Handle, Heap, Value};

/// A constant as a value.
#[inline]
pub(super) fn constant(context: &mut Context<'_>, index: u32) -> Outcome<Value> {
    match context.program.constants.get(to_usize(index)).ok_or(Bug::BadIndex)? {
        Loaded::Value(value) => Ok(*value),
        Loaded::Regex(pattern) => context.heap.new_object(Object::Regex(pattern.clone())).map(Value::Regex),
    }
}

/// A variant without payload, or the function that makes one with payload.
pub(super) fn variant(program: &Program, index: u32) -> Outcome<Value> {
    let &(of, variant) = program.module.variants.get(to_usize(index)).ok_or(Bug::BadIndex)?;
    Ok(if program.payload(of, variant)?.is_empty() {
        Value::Plain { of, variant }
    } else {
        Value::Constructor { of, variant }
    })
}

/// A variant with payload.
pub(super) fn payload(heap: &mut Heap, (of, variant): (u32, u32), values: &[Value]) -> Outcome<Value> {
    heap.reserve_object(size_of_val(values))?;
    let made = Object::Variant(Variant { of, variant, payload: values.into() });
    Ok(Value::Variant(heap.put_object(made)))
}

/// A closure over the cells that its function's capture list names.
pub(super) fn closure(
    context: &mut Context<'_>,
    function: u32,
    registers: &[Value],
    slots: &[Value],
    running: Option<Handle<Closure>>,
) -> Outcome<Value> {
    let captures = &context.program.function(function)?.captures;
    if captures.len() > FEW {
        context.charge_fuel(captures.len());
    }
    let heap = &mut *context.heap;
    heap.reserve_closure(captures.len())?;
    let cell = |capture: &Capture| {
        let found = match *capture {
            Capture::Register(register) => registers.get(usize::from(register)).copied(),
            Capture::Slot(slot) => slots.get(to_usize(slot)).copied(),
            Capture::Captured(at) => {
                let cells = &heap.closures.get(running.ok_or(Bug::BadFrame)?)?.cells;
                cells.get(to_usize(at)).copied().map(Value::Cell)
            }
        };
        cell_of(found.unwrap_or(Value::Unset))
    };
    let cells = captures.iter().map(cell).collect::<Outcome<_>>()?;
    Ok(heap.put_closure(function, cells))
}

/// Captures that are part of what an instruction costs.
const FEW: usize = 16;

/// The captured variable that a register or slot holds. A slot may not hold its variable yet.
#[inline]
pub(super) fn cell_of(value: Value) -> Outcome<Handle<Value>> {
    match value {
        Value::Cell(cell) => Ok(cell),
        Value::Unset => Err(Stop::raise(ErrorKind::NameError, "a captured variable does not exist yet")),
        _ => Err(Bug::WrongShape.into()),
    }
}

/// A list of these.
pub(super) fn list(heap: &mut Heap, items: &[Value]) -> Outcome<Value> {
    let list = heap.new_list_with(items.len())?;
    heap.lists.get_mut(list)?.items.extend_from_slice(items);
    Ok(Value::List(list))
}

#[cold]
pub(super) fn no_list(found: Value) -> Stop {
    Stop::type_error(format!("a list is needed here, not {}", found.kind().name()))
}

/// Appends these to a list.
pub(super) fn append(heap: &mut Heap, list: Value, items: &[Value]) -> Outcome<()> {
    let Value::List(list) = list else { return Err(no_list(list)) };
    heap.reserve_list(list, items.len())?;
    heap.lists.get_mut(list)?.items.extend_from_slice(items);
    Ok(())
}

/// Appends what a value yields to a list.
pub(super) fn append_all(context: &mut Context<'_>, list: Value, from: Value) -> Outcome<()> {
    let Value::List(list) = list else { return Err(no_list(list)) };
    iterate::extend(context, list, from)
}

/// An empty map with room for so many entries.
pub(super) fn map(heap: &mut Heap, capacity: i32) -> Outcome<Value> {
    heap.new_map(usize::try_from(capacity).unwrap_or(0)).map(Value::Map)
}

/// Sets the entries of a map, or of none, in a map.
pub(super) fn set_all(context: &mut Context<'_>, map: Value, from: Value) -> Outcome<()> {
    let Value::Map(map) = map else { return Err(super::index::no_map(map)) };
    let from = match from {
        Value::None | Value::Unset | Value::Client => return Ok(()),
        Value::Map(from) => from,
        other => return Err(super::index::no_map(other)),
    };
    if map == from {
        return Ok(());
    }
    // Met by a collection half-way it starts over, and sets the same entries to the same values.
    let mut place = 0;
    while let Some((&entry, after)) = context.heap.maps.get(from)?.entry_from(place) {
        context.heap.set_key(map, entry.key, entry.value)?;
        context.charge_fuel(4);
        place = after;
    }
    Ok(())
}

/// `start..end`
pub(super) fn range(heap: &mut Heap, start: Value, end: Value, inclusive: bool) -> Outcome<Value> {
    let (Value::Int(start), Value::Int(end)) = (start, end) else {
        return Err(iterate::bad_bounds(start, end));
    };
    heap.new_object(Object::Range(Range { start, end, inclusive })).map(Value::Range)
}

/// The texts of these, joined.
pub(super) fn interpolate(context: &mut Context<'_>, parts: &[Value]) -> Outcome<Flow> {
    write::joined(context, parts)
}

/// `name` and `values` of a variant; nothing else has members here.
pub(super) fn variant_member(context: &mut Context<'_>, object: Value, name: u32) -> Outcome<Flow> {
    let text = context.program.text(name);
    let (of, variant, payload): (_, _, &[Value]) = match object {
        Value::Plain { of, variant } => (of, variant, &[]),
        Value::Variant(handle) => match context.heap.objects.get(handle)? {
            Object::Variant(found) => (found.of, found.variant, &found.payload),
            _ => return Err(Bug::WrongShape.into()),
        },
        other => return Err(errors::no_property(other.kind(), text)),
    };
    let value = match text {
        "name" => {
            let (_, name) = context.program.variant(of, variant)?;
            context.heap.new_text(name)?
        }
        "values" => {
            let values = payload.to_vec();
            list(context.heap, &values)?
        }
        _ => return Err(errors::no_property(object.kind(), text)),
    };
    Ok(Flow::Value(value))
}
