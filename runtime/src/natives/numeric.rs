//! Functions of numbers. Each is a plain function and, where it has a natural receiver, a method; the client's names
//! (`Math.floor`, `math_floor`) are the same code.

mod extreme;
mod rounding;
#[cfg(test)]
mod tests;

use super::arguments;
use super::define::{BOOL, INT, alias, function, method, optional, property, required, variadic};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Value, number};
use crate::vm::{Context, Flow, Native};
use rounding::{ceil, fixed, floor, grouped, round, trunc};
use std::cmp::Ordering;

const NUMERIC: Kinds = Kinds::NUMERIC;
const NUMBER: Kinds = Kinds::of(&[Kind::Number]);
/// What has an order.
const ORDERED: Kinds = Kinds::of(&[Kind::Int, Kind::Number, Kind::Text, Kind::Time, Kind::Duration]);

const X: Param = required("x", NUMERIC);
const DIGITS: Param = optional("digits", INT);
const LOW: Param = required("low", NUMERIC);
const HIGH: Param = required("high", NUMERIC);
const EXPONENT: Param = required("exponent", NUMERIC);

const ABS: Native = function("abs", &[X], NUMERIC, abs);
const FLOOR: Native = function("floor", &[X], INT, floor);
const CEIL: Native = function("ceil", &[X], INT, ceil);
const ROUND: Native = function("round", &[X, DIGITS], NUMERIC, round);
const SQRT: Native = function("sqrt", &[X], NUMBER, sqrt);
const POW: Native = function("pow", &[X, EXPONENT], NUMERIC, pow);
const PI: Native = property("pi", Kinds::NONE, NUMBER, |_, _| Ok(number(std::f64::consts::PI)));
const MIN: Native = variadic(function("Math.min", &[required("x", Kinds::ANY)], Kinds::ANY, extreme::min));
const MAX: Native = variadic(function("Math.max", &[required("x", Kinds::ANY)], Kinds::ANY, extreme::max));
const TO_FIXED: Native = method("to_fixed", NUMERIC, &[required("digits", INT)], super::define::TEXT, fixed);
const FORMAT: Native = method("format", NUMERIC, &[DIGITS], super::define::TEXT, grouped);

/// The family.
pub const NATIVES: &[Native] = &[
    ABS,
    alias("Math.abs", ABS),
    alias("math_abs", ABS),
    method("abs", NUMERIC, &[], NUMERIC, abs),
    FLOOR,
    alias("Math.floor", FLOOR),
    alias("math_floor", FLOOR),
    method("floor", NUMERIC, &[], INT, floor),
    CEIL,
    alias("Math.ceil", CEIL),
    alias("math_ceil", CEIL),
    method("ceil", NUMERIC, &[], INT, ceil),
    ROUND,
    alias("Math.round", ROUND),
    alias("math_round", ROUND),
    method("round", NUMERIC, &[DIGITS], NUMERIC, round),
    function("trunc", &[X], INT, trunc),
    method("trunc", NUMERIC, &[], INT, trunc),
    SQRT,
    alias("Math.sqrt", SQRT),
    alias("math_sqrt", SQRT),
    method("sqrt", NUMERIC, &[], NUMBER, sqrt),
    POW,
    alias("Math.pow", POW),
    alias("math_pow", POW),
    method("pow", NUMERIC, &[EXPONENT], NUMERIC, pow),
    function("sin", &[X], NUMBER, sin),
    method("sin", NUMERIC, &[], NUMBER, sin),
    function("cos", &[X], NUMBER, cos),
    method("cos", NUMERIC, &[], NUMBER, cos),
    function("tan", &[X], NUMBER, tan),
    method("tan", NUMERIC, &[], NUMBER, tan),
    function("log10", &[X], NUMBER, log10),
    method("log10", NUMERIC, &[], NUMBER, log10),
    function("ln", &[X], NUMBER, ln),
    method("ln", NUMERIC, &[], NUMBER, ln),
    function("exp", &[X], NUMBER, exp),
    method("exp", NUMERIC, &[], NUMBER, exp),
    MIN,
    alias("math_min", MIN),
    variadic(method("min", ORDERED, &[], ORDERED, extreme::min)),
    MAX,
    alias("math_max", MAX),
    variadic(method("max", ORDERED, &[], ORDERED, extreme::max)),
    function("clamp", &[X, LOW, HIGH], NUMERIC, clamp),
    method("clamp", NUMERIC, &[LOW, HIGH], NUMERIC, clamp),
    function("is_nan", &[X], BOOL, is_nan),
    method("is_nan", NUMERIC, &[], BOOL, is_nan),
    function("is_finite", &[X], BOOL, is_finite),
    method("is_finite", NUMERIC, &[], BOOL, is_finite),
    method("to_int", NUMERIC, &[], INT, trunc),
    method("to_number", NUMERIC, &[], NUMBER, to_number),
    TO_FIXED,
    alias("toFixed", TO_FIXED),
    FORMAT,
    alias("toLocaleString", FORMAT),
    PI,
    alias("Math.PI", PI),
    alias("math_pi", PI),
];

