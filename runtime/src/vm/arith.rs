//! The operators on whatever the dispatch loop does not do inline: mixed kinds, times, durations, texts, lists, and the
//! errors.

use super::index::listed;
use super::native::{Context, Flow};
use super::write;
use crate::value::Value;
use crate::value::number::{self, to_number};
use crate::value::stop::{Outcome, Stop};

/// No operator takes these two.
#[cold]
fn refused(operator: &str, left: Value, right: Value) -> Stop {
    let (left, right) = (left.kind().name(), right.kind().name());
    Stop::type_error(format!("`{operator}` does not take {left} and {right}"))
}

/// `left + right`
pub(super) fn add(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<Flow> {
    use Value as V;
    let sum = match (left, right) {
        (V::Int(a), V::Int(b)) => V::Int(number::add(a, b)?),
        (V::Number(a), V::Number(b)) => V::Number(a + b),
        (V::Int(a), V::Number(b)) => V::Number(to_number(a) + b),
        (V::Number(a), V::Int(b)) => V::Number(a + to_number(b)),
        (V::Client, _) | (_, V::Client) => V::Client,
        (V::Text(_), _) | (_, V::Text(_)) => return write::joined(context, &[left, right]),
        (V::List(_), V::List(_)) => return lists(context, left, right).map(Flow::Value),
        (V::Query(_), V::List(_) | V::Query(_)) | (V::List(_), V::Query(_)) => {
            let (left, right) = (listed(context.heap, left)?, listed(context.heap, right)?);
            return lists(context, left, right).map(Flow::Value);
        }
        (V::Time(at), V::Duration(by)) => V::Time(number::move_time(at, by)?),
        (V::Duration(a), V::Duration(b)) => V::Duration(number::add(a, b)?),
        _ => return Err(refused("+", left, right)),
    };
    Ok(Flow::Value(sum))
}

/// `left - right`
pub(super) fn sub(left: Value, right: Value) -> Outcome<Value> {
    use Value as V;
    Ok(match (left, right) {
        (V::Int(a), V::Int(b)) => V::Int(number::sub(a, b)?),
        (V::Number(a), V::Number(b)) => V::Number(a - b),
        (V::Int(a), V::Number(b)) => V::Number(to_number(a) - b),
        (V::Number(a), V::Int(b)) => V::Number(a - to_number(b)),
        (V::Client, _) | (_, V::Client) => V::Client,
        (V::Time(a), V::Time(b)) | (V::Duration(a), V::Duration(b)) => V::Duration(number::sub(a, b)?),
        (V::Time(at), V::Duration(by)) => V::Time(number::move_time(at, number::neg(by)?)?),
        _ => return Err(refused("-", left, right)),
    })
}

/// `place++` and `place--`
pub(super) fn step(left: Value, by: i64) -> Outcome<Value> {
    Ok(match left {
        Value::Int(n) => Value::Int(number::add(n, by)?),
        Value::Number(n) => Value::Number(n + to_number(by)),
        Value::Client => Value::Client,
        other => {
            let operator = if by < 0 { "--" } else { "++" };
            let kind = other.kind().name();
            return Err(Stop::type_error(format!("`{operator}` takes an int or a number, not {kind}")));
        }
    })
}

/// `left * right`
pub(super) fn mul(left: Value, right: Value) -> Outcome<Value> {
    use Value as V;
    Ok(match (left, right) {
        (V::Int(a), V::Int(b)) => V::Int(number::mul(a, b)?),
        (V::Number(a), V::Number(b)) => V::Number(a * b),
        (V::Int(a), V::Number(b)) | (V::Number(b), V::Int(a)) => V::Number(to_number(a) * b),
        (V::Client, _) | (_, V::Client) => V::Client,
        (V::Duration(ms), V::Int(n)) | (V::Int(n), V::Duration(ms)) => V::Duration(number::mul(ms, n)?),
        (V::Duration(ms), V::Number(n)) | (V::Number(n), V::Duration(ms)) => {
            V::Duration(number::scale(ms, n)?)
        }
        _ => return Err(refused("*", left, right)),
    })
}

/// `left / right`
pub(super) fn div(left: Value, right: Value) -> Outcome<Value> {
    use Value as V;
    Ok(match (left, right) {
        (V::Int(a), V::Int(b)) => V::Int(number::div(a, b)?),
        (V::Number(a), V::Number(b)) => V::Number(a / b),
        (V::Int(a), V::Number(b)) => V::Number(to_number(a) / b),
        (V::Number(a), V::Int(b)) => V::Number(a / to_number(b)),
        (V::Client, _) | (_, V::Client) => V::Client,
        (V::Duration(ms), V::Int(n)) => V::Duration(number::duration_div(ms, n)?),
        (V::Duration(ms), V::Number(n)) => V::Duration(number::duration_over(ms, n)?),
        (V::Duration(a), V::Duration(b)) => V::Number(number::ratio(a, b)?),
        _ => return Err(refused("/", left, right)),
    })
}

/// `left % right`
pub(super) fn rem(left: Value, right: Value) -> Outcome<Value> {
    use Value as V;
    Ok(match (left, right) {
        (V::Int(a), V::Int(b)) => V::Int(number::rem(a, b)?),
        (V::Number(a), V::Number(b)) => V::Number(a % b),
        (V::Int(a), V::Number(b)) => V::Number(to_number(a) % b),
        (V::Number(a), V::Int(b)) => V::Number(a % to_number(b)),
        (V::Client, _) | (_, V::Client) => V::Client,
        _ => return Err(refused("%", left, right)),
    })
}

/// `left ** right`
pub(super) fn pow(left: Value, right: Value) -> Outcome<Value> {
    use Value as V;
    Ok(match (left, right) {
        (V::Int(a), V::Int(b)) if b >= 0 => V::Int(number::pow(a, b)?),
        (V::Int(a), V::Int(b)) => V::Number(to_number(a).powf(to_number(b))),
        (V::Number(a), V::Number(b)) => V::Number(a.powf(b)),
        (V::Int(a), V::Number(b)) => V::Number(to_number(a).powf(b)),
        (V::Number(a), V::Int(b)) => V::Number(a.powf(to_number(b))),
        (V::Client, _) | (_, V::Client) => V::Client,
        _ => return Err(refused("**", left, right)),
    })
}

/// `-value`
pub(super) fn neg(value: Value) -> Outcome<Value> {
    Ok(match value {
        Value::Int(n) => Value::Int(number::neg(n)?),
        Value::Number(n) => Value::Number(-n),
        Value::Duration(ms) => Value::Duration(number::neg(ms)?),
        Value::Client => Value::Client,
        other => return Err(Stop::type_error(format!("`-` does not take {}", other.kind().name()))),
    })
}

/// `left ++ right`
pub(super) fn concat(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<Flow> {
    let (left, right) = (listed(context.heap, left)?, listed(context.heap, right)?);
    match (left, right) {
        (Value::Client, _) | (_, Value::Client) => Ok(Flow::Value(Value::Client)),
        (Value::List(_), Value::List(_)) => lists(context, left, right).map(Flow::Value),
        (Value::List(_), _) | (_, Value::List(_)) => Err(refused("++", left, right)),
        _ => write::joined(context, &[left, right]),
    }
}

fn lists(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<Value> {
    let (Value::List(left), Value::List(right)) = (left, right) else {
        return Err(refused("+", left, right));
    };
    let lists = &context.heap.lists;
    let total = lists.get(left)?.items.len().saturating_add(lists.get(right)?.items.len());
    context.charge_fuel(total >> 3);
    let sum = context.heap.new_list_with(total)?;
    for part in [left, right] {
        context.heap.extend_list(sum, part)?;
    }
    Ok(Value::List(sum))
}
