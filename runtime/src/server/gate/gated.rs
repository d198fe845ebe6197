//! A stream behind the gate, for an HTTP library to read from.
//!
//! - **G1** The reader gets whole lawful heads and lawful pieces of bodies, byte for byte as they came, one request at a
//!   time: the next one when the ticket of the one before was given back.
//! - **G2** Behind a fault it gets nothing more of the peer's. In a head's place it gets one fixed request, so that the
//!   answer comes in its order; inside a body it gets an error.
//! - **G3** Read ahead are at most [`AHEAD_BYTES_MAX`] bytes and `pipelined_max` requests, while one is being answered.
//! - **G4** An upgraded stream gets what was read ahead, and then the stream itself.
//! - **G5** A connection that ends with something unread lingers: its peer gets the chance to read the answer.
//! - **G6** A peer that has ended its side behind whole requests still gets their answers: the reader learns of the end when
//!   nothing is left to answer. Whether such a peer is there at all shows only when something is written to it, so
//!   [`Traffic`] tells whoever keeps the time ([`Phase::HalfClosed`]).
//! - **G7** The reader learns of no end while anything that it wrote was not flushed: told of one, the HTTP library shuts
//!   the stream down, and what its buffer still holds of an answer would be lost.

#[cfg(test)]
mod answers;
mod stream;
#[cfg(test)]
mod tests;

use super::traffic::{Phase, Traffic};
use super::{Framing, Gate, Limits, Refusal, Step};
use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};
use tokio::io::ReadBuf;

/// What is read of later requests while one is being answered.
pub const AHEAD_BYTES_MAX: usize = 16 << 10;
/// What the reader gets in place of a head that was refused. Its answer is known to [`Traffic`].
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// The same where a HEAD was refused: its answer has no content either (RFC 9110, section 9.3.2).
const REFUSED_HEAD: &[u8] = b"HEAD / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// See the module.
#[derive(Debug)]
pub struct Gated<S> {
    stream: S,
    gate: Gate,
    traffic: Traffic,
    pipelined_max: usize,
    /// What came and was not handed over; `given` of it was, the next bytes up to `cleared` may be.
    held: Vec<u8>,
    given: usize,
    cleared: usize,
    messages: VecDeque<Message>,
    next: Next,
    refusal: Option<Refusal>,
    refused: usize,
    has_ended: bool,
    is_upgraded: bool,
    is_shut: bool,
    /// All that the reader wrote was flushed (G7).
    is_flushed: bool,
    /// The reader waits for that to be told of the end.
    end_waits: bool,
    discarded: usize,
}

/// A request that was not handed over whole.
#[derive(Debug)]
struct Message {
    /// Bytes that may be handed over.
    ready: usize,
    is_begun: bool,
    is_whole: bool,
    next: Next,
}

/// What follows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Another one.
    Request,
    /// Nobody knows before it is answered.
    Unknown,
    /// Nothing.
    Nothing,
}

impl<S> Gated<S> {
    /// Puts a stream behind a gate.
    pub fn new(stream: S, limits: Limits) -> (Self, Traffic) {
        let traffic = Traffic::default();
        let gated = Self {
            stream,
            gate: Gate::new(limits),
            traffic: traffic.clone(),
            pipelined_max: usize::try_from(limits.pipelined_max).unwrap_or(usize::MAX),
            held: Vec::new(),
            given: 0,
            cleared: 0,
            messages: VecDeque::new(),
            next: Next::Request,
            refusal: None,
            refused: 0,
            has_ended: false,
            is_upgraded: false,
            is_shut: false,
            is_flushed: true,
            end_waits: false,
            discarded: 0,
        };
        (gated, traffic)
    }

    /// Hands over what may be; was there anything?
    fn give(&mut self, out: &mut ReadBuf<'_>) -> bool {
        let Some(message) = self.messages.front_mut() else { return false };
        let mut state = self.traffic.state();
        if !message.is_begun {
            if state.is_open {
                return false;
            }
            state.begin();
            state.enter(Phase::Body);
            message.is_begun = true;
        }
        let bytes = message.ready.min(out.remaining());
        let end = self.given.saturating_add(bytes);
        out.put_slice(self.held.get(self.given..end).unwrap_or_default());
        self.given = end;
        message.ready = message.ready.saturating_sub(bytes);
        if message.ready == 0 && message.is_whole {
            state.enter(Phase::Answer);
            self.messages.pop_front();
        }
        drop(state);
        if self.given == self.held.len() {
            self.held.clear();
            (self.given, self.cleared) = (0, 0);
        }
        bytes > 0
    }

