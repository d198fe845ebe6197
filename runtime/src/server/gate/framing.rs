//! How long a body is (RFC 9112, section 6): one statement, and only one.

use super::fault::Fault;
use super::field::elements;
use super::scan::At;
use crate::base::guard::{Guard, off};

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    #[default]
    None,
    /// So many bytes.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// What the fields of a head have said about the body so far, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Statements {
    length: Option<(u64, usize)>,
    chunked_at: Option<usize>,
}

impl Statements {
    /// Takes a Content-Length: digits, once (H10).
    pub fn length(&mut self, value: &[u8], at: usize) -> Result<(), At> {
        if self.length.is_some() {
            return if off(Guard::ContentLength) { Ok(()) } else { Err((Fault::ContentLengthTwice, at)) };
        }
        #[cfg(feature = "knockout")]
        if off(Guard::ContentLength) {
            self.length = Some((naive::length(value), at));
            return Ok(());
        }
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(value).ok().filter(|_| digits).and_then(|text| text.parse().ok());
        self.length = Some((number.ok_or((Fault::ContentLength, at))?, at));
        Ok(())
    }

    /// Takes a Transfer-Encoding: `chunked`, once and alone, and not in HTTP/1.0 (H11).
    pub fn encoding(&mut self, value: &[u8], minor: u8, at: usize) -> Result<(), At> {
        let fault = if minor == 0 {
            Some(Fault::TransferEncodingOld)
        } else if self.chunked_at.is_some() {
            Some(Fault::TransferEncoding)
        } else {
            coding(value)
        };
        self.chunked_at = Some(at);
        match fault {
            Some(fault) if !off(Guard::FramingConflict) => Err((fault, at)),
            Some(_) | None => Ok(()),
        }
    }

    /// The framing, unless two statements contradict each other (H12) or more is announced than is allowed (H13).
    pub fn settle(&self, body_bytes_max: u64) -> Result<Framing, At> {
        match (self.length, self.chunked_at) {
            (Some((_, length_at)), Some(chunked_at)) if !off(Guard::FramingConflict) => {
                Err((Fault::LengthAndEncoding, length_at.max(chunked_at)))
            }
            (_, Some(_)) => Ok(Framing::Chunked),
            (Some((length, at)), None) if length > body_bytes_max && !off(Guard::BodyLimit) => {
                Err((Fault::BodyTooLarge, at))
            }
            (Some((0, _)) | None, None) => Ok(Framing::None),
            (Some((length, _)), None) => Ok(Framing::Length(length)),
        }
    }
}

/// What is wrong with a list of codings.
fn coding(value: &[u8]) -> Option<Fault> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return None;
    }
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let times = elements(value).filter(|coding| is_chunked(coding)).count();
    let is_last = elements(value).last().is_some_and(is_chunked);
    // Something that cannot be decoded, in a body whose end is certain (RFC 9112, section 6.1).
    let unknown = is_last && times == 1 && elements(value).count() > 1;
    Some(if unknown { Fault::CodingUnknown } else { Fault::TransferEncoding })
}

#[cfg(feature = "knockout")]
mod naive {
    /// Takes what looks like a number; what it makes of the rest is what such servers make of it.
    #[expect(clippy::unwrap_used, reason = "the obvious wrong code")]
    pub(super) fn length(value: &[u8]) -> u64 {
        std::str::from_utf8(value).unwrap().parse::<i64>().unwrap().cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(value: &str) -> Result<u64, Fault> {
        let mut said = Statements::default();
        said.length(value.as_bytes(), 0).map_err(|(fault, _)| fault)?;
        Ok(said.length.unwrap().0)
    }

    fn encoding(values: &[&str], minor: u8) -> Result<Framing, Fault> {
        let mut said = Statements::default();
        for value in values {
            said.encoding(value.as_bytes(), minor, 0).map_err(|(fault, _)| fault)?;
        }
        said.settle(0).map_err(|(fault, _)| fault)
    }

    /// RFC 9112 6.3-c
    /// RFC 9110 8.6-a
    #[test]
    fn a_length_is_digits_of_at_most_64_bits() {
        assert_eq!(length("0"), Ok(0));
        assert_eq!(length("00012"), Ok(12));
        assert_eq!(length("18446744073709551615"), Ok(u64::MAX));
        for value in
            ["", "-1", "+1", "0x10", "1,1", "1 1", "1.0", "1e3", "18446744073709551616", "a", "１", "1;"]
        {
            assert_eq!(length(value), Err(Fault::ContentLength), "{value}");
        }
    }

    #[test]
    fn lengths_do_not_repeat_even_where_they_are_equal() {
        let mut said = Statements::default();
        assert_eq!(said.length(b"5", 1), Ok(()));
        assert_eq!(said.length(b"5", 9), Err((Fault::ContentLengthTwice, 9)));
    }

    /// RFC 9112 6.3-b, 6.1-d
    #[test]
    fn chunked_stands_once_and_alone() {
        assert_eq!(encoding(&["chunked"], 1), Ok(Framing::Chunked));
        assert_eq!(encoding(&["ChUnKeD"], 1), Ok(Framing::Chunked));
        for values in [
            &["chunked, chunked"][..],
            &["chunked", "chunked"],
            &["chunked, identity"],
            &["identity"],
            &[""],
            &["xchunked"],
            &["chunked;a=b"],
            &["chunked,"],
            &["\"chunked\""],
            &["gzip"],
        ] {
            assert_eq!(encoding(values, 1), Err(Fault::TransferEncoding), "{values:?}");
        }
        for value in ["gzip, chunked", "identity, chunked"] {
            assert_eq!(encoding(&[value], 1), Err(Fault::CodingUnknown), "{value}");
        }
        assert_eq!(encoding(&["chunked"], 0), Err(Fault::TransferEncodingOld));
    }

    /// RFC 9112 6.1-c
    #[test]
    fn two_statements_contradict_each_other() {
        let mut said = Statements::default();
        assert_eq!(said.length(b"0", 3), Ok(()));
        assert_eq!(said.encoding(b"chunked", 1, 7), Ok(()));
        assert_eq!(said.settle(9), Err((Fault::LengthAndEncoding, 7)));
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let mut said = Statements::default();
        assert_eq!(said.settle(0), Ok(Framing::None));
        said.length(b"8", 3).unwrap();
        assert_eq!(said.settle(8), Ok(Framing::Length(8)));
        assert_eq!(said.settle(7), Err((Fault::BodyTooLarge, 3)));
    }
}
