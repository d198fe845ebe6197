//! Responses as values: `response { … }`, `redirect`, and what any other value is as the answer to a request.

use super::exchange;
use crate::natives::{arguments, steps};
use crate::value::map::Key;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{ErrorKind, Handle, Heap, Map, Object, Response, Value};
use crate::vm::exchange::Detail;
use crate::vm::{Context, Exchange, Flow, response, trace};

/// What is said in the place of a message that is nobody's business.
pub const INTERNAL: &str = "Internal server error";
/// From here on an error is the server's.
pub const SERVER_FAULT: u16 = 500;

/// A new response.
pub fn new(heap: &mut Heap, response: Response) -> Outcome<Handle<Object>> {
    heap.new_object(Object::Response(Box::new(response)))
}

/// `response { status, headers, body }`
pub fn respond(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let parts = arguments::map(args, 0)?;
    let parts: Vec<(Value, Value)> =
        context.heap.maps.get(parts)?.iter().map(|entry| (entry.key, entry.value)).collect();
    let headers = context.heap.new_headers()?;
    let mut made = Response { status: None, headers, body: Value::None, error: None };
    for (name, value) in parts {
        let name = match name {
            Value::Text(name) => context.heap.texts.str(name)?,
            _ => "",
        };
        match (name, value) {
            ("status" | "headers", Value::None) => {}
            ("status", value) => made.status = Some(response::checked_status(value)?),
            ("headers", Value::Map(given)) => {
                super::headers::check(context, given)?;
                add_missing(context.heap, headers, given)?;
            }
            ("headers", other) => {
                let kind = other.kind().name();
                return Err(Stop::type_error(format!("the headers of a response are a map, not {kind}")));
            }
            ("body", value) => made.body = value,
            (other, _) => {
                let found = crate::natives::excerpt::excerpt(other);
                let text = format!("a response has a status, headers and a body, and no {found}");
                return Err(Stop::type_error(text));
            }
        }
    }
    steps::done(Value::Response(new(context.heap, made)?))
}

/// `redirect(url, status)`
pub fn redirect(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let url = arguments::text(args, 0)?;
    let status = arguments::optional_int(args, 1)?.unwrap_or(302);
    let status = u16::try_from(status).ok().filter(|status| (300..=399).contains(status));
    let Some(status) = status else {
        return Err(Stop::value_error("the status of a redirect must be 300 to 399"));
    };
    let heap = &mut *context.heap;
    super::headers::checked_value(heap.texts.str(url)?, "location")?;
    let headers = heap.new_headers()?;
    let name = heap.new_text("location")?;
    heap.set_key(headers, name, Value::Text(url))?;
    let made = new(heap, Response { status: Some(status), headers, body: Value::None, error: None })?;
    steps::done(Value::Response(made))
}

/// `response`: in a middleware, before `next()` what will be added, then the answer.
pub fn current(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    let found = exchange(context, "response")?;
    if let Some(response) = found.response.or(found.early) {
        return steps::done(Value::Response(response));
    }
    early(context).map(|made| Flow::Value(Value::Response(made)))
}

/// The response whose headers every answer gets that does not have them.
pub fn early(context: &mut Context<'_>) -> Outcome<Handle<Object>> {
    if let Some(early) = exchange(context, "response")?.early {
        return Ok(early);
    }
    let headers = context.heap.new_headers()?;
    let made = new(context.heap, Response { status: None, headers, body: Value::None, error: None })?;
    exchange(context, "response")?.early = Some(made);
    Ok(made)
}

/// What a value is as an answer, with the headers that were set early.
pub fn answer(context: &mut Context<'_>, value: Value) -> Outcome<Handle<Object>> {
    let made = match value {
        Value::Response(response) => response,
        Value::Error(error) => of_error(context, error)?,
        body => {
            let headers = context.heap.new_headers()?;
            new(context.heap, Response { status: None, headers, body, error: None })?
        }
    };
    let early = exchange(context, "response")?.early;
    if let Some(early) = early.filter(|&early| early != made) {
        let to = response::of(context.heap, made)?.headers;
        let from = response::of(context.heap, early)?.headers;
        context.charge_fuel(context.heap.maps.get(from)?.len());
        add_missing(context.heap, to, from)?;
    }
    Ok(made)
}

/// Adds the entries that a map does not have. Doing it again changes nothing more.
fn add_missing(heap: &mut Heap, to: Handle<Map>, from: Handle<Map>) -> Outcome<()> {
    let entries: Vec<(Value, Value)> =
        heap.maps.get(from)?.iter().map(|entry| (entry.key, entry.value)).collect();
    for (name, value) in entries {
        let key = Key::new(&heap.texts, name)?.ok_or(Bug::WrongShape)?;
        if heap.maps.get(to)?.get(&heap.texts, key).is_none() {
            heap.set_key(to, name, value)?;
        }
    }
    Ok(())
}

/// An error as an answer: its status, and a map that says what a client may know.
fn of_error(context: &mut Context<'_>, handle: Handle<Object>) -> Outcome<Handle<Object>> {
    let uncaught = trace::uncaught(context.heap, context.program, handle)?;
    let status = uncaught.status;
    let found = exchange(context, "an answer")?;
    let id = found.inbound.id.clone();
    let hides = status >= SERVER_FAULT && hides(found, &uncaught.kind);
    let (message, data) = match context.heap.objects.get(handle)? {
        Object::Error(error) => (error.message, error.data),
        _ => return Err(Bug::WrongShape.into()),
    };
    let heap = &mut *context.heap;
    let message = if hides { heap.new_text(INTERNAL)? } else { Value::Text(message) };
    let map = heap.new_map(5)?;
    let mut entries = vec![("error", message), ("status", Value::Int(status.into()))];
    if uncaught.kind == ErrorKind::ValidationFailed.name() {
        let fields = match data {
            Some(data) => data,
            None => heap.new_map(0)?,
        };
        entries.push(("fields", Value::Map(fields)));
    }
    if status >= SERVER_FAULT {
        entries.push(("kind", heap.new_text(&uncaught.kind)?));
        entries.push(("id", heap.new_text(&id)?));
    }
    for (name, value) in entries {
        let name = heap.new_text(name)?;
        heap.set_key(map, name, value)?;
    }
    let headers = heap.new_headers()?;
    let body = Value::Map(map);
    let made = new(heap, Response { status: Some(status), headers, body, error: Some((handle, map)) })?;
    if status >= SERVER_FAULT {
        exchange(context, "an answer")?.uncaught = Some(Box::new(uncaught));
    }
    Ok(made)
}

/// Is the message of such an error, from 500 on, nobody's business?
pub fn hides(exchange: &Exchange, kind: &str) -> bool {
    exchange.detail == Detail::None || kind == ErrorKind::StoreError.name()
}

/// An error that is answered to a request whose body is no JSON.
pub fn invalid_json(context: &mut Context<'_>) -> Outcome<Handle<Object>> {
    const MESSAGE: &str = "Invalid JSON in request body";
    let heap = &mut *context.heap;
    let Value::Error(error) = super::guards::http_error(heap, 400, MESSAGE)? else {
        return Err(Bug::WrongShape.into());
    };
    let message = heap.new_text(MESSAGE)?;
    let map = heap.new_map(1)?;
    let key = heap.new_text("error")?;
    heap.set_key(map, key, message)?;
    let headers = heap.new_headers()?;
    let body = Value::Map(map);
    new(heap, Response { status: Some(400), headers, body, error: Some((error, map)) })
}
