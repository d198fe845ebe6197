//! FLIN's own HTTP/1 reader, between the socket and hyper: what is not lawful framing never gets any further.
//!
//! [`Gate`] is sans-IO: bytes in, a typed step out. It reads the framing of RFC 9112 and decides strictly wherever the
//! RFC leaves a choice; it changes nothing, so what passes is byte for byte what came. [`Gated`] puts it around a
//! stream, under hyper; [`Traffic`] is what the server knows of one.
//!
//! The verdict depends on the bytes alone, never on how they were cut into reads. It holds:
//!
//! - **H1** Lines end with CR LF; neither stands alone.
//! - **H2** No control character but the tab stands in a line.
//! - **H3** A first line is method, target and version with one space between; at most one empty line stands before it.
//! - **H4** The method is one of the seven that are answered here; CONNECT and TRACE are not.
//! - **H5** The target is a path, an http URI, or `*` of OPTIONS; without fragment, non-ASCII and broken escapes.
//! - **H6** The version is HTTP/1.1 or HTTP/1.0.
//! - **H7** A field is a token, a colon directly behind it, and a value; it fills one line.
//! - **H8** Values are UTF-8.
//! - **H9** Host is there once, in HTTP/1.0 at most once, and is a host with at most a port.
//! - **H10** Content-Length is there at most once, and is a number of 64 bits.
//! - **H11** Transfer-Encoding is `chunked`, once and alone, and not in HTTP/1.0.
//! - **H12** Content-Length and Transfer-Encoding exclude each other.
//! - **H13** A body is at most as long as allowed, as announced and as counted.
//! - **H14** An expectation is `100-continue`; a request for a WebSocket has no body.
//! - **H15** A chunk's size is at most 16 hexadecimal digits; its data end with CR LF.
//! - **H16** Chunk extensions keep their grammar and their limit.
//! - **H17** Trailers are fields, few and small, and none that belongs before the body.
//! - **H18** Head and fields are at most as many as allowed.
//! - **H19** Behind the first fault nothing of the peer's passes.
//!
//! Absences: no IO, no clock and no allocation in [`Gate`]; no value of a field is decoded here.

mod body;
mod chunk;
mod fault;
mod field;
mod framing;
mod gated;
mod head;
mod host;
mod request_line;
mod scan;
#[cfg(test)]
mod tests;
mod ticket;
mod traffic;

pub use fault::{Fault, Refusal};
pub use framing::Framing;
pub use gated::{AHEAD_BYTES_MAX, Gated};
pub use head::Head;
pub use request_line::{Form, Method};
pub use ticket::{Answer, Ticket};
pub use traffic::{Moment, Phase, Traffic, Turn};

use crate::config;
use body::Body;
use head::Draft;
use scan::At;

/// What a connection's requests may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a head.
    pub head_bytes_max: usize,
    /// Fields of a head.
    pub fields_max: u32,
    /// Bytes of a body.
    pub body_bytes_max: u64,
    /// Whole requests that wait for the one before them.
    pub pipelined_max: u32,
}

impl From<&config::Server> for Limits {
    fn from(server: &config::Server) -> Self {
        Self {
            head_bytes_max: usize::try_from(server.header_bytes_max).unwrap_or(usize::MAX),
            fields_max: server.headers_max,
            body_bytes_max: server.body_bytes_max,
            pipelined_max: server.pipelined_max,
        }
    }
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing whole yet: more is needed.
    More,
    /// So many bytes of an empty line before a request; they do not pass.
    Skip(usize),
    /// A whole and lawful head. Without a body it ends its message.
    Head(Head),
    /// So many lawful bytes of a body.
    Body(usize),
    /// So many lawful bytes, the last of their message.
    End(usize),
    /// The message is refused.
    Refused(Refusal),
}

/// The reader of one connection.
#[derive(Clone, Debug)]
pub struct Gate {
    limits: Limits,
    stage: Stage,
    /// Bytes of the connection before the input.
    offset: u64,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Before the first byte of a message; was an empty line skipped?
    Between(bool),
    Head(Box<Draft>),
    Body(Body),
    Refused(Refusal),
}

impl Gate {
    /// A reader at the begin of a connection.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, stage: Stage::Between(false), offset: 0 }
    }

    /// Reads on. `input` begins behind the bytes of the steps before, and a call after [`Step::More`] gives at least what
    /// the call before gave.
    pub fn step(&mut self, input: &[u8]) -> Step {
        let limits = self.limits;
        match &mut self.stage {
            Stage::Refused(refusal) => Step::Refused(*refusal),
            Stage::Between(skipped) => match (input, *skipped) {
                ([] | [b'\r'], _) => Step::More,
                ([b'\r', b'\n', ..], false) => {
                    self.stage = Stage::Between(true);
                    self.pass(2);
                    Step::Skip(2)
                }
                _ => {
                    self.stage = Stage::Head(Box::default());
                    self.step(input)
                }
            },
            Stage::Head(draft) => match draft.read(input, &limits) {
                Ok(None) => Step::More,
                Ok(Some(head)) => {
                    self.stage = match head.framing {
                        Framing::None => Stage::Between(false),
                        Framing::Length(length) => Stage::Body(Body::Length(length)),
                        Framing::Chunked => Stage::Body(Body::Chunked(body::Chunked::default())),
                    };
                    self.pass(head.bytes);
                    Step::Head(head)
                }
                Err(at) => self.refuse(at),
            },
            Stage::Body(body) => match body.read(input, &limits) {
                Ok(None) => Step::More,
                Ok(Some(piece)) => {
                    self.pass(piece.bytes);
                    if piece.ends {
                        self.stage = Stage::Between(false);
                        Step::End(piece.bytes)
                    } else {
                        Step::Body(piece.bytes)
                    }
                }
                Err(at) => self.refuse(at),
            },
        }
    }

    /// The peer will send no more than `input`: is a message cut off by that?
    pub fn end(&mut self, input: &[u8]) -> Option<Refusal> {
        let fault = match &self.stage {
            Stage::Refused(refusal) => return Some(*refusal),
            Stage::Between(_) if input.is_empty() => return None,
            Stage::Between(_) | Stage::Head(_) => Fault::HeadTruncated,
            Stage::Body(_) => Fault::BodyTruncated,
        };
        self.refuse((fault, input.len()));
        self.refusal()
    }

    /// Refuses on behalf of the server, whatever comes.
    pub fn stop(&mut self, fault: Fault) {
        if self.refusal().is_none() {
            self.refuse((fault, 0));
        }
    }

    /// Why nothing passes any more.
    pub const fn refusal(&self) -> Option<Refusal> {
        match &self.stage {
            Stage::Refused(refusal) => Some(*refusal),
            Stage::Between(_) | Stage::Head(_) | Stage::Body(_) => None,
        }
    }

    /// Does the input stand inside a body?
    pub const fn is_in_body(&self) -> bool {
        matches!(self.stage, Stage::Body(_))
    }

    fn refuse(&mut self, (fault, at): At) -> Step {
        let offset = self.offset.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
        let refusal = Refusal { fault, offset };
        self.stage = Stage::Refused(refusal);
        Step::Refused(refusal)
    }

    fn pass(&mut self, bytes: usize) {
        self.offset = self.offset.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