    /// Brings what came through the gate; is there something new to hand over, or to refuse?
    fn clear(&mut self) -> bool {
        // A body may end without a further byte; a head does not begin without one.
        if self.cleared >= self.held.len() && !self.gate.is_in_body() {
            return false;
        }
        let before = (self.messages.len(), self.cleared);
        while self.next == Next::Request && self.messages.len() <= self.pipelined_max {
            match self.gate.step(self.held.get(self.cleared..).unwrap_or_default()) {
                Step::More => break,
                Step::Skip(bytes) => drop(self.held.drain(self.cleared..self.cleared.saturating_add(bytes))),
                Step::Head(head) => {
                    let next = match (head.websocket, head.persistent) {
                        (true, _) => Next::Unknown,
                        (false, true) => Next::Request,
                        (false, false) => Next::Nothing,
                    };
                    let is_whole = head.framing == Framing::None;
                    self.messages.push_back(Message { ready: 0, is_begun: false, is_whole: false, next });
                    self.pass(head.bytes, is_whole);
                }
                Step::Body(bytes) => self.pass(bytes, false),
                Step::End(bytes) => self.pass(bytes, true),
                Step::Refused(refusal) => {
                    self.refusal = Some(refusal);
                    return true;
                }
            }
        }
        before != (self.messages.len(), self.cleared)
    }

    fn pass(&mut self, bytes: usize, is_whole: bool) {
        self.cleared = self.cleared.saturating_add(bytes);
        if let Some(message) = self.messages.back_mut() {
            message.ready = message.ready.saturating_add(bytes);
            message.is_whole = is_whole;
            if is_whole {
                self.next = message.next;
            }
        }
    }

    /// What the reader gets of a refusal (G2).
    fn refuse(&mut self, refusal: Refusal, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.traffic.state();
        match self.messages.front() {
            Some(message) if message.is_begun => {
                state.refuse(refusal, false);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, refusal)));
            }
            Some(_) => return Poll::Pending,
            None if state.is_open => return Poll::Pending,
            None => {}
        }
        let is_head = self.held.get(self.cleared..).is_some_and(|head| head.starts_with(b"HEAD "));
        let rest = if is_head { REFUSED_HEAD } else { REFUSED }.get(self.refused..).unwrap_or_default();
        if rest.is_empty() {
            return Poll::Pending;
        }
        state.refuse(refusal, true);
        let piece = rest.get(..out.remaining()).unwrap_or(rest);
        out.put_slice(piece);
        self.refused = self.refused.saturating_add(piece.len());
        Poll::Ready(Ok(()))
    }

    /// What the server and the service have decided meanwhile; and whom to wake when they decide again.
    fn heed(&mut self, cx: &Context<'_>) {
        let mut state = self.traffic.state();
        state.wait(cx.waker());
        state.waits = true;
        if let Some(fault) = state.stop.take() {
            self.gate.stop(fault);
            self.refusal = self.gate.refusal();
        }
        if self.next == Next::Unknown && self.messages.is_empty() {
            if state.upgraded {
                self.is_upgraded = true;
                state.enter(Phase::Upgraded);
            } else if !state.is_open {
                self.next = Next::Request;
            }
        }
    }

    /// May more be read while what is there waits (G3)?
    fn may_read(&self) -> bool {
        let waiting = self.messages.iter().filter(|message| !message.is_begun).count();
        let ahead = self.held.len().saturating_sub(self.given);
        waiting < self.pipelined_max && ahead < AHEAD_BYTES_MAX
    }

    fn note_phase(&self) {
        let mut state = self.traffic.state();
        state.waits = !self.waits_for_the_stream();
        // Else the refusal is what goes on.
        if self.refusal.is_some() && !state.is_open {
            return;
        }
        let phase = match self.messages.front() {
            Some(message) if message.is_begun => Phase::Body,
            Some(_) | None if state.is_open && self.has_ended => Phase::HalfClosed,
            Some(_) | None if state.is_open => Phase::Answer,
            Some(_) | None if self.held.len() > self.given => Phase::Head,
            Some(_) | None => Phase::Idle,
        };
        state.enter(phase);
    }

    /// Is nothing here that could go on when the answer is done? Then only the stream has to wake the reader.
    fn waits_for_the_stream(&self) -> bool {
        let is_empty = self.held.is_empty() && self.messages.is_empty();
        is_empty && self.next == Next::Request && self.refusal.is_none() && !self.has_ended
    }

    /// A peer that has ended its side shows by taking something that it is still there (G6).
    fn took(&self, written: &Poll<io::Result<usize>>) {
        if self.has_ended && matches!(written, Poll::Ready(Ok(_))) {
            self.traffic.state().renew(Phase::HalfClosed);
        }
    }
}
