//! A hash that equal values share, whatever they hold: what keeps `unique` linear.
//!
//! The walk has a stack of its own and pauses. It follows a bounded number of levels; what is deeper counts as equal, which
//! costs comparisons and no correctness.

use crate::value::entity::Entity;
use crate::value::object::{ErrorName, Object};
use crate::value::stop::{Bug, Outcome};
use crate::value::text::seeded_hash;
use crate::value::{Handle, Heap, List, Map, Value, number};

/// Levels that are followed.
const LEVELS_MAX: usize = 16;

/// A container whose elements are being hashed.
#[derive(Debug)]
struct Level {
    of: Container,
    /// Where the walk is in it.
    place: usize,
    /// What its elements gave so far.
    hash: u64,
    /// Hash of the key whose value is being hashed.
    key: u64,
}

#[derive(Clone, Copy, Debug)]
enum Container {
    List(Handle<List>),
    Map(Handle<Map>),
    Payload(Handle<Object>),
}

impl Container {
    const fn slot(self) -> u32 {
        match self {
            Self::List(list) => list.slot(),
            Self::Map(map) => map.slot(),
            Self::Payload(object) => object.slot(),
        }
    }
}

/// A value being hashed.
#[derive(Debug)]
pub struct Hashing {
    levels: Vec<Level>,
    next: Option<Value>,
    last: u64,
}

/// What a look at one value gives.
enum Look {
    Hash(u64),
    Inside(Container),
}

impl Hashing {
    pub const fn new(value: Value) -> Self {
        Self { levels: Vec::new(), next: Some(value), last: 0 }
    }

    /// Goes on while there is work left, and fuel for long texts; the hash when it is done.
    pub fn step(&mut self, heap: &Heap, work: &mut usize) -> Outcome<Option<u64>> {
        while *work > 0 {
            *work = if heap.texts.fuel.is_out() { 0 } else { work.saturating_sub(1) };
            if let Some(value) = self.next.take() {
                let around = self.levels.last().map_or(0, |level| level.of.slot());
                match look(heap, value, around)? {
                    Look::Hash(hash) => self.combine(hash),
                    Look::Inside(_) if self.levels.len() >= LEVELS_MAX => self.combine(0),
                    Look::Inside(of) => self.levels.push(Level { of, place: 0, hash: 0, key: 0 }),
                }
            } else if let Some(level) = self.levels.last_mut() {
                self.next = level.advance(heap, around_of(level))?;
                if self.next.is_none() {
                    let hash = seeded_hash(&(level.hash, level.place));
                    self.levels.pop();
                    self.combine(hash);
                }
            }
            if self.levels.is_empty() && self.next.is_none() {
                return Ok(Some(self.last));
            }
        }
        Ok(None)
    }

    /// Takes the hash of one element, or of all.
    fn combine(&mut self, hash: u64) {
        match self.levels.last_mut() {
            // Entries of a map may come in any order.
            Some(Level { of: Container::Map(_), hash: all, key, .. }) => {
                *all = all.wrapping_add(seeded_hash(&(*key, hash)));
            }
            Some(level) => level.hash = seeded_hash(&(level.hash, hash)),
            None => self.last = hash,
        }
    }

    /// Reports what it is inside of.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        if let Some(next) = self.next {
            visit(next);
        }
        for level in &self.levels {
            visit(match level.of {
                Container::List(list) => Value::List(list),
                Container::Map(map) => Value::Map(map),
                Container::Payload(object) => Value::Variant(object),
            });
        }
    }
}

const fn around_of(level: &Level) -> u32 {
    level.of.slot()
}

