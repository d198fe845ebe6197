//! One connection: what arrives, the control frames that answer it, and its end. Invariants W8 to W10 of [`super`].

use super::close::{Close, CloseCode};
use super::fault::Fault;
use super::reader::{Frame, Limits, Reader};
use super::write::encode;
use super::{CONTROL_BYTES_MAX, Opcode};
use crate::base::guard::{Guard, off};
use crate::record::Message;
use crate::value::Lease;
use std::collections::VecDeque;

/// Answers to pings that wait for a peer that does not read; older ones are dropped (RFC 6455, section 5.5.3).
pub const PONGS_MAX: usize = 16;

/// What came of the peer's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Message),
    /// The peer closes. Our answer, if we did not close first, is our last word.
    Closed(Close),
    /// The peer broke a rule. Our last word says so.
    Fault(Fault),
}

/// One peer, from the end of the handshake on.
#[derive(Debug)]
pub struct Peer {
    reader: Reader,
    pongs: VecDeque<Vec<u8>>,
    ping: bool,
    ours: Ours,
    /// Nothing more of the peer's is read.
    deaf: bool,
}

/// Our close frame.
#[derive(Debug)]
enum Ours {
    /// None yet.
    Open,
    Waiting(Vec<u8>),
    Sent,
}

impl Peer {
    /// A peer that may send what the limits say, its messages charged to the lease's pool.
    pub const fn new(limits: Limits, lease: Lease) -> Self {
        let pongs = VecDeque::new();
        Self { reader: Reader::new(limits, lease), pongs, ping: false, ours: Ours::Open, deaf: false }
    }

    /// Takes what the peer sent, up to the first event; says how much of it was used.
    pub fn receive(&mut self, input: &[u8]) -> (usize, Option<Event>) {
        let mut used: usize = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            if rest.is_empty() || self.deaf {
                return (input.len().max(used), None);
            }
            let (read, frame) = self.reader.read(rest);
            used = used.saturating_add(read);
            if let Some(event) = self.take(frame) {
                return (used, Some(event));
            }
        }
    }

    fn take(&mut self, frame: Result<Option<Frame>, Fault>) -> Option<Event> {
        match frame {
            Ok(None | Some(Frame::Pong)) => None,
            Ok(Some(Frame::Ping(payload))) => {
                if self.pongs.len() >= PONGS_MAX && !off(Guard::PongQueue) {
                    self.pongs.pop_front();
                }
                self.pongs.push_back(encode(Opcode::Pong, &payload));
                None
            }
            // We said that we are closing: what the peer still had to say is nobody's any more.
            Ok(Some(Frame::Message(message))) => self.is_open().then_some(Event::Message(message)),
            Ok(Some(Frame::Close(close))) => {
                self.deaf = true;
                self.answer(close.code, "");
                Some(Event::Closed(close))
            }
            Err(fault) => {
                self.deaf = true;
                self.answer(Some(fault.kind.code()), &fault.kind.to_string());
                Some(Event::Fault(fault))
            }
        }
    }

    /// Closes from our side; nothing happens if that was done already. The peer's answer comes as [`Event::Closed`].
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.answer(Some(code), reason);
    }

    fn answer(&mut self, code: Option<CloseCode>, reason: &str) {
        if !self.is_open() {
            return;
        }
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend(code.number().to_be_bytes());
            let room = CONTROL_BYTES_MAX.saturating_sub(payload.len());
            let fits = reason.floor_char_boundary(room);
            payload.extend(reason.as_bytes().get(..fits).unwrap_or_default());
        }
        self.ours = Ours::Waiting(encode(Opcode::Close, &payload));
    }

    /// Asks the peer for a sign of life.
    pub fn ping(&mut self) {
        self.ping = self.is_open();
    }

    /// The next pong or ping to send, before any message. Behind the close frame there is none.
    pub fn control(&mut self) -> Option<Vec<u8>> {
        if let Ours::Sent = self.ours {
            return None;
        }
        let ping = || encode(Opcode::Ping, &[]);
        self.pongs.pop_front().or_else(|| std::mem::take(&mut self.ping).then(ping))
    }

    /// Our close frame, when it is due: behind it nothing is sent.
    pub fn last_word(&mut self) -> Option<Vec<u8>> {
        if self.is_open() {
            return None;
        }
        match std::mem::replace(&mut self.ours, Ours::Sent) {
            Ours::Waiting(frame) => Some(frame),
            Ours::Open | Ours::Sent => None,
        }
    }

    /// Did neither side close yet?
    pub const fn is_open(&self) -> bool {
        matches!(self.ours, Ours::Open)
    }

    /// Did the peer close or break a rule, and was it not told yet? What it asked for before may still be sent.
    pub const fn is_answering(&self) -> bool {
        self.deaf && matches!(self.ours, Ours::Waiting(_))
    }

    /// Did the peer close, or break a rule? Nothing that it says counts any more, not even that it ends its side.
    pub const fn is_deaf(&self) -> bool {
        self.deaf
    }

    /// Was everything said on both sides? Then the connection below is closed.
    pub const fn is_over(&self) -> bool {
        self.deaf && matches!(self.ours, Ours::Sent)
    }
}
