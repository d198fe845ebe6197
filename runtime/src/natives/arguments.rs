//! Reading the arguments of a built-in: receiver first for methods, absent ones missing or unset.
//!
//! The machine checked kinds and count against the signature, so an argument of another kind is our own fault.

use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, List, Map, Text, Value};

/// An argument, if it was given.
#[inline]
pub fn given(args: &[Value], at: usize) -> Option<Value> {
    args.get(at).copied().filter(|value| !matches!(value, Value::Unset))
}

/// An argument that is required.
#[inline]
pub fn value(args: &[Value], at: usize) -> Outcome<Value> {
    given(args, at).ok_or(Stop::Bug(Bug::WrongShape))
}

/// A text.
#[inline]
pub fn text(args: &[Value], at: usize) -> Outcome<Handle<Text>> {
    match given(args, at) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Stop::Bug(Bug::WrongShape)),
    }
}

/// A list.
#[inline]
pub fn list(args: &[Value], at: usize) -> Outcome<Handle<List>> {
    match given(args, at) {
        Some(Value::List(list)) => Ok(list),
        _ => Err(Stop::Bug(Bug::WrongShape)),
    }
}

/// A map.
#[inline]
pub fn map(args: &[Value], at: usize) -> Outcome<Handle<Map>> {
    match given(args, at) {
        Some(Value::Map(map)) => Ok(map),
        _ => Err(Stop::Bug(Bug::WrongShape)),
    }
}

/// An int.
#[inline]
pub fn int(args: &[Value], at: usize) -> Outcome<i64> {
    match given(args, at) {
        Some(Value::Int(n)) => Ok(n),
        _ => Err(Stop::Bug(Bug::WrongShape)),
    }
}

/// An int that may be left out or given as none.
#[inline]
pub fn optional_int(args: &[Value], at: usize) -> Outcome<Option<i64>> {
    match given(args, at) {
        None | Some(Value::None) => Ok(None),
        Some(Value::Int(n)) => Ok(Some(n)),
        Some(_) => Err(Stop::Bug(Bug::WrongShape)),
    }
}