/// An int or number.
#[derive(Clone, Copy)]
enum Numeric {
    Int(i64),
    Number(f64),
}

impl Numeric {
    fn read(args: &[Value], at: usize) -> Outcome<Self> {
        match arguments::value(args, at)? {
            Value::Int(n) => Ok(Self::Int(n)),
            Value::Number(n) => Ok(Self::Number(n)),
            _ => Err(Bug::WrongShape.into()),
        }
    }

    const fn number(self) -> f64 {
        match self {
            Self::Int(n) => number::to_number(n),
            Self::Number(n) => n,
        }
    }

    /// By mathematical value; none for NaN.
    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Int(a), Self::Number(b)) => number::compare(a, b),
            (Self::Number(a), Self::Int(b)) => number::compare(b, a).map(Ordering::reverse),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(&b),
        }
    }
}

impl From<Numeric> for Value {
    fn from(n: Numeric) -> Self {
        match n {
            Numeric::Int(n) => Self::Int(n),
            Numeric::Number(n) => Self::Number(n),
        }
    }
}

const fn int(n: i64) -> Flow {
    Flow::Value(Value::Int(n))
}

const fn number(n: f64) -> Flow {
    Flow::Value(Value::Number(n))
}

fn abs(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match Numeric::read(args, 0)? {
        Numeric::Int(n) => Ok(int(number::abs(n)?)),
        Numeric::Number(n) => Ok(number(n.abs())),
    }
}

fn sqrt(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().sqrt()))
}

fn sin(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().sin()))
}

fn cos(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().cos()))
}

fn tan(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().tan()))
}

fn log10(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().log10()))
}

fn ln(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().ln()))
}

fn exp(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number().exp()))
}

/// As the operator `**`: exact for ints, a number for a negative exponent.
fn pow(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match (Numeric::read(args, 0)?, Numeric::read(args, 1)?) {
        (Numeric::Int(a), Numeric::Int(b)) if b >= 0 => Ok(int(number::pow(a, b)?)),
        (a, b) => Ok(number(a.number().powf(b.number()))),
    }
}

fn clamp(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (x, low, high) = (Numeric::read(args, 0)?, Numeric::read(args, 1)?, Numeric::read(args, 2)?);
    if low.order(high) == Some(Ordering::Greater) {
        return Err(Stop::value_error("clamp needs a lower bound that is not above the upper one"));
    }
    let clamped = if x.order(low) == Some(Ordering::Less) {
        low
    } else if x.order(high) == Some(Ordering::Greater) {
        high
    } else {
        x
    };
    Ok(Flow::Value(clamped.into()))
}

fn is_nan(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(Value::Bool(Numeric::read(args, 0)?.number().is_nan())))
}

fn is_finite(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(Value::Bool(Numeric::read(args, 0)?.number().is_finite())))
}

fn to_number(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(number(Numeric::read(args, 0)?.number()))
}
