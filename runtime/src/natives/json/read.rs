//! Reading JSON: a pull tokenizer with a stack of its own, one token (or a bounded part of one) at a time.
//!
//! Each part of the work either changes the reader's place or allocates once, never both before the allocation held: so a
//! step that needs a collection first goes on where it stopped.

use super::DEPTH_MAX;
use super::lex::{self, NUMBER_BYTES_MAX, malformed, unexpected};
use crate::base::guard::{Guard, off};
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Heap, List, Map, Text, TextBuilder, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Step, Stepped};

/// Reads the JSON of a text into a value.
#[derive(Debug)]
pub struct Reader {
    source: Handle<Text>,
    /// Byte offset of what is read next.
    at: usize,
    /// Bytes that this step may still read.
    budget: usize,
    stack: Vec<Open>,
    todo: Todo,
}

/// A list or map whose end was not reached yet.
#[derive(Clone, Copy, Debug)]
enum Open {
    List(Handle<List>),
    /// The key is the one whose value comes next.
    Map(Handle<Map>, Option<Value>),
}

#[derive(Debug)]
enum Todo {
    /// Read a token.
    Token(Expect),
    /// Find the end of a text; was there an escape?
    Scan { start: usize, escaped: bool },
    /// Copy a text with escapes.
    Decode { end: usize, out: TextBuilder },
    /// Find the end of a number.
    Number { start: usize },
    /// A value is whole: put it where it belongs.
    Put(Value),
    /// The document is whole: only blanks may follow.
    End(Value),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    Value,
    /// A value or `]`.
    FirstValue,
    Key,
    /// A key or `}`.
    FirstKey,
    Colon,
    /// `,` or the end of what is open.
    Comma,
}

impl Expect {
    const fn name(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::FirstValue => "a value or ']'",
            Self::Key => "a key in double quotes",
            Self::FirstKey => "a key in double quotes or '}'",
            Self::Colon => "':'",
            Self::Comma => "',' or the end of the list or map",
        }
    }
}

impl Reader {
    /// Will read this text.
    pub fn new(source: Handle<Text>) -> Self {
        Self { source, at: 0, budget: 0, stack: Vec::new(), todo: Todo::Token(Expect::Value) }
    }

    fn advance(&mut self, heap: &mut Heap) -> Outcome<Step> {
        while self.budget > 0 {
            match &self.todo {
                Todo::Token(expect) => self.token(heap, *expect)?,
                Todo::Scan { start, escaped } => self.scan(heap, *start, *escaped)?,
                Todo::Decode { .. } => self.decode(heap)?,
                Todo::Number { start } => self.number(heap, *start)?,
                Todo::Put(value) => self.put(heap, *value)?,
                Todo::End(value) => {
                    let value = *value;
                    if self.next_byte(heap)?.is_some() {
                        let source = heap.texts.uncharged(self.source)?;
                        return Err(unexpected(source, self.at, "nothing after the value"));
                    }
                    if self.budget > 0 {
                        return Ok(Step::Done(value));
                    }
                }
            }
        }
        Ok(Step::Again)
    }

    fn spend(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
        self.budget = self.budget.saturating_sub(bytes.max(1));
    }

    /// The next byte that is no blank; none at the end, or when the budget ran out on the way.
    fn next_byte(&mut self, heap: &Heap) -> Outcome<Option<u8>> {
        let rest = heap.texts.uncharged(self.source)?.as_bytes().get(self.at..).unwrap_or_default();
        let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        let blanks = rest.iter().take(self.budget).take_while(blank).count();
        let next = rest.get(blanks).copied();
        if blanks > 0 {
            self.spend(blanks);
        }
        Ok(if self.budget > 0 { next } else { None })
    }

