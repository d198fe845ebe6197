//! Tokens in, bytes out.
//!
//! Keeps R1: each token has one spelling, and what was announced is what follows. Lengths and counts are trusted to be
//! what the caller means; only too many levels, and a container that is not filled, are refused.

use super::{DataFault, Datum, Token, tag};
use crate::record::{DEPTH_MAX, varint};

/// Writes values, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// How many values each open container still gets, the outermost first; never 0.
    open: Vec<usize>,
}

impl Writer {
    /// One that has written nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), open: Vec::new() }
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Is nothing written?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Writes the next piece.
    ///
    /// # Errors
    ///
    /// [`DataFault::Depth`] for a container inside [`DEPTH_MAX`] others; nothing is written then.
    pub fn token(&mut self, token: Token<'_>) -> Result<(), DataFault> {
        let inside = match token {
            Token::List(count) | Token::Variant(_, count) => Some(count),
            Token::Map(count) => Some(count.saturating_mul(2)),
            Token::None
            | Token::Bool(_)
            | Token::Int(_)
            | Token::Number(_)
            | Token::Text(_)
            | Token::Time(_)
            | Token::Reference(_) => None,
        };
        // An open container with one value left is full with this one, but still a level around it.
        if inside.is_some() && self.open.len() >= DEPTH_MAX {
            return Err(DataFault::Depth);
        }
        self.put(token);
        if let Some(count) = inside {
            self.open.push(count.saturating_add(1));
        }
        self.filled();
        Ok(())
    }

    /// Writes a whole value.
    ///
    /// # Errors
    ///
    /// [`DataFault::Depth`] when it nests too deep; the writer is of no use then.
    pub fn datum(&mut self, value: &Datum) -> Result<(), DataFault> {
        match value {
            Datum::None => self.token(Token::None),
            Datum::Bool(b) => self.token(Token::Bool(*b)),
            Datum::Int(int) => self.token(Token::Int(*int)),
            Datum::Number(number) => self.token(Token::Number(*number)),
            Datum::Text(text) => self.token(Token::Text(text)),
            Datum::Time(ms) => self.token(Token::Time(*ms)),
            Datum::Reference(id) => self.token(Token::Reference(*id)),
            Datum::List(items) => {
                self.token(Token::List(items.len()))?;
                items.iter().try_for_each(|item| self.datum(item))
            }
            Datum::Variant(name, items) => {
                self.token(Token::Variant(name, items.len()))?;
                items.iter().try_for_each(|item| self.datum(item))
            }
            Datum::Map(entries) => {
                self.token(Token::Map(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| {
                    self.datum(key)?;
                    self.datum(value)
                })
            }
        }
    }

    /// Writes one value that is encoded already.
    pub fn encoded(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.filled();
    }

    /// Writes a bare number between values, as counts and field numbers are.
    pub fn uint(&mut self, number: u64) {
        varint::put(&mut self.bytes, number);
    }

    /// What was written.
    ///
    /// # Errors
    ///
    /// [`DataFault::End`] when a container was announced larger than it became.
    pub fn finish(self) -> Result<Vec<u8>, DataFault> {
        if self.open.is_empty() { Ok(self.bytes) } else { Err(DataFault::End) }
    }

    /// One more value stands; containers that are full with it are closed.
    fn filled(&mut self) {
        while let Some(left) = self.open.last_mut() {
            *left = left.saturating_sub(1);
            if *left > 0 {
                break;
            }
            self.open.pop();
        }
    }

    fn put(&mut self, token: Token<'_>) {
        match token {
            Token::None => self.bytes.push(tag::NONE),
            Token::Bool(b) => self.bytes.push(if b { tag::TRUE } else { tag::FALSE }),
            Token::Int(int) => self.number(tag::INT, varint::zigzag(int)),
            Token::Time(ms) => self.number(tag::TIME, varint::zigzag(ms)),
            Token::Reference(id) => self.number(tag::REFERENCE, id),
            Token::Number(number) => {
                let number = if number.is_nan() { f64::NAN } else { number };
                self.bytes.push(tag::NUMBER);
                self.bytes.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Token::Text(text) => self.text(tag::TEXT, text),
            Token::List(count) => self.number(tag::LIST, count as u64),
            Token::Map(count) => self.number(tag::MAP, count as u64),
            Token::Variant(name, count) => {
                self.text(tag::VARIANT, name);
                self.uint(count as u64);
            }
        }
    }

    fn number(&mut self, tag: u8, number: u64) {
        self.bytes.push(tag);
        self.uint(number);
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.number(tag, text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }
}
