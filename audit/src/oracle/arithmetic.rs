//! Arithmetic as the reference defines it: exact on ints or an error, IEEE once a number is involved.

use super::value::{V, compare_int_num, to_text};
use super::{Eval, SIZE_MAX, raise, type_error, unjudged};
use flin_runtime::syntax::tree::BinaryOp;

/// The int that an integral number is.
pub fn exact_int(n: f64) -> Option<i64> {
    let fits = n.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&n);
    fits.then_some(n as i64)
}

fn overflow<T>() -> Eval<T> {
    raise("IntegerOverflow", "")
}

fn int(n: i128) -> Eval<V> {
    i64::try_from(n).map_or_else(|_| overflow(), |n| Ok(V::Int(n)))
}

fn as_f64(v: &V) -> Option<f64> {
    match v {
        V::Int(n) => Some(*n as f64),
        V::Num(n) => Some(*n),
        _ => None,
    }
}

/// `+ - * / %` and `++`.
pub fn arithmetic(op: BinaryOp, a: &V, b: &V) -> Eval<V> {
    if let (V::Int(a), V::Int(b)) = (a, b) {
        let (a, b) = (i128::from(*a), i128::from(*b));
        return match op {
            BinaryOp::Add => int(a + b),
            BinaryOp::Subtract => int(a - b),
            BinaryOp::Multiply => int(a * b),
            BinaryOp::Divide if b == 0 => raise("DivisionByZero", ""),
            BinaryOp::Divide => int(a / b),
            BinaryOp::Remainder if b == 0 => raise("DivisionByZero", ""),
            BinaryOp::Remainder => int(a % b),
            _ => Ok(V::text(format!("{a}{b}"))),
        };
    }
    if op != BinaryOp::Concat
        && let (Some(x), Some(y)) = (as_f64(a), as_f64(b))
    {
        return Ok(V::Num(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Subtract => x - y,
            BinaryOp::Multiply => x * y,
            BinaryOp::Divide => x / y,
            _ => x % y,
        }));
    }
    match (op, a, b) {
        (BinaryOp::Add | BinaryOp::Concat, V::List(x), V::List(y)) => {
            let mut all = x.borrow().clone();
            all.extend(y.borrow().iter().cloned());
            if all.len() > SIZE_MAX {
                return unjudged("large list");
            }
            Ok(V::list(all))
        }
        (BinaryOp::Concat, V::List(_), _) | (BinaryOp::Concat, _, V::List(_)) => type_error("++"),
        (BinaryOp::Add, V::Text(_), _) | (BinaryOp::Add, _, V::Text(_)) | (BinaryOp::Concat, ..) => {
            let both = to_text(a)? + &to_text(b)?;
            if both.len() > SIZE_MAX { unjudged("large text") } else { Ok(V::text(both)) }
        }
        (BinaryOp::Add, V::Duration(x), V::Duration(y)) => {
            x.checked_add(*y).map_or_else(overflow, |n| Ok(V::Duration(n)))
        }
        (BinaryOp::Subtract, V::Duration(x), V::Duration(y)) => {
            x.checked_sub(*y).map_or_else(overflow, |n| Ok(V::Duration(n)))
        }
        (BinaryOp::Divide, V::Duration(x), V::Duration(y)) => {
            if *y == 0 {
                raise("DivisionByZero", "")
            } else {
                Ok(V::Num(*x as f64 / *y as f64))
            }
        }
        (BinaryOp::Multiply, V::Duration(x), V::Int(y)) | (BinaryOp::Multiply, V::Int(y), V::Duration(x)) => {
            x.checked_mul(*y).map_or_else(overflow, |n| Ok(V::Duration(n)))
        }
        (BinaryOp::Divide, V::Duration(_), V::Int(0)) => raise("DivisionByZero", ""),
        (BinaryOp::Divide, V::Duration(x), V::Int(y)) => {
            x.checked_div(*y).map_or_else(overflow, |n| Ok(V::Duration(n)))
        }
        (BinaryOp::Multiply | BinaryOp::Divide, V::Duration(_), V::Num(_))
        | (BinaryOp::Multiply, V::Num(_), V::Duration(_)) => unjudged("duration by number"),
        _ => type_error("operator"),
    }
}

/// `a ** b`.
pub fn power(a: &V, b: &V) -> Eval<V> {
    if let (V::Int(base), V::Int(exponent)) = (a, b)
        && *exponent >= 0
    {
        let mut result: i128 = 1;
        // 1, 0 and -1 never leave the range; anything else does within 64 steps.
        let rounds =
            if base.unsigned_abs() <= 1 { exponent % 2 + 2 * i64::from(*exponent >= 2) } else { *exponent };
        for _ in 0..rounds {
            result *= i128::from(*base);
            if i64::try_from(result).is_err() {
                return overflow();
            }
        }
        return int(result);
    }
    match (as_f64(a), as_f64(b)) {
        (Some(x), Some(y)) => Ok(V::Num(x.powf(y))),
        _ => type_error("**"),
    }
}

/// Int and number in their mathematical order, as `sort`, `min` and `max` use it.
pub fn numeric_order(a: &V, b: &V) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (V::Int(a), V::Int(b)) => Some(a.cmp(b)),
        (V::Num(a), V::Num(b)) => a.partial_cmp(b),
        (V::Int(a), V::Num(b)) => compare_int_num(*a, *b),
        (V::Num(a), V::Int(b)) => compare_int_num(*b, *a).map(std::cmp::Ordering::reverse),
        _ => None,
    }
}
