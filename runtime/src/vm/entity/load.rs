//! Rows to values: decodes one row, piece by piece.
//!
//! A piece is taken or it is not: a load that met a full budget of memory goes on with the same piece. Which enum a
//! variant is of, and which entity a reference names, the field's type says.

use super::super::program::Program;
use super::{refused, shape};
use crate::base::span::{to_u32, to_usize};
use crate::record::data::Reader;
use crate::record::{EntityShape, FieldType, Refusal, Row, Token};
use crate::value::entity::{Entity, Stored};
use crate::value::object::{Object, Variant};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, List, Map, Value};
use std::sync::Arc;

/// Makes an entity of a row, or a value of one field.
#[derive(Debug)]
pub struct Load {
    of: u32,
    /// Of a whole row.
    stored: Option<Stored>,
    /// The first field.
    first: usize,
    data: Arc<[u8]>,
    /// Bytes that were taken.
    at: usize,
    fields: Vec<Value>,
    open: Vec<Open>,
}

/// A container whose values are being taken.
#[derive(Debug)]
struct Open {
    of: Container,
    /// How many more values it gets.
    left: usize,
}

#[derive(Debug)]
enum Container {
    List(Handle<List>),
    /// And the key whose value is next.
    Map(Handle<Map>, Option<Value>),
    Payload {
        of: u32,
        variant: u32,
        values: Vec<Value>,
    },
}

impl Load {
    /// Will make an entity of this row; `old` when it is not read as the current one.
    pub fn new(row: &Row, old: bool) -> Self {
        let stored = Stored {
            id: row.given.id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            valid_to: row.valid_to,
            old,
        };
        Self::of(row.given.entity, Some(stored), 0, Arc::clone(&row.data))
    }

    /// Will make the value of one field, which its own bytes hold.
    pub fn field(of: u32, field: usize, data: Arc<[u8]>) -> Self {
        Self::of(of, None, field, data)
    }

    const fn of(of: u32, stored: Option<Stored>, first: usize, data: Arc<[u8]>) -> Self {
        Self { of, stored, first, data, at: 0, fields: Vec::new(), open: Vec::new() }
    }

    /// Takes at most about `budget` pieces; the entity, or the field's value, when it is done.
    pub fn step(&mut self, heap: &mut Heap, program: &Program, budget: usize) -> Outcome<Option<Value>> {
        let shape = shape(program, self.of)?;
        let data = Arc::clone(&self.data);
        let start = self.at;
        let mut reader = Reader::new(data.get(start..).unwrap_or_default());
        for _ in 0..budget {
            if self.open.last().is_some_and(|open| open.left == 0) {
                self.close(heap)?;
                continue;
            }
            let wanted = if self.stored.is_some() { shape.fields.len() } else { 1 };
            if self.open.is_empty() && self.fields.len() == wanted {
                return self.finish(heap).map(Some);
            }
            let token = reader.token().map_err(|_| unreadable(shape))?;
            self.take(heap, program, shape, token.ok_or_else(|| unreadable(shape))?)?;
            self.at = start.saturating_add(reader.offset());
        }
        Ok(None)
    }

