//! to_text: values as people read them, written by a walk with a stack of its own that pauses when its budget is used up.
//!
//! Invariants: a token is written whole or not at all, so that a walk that met a full budget of memory can be repeated;
//! the walk never goes deeper than [`depth_max`].

use super::builder::TextBuilder;
use super::equal::{depth_max, too_deep};
use super::object::{ErrorName, Object};
use super::stop::{Bug, Outcome};
use super::{Handle, Heap, List, Map, Text, Value, calendar, format};
use crate::base::builtin::NativeId;
use std::fmt::{self, Write};

/// What a program calls its functions and variants.
pub trait Names {
    /// A function of the program; none for a lambda.
    fn function(&self, index: u32) -> Option<&str>;
    /// A built-in.
    fn native(&self, id: NativeId) -> &str;
    /// A method name.
    fn method(&self, name: u32) -> &str;
    /// A variant of an enum.
    fn variant(&self, of: u32, variant: u32) -> &str;
    /// An entity's.
    fn entity(&self, of: u32) -> &str;
}

/// One value to write.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The value.
    pub value: Value,
    /// As inside a list: text quoted, none shown as `none`.
    pub nested: bool,
}

/// Writes values one after the other.
#[derive(Debug)]
pub struct Show {
    parts: Box<[Part]>,
    at: usize,
    levels: Vec<Level>,
    out: TextBuilder,
    bytes_max: usize,
}

/// Where the walk is in a container.
#[derive(Clone, Copy, Debug)]
struct Level {
    of: Container,
    place: usize,
    /// Was the key of the entry written, and is its value next?
    keyed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Container {
    List(Handle<List>),
    Map(Handle<Map>),
    Payload(Handle<Object>),
}

/// One token to write: what was put into the scratch, and a text after it.
enum Token {
    Scratch,
    Text { text: Handle<Text>, quoted: bool },
    Open(Container),
}

impl Show {
    /// Will write these.
    #[inline(never)]
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let parts = parts.into_iter().collect();
        Self { parts, at: 0, levels: Vec::new(), out: TextBuilder::default(), bytes_max: usize::MAX }
    }

    /// The same, but what is behind about so many bytes is left out.
    #[must_use]
    pub fn up_to(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// Goes on for at most about `budget` tokens; the text when it is done.
    pub fn step(&mut self, heap: &mut Heap, names: &dyn Names, budget: usize) -> Outcome<Option<Value>> {
        for _ in 0..budget {
            let done = match self.levels.last() {
                Some(&level) => self.inside(heap, names, level)?,
                None => self.outside(heap, names)?,
            };
            if done || self.out.len() >= self.bytes_max {
                return self.out.finish(heap).map(Some);
            }
        }
        Ok(None)
    }

    /// Bytes charged for what was written so far.
    pub const fn charged(&self) -> usize {
        self.out.charged()
    }

    /// Reports the values that it writes.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.parts.iter().for_each(|part| visit(part.value));
        for level in &self.levels {
            visit(match level.of {
                Container::List(list) => Value::List(list),
                Container::Map(map) => Value::Map(map),
                Container::Payload(object) => Value::Variant(object),
            });
        }
    }

    fn outside(&mut self, heap: &mut Heap, names: &dyn Names) -> Outcome<bool> {
        let Some(&part) = self.parts.get(self.at) else { return Ok(true) };
        self.put(heap, names, "", part)?;
        self.at = self.at.saturating_add(1);
        Ok(false)
    }

    fn inside(&mut self, heap: &mut Heap, names: &dyn Names, level: Level) -> Outcome<bool> {
        let depth = self.levels.len();
        let nested = |value| Part { value, nested: true };
        let first = if level.place == 0 { "" } else { ", " };
        let mut next = level;
        match level.of {
            Container::List(list) => match heap.lists.get(list)?.items.get(level.place) {
                Some(&value) => self.put(heap, names, first, nested(value))?,
                None => return self.close(heap, "]"),
            },
            Container::Payload(object) => match payload(heap, object)?.get(level.place) {
                Some(&value) => self.put(heap, names, first, nested(value))?,
                None => return self.close(heap, ")"),
            },
            Container::Map(map) => match heap.maps.get(map)?.entry_from(level.place) {
                Some((&entry, _)) if !level.keyed => {
                    self.put(heap, names, first, nested(entry.key))?;
                    next.keyed = true;
                }
                Some((&entry, after)) => {
                    self.put(heap, names, ": ", nested(entry.value))?;
                    next = Level { place: after, keyed: false, ..level };
                }
                None => return self.close(heap, "}"),
            },
        }
        if !matches!(level.of, Container::Map(_)) {
            next.place = level.place.saturating_add(1);
        }
        // The level may have been covered by a new one.
        if let Some(level) = depth.checked_sub(1).and_then(|at| self.levels.get_mut(at)) {
            *level = next;
        }
        Ok(false)
    }

    fn close(&mut self, heap: &mut Heap, bracket: &str) -> Outcome<bool> {
        self.out.push_str(heap, bracket)?;
        self.levels.pop();
        Ok(false)
    }

