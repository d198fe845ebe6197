//! Comparison, membership and type tests on whatever the dispatch loop does not do inline.

use super::index::listed;
use super::native::{Context, Flow, SLICE, Step, Stepped};
use crate::base::Kind;
use crate::base::span::to_usize;
use crate::code::module::TypeShape;
use crate::natives::contains_element;
use crate::natives::text::contains as contains_text;
use crate::value::equal::{self, Equality};
use crate::value::fuel::bulk;
use crate::value::map::Key;
use crate::value::object::Object;
use crate::value::stop::{Bug, Need, Outcome, Stop};
use crate::value::{Heap, Value, number, order};
use std::cmp::Ordering;

/// `left < right`
#[cold]
pub(super) fn less(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<bool> {
    ordered(context, left, right).map(|order| order == Some(Ordering::Less))
}

/// `left <= right`
#[cold]
pub(super) fn less_or_equal(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<bool> {
    ordered(context, left, right).map(|order| order.is_some_and(Ordering::is_le))
}

fn ordered(context: &mut Context<'_>, left: Value, right: Value) -> Outcome<Option<Ordering>> {
    if let (Value::Client, _) | (_, Value::Client) = (left, right) {
        return Ok(None);
    }
    order::compare(context.heap, left, right)
}

/// Is it true in the sense of the language?
pub fn truth(heap: &Heap, value: Value) -> Outcome<bool> {
    Ok(match value {
        Value::None | Value::Unset | Value::Error(_) | Value::Client => false,
        Value::Bool(b) => b,
        Value::Int(n) | Value::Duration(n) => n != 0,
        Value::Number(n) => n != 0.0 && !n.is_nan(),
        Value::Text(text) => heap.texts.bytes(text)? > 0,
        Value::List(list) => !heap.lists.get(list)?.items.is_empty(),
        Value::Query(query) => matches!(heap.needed(Need::IsEmpty(query))?, Value::Bool(false)),
        Value::Map(map) => !heap.maps.get(map)?.is_empty(),
        Value::Range(object) | Value::Bytes(object) | Value::View(object) => {
            match heap.objects.get(object)? {
                Object::Range(range) => range.ends().is_some(),
                Object::Bytes(bytes) => !bytes.is_empty(),
                Object::View(view) => heap.texts.bytes(view.text)? > 0,
                _ => return Err(Bug::WrongShape.into()),
            }
        }
        _ => true,
    })
}

/// Is it this int, by mathematical value?
#[inline]
pub(super) fn equals_int(value: &Value, int: i64) -> bool {
    match *value {
        Value::Int(n) => n == int,
        Value::Number(n) => number::equal(int, n),
        _ => false,
    }
}

/// `left == right`, or `!=` when it is not `wanted`.
pub(super) fn equal(context: &mut Context<'_>, left: Value, right: Value, wanted: bool) -> Outcome<Flow> {
    if let (Value::Client, _) | (_, Value::Client) = (left, right) {
        return Ok(Flow::Value(Value::Bool(!wanted)));
    }
    if let Some(answer) = equal::at_once(context.heap, left, right)? {
        return Ok(Flow::Value(Value::Bool(answer == wanted)));
    }
    let mut walk = Comparing { walk: Equality::new(left, right), wanted };
    Ok(match walk.step(context, None) {
        Ok(Step::Done(answer)) => Flow::Value(answer),
        // What it needs of the store, it gets in a frame of its own, where it stands.
        Ok(_) | Err(Stop::Need(_)) => Flow::Step(Box::new(walk)),
        Err(stop) => return Err(stop),
    })
}

/// `==` in steps.
#[derive(Debug)]
struct Comparing {
    walk: Equality,
    wanted: bool,
}

impl Stepped for Comparing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        let answer = self.walk.step(context.heap, &mut work);
        context.charge_fuel(SLICE.saturating_sub(work));
        Ok(answer?.map_or(Step::Again, |answer| Step::Done(Value::Bool(answer == self.wanted))))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.walk.trace(visit);
    }
}