impl Level {
    /// The next element.
    fn advance(&mut self, heap: &Heap, around: u32) -> Outcome<Option<Value>> {
        let at = self.place;
        let element = match self.of {
            Container::List(list) => heap.lists.get(list)?.items.get(at).copied(),
            Container::Payload(object) => match heap.objects.get(object)? {
                Object::Variant(variant) => variant.payload.get(at).copied(),
                _ => return Err(Bug::WrongShape.into()),
            },
            Container::Map(map) => {
                let Some((entry, after)) = heap.maps.get(map)?.entry_from(at) else {
                    // Maps with removed entries in between have the same places as those without.
                    self.place = heap.maps.get(map)?.len();
                    return Ok(None);
                };
                self.place = after;
                if let Look::Hash(hash) = look(heap, entry.key, around)? {
                    self.key = hash;
                }
                return Ok(Some(entry.value));
            }
        };
        if element.is_some() {
            self.place = at.saturating_add(1);
        }
        Ok(element)
    }
}

/// Hashes what is flat. `around` is the container that it is in: a NaN, which equals nothing, is the same one only there.
fn look(heap: &Heap, value: Value, around: u32) -> Outcome<Look> {
    Ok(Look::Hash(match value {
        Value::List(list) => return Ok(Look::Inside(Container::List(list))),
        Value::Map(map) => return Ok(Look::Inside(Container::Map(map))),
        Value::Variant(object) => return Ok(Look::Inside(Container::Payload(object))),
        Value::Int(n) => seeded_hash(&n),
        Value::Number(n) if n.is_nan() => seeded_hash(&(1_u8, around)),
        Value::Number(n) => match number::exact_int(n) {
            Some(n) => seeded_hash(&n),
            None => seeded_hash(&(2_u8, n.to_bits())),
        },
        Value::Text(text) => heap.texts.hash(text)?,
        Value::Bool(b) => seeded_hash(&(3_u8, b)),
        Value::Time(n) => seeded_hash(&(4_u8, n)),
        Value::Duration(n) => seeded_hash(&(5_u8, n)),
        Value::Plain { of, variant } | Value::Constructor { of, variant } => seeded_hash(&(of, variant)),
        Value::Function(index) | Value::Method(index) => seeded_hash(&(6_u8, index)),
        Value::Closure(closure) => seeded_hash(&(7_u8, closure.slot())),
        Value::Native(id) => seeded_hash(&(8_u8, id)),
        Value::Response(object) => seeded_hash(&(11_u8, object.slot())),
        Value::Range(object)
        | Value::Error(object)
        | Value::Regex(object)
        | Value::Bytes(object)
        | Value::View(object) => of_object(heap, object)?,
        Value::Entity(object) => match heap.entity(object)? {
            Entity { of, stored: Some(stored), .. } => seeded_hash(&(9_u8, of, stored.id)),
            Entity { stored: None, .. } => seeded_hash(&(10_u8, object.slot())),
        },
        Value::Unset
        | Value::None
        | Value::Client
        | Value::Cell(_)
        | Value::Iterator(_)
        | Value::Markup(_)
        | Value::Query(_)
        | Value::Reference { .. } => 0,
    }))
}

fn of_object(heap: &Heap, object: Handle<Object>) -> Outcome<u64> {
    Ok(match heap.objects.get(object)? {
        Object::Range(range) => seeded_hash(&range.ends()),
        Object::Error(error) => {
            // A name of its own may be that of an error that is known.
            let name = match error.kind {
                ErrorName::Known(kind) => seeded_hash(kind.name()),
                ErrorName::Own(name) => heap.texts.hash(name)?,
            };
            seeded_hash(&(name, heap.texts.hash(error.message)?))
        }
        Object::Regex(pattern) => seeded_hash(&(&*pattern.source, &*pattern.flags)),
        Object::Bytes(bytes) => {
            heap.texts.fuel.look(bytes.len());
            seeded_hash(&**bytes)
        }
        Object::View(view) => heap.texts.hash(view.text)?,
        Object::Variant(_)
        | Object::Iterator(_)
        | Object::Markup(_)
        | Object::Entity(_)
        | Object::Query(_)
        | Object::Response(_) => {
            return Err(Bug::WrongShape.into());
        }
    })
}
