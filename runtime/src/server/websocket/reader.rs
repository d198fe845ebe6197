//! Frames and messages out of bytes: invariants W1 to W7 of [`super`].

use super::Opcode;
use super::close::Close;
use super::fault::{Fault, FaultKind};
use super::header::{Header, Partial};
use super::utf8::Utf8;
use crate::base::guard::{Guard, off};
use crate::record::Message;
use crate::value::Lease;

/// An idle connection keeps no larger buffer than this.
const IDLE_BYTES_MAX: usize = 4 << 10;

/// What a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message.
    pub message_bytes_max: u64,
}

/// A message, or a control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Message(Message),
    Ping(Vec<u8>),
    Pong,
    Close(Close),
}

#[derive(Debug)]
enum State {
    Header(Partial),
    Payload { header: Header, read: u64 },
}

/// The message that is being received.
#[derive(Debug)]
struct Open {
    text: Option<Utf8>,
    /// Bytes of its frames, as they declare.
    declared: u64,
}

/// Reads what one peer sends.
#[derive(Debug)]
pub(super) struct Reader {
    limits: Limits,
    state: State,
    open: Option<Open>,
    message: Vec<u8>,
    control: Vec<u8>,
    /// Holds the buffer's capacity, and a message until the next frame begins.
    lease: Lease,
    /// Bytes read since the handshake.
    offset: u64,
    frame_at: u64,
}

impl Reader {
    pub const fn new(limits: Limits, lease: Lease) -> Self {
        Self {
            limits,
            state: State::Header(Partial::new()),
            open: None,
            message: Vec::new(),
            control: Vec::new(),
            lease,
            offset: 0,
            frame_at: 0,
        }
    }