/// A pattern's comparison: `==`, or membership of a numeric subject in a range.
pub(super) fn matches(context: &mut Context<'_>, subject: Value, pattern: Value) -> Outcome<Flow> {
    if let (Value::Int(_) | Value::Number(_), Value::Range(object)) = (subject, pattern) {
        let range = *context.heap.object(object, range_of)?;
        return Ok(Flow::Value(Value::Bool(range.contains(subject))));
    }
    equal(context, subject, pattern, true)
}

/// The range that an object is.
pub(super) fn range_of(object: &Object) -> Option<&crate::value::Range> {
    if let Object::Range(range) = object { Some(range) } else { None }
}

/// `needle in hay`
pub(super) fn contains(context: &mut Context<'_>, needle: Value, hay: Value) -> Outcome<Flow> {
    let heap = &*context.heap;
    let answer = match listed(heap, hay)? {
        list @ Value::List(_) => return contains_element(context, &[list, needle]),
        Value::Map(map) => {
            let key = Key::new(&heap.texts, needle)?;
            let map = heap.maps.get(map)?;
            key.is_some_and(|key| map.get(&heap.texts, key).is_some())
        }
        Value::Text(text) => {
            let Value::Text(part) = needle else {
                let kind = needle.kind().name();
                return Err(Stop::type_error(format!("only text can be in text, not {kind}")));
            };
            let bytes = heap.texts.bytes(text)?;
            if bulk(bytes) > SLICE {
                return contains_text(context, &[hay, needle]);
            }
            let (text, part) = (heap.texts.str(text)?, heap.texts.str(part)?);
            memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
        }
        Value::Range(object) => heap.object(object, range_of)?.contains(needle),
        Value::Client => false,
        other => {
            let kind = other.kind().name();
            return Err(Stop::type_error(format!("`in` takes a list, map, text or range, not {kind}")));
        }
    };
    Ok(Flow::Value(Value::Bool(answer)))
}

/// `value is type`
pub(super) fn is_type(context: &mut Context<'_>, value: Value, type_: u32) -> Outcome<bool> {
    let shapes = &context.program.module.types;
    let of = declared(context.heap, value)?;
    let shape = shapes.get(to_usize(type_)).ok_or(Bug::BadIndex)?;
    let TypeShape::AnyOf(members) = shape else { return Ok(is_shape(value, of, shape)) };
    context.charge_fuel(members.len());
    let mut is_flat = true;
    for &member in members {
        match shapes.get(to_usize(member)) {
            Some(TypeShape::AnyOf(_)) | None => is_flat = false,
            Some(shape) if is_shape(value, of, shape) => return Ok(true),
            Some(_) => {}
        }
    }
    if is_flat {
        return Ok(false);
    }
    // Alternatives of alternatives: each names only types before itself, so one pass from the first answers all.
    context.charge_fuel(to_usize(type_));
    let mut answers: Vec<bool> = Vec::new();
    for shape in shapes.iter().take(to_usize(type_).saturating_add(1)) {
        let answer = match shape {
            TypeShape::AnyOf(members) => {
                members.iter().any(|&member| answers.get(to_usize(member)).is_some_and(|&answer| answer))
            }
            shape => is_shape(value, of, shape),
        };
        answers.push(answer);
    }
    Ok(answers.last().is_some_and(|&answer| answer))
}

/// The enum that a variant is of, the entity that an entity is.
fn declared(heap: &Heap, value: Value) -> Result<Option<u32>, Bug> {
    Ok(match value {
        Value::Entity(object) => Some(heap.entity(object)?.of),
        Value::Plain { of, .. } => Some(of),
        Value::Variant(object) => match heap.objects.get(object)? {
            Object::Variant(variant) => Some(variant.of),
            _ => return Err(Bug::WrongShape),
        },
        _ => None,
    })
}

fn is_shape(value: Value, of: Option<u32>, shape: &TypeShape) -> bool {
    match shape {
        TypeShape::Kind(kind) => value.kind() == *kind,
        TypeShape::Enum(wanted) => of == Some(*wanted) && value.kind() == Kind::Variant,
        TypeShape::Entity(wanted) => of == Some(*wanted) && value.kind() == Kind::Entity,
        TypeShape::Any => true,
        TypeShape::AnyOf(_) => false,
    }
}
