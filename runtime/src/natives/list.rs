//! Methods of lists, which the machine also gives the rows of a query as a list. Those that change nothing also take a range, which stays lazy where the answer is known at once.
//!
//! This file holds the table, the rest is in a file an idea. Whatever touches every element runs in steps; what moves
//! elements within a list in one go (`insert`, `shift`, `splice`) costs a sixteenth of a unit a byte.

mod assemble;
mod callbacks;
mod change;
mod elements;
mod fold;
mod hash;
mod join;
mod seek;
mod sort;
mod unique;

pub use callbacks::{every, find};
pub use elements::Elements;
pub use fold::{Fold, folded};
pub use seek::contains;
pub use sort::Sort;

use super::define::{
    BOOL, FUNCTION, INT, LIST, MAP, NOTHING, TEXT, alias, method, optional, property, required, variadic,
};
use super::{arguments, steps};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::Value;
use crate::value::stop::Outcome;
use crate::vm::{Context, Flow, Native};

/// Lists and what converts to one.
const LISTS: Kinds = Kinds::LISTS;
/// The same for names that mean something else to a query.
const NO_QUERY: Kinds = Kinds::of(&[Kind::List, Kind::Range]);
const INT_OR_NONE: Kinds = Kinds::of(&[Kind::Int, Kind::None]);
const ANY: Kinds = Kinds::ANY;
const VALUE: &[Param] = &[required("x", ANY)];
const CALLBACK: &[Param] = &[required("f", FUNCTION)];
const COUNT: &[Param] = &[required("n", INT)];
const OTHERS: &[Param] = &[required("xs", LISTS)];
const BOUNDS: &[Param] = &[optional("a", INT_OR_NONE), optional("b", INT_OR_NONE)];
const NUMERIC_OR_NONE: Kinds = Kinds::of(&[Kind::Int, Kind::Number, Kind::None]);

const IS_EMPTY: Native = property("is_empty", NO_QUERY, BOOL, is_empty);
const CONTAINS: Native = method("contains", LISTS, VALUE, BOOL, seek::contains);
const INDEX_OF: Native = method("index_of", LISTS, VALUE, INT, seek::index_of);
const FIND_INDEX: Native = method("find_index", LISTS, CALLBACK, INT, callbacks::find_index);
const SOME: Native = method("some", LISTS, CALLBACK, BOOL, callbacks::some);
const EVERY: Native = method("every", LISTS, CALLBACK, BOOL, callbacks::every);

/// The family.
pub const NATIVES: &[Native] = &[
    property("length", NO_QUERY, INT, length),
    alias("len", property("length", NO_QUERY, INT, length)),
    property("count", NO_QUERY, INT, length),
    IS_EMPTY,
    alias("isEmpty", IS_EMPTY),
    property("first", NO_QUERY, ANY, first),
    property("last", LISTS, ANY, last),
    variadic(method("push", LIST, VALUE, NOTHING, change::push)),
    method("insert", LIST, &[required("i", INT), required("x", ANY)], NOTHING, change::insert),
    method("remove_at", LIST, &[required("i", INT)], ANY, change::remove_at),
    method("remove", LIST, VALUE, BOOL, seek::remove),
    method("pop", LIST, &[], ANY, change::pop),
    method("shift", LIST, &[], ANY, change::shift),
    method("unshift", LIST, VALUE, NOTHING, change::unshift),
    variadic(method("splice", LIST, &[required("i", INT), required("n", INT)], LIST, change::splice)),
    method("clear", LIST, &[], NOTHING, change::clear),
    method("map", LISTS, CALLBACK, LIST, callbacks::map),
    method("filter", LISTS, CALLBACK, LIST, callbacks::filter),
    method("find", NO_QUERY, CALLBACK, ANY, callbacks::find),
    FIND_INDEX,
    alias("findIndex", FIND_INDEX),
    SOME,
    alias("any", SOME),
    EVERY,
    alias("all", method("every", NO_QUERY, CALLBACK, BOOL, callbacks::every)),
    method("reduce", LISTS, &[required("f", FUNCTION), optional("init", ANY)], ANY, callbacks::reduce),
    method("each", LISTS, CALLBACK, NOTHING, callbacks::each),
    method("flat_map", LISTS, CALLBACK, LIST, callbacks::flat_map),
    method("group_by", LISTS, CALLBACK, MAP, callbacks::group_by),
    method("sort", LISTS, &[optional("f", FUNCTION)], LIST, sort::sort),
    method("reverse", LISTS, &[], LIST, assemble::reverse),
    method("unique", LISTS, &[], LIST, unique::unique),
    method("flat", LISTS, &[], LIST, assemble::flat),
    method("take", LISTS, COUNT, LIST, assemble::take),
    method("drop", LISTS, COUNT, LIST, assemble::drop),
    method("slice", LISTS, BOUNDS, LIST, assemble::slice),
    method("concat", LISTS, OTHERS, LIST, assemble::concat),
    CONTAINS,
    alias("includes", CONTAINS),
    INDEX_OF,
    alias("indexOf", INDEX_OF),
    method("join", LISTS, &[optional("sep", TEXT)], TEXT, join::join),
    method("zip", LISTS, OTHERS, LIST, assemble::zip),
    method("chunk", LISTS, COUNT, LIST, assemble::chunk),
    method("sum", NO_QUERY, &[], Kinds::NUMERIC, fold::sum),
    method("avg", NO_QUERY, &[], NUMERIC_OR_NONE, fold::avg),
    method("min", NO_QUERY, &[], ANY, fold::min),
    method("max", NO_QUERY, &[], ANY, fold::max),
    method("to_list", LISTS, &[], LIST, assemble::to_list),
];

fn length(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    steps::done(steps::int(elements.count(context.heap)?))
}

fn is_empty(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    steps::done(Value::Bool(elements.first(context.heap)?.is_none()))
}

fn first(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    steps::done(elements.first(context.heap)?.unwrap_or(Value::None))
}

fn last(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    steps::done(elements.last(context.heap)?.unwrap_or(Value::None))
}

#[cfg(test)]
mod tests;
