//! Deep equality, as a walk with a stack of its own that pauses when the work that it may do is used up.
//!
//! Invariant: the walk never goes deeper than [`DEPTH_MAX`], which also ends it for values that hold themselves.

use super::map::Key;
use super::number;
use super::object::{ErrorName, Object};
use super::stop::{Bug, Outcome, Stop};
use super::{Handle, Heap, List, Map, Value};
use crate::base::guard::{Guard, off};
use std::cmp::Ordering;

/// Levels of nesting that `==`, text and copies follow; a flat list is one.
pub const DEPTH_MAX: usize = 256;

/// Where the walk is in two containers of one kind and size.
#[derive(Debug)]
enum Level {
    Lists(Handle<List>, Handle<List>, usize),
    /// Entries of the first, looked up in the second.
    Maps(Handle<Map>, Handle<Map>, usize),
    Payloads(Handle<Object>, Handle<Object>, usize),
}

/// Is `left == right`?
#[derive(Debug)]
pub struct Equality {
    levels: Vec<Level>,
    next: Option<(Value, Value)>,
}

/// What a look at two values says.
enum Look {
    Known(bool),
    Inside(Level),
}

impl Equality {
    /// The question.
    pub const fn new(left: Value, right: Value) -> Self {
        Self { levels: Vec::new(), next: Some((left, right)) }
    }

    /// Goes on for one comparison and for as many as `work` allows and there is fuel for their texts, and takes them from
    /// it; none when it is not done.
    pub fn step(&mut self, heap: &Heap, work: &mut usize) -> Outcome<Option<bool>> {
        loop {
            *work = work.saturating_sub(1);
            let answer = self.compare_next(heap)?;
            if answer.is_some() || *work == 0 || heap.texts.fuel.is_out() {
                return Ok(answer);
            }
        }
    }

    /// One comparison, or the way to the next one.
    fn compare_next(&mut self, heap: &Heap) -> Outcome<Option<bool>> {
        let Some((left, right)) = self.next.take() else {
            if self.levels.is_empty() {
                return Ok(Some(true));
            }
            return Ok(if self.advance(heap)? { None } else { Some(false) });
        };
        let found = match look(heap, left, right) {
            Ok(found) => found,
            Err(stop) => {
                // It may be repeated.
                self.next = Some((left, right));
                return Err(stop);
            }
        };
        match found {
            Look::Known(true) => {}
            Look::Known(false) => return Ok(Some(false)),
            Look::Inside(_) if self.levels.len() >= depth_max() => return Err(too_deep("compared")),
            Look::Inside(level) => self.levels.push(level),
        }
        Ok(None)
    }

    /// Finds the next pair; false when there is a key without a partner.
    fn advance(&mut self, heap: &Heap) -> Result<bool, Bug> {
        let Some(level) = self.levels.last_mut() else { return Ok(true) };
        let pair = match level {
            Level::Lists(a, b, at) => {
                let pair = pair(&heap.lists.get(*a)?.items, &heap.lists.get(*b)?.items, *at);
                *at = at.saturating_add(1);
                pair
            }
            Level::Payloads(a, b, at) => {
                let pair = pair(payload(heap, *a)?, payload(heap, *b)?, *at);
                *at = at.saturating_add(1);
                pair
            }
            Level::Maps(a, b, place) => match heap.maps.get(*a)?.entry_from(*place) {
                None => None,
                Some((entry, after)) => {
                    *place = after;
                    let key = Key::new(&heap.texts, entry.key)?.ok_or(Bug::InternalValue)?;
                    let Some(other) = heap.maps.get(*b)?.get(&heap.texts, key) else { return Ok(false) };
                    Some((entry.value, other))
                }
            },
        };
        if pair.is_none() {
            self.levels.pop();
        }
        self.next = pair;
        Ok(true)
    }

    /// Reports the values that it is between.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        let mut both = |a, b| {
            visit(a);
            visit(b);
        };
        if let Some((left, right)) = self.next {
            both(left, right);
        }
        for level in &self.levels {
            match *level {
                Level::Lists(a, b, _) => both(Value::List(a), Value::List(b)),
                Level::Maps(a, b, _) => both(Value::Map(a), Value::Map(b)),
                Level::Payloads(a, b, _) => both(Value::Variant(a), Value::Variant(b)),
            }
        }
    }
}

/// The answer, when it takes no walk.
pub fn at_once(heap: &Heap, left: Value, right: Value) -> Outcome<Option<bool>> {
    Ok(match look(heap, left, right)? {
        Look::Known(answer) => Some(answer),
        Look::Inside(_) => None,
    })
}

/// [`DEPTH_MAX`], unless its guard is knocked out.
pub fn depth_max() -> usize {
    if off(Guard::StructureDepth) { usize::MAX } else { DEPTH_MAX }
}

/// The error of nesting past [`DEPTH_MAX`].
#[cold]
pub fn too_deep(done: &str) -> Stop {
    Stop::value_error(format!("a value nested deeper than {DEPTH_MAX} levels cannot be {done}"))
}

fn pair(a: &[Value], b: &[Value], at: usize) -> Option<(Value, Value)> {
    Some((*a.get(at)?, *b.get(at)?))
}

