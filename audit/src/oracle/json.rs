//! JSON by way of serde_json, with the reference's rules on top.

use super::expr::set_pair;
use super::value::{V, number_text};
use super::{Eval, unjudged, value_error};

/// `json_parse`.
pub fn parse(text: &str) -> Eval<V> {
    let mut depth: usize = 0;
    for b in text.bytes() {
        depth += usize::from(matches!(b, b'[' | b'{'));
    }
    if depth > 60 {
        return unjudged("deep JSON");
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => from_json(&value),
        Err(_) => value_error("JSON"),
    }
}

fn from_json(value: &serde_json::Value) -> Eval<V> {
    Ok(match value {
        serde_json::Value::Null => V::None,
        serde_json::Value::Bool(b) => V::Bool(*b),
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(n) => V::Int(n),
            None => V::Num(n.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(s) => V::text(s),
        serde_json::Value::Array(items) => {
            let mut out = Vec::new();
            for item in items {
                out.push(from_json(item)?);
            }
            V::list(out)
        }
        serde_json::Value::Object(pairs) => {
            if pairs.len() > 1 {
                return unjudged("order of JSON keys");
            }
            let mut out = Vec::new();
            for (key, value) in pairs {
                set_pair(&mut out, V::text(key), from_json(value)?)?;
            }
            V::map(out)
        }
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.into()).to_string()
}

/// `json_stringify`.
pub fn stringify(value: &V, indent: Option<usize>) -> Eval<String> {
    let mut out = String::new();
    write(value, indent, 0, &mut out)?;
    Ok(out)
}

fn line(indent: Option<usize>, level: usize, out: &mut String) {
    if let Some(indent) = indent {
        out.push('\n');
        out.push_str(&" ".repeat(indent * level));
    }
}

fn write(value: &V, indent: Option<usize>, level: usize, out: &mut String) -> Eval<()> {
    if level > 100 {
        return unjudged("deep JSON");
    }
    match value {
        V::None | V::Function(_) | V::Builtin(_) | V::Constructor(..) | V::Enum(_) => out.push_str("null"),
        V::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        V::Int(n) | V::Duration(n) => out.push_str(&n.to_string()),
        V::Num(n) if !n.is_finite() => out.push_str("null"),
        V::Num(n) => {
            let text = number_text(*n);
            out.push_str(&text);
            if !text.contains(['.', 'e']) {
                out.push_str(".0");
            }
        }
        V::Text(t) => out.push_str(&quoted(t)),
        V::List(items) => write_list(&items.borrow().clone(), indent, level, out)?,
        V::Range(a, b, i) => write_list(&super::expr::range_items(*a, *b, *i)?, indent, level, out)?,
        V::Map(pairs) => {
            let pairs = pairs.borrow().clone();
            if pairs.is_empty() {
                out.push_str("{}");
                return Ok(());
            }
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(indent, level + 1, out);
                out.push_str(&quoted(&super::value::to_text(key)?));
                out.push_str(if indent.is_some() { ": " } else { ":" });
                write(value, indent, level + 1, out)?;
            }
            line(indent, level, out);
            out.push('}');
        }
        V::Variant(of, variant, payload) if payload.is_empty() => {
            out.push_str(&quoted(&of.variants[*variant].0));
        }
        V::Variant(of, variant, payload) => {
            let name = V::text(&of.variants[*variant].0);
            let values = V::list(payload.to_vec());
            let pairs = vec![(V::text("variant"), name), (V::text("values"), values)];
            write(&V::map(pairs), indent, level, out)?;
        }
        V::Error(_) => return unjudged("message of an error"),
    }
    Ok(())
}

fn write_list(items: &[V], indent: Option<usize>, level: usize, out: &mut String) -> Eval<()> {
    if items.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        line(indent, level + 1, out);
        write(item, indent, level + 1, out)?;
    }
    line(indent, level, out);
    out.push(']');
    Ok(())
}
