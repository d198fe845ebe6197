//! Writing JSON: a walk over values with a stack of its own, one item (or a bounded part of one) at a time.
//!
//! Each part makes room for all that it writes first, so a step that needs a collection first goes on where it stopped.

mod entries;

use super::DEPTH_MAX;
use super::entity::{self, Entry};
use crate::base::guard::{Guard, off};
use crate::value::object::{ErrorName, Object, Range, Variant};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, List, Map, Text, TextBuilder, Value, calendar, format};
use crate::vm::entity::shape;
use crate::vm::native::SLICE;
use crate::vm::{Context, Program};

/// Bytes of a text that one part of the work looks at.
const WINDOW_BYTES: usize = 1024;
/// Room made with a text for its quotes and what stands around it in most values: a long one should not move for that.
const CLOSE_BYTES: usize = 64;
/// What stands around a key: a comma and a line break before, quotes, a colon and a blank.
const PLAIN_BYTES: usize = 6;

/// Bytes of a text that is written in the part that opens it.
const SHORT_BYTES: usize = 256;

/// Writes a value as JSON.
#[derive(Debug)]
pub struct Writer {
    out: TextBuilder,
    /// Blanks per level; 0 is one line.
    indent: usize,
    stack: Vec<Open>,
    todo: Todo,
}

/// What was begun and not yet closed, with how much of it is written.
#[derive(Clone, Copy, Debug)]
enum Open {
    List {
        list: Handle<List>,
        at: usize,
    },
    Map {
        map: Handle<Map>,
        place: usize,
    },
    Range {
        next: Option<i64>,
        last: i64,
        first: i64,
    },
    /// A variant's two entries.
    Variant {
        object: Handle<Object>,
        at: usize,
    },
    /// A variant's values.
    Payload {
        object: Handle<Object>,
        at: usize,
    },
    /// An error's two entries.
    Error {
        object: Handle<Object>,
        at: usize,
    },
    /// An entity's entries.
    Entity {
        object: Handle<Object>,
        at: usize,
    },
    /// The ids that a list refers to.
    Ids {
        list: Handle<List>,
        at: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum Todo {
    /// Write this value.
    Value(Value),
    /// Go on inside a text that was opened; `value` is what it is the key of.
    Text { text: Handle<Text>, at: usize, value: Option<Value> },
    /// Go on with what is open.
    Next,
    /// All is written.
    Done,
}

impl Writer {
    /// Will write this value; `indent` blanks a level, or all in one line for 0.
    pub fn new(value: Value, indent: usize) -> Self {
        Self { out: TextBuilder::default(), indent, stack: Vec::new(), todo: Todo::Value(value) }
    }

    /// Does one step; true when all is written.
    pub fn run(&mut self, context: &mut Context<'_>) -> Outcome<bool> {
        let mut budget = SLICE;
        while budget > 0 {
            let before = self.out.len();
            let part = match self.todo {
                Todo::Value(value) => self.value(context.heap, context.program, value),
                Todo::Text { text, at, value } => self.text(context.heap, text, at, value),
                Todo::Next => self.next(context.heap, context.program),
                Todo::Done => return Ok(true),
            };
            part?;
            // A part writes a window at most (indents aside), so what it cost is charged right after it.
            let cost = self.out.len().saturating_sub(before).max(8);
            context.charge_fuel(cost);
            budget = budget.saturating_sub(cost);
        }
        Ok(false)
    }

    /// What was written, as a value.
    pub fn finish(&mut self, heap: &mut Heap) -> Outcome<Value> {
        self.out.finish(heap)
    }

    /// What was written, to hand it to the driver; it stays charged.
    pub fn take(&mut self) -> String {
        self.out.take()
    }

    /// Bytes charged for what was written.
    pub const fn charged(&self) -> usize {
        self.out.charged()
    }

    /// Reports the values that it holds.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        for open in &self.stack {
            match *open {
                Open::List { list, .. } | Open::Ids { list, .. } => visit(Value::List(list)),
                Open::Entity { object, .. } => visit(Value::Entity(object)),
                Open::Map { map, .. } => visit(Value::Map(map)),
                Open::Variant { object, .. } | Open::Payload { object, .. } => visit(Value::Variant(object)),
                Open::Error { object, .. } => visit(Value::Error(object)),
                Open::Range { .. } => {}
            }
        }
        match self.todo {
            Todo::Value(value) => visit(value),
            Todo::Text { text, value, .. } => {
                visit(Value::Text(text));
                visit(value.unwrap_or(Value::None));
            }
            Todo::Next | Todo::Done => {}
        }
    }

