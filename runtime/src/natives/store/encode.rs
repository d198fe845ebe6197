//! A field's value to the bytes that the store keeps, converted to the field's type on the way.
//!
//! A piece is written or it is not, so that a walk that met a full budget goes on with the same piece. No code of the
//! program runs meanwhile but for conditions of a query that stands for a list; what changes then is refused.

use crate::base::span::to_u32;
use crate::record::data::Writer;
use crate::record::{DataFault, FieldType, Token};
use crate::value::equal::too_deep;
use crate::value::object::Object;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, List, Map, Text, Value, calendar, number};
use crate::vm::Program;

/// Encodes one value.
#[derive(Debug, Default)]
pub struct Encode {
    writer: Writer,
    levels: Vec<Level>,
    /// Comes next.
    next: Option<Value>,
    /// Was something inside a list written as another kind than it is?
    converted: bool,
    charged: usize,
}

/// Where the walk is in a container.
#[derive(Clone, Copy, Debug)]
struct Level {
    of: Container,
    place: usize,
    /// How many values were announced and not written.
    left: usize,
}

#[derive(Clone, Copy, Debug)]
enum Container {
    List(Handle<List>),
    Map(Handle<Map>),
    Payload(Handle<Object>),
}

/// What came of it.
#[derive(Debug)]
pub enum End {
    /// The bytes, and whether they say something else than the value did.
    Bytes(Vec<u8>, bool),
    /// A value of a kind that the field does not take.
    Mismatch,
    /// A reference to an entity that was never saved.
    Unsaved,
}

/// What writing one value gave.
enum Put {
    Written,
    Inside(Level),
    End(End),
}

impl Encode {
    /// Will encode this.
    pub fn new(value: Value) -> Self {
        Self { next: Some(value), ..Self::default() }
    }

    /// Bytes charged for what was written.
    pub const fn charged(&self) -> usize {
        self.charged
    }

    /// Reports what it walks.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.next.iter().for_each(|&value| visit(value));
        for level in &self.levels {
            visit(match level.of {
                Container::List(list) => Value::List(list),
                Container::Map(map) => Value::Map(map),
                Container::Payload(object) => Value::Variant(object),
            });
        }
    }

    /// Writes at most about `budget` pieces.
    pub fn step(
        &mut self,
        heap: &mut Heap,
        program: &Program,
        ty: &FieldType,
        budget: usize,
    ) -> Outcome<Option<End>> {
        for _ in 0..budget {
            if let Some(value) = self.next {
                let put = self.put(heap, program, expected(ty, &self.levels), value)?;
                self.next = None;
                match put {
                    Put::Written => {}
                    Put::Inside(level) => self.levels.push(level),
                    Put::End(end) => return Ok(Some(end)),
                }
                continue;
            }
            let Some(&level) = self.levels.last() else {
                let writer = std::mem::take(&mut self.writer);
                let bytes = writer.finish().map_err(|_| changed())?;
                return Ok(Some(End::Bytes(bytes, self.converted)));
            };
            if level.left == 0 {
                self.levels.pop();
            } else if let Some(end) = self.advance(heap, level)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Finds the next value of the innermost container.
    fn advance(&mut self, heap: &mut Heap, level: Level) -> Outcome<Option<End>> {
        let mut next = Level { left: level.left.saturating_sub(1), ..level };
        let at = level.place;
        next.place = at.saturating_add(1);
        let found = match level.of {
            Container::List(list) => heap.lists.get(list)?.items.get(at).copied(),
            Container::Payload(object) => match heap.objects.get(object)? {
                Object::Variant(variant) => variant.payload.get(at).copied(),
                _ => return Err(Bug::WrongShape.into()),
            },
            Container::Map(map) => {
                let entry = heap.maps.get(map)?.entry_from(at).map(|(entry, after)| (*entry, after));
                let Some((entry, after)) = entry else { return Err(changed()) };
                let Value::Text(key) = entry.key else { return Ok(Some(End::Mismatch)) };
                self.text(heap, key)?;
                next.place = after;
                Some(entry.value)
            }
        };
        self.next = Some(found.ok_or_else(changed)?);
        if let Some(level) = self.levels.last_mut() {
            *level = next;
        }
        Ok(None)
    }

    fn put(&mut self, heap: &mut Heap, program: &Program, ty: &FieldType, value: Value) -> Outcome<Put> {
        use FieldType as T;
        Ok(match (ty, value) {
            (T::List(_) | T::AnyList | T::Any, Value::List(list)) => {
                let count = heap.lists.get(list)?.items.len();
                self.open(heap, Token::List(count), Container::List(list), count)?
            }
            (T::List(_) | T::AnyList | T::Any, Value::Query(query)) => {
                let rows = heap.rows(query)?;
                self.converted = true;
                let count = heap.lists.get(rows)?.items.len();
                self.open(heap, Token::List(count), Container::List(rows), count)?
            }
            (T::AnyMap | T::Any, Value::Map(map)) => {
                let count = heap.maps.get(map)?.len();
                self.open(heap, Token::Map(count), Container::Map(map), count)?
            }
            (T::Text | T::Any, Value::Text(text)) => {
                self.text(heap, text)?;
                Put::Written
            }
            (T::Enum(of), value) => self.variant(heap, program, *of, value)?,
            (T::Reference(of), value) => match referred(heap, *of, value)? {
                Ok(id) => {
                    // Entities in a list stay there, so that the program goes on with its own list.
                    let kept = match value {
                        Value::Entity(_) => !self.levels.is_empty(),
                        other => matches!(other, Value::Reference { .. }),
                    };
                    self.scalar(heap, Token::Reference(id), !kept)?
                }
                Err(end) => Put::End(end),
            },
            (ty, value) => match scalar(heap, ty, value)? {
                Some((token, converted)) => self.scalar(heap, token, converted)?,
                None => Put::End(End::Mismatch),
            },
        })
    }

    fn scalar(&mut self, heap: &mut Heap, token: Token<'_>, converted: bool) -> Outcome<Put> {
        self.room(heap, 16)?;
        self.writer.token(token).map_err(deep)?;
        self.converted |= converted;
        Ok(Put::Written)
    }

    fn text(&mut self, heap: &mut Heap, text: Handle<Text>) -> Outcome<()> {
        let bytes = heap.texts.bytes(text)?;
        self.room(heap, bytes.saturating_add(16))?;
        self.writer.token(Token::Text(heap.texts.str(text)?)).map_err(deep)
    }

    fn open(&mut self, heap: &mut Heap, token: Token<'_>, of: Container, left: usize) -> Outcome<Put> {
        self.room(heap, 16)?;
        self.writer.token(token).map_err(deep)?;
        Ok(Put::Inside(Level { of, place: 0, left }))
    }

    fn variant(&mut self, heap: &mut Heap, program: &Program, of: u32, value: Value) -> Outcome<Put> {
        let (at, payload) = match value {
            Value::Plain { of: found, variant } if found == of => (variant, None),
            Value::Variant(object) => match heap.objects.get(object)? {
                Object::Variant(found) if found.of == of => {
                    (found.variant, Some((object, found.payload.len())))
                }
                _ => return Ok(Put::End(End::Mismatch)),
            },
            Value::Text(name) => {
                let Some(at) = named(program, of, heap.texts.str(name)?) else {
                    return Ok(Put::End(End::Mismatch));
                };
                self.converted = true;
                (at, None)
            }
            _ => return Ok(Put::End(End::Mismatch)),
        };
        let (_, name) = program.variant(of, at)?;
        self.room(heap, name.len().saturating_add(16))?;
        let count = payload.map_or(0, |(_, count)| count);
        self.writer.token(Token::Variant(name, count)).map_err(deep)?;
        Ok(match payload {
            Some((object, left)) => Put::Inside(Level { of: Container::Payload(object), place: 0, left }),
            None => Put::Written,
        })
    }

    /// Charges so many more bytes, twice over: what is written grows by doubling.
    fn room(&mut self, heap: &mut Heap, bytes: usize) -> Outcome<()> {
        let wanted = self.writer.len().saturating_add(bytes).saturating_mul(2);
        if wanted > self.charged {
            let more = wanted.max(self.charged.saturating_mul(2)).saturating_sub(self.charged);
            heap.memory.charge(more)?;
            self.charged = self.charged.saturating_add(more);
        }
        Ok(())
    }
}

/// The type of what comes next.
fn expected<'t>(ty: &'t FieldType, levels: &[Level]) -> &'t FieldType {
    let mut ty = ty;
    for level in levels {
        ty = match (level.of, ty) {
            (Container::List(_), FieldType::List(inner)) => inner,
            _ => return &FieldType::Any,
        };
    }
    ty
}