    /// Reports the values that it made.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.fields.iter().for_each(|&value| visit(value));
        for open in &self.open {
            match &open.of {
                Container::List(list) => visit(Value::List(*list)),
                Container::Map(map, key) => {
                    visit(Value::Map(*map));
                    key.iter().for_each(|&key| visit(key));
                }
                Container::Payload { values, .. } => values.iter().for_each(|&value| visit(value)),
            }
        }
    }

    fn finish(&mut self, heap: &mut Heap) -> Outcome<Value> {
        let Some(stored) = self.stored else {
            return Ok(self.fields.first().copied().unwrap_or(Value::None));
        };
        let bytes = self.fields.len().saturating_mul(size_of::<Value>());
        heap.reserve_object(size_of::<Entity>().saturating_add(bytes))?;
        let fields = std::mem::take(&mut self.fields).into_boxed_slice();
        let entity = Entity { of: self.of, stored: Some(stored), fields };
        Ok(Value::Entity(heap.put_object(Object::Entity(Box::new(entity)))))
    }

    /// The type of the next value.
    fn expected<'s>(&self, shape: &'s EntityShape) -> &'s FieldType {
        // A list or map is in its field's place while it is open; a payload is not yet.
        let placed =
            matches!(self.open.first(), Some(Open { of: Container::List(_) | Container::Map(..), .. }));
        let count = self.fields.len().saturating_sub(usize::from(placed));
        let at = self.first.saturating_add(count);
        let mut ty = shape.fields.get(at).map_or(&FieldType::Any, |field| &field.ty);
        for open in &self.open {
            ty = match (&open.of, ty) {
                (Container::List(_), FieldType::List(inner)) => inner,
                _ => return &FieldType::Any,
            };
        }
        ty
    }

    fn take(
        &mut self,
        heap: &mut Heap,
        program: &Program,
        shape: &EntityShape,
        token: Token<'_>,
    ) -> Outcome<()> {
        let value = match token {
            Token::None => Value::None,
            Token::Bool(b) => Value::Bool(b),
            Token::Int(n) => Value::Int(n),
            Token::Number(n) => Value::Number(n),
            Token::Time(ms) => Value::Time(ms),
            Token::Text(text) => heap.new_text(text)?,
            Token::Reference(id) => match self.expected(shape) {
                FieldType::Reference(of) => Value::Reference { of: *of, id },
                _ => return Err(unreadable(shape)),
            },
            Token::List(count) => {
                let list = heap.new_list_with(count)?;
                return self.begin(heap, Container::List(list), Some(Value::List(list)), count);
            }
            Token::Map(count) => {
                let map = heap.new_map(count)?;
                let values = count.saturating_mul(2);
                return self.begin(heap, Container::Map(map, None), Some(Value::Map(map)), values);
            }
            Token::Variant(name, count) => {
                let FieldType::Enum(of) = *self.expected(shape) else { return Err(unreadable(shape)) };
                let variant = variant(program, of, name, count).ok_or_else(|| unreadable(shape))?;
                if count > 0 {
                    let container = Container::Payload { of, variant, values: Vec::with_capacity(count) };
                    return self.begin(heap, container, None, count);
                }
                Value::Plain { of, variant }
            }
        };
        let level = self.open.len();
        self.place(heap, level, value)
    }

    /// Opens a container; one that may change is put into its place at once.
    fn begin(&mut self, heap: &mut Heap, of: Container, value: Option<Value>, left: usize) -> Outcome<()> {
        if let Some(value) = value {
            self.place(heap, self.open.len(), value)?;
        }
        self.open.push(Open { of, left });
        Ok(())
    }

    /// Puts a value into the innermost of the first so many open containers, or among the fields.
    fn place(&mut self, heap: &mut Heap, level: usize, value: Value) -> Outcome<()> {
        let Some(open) = level.checked_sub(1).and_then(|at| self.open.get_mut(at)) else {
            self.fields.push(value);
            return Ok(());
        };
        match &mut open.of {
            Container::List(list) => heap.push(*list, value)?,
            Container::Map(map, key) => match *key {
                None => *key = Some(value),
                Some(found) => {
                    heap.set_key(*map, found, value)?;
                    *key = None;
                }
            },
            Container::Payload { values, .. } => values.push(value),
        }
        open.left = open.left.saturating_sub(1);
        Ok(())
    }

    /// Ends the innermost container, which got all its values.
    fn close(&mut self, heap: &mut Heap) -> Outcome<()> {
        let level = self.open.len().saturating_sub(1);
        if let Some(Open { of: Container::Payload { of, variant, values }, .. }) = self.open.last() {
            heap.reserve_object(size_of_val::<[Value]>(values))?;
            let made = Variant { of: *of, variant: *variant, payload: values.as_slice().into() };
            let made = Value::Variant(heap.put_object(Object::Variant(made)));
            self.place(heap, level, made)?;
        }
        self.open.pop();
        Ok(())
    }
}

/// The variant of that name with so many values.
fn variant(program: &Program, of: u32, name: &str, payload: usize) -> Option<u32> {
    let variants = &program.module.enums.get(to_usize(of))?.variants;
    let at = variants.iter().position(|(known, names)| **known == *name && names.len() == payload)?;
    Some(to_u32(at))
}

/// A row that the program's declarations cannot read: an enum lost a variant, for instance.
#[cold]
fn unreadable(shape: &EntityShape) -> Stop {
    let text = format!("a stored {} does not fit its declaration any more", shape.name);
    refused(&Refusal::Unavailable(text.into()))
}
