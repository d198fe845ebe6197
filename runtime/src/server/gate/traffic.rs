//! What the server knows of one connection's traffic: where its input stands, which request is being answered, and
//! what was refused. Shared between the stream, the service and whoever keeps the time.
//!
//! - **T1** At most one request is being answered at a time, and the gate passes the next one behind its answer.
//! - **T2** The service is asked once for each request that the gate passed, and once for a refusal. Anything else is a
//!   disagreement between gate and HTTP library, which is ours to mend.
//! - **T3** A refusal is known here when nothing but it is left to answer, or when it cut off the body that is being read.
//!
//! Absence: no clock. A [`Moment`] says what goes on and when that changed, in numbers; time limits are the server's.

use super::ticket::Ticket;
use super::{Fault, Refusal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// What goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing: no byte of another request has come.
    #[default]
    Idle,
    /// A part of a head has come.
    Head,
    /// A head was passed on, and its body has not come to its end.
    Body,
    /// A whole request was passed on, and its answer is not done.
    Answer,
    /// The same, to a peer that has ended its side: it may still read, or be gone. Begins anew whenever it took something.
    HalfClosed,
    /// A refusal is being answered; nothing is read any more.
    Refused,
    /// All was said; what the peer still sends is thrown away, so that it can read what it was told.
    Linger,
    /// The protocol was changed; nothing is checked any more.
    Upgraded,
}

/// What goes on, and a number that is another one whenever something began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// What goes on.
    pub phase: Phase,
    /// Which beginning it is.
    pub number: u64,
}

/// What the service is asked for.
#[derive(Debug)]
pub enum Turn {
    /// An answer to a request. Whoever holds the ticket holds back the next request.
    Request(Ticket),
    /// An answer that says this; the connection closes behind it.
    Refused(Refusal),
    /// A request that the gate did not pass: our mistake. Answer 400 and close.
    Disagreement,
}

/// One connection's traffic; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    moment: Moment,
    /// Requests passed on.
    passed: u64,
    /// Times that the service was asked.
    turns: u64,
    /// A request was passed on, and its answer is not done.
    pub is_open: bool,
    /// The refusal's request was passed on.
    refusal_passed: bool,
    refusal: Option<Refusal>,
    pub stop: Option<Fault>,
    pub upgraded: bool,
    reader: Option<Waker>,
    /// Could the reader go on when the answer is done?
    pub waits: bool,
}

impl Traffic {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes on.
    pub fn moment(&self) -> Moment {
        self.state().moment
    }

    /// Asked at the begin of each call of the service: what is it asked for (T2)?
    pub fn turn(&self) -> Turn {
        let mut state = self.state();
        state.turns = state.turns.saturating_add(1);
        if state.turns <= state.passed {
            return Turn::Request(Ticket::new(self.clone()));
        }
        match state.refusal {
            Some(refusal) if state.refusal_passed && state.turns == state.passed.saturating_add(1) => {
                Turn::Refused(refusal)
            }
            Some(_) | None => Turn::Disagreement,
        }
    }

    /// Why the input ended, where it was refused: the answer to a request whose body failed (T3).
    pub fn refusal(&self) -> Option<Refusal> {
        self.state().refusal
    }

    /// Refuses what is being read, as [`Fault::HeadTimeout`] or [`Fault::BodyTimeout`] do. Requests before it are still
    /// answered.
    pub fn stop(&self, fault: Fault) {
        let mut state = self.state();
        state.stop.get_or_insert(fault);
        state.wake();
    }

    /// Was it the HTTP library that refused what the gate had passed? Then the two disagree, and one of them is wrong.
    pub fn disagrees(&self, ended: &hyper::Error) -> bool {
        ended.is_parse() && self.refusal().is_none()
    }
}

impl State {
    /// What goes on.
    pub const fn phase(&self) -> Phase {
        self.moment.phase
    }

    /// Begins a request (T1).
    pub fn begin(&mut self) {
        self.passed = self.passed.saturating_add(1);
        self.is_open = true;
    }

    /// The answer is done.
    pub fn answered(&mut self) {
        self.is_open = false;
        self.enter(Phase::Idle);
        if self.waits {
            self.wake();
        }
    }

    /// The refusal is the next to answer, or what failed the body that is being read.
    pub fn refuse(&mut self, refusal: Refusal, by_request: bool) {
        self.refusal = Some(refusal);
        self.refusal_passed |= by_request;
        if by_request {
            self.enter(Phase::Refused);
        }
    }

    /// Notes what goes on.
    pub fn enter(&mut self, phase: Phase) {
        if self.moment.phase != phase {
            self.moment = Moment { phase, number: self.moment.number.saturating_add(1) };
        }
    }

    /// Begins what goes on anew, if it is this.
    pub fn renew(&mut self, phase: Phase) {
        if self.moment.phase == phase {
            self.moment.number = self.moment.number.saturating_add(1);
        }
    }

    /// Whom to wake when the next request may pass.
    pub fn wait(&mut self, reader: &Waker) {
        if !self.reader.as_ref().is_some_and(|known| known.will_wake(reader)) {
            self.reader = Some(reader.clone());
        }
    }

    pub fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
