//! Bytes in, tokens out.
//!
//! Keeps R1 and R2: any bytes are taken, and only those that a [`Writer`](super::Writer) can have written are accepted.
//! At most as many values may be announced, all open containers together, as there are bytes left; so whoever reserves
//! what is announced never reserves more than a small multiple of the bytes.

use super::{DataError, DataFault, Datum, Token, number, tag};
use crate::record::{DEPTH_MAX, varint};

/// Reads values, one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    rest: &'a [u8],
    /// How many values each open container still has, the outermost first; never 0.
    open: Vec<usize>,
    /// Their sum.
    owed: usize,
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: bytes, open: Vec::new(), owed: 0 }
    }

    /// How many bytes were read.
    pub fn offset(&self) -> usize {
        self.bytes.len().saturating_sub(self.rest.len())
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next piece; none behind the last value.
    pub fn token(&mut self) -> Result<Option<Token<'a>>, DataError> {
        let start = self.offset();
        let token = match self.rest.split_first() {
            None if self.open.is_empty() => return Ok(None),
            None => return Err(DataError { offset: start, fault: DataFault::End }),
            Some((&tag, rest)) => {
                self.rest = rest;
                self.piece(tag).map_err(|fault| DataError { offset: start, fault })?
            }
        };
        self.follow(token).map_err(|fault| DataError { offset: start, fault })?;
        Ok(Some(token))
    }

    /// The bytes of the next whole value; none behind the last one.
    pub fn encoded(&mut self) -> Result<Option<&'a [u8]>, DataError> {
        let (from, outside) = (self.rest, self.open.len());
        if self.token()?.is_none() {
            return Ok(None);
        }
        while self.open.len() > outside {
            self.token()?;
        }
        Ok(from.get(..from.len().saturating_sub(self.rest.len())))
    }

    /// The next whole value; none behind the last one.
    pub fn datum(&mut self) -> Result<Option<Datum>, DataError> {
        let Some(token) = self.token()? else { return Ok(None) };
        Ok(Some(match token {
            Token::None => Datum::None,
            Token::Bool(b) => Datum::Bool(b),
            Token::Int(int) => Datum::Int(int),
            Token::Number(number) => Datum::Number(number),
            Token::Text(text) => Datum::Text(text.into()),
            Token::Time(ms) => Datum::Time(ms),
            Token::Reference(id) => Datum::Reference(id),
            Token::List(count) => Datum::List(self.data(count)?),
            Token::Variant(name, count) => Datum::Variant(name.into(), self.data(count)?),
            Token::Map(count) => {
                let mut entries = Vec::with_capacity(count);
                for _ in 0..count {
                    entries.push((self.inner()?, self.inner()?));
                }
                Datum::Map(entries)
            }
        }))
    }

    /// A bare number between values, as counts and field numbers are.
    pub fn uint(&mut self) -> Result<u64, DataError> {
        let offset = self.offset();
        self.number().map_err(|fault| DataError { offset, fault })
    }

    /// Refuses bytes behind the last value.
    pub fn finish(&self) -> Result<(), DataError> {
        let fault = match (self.rest.is_empty(), self.open.is_empty()) {
            (true, true) => return Ok(()),
            (_, false) => DataFault::End,
            (false, true) => DataFault::Rest,
        };
        Err(DataError { offset: self.offset(), fault })
    }

    /// So many values of a container that is open; [`Self::follow`] saw that there are bytes for them.
    fn data(&mut self, count: usize) -> Result<Vec<Datum>, DataError> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.inner()?);
        }
        Ok(items)
    }

    fn inner(&mut self) -> Result<Datum, DataError> {
        let offset = self.offset();
        self.datum()?.ok_or(DataError { offset, fault: DataFault::End })
    }

    /// Opens the container that `token` announces, and closes those that are full with it.
    fn follow(&mut self, token: Token<'a>) -> Result<(), DataFault> {
        let inside = match token {
            Token::List(count) | Token::Variant(_, count) => Some(count),
            Token::Map(count) => Some(count.checked_mul(2).ok_or(DataFault::Count)?),
            Token::None
            | Token::Bool(_)
            | Token::Int(_)
            | Token::Number(_)
            | Token::Text(_)
            | Token::Time(_)
            | Token::Reference(_) => None,
        };
        if let Some(left) = self.open.last_mut() {
            *left = left.saturating_sub(1);
            self.owed = self.owed.saturating_sub(1);
        }
        if let Some(count) = inside {
            if self.open.len() >= DEPTH_MAX {
                return Err(DataFault::Depth);
            }
            self.owed = self.owed.checked_add(count).ok_or(DataFault::Count)?;
            if self.owed > self.rest.len() {
                return Err(DataFault::Count);
            }
            self.open.push(count);
        }
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        Ok(())
    }

    fn piece(&mut self, tag: u8) -> Result<Token<'a>, DataFault> {
        Ok(match tag {
            tag::NONE => Token::None,
            tag::FALSE => Token::Bool(false),
            tag::TRUE => Token::Bool(true),
            tag::INT => Token::Int(varint::unzigzag(self.number()?)),
            tag::TIME => Token::Time(varint::unzigzag(self.number()?)),
            tag::REFERENCE => Token::Reference(self.number()?),
            tag::NUMBER => {
                let (bytes, rest) = self.rest.split_first_chunk().ok_or(DataFault::End)?;
                self.rest = rest;
                let bits = u64::from_le_bytes(*bytes);
                let number = f64::from_bits(bits);
                if number.is_nan() && bits != f64::NAN.to_bits() {
                    return Err(DataFault::Nan);
                }
                Token::Number(number)
            }
            tag::TEXT => Token::Text(self.text()?),
            tag::LIST => Token::List(self.count()?),
            tag::MAP => Token::Map(self.count()?),
            tag::VARIANT => Token::Variant(self.text()?, self.count()?),
            other => return Err(DataFault::Tag(other)),
        })
    }

    fn number(&mut self) -> Result<u64, DataFault> {
        let (number, rest) = number(self.rest)?;
        self.rest = rest;
        Ok(number)
    }

    fn count(&mut self) -> Result<usize, DataFault> {
        usize::try_from(self.number()?).map_err(|_| DataFault::Count)
    }

    fn text(&mut self) -> Result<&'a str, DataFault> {
        let length = self.count()?;
        std::str::from_utf8(self.split(length)?).map_err(|_| DataFault::Text)
    }

    fn split(&mut self, length: usize) -> Result<&'a [u8], DataFault> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(DataFault::End)?;
        self.rest = rest;
        Ok(bytes)
    }
}
