//! From text and other values to ints, numbers, truth values and times.

use super::arguments;
use super::define::{BOOL, INT, TEXT, alias, function, method, required};
use super::excerpt::excerpt;
use super::time::parse as parse_time;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::stop::{Outcome, Stop};
use crate::value::text::blanks;
use crate::value::{Value, number};
use crate::vm::compare::truth;
use crate::vm::{Context, Flow, Native};

#[cfg(test)]
mod tests;

const NUMBER: Kinds = Kinds::of(&[Kind::Number]);
const TIME: Kinds = Kinds::of(&[Kind::Time]);
const INT_OR_NONE: Kinds = Kinds::of(&[Kind::Int, Kind::None]);
const NUMBER_OR_NONE: Kinds = Kinds::of(&[Kind::Number, Kind::None]);
const TO_INT: Param = required("x", Kinds::of(&[Kind::Int, Kind::Number, Kind::Bool, Kind::Text]));
const TO_NUMBER: Param = required("x", Kinds::of(&[Kind::Int, Kind::Number, Kind::Text]));

const NUMBER_OF: Native = function("number", &[TO_NUMBER], NUMBER, number_of);
const PARSE_INT: Native = function("parse_int", &[required("text", TEXT)], INT_OR_NONE, parse_int);
const PARSE_NUMBER: Native =
    function("parse_number", &[required("text", TEXT)], NUMBER_OR_NONE, parse_number);

/// The family.
pub const NATIVES: &[Native] = &[
    function("int", &[TO_INT], INT, int_of),
    NUMBER_OF,
    alias("Number", NUMBER_OF),
    function("bool", &[required("x", Kinds::ANY)], BOOL, bool_of),
    PARSE_INT,
    alias("parseInt", PARSE_INT),
    PARSE_NUMBER,
    alias("parseFloat", PARSE_NUMBER),
    method("to_int", TEXT, &[], INT, int_of),
    method("to_number", TEXT, &[], NUMBER, number_of),
    method("to_time", TEXT, &[], TIME, time_of),
];

/// Why a text is no int.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoInt {
    /// Other characters.
    Malformed,
    /// Beyond 64 bits.
    OutOfRange,
}

/// Characters of a number in text, zeros too: more take longer than a deadline may wait.
const DIGITS_MAX: usize = 1 << 20;

/// Decimal digits with an optional sign, blanks around it.
pub fn read_int(text: &str) -> Result<i64, NoInt> {
    let text = blanks::trim(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().take(DIGITS_MAX).all(|byte| byte.is_ascii_digit()) {
        return Err(NoInt::Malformed);
    }
    if digits.len() > DIGITS_MAX {
        return Err(NoInt::OutOfRange);
    }
    text.parse().map_err(|_| NoInt::OutOfRange)
}

/// A decimal number with an optional sign, fraction and exponent, blanks around it; none when it is another text or
/// beyond the range of a double.
pub fn read_number(text: &str) -> Option<f64> {
    let text = blanks::trim(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.len() > DIGITS_MAX {
        return None;
    }
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if !is_digits(whole) || !is_digits(fraction) || !is_digits(exponent) {
        return None;
    }
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

fn content<'heap>(context: &'heap mut Context<'_>, args: &[Value]) -> Outcome<&'heap str> {
    let text = arguments::text(args, 0)?;
    let bytes = context.heap.texts.bytes(text)?;
    context.charge_fuel(bytes.min(DIGITS_MAX));
    Ok(context.heap.texts.str(text)?)
}

fn int_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let int = match arguments::value(args, 0)? {
        Value::Int(n) => n,
        Value::Number(n) => number::to_int(n)?,
        Value::Bool(b) => b.into(),
        _ => {
            let text = content(context, args)?;
            read_int(text).map_err(|why| match why {
                NoInt::Malformed => Stop::value_error(format!(
                    "{} is no int; allowed are decimal digits with a sign",
                    excerpt(text)
                )),
                NoInt::OutOfRange => Stop::overflow(&excerpt(text)),
            })?
        }
    };
    Ok(Flow::Value(Value::Int(int)))
}

fn number_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let number = match arguments::value(args, 0)? {
        Value::Int(n) => number::to_number(n),
        Value::Number(n) => n,
        _ => {
            let text = content(context, args)?;
            let refused =
                || Stop::value_error(format!("{} is no number within the range of a double", excerpt(text)));
            read_number(text).ok_or_else(refused)?
        }
    };
    Ok(Flow::Value(Value::Number(number)))
}

fn bool_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(Value::Bool(truth(context.heap, arguments::value(args, 0)?)?)))
}

fn parse_int(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(read_int(content(context, args)?).map_or(Value::None, Value::Int)))
}

fn parse_number(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(read_number(content(context, args)?).map_or(Value::None, Value::Number)))
}

fn time_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(Value::Time(parse_time(content(context, args)?)?)))
}
