//! The line before a chunk's data (RFC 9112, section 7.1): its size, and extensions that are checked and ignored.

use super::fault::Fault;
use super::scan::{At, is_blank, is_token};
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};

/// Digits of a size: as many as 64 bits have.
const SIZE_DIGITS_MAX: usize = 16;

/// What a line before a chunk's data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub size: u64,
    /// Bytes of its extensions.
    pub extension_bytes: usize,
}

/// Reads the line (H15, H16).
pub(super) fn read(line: &[u8]) -> Result<Line, At> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (number, extensions) = line.split_at_checked(digits).unwrap_or((line, &[]));
    let extension_bytes = extensions.len();
    #[cfg(feature = "knockout")]
    if off(Guard::ChunkedCoding) {
        return Ok(Line { size: naive::size(number), extension_bytes });
    }
    if digits == 0 || digits > SIZE_DIGITS_MAX {
        return Err((Fault::ChunkSize, digits.min(SIZE_DIGITS_MAX)));
    }
    if extensions.first().is_some_and(|byte| *byte != b';' && !is_blank(*byte)) {
        return Err((Fault::ChunkSize, digits));
    }
    let size = std::str::from_utf8(number).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
    let size = size.ok_or((Fault::ChunkSize, 0))?;
    match malformed(extensions) {
        Some(left) => Err((Fault::ChunkExtension, line.len().saturating_sub(left))),
        None => Ok(Line { size, extension_bytes }),
    }
}

/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`: how many bytes are left where that ends early.
fn malformed(mut rest: &[u8]) -> Option<usize> {
    while !rest.is_empty() {
        let at = rest.len();
        let Some(behind) = unblanked(rest).strip_prefix(b";") else { return Some(at) };
        let (name, behind) = token(unblanked(behind));
        if name == 0 {
            return Some(behind.len());
        }
        rest = behind;
        if let Some(value) = unblanked(behind).strip_prefix(b"=") {
            let value = unblanked(value);
            rest = match value.strip_prefix(b"\"") {
                Some(quoted) => match quoted_end(quoted) {
                    Ok(behind) => behind,
                    Err(left) => return Some(left),
                },
                None => match token(value) {
                    (0, behind) => return Some(behind.len()),
                    (_, behind) => behind,
                },
            };
        }
    }
    None
}

fn unblanked(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

fn token(text: &[u8]) -> (usize, &[u8]) {
    let length = text.iter().take_while(|byte| is_token(**byte)).count();
    (length, text.get(length..).unwrap_or_default())
}

/// What stands behind the closing quote; how much is left where a byte does not belong, or where the line ends.
fn quoted_end(mut text: &[u8]) -> Result<&[u8], usize> {
    loop {
        match text {
            [b'"', rest @ ..] => return Ok(rest),
            [b'\\', escaped, rest @ ..] if is_blank(*escaped) || escaped.is_ascii_graphic() => text = rest,
            [byte, rest @ ..] if *byte != b'\\' && (is_blank(*byte) || byte.is_ascii_graphic()) => {
                text = rest;
            }
            _ => return Err(text.len()),
        }
    }
}

#[cfg(feature = "knockout")]
mod naive {
    /// Adds digits up, however many there are.
    #[expect(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "the obvious wrong code")]
    pub(super) fn size(digits: &[u8]) -> u64 {
        let digit = |byte: &u8| u64::from(char::from(*byte).to_digit(16).unwrap());
        digits.iter().fold(0, |size, byte| size * 16 + digit(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(line: &[u8]) -> Result<u64, At> {
        read(line).map(|line| line.size)
    }

    /// RFC 9112 7.1-b
    #[test]
    fn sizes_are_hexadecimal_numbers_of_64_bits() {
        for (line, expected) in [("0", 0), ("1", 1), ("fF", 255), ("000", 0), ("ffffffffffffffff", u64::MAX)]
        {
            assert_eq!(size(line.as_bytes()), Ok(expected), "{line}");
        }
        for (line, at) in [
            ("", 0),
            ("g", 0),
            ("0x5", 1),
            ("-1", 0),
            ("+1", 0),
            (" 1", 0),
            ("1g", 1),
            ("10000000000000000", 16),
            ("00000000000000000", 16),
            ("1,", 1),
        ] {
            assert_eq!(size(line.as_bytes()), Err((Fault::ChunkSize, at)), "{line}");
        }
    }

    /// RFC 9112 7.1.1-a
    #[test]
    fn extensions_are_checked_and_ignored() {
        for line in
            ["5;a", "5;a=b", "5;a=\"b; c\"", "5;a=\"\\\"\"", "5 ; a = b ;c", "5;a=b;c=d", "5\t;a", "5;a=\"\""]
        {
            assert_eq!(size(line.as_bytes()), Ok(5), "{line}");
        }
    }

    #[test]
    fn malformed_extensions_are_refused_at_their_place() {
        for (line, at) in [
            ("5 ", 1),
            ("5;", 2),
            ("5;;a", 2),
            ("5;a=", 4),
            ("5;a=b c", 5),
            ("5;a=\"b", 6),
            ("5;a=\"b\"c", 7),
            ("5;=b", 2),
            ("5;a@", 3),
            ("5;a ", 3),
            ("5 5", 1),
            ("5;a=\"\\", 5),
            ("5;a=\"é\"", 5),
        ] {
            assert_eq!(size(line.as_bytes()), Err((Fault::ChunkExtension, at)), "{line}");
        }
    }
}
