//! Order of values: numbers mathematically, texts by code point, times, durations; each with its own kind.

use super::number;
use super::stop::{Outcome, Stop};
use super::{Heap, Value};
use std::cmp::Ordering;

/// Compares two values that are ordered; none when one is NaN; `TypeError` for other kinds.
pub fn compare(heap: &Heap, left: Value, right: Value) -> Outcome<Option<Ordering>> {
    Ok(match (left, right) {
        (Value::Int(a), Value::Int(b))
        | (Value::Time(a), Value::Time(b))
        | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(&b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(&b),
        (Value::Int(a), Value::Number(b)) => number::compare(a, b),
        (Value::Number(a), Value::Int(b)) => number::compare(b, a).map(Ordering::reverse),
        // UTF-8 sorts bytewise as its code points do.
        (Value::Text(a), Value::Text(b)) => Some(heap.texts.order(a, b)?),
        _ => return Err(unordered(left, right)),
    })
}

#[cold]
fn unordered(left: Value, right: Value) -> Stop {
    let (left, right) = (left.kind().name(), right.kind().name());
    Stop::type_error(format!(
        "{left} and {right} have no order: numbers, texts, times and durations do, each with its own kind"
    ))
}