/// A value that is one piece, and whether it is written as another kind.
fn scalar(heap: &Heap, ty: &FieldType, value: Value) -> Outcome<Option<(Token<'static>, bool)>> {
    use FieldType as T;
    Ok(Some(match (ty, value) {
        (T::Int | T::Any, Value::Int(n)) => (Token::Int(n), false),
        (T::Number, Value::Int(n)) => (Token::Number(number::to_number(n)), true),
        (T::Number | T::Any, Value::Number(n)) => (Token::Number(n), false),
        (T::Bool | T::Any, Value::Bool(b)) => (Token::Bool(b), false),
        (T::Time | T::Any, Value::Time(ms)) => (Token::Time(ms), false),
        (T::Time, Value::Text(text)) => match calendar::parse_time(heap.texts.str(text)?) {
            Some(ms) => (Token::Time(ms), true),
            None => return Ok(None),
        },
        (T::Any, Value::None | Value::Unset) => (Token::None, false),
        _ => return Ok(None),
    }))
}

/// The variant without payload of that name.
pub fn named(program: &Program, of: u32, name: &str) -> Option<u32> {
    let variants = &program.module.enums.get(crate::base::span::to_usize(of))?.variants;
    variants.iter().position(|(known, payload)| **known == *name && payload.is_empty()).map(to_u32)
}

/// The id of the entity that a value names.
fn referred(heap: &Heap, of: u32, value: Value) -> Outcome<Result<u64, End>> {
    Ok(match value {
        Value::Reference { of: found, id } if found == of => Ok(id),
        Value::Entity(object) => match heap.entity(object)? {
            entity if entity.of != of => Err(End::Mismatch),
            entity => entity.stored.map(|stored| stored.id).ok_or(End::Unsaved),
        },
        // No row has an id below 1; the store says so of those that are not there.
        Value::Int(id) => u64::try_from(id).map_err(|_| End::Unsaved),
        _ => Err(End::Mismatch),
    })
}

#[cold]
fn deep(_: DataFault) -> Stop {
    too_deep("saved")
}

#[cold]
fn changed() -> Stop {
    Stop::type_error("a list or map changed while it was saved")
}