    /// Writes one value, or its opening bracket.
    fn put(&mut self, heap: &mut Heap, names: &dyn Names, before: &str, part: Part) -> Outcome<()> {
        let mut scratch = before.to_owned();
        match token(heap, names, part, &mut scratch)? {
            Token::Scratch => self.out.push_str(heap, &scratch)?,
            Token::Text { text, quoted } => {
                let content = start(heap.texts.str(text)?, self.bytes_max);
                let escapes =
                    if quoted { content.bytes().filter(|&b| escape(b).is_some()).count() } else { 0 };
                let more =
                    scratch.len().saturating_add(content.len()).saturating_add(escapes).saturating_add(2);
                self.out.reserve(heap, more)?;
                self.out.push_reserved(&scratch);
                let content = start(heap.texts.str(text)?, self.bytes_max);
                if quoted {
                    quote(content, |piece| self.out.push_reserved(piece));
                } else {
                    self.out.push_reserved(content);
                }
            }
            Token::Open(_) if self.levels.len() >= depth_max() => return Err(too_deep("written as text")),
            Token::Open(of) => {
                self.out.push_str(heap, &scratch)?;
                self.levels.push(Level { of, place: 0, keyed: false });
            }
        }
        Ok(())
    }
}

/// The first bytes of a text.
fn start(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

fn put(out: &mut String, piece: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(piece);
}

/// Writes a value that is short whatever it holds, as `to_text` gives it; false when it is not one of those.
pub fn write_scalar(names: &dyn Names, value: Value, out: &mut String) -> bool {
    match value {
        Value::None | Value::Unset | Value::Client => {}
        Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Value::Int(n) => format::write_int(out, n),
        Value::Number(n) => format::write_number(out, n),
        Value::Time(at) => calendar::write_time(out, at),
        Value::Duration(ms) => format::write_duration(out, ms),
        Value::Plain { of, variant } => out.push_str(names.variant(of, variant)),
        _ => return false,
    }
    true
}

fn token(heap: &Heap, names: &dyn Names, part: Part, out: &mut String) -> Outcome<Token> {
    let value = part.value;
    if part.nested && value.is_none() {
        out.push_str("none");
        return Ok(Token::Scratch);
    }
    if write_scalar(names, value, out) {
        return Ok(Token::Scratch);
    }
    match value {
        Value::Text(text) => return Ok(Token::Text { text, quoted: part.nested }),
        Value::List(list) => {
            out.push('[');
            return Ok(Token::Open(Container::List(list)));
        }
        Value::Query(query) => {
            let rows = heap.rows(query)?;
            out.push('[');
            return Ok(Token::Open(Container::List(rows)));
        }
        Value::Map(map) => {
            out.push('{');
            return Ok(Token::Open(Container::Map(map)));
        }
        Value::Function(index) => function(names.function(index), out),
        Value::Closure(closure) => function(names.function(heap.closures.get(closure)?.function), out),
        Value::Native(id) => function(Some(names.native(id)), out),
        Value::Method(name) => function(Some(names.method(name)), out),
        Value::Constructor { of, variant } => function(Some(names.variant(of, variant)), out),
        Value::Variant(object)
        | Value::Range(object)
        | Value::Error(object)
        | Value::Regex(object)
        | Value::Bytes(object)
        | Value::View(object)
        | Value::Entity(object)
        | Value::Response(object) => return Ok(object_token(heap, names, object, out)?),
        _ => return Err(Bug::InternalValue.into()),
    }
    Ok(Token::Scratch)
}

fn function(name: Option<&str>, out: &mut String) {
    match name {
        Some(name) => put(out, format_args!("<fn {name}>")),
        None => out.push_str("<fn>"),
    }
}

fn object_token(
    heap: &Heap,
    names: &dyn Names,
    handle: Handle<Object>,
    out: &mut String,
) -> Result<Token, Bug> {
    match heap.objects.get(handle)? {
        Object::Range(range) => {
            let dots = if range.inclusive { ".." } else { "..<" };
            put(out, format_args!("{}{dots}{}", range.start, range.end));
        }
        Object::Error(error) => {
            match error.kind {
                ErrorName::Known(kind) => out.push_str(kind.name()),
                ErrorName::Own(name) => out.push_str(heap.texts.str(name)?),
            }
            out.push_str(": ");
            return Ok(Token::Text { text: error.message, quoted: false });
        }
        Object::Variant(variant) => {
            out.push_str(names.variant(variant.of, variant.variant));
            out.push('(');
            return Ok(Token::Open(Container::Payload(handle)));
        }
        Object::Regex(pattern) => out.push_str(&pattern.source),
        Object::Bytes(bytes) => put(out, format_args!("<{} bytes>", bytes.len())),
        Object::View(view) => return Ok(Token::Text { text: view.text, quoted: false }),
        Object::Entity(entity) => {
            out.push_str(names.entity(entity.of));
            match entity.stored {
                Some(stored) => put(out, format_args!("({})", stored.id)),
                None => out.push_str("(new)"),
            }
        }
        Object::Response(_) => {}
        Object::Query(_) | Object::Iterator(_) | Object::Markup(_) => return Err(Bug::InternalValue),
    }
    Ok(Token::Scratch)
}

fn payload(heap: &Heap, object: Handle<Object>) -> Result<&[Value], Bug> {
    match heap.objects.get(object)? {
        Object::Variant(variant) => Ok(&variant.payload),
        _ => Err(Bug::WrongShape),
    }
}

const fn escape(byte: u8) -> Option<&'static str> {
    match byte {
        b'\\' => Some("\\\\"),
        b'"' => Some("\\\""),
        b'\n' => Some("\\n"),
        b'\r' => Some("\\r"),
        b'\t' => Some("\\t"),
        _ => None,
    }
}

/// Gives a text in quotes, piece by piece.
fn quote(content: &str, mut put: impl FnMut(&str)) {
    put("\"");
    let mut rest = content;
    while let Some((at, escaped)) = rest.bytes().enumerate().find_map(|(at, byte)| Some((at, escape(byte)?)))
    {
        // What is escaped is one byte long, so both cuts are between characters.
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        put(before);
        put(escaped);
        rest = after.get(1..).unwrap_or_default();
    }
    put(rest);
    put("\"");
}
