//! WebSockets: RFC 6455 as a server speaks it, without sockets, clocks or tasks. Bytes in, events out.
//!
//! [`handshake`] judges the request, [`Peer`] is one connection after it: what the peer sends goes into
//! [`Peer::receive`], what must be sent to it comes out of [`Peer::control`], before any message of ours, and of
//! [`Peer::last_word`], behind them.
//!
//! - **W1** A frame is judged as soon as its bytes are there: a fault in a header never waits for the payload.
//! - **W2** Reserved bits are clear, the opcode is known, the frame is masked, its length is in its shortest form.
//! - **W3** A control frame has at most 125 bytes and is whole; it may stand between the fragments of a message.
//! - **W4** Fragments continue a message that was begun, and no other begins before it ended.
//! - **W5** A message's bytes stay within the limit, judged by the lengths that its frames declare; they are charged to the
//!   process's pool before they are kept.
//! - **W6** Text is UTF-8, judged byte by byte across fragments.
//! - **W7** A close frame has no payload, or a code that may be sent and a reason in UTF-8.
//! - **W8** Behind a fault or a close frame nothing of the peer's is read.
//! - **W9** Every ping is answered, in order; of those that arrive while the peer does not read, the last [`PONGS_MAX`].
//! - **W10** One close frame is sent, and nothing behind it.
//! - **W11** How the bytes are cut into pieces changes nothing.
//!
//! Deliberately absent: extensions and subprotocols. None is negotiated, so each reserved bit is a fault.

mod close;
mod fault;
pub mod handshake;
mod header;
mod peer;
mod reader;
mod utf8;
mod write;

pub use close::{Close, CloseCode};
pub use fault::{Fault, FaultKind};
pub use peer::{Event, PONGS_MAX, Peer};
pub use reader::Limits;
pub use write::{frame, frame_bytes};

/// The largest payload of a control frame (RFC 6455, section 5.5).
pub const CONTROL_BYTES_MAX: usize = 125;

/// What a frame is (RFC 6455, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Goes on with the message that was begun.
    Continuation,
    /// Begins a text.
    Text,
    /// Begins bytes.
    Binary,
    /// Ends the connection.
    Close,
    /// Is answered with its own payload.
    Ping,
    /// Answers a ping.
    Pong,
}

impl Opcode {
    /// The opcode of that number, if it has a meaning.
    pub const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Close, ping or pong?
    pub const fn is_control(self) -> bool {
        match self {
            Self::Close | Self::Ping | Self::Pong => true,
            Self::Continuation | Self::Text | Self::Binary => false,
        }
    }
}

#[cfg(test)]
mod tests;