    fn value(&mut self, heap: &mut Heap, program: &Program, value: Value) -> Outcome<()> {
        let mut scalar = String::new();
        match value {
            Value::Text(text) => {
                let content = heap.texts.uncharged(text)?;
                let (bytes, plain) = (content.len(), is_short_and_plain(content));
                self.out.reserve(heap, bytes.saturating_add(if plain { 2 } else { CLOSE_BYTES }))?;
                self.out.push_reserved("\"");
                if plain {
                    self.out.push_reserved(heap.texts.uncharged(text)?);
                    self.out.push_reserved("\"");
                    self.todo = Todo::Next;
                } else {
                    self.todo = Todo::Text { text, at: 0, value: None };
                }
                return Ok(());
            }
            Value::List(list) => return self.open(heap, Open::List { list, at: 0 }),
            Value::Map(map) => return self.open(heap, Open::Map { map, place: 0 }),
            Value::Range(object) => {
                let range = heap.object(object, |object| match object {
                    Object::Range(range) => Some(range),
                    _ => None,
                })?;
                return self.open(heap, range_items(*range));
            }
            Value::Query(query) => {
                let list = heap.rows(query)?;
                return self.open(heap, Open::List { list, at: 0 });
            }
            Value::Entity(object) => return self.open(heap, Open::Entity { object, at: 0 }),
            Value::Variant(object) => return self.open(heap, Open::Variant { object, at: 0 }),
            Value::Error(object) => return self.open(heap, Open::Error { object, at: 0 }),
            Value::Plain { of, variant } => {
                let name = program.variant(of, variant)?.1;
                scalar.push('"');
                push_escaped(&mut scalar, name);
                scalar.push('"');
            }
            Value::Bool(b) => scalar.push_str(if b { "true" } else { "false" }),
            Value::Int(n) | Value::Duration(n) => format::write_int(&mut scalar, n),
            Value::Number(n) => format::write_json_number(&mut scalar, n),
            Value::Time(time) => {
                scalar.push('"');
                calendar::write_time(&mut scalar, time);
                scalar.push('"');
            }
            Value::Bytes(_) => return Err(Stop::value_error("bytes have no JSON form; use to_base64()")),
            Value::Unset
            | Value::None
            | Value::Function(_)
            | Value::Closure(_)
            | Value::Native(_)
            | Value::Method(_)
            | Value::Constructor { .. }
            | Value::Regex(_)
            | Value::View(_)
            | Value::Response(_)
            | Value::Client => scalar.push_str("null"),
            Value::Cell(_) | Value::Iterator(_) | Value::Markup(_) | Value::Reference { .. } => {
                return Err(Bug::InternalValue.into());
            }
        }
        self.out.push_str(heap, &scalar)?;
        self.todo = Todo::Next;
        Ok(())
    }

    fn text(&mut self, heap: &mut Heap, text: Handle<Text>, at: usize, value: Option<Value>) -> Outcome<()> {
        let rest = heap.texts.uncharged(text)?.get(at..).ok_or(Bug::WrongShape)?;
        if rest.is_empty() {
            let close = match value {
                None => "\"",
                Some(_) if self.indent == 0 => "\":",
                Some(_) => "\": ",
            };
            self.out.push_str(heap, close)?;
            self.todo = value.map_or(Todo::Next, Todo::Value);
            return Ok(());
        }
        let window = rest.get(..rest.floor_char_boundary(WINDOW_BYTES)).unwrap_or(rest);
        let plain = window.bytes().position(needs_escape).unwrap_or(window.len());
        let taken = if plain > 0 {
            self.out.push_part(heap, text, at..at.saturating_add(plain))?;
            plain
        } else {
            let mut escaped = String::new();
            push_escaped(&mut escaped, window.get(..1).unwrap_or_default());
            self.out.push_str(heap, &escaped)?;
            1
        };
        self.todo = Todo::Text { text, at: at.saturating_add(taken), value };
        Ok(())
    }

