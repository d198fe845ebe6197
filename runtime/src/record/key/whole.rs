//! Lists, maps and variants with payload as keys.
//!
//! Two of them are equal when the language's `==` says so, which is not byte for byte: `[2]` equals `[2.0]`, and a map
//! does not care for the order of its entries. Their normal form does: integral numbers are ints in it, and entries rise by
//! the encoding of their keys.

use super::super::{Datum, Reader, Token, data};
use super::Key;
use std::hash::{Hash, Hasher};

/// Such a value, encoded.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a>(&'a [u8]);

impl<'a> Whole<'a> {
    /// Of one encoded value. None when a NaN is in it, which equals nothing, or when it is no value.
    pub fn of(encoded: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(encoded);
        while let Some(token) = reader.token().ok()? {
            if matches!(token, Token::Number(number) if number.is_nan()) {
                return None;
            }
        }
        Some(Self(encoded))
    }

    /// One that is in its normal form.
    pub(super) const fn of_normal(encoded: &'a [u8]) -> Self {
        Self(encoded)
    }

    fn normal(self) -> Vec<u8> {
        let datum = Reader::new(self.0).datum().ok().flatten();
        datum.and_then(normal_bytes).unwrap_or_else(|| self.0.to_vec())
    }
}

impl PartialEq for Whole<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.normal() == other.normal()
    }
}

impl Eq for Whole<'_> {}

impl Hash for Whole<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

/// The normal form of a value, encoded; none when a NaN is in it.
pub(super) fn normal_bytes(datum: Datum) -> Option<Vec<u8>> {
    data::encode(&[normal(datum)?]).ok()
}

/// As deep as values nest.
fn normal(datum: Datum) -> Option<Datum> {
    let all = |items: Vec<Datum>| items.into_iter().map(normal).collect::<Option<Vec<_>>>();
    Some(match datum {
        Datum::Number(number) => match Key::number(number)? {
            Key::Int(int) => Datum::Int(int),
            _ => Datum::Number(number),
        },
        Datum::List(items) => Datum::List(all(items)?),
        Datum::Variant(name, items) => Datum::Variant(name, all(items)?),
        Datum::Map(entries) => {
            let mut sorted = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let (key, value) = (normal(key)?, normal(value)?);
                sorted.push((data::encode(std::slice::from_ref(&key)).ok()?, key, value));
            }
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Datum::Map(sorted.into_iter().map(|(_, key, value)| (key, value)).collect())
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::KeyView;

    fn bytes(datum: &Datum) -> Vec<u8> {
        data::encode(std::slice::from_ref(datum)).unwrap()
    }

    #[test]
    fn values_within_values_are_equal_as_the_language_says() {
        let text = |text: &str| Datum::Text(text.into());
        let map = |entries: &[(&str, Datum)]| {
            Datum::Map(entries.iter().map(|(key, value)| (text(key), value.clone())).collect())
        };
        let list = |items: &[Datum]| Datum::List(items.to_vec());
        let circle = |r: f64| Datum::Variant("Circle".into(), vec![Datum::Number(r)]);
        for (a, b, equal) in [
            (list(&[Datum::Int(2)]), list(&[Datum::Number(2.0)]), true),
            (list(&[Datum::Int(2)]), list(&[Datum::Number(2.5)]), false),
            (list(&[]), list(&[Datum::None]), false),
            (
                map(&[("a", Datum::Int(1)), ("b", Datum::None)]),
                map(&[("b", Datum::None), ("a", Datum::Number(1.0))]),
                true,
            ),
            (map(&[("a", Datum::Int(1))]), map(&[("b", Datum::Int(1))]), false),
            (circle(1.0), Datum::Variant("Circle".into(), vec![Datum::Int(1)]), true),
            (circle(1.0), circle(1.5), false),
            (list(&[circle(1.0)]), list(&[list(&[circle(1.0)])]), false),
        ] {
            let (x, y) = (bytes(&a), bytes(&b));
            assert_eq!(KeyView::of(&x) == KeyView::of(&y), equal, "{a:?} {b:?}");
            assert_eq!(Key::of(&a) == Key::of(&b), equal, "{a:?} {b:?}");
            let (key, view) = (Key::of(&a).unwrap(), KeyView::of(&y).unwrap());
            assert_eq!(key.view() == view, equal, "{a:?} {b:?}");
            let hash = |key: KeyView<'_>| {
                let mut hasher = std::hash::DefaultHasher::new();
                key.hash(&mut hasher);
                hasher.finish()
            };
            assert_eq!(hash(key.view()) == hash(view), equal, "{a:?} {b:?}");
        }
        let nan = bytes(&list(&[map(&[("a", Datum::Number(f64::NAN))])]));
        assert!(KeyView::of(&nan).is_none());
    }
}