fn payload(heap: &Heap, object: Handle<Object>) -> Result<&[Value], Bug> {
    match heap.objects.get(object)? {
        Object::Variant(variant) => Ok(&variant.payload),
        _ => Err(Bug::WrongShape),
    }
}

fn look(heap: &Heap, left: Value, right: Value) -> Outcome<Look> {
    use Value as V;
    Ok(Look::Known(match (left, right) {
        (V::None | V::Unset, V::None | V::Unset) => true,
        (V::Bool(a), V::Bool(b)) => a == b,
        (V::Int(a), V::Int(b)) | (V::Time(a), V::Time(b)) | (V::Duration(a), V::Duration(b)) => a == b,
        (V::Number(a), V::Number(b)) => a.partial_cmp(&b).is_some_and(Ordering::is_eq),
        (V::Int(a), V::Number(b)) | (V::Number(b), V::Int(a)) => number::equal(a, b),
        (V::Text(a), V::Text(b)) => heap.texts.equal(a, b)?,
        (V::List(a), V::List(b)) => return Ok(lists(heap, a, b)?),
        (V::Query(a), V::Query(b)) if a == b => true,
        (V::Query(a), V::Query(b)) => return Ok(lists(heap, heap.rows(a)?, heap.rows(b)?)?),
        (V::Map(a), V::Map(b)) => {
            if a == b {
                true
            } else if heap.maps.get(a)?.len() != heap.maps.get(b)?.len() {
                false
            } else {
                return Ok(Look::Inside(Level::Maps(a, b, 0)));
            }
        }
        (V::Variant(a), V::Variant(b)) => return Ok(variants(heap, a, b)?),
        (V::Entity(a), V::Entity(b)) => a == b || entities(heap, a, b)?,
        (V::Function(a), V::Function(b)) | (V::Method(a), V::Method(b)) => a == b,
        (V::Closure(a), V::Closure(b)) => a == b,
        (V::Response(a), V::Response(b)) => a == b,
        (V::Native(a), V::Native(b)) => a == b,
        (V::Plain { of, variant }, V::Plain { of: other, variant: another })
        | (V::Constructor { of, variant }, V::Constructor { of: other, variant: another }) => {
            of == other && variant == another
        }
        (V::Range(a), V::Range(b))
        | (V::Error(a), V::Error(b))
        | (V::Regex(a), V::Regex(b))
        | (V::Bytes(a), V::Bytes(b))
        | (V::View(a), V::View(b)) => a == b || objects(heap, a, b)?,
        _ => false,
    }))
}

/// Entities are equal by type and id; one that was never saved equals itself alone.
fn entities(heap: &Heap, a: Handle<Object>, b: Handle<Object>) -> Result<bool, Bug> {
    let (left, right) = (heap.entity(a)?, heap.entity(b)?);
    Ok(match (left.stored, right.stored) {
        (Some(a), Some(b)) => left.of == right.of && a.id == b.id,
        _ => false,
    })
}

fn lists(heap: &Heap, a: Handle<List>, b: Handle<List>) -> Result<Look, Bug> {
    Ok(if a == b {
        Look::Known(true)
    } else if heap.lists.get(a)?.items.len() != heap.lists.get(b)?.items.len() {
        Look::Known(false)
    } else {
        Look::Inside(Level::Lists(a, b, 0))
    })
}

fn variants(heap: &Heap, a: Handle<Object>, b: Handle<Object>) -> Result<Look, Bug> {
    let (Object::Variant(left), Object::Variant(right)) = (heap.objects.get(a)?, heap.objects.get(b)?) else {
        return Err(Bug::WrongShape);
    };
    let same = (left.of, left.variant, left.payload.len()) == (right.of, right.variant, right.payload.len());
    Ok(if a == b || !same { Look::Known(same) } else { Look::Inside(Level::Payloads(a, b, 0)) })
}

fn objects(heap: &Heap, a: Handle<Object>, b: Handle<Object>) -> Result<bool, Bug> {
    Ok(match (heap.objects.get(a)?, heap.objects.get(b)?) {
        (Object::Range(a), Object::Range(b)) => a.same(*b),
        (Object::Error(a), Object::Error(b)) => {
            let same_kind = match (a.kind, b.kind) {
                (ErrorName::Known(a), ErrorName::Known(b)) => a == b,
                (ErrorName::Own(a), ErrorName::Own(b)) => heap.texts.equal(a, b)?,
                (ErrorName::Known(known), ErrorName::Own(own))
                | (ErrorName::Own(own), ErrorName::Known(known)) => {
                    let name = known.name();
                    heap.texts.bytes(own)? == name.len() && heap.texts.str(own)? == name
                }
            };
            same_kind && heap.texts.equal(a.message, b.message)?
        }
        (Object::Regex(a), Object::Regex(b)) => {
            heap.texts.fuel.look(a.source.len().min(b.source.len()));
            a.source == b.source && a.flags == b.flags
        }
        (Object::Bytes(a), Object::Bytes(b)) => {
            heap.texts.fuel.look(a.len().min(b.len()));
            a == b
        }
        (Object::View(a), Object::View(b)) => heap.texts.equal(a.text, b.text)?,
        _ => return Err(Bug::WrongShape),
    })
}