    fn open(&mut self, heap: &mut Heap, open: Open) -> Outcome<()> {
        if !off(Guard::JsonOutDepth) && self.stack.len() >= DEPTH_MAX {
            return Err(Stop::value_error(format!(
                "a value nested deeper than {DEPTH_MAX} levels has no JSON form"
            )));
        }
        self.out.push(heap, open.brackets().0)?;
        self.stack.push(open);
        self.todo = Todo::Next;
        Ok(())
    }

    /// Begins the next item of what is open, or closes it.
    fn next(&mut self, heap: &mut Heap, program: &Program) -> Outcome<()> {
        let Some(open) = self.stack.last().copied() else {
            self.todo = Todo::Done;
            return Ok(());
        };
        let first = open.is_first();
        match open {
            Open::List { list, at } => {
                let item = heap.lists.get(list)?.items.get(at).copied();
                self.item(heap, first, item, Open::List { list, at: at.saturating_add(1) })
            }
            Open::Payload { object, at } => {
                let item = heap.object(object, variant)?.payload.get(at).copied();
                self.item(heap, first, item, Open::Payload { object, at: at.saturating_add(1) })
            }
            Open::Range { next, last, first: start } => {
                let after = next.filter(|&n| n < last).and_then(|n| n.checked_add(1));
                self.item(heap, first, next.map(Value::Int), Open::Range { next: after, last, first: start })
            }
            Open::Map { map, place } => {
                let found = heap.maps.get(map)?.entry_from(place);
                let Some((entry, place)) = found.map(|(entry, place)| (*entry, place)) else {
                    return self.close(heap, first);
                };
                self.key(heap, program, first, (entry.key, entry.value))?;
                self.advanced(Open::Map { map, place });
                Ok(())
            }
            Open::Variant { object, at } => self.variant_entry(heap, program, object, at),
            Open::Error { object, at } => self.error_entry(heap, object, at),
            Open::Entity { object, at } => self.entity_entry(heap, program, object, at),
            Open::Ids { list, at } => {
                let item = heap.lists.get(list)?.items.get(at).copied();
                let item = item.map(|item| entity::id_of(heap, item)).transpose()?;
                self.item(heap, first, item, Open::Ids { list, at: at.saturating_add(1) })
            }
        }
    }

    fn advanced(&mut self, open: Open) {
        if let Some(top) = self.stack.last_mut() {
            *top = open;
        }
    }

    fn item(&mut self, heap: &mut Heap, first: bool, item: Option<Value>, then: Open) -> Outcome<()> {
        let Some(item) = item else { return self.close(heap, first) };
        self.lead(heap, first, "")?;
        self.advanced(then);
        self.todo = Todo::Value(item);
        Ok(())
    }

    fn key(&mut self, heap: &mut Heap, program: &Program, first: bool, entry: (Value, Value)) -> Outcome<()> {
        let (key, value) = entry;
        if let Value::Text(text) = key {
            let content = heap.texts.uncharged(text)?;
            let (bytes, plain) = (content.len(), is_short_and_plain(content));
            let blanks = self.indent.saturating_mul(self.stack.len());
            let around = if plain { PLAIN_BYTES } else { CLOSE_BYTES };
            self.out.reserve(heap, blanks.saturating_add(bytes).saturating_add(around))?;
            self.lead(heap, first, "\"")?;
            if plain {
                self.out.push_reserved(heap.texts.uncharged(text)?);
                self.out.push_reserved(if self.indent == 0 { "\":" } else { "\": " });
                self.todo = Todo::Value(value);
            } else {
                self.todo = Todo::Text { text, at: 0, value: Some(value) };
            }
            return Ok(());
        }
        let mut name = String::new();
        match key {
            Value::Bool(b) => name.push_str(if b { "true" } else { "false" }),
            Value::Int(n) => name = n.to_string(),
            Value::Time(time) => calendar::write_time(&mut name, time),
            Value::Plain { of, variant } => name.push_str(program.variant(of, variant)?.1),
            // none is the empty text; nothing else is a key.
            _ => {}
        }
        self.named(heap, first, &name, "")?;
        self.todo = Todo::Value(value);
        Ok(())
    }

