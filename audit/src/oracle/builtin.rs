//! Built-in functions, and which method a name means for a receiver.

use super::arithmetic::exact_int;
use super::expr::type_name;
use super::value::{ErrorValue, V, range_length, to_text};
use super::{Eval, Oracle, raise, type_error, unjudged, value_error};
use std::rc::Rc;

/// May the name be read without parentheses on this kind?
pub fn is_property(value: &V, name: &str) -> bool {
    match value {
        V::List(_) | V::Range(..) => {
            matches!(name, "length" | "len" | "count" | "is_empty" | "isEmpty" | "first" | "last")
        }
        V::Text(_) => matches!(name, "length" | "len" | "is_empty" | "isEmpty"),
        V::Duration(_) => name == "seconds",
        _ => false,
    }
}

impl Oracle {
    /// A built-in by its bare name; a method name is a function of its receiver.
    pub(super) fn builtin(&mut self, name: &str, args: Vec<V>) -> Eval<V> {
        match (name, args.as_slice()) {
            ("print", _) => {
                let mut parts = Vec::new();
                for arg in &args {
                    parts.push(if matches!(arg, V::None) { "none".into() } else { to_text(arg)? });
                }
                self.lines.push(parts.join(" "));
                Ok(V::None)
            }
            ("type_of", [v]) => Ok(V::text(type_name(v))),
            ("len", [V::Text(t)]) => Ok(V::Int(t.chars().count() as i64)),
            ("len", [V::List(l)]) => Ok(V::Int(l.borrow().len() as i64)),
            ("len", [V::Map(m)]) => Ok(V::Int(m.borrow().len() as i64)),
            ("len", [V::Range(a, b, i)]) => i64::try_from(range_length(*a, *b, *i))
                .map_or_else(|_| raise("IntegerOverflow", ""), |n| Ok(V::Int(n))),
            ("len", [_]) => type_error("len"),
            ("range", [V::Int(a), V::Int(b)]) => super::expr::range_items(*a, *b, false).map(V::list),
            ("range", [V::Int(a), V::Int(b), V::Int(step)]) => range_list(*a, *b, *step),
            ("range", _) => type_error("range"),
            ("error", _) => self.error(&args),
            ("int", [v]) => to_int(v),
            ("number", [V::Int(n)]) => Ok(V::Num(*n as f64)),
            ("number", [v @ V::Num(_)]) => Ok(v.clone()),
            ("number", [V::Text(t)]) => match parse_number(t) {
                Some(n) => Ok(V::Num(n)),
                None => value_error("number"),
            },
            ("number", [_]) => type_error("number"),
            ("text", [v]) => Ok(V::text(to_text(v)?)),
            ("bool", [v]) => Ok(V::Bool(v.truthy())),
            ("parse_int", [v @ V::Text(_)]) => Ok(to_int(v).unwrap_or(V::None)),
            ("parse_number", [V::Text(t)]) => Ok(parse_number(t).map_or(V::None, V::Num)),
            ("parse_int" | "parse_number", [_]) => type_error("parse"),
            ("json_parse", [V::Text(t)]) => super::json::parse(t),
            ("json_parse", [_]) => type_error("json_parse"),
            ("json_stringify", [v]) => Ok(V::text(super::json::stringify(v, None)?)),
            ("json_stringify", [v, V::Int(indent)]) if (0..=8).contains(indent) => {
                let indent = (*indent > 0).then_some(*indent as usize);
                Ok(V::text(super::json::stringify(v, indent)?))
            }
            ("json_stringify", [_, V::Int(indent)]) if *indent < 0 => value_error("json_stringify"),
            _ => match super::builtin_number::function(name, &args)? {
                Some(value) => Ok(value),
                None if args.is_empty() => type_error("receiver"),
                None => self.call_method(name, args),
            },
        }
    }

