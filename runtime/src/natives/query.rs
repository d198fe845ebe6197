//! Queries: what builds one, and what runs it for a single answer. Lists of rows are fetched when an operation needs them
//! ([`Need::Rows`](crate::value::Need)), by the same runner.
//!
//! A builder gives a new query and changes none. Nothing is read before a query is run, and each run reads anew.

mod field;
mod hint;
mod rank;
mod run;

use super::define::{BOOL, FUNCTION, INT, NOTHING, alias, function, method, optional, property, required};
use super::excerpt::excerpt;
use super::{arguments, list};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::record::request::{Given, Which};
use crate::record::{Reply, Request};
use crate::value::entity::{Condition, Deleted, Order, Query};
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Closure, Handle, Heap, Object, Value};
use crate::vm::entity::fetch::{Finding, Missing};
use crate::vm::entity::{refused, shape};
use crate::vm::{Answer, Context, Effect, Flow, Native};
use field::Field;
use run::{Goal, Run};

const QUERY: Kinds = Kinds::of(&[Kind::Query]);
const ENTITY_OR_NONE: Kinds = Kinds::of(&[Kind::Entity, Kind::None]);
const ID: &[Param] = &[required("id", Kinds::ANY)];
const FIELD: &[Param] = &[required("f", TEXT)];
const TEXT: Kinds = super::define::TEXT;
const NUMERIC_OR_NONE: Kinds = Kinds::of(&[Kind::Int, Kind::Number, Kind::None]);

/// A method that may be read without parentheses when its arguments are left out.
const fn readable(mut native: Native) -> Native {
    native.signature.property = true;
    native
}

/// The family. Names with `@` are the compiler's: no program can write them.
pub const NATIVES: &[Native] = &[
    function("@query", &[required("of", INT)], QUERY, query),
    function("@rows", &[required("q", QUERY)], NOTHING, rows),
    function("@is_empty", &[required("q", QUERY)], BOOL, is_empty),
    readable(method("all", QUERY, &[optional("f", FUNCTION)], Kinds::ANY, all)),
    method("where", QUERY, &[required("cond", Kinds::ANY)], QUERY, filtered),
    method("order", QUERY, &[required("field", TEXT), optional("dir", Kinds::ANY)], QUERY, ordered),
    method("limit", QUERY, &[required("n", INT)], QUERY, limited),
    method("offset", QUERY, &[required("n", INT)], QUERY, moved),
    property("with_deleted", QUERY, QUERY, with_deleted),
    property("only_deleted", QUERY, QUERY, only_deleted),
    method("find", QUERY, ID, Kinds::ANY, find),
    method("get", QUERY, ID, ENTITY_OR_NONE, get),
    property("first", QUERY, ENTITY_OR_NONE, first),
    property("count", QUERY, INT, count),
    property("length", QUERY, INT, count),
    alias("len", property("length", QUERY, INT, count)),
    property("is_empty", QUERY, BOOL, is_empty),
    property("isEmpty", QUERY, BOOL, is_empty),
    method("sum", QUERY, FIELD, Kinds::NUMERIC, sum),
    method("min", QUERY, FIELD, NUMERIC_OR_NONE, min),
    method("max", QUERY, FIELD, NUMERIC_OR_NONE, max),
    method("avg", QUERY, FIELD, NUMERIC_OR_NONE, avg),
];

/// The query that a method is of.
fn receiver(args: &[Value]) -> Outcome<Handle<Object>> {
    match arguments::value(args, 0)? {
        Value::Query(query) => Ok(query),
        _ => Err(Bug::WrongShape.into()),
    }
}

fn put(heap: &mut Heap, query: Query) -> Outcome<Flow> {
    heap.new_object(Object::Query(Box::new(query))).map(|made| Flow::Value(Value::Query(made)))
}

