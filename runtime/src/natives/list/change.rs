//! What changes a list. Every argument is checked and all room made first: a call that fails leaves the list as it was.

use crate::natives::{arguments, steps};
use crate::value::list::{Access, place};
use crate::value::stop::Outcome;
use crate::value::{Heap, Value};
use crate::vm::{Context, Flow};

/// Charges for elements that move within a list.
fn charge_move(context: &mut Context<'_>, elements: usize) {
    context.charge_fuel(steps::bulk(elements.saturating_mul(size_of::<Value>())));
}

/// Appends each argument.
pub fn push(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let list = arguments::list(args, 0)?;
    let added = args.get(1..).unwrap_or_default();
    context.heap.reserve_list(list, added.len())?;
    context.heap.lists.get_mut(list)?.items.extend_from_slice(added);
    steps::done(Value::None)
}

pub fn insert(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (list, index, value) =
        (arguments::list(args, 0)?, arguments::int(args, 1)?, arguments::value(args, 2)?);
    let length = context.heap.lists.get(list)?.items.len();
    let at = place(length, index, Access::Insert)?;
    charge_move(context, length.saturating_sub(at));
    context.heap.reserve_list(list, 1)?;
    context.heap.lists.get_mut(list)?.items.insert(at, value);
    steps::done(Value::None)
}

/// Inserts at the start.
pub fn unshift(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (list, value) = (arguments::list(args, 0)?, arguments::value(args, 1)?);
    let length = context.heap.lists.get(list)?.items.len();
    charge_move(context, length);
    context.heap.reserve_list(list, 1)?;
    context.heap.lists.get_mut(list)?.items.insert(0, value);
    steps::done(Value::None)
}

pub fn remove_at(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (list, index) = (arguments::list(args, 0)?, arguments::int(args, 1)?);
    let length = context.heap.lists.get(list)?.items.len();
    let at = place(length, index, Access::Write)?;
    charge_move(context, length.saturating_sub(at));
    steps::done(context.heap.lists.get_mut(list)?.items.remove(at))
}

pub fn pop(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let list = arguments::list(args, 0)?;
    steps::done(context.heap.lists.get_mut(list)?.items.pop().unwrap_or(Value::None))
}

/// Removes the first element.
pub fn shift(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let list = arguments::list(args, 0)?;
    let length = context.heap.lists.get(list)?.items.len();
    charge_move(context, length);
    let items = &mut context.heap.lists.get_mut(list)?.items;
    steps::done(if items.is_empty() { Value::None } else { items.remove(0) })
}

/// Removes `n` elements from `i` on, both clamped, puts the further arguments in their place, and gives the removed ones.
pub fn splice(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (list, index, count) =
        (arguments::list(args, 0)?, arguments::int(args, 1)?, arguments::int(args, 2)?);
    let added = args.get(3..).unwrap_or_default();
    let length = context.heap.lists.get(list)?.items.len();
    let (start, end) = spliced(length, index, count);
    charge_move(context, length.saturating_sub(start).saturating_add(added.len()));
    let removed = context.heap.new_list_with(end.saturating_sub(start))?;
    context.heap.reserve_list(list, added.len())?;
    let Heap { lists, .. } = &mut *context.heap;
    let mut taken = std::mem::take(&mut lists.get_mut(removed)?.items);
    taken.extend(lists.get_mut(list)?.items.splice(start..end, added.iter().copied()));
    lists.get_mut(removed)?.items = taken;
    steps::done(Value::List(removed))
}

/// Where a splice starts and ends, inside.
fn spliced(length: usize, index: i64, count: i64) -> (usize, usize) {
    let start = match usize::try_from(index) {
        Ok(at) => at.min(length),
        Err(_) => length.saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let count = usize::try_from(count).unwrap_or(if count < 0 { 0 } else { usize::MAX });
    (start, start.saturating_add(count).min(length))
}

pub fn clear(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let list = arguments::list(args, 0)?;
    context.heap.lists.get_mut(list)?.items.clear();
    steps::done(Value::None)
}
