//! Statements of the server: routes, guards, validation, sockets, streams, jobs, tests.

use super::{Args, Body, Field, Function, Name, StaticText};
use crate::base::Span;

/// A statement that only a server, a scheduler or a test runner acts on.
#[derive(Clone, Debug)]
pub enum ServerStmt {
    /// `route GET "/path" { … }`.
    Route(Route),
    /// `guards { … }` or `guard a, b`.
    Guards(Guards),
    /// `validate { … }`.
    Validate(Vec<Field>),
    /// `middleware { … }`.
    Middleware(Body),
    /// `ws "/path" { … }`; handlers stand among the statements.
    Ws(Option<StaticText>, Body),
    /// `sse "/path" { … }`.
    Sse(Option<StaticText>, Body),
    /// `every 5m { … }`.
    Every(Every),
    /// `cron "…" { … }`.
    Cron(StaticText, Body),
    /// `test "name" { … }`.
    Test(StaticText, Body),
    /// `view { … }`, which equals its statements.
    View(Body),
    /// `onMount { … }` and its kin: checked, never run.
    Lifecycle(LifecycleEvent, Body),
}

/// `route METHOD path { … }`.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which requests.
    pub method: Method,
    /// Where the method stands.
    pub method_span: Span,
    /// Quoted, or bare: then the span has no quotes.
    pub path: Option<StaticText>,
    /// The handler.
    pub body: Body,
}

/// Methods that a route may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `ANY`
    Any,
}

impl Method {
    /// All of them, each at its own number.
    pub const ALL: &'static [Self] =
        &[Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Head, Self::Options, Self::Any];

    /// The method of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    /// As written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Any => "ANY",
        }
    }
}

/// `guards { a, b }` or `guard a, b`.
#[derive(Clone, Debug)]
pub struct Guards {
    /// Written with braces?
    pub braced: bool,
    /// Applied in order.
    pub guards: Vec<Guard>,
}

/// `name(args): value`.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Where it stands.
    pub span: Span,
    /// Which guard.
    pub name: Name,
    /// In parentheses.
    pub args: Option<Args>,
    /// After the colon.
    pub value: Option<Name>,
}

/// `every 5m { … }`.
#[derive(Clone, Debug)]
pub struct Every {
    /// The interval in milliseconds.
    pub interval_ms: i64,
    /// Where the interval stands.
    pub interval_span: Span,
    /// What runs.
    pub body: Body,
}

/// `on event(params) { … }` inside `ws`.
#[derive(Clone, Debug)]
pub struct OnHandler {
    /// Which event.
    pub event: WsEvent,
    /// What runs.
    pub function: Function,
}

/// Events of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WsEvent {
    /// `connect`
    Connect,
    /// `message`
    Message,
    /// `text`
    Text,
    /// `binary`
    Binary,
    /// `close`
    Close,
}

impl WsEvent {
    /// All of them, each at its own number.
    pub const ALL: [Self; 5] = [Self::Connect, Self::Message, Self::Text, Self::Binary, Self::Close];

    /// The event of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "connect" => Self::Connect,
            "message" => Self::Message,
            "text" => Self::Text,
            "binary" => Self::Binary,
            "close" => Self::Close,
            _ => return None,
        })
    }

    /// As written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Message => "message",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
        }
    }
}

/// Moments of a component's life in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifecycleEvent {
    /// `onMount`
    Mount,
    /// `onUnmount`
    Unmount,
    /// `onDestroy`
    Destroy,
}
