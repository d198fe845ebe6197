//! Numeric functions.

use super::arithmetic::exact_int;
use super::value::V;
use super::{Eval, raise, type_error, unjudged, value_error};

fn int(n: f64) -> Eval<Option<V>> {
    match exact_int(n) {
        Some(n) => Ok(Some(V::Int(n))),
        None => raise("IntegerOverflow", ""),
    }
}

/// A numeric function; none when the name is no such function.
pub fn function(name: &str, args: &[V]) -> Eval<Option<V>> {
    let numeric = |v: &V| match v {
        V::Int(n) => Some(*n as f64),
        V::Num(n) => Some(*n),
        _ => None,
    };
    let known = matches!(
        name,
        "abs"
            | "floor"
            | "ceil"
            | "trunc"
            | "round"
            | "sqrt"
            | "sin"
            | "cos"
            | "tan"
            | "log10"
            | "ln"
            | "exp"
            | "is_nan"
            | "is_finite"
            | "clamp"
            | "pow"
    );
    let all_numeric = args.iter().all(|v| numeric(v).is_some());
    match (name, args) {
        ("abs", [V::Int(n)]) => match n.checked_abs() {
            Some(n) => Ok(Some(V::Int(n))),
            None => raise("IntegerOverflow", ""),
        },
        ("abs", [V::Num(n)]) => Ok(Some(V::Num(n.abs()))),
        ("floor" | "ceil" | "trunc" | "round", [V::Int(n)]) => Ok(Some(V::Int(*n))),
        ("floor", [V::Num(n)]) => int(n.floor()),
        ("ceil", [V::Num(n)]) => int(n.ceil()),
        ("trunc", [V::Num(n)]) => int(n.trunc()),
        ("round", [V::Num(n)]) => int(n.round()),
        ("round" | "floor" | "ceil" | "trunc", [_, _]) if all_numeric => unjudged("digits"),
        ("sqrt", [v]) if all_numeric => Ok(numeric(v).map(|n| V::Num(n.sqrt()))),
        ("sin" | "cos" | "tan" | "log10" | "ln" | "exp", [_]) if all_numeric => unjudged("transcendental"),
        ("is_nan", [v]) if all_numeric => Ok(numeric(v).map(|n| V::Bool(n.is_nan()))),
        ("is_finite", [v]) if all_numeric => Ok(numeric(v).map(|n| V::Bool(n.is_finite()))),
        ("pow", [a, b]) if all_numeric => super::arithmetic::power(a, b).map(Some),
        ("clamp", [_, _, _]) if all_numeric => match args {
            [V::Int(x), V::Int(a), V::Int(b)] if a <= b => Ok(Some(V::Int(*x.clamp(a, b)))),
            [V::Int(_), V::Int(_), V::Int(_)] => value_error("clamp"),
            _ => unjudged("clamp of numbers"),
        },
        ("to_int", [v @ (V::Int(_) | V::Num(_))]) => super::builtin::to_int(v).map(Some),
        ("to_number", [v]) if all_numeric => Ok(numeric(v).map(V::Num)),
        ("to_fixed" | "toFixed" | "format" | "toLocaleString", [V::Int(_) | V::Num(_), ..]) => {
            unjudged("decimals")
        }
        ("min" | "max", [_, _, ..]) if args.iter().all(|v| matches!(v, V::Int(_))) => {
            let ints = args.iter().filter_map(|v| if let V::Int(n) = v { Some(*n) } else { None });
            Ok((if name == "min" { ints.min() } else { ints.max() }).map(V::Int))
        }
        ("min" | "max", [_, _, ..] | [V::Int(_) | V::Num(_)]) => unjudged("min of other kinds"),
        _ if known => type_error("arguments"),
        _ => Ok(None),
    }
}