    fn token(&mut self, heap: &mut Heap, expect: Expect) -> Outcome<()> {
        let byte = self.next_byte(heap)?;
        if self.budget == 0 {
            return Ok(());
        }
        let value_may_follow = matches!(expect, Expect::Value | Expect::FirstValue);
        match (byte, expect) {
            (Some(b'"'), Expect::Value | Expect::FirstValue | Expect::Key | Expect::FirstKey) => {
                self.spend(1);
                self.todo = Todo::Scan { start: self.at, escaped: false };
                Ok(())
            }
            (Some(b'['), _) if value_may_follow => {
                self.deeper(heap)?;
                let list = heap.new_list_with(0)?;
                self.open(Open::List(list), Expect::FirstValue);
                Ok(())
            }
            (Some(b'{'), _) if value_may_follow => {
                self.deeper(heap)?;
                let map = heap.new_map(0)?;
                self.open(Open::Map(map, None), Expect::FirstKey);
                Ok(())
            }
            (Some(b'-' | b'0'..=b'9'), _) if value_may_follow => {
                self.todo = Todo::Number { start: self.at };
                Ok(())
            }
            (Some(b't'), _) if value_may_follow => self.word(heap, "true", Value::Bool(true)),
            (Some(b'f'), _) if value_may_follow => self.word(heap, "false", Value::Bool(false)),
            (Some(b'n'), _) if value_may_follow => self.word(heap, "null", Value::None),
            (Some(b':'), Expect::Colon) => {
                self.spend(1);
                self.todo = Todo::Token(Expect::Value);
                Ok(())
            }
            (Some(byte), Expect::Comma | Expect::FirstValue | Expect::FirstKey) => {
                self.comma(heap, byte, expect)
            }
            _ => Err(unexpected(heap.texts.uncharged(self.source)?, self.at, expect.name())),
        }
    }

    /// A comma between items, or the end of a list or map.
    fn comma(&mut self, heap: &Heap, byte: u8, expect: Expect) -> Outcome<()> {
        let next = match (byte, self.stack.last()) {
            (b',', Some(Open::List(_))) if expect == Expect::Comma => Todo::Token(Expect::Value),
            (b',', Some(Open::Map(..))) if expect == Expect::Comma => Todo::Token(Expect::Key),
            (b']', Some(Open::List(list))) => Todo::Put(Value::List(*list)),
            (b'}', Some(Open::Map(map, _))) => Todo::Put(Value::Map(*map)),
            _ => return Err(unexpected(heap.texts.uncharged(self.source)?, self.at, expect.name())),
        };
        if matches!(next, Todo::Put(_)) {
            self.stack.pop();
        }
        self.spend(1);
        self.todo = next;
        Ok(())
    }

    fn deeper(&self, heap: &Heap) -> Outcome<()> {
        if !off(Guard::JsonDepth) && self.stack.len() >= DEPTH_MAX {
            let source = heap.texts.uncharged(self.source)?;
            return Err(malformed(source, self.at, &format!("nested deeper than {DEPTH_MAX} levels")));
        }
        Ok(())
    }

    fn open(&mut self, open: Open, expect: Expect) {
        self.spend(1);
        self.stack.push(open);
        self.todo = Todo::Token(expect);
    }