    fn error(&mut self, args: &[V]) -> Eval<V> {
        let mut error = match args {
            [V::Text(message)] => ErrorValue::new("Error", message.to_string()),
            [V::Text(kind), V::Text(message)] => {
                let mut chars = kind.chars();
                let pascal = chars.next().is_some_and(|c| c.is_ascii_uppercase())
                    && chars.all(|c| c.is_ascii_alphanumeric());
                if !pascal || matches!(kind.as_ref(), "Timeout" | "Cancelled") {
                    return value_error("kind");
                }
                ErrorValue::new(kind, message.to_string())
            }
            [V::Int(status), V::Text(message)] if (400..=599).contains(status) => {
                ErrorValue { status: *status, ..ErrorValue::new("HttpError", message.to_string()) }
            }
            [V::Int(_), V::Text(_)] => return value_error("status"),
            _ => return type_error("error"),
        };
        error.notes = Vec::new();
        Ok(V::Error(Rc::new(error)))
    }

    /// A method of the first argument.
    pub(super) fn call_method(&mut self, name: &str, args: Vec<V>) -> Eval<V> {
        match (name, args.as_slice()) {
            ("to_text" | "toString", [v]) => return Ok(V::text(to_text(v)?)),
            ("type", [v]) => return Ok(V::text(type_name(v))),
            ("copy", [v]) => {
                return Ok(match v {
                    V::List(l) => V::list(l.borrow().clone()),
                    V::Map(m) => V::map(m.borrow().clone()),
                    other => other.clone(),
                });
            }
            _ => {}
        }
        match &args[0] {
            V::Text(t) => {
                let text = t.clone();
                super::builtin_text::method(name, &text, &args[1..])
            }
            V::List(_) | V::Range(..) => self.list_method(name, &args),
            V::Map(_) => self.map_method(name, &args),
            V::Int(_) | V::Num(_) => match super::builtin_number::function(name, &args)? {
                Some(value) => Ok(value),
                None => type_error("no such method"),
            },
            V::Duration(ms) => match (name, args.len()) {
                ("to_ms", 1) => Ok(V::Int(*ms)),
                ("seconds", 1) => Ok(V::Num(*ms as f64 / 1000.0)),
                ("min" | "max", _) => unjudged("min of other kinds"),
                _ => type_error("no such method"),
            },
            V::Error(e) if name == "context" && args.len() == 2 => {
                let V::Text(note) = &args[1] else { return type_error("context") };
                let mut copy = (**e).clone();
                copy.notes.push(note.to_string());
                Ok(V::Error(Rc::new(copy)))
            }
            V::None => type_error("method on none"),
            V::Bool(_) => type_error("no such method"),
            _ => unjudged("method of another kind"),
        }
    }
}

fn range_list(a: i64, b: i64, step: i64) -> Eval<V> {
    if step == 0 {
        return value_error("step");
    }
    let (mut at, end, step) = (i128::from(a), i128::from(b), i128::from(step));
    let mut items = Vec::new();
    while if step > 0 { at < end } else { at > end } {
        if items.len() > super::SIZE_MAX {
            return unjudged("long range");
        }
        items.push(V::Int(at as i64));
        at += step;
    }
    Ok(V::list(items))
}

/// `int(x)`.
pub fn to_int(v: &V) -> Eval<V> {
    match v {
        V::Int(n) => Ok(V::Int(*n)),
        V::Num(n) => match exact_int(n.trunc()) {
            Some(n) => Ok(V::Int(n)),
            None => raise("IntegerOverflow", ""),
        },
        V::Bool(b) => Ok(V::Int(i64::from(*b))),
        V::Text(t) => {
            let trimmed = t.trim();
            let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return value_error("int");
            }
            trimmed.parse().map_or_else(|_| raise("IntegerOverflow", ""), |n| Ok(V::Int(n)))
        }
        _ => type_error("int"),
    }
}

/// A number as `number(text)` reads it.
pub fn parse_number(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let rest = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    if fits { trimmed.parse().ok().filter(|n: &f64| n.is_finite()) } else { None }
}
