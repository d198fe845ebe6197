//! Guards: each gives none to let a request through, or the error that it is answered with.

use super::exchange;
use super::respond::early;
use crate::base::cidr;
use crate::natives::{arguments, steps};
use crate::value::map::Key;
use crate::value::object::{ErrorName, ErrorValue};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, Map, Object, Value};
use crate::vm::{Answer, Context, Effect, Flow, truth};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use subtle::ConstantTimeEq as _;

/// An error with a status, as `error(status, message)` makes it.
pub fn http_error(heap: &mut Heap, status: u16, message: &str) -> Outcome<Value> {
    let (Value::Text(message), Value::Text(name)) = (heap.new_text(message)?, heap.new_text("HttpError")?)
    else {
        return Err(Bug::WrongShape.into());
    };
    let error = ErrorValue {
        kind: ErrorName::Own(name),
        message,
        status,
        trace: Vec::new(),
        left_out: 0,
        cause: Value::None,
        data: None,
    };
    Ok(Value::Error(heap.new_object(Object::Error(Box::new(error)))?))
}

fn refused(context: &mut Context<'_>, status: u16, message: &str) -> Outcome<Flow> {
    steps::done(http_error(context.heap, status, message)?)
}

fn passed() -> Outcome<Flow> {
    steps::done(Value::None)
}

/// An entry of a map.
fn entry(heap: &mut Heap, map: Handle<Map>, name: &str) -> Outcome<Value> {
    let Value::Text(name) = heap.new_text(name)? else { return Err(Bug::WrongShape.into()) };
    let key = Key::text(&heap.texts, name)?;
    Ok(heap.maps.get(map)?.get(&heap.texts, key).unwrap_or(Value::None))
}

/// An entry of `session.user`, when that is a map.
fn of_user(heap: &mut Heap, user: Value, name: &str) -> Outcome<Value> {
    match user {
        Value::Map(user) => entry(heap, user, name),
        _ => Ok(Value::None),
    }
}

pub fn auth(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let user = entry(context.heap, arguments::map(args, 0)?, "user")?;
    if truth(context.heap, user)? { passed() } else { refused(context, 401, "Authentication required") }
}

/// The role that a session has: its own, or its user's.
fn role_of(heap: &mut Heap, session: Handle<Map>) -> Outcome<Value> {
    match entry(heap, session, "role")? {
        Value::None => {
            let user = entry(heap, session, "user")?;
            of_user(heap, user, "role")
        }
        role => Ok(role),
    }
}

pub fn role(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (session, allowed) = (arguments::map(args, 0)?, arguments::list(args, 1)?);
    let user = entry(context.heap, session, "user")?;
    if !truth(context.heap, user)? {
        return refused(context, 401, "Authentication required");
    }
    let role = role_of(context.heap, session)?;
    context.charge_fuel(context.heap.lists.get(allowed)?.items.len());
    for &allowed in &context.heap.lists.get(allowed)?.items {
        if same(context.heap, role, allowed)? {
            return passed();
        }
    }
    refused(context, 403, "Forbidden")
}

/// Are two plain values the same? What is anything else is nobody's name.
fn same(heap: &Heap, a: Value, b: Value) -> Outcome<bool> {
    Ok(match (a, b) {
        (Value::Text(a), Value::Text(b)) => heap.texts.equal(a, b)?,
        (Value::Int(a), Value::Int(b)) => a == b,
        // What comes from a path or a query is text: `owner(params.id)` means the id that it spells.
        (Value::Text(text), Value::Int(id)) | (Value::Int(id), Value::Text(text)) => {
            heap.texts.str(text)? == id.to_string()
        }
        (Value::Plain { of: a, variant: v }, Value::Plain { of: b, variant: w }) => a == b && v == w,
        (Value::Entity(entity), Value::Int(id)) | (Value::Int(id), Value::Entity(entity)) => {
            let stored = heap.entity(entity)?.stored;
            stored.is_some_and(|stored| u64::try_from(id).is_ok_and(|id| stored.id == id))
        }
        _ => false,
    })
}

pub fn owner(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (session, id) = (arguments::map(args, 0)?, arguments::value(args, 1)?);
    let heap = &mut *context.heap;
    let user = entry(heap, session, "user")?;
    let (own, role) = (of_user(heap, user, "id")?, role_of(heap, session)?);
    let is_admin = matches!(role, Value::Text(role) if heap.texts.str(role)? == "admin");
    if is_admin || same(heap, user, id)? || same(heap, own, id)? {
        return passed();
    }
    refused(context, 403, "Forbidden")
}

pub fn rate_limit(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let count = match arguments::value(args, 1)? {
        Value::Int(count) => u32::try_from(count).ok().filter(|&count| count > 0),
        _ => None,
    };
    let window_ms = match arguments::value(args, 2)? {
        Value::Int(seconds) => seconds.checked_mul(1000),
        Value::Duration(ms) => Some(ms),
        _ => None,
    };
    let (Some(count_max), Some(window_ms)) = (count, window_ms.filter(|&ms| ms > 0)) else {
        return Err(Stop::value_error("rate_limit takes a number of requests and a number of seconds"));
    };
    let mut place = DefaultHasher::new();
    context.heap.texts.str(arguments::text(args, 0)?)?.hash(&mut place);
    let place = place.finish();
    let client = exchange(context, "a guard")?.inbound.ip.clone();
    Ok(Flow::Effect(Effect::Pass { client, place, count_max, window_ms }, limited))
}

fn limited(context: &mut Context<'_>, answer: &Answer) -> Outcome<Value> {
    let Answer::Millis(seconds) = *answer else { return Err(Bug::BadAnswer.into()) };
    if seconds <= 0 {
        return Ok(Value::None);
    }
    let early = early(context)?;
    let headers = crate::vm::response::of(context.heap, early)?.headers;
    let name = context.heap.new_text("retry-after")?;
    context.heap.set_key(headers, name, Value::Int(seconds))?;
    http_error(context.heap, 429, "Too many requests")
}

pub fn csrf(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let body = arguments::value(args, 0)?;
    let exchange = exchange(context, "a guard")?;
    if !matches!(exchange.inbound.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
        return passed();
    }
    let token = exchange.inbound.csrf.clone();
    let header = exchange.inbound.headers.iter().find(|(name, _)| name == "x-csrf-token");
    let header = header.map(|(_, value)| value.clone());
    // Whatever the body has under that name is compared where it is: a copy of it would not be charged.
    let given = match of_user(context.heap, body, "_csrf")? {
        Value::Text(field) => context.heap.texts.str(field)?,
        _ => header.as_deref().unwrap_or_default(),
    };
    if !token.is_empty() && bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        return passed();
    }
    refused(context, 403, "Invalid CSRF token")
}

pub fn ip_whitelist(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let blocks = arguments::list(args, 0)?;
    let mut allowed = Vec::new();
    for &block in &context.heap.lists.get(blocks)?.items {
        let Value::Text(text) = block else {
            return Err(Stop::type_error(format!("an address is a text, not {}", block.kind().name())));
        };
        let text = context.heap.texts.str(text)?;
        let found = crate::natives::excerpt::excerpt(text);
        let wrong = || Stop::value_error(format!("{found} is neither an address nor a CIDR block"));
        allowed.push(cidr::parse(text).ok_or_else(wrong)?);
    }
    context.charge_fuel(allowed.len().saturating_mul(16));
    let client = exchange(context, "a guard")?.inbound.ip.parse::<IpAddr>();
    if client.is_ok_and(|client| cidr::any_contains(&allowed, client)) {
        return passed();
    }
    refused(context, 403, "Forbidden")
}
