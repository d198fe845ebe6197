//! Methods of text, over vectors of characters.

use super::postfix::{resolve, slice_value};
use super::value::{V, to_text};
use super::{Eval, SIZE_MAX, raise, type_error, unjudged, value_error};

fn chars(t: &str) -> Vec<char> {
    t.chars().collect()
}

fn find(hay: &[char], needle: &[char], from: usize) -> Option<usize> {
    (from..=hay.len()).find(|&at| hay[at..].starts_with(needle))
}

fn text_of(c: &[char]) -> V {
    V::text(c.iter().collect::<String>())
}

/// A method of a text.
pub fn method(name: &str, t: &str, args: &[V]) -> Eval<V> {
    let c = chars(t);
    let count = |n: usize| Ok(V::Int(n as i64));
    let position = |at: Option<usize>| Ok(V::Int(at.map_or(-1, |at| at as i64)));
    match (name, args) {
        ("length" | "len", []) => count(c.len()),
        ("is_empty" | "isEmpty", []) => Ok(V::Bool(c.is_empty())),
        ("upper" | "toUpperCase" | "uppercase", []) => Ok(V::text(t.to_uppercase())),
        ("lower" | "toLowerCase" | "lowercase", []) => Ok(V::text(t.to_lowercase())),
        ("capitalize", []) => Ok(match c.split_first() {
            Some((first, rest)) => {
                V::text(first.to_uppercase().chain(rest.iter().copied()).collect::<String>())
            }
            None => V::text(""),
        }),
        ("trim", []) => Ok(V::text(t.trim())),
        ("trim_start", []) => Ok(V::text(t.trim_start())),
        ("trim_end", []) => Ok(V::text(t.trim_end())),
        ("reverse", []) => Ok(V::text(c.iter().rev().collect::<String>())),
        ("lines", []) => Ok(V::list(t.lines().map(V::text).collect())),
        ("to_int", []) => super::builtin::to_int(&V::text(t)),
        ("to_number", []) => {
            super::builtin::parse_number(t).map_or_else(|| value_error("number"), |n| Ok(V::Num(n)))
        }
        ("starts_with" | "startsWith", [V::Text(p)]) => Ok(V::Bool(t.starts_with(p.as_ref()))),
        ("ends_with" | "endsWith", [V::Text(p)]) => Ok(V::Bool(t.ends_with(p.as_ref()))),
        ("contains" | "includes", [V::Text(p)]) => Ok(V::Bool(t.contains(p.as_ref()))),
        ("index_of" | "indexOf", [V::Text(p)]) => position(find(&c, &chars(p), 0)),
        ("last_index_of", [V::Text(p)]) => {
            let needle = chars(p);
            position((0..=c.len()).rev().find(|&at| c[at..].starts_with(&needle)))
        }
        ("count", [V::Text(p)]) => {
            if p.is_empty() {
                value_error("empty needle")
            } else {
                count(t.matches(p.as_ref()).count())
            }
        }
        ("slice", [] | [_] | [_, _]) => {
            let [start, end] = bounds(args)?;
            slice_value(&V::text(t), [start, end, None])
        }
        ("substring", [] | [_] | [_, _]) => {
            let [start, end] = bounds(args)?;
            let (a, b) = (start.unwrap_or(0), end.unwrap_or(i64::MAX));
            let clamp = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(c.len());
            let (a, b) = (clamp(a), clamp(b));
            Ok(text_of(&c[a.min(b)..a.max(b)]))
        }
        ("char_at" | "charAt", [V::Int(n)]) => Ok(usize::try_from(*n)
            .ok()
            .and_then(|n| c.get(n))
            .map_or(V::text(""), |c| V::text(c.to_string()))),
        ("code_at" | "charCodeAt", [V::Int(n)]) => match resolve(*n, c.len()) {
            Some(_) if *n < 0 => unjudged("negative index of code_at"),
            Some(at) => Ok(V::Int(i64::from(u32::from(c[at])))),
            None => raise("IndexOutOfBounds", ""),
        },
        ("split", [V::Text(p)]) => {
            if p.is_empty() {
                return Ok(V::list(c.iter().map(|c| V::text(c.to_string())).collect()));
            }
            Ok(V::list(t.split(p.as_ref()).map(V::text).collect()))
        }
        ("replace", [V::Text(p), V::Text(by)]) => {
            if p.is_empty() {
                return value_error("empty needle");
            }
            let out = t.replace(p.as_ref(), by);
            if out.len() > SIZE_MAX { unjudged("large text") } else { Ok(V::text(out)) }
        }
        ("replace_first", [V::Text(p), V::Text(by)]) => {
            if p.is_empty() {
                unjudged("empty needle")
            } else {
                Ok(V::text(t.replacen(p.as_ref(), by, 1)))
            }
        }
        ("repeat", [V::Int(n)]) => {
            if *n < 0 {
                return value_error("repeat");
            }
            match usize::try_from(*n)
                .ok()
                .and_then(|n| t.len().checked_mul(n))
                .filter(|&size| size <= SIZE_MAX)
            {
                Some(0) => Ok(V::text("")),
                Some(_) => Ok(V::text(t.repeat(*n as usize))),
                None => unjudged("large text"),
            }
        }
        ("pad_start" | "padStart", [V::Int(n)]) => pad(&c, *n, " ", true),
        ("pad_end" | "padEnd", [V::Int(n)]) => pad(&c, *n, " ", false),
        ("pad_start" | "padStart", [V::Int(n), V::Text(fill)]) => pad(&c, *n, fill, true),
        ("pad_end" | "padEnd", [V::Int(n), V::Text(fill)]) => pad(&c, *n, fill, false),
        ("min" | "max", _) => unjudged("min of other kinds"),
        ("graphemes" | "matches" | "find_all" | "to_time" | "test", _) => unjudged("text by tables"),
        _ => type_error("no such method"),
    }
}

/// Start and end, each left out or none where there is no bound.
pub fn bounds(args: &[V]) -> Eval<[Option<i64>; 2]> {
    let bound = |at: usize| match args.get(at) {
        Some(V::Int(n)) => Ok(Some(*n)),
        Some(V::None) | None => Ok(None),
        Some(_) => type_error("bound"),
    };
    Ok([bound(0)?, bound(1)?])
}

fn pad(c: &[char], width: i64, fill: &str, start: bool) -> Eval<V> {
    let fill = chars(fill);
    if fill.is_empty() {
        return value_error("empty filler");
    }
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(c.len());
    if missing > SIZE_MAX {
        return unjudged("large text");
    }
    let filler: String = fill.iter().cycle().take(missing).collect();
    let own: String = c.iter().collect();
    Ok(V::text(if start { filler + &own } else { own + &filler }))
}

/// `join`.
pub fn join(items: &[V], separator: &str) -> Eval<V> {
    let mut parts = Vec::new();
    for item in items {
        parts.push(to_text(item)?);
    }
    Ok(V::text(parts.join(separator)))
}
