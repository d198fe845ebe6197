//! One field of a head or trailer: name, colon, value (RFC 9112, section 5).

use super::fault::Fault;
use super::scan::{At, is_blank, is_token, trimmed};
use crate::base::guard::{Guard, off};

/// Longer names are none; hyper takes no more than 16 bits of them.
const NAME_BYTES_MAX: usize = 1024;

/// A field as it stands in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'l> {
    pub name: &'l [u8],
    /// Without the white space around it.
    pub value: &'l [u8],
    /// Where the value begins in its line.
    pub value_at: usize,
}

/// Splits a line that is free of control characters (H7, H8). Places are counted from its begin.
pub(super) fn split(line: &[u8]) -> Result<Field<'_>, At> {
    let colon = memchr::memchr(b':', line).unwrap_or(line.len());
    let name = line.get(..colon).unwrap_or_default();
    let rest = line.get(colon.saturating_add(1)..).unwrap_or_default();
    let value = trimmed(rest);
    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
    let value_at = colon.saturating_add(1).saturating_add(blanks);
    let field = Field { name, value, value_at };
    match check(&field, line) {
        Err(_) if off(Guard::HeaderSection) => Ok(field),
        Err(at) => Err(at),
        Ok(()) => Ok(field),
    }
}

fn check(field: &Field<'_>, line: &[u8]) -> Result<(), At> {
    if line.first().is_some_and(|byte| is_blank(*byte)) {
        return Err((Fault::Folding, 0));
    }
    if field.name.len() == line.len() {
        return Err((Fault::FieldColon, line.len()));
    }
    if let Some(at) = field.name.iter().position(|byte| !is_token(*byte)) {
        let only_blanks = field.name.get(at..).is_some_and(|rest| rest.iter().all(|byte| is_blank(*byte)));
        return Err((if only_blanks { Fault::SpaceBeforeColon } else { Fault::FieldName }, at));
    }
    if field.name.is_empty() || field.name.len() > NAME_BYTES_MAX {
        return Err((Fault::FieldName, 0));
    }
    match std::str::from_utf8(field.value) {
        Ok(_) => Ok(()),
        Err(error) => Err((Fault::FieldText, field.value_at.saturating_add(error.valid_up_to()))),
    }
}

/// The elements of a comma-separated list, empty ones left out (RFC 9110, section 5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trimmed).filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(line: &[u8]) -> Result<(&[u8], &[u8]), At> {
        split(line).map(|field| (field.name, field.value))
    }

    #[test]
    fn names_and_values_are_split_at_the_first_colon() {
        for (line, name, value) in [
            ("a:b", "a", "b"),
            ("a: b ", "a", "b"),
            ("a:\t b\tc \t", "a", "b\tc"),
            ("a:", "a", ""),
            ("a:   ", "a", ""),
            ("a::b", "a", ":b"),
            ("x!#$%&'*+-.^_`|~9: é", "x!#$%&'*+-.^_`|~9", "é"),
        ] {
            assert_eq!(pair(line.as_bytes()), Ok((name.as_bytes(), value.as_bytes())), "{line}");
        }
        assert_eq!(split(b"a: \tb").map(|field| field.value_at), Ok(4));
    }

    /// RFC 9112 2.2-c, 5.1-a, 5.2-a
    #[test]
    fn each_malformed_field_has_its_fault_and_place() {
        for (line, fault, at) in [
            (&b"a"[..], Fault::FieldColon, 1),
            (b":a", Fault::FieldName, 0),
            (b"a :b", Fault::SpaceBeforeColon, 1),
            (b"a\t :b", Fault::SpaceBeforeColon, 1),
            (b"a b:c", Fault::FieldName, 1),
            (b"a(b):c", Fault::FieldName, 1),
            (b"\xc3\xa9:c", Fault::FieldName, 0),
            (b" a:b", Fault::Folding, 0),
            (b"\ta:b", Fault::Folding, 0),
            (b"a: \xff", Fault::FieldText, 3),
            (b"a: b\xc3", Fault::FieldText, 4),
            (b"a: \xc0\xaf", Fault::FieldText, 3),
        ] {
            assert_eq!(pair(line), Err((fault, at)), "{line:?}");
        }
    }

    #[test]
    fn elements_of_lists_are_trimmed_and_empty_ones_left_out() {
        let all: Vec<_> = elements(b" a,, b\t,c ,").collect();
        assert_eq!(all, [b"a", b"b", b"c"]);
    }
}
