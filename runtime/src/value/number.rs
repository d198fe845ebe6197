//! Arithmetic that never wraps and never converts silently (invariant **V6**).
//!
//! Ints give an exact int or raise; numbers follow IEEE 754; durations overflow as ints do; times stay within the years
//! 0 to 9999.

use super::calendar;
use super::stop::{ErrorKind, Outcome, Stop};
use crate::base::guard::{Guard, off};
use std::cmp::Ordering;

/// 2^63: the first number above the ints.
const INT_LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The int that a number is, when it is integral and in range.
pub fn exact_int(n: f64) -> Option<i64> {
    let integral = n.fract() == 0.0 && (-INT_LIMIT..INT_LIMIT).contains(&n);
    integral.then(|| saturating_int(n))
}

/// Toward zero; the nearest int for what is outside, 0 for NaN. Callers have looked at the range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, which is what this function is for"
)]
const fn saturating_int(n: f64) -> i64 {
    n as i64
}

/// The nearest double.
#[expect(
    clippy::cast_precision_loss,
    reason = "the language rounds an int that meets a number to the nearest double"
)]
#[inline]
pub const fn to_number(n: i64) -> f64 {
    n as f64
}

/// A number without its fraction, as an int.
pub fn to_int(n: f64) -> Outcome<i64> {
    let whole = n.trunc();
    if off(Guard::ConvertRange) {
        return Ok(saturating_int(whole));
    }
    exact_int(whole)
        .ok_or_else(|| if n.is_nan() { no_int() } else { overflow("the number converted to int") })
}

#[cold]
fn overflow(what: &str) -> Stop {
    Stop::overflow(what)
}

#[cold]
fn no_int() -> Stop {
    Stop::raise(ErrorKind::IntegerOverflow, "NaN, which is not a number, has no int")
}

#[cold]
fn division_by_zero() -> Stop {
    Stop::raise(ErrorKind::DivisionByZero, "Cannot divide by zero")
}

/// `a + b`
pub fn add(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if off(Guard::IntOverflow) {
        return Ok(naive::add(a, b));
    }
    a.checked_add(b).ok_or_else(|| overflow("the sum"))
}

/// `a - b`
pub fn sub(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if off(Guard::IntOverflow) {
        return Ok(naive::sub(a, b));
    }
    a.checked_sub(b).ok_or_else(|| overflow("the difference"))
}

/// `a * b`
pub fn mul(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if off(Guard::IntOverflow) {
        return Ok(naive::mul(a, b));
    }
    a.checked_mul(b).ok_or_else(|| overflow("the product"))
}

/// `a / b`, toward zero.
pub fn div(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if (b == 0 && off(Guard::DivideByZero)) || (b != 0 && off(Guard::QuotientOverflow)) {
        return Ok(naive::div(a, b));
    }
    if b == 0 {
        return Err(division_by_zero());
    }
    a.checked_div(b).ok_or_else(|| overflow("the quotient"))
}

/// `a % b`, with the sign of `a`.
pub fn rem(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if (b == 0 && off(Guard::DivideByZero)) || (b != 0 && off(Guard::QuotientOverflow)) {
        return Ok(naive::rem(a, b));
    }
    if b == 0 {
        return Err(division_by_zero());
    }
    // The one quotient that overflows has the remainder 0.
    Ok(a.checked_rem(b).unwrap_or(0))
}

/// `-a`
pub fn neg(a: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if off(Guard::NegateOverflow) {
        return Ok(naive::neg(a));
    }
    a.checked_neg().ok_or_else(|| overflow("the negated int"))
}

/// The absolute value.
pub fn abs(a: i64) -> Outcome<i64> {
    if a < 0 { neg(a) } else { Ok(a) }
}

/// `a ** b` for an exponent that is not negative.
pub fn pow(a: i64, b: i64) -> Outcome<i64> {
    #[cfg(feature = "knockout")]
    if off(Guard::PowerOverflow) {
        return Ok(naive::pow(a, b));
    }
    let exact = match (a, u32::try_from(b)) {
        (0 | 1, _) => Some(if b == 0 { 1 } else { a }),
        (-1, _) => Some(if b & 1 == 0 { 1 } else { -1 }),
        (_, Ok(exponent)) => a.checked_pow(exponent),
        (_, Err(_)) => None,
    };
    exact.ok_or_else(|| overflow("the power"))
}

/// Compares an int with a number by mathematical value; none for NaN.
pub fn compare(int: i64, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    if number >= INT_LIMIT {
        return Some(Ordering::Less);
    }
    if number < -INT_LIMIT {
        return Some(Ordering::Greater);
    }
    let whole = number.trunc();
    let by_whole = int.cmp(&saturating_int(whole));
    // Equal in the whole part: the fraction decides, and it has the number's sign.
    Some(by_whole.then_with(|| whole.partial_cmp(&number).unwrap_or(Ordering::Equal)))
}

/// Is an int the same as a number, by mathematical value?
pub fn equal(int: i64, number: f64) -> bool {
    exact_int(number) == Some(int)
}

/// A duration times a number, toward zero.
pub fn scale(duration: i64, by: f64) -> Outcome<i64> {
    duration_of(to_number(duration) * by)
}

/// A duration over an int, toward zero.
pub fn duration_div(duration: i64, by: i64) -> Outcome<i64> {
    if by == 0 {
        return Err(division_by_zero());
    }
    duration.checked_div(by).ok_or_else(|| overflow("the duration"))
}

/// A duration over a number, toward zero.
pub fn duration_over(duration: i64, by: f64) -> Outcome<i64> {
    if by == 0.0 {
        return Err(division_by_zero());
    }
    duration_of(to_number(duration) / by)
}

/// A duration over a duration.
pub fn ratio(a: i64, b: i64) -> Outcome<f64> {
    if b == 0 {
        return Err(division_by_zero());
    }
    Ok(to_number(a) / to_number(b))
}

fn duration_of(ms: f64) -> Outcome<i64> {
    if ms.is_nan() {
        return Err(Stop::value_error("a duration must not be NaN milliseconds"));
    }
    exact_int(ms.trunc()).ok_or_else(|| overflow("the duration"))
}

/// A time moved by a duration.
pub fn move_time(time: i64, by: i64) -> Outcome<i64> {
    calendar::shift(time, by).ok_or_else(|| Stop::value_error("a time must be within the years 0 to 9999"))
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guards hold back: plain operators.
    #![expect(
        clippy::arithmetic_side_effects,
        reason = "the unguarded operators that the audit knocks out to"
    )]
    #![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as a first version would")]

    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    pub fn sub(a: i64, b: i64) -> i64 {
        a - b
    }
    pub fn mul(a: i64, b: i64) -> i64 {
        a * b
    }
    pub fn div(a: i64, b: i64) -> i64 {
        a / b
    }
    pub fn rem(a: i64, b: i64) -> i64 {
        a % b
    }
    pub fn neg(a: i64) -> i64 {
        -a
    }
    pub fn pow(a: i64, b: i64) -> i64 {
        a.pow(b as u32)
    }
}

#[cfg(test)]
mod tests;
