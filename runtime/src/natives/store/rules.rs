//! The rules of fields that a look at the value decides, and what each says when it is broken.

use super::formats::{is_email, is_url};
use crate::record::{Datum, FieldType, Rule};
use crate::value::stop::Outcome;
use crate::value::text::blanks;
use crate::value::{Heap, Value, calendar, format, number};
use crate::vm::Program;
use std::cmp::Ordering;

/// Is the rule kept? None where code of the program, a pattern or the stored version has to be asked.
pub fn is_kept(heap: &Heap, program: &Program, rule: &Rule, value: Value) -> Outcome<Option<bool>> {
    Ok(Some(match rule {
        Rule::Required => match value {
            Value::Text(text) => !blanks::trim(heap.texts.str(text)?).is_empty(),
            Value::List(list) => !heap.lists.get(list)?.items.is_empty(),
            _ => true,
        },
        Rule::Min(bound) => is_within(value, bound, Ordering::is_ge),
        Rule::Max(bound) => is_within(value, bound, Ordering::is_le),
        Rule::Positive => is_within(value, &Datum::Int(0), Ordering::is_gt),
        Rule::MinLength(least) => length(heap, value)?.is_none_or(|length| length >= *least),
        Rule::MaxLength(most) => length(heap, value)?.is_none_or(|length| length <= *most),
        Rule::Email => of_text(heap, value, is_email)?,
        Rule::Url => of_text(heap, value, is_url)?,
        Rule::OneOf(allowed) => {
            let mut found = false;
            for datum in allowed {
                found |= equals(heap, program, value, datum)?;
            }
            found
        }
        Rule::Pattern(..) | Rule::Check(_) | Rule::Immutable => return Ok(None),
    }))
}

/// What a broken rule says.
pub fn broken(rule: &Rule) -> String {
    match rule {
        Rule::Required => "is required".to_owned(),
        Rule::Min(bound) => format!("must be at least {}", shown(bound)),
        Rule::Max(bound) => format!("must be at most {}", shown(bound)),
        Rule::Positive => "must be positive".to_owned(),
        Rule::MinLength(least) => format!("must have at least {least} characters"),
        Rule::MaxLength(most) => format!("must have at most {most} characters"),
        Rule::Email => "must be a valid email".to_owned(),
        Rule::Url => "must be a valid URL".to_owned(),
        Rule::Pattern(..) => "has an invalid format".to_owned(),
        Rule::OneOf(allowed) => {
            let allowed: Vec<String> = allowed.iter().map(shown).collect();
            format!("must be one of {}", allowed.join(", "))
        }
        Rule::Check(_) => "is invalid".to_owned(),
        Rule::Immutable => "cannot be changed".to_owned(),
    }
}

/// What a value of another kind than the field's says.
pub fn mismatch(program: &Program, ty: &FieldType) -> String {
    let noun = noun(program, ty);
    let article =
        if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("must be {article} {noun}")
}

fn noun(program: &Program, ty: &FieldType) -> String {
    match ty {
        FieldType::Int => "int".to_owned(),
        FieldType::Number => "number".to_owned(),
        FieldType::Text => "text".to_owned(),
        FieldType::Bool => "bool".to_owned(),
        FieldType::Time => "time".to_owned(),
        FieldType::Enum(of) => {
            let shape = program.module.enums.get(crate::base::span::to_usize(*of));
            shape.map_or_else(String::new, |shape| shape.name.to_string())
        }
        FieldType::Reference(of) => program.entity_shape(*of).map_or("", |shape| &shape.name).to_owned(),
        FieldType::List(inner) => format!("list of {}", noun(program, inner)),
        FieldType::AnyList => "list of JSON-like data".to_owned(),
        FieldType::AnyMap => "map of JSON-like data".to_owned(),
        FieldType::Any => "value of JSON-like data".to_owned(),
    }
}

/// A bound says nothing of what is no number, and no NaN is within one.
fn is_within(value: Value, bound: &Datum, holds: fn(Ordering) -> bool) -> bool {
    !matches!(value, Value::Int(_) | Value::Number(_)) || compare(value, bound).is_some_and(holds)
}

/// None where they have no order.
fn compare(value: Value, bound: &Datum) -> Option<Ordering> {
    match (value, bound) {
        (Value::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Value::Int(a), Datum::Number(b)) => number::compare(a, *b),
        (Value::Number(a), Datum::Int(b)) => number::compare(*b, a).map(Ordering::reverse),
        (Value::Number(a), Datum::Number(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn length(heap: &Heap, value: Value) -> Outcome<Option<u64>> {
    let length = match value {
        Value::Text(text) => heap.texts.get(text)?.chars(),
        Value::List(list) => heap.lists.get(list)?.items.len(),
        Value::Map(map) => heap.maps.get(map)?.len(),
        _ => return Ok(None),
    };
    Ok(u64::try_from(length).ok())
}

fn of_text(heap: &Heap, value: Value, test: impl FnOnce(&str) -> bool) -> Outcome<bool> {
    match value {
        Value::Text(text) => Ok(test(heap.texts.str(text)?)),
        _ => Ok(false),
    }
}

fn equals(heap: &Heap, program: &Program, value: Value, datum: &Datum) -> Outcome<bool> {
    Ok(match (value, datum) {
        (Value::Text(text), Datum::Text(allowed)) => *heap.texts.str(text)? == **allowed,
        (Value::Bool(a), Datum::Bool(b)) => a == *b,
        (Value::Time(a), Datum::Time(b)) => a == *b,
        (Value::Plain { of, variant }, Datum::Variant(name, _)) => program.variant(of, variant)?.1 == &**name,
        _ => compare(value, datum).is_some_and(Ordering::is_eq),
    })
}

/// A constant as `to_text` gives it.
fn shown(datum: &Datum) -> String {
    let mut text = String::new();
    match datum {
        Datum::Int(n) => text = n.to_string(),
        Datum::Number(n) => format::write_number(&mut text, *n),
        Datum::Text(found) => text.push_str(found),
        Datum::Bool(b) => text = b.to_string(),
        Datum::Time(ms) => calendar::write_time(&mut text, *ms),
        Datum::Variant(name, _) => text.push_str(name),
        Datum::None | Datum::List(_) | Datum::Map(_) | Datum::Reference(_) => {}
    }
    text
}
