//! A body, byte for byte as it comes: of a length, or in chunks with a trailer.

use super::Limits;
use super::chunk;
use super::fault::Fault;
use super::field;
use super::scan::{At, line_end};
use crate::base::guard::{Guard, off};

/// A line before a chunk: digits and extensions.
const CHUNK_LINE_BYTES_MAX: usize = 1024;
/// All extensions of a body. hyper stops at twice as many.
const EXTENSION_BYTES_MAX: usize = 8 << 10;
/// A trailer with its field lines. hyper stops at twice as many.
const TRAILER_BYTES_MAX: usize = 8 << 10;
/// Fields of a trailer. hyper stops at 100.
const TRAILERS_MAX: u32 = 64;

/// Where in a body the input stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes are still to come; never none.
    Length(u64),
    /// In chunks.
    Chunked(Chunked),
}

/// A body in chunks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunked {
    place: Place,
    /// How far a line was looked at that is not whole yet.
    seen: usize,
    total: u64,
    extensions: usize,
    trailer: usize,
    trailers: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a size.
    #[default]
    Size,
    /// In the data; so many bytes are still to come.
    Data(u64),
    /// Behind the data, before its CR LF.
    DataEnd,
    /// Behind the last chunk.
    Trailer,
}

/// A lawful piece of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub bytes: usize,
    /// Is it the last?
    pub ends: bool,
}

impl Body {
    /// The next piece; none until more has come. `input` begins behind the piece before.
    pub fn read(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Piece>, At> {
        match self {
            _ if input.is_empty() => Ok(None),
            Self::Length(left) => {
                let bytes = take(input, left);
                Ok(Some(Piece { bytes, ends: *left == 0 }))
            }
            Self::Chunked(chunked) => chunked.read(input, limits),
        }
    }
}

/// As much of the input as belongs to what is left.
fn take(input: &[u8], left: &mut u64) -> usize {
    let bytes = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left = left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
    bytes
}

impl Chunked {
    fn read(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Piece>, At> {
        match &mut self.place {
            Place::Size => {
                let end =
                    line_end(input, &mut self.seen, CHUNK_LINE_BYTES_MAX, Fault::ChunkExtensionTooLong)?;
                let Some(end) = end else { return Ok(None) };
                let line = chunk::read(input.get(..end).unwrap_or_default())?;
                self.open(line, limits)?;
                Ok(Some(self.line(end)))
            }
            Place::Data(left) => {
                let bytes = take(input, left);
                if *left == 0 {
                    self.place = Place::DataEnd;
                }
                Ok(Some(Piece { bytes, ends: false }))
            }
            Place::DataEnd => match input {
                [b'\r', b'\n', ..] => {
                    self.place = Place::Size;
                    Ok(Some(Piece { bytes: 2, ends: false }))
                }
                [b'\r'] => Ok(None),
                [b'\r', ..] => Err((Fault::ChunkEnd, 1)),
                _ => Err((Fault::ChunkEnd, 0)),
            },
            Place::Trailer => self.trailer(input, limits),
        }
    }

    /// Opens a chunk, if the body stays within its limits (H13, H16).
    fn open(&mut self, line: chunk::Line, limits: &Limits) -> Result<(), At> {
        let size = line.size;
        self.extensions = self.extensions.saturating_add(line.extension_bytes);
        if self.extensions > EXTENSION_BYTES_MAX {
            return Err((Fault::ChunkExtensionTooLong, 0));
        }
        self.total = self.total.saturating_add(size);
        if self.total > limits.body_bytes_max && !off(Guard::BodyLimit) {
            return Err((Fault::BodyTooLarge, 0));
        }
        self.place = if size == 0 { Place::Trailer } else { Place::Data(size) };
        Ok(())
    }

    /// Passes a line that ends with its CR at `end`.
    fn line(&mut self, end: usize) -> Piece {
        self.seen = 0;
        Piece { bytes: end.saturating_add(2), ends: false }
    }

    /// A field of the trailer, or the empty line that ends the body (H17).
    fn trailer(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Piece>, At> {
        let left = TRAILER_BYTES_MAX.min(limits.head_bytes_max).saturating_sub(self.trailer);
        let Some(end) = line_end(input, &mut self.seen, left, Fault::TrailerTooLarge)? else {
            return Ok(None);
        };
        let piece = self.line(end);
        if end == 0 {
            return Ok(Some(Piece { ends: true, ..piece }));
        }
        self.trailer = self.trailer.saturating_add(piece.bytes);
        self.trailers = self.trailers.saturating_add(1);
        if self.trailers > TRAILERS_MAX.min(limits.fields_max) {
            return Err((Fault::TrailerTooLarge, 0));
        }
        let field = field::split(input.get(..end).unwrap_or_default())?;
        let belongs_before = FORBIDDEN.iter().any(|name| field.name.eq_ignore_ascii_case(name.as_bytes()));
        if belongs_before && !off(Guard::ChunkedCoding) {
            return Err((Fault::TrailerField, 0));
        }
        Ok(Some(piece))
    }
}

/// What frames, routes, authenticates or describes a message belongs before its body (RFC 9110, section 6.5.1).
const FORBIDDEN: &[&str] = &[
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
