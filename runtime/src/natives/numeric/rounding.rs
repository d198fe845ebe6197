//! From numbers to ints and to digits: halves go away from zero, on the exact decimal value of the double.

use super::super::arguments;
use super::{Numeric, int, number as done};
use crate::value::format::{self, FIXED_DIGITS_MAX, ROUND_DIGITS_MAX};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Value, number};
use crate::vm::{Context, Flow};

fn whole(args: &[Value], of: fn(f64) -> f64) -> Outcome<Flow> {
    match Numeric::read(args, 0)? {
        Numeric::Int(n) => Ok(int(n)),
        Numeric::Number(n) => Ok(int(number::to_int(of(n))?)),
    }
}

pub fn floor(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    whole(args, f64::floor)
}

pub fn ceil(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    whole(args, f64::ceil)
}

pub fn trunc(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    whole(args, f64::trunc)
}

pub fn round(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match digits(args, ROUND_DIGITS_MAX)? {
        // The standard library's round takes halves away from zero, too.
        0 => whole(args, f64::round),
        digits => {
            let n = Numeric::read(args, 0)?.number();
            context.charge_fuel(price(n));
            Ok(done(format::round(n, digits)))
        }
    }
}

/// What the exact decimal value of a double costs: up to a thousand digits, most of them where it is very large or small.
fn price(n: f64) -> usize {
    if n == 0.0 || (1e-6..1e18).contains(&n.abs()) { 32 } else { 2_000 }
}

fn digits(args: &[Value], max: u8) -> Outcome<u8> {
    let digits = arguments::optional_int(args, 1)?.unwrap_or(0);
    let fitting = u8::try_from(digits).ok().filter(|&digits| digits <= max);
    fitting.ok_or_else(|| Stop::value_error(format!("the number of digits must be 0 to {max}, not {digits}")))
}

fn decimal(context: &mut Context<'_>, args: &[Value]) -> Outcome<String> {
    let digits = digits(args, FIXED_DIGITS_MAX)?;
    Ok(match Numeric::read(args, 0)? {
        Numeric::Int(n) => format::fixed_int(n, digits),
        Numeric::Number(n) => {
            context.charge_fuel(price(n));
            format::fixed(n, digits)
        }
    })
}

pub fn fixed(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let decimal = decimal(context, args)?;
    Ok(Flow::Value(context.heap.new_text(&decimal)?))
}

pub fn grouped(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let decimal = decimal(context, args)?;
    Ok(Flow::Value(context.heap.new_text(&format::with_thousands(&decimal))?))
}
