//! Members of responses: `status`, `headers`, `body`.

use super::errors;
use super::native::Context;
use crate::base::Kind;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, Object, Response, Value};

/// What HTTP knows as a status.
const STATUSES: std::ops::RangeInclusive<i64> = 100..=599;

/// A response.
pub fn of(heap: &Heap, handle: Handle<Object>) -> Result<&Response, Bug> {
    match heap.objects.get(handle)? {
        Object::Response(response) => Ok(response),
        _ => Err(Bug::WrongShape),
    }
}

/// The same, to change it.
pub fn of_mut(heap: &mut Heap, handle: Handle<Object>) -> Result<&mut Response, Bug> {
    match heap.objects.get_mut(handle)? {
        Object::Response(response) => Ok(response),
        _ => Err(Bug::WrongShape),
    }
}

/// The status that it is sent with: its own, or what its body is sent with.
pub fn status(heap: &Heap, response: &Response) -> Result<u16, Bug> {
    Ok(match (response.status, response.body) {
        (Some(status), _) => status,
        (None, body) if body.is_none() => 204,
        (None, Value::Error(error)) => match heap.objects.get(error)? {
            Object::Error(error) => error.status,
            _ => return Err(Bug::WrongShape),
        },
        (None, _) => 200,
    })
}

/// A status as a program gives it.
pub fn checked_status(value: Value) -> Outcome<u16> {
    let Value::Int(status) = value else {
        let kind = value.kind().name();
        return Err(Stop::type_error(format!("the status of a response must be an int, not {kind}")));
    };
    let fitting = Some(status).filter(|status| STATUSES.contains(status));
    fitting.and_then(|status| u16::try_from(status).ok()).ok_or_else(|| {
        let (low, high) = (STATUSES.start(), STATUSES.end());
        Stop::value_error(format!("the status of a response must be {low} to {high}, not {status}"))
    })
}

/// `response.name`
pub(super) fn member(context: &mut Context<'_>, handle: Handle<Object>, name: u32) -> Outcome<Value> {
    let response = of(context.heap, handle)?;
    Ok(match context.program.text(name) {
        "status" => Value::Int(status(context.heap, response)?.into()),
        "headers" => Value::Map(response.headers),
        "body" => response.body,
        other => return Err(errors::no_property(Kind::Response, other)),
    })
}

/// `response.name = value`
pub(super) fn set_member(
    context: &mut Context<'_>,
    handle: Handle<Object>,
    name: &str,
    value: Value,
) -> Outcome<()> {
    let response = of_mut(context.heap, handle)?;
    match name {
        "status" => response.status = Some(checked_status(value)?),
        "headers" => match value {
            Value::Map(headers) => response.headers = headers,
            other => {
                let kind = other.kind().name();
                return Err(Stop::type_error(format!("the headers of a response are a map, not {kind}")));
            }
        },
        "body" => response.body = value,
        other => return Err(errors::no_property(Kind::Response, other)),
    }
    Ok(())
}
