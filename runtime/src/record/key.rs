//! A field's value as an index sees it: equal exactly when the language's `==` says so.

mod whole;

pub use whole::Whole;

use super::{Datum, Reader, Token, text_bytes};
use std::sync::Arc;

/// A value that rows are looked up by. Numbers that are integral and fit are ints: `2 == 2.0`. NaN equals nothing and
/// has no key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A truth value.
    Bool(bool),
    /// An int, or an integral number that fits one.
    Int(i64),
    /// Another number, by its bits; `-0.0` is the int 0.
    Number(u64),
    /// A text.
    Text(Arc<str>),
    /// A time, in milliseconds.
    Time(i64),
    /// The id of a referred row.
    Reference(u64),
    /// A variant without payload, by name.
    Variant(Arc<str>),
    /// A list, a map or a variant with payload, encoded in its normal form.
    Whole(Arc<[u8]>),
}

/// A [`Key`] that borrows its text; what an index hashes and compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyView<'a> {
    /// A truth value.
    Bool(bool),
    /// An int, or an integral number that fits one.
    Int(i64),
    /// Another number, by its bits.
    Number(u64),
    /// A text.
    Text(&'a str),
    /// A time, in milliseconds.
    Time(i64),
    /// The id of a referred row.
    Reference(u64),
    /// A variant without payload, by name.
    Variant(&'a str),
    /// A list, a map or a variant with payload.
    Whole(Whole<'a>),
}

impl<'a> KeyView<'a> {
    /// The key of an encoded value, if it has one: see [`Key::of`].
    pub fn of(encoded: &'a [u8]) -> Option<Self> {
        Some(match Reader::new(encoded).token().ok()?? {
            Token::Bool(b) => Self::Bool(b),
            Token::Int(i) => Self::Int(i),
            Token::Number(n) => Self::number(n)?,
            Token::Text(text) => Self::Text(text),
            Token::Time(ms) => Self::Time(ms),
            Token::Reference(id) => Self::Reference(id),
            Token::Variant(name, 0) => Self::Variant(name),
            Token::Variant(..) | Token::List(_) | Token::Map(_) => Self::Whole(Whole::of(encoded)?),
            Token::None => return None,
        })
    }

    /// The key of a number; NaN has none.
    pub fn number(number: f64) -> Option<Self> {
        match Key::number(number)? {
            Key::Int(int) => Some(Self::Int(int)),
            Key::Number(bits) => Some(Self::Number(bits)),
            Key::Bool(_)
            | Key::Text(_)
            | Key::Time(_)
            | Key::Reference(_)
            | Key::Variant(_)
            | Key::Whole(_) => None,
        }
    }

    /// Is it the key of an encoded value? What [`of`](Self::of) says, without reading a text as one again.
    pub fn is_of(self, encoded: &[u8]) -> bool {
        match self {
            Self::Text(text) => text_bytes(encoded) == Some(text.as_bytes()),
            Self::Bool(_)
            | Self::Int(_)
            | Self::Number(_)
            | Self::Time(_)
            | Self::Reference(_)
            | Self::Variant(_)
            | Self::Whole(_) => KeyView::of(encoded) == Some(self),
        }
    }
}

impl Key {
    /// The same, borrowed.
    pub fn view(&self) -> KeyView<'_> {
        match self {
            Self::Bool(b) => KeyView::Bool(*b),
            Self::Int(i) => KeyView::Int(*i),
            Self::Number(bits) => KeyView::Number(*bits),
            Self::Text(text) => KeyView::Text(text),
            Self::Time(ms) => KeyView::Time(*ms),
            Self::Reference(id) => KeyView::Reference(*id),
            Self::Variant(name) => KeyView::Variant(name),
            Self::Whole(normal) => KeyView::Whole(Whole::of_normal(normal)),
        }
    }

    /// The key of a value, if it has one: none and NaN have none, nor what a NaN is in.
    pub fn of(datum: &Datum) -> Option<Self> {
        Some(match datum {
            Datum::Bool(b) => Self::Bool(*b),
            Datum::Int(i) => Self::Int(*i),
            Datum::Number(n) => Self::number(*n)?,
            Datum::Text(text) => Self::Text(text.clone()),
            Datum::Time(ms) => Self::Time(*ms),
            Datum::Reference(id) => Self::Reference(*id),
            Datum::Variant(name, values) if values.is_empty() => Self::Variant(name.clone()),
            Datum::Variant(..) | Datum::List(_) | Datum::Map(_) => {
                Self::Whole(whole::normal_bytes(datum.clone())?.into())
            }
            Datum::None => return None,
        })
    }

    fn number(n: f64) -> Option<Self> {
        /// 2^63, the first double above every int.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        if n.is_nan() {
            return None;
        }
        if n.fract() != 0.0 || !(-LIMIT..LIMIT).contains(&n) {
            return Some(Self::Number(n.to_bits()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "integral and within the range of an int")]
        let int = n as i64;
        Some(Self::Int(int))
    }

    /// Bytes that it takes beside its own size.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Variant(text) => text.len(),
            Self::Whole(normal) => normal.len(),
            Self::Bool(_) | Self::Int(_) | Self::Number(_) | Self::Time(_) | Self::Reference(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_key_of_the_int_that_they_equal() {
        for (number, key) in [
            (2.0, Some(Key::Int(2))),
            (-0.0, Some(Key::Int(0))),
            (-9_223_372_036_854_775_808.0, Some(Key::Int(i64::MIN))),
            (9_223_372_036_854_775_808.0, Some(Key::Number(9_223_372_036_854_775_808.0_f64.to_bits()))),
            (f64::INFINITY, Some(Key::Number(f64::INFINITY.to_bits()))),
            (0.5, Some(Key::Number(0.5_f64.to_bits()))),
            (f64::NAN, None),
        ] {
            assert_eq!(Key::of(&Datum::Number(number)), key, "{number}");
        }
    }

    #[test]
    fn a_key_is_that_of_its_value_and_of_no_other() {
        let text = |text: &str| Datum::Text(text.into());
        let values = [
            Datum::None,
            Datum::Bool(true),
            Datum::Int(2),
            Datum::Number(2.0),
            Datum::Number(0.5),
            Datum::Number(f64::NAN),
            text(""),
            text("a"),
            text("ab"),
            text(&"é".repeat(100)),
            Datum::Time(2),
            Datum::Reference(2),
            Datum::Variant("a".into(), vec![]),
            Datum::Variant("a".into(), vec![Datum::Int(2)]),
            Datum::List(vec![text("a")]),
        ];
        let encoded: Vec<Vec<u8>> = values
            .iter()
            .map(|value| crate::record::data::encode(std::slice::from_ref(value)).unwrap())
            .collect();
        for (value, own) in values.iter().zip(&encoded) {
            for other in &encoded {
                let key = KeyView::of(own);
                assert_eq!(
                    key.is_some_and(|key| key.is_of(other)),
                    key.is_some() && key == KeyView::of(other),
                    "{value:?}"
                );
                assert!(!key.is_some_and(|key| key.is_of(&[])));
            }
        }
    }
}
