//! `multipart/form-data` (RFC 7578, RFC 2046 section 5.1), read strictly from a body that is all there.
//!
//! The body begins with its first delimiter and ends with the closing one; a line that begins like a delimiter and
//! goes on differently is refused, so that nobody can read other parts out of a body than somebody else does. The
//! crates of the field take such bodies, look for `name=` inside quoted file names, and treat a name that is not UTF-8
//! as absent.

mod disposition;
#[cfg(test)]
mod tests;

use super::fields::FIELDS_MAX;
use super::percent::{self, TextFault};
use crate::base::guard::{Guard, off};
use crate::record::Part;
use disposition::Disposition;
use memchr::memmem;
use std::sync::Arc;

/// Parts of a body (D4).
pub const PARTS_MAX: usize = FIELDS_MAX;
/// Bytes of the headers of one part (D4).
pub const HEADER_BYTES_MAX: usize = 8 << 10;
/// The type of a file that comes without one.
const TYPE_DEFAULT: &str = "application/octet-stream";

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultipartFault {
    /// The content type says no lawful boundary.
    #[error("the content type needs a `boundary` of 1 to 70 characters")]
    Boundary,
    /// No delimiter at the beginning.
    #[error("the body does not begin with its boundary")]
    Start,
    /// A delimiter that is neither followed by a line break nor the last.
    #[error("the boundary at byte {at} is followed by something else than a line break or `--`")]
    Delimiter {
        /// Where it begins.
        at: usize,
    },
    /// No further delimiter.
    #[error("the part at byte {at} does not end; its boundary is missing")]
    Truncated {
        /// Where the part begins.
        at: usize,
    },
    /// Something after the last delimiter.
    #[error("something follows the last boundary at byte {at}")]
    Trailing {
        /// Where the delimiter begins.
        at: usize,
    },
    /// Too many parts.
    #[error("there are more than {PARTS_MAX} parts; send fewer")]
    TooMany,
    /// The headers of a part do not end.
    #[error("the headers of the part at byte {at} do not end within {HEADER_BYTES_MAX} bytes")]
    HeaderEnd {
        /// Where the part begins.
        at: usize,
    },
    /// A header of a part that is none, or comes twice.
    #[error("the part at byte {at} has a malformed or repeated header")]
    Header {
        /// Where the part begins.
        at: usize,
    },
    /// No `Content-Disposition: form-data; name="…"`.
    #[error("the part at byte {at} needs `Content-Disposition: form-data` with one `name`")]
    Disposition {
        /// Where the part begins.
        at: usize,
    },
    /// A file name with folders, NUL or other control characters.
    #[error(
        "the part at byte {at} has a file name that is a path or has control characters; send the name alone"
    )]
    FileName {
        /// Where the part begins.
        at: usize,
    },
    /// A transfer encoding, which RFC 7578 does not use any more.
    #[error("the part at byte {at} has a transfer encoding; send its bytes as they are")]
    Encoding {
        /// Where the part begins.
        at: usize,
    },
    /// A header or field that is no text.
    #[error("the part at byte {at}: {fault}")]
    Text {
        /// Where the part begins.
        at: usize,
        /// What is wrong.
        fault: TextFault,
    },
}

/// The parts of a body, in the order in which they came.
pub fn decode(body: &[u8], boundary: &str) -> Result<Vec<Part>, MultipartFault> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    // The first delimiter is the only one without a line break before it.
    let first = delimiter.as_bytes().get(2..).unwrap_or_default();
    let mut rest = body.strip_prefix(first).ok_or(MultipartFault::Start)?;
    let mut delimiter_at = 0_usize;
    let mut parts = Vec::new();
    loop {
        let at = body.len().saturating_sub(rest.len());
        match after_delimiter(rest) {
            Some(After::Last { empty: true }) => return Ok(parts),
            Some(After::Last { empty: false }) => return Err(MultipartFault::Trailing { at: delimiter_at }),
            None => return Err(MultipartFault::Delimiter { at: delimiter_at }),
            Some(After::Part(from)) => rest = from,
        }
        // The line break of one delimiter is not that before another, but there are readers that take it for both.
        if rest.starts_with(first) {
            return Err(MultipartFault::Delimiter { at: body.len().saturating_sub(rest.len()) });
        }
        if parts.len() >= PARTS_MAX && !off(Guard::PartCount) {
            return Err(MultipartFault::TooMany);
        }
        let end = end_of_part(&finder, rest).ok_or(MultipartFault::Truncated { at })?;
        parts.push(part(rest.get(..end).unwrap_or_default(), at)?);
        delimiter_at = body.len().saturating_sub(rest.len()).saturating_add(end);
        rest = rest.get(end.saturating_add(delimiter.len())..).unwrap_or_default();
    }
}

