//! The request that a VM answers: what is left of it as plain data, the values made of it, and what came of it.
//!
//! Absences: nothing is decoded or converted here; built-ins do that, in steps.

use super::outcome::Uncaught;
use crate::record::{Inbound, Message, Outbound, SetCookie};
use crate::syntax::tree::WsEvent;
use crate::value::{Handle, Object, Value};

/// How much an answer says of an error from 500 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its message.
    #[default]
    Message,
    /// Nothing.
    None,
}

/// A word of the request's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Word {
    /// `params`
    Params,
    /// `query`
    Query,
    /// `body`
    Body,
    /// `headers`
    Headers,
    /// `cookies`
    Cookies,
    /// `session`
    Session,
    /// `request`
    Request,
}

impl Word {
    /// All of them, each at its own number.
    pub const ALL: [Self; 7] =
        [Self::Params, Self::Query, Self::Body, Self::Headers, Self::Cookies, Self::Session, Self::Request];

    /// As a program writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Query => "query",
            Self::Body => "body",
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::Session => "session",
            Self::Request => "request",
        }
    }
}

/// A request that became a connection: what runs when something happens on it.
#[derive(Debug)]
pub struct Opened {
    /// The function of the block: a socket's statements, a stream's generator.
    pub block: u32,
    /// The function that deals with the pending event; of sockets.
    pub event: u32,
    /// What happened, until it is dealt with.
    pub pending: Option<SocketEvent>,
    handlers: [Option<Value>; WsEvent::ALL.len()],
}

/// What happens on a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    /// It opened: its statements run, then `on connect`.
    Open,
    /// The peer sent something.
    Message(Message),
    /// It ended, whatever ended it.
    Close,
}

impl Opened {
    /// Nothing happened on it yet.
    pub const fn new(block: u32, event: u32) -> Self {
        Self { block, event, pending: None, handlers: [None; WsEvent::ALL.len()] }
    }

    /// The function that was given for an event.
    pub fn handler(&self, event: WsEvent) -> Option<Value> {
        self.handlers.get(usize::from(event as u8)).copied().flatten()
    }

    /// The function for an event from now on.
    pub fn set_handler(&mut self, event: WsEvent, function: Value) {
        if let Some(place) = self.handlers.get_mut(usize::from(event as u8)) {
            *place = Some(function);
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Exchange {
    /// The request.
    pub inbound: Box<Inbound>,
    /// What an answer says of errors.
    pub detail: Detail,
    /// The values of the words that were read.
    words: [Option<Value>; Word::ALL.len()],
    /// The response whose headers every answer gets: `response` before `next()`.
    pub early: Option<Handle<Object>>,
    /// The answer that `next()` gave: `response` from then on.
    pub response: Option<Handle<Object>>,
    /// Functions of the pipeline, the outermost middleware first, the handler last.
    pub steps: Vec<u32>,
    /// The one that runs.
    pub current: usize,
    /// How many were begun.
    pub begun: usize,
    /// Cookies to set.
    pub cookies: Vec<SetCookie>,
    /// Was the token against forged requests asked for?
    pub csrf_asked: bool,
    /// The last error from 500 on that is answered, for the log.
    pub uncaught: Option<Box<Uncaught>>,
    /// The answer, once it is complete.
    pub outbound: Option<Box<Outbound>>,
    /// Was the answer complete, so that nothing can be added to it any more?
    pub answered: bool,
    /// What the request became, unless it was only answered.
    pub opened: Option<Box<Opened>>,
}

impl Exchange {
    /// Nothing of it was read yet.
    pub fn new(inbound: Inbound, detail: Detail) -> Self {
        Self {
            inbound: Box::new(inbound),
            detail,
            words: [None; Word::ALL.len()],
            early: None,
            response: None,
            steps: Vec::new(),
            current: 0,
            begun: 0,
            cookies: Vec::new(),
            csrf_asked: false,
            uncaught: None,
            outbound: None,
            answered: false,
            opened: None,
        }
    }

    /// The value of a word, if it was made.
    pub fn word(&self, word: Word) -> Option<Value> {
        self.words.get(usize::from(word as u8)).copied().flatten()
    }

    /// The value of a word from now on.
    pub fn set_word(&mut self, word: Word, value: Value) {
        if let Some(place) = self.words.get_mut(usize::from(word as u8)) {
            *place = Some(value);
        }
    }

    /// Reports the values that it holds.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.words.iter().flatten().for_each(|value| visit(*value));
        let handlers = self.opened.iter().flat_map(|opened| opened.handlers.iter().flatten());
        handlers.for_each(|handler| visit(*handler));
        self.early.into_iter().chain(self.response).for_each(|response| visit(Value::Response(response)));
    }
}
