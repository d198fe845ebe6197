//! Base64, percent-encoding, and the methods of bytes. All run in steps over their argument.

mod base64;
mod percent;
#[cfg(test)]
mod tests;
mod utf8;

use super::arguments;
use super::define::{INT, TEXT, alias, function, method, property, required};
use crate::base::{Kind, Kinds};
use crate::value::stop::{Bug, Outcome};
use crate::value::{Heap, Object, Value};
use crate::vm::{Context, Flow, Native};
use std::sync::Arc;

const BYTES: Kinds = Kinds::of(&[Kind::Bytes]);
const TEXT_OR_NONE: Kinds = Kinds::of(&[Kind::Text, Kind::None]);
const URL_ENCODE: Native = function("url_encode", &[required("text", TEXT)], TEXT, percent::encode);

/// The family.
pub const NATIVES: &[Native] = &[
    function("base64_encode", &[required("text", TEXT)], TEXT, base64::encode),
    function("base64_decode", &[required("text", TEXT)], TEXT, base64::decode),
    function("base64_bytes", &[required("text", TEXT)], BYTES, base64::decode_bytes),
    URL_ENCODE,
    alias("encodeURIComponent", URL_ENCODE),
    function("url_decode", &[required("text", TEXT)], TEXT, percent::decode),
    property("size", BYTES, INT, size),
    property("text", BYTES, TEXT_OR_NONE, utf8::text),
    method("to_base64", BYTES, &[], TEXT, base64::encode),
];

/// What a text or bytes value holds.
pub fn bytes_of(heap: &Heap, value: Value) -> Outcome<&[u8]> {
    match value {
        Value::Text(text) => Ok(heap.texts.str(text)?.as_bytes()),
        Value::Bytes(object) => Ok(heap.object(object, shared)?),
        _ => Err(Bug::WrongShape.into()),
    }
}

fn shared(object: &Object) -> Option<&Arc<[u8]>> {
    match object {
        Object::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn size(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let size = bytes_of(context.heap, arguments::value(args, 0)?)?.len();
    Ok(Flow::Value(Value::Int(i64::try_from(size).unwrap_or(i64::MAX))))
}