    /// Begins an entry: its name, and what follows the colon.
    fn named(&mut self, heap: &mut Heap, first: bool, name: &str, after: &str) -> Outcome<()> {
        let mut lead = String::from('"');
        push_escaped(&mut lead, name);
        lead.push_str(if self.indent == 0 { "\":" } else { "\": " });
        lead.push_str(after);
        self.lead(heap, first, &lead)
    }

    /// What stands before an item, and the item's first characters.
    fn lead(&mut self, heap: &mut Heap, first: bool, begin: &str) -> Outcome<()> {
        let blanks = self.indent.saturating_mul(self.stack.len());
        self.out.reserve(heap, blanks.saturating_add(begin.len()).saturating_add(2))?;
        if !first {
            self.out.push(heap, ',')?;
        }
        self.line(heap, blanks)?;
        self.out.push_str(heap, begin)
    }

    fn close(&mut self, heap: &mut Heap, empty: bool) -> Outcome<()> {
        let Some(open) = self.stack.last() else { return Ok(()) };
        let bracket = open.brackets().1;
        let blanks = self.indent.saturating_mul(self.stack.len().saturating_sub(1));
        self.out.reserve(heap, blanks.saturating_add(2))?;
        if !empty {
            self.line(heap, blanks)?;
        }
        self.out.push(heap, bracket)?;
        self.stack.pop();
        self.todo = Todo::Next;
        Ok(())
    }

    fn line(&mut self, heap: &mut Heap, blanks: usize) -> Outcome<()> {
        if self.indent > 0 {
            self.out.push(heap, '\n')?;
            self.out.fill(heap, ' ', blanks)?;
        }
        Ok(())
    }
}

impl Open {
    const fn brackets(self) -> (char, char) {
        match self {
            Self::List { .. } | Self::Range { .. } | Self::Payload { .. } | Self::Ids { .. } => ('[', ']'),
            Self::Map { .. } | Self::Variant { .. } | Self::Error { .. } | Self::Entity { .. } => ('{', '}'),
        }
    }

    /// Is nothing of it written yet?
    fn is_first(self) -> bool {
        match self {
            Self::List { at, .. }
            | Self::Variant { at, .. }
            | Self::Payload { at, .. }
            | Self::Error { at, .. }
            | Self::Entity { at, .. }
            | Self::Ids { at, .. } => at == 0,
            Self::Map { place, .. } => place == 0,
            Self::Range { next, first, last } => next == Some(first) || (next.is_none() && last < first),
        }
    }
}

fn range_items(range: Range) -> Open {
    match range.ends() {
        Some((first, last)) => Open::Range { next: Some(first), last, first },
        None => Open::Range { next: None, last: 0, first: 1 },
    }
}

fn variant(object: &Object) -> Option<&Variant> {
    match object {
        Object::Variant(variant) => Some(variant),
        _ => None,
    }
}

/// The length of a text that stands in JSON as it is and is short; none of any other.
fn is_short_and_plain(text: &str) -> bool {
    text.len() <= SHORT_BYTES && !text.bytes().any(needs_escape)
}

const fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                out.push_str("\\u00");
                out.extend(
                    [u32::from(c) >> 4, u32::from(c) & 15]
                        .into_iter()
                        .filter_map(|digit| char::from_digit(digit, 16)),
                );
            }
            c => out.push(c),
        }
    }
}
