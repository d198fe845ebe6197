//! Names and values of a query or a form: `application/x-www-form-urlencoded` (the URL standard, section 5.1).
//!
//! The standard's own decoder replaces what is not UTF-8 and lets broken escapes pass, as does the `form_urlencoded`
//! crate; here both are refused (D1, D2).

use super::percent::{self, Plus, TextFault};
use crate::base::guard::{Guard, off};
use crate::record::Pairs;

/// Fields of a query or form, parts of a multipart body, cookies of a request.
pub const FIELDS_MAX: usize = 1_000;

/// Why fields are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsFault {
    /// Too many (D4).
    #[error("there are more than {FIELDS_MAX} fields; send fewer")]
    TooMany,
    /// One is no text; offsets count from the beginning of its name or value.
    #[error("field {number}: {fault}")]
    Text {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        fault: TextFault,
    },
}

/// The fields, in the order in which they came.
pub fn decode(sent: &str) -> Result<Pairs, FieldsFault> {
    let mut fields = Pairs::new();
    for field in sent.split('&').filter(|field| !field.is_empty()) {
        if fields.len() >= FIELDS_MAX && !off(Guard::FieldCount) {
            return Err(FieldsFault::TooMany);
        }
        let number = fields.len().saturating_add(1);
        let text =
            |sent| percent::decode(sent, Plus::Blank).map_err(|fault| FieldsFault::Text { number, fault });
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        fields.push((text(name)?, text(value)?));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Pairs {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_are_decoded_in_order() {
        assert_eq!(decode(""), Ok(vec![]));
        assert_eq!(decode("&&a&=b&"), Ok(pairs(&[("a", ""), ("", "b")])));
        assert_eq!(decode("a=1&a=2&b=c=d"), Ok(pairs(&[("a", "1"), ("a", "2"), ("b", "c=d")])));
        assert_eq!(decode("a+b=%26%3D+%2B&%C3%A9=%00"), Ok(pairs(&[("a b", "&= +"), ("é", "\0")])));
        assert_eq!(decode("a=1;b=2"), Ok(pairs(&[("a", "1;b=2")])));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_field() {
        let fault = TextFault::Escape { at: 1 };
        assert_eq!(decode("a=1&b=2%"), Err(FieldsFault::Text { number: 2, fault }));
        let fault = TextFault::Utf8 { at: 0 };
        assert_eq!(decode("%ff=1"), Err(FieldsFault::Text { number: 1, fault }));
    }

    #[test]
    fn t3_15_fields_are_bounded() {
        let many = |count: usize| decode(&"a=1&".repeat(count)).map(|fields| fields.len());
        assert_eq!(many(FIELDS_MAX - 1), Ok(FIELDS_MAX - 1));
        assert_eq!(many(FIELDS_MAX), Ok(FIELDS_MAX));
        assert_eq!(many(FIELDS_MAX + 1), Err(FieldsFault::TooMany));
    }
}