    /// Reads up to the end of a message or control frame, or of the input; says how much of it that took.
    pub fn read(&mut self, input: &[u8]) -> (usize, Result<Option<Frame>, Fault>) {
        let mut rest = input;
        loop {
            let before = rest.len();
            if matches!(&self.state, State::Header(partial) if partial.is_empty()) {
                self.frame_at = self.offset;
            }
            let read = self.step(&mut rest);
            self.offset = self.offset.saturating_add(to_u64(before.saturating_sub(rest.len())));
            if rest.is_empty() || !matches!(read, Ok(None)) {
                let used = input.len().saturating_sub(rest.len());
                return (used, read.map_err(|kind| Fault { at: self.frame_at, kind }));
            }
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, FaultKind> {
        match &mut self.state {
            State::Header(partial) => {
                let Some((&byte, rest)) = input.split_first() else { return Ok(None) };
                if partial.is_empty() {
                    // Whoever got the last message has charged its own copy by now.
                    self.lease.shrink(self.lease.bytes().saturating_sub(self.message.capacity()));
                }
                *input = rest;
                let Some(header) = partial.push(byte)? else { return Ok(None) };
                self.begin(header)?;
                if header.bytes > 0 {
                    self.state = State::Payload { header, read: 0 };
                    return Ok(None);
                }
                self.end(header)
            }
            State::Payload { header, read } => {
                let header = *header;
                let left = usize::try_from(header.bytes.saturating_sub(*read)).unwrap_or(usize::MAX);
                let (piece, rest) = input.split_at_checked(left).unwrap_or((input, &[]));
                let masked_from = *read;
                *read = read.saturating_add(to_u64(piece.len()));
                let whole = *read == header.bytes;
                *input = rest;
                self.keep(header, piece, masked_from)?;
                if whole { self.end(header) } else { Ok(None) }
            }
        }
    }

    /// Judges a frame by its header and what came before it.
    fn begin(&mut self, header: Header) -> Result<(), FaultKind> {
        if header.opcode.is_control() {
            return Ok(());
        }
        let continues = header.opcode == Opcode::Continuation;
        if !off(Guard::FragmentOrder) {
            match (&self.open, continues) {
                (None, true) => return Err(FaultKind::NothingToContinue),
                (Some(_), false) => return Err(FaultKind::Interleaved),
                (None, false) | (Some(_), true) => {}
            }
        }
        if !continues {
            let text = (header.opcode == Opcode::Text).then(Utf8::default);
            self.open = Some(Open { text, declared: 0 });
        }
        let open = self.open.get_or_insert(Open { text: None, declared: 0 });
        open.declared = open.declared.saturating_add(header.bytes);
        let (bytes, max) = (open.declared, self.limits.message_bytes_max);
        #[cfg(feature = "knockout")]
        if off(Guard::MessageBytes) {
            self.message.reserve(usize::try_from(header.bytes).unwrap_or(usize::MAX));
            return Ok(());
        }
        if bytes > max { Err(FaultKind::TooLarge { bytes, max }) } else { Ok(()) }
    }

    /// Keeps a piece of a payload, unmasked (RFC 6455, section 5.3).
    fn keep(&mut self, header: Header, piece: &[u8], from: u64) -> Result<(), FaultKind> {
        let phase = usize::try_from(from % 4).unwrap_or(0);
        let mask = header.mask.iter().cycle().skip(phase);
        let plain = piece.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        if header.opcode.is_control() {
            self.control.extend(plain);
            return Ok(());
        }
        let start = self.message.len();
        self.reserve(piece.len())?;
        self.message.extend(plain);
        let open = self.open.as_mut().and_then(|open| open.text.as_mut());
        if let Some(text) = open
            && !off(Guard::SocketUtf8)
        {
            text.read(self.message.get(start..).unwrap_or_default()).map_err(|_| FaultKind::NotUtf8)?;
        }
        Ok(())
    }

    /// Room for so many bytes more, charged first.
    fn reserve(&mut self, bytes: usize) -> Result<(), FaultKind> {
        let wanted = self.message.len().saturating_add(bytes);
        let capacity = self.message.capacity();
        if wanted <= capacity {
            return Ok(());
        }
        let most = usize::try_from(self.limits.message_bytes_max).unwrap_or(usize::MAX);
        let grown = capacity.saturating_mul(2).min(most).max(wanted);
        let none = FaultKind::NoMemory(to_u64(wanted));
        if !self.lease.grow(grown.saturating_sub(capacity)) {
            return Err(none);
        }
        self.message.try_reserve_exact(grown.saturating_sub(self.message.len())).map_err(|_| none)
    }

    /// The frame's last byte was read.
    fn end(&mut self, header: Header) -> Result<Option<Frame>, FaultKind> {
        self.state = State::Header(Partial::new());
        match header.opcode {
            Opcode::Ping => Ok(Some(Frame::Ping(std::mem::take(&mut self.control)))),
            Opcode::Pong => {
                self.control.clear();
                Ok(Some(Frame::Pong))
            }
            Opcode::Close => Close::parse(&std::mem::take(&mut self.control)).map(Frame::Close).map(Some),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if header.fin => {
                self.finish().map(Frame::Message).map(Some)
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => Ok(None),
        }
    }

    fn finish(&mut self) -> Result<Message, FaultKind> {
        let text = self.open.take().and_then(|open| open.text);
        if !self.lease.grow(self.message.len()) {
            return Err(FaultKind::NoMemory(to_u64(self.message.len())));
        }
        let message = match text {
            None => Message::Binary(self.message.as_slice().into()),
            #[cfg(feature = "knockout")]
            Some(_) if off(Guard::SocketUtf8) => naive::text(&self.message),
            Some(text) => {
                let whole = text.is_whole().then_some(self.message.as_slice());
                let text = whole.and_then(|bytes| std::str::from_utf8(bytes).ok());
                Message::Text(text.ok_or(FaultKind::NotUtf8)?.into())
            }
        };
        self.message.clear();
        if self.message.capacity() > IDLE_BYTES_MAX {
            self.lease.shrink(self.message.capacity());
            self.message = Vec::new();
        }
        Ok(message)
    }
}

fn to_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(feature = "knockout")]
mod naive {
    use crate::record::Message;

    /// The peer said that it is text.
    #[expect(clippy::unwrap_used, reason = "the wrong code that the guard replaces")]
    pub fn text(bytes: &[u8]) -> Message {
        Message::Text(std::str::from_utf8(bytes).unwrap().into())
    }
}