fn end_of_part(finder: &memmem::Finder<'_>, rest: &[u8]) -> Option<usize> {
    #[cfg(feature = "knockout")]
    if off(Guard::PartEnd) {
        return Some(naive::end(finder, rest));
    }
    finder.find(rest)
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guard holds back: a delimiter that is believed to be there.
    #![expect(clippy::unwrap_used, reason = "the obvious wrong code, to show what the guard holds back")]

    pub fn end(finder: &memchr::memmem::Finder<'_>, rest: &[u8]) -> usize {
        finder.find(rest).unwrap()
    }
}

/// What follows a delimiter.
enum After<'a> {
    Part(&'a [u8]),
    Last { empty: bool },
}

fn after_delimiter(rest: &[u8]) -> Option<After<'_>> {
    if let Some(rest) = rest.strip_prefix(b"--") {
        return Some(After::Last { empty: matches!(without_padding(rest), b"" | b"\r\n") });
    }
    without_padding(rest).strip_prefix(b"\r\n").map(After::Part)
}

/// Blanks that a relay may have added (RFC 2046, `transport-padding`).
fn without_padding(rest: &[u8]) -> &[u8] {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    rest.get(blanks..).unwrap_or_default()
}

/// One part: headers, an empty line, content.
fn part(sent: &[u8], at: usize) -> Result<Part, MultipartFault> {
    let window = if off(Guard::PartHeader) { sent.len() } else { HEADER_BYTES_MAX.saturating_add(4) };
    let window = sent.get(..window).unwrap_or(sent);
    let end = memmem::find(window, b"\r\n\r\n").ok_or(MultipartFault::HeaderEnd { at })?;
    let headers = headers(sent.get(..end).unwrap_or_default(), at)?;
    let content = sent.get(end.saturating_add(4)..).unwrap_or_default();
    let Disposition { name, filename } = headers.disposition.ok_or(MultipartFault::Disposition { at })?;
    let Some(filename) = filename else {
        let text = percent::utf8(content.to_vec()).map_err(|fault| MultipartFault::Text { at, fault })?;
        return Ok(Part::Field { name, text });
    };
    let content_type = headers.content_type.unwrap_or_else(|| TYPE_DEFAULT.to_owned());
    Ok(Part::File { name, filename, content_type, bytes: Arc::from(content) })
}

#[derive(Default)]
struct Headers {
    disposition: Option<Disposition>,
    content_type: Option<String>,
}

fn headers(block: &[u8], at: usize) -> Result<Headers, MultipartFault> {
    let block = percent::utf8(block.to_vec()).map_err(|fault| MultipartFault::Text { at, fault })?;
    let mut headers = Headers::default();
    for line in block.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or(MultipartFault::Header { at })?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let value = value.trim_matches([' ', '\t']);
        // Tabs apart, a control character has no place in a header.
        let unlawful = value.chars().any(|c| c.is_control() && c != '\t');
        if name.is_empty() || !name.bytes().all(token) || unlawful {
            return Err(MultipartFault::Header { at });
        }
        let repeated = match name.to_ascii_lowercase().as_str() {
            "content-disposition" => headers.disposition.replace(disposition::parse(value, at)?).is_some(),
            "content-type" => headers.content_type.replace(value.to_owned()).is_some(),
            "content-transfer-encoding" => {
                if !["7bit", "8bit", "binary"].iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
                    return Err(MultipartFault::Encoding { at });
                }
                false
            }
            _ => false,
        };
        if repeated {
            return Err(MultipartFault::Header { at });
        }
    }
    Ok(headers)
}
