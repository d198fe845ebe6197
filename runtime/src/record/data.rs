//! The encoding of field values: tagged, canonical, decoded strictly.
//!
//! A row's data is its fields one after the other; how many there are, the shape says. One value is a tag byte and then:
//! ints and times as zigzag LEB128, doubles as 8 bytes little-endian, texts as a LEB128 length and UTF-8, lists as a
//! LEB128 count and their elements, maps as a count and their entries in order, variants as name, count and payload,
//! references as the LEB128 id. A LEB128 that is not the shortest is refused, and so is whatever else has a second
//! spelling (R1): a NaN has one. [`Token`]s stream through a [`Writer`] and out of a [`Reader`], for whoever keeps values
//! in another shape; [`Datum`] is the shape of whoever has none.

mod read;
mod skip;
#[cfg(test)]
mod tests;
mod write;

pub use read::Reader;
pub use skip::{split_uint, split_value, text_bytes};
pub use write::Writer;

use super::{DEPTH_MAX, varint};
use std::sync::Arc;

/// A value that the store can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// None.
    None,
    /// A truth value.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A double.
    Number(f64),
    /// A text.
    Text(Arc<str>),
    /// Milliseconds since 1970-01-01 UTC.
    Time(i64),
    /// A list.
    List(Vec<Datum>),
    /// A map, in the order of its entries.
    Map(Vec<(Datum, Datum)>),
    /// A variant of an enum: its name and payload.
    Variant(Arc<str>, Vec<Datum>),
    /// The id of a referred row; which entity, the field's type says.
    Reference(u64),
}

/// One piece of an encoded value. Containers announce how many values follow (two for each entry of a map).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// None.
    None,
    /// A truth value.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A double.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// Milliseconds.
    Time(i64),
    /// A list of so many elements.
    List(usize),
    /// A map of so many entries: key, value, key, value, …
    Map(usize),
    /// A variant with a payload of so many values.
    Variant(&'a str, usize),
    /// The id of a referred row.
    Reference(u64),
}

/// Why bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {offset}")]
pub struct DataError {
    /// Where, from the start of the data.
    pub offset: usize,
    /// What is wrong there.
    pub fault: DataFault,
}

impl DataError {
    /// The same, of data that so many bytes stand before.
    #[must_use]
    pub fn behind(self, bytes: usize) -> Self {
        Self { offset: self.offset.saturating_add(bytes), ..self }
    }
}

/// What is wrong with encoded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataFault {
    /// The data ends inside a value.
    #[error("the data ends inside a value")]
    End,
    /// No value begins with this byte.
    #[error("no value begins with the byte {0:#04x}")]
    Tag(u8),
    /// A number that is longer than needed, or above 64 bits.
    #[error("a number is not in its shortest form")]
    Varint,
    /// A NaN whose bits are not those of the one that is written.
    #[error("a NaN is not the canonical one")]
    Nan,
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A container that announces more values than there are bytes left.
    #[error("a container announces more values than there are bytes left")]
    Count,
    /// Values nested deeper than [`DEPTH_MAX`].
    #[error("values nest deeper than {DEPTH_MAX} levels")]
    Depth,
    /// A row whose fields do not rise by number.
    #[error("the fields of a row do not rise by number")]
    Order,
    /// A value of another kind than there must be.
    #[error("a value of another kind is expected")]
    Kind,
    /// Bytes behind the last value.
    #[error("there are bytes behind the last value")]
    Rest,
}

/// The number that bytes begin with, and what is behind it.
#[inline]
fn number(bytes: &[u8]) -> Result<(u64, &[u8]), DataFault> {
    let fault = || if varint::ends(bytes) { DataFault::End } else { DataFault::Varint };
    varint::take(bytes).ok_or_else(fault)
}

/// The tag byte of each kind of value.
mod tag {
    pub const NONE: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const INT: u8 = 3;
    pub const NUMBER: u8 = 4;
    pub const TEXT: u8 = 5;
    pub const TIME: u8 = 6;
    pub const LIST: u8 = 7;
    pub const MAP: u8 = 8;
    pub const VARIANT: u8 = 9;
    pub const REFERENCE: u8 = 10;
}

/// Values, one after the other, encoded.
///
/// # Errors
///
/// [`DataFault::Depth`] when one nests too deep.
pub fn encode(values: &[Datum]) -> Result<Vec<u8>, DataFault> {
    let mut writer = Writer::new();
    for value in values {
        writer.datum(value)?;
    }
    writer.finish()
}

/// The values that `bytes` hold, one after the other.
pub fn decode(bytes: &[u8]) -> Result<Vec<Datum>, DataError> {
    let mut reader = Reader::new(bytes);
    let mut values = Vec::new();
    while let Some(value) = reader.datum()? {
        values.push(value);
    }
    Ok(values)
}
