//! Sockets, streams and jobs in process: what drives them without a server, and the rules that a server keeps too.
//!
//! - **L1** A socket's events are dealt with one after the other, each with a deadline of its own.
//! - **L2** An error that nothing caught ends the socket; whatever ended it, its `close` runs exactly once.
//! - **L3** A stream has a deadline for each stretch between two waits.
//!
//! Absences: no frames, no rooms, no clock but the host's.

use super::application::Application;
use super::exchange::{Answered, finish};
use super::host::Host;
use super::limits::Limits;
use super::script::{End, Execution, SLICE_FUEL, Turn};
use crate::record::{Inbound, Message};
use crate::vm::exchange::SocketEvent;
use crate::vm::{Answer, Effect};
use std::sync::Arc;

/// The status of an answer that becomes a socket.
pub const SWITCHING: u16 = 101;

/// Why a socket is closed from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program said so.
    Program,
    /// An error that nothing caught, or a deadline: 1011.
    Error,
    /// A binary message, and no handler for one: 1003.
    Unsupported,
}

/// What an event led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Dealt {
    /// How its handler ended.
    pub end: End,
    /// Is the socket to be closed?
    pub ending: Option<Ending>,
}

impl Dealt {
    /// Of a handler that ended so; did the program ask for the socket's end?
    pub const fn of(end: End, closes: bool) -> Self {
        let ending = match &end {
            End::Done if closes => Some(Ending::Program),
            End::Done => None,
            End::Uncaught(_) | End::Timeout | End::Gone | End::NoEntropy | End::Panicked | End::Bug(_) => {
                Some(Ending::Error)
            }
        };
        Self { end, ending }
    }
}

/// A socket in process.
#[derive(Debug)]
pub struct Socket {
    execution: Execution,
    limits: Limits,
    closed: bool,
}

impl Socket {
    /// Answers a request for the socket at its path; no event has happened on it yet. What is no socket, or is refused
    /// by a guard or a middleware, gives the answer instead; none where there is no socket at that path.
    pub fn open(app: &Application, inbound: Inbound, host: &mut dyn Host) -> Result<Self, Option<Answered>> {
        let found = app.socket(&inbound.path).ok_or(None)?;
        let inbound = Inbound { params: found.params, ..inbound };
        let (execution, answered) = answer(app, found.endpoint, inbound, host)?;
        match execution {
            Some(execution) if answered.outbound.status == SWITCHING => {
                Ok(Self { execution, limits: app.limits, closed: false })
            }
            Some(_) | None => Err(Some(answered)),
        }
    }

    /// Deals with what happened. After an ending only the close is left.
    pub fn happen(&mut self, event: SocketEvent, host: &mut dyn Host) -> Dealt {
        if self.closed {
            return Dealt { end: End::Done, ending: None };
        }
        self.closed = event == SocketEvent::Close;
        let binary = matches!(event, SocketEvent::Message(Message::Binary(_)));
        if binary && !self.execution.takes_binary() {
            return Dealt { end: End::Done, ending: Some(Ending::Unsupported) };
        }
        self.execution.happen(event);
        self.execution.renew(&self.limits, host);
        let (end, closes) = run(&mut self.execution, &self.limits, host);
        Dealt::of(end, closes)
    }

    /// What its execution holds.
    pub const fn execution(&self) -> &Execution {
        &self.execution
    }
}

/// Answers a request for a stream, and runs it to its end; none where there is no endpoint of that number.
pub fn stream(
    app: &Application,
    endpoint: u32,
    inbound: Inbound,
    host: &mut dyn Host,
) -> Result<(Answered, End), Option<Answered>> {
    let (execution, answered) = answer(app, endpoint, inbound, host)?;
    let Some(mut execution) = execution else { return Err(Some(answered)) };
    execution.generate();
    execution.renew(&app.limits, host);
    let (end, _) = run(&mut execution, &app.limits, host);
    Ok((answered, end))
}

/// Runs a job to its end; none where there is no endpoint of that number.
pub fn job(app: &Application, endpoint: u32, host: &mut dyn Host) -> Option<End> {
    let function = app.endpoint(endpoint)?.function;
    let execution = Execution::new(Arc::clone(&app.program), Arc::clone(&app.pool), &app.limits, host);
    Some(match execution {
        Ok(mut execution) => execution.call(function, host),
        Err(end) => end,
    })
}

/// Runs the pipeline; the execution with it, when the request became a connection.
fn answer(
    app: &Application,
    endpoint: u32,
    inbound: Inbound,
    host: &mut dyn Host,
) -> Result<(Option<Execution>, Answered), Option<Answered>> {
    let function = app.endpoint(endpoint).ok_or(None)?.function;
    let (id, detail) = (Arc::clone(&inbound.id), app.detail());
    let execution = Execution::new(Arc::clone(&app.program), Arc::clone(&app.pool), &app.limits, host);
    let mut execution = execution.map_err(|end| Some(super::exchange::of_end(&end, &id, detail)))?;
    execution.answer(inbound, detail);
    let end = execution.call(function, host);
    let answered = finish(&mut execution, &end, &id, detail);
    let opened = execution.is_opened() && answered.outbound.status < 300;
    Ok((opened.then_some(execution), answered))
}

/// Runs what was started to its end. Did it ask for the socket's end?
fn run(execution: &mut Execution, limits: &Limits, host: &mut dyn Host) -> (End, bool) {
    let mut closes = false;
    let end = loop {
        match execution.turn(SLICE_FUEL) {
            Turn::Ended(end) => break end,
            Turn::Yield => {}
            Turn::Effect(Effect::Close) => {
                closes = true;
                execution.resume(Answer::Nothing);
            }
            Turn::Effect(effect) => {
                let waits = matches!(effect, Effect::Wait(_));
                match execution.perform(effect, host) {
                    Ok(answer) => execution.resume(answer),
                    Err(end) => break end,
                }
                if waits {
                    execution.renew(limits, host);
                }
            }
        }
        if execution.is_late(host) {
            break End::Timeout;
        }
    };
    let end = execution.finish(end);
    execution.abandon();
    (end, closes)
}

#[cfg(test)]
mod tests;