    fn word(&mut self, heap: &Heap, word: &str, value: Value) -> Outcome<()> {
        let source = heap.texts.uncharged(self.source)?;
        if !source.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(unexpected(source, self.at, "a value"));
        }
        self.spend(word.len());
        self.todo = Todo::Put(value);
        Ok(())
    }

    fn scan(&mut self, heap: &mut Heap, start: usize, escaped: bool) -> Outcome<()> {
        let source = heap.texts.uncharged(self.source)?;
        let bytes = source.as_bytes().get(self.at..).unwrap_or_default();
        let window = bytes.get(..self.budget).unwrap_or(bytes);
        let Some(found) = window.iter().position(|&b| b == b'"' || b == b'\\' || b < b' ') else {
            if window.len() == bytes.len() {
                return Err(malformed(source, source.len(), "a text without its closing quote"));
            }
            self.spend(window.len());
            return Ok(());
        };
        let end = self.at.saturating_add(found);
        match window.get(found) {
            Some(b'\\') => {
                // The character after it is looked at when the escape is decoded; a quote there does not end the text.
                self.spend(found.saturating_add(2));
                self.todo = Todo::Scan { start, escaped: true };
            }
            Some(b'"') if escaped => {
                self.at = start;
                self.todo = Todo::Decode { end, out: TextBuilder::default() };
            }
            Some(b'"') => {
                let content = source.get(start..end).ok_or(Bug::WrongShape)?;
                let bytes = content.len();
                heap.reserve_text(bytes)?;
                let content = Box::<str>::from(
                    heap.texts.uncharged(self.source)?.get(start..end).ok_or(Bug::WrongShape)?,
                );
                self.spend(found.saturating_add(1));
                self.todo = Todo::Put(heap.put_text(content));
            }
            _ => return Err(malformed(source, end, "a control character in a text")),
        }
        Ok(())
    }

    fn decode(&mut self, heap: &mut Heap) -> Outcome<()> {
        // The longest escape has twelve bytes.
        const WINDOW_BYTES: usize = 1024;
        let Todo::Decode { end, out } = &mut self.todo else { return Ok(()) };
        let end = *end;
        if self.at >= end {
            let value = out.finish(heap)?;
            self.spend(1);
            self.todo = Todo::Put(value);
            return Ok(());
        }
        let source = heap.texts.uncharged(self.source)?;
        let rest = source.get(self.at..end).ok_or(Bug::WrongShape)?;
        let window = rest.get(..rest.floor_char_boundary(WINDOW_BYTES)).unwrap_or(rest);
        let taken = match memchr::memchr(b'\\', window.as_bytes()) {
            Some(0) => {
                let (c, bytes) = lex::escape(rest).map_err(|what| malformed(source, self.at, what))?;
                out.push(heap, c)?;
                bytes
            }
            escape => {
                let plain = escape.unwrap_or(window.len());
                out.push_part(heap, self.source, self.at..self.at.saturating_add(plain))?;
                plain
            }
        };
        self.spend(taken);
        Ok(())
    }

    fn number(&mut self, heap: &Heap, start: usize) -> Outcome<()> {
        let source = heap.texts.uncharged(self.source)?;
        if self.at.saturating_sub(start) > NUMBER_BYTES_MAX {
            let what = format!("a number of more than {NUMBER_BYTES_MAX} characters");
            return Err(malformed(source, start, &what));
        }
        let rest = source.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().take(self.budget).take_while(|&&b| lex::is_number_byte(b)).count();
        if length == self.budget && length < rest.len() {
            self.spend(length);
            return Ok(());
        }
        let end = self.at.saturating_add(length);
        let token = source.get(start..end).ok_or(Bug::WrongShape)?;
        let value = lex::number(token).map_err(|what| malformed(source, start, what))?;
        self.spend(length);
        self.todo = Todo::Put(value);
        Ok(())
    }

    fn put(&mut self, heap: &mut Heap, value: Value) -> Outcome<()> {
        let next = match self.stack.last_mut() {
            None => Todo::End(value),
            Some(Open::List(list)) => {
                heap.push(*list, value)?;
                Todo::Token(Expect::Comma)
            }
            Some(Open::Map(map, key)) => match *key {
                None => {
                    *key = Some(value);
                    Todo::Token(Expect::Colon)
                }
                Some(known) => {
                    heap.set_key(*map, known, value)?;
                    *key = None;
                    Todo::Token(Expect::Comma)
                }
            },
        };
        self.budget = self.budget.saturating_sub(1);
        self.todo = next;
        Ok(())
    }
}

impl Stepped for Reader {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let left = context.heap.texts.bytes(self.source)?.saturating_sub(self.at);
        context.charge_fuel(left.clamp(1, SLICE));
        self.budget = SLICE;
        self.advance(context.heap)
    }

    fn held(&self) -> usize {
        match &self.todo {
            Todo::Decode { out, .. } => out.charged(),
            _ => 0,
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
        for open in &self.stack {
            match *open {
                Open::List(list) => visit(Value::List(list)),
                Open::Map(map, key) => {
                    visit(Value::Map(map));
                    visit(key.unwrap_or(Value::None));
                }
            }
        }
        if let Todo::Put(value) | Todo::End(value) = self.todo {
            visit(value);
        }
    }
}
