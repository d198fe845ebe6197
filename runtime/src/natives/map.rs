//! Methods of maps. They are called with parentheses only: `m.keys` is the entry `"keys"`.
//!
//! This file holds the table and what is done in one go; walks over all entries are in [`walk`].

mod walk;

use super::define::{BOOL, FUNCTION, INT, LIST, MAP, NOTHING, alias, function, method, optional, required};
use super::{arguments, steps};
use crate::base::Kinds;
use crate::base::builtin::Param;
use crate::value::map::Key;
use crate::value::stop::Outcome;
use crate::value::{Heap, Value};
use crate::vm::{Context, Flow, Native};

const ANY: Kinds = Kinds::ANY;
const KEY: &[Param] = &[required("k", ANY)];
/// For the client's names, which take the map as argument.
const OF_MAP: &[Param] = &[required("m", MAP)];
const CALLBACK: &[Param] = &[required("f", FUNCTION)];

const HAS: Native = method("has", MAP, KEY, BOOL, has);
const IS_EMPTY: Native = method("is_empty", MAP, &[], BOOL, is_empty);

/// The family.
pub const NATIVES: &[Native] = &[
    method("keys", MAP, &[], LIST, walk::keys),
    function("Object.keys", OF_MAP, LIST, walk::keys),
    method("values", MAP, &[], LIST, walk::values),
    function("Object.values", OF_MAP, LIST, walk::values),
    method("entries", MAP, &[], LIST, walk::entries),
    function("Object.entries", OF_MAP, LIST, walk::entries),
    method("count", MAP, &[], INT, count),
    IS_EMPTY,
    alias("isEmpty", IS_EMPTY),
    HAS,
    alias("includes", HAS),
    method("get", MAP, &[required("k", ANY), optional("default", ANY)], ANY, get),
    method("set", MAP, &[required("k", ANY), required("v", ANY)], NOTHING, set),
    method("remove", MAP, KEY, ANY, remove),
    method("merge", MAP, &[required("m", MAP)], MAP, walk::merge),
    method("map_values", MAP, CALLBACK, MAP, walk::map_values),
    method("filter", MAP, CALLBACK, MAP, walk::filter),
    method("clear", MAP, &[], NOTHING, clear),
];

fn count(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    steps::done(steps::int(context.heap.maps.get(arguments::map(args, 0)?)?.len()))
}

fn is_empty(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    steps::done(Value::Bool(context.heap.maps.get(arguments::map(args, 0)?)?.is_empty()))
}

/// The value of the key given; none when it is missing, or is of a kind that no key has.
fn found(heap: &Heap, args: &[Value]) -> Outcome<Option<Value>> {
    let Some(key) = Key::new(&heap.texts, arguments::value(args, 1)?)? else { return Ok(None) };
    Ok(heap.maps.get(arguments::map(args, 0)?)?.get(&heap.texts, key))
}

fn has(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    steps::done(Value::Bool(found(context.heap, args)?.is_some()))
}

/// The default is for a missing key alone: one that is there may hold none.
fn get(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let default = arguments::given(args, 2).unwrap_or(Value::None);
    steps::done(found(context.heap, args)?.unwrap_or(default))
}

fn set(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let map = arguments::map(args, 0)?;
    context.heap.set_key(map, arguments::value(args, 1)?, arguments::value(args, 2)?)?;
    steps::done(Value::None)
}

fn remove(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let map = arguments::map(args, 0)?;
    let Some(key) = Key::new(&context.heap.texts, arguments::value(args, 1)?)? else {
        return steps::done(Value::None);
    };
    let Heap { texts, maps, .. } = &mut *context.heap;
    steps::done(maps.get_mut(map)?.remove(texts, key).unwrap_or(Value::None))
}

fn clear(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    context.heap.maps.get_mut(arguments::map(args, 0)?)?.clear();
    steps::done(Value::None)
}

#[cfg(test)]
mod tests;