/// All rows of the entity with that number.
fn query(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let of = u32::try_from(arguments::int(args, 0)?).unwrap_or(u32::MAX);
    if context.program.entity_shape(of).is_none() {
        return Err(Stop::type_error("there is no such entity"));
    }
    let all = Query {
        of,
        deleted: Deleted::Without,
        conditions: Box::default(),
        order: None,
        offset: 0,
        limit: None,
    };
    put(context.heap, all)
}

/// A list of the rows.
fn rows(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    let found = context.heap.new_list_with(0)?;
    start(context, query, Goal::List(found))
}

fn start(context: &mut Context<'_>, query: Handle<Object>, goal: Goal) -> Outcome<Flow> {
    Ok(Flow::Step(Box::new(Run::new(context.heap, query, goal)?)))
}

/// A copy of a query with one thing changed.
fn changed(context: &mut Context<'_>, args: &[Value], change: impl FnOnce(&mut Query)) -> Outcome<Flow> {
    let mut copy = context.heap.query(receiver(args)?)?.clone();
    change(&mut copy);
    put(context.heap, copy)
}

/// The same rows; with a function, is it true of all of them?
fn all(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    match arguments::given(args, 1) {
        None => Ok(Flow::Value(Value::Query(query))),
        Some(f) => {
            let rows = context.heap.rows(query)?;
            list::every(context, &[Value::List(rows), f])
        }
    }
}

/// Rows for which a condition holds too.
fn filtered(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    let holds = arguments::value(args, 1)?;
    let hint = hint_of(context, holds)?;
    let found = context.heap.query(query)?;
    let count = found.conditions.len().saturating_add(1);
    context.charge_fuel(count);
    let found = context.heap.query(query)?;
    let mut conditions = Vec::with_capacity(count);
    conditions.extend_from_slice(&found.conditions);
    conditions.push(Condition { holds, hint });
    let narrowed = Query { conditions: conditions.into(), ..found.clone() };
    put(context.heap, narrowed)
}

/// The function that gives a condition's values for an index: it shares the condition's captured variables.
fn hint_of(context: &mut Context<'_>, holds: Value) -> Outcome<Value> {
    let (function, cells) = match holds {
        Value::Function(function) => (function, None),
        Value::Closure(closure) => (context.heap.closures.get(closure)?.function, Some(closure)),
        _ => return Ok(Value::None),
    };
    let Some(hint) = context.program.function(function)?.hint else { return Ok(Value::None) };
    let count = context.program.function(hint)?.captures.len();
    let (Some(closure), true) = (cells, count > 0) else { return Ok(Value::Function(hint)) };
    context.heap.reserve_closure(count)?;
    let Closure { cells, .. } = context.heap.closures.get(closure)?;
    let cells = cells.get(..count).ok_or(Bug::WrongShape)?.into();
    Ok(context.heap.put_closure(hint, cells))
}

/// Rows by a field, smallest or largest first.
fn ordered(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let field = Field::given(context, receiver(args)?, args)?;
    field.check_ordered(context)?;
    let descending = match arguments::given(args, 2) {
        None => false,
        Some(dir) => is_descending(context.heap, dir)?,
    };
    changed(context, args, |query| query.order = Some(Order { field: field.code, descending }))
}

fn is_descending(heap: &Heap, dir: Value) -> Outcome<bool> {
    let found = match dir {
        Value::Text(text) => match heap.texts.str(text)? {
            "asc" => return Ok(false),
            "desc" => return Ok(true),
            other => excerpt(other),
        },
        other => other.kind().name().to_owned(),
    };
    Err(Stop::value_error(format!("the direction of an order is asc or desc, not {found}")))
}

fn not_negative(args: &[Value], what: &str) -> Outcome<u64> {
    let n = arguments::int(args, 1)?;
    u64::try_from(n)
        .map_err(|_| Stop::value_error(format!("the {what} of a query must not be negative, and {n} is")))
}

fn limited(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let limit = not_negative(args, "limit")?;
    changed(context, args, |query| query.limit = Some(limit))
}

fn moved(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let offset = not_negative(args, "offset")?;
    changed(context, args, |query| query.offset = offset)
}

