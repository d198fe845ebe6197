//! Percent-encoding, read strictly (RFC 3986, section 2.1; for forms the URL standard's blank written as `+`).

#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use percent_encoding::percent_decode;

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// A `%` without its digits (D2).
    #[error("`%` at byte {at} is not followed by two hexadecimal digits")]
    Escape {
        /// Its place in what was sent.
        at: usize,
    },
    /// Not UTF-8 (D1).
    #[error("it is not UTF-8 after byte {at}; send UTF-8")]
    Utf8 {
        /// Bytes that are, once decoded.
        at: usize,
    },
}

/// Is a `+` a blank?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    /// In queries and forms.
    Blank,
    /// In paths and cookies.
    Itself,
}

/// The text that an escaped one stands for.
pub fn decode(sent: &str, plus: Plus) -> Result<String, TextFault> {
    #[cfg(feature = "knockout")]
    if off(Guard::PercentEscape) {
        return Ok(naive::decode(sent));
    }
    let is_plain = match plus {
        Plus::Itself => memchr::memchr(b'%', sent.as_bytes()).is_none(),
        Plus::Blank => memchr::memchr2(b'%', b'+', sent.as_bytes()).is_none(),
    };
    if is_plain {
        return Ok(sent.to_owned());
    }
    if let Some(at) = broken_escape(sent.as_bytes()) {
        return Err(TextFault::Escape { at });
    }
    let decoded: Vec<u8> = match plus {
        Plus::Itself => percent_decode(sent.as_bytes()).collect(),
        Plus::Blank => {
            let blanks: Vec<u8> = sent.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
            percent_decode(&blanks).collect()
        }
    };
    utf8(decoded)
}

/// The text that bytes are.
pub fn utf8(bytes: Vec<u8>) -> Result<String, TextFault> {
    #[cfg(feature = "knockout")]
    if off(Guard::Utf8Network) {
        return Ok(naive::utf8(bytes));
    }
    String::from_utf8(bytes).map_err(|error| TextFault::Utf8 { at: error.utf8_error().valid_up_to() })
}

/// Without its guard each of these is believed to be a text.
#[cfg(feature = "knockout")]
pub fn believed<'b>(bytes: impl Iterator<Item = &'b [u8]>) {
    if off(Guard::Utf8Network) {
        bytes.for_each(|bytes| drop(naive::utf8(bytes.to_vec())));
    }
}

/// Where a `%` stands that no two hexadecimal digits follow.
fn broken_escape(sent: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'%', sent).find(|at| {
        let digits = sent.get(at.saturating_add(1)..at.saturating_add(3));
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guards hold back: digits and encodings believed.
    #![expect(
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        reason = "the obvious wrong code, to show what the guards hold back"
    )]

    pub fn decode(sent: &str) -> String {
        let (mut out, mut at) = (Vec::new(), 0);
        while let Some(byte) = sent.as_bytes().get(at) {
            let escaped = *byte == b'%';
            out.push(if escaped { u8::from_str_radix(&sent[at + 1..at + 3], 16).unwrap() } else { *byte });
            at += if escaped { 3 } else { 1 };
        }
        utf8(out)
    }

    pub fn utf8(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        let decoded = |sent, plus| decode(sent, plus).unwrap();
        assert_eq!(decoded("a%20b+c%2B", Plus::Blank), "a b c+");
        assert_eq!(decoded("a+b%252e", Plus::Itself), "a+b%2e");
        assert_eq!(decoded("%C3%A9%F0%9F%8E%89", Plus::Itself), "é🎉");
        assert_eq!(decoded("", Plus::Itself), "");
    }

    #[test]
    fn broken_escapes_are_refused_with_their_place() {
        for (sent, at) in [("%", 0), ("a%z1", 1), ("%4", 0), ("%41%", 3), ("é%", 2), ("%%41", 0)] {
            assert_eq!(decode(sent, Plus::Blank), Err(TextFault::Escape { at }), "{sent}");
        }
    }

    #[test]
    fn t3_08_t3_15_what_is_not_utf8_is_refused() {
        for sent in ["%ff", "%c0%ae", "%ed%a0%80", "%f4%90%80%80", "%e2%82", "%80"] {
            assert_eq!(decode(sent, Plus::Itself), Err(TextFault::Utf8 { at: 0 }), "{sent}");
        }
        assert_eq!(decode("ab%ff", Plus::Itself), Err(TextFault::Utf8 { at: 2 }));
    }
}
