//! Making errors. What an error holds is read as its members, which the machine knows.

use super::arguments;
use super::define::{TEXT, function, method, optional, required};
use super::excerpt::excerpt;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::object::{ErrorName, ErrorValue, Object, add_note};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{ErrorKind, Handle, Heap, Text, Value};
use crate::vm::{Context, Flow, Native};

#[cfg(test)]
mod tests;

const ERROR: Kinds = Kinds::of(&[Kind::Error]);
/// Kinds that only the runtime gives: both pass every handler.
const UNCATCHABLE: [&str; 2] = ["Timeout", "Cancelled"];
/// The kind of an error that was made with a status.
const HTTP_ERROR: &str = "HttpError";
/// The statuses of one.
const STATUSES: std::ops::RangeInclusive<u16> = 400..=599;

const PARAMS: &[Param] = &[
    required("kind", Kinds::of(&[Kind::Text, Kind::Int])),
    optional("message", TEXT),
    optional("cause", Kinds::of(&[Kind::Error, Kind::None])),
    optional("data", Kinds::of(&[Kind::Map, Kind::None])),
];

/// The family.
pub const NATIVES: &[Native] = &[
    function("error", PARAMS, ERROR, error),
    method("context", ERROR, &[required("note", TEXT)], ERROR, with_note),
];

fn error(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let heap = &mut *context.heap;
    let message = match arguments::given(args, 1) {
        Some(Value::Text(message)) => Some(message),
        None => None,
        Some(_) => return Err(Bug::WrongShape.into()),
    };
    let known = |kind: ErrorKind| (ErrorName::Known(kind), kind.status());
    let ((kind, status), message) = match (arguments::value(args, 0)?, message) {
        (Value::Text(message), None) => (known(ErrorKind::Error), message),
        (Value::Text(name), Some(message)) => (kind_of(heap, name)?, message),
        (Value::Int(status), Some(message)) => (http(heap, status)?, message),
        (Value::Int(_), None) => return Err(Stop::type_error("an error with a status needs a message, too")),
        _ => return Err(Bug::WrongShape.into()),
    };
    let cause = arguments::given(args, 2).unwrap_or(Value::None);
    let data = match arguments::given(args, 3) {
        Some(Value::Map(data)) => Some(data),
        _ => None,
    };
    let made = ErrorValue { kind, message, status, trace: Vec::new(), left_out: 0, cause, data };
    Ok(Flow::Value(Value::Error(heap.new_object(Object::Error(Box::new(made)))?)))
}

/// The kind that a program names, with its status.
fn kind_of(heap: &Heap, name: Handle<Text>) -> Outcome<(ErrorName, u16)> {
    let text = heap.texts.str(name)?;
    if let Some(kind) = ErrorKind::by_name(text) {
        return Ok((ErrorName::Known(kind), kind.status()));
    }
    let pascal_case =
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_alphanumeric());
    if !pascal_case {
        let found = excerpt(text);
        return Err(Stop::value_error(format!("{found} is no kind of error; one looks like OrderRejected")));
    }
    if UNCATCHABLE.contains(&text) {
        return Err(Stop::value_error(format!("an error of kind {text} cannot be made")));
    }
    Ok((ErrorName::Own(name), ErrorKind::Error.status()))
}

fn http(heap: &mut Heap, status: i64) -> Outcome<(ErrorName, u16)> {
    let fitting = u16::try_from(status).ok().filter(|status| STATUSES.contains(status));
    let status = fitting.ok_or_else(|| {
        let (low, high) = (STATUSES.start(), STATUSES.end());
        Stop::value_error(format!("the status of an error must be {low} to {high}, not {status}"))
    })?;
    match heap.new_text(HTTP_ERROR)? {
        Value::Text(name) => Ok((ErrorName::Own(name), status)),
        _ => Err(Bug::WrongShape.into()),
    }
}

/// A copy with a note at the end of its chain, at the outermost place that it has come to.
fn with_note(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let Value::Error(object) = arguments::value(args, 0)? else { return Err(Bug::WrongShape.into()) };
    let note = arguments::text(args, 1)?;
    let Object::Error(error) = context.heap.objects.get(object)? else { return Err(Bug::WrongShape.into()) };
    let mut copy = error.clone();
    add_note(&mut copy.trace, note);
    context.charge_fuel(copy.trace.len());
    Ok(Flow::Value(Value::Error(context.heap.new_object(Object::Error(copy))?)))
}