fn with_deleted(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    changed(context, args, |query| query.deleted = Deleted::With)
}

fn only_deleted(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    changed(context, args, |query| query.deleted = Deleted::Only)
}

/// Which rows a query reads.
const fn which(deleted: Deleted) -> Which {
    match deleted {
        Deleted::Without => Which::Live,
        Deleted::With => Which::All,
        Deleted::Only => Which::Deleted,
    }
}

/// A row by id; with a function, the first row that it is true of.
fn find(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    let id = arguments::value(args, 1)?;
    if let Kind::Function = id.kind() {
        let rows = context.heap.rows(query)?;
        return list::find(context, &[Value::List(rows), id]);
    }
    match id_of(context.heap, id)? {
        Some(id) => by_id(context, query, id, Missing::IsNone),
        None => Ok(Flow::Value(Value::None)),
    }
}

/// A row by id, which must be there.
fn get(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    let id = arguments::value(args, 1)?;
    if let Some(id) = id_of(context.heap, id)? {
        return by_id(context, query, id, Missing::Raises);
    }
    let shown = match id {
        Value::Int(n) => n.to_string(),
        Value::Text(text) => excerpt(context.heap.texts.str(text)?),
        other => other.kind().name().to_owned(),
    };
    let name = &shape(context.program, context.heap.query(query)?.of)?.name;
    Err(Stop::raise(ErrorKind::EntityNotFound, format!("no {name} with id {shown}")))
}

/// The row with an id, if it is one of the query's.
fn by_id(context: &mut Context<'_>, query: Handle<Object>, id: u64, missing: Missing) -> Outcome<Flow> {
    let found = context.heap.query(query)?;
    if found.conditions.is_empty() && found.limit.is_none() && found.offset == 0 {
        let given = Given { entity: found.of, id };
        return Ok(Flow::Step(Box::new(Finding::new(given, which(found.deleted), missing))));
    }
    start(context, query, Goal::Id { id, missing, found: None })
}

/// An id as an int or decimal text; none for what no row has.
fn id_of(heap: &Heap, value: Value) -> Outcome<Option<u64>> {
    Ok(match value {
        Value::Int(n) => u64::try_from(n).ok().filter(|&id| id > 0),
        Value::Text(text) => {
            let text = heap.texts.str(text)?;
            let is_decimal = text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|&id: &u64| is_decimal && id > 0)
        }
        Value::None => None,
        other => {
            let kind = other.kind().name();
            return Err(Stop::type_error(format!("an id is an int or its digits as text, not {kind}")));
        }
    })
}

fn first(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    start(context, query, Goal::First(None))
}

fn count(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    let found = context.heap.query(query)?;
    if !found.conditions.is_empty() || found.limit.is_some() || found.offset > 0 {
        return start(context, query, Goal::Count(0));
    }
    let request = Request::Count { entity: found.of, which: which(found.deleted) };
    Ok(Flow::Effect(Effect::Store(request), |_, answer| match answer {
        Answer::Store(Ok(Reply::Count(n))) => Ok(Value::Int(i64::try_from(*n).unwrap_or(i64::MAX))),
        Answer::Store(Err(refusal)) => Err(refused(refusal)),
        _ => Err(Bug::BadAnswer.into()),
    }))
}

fn is_empty(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let query = receiver(args)?;
    start(context, query, Goal::Empty(true))
}

fn sum(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    aggregate(context, args, list::Fold::sum())
}

fn min(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    aggregate(context, args, list::Fold::min())
}

fn max(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    aggregate(context, args, list::Fold::max())
}

fn avg(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    aggregate(context, args, list::Fold::avg())
}

/// One value of a numeric field of all rows.
fn aggregate(context: &mut Context<'_>, args: &[Value], fold: list::Fold) -> Outcome<Flow> {
    let query = receiver(args)?;
    let field = Field::given(context, query, args)?;
    field.check_numeric(context)?;
    start(context, query, Goal::Fold { fold, field, count: 0 })
}
