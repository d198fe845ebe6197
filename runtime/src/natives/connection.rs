//! Connections: what a socket and a stream do, and how what happens on them reaches the program.
//!
//! Invariants:
//!
//! - **O1** A handler runs when something happens, one after the other, each at level 0 of its own.
//! - **O2** A message is parsed before its handler begins; one that is no JSON is a text.
//! - **O3** What is said is a copy: a text as it is, bytes as they are, anything else as JSON.
//!
//! Absences: frames, rooms and queues are the driver's.

mod event;
mod say;

pub use event::takes_binary;

use super::arguments;
use super::define::{NOTHING, TEXT, function, optional, required};
use super::request;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::syntax::tree::WsEvent;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Response, Value};
use crate::vm::exchange::Opened;
use crate::vm::{Answer, Context, Effect, Flow, Native};

const X: Param = required("x", Kinds::ANY);
const ROOM: Param = required("room", TEXT);
const HANDLER: &[Param] = &[required("handler", Kinds::of(&[Kind::Function]))];
const BLOCK: Param = required("block", Kinds::of(&[Kind::Function]));
const RESPONSE: Kinds = Kinds::of(&[Kind::Response]);

/// The family. What only the compiler calls has names that no program can write.
pub const NATIVES: &[Native] = &[
    function("@upgrade", &[BLOCK, required("event", Kinds::of(&[Kind::Function]))], RESPONSE, upgrade),
    function("@stream", &[BLOCK], RESPONSE, stream),
    function("@event", &[], Kinds::ANY, event::event),
    function("@on_connect", HANDLER, NOTHING, |context, args| on(context, args, WsEvent::Connect)),
    function("@on_message", HANDLER, NOTHING, |context, args| on(context, args, WsEvent::Message)),
    function("@on_text", HANDLER, NOTHING, |context, args| on(context, args, WsEvent::Text)),
    function("@on_binary", HANDLER, NOTHING, |context, args| on(context, args, WsEvent::Binary)),
    function("@on_close", HANDLER, NOTHING, |context, args| on(context, args, WsEvent::Close)),
    function("@send", &[X], NOTHING, say::send),
    function("@broadcast", &[ROOM, X], NOTHING, say::broadcast),
    function("@join", &[ROOM], NOTHING, join),
    function("@leave", &[ROOM], NOTHING, leave),
    function("@close", &[], NOTHING, close),
    function("@emit", &[X, optional("name", TEXT)], NOTHING, say::emit),
    function("@wait", &[required("duration", Kinds::ANY)], NOTHING, wait),
];

/// Status of the answer that begins a socket.
pub(super) const SWITCHING: u16 = 101;
/// Bytes of a room's name.
const ROOM_BYTES_MAX: usize = 1024;

/// The answer of a socket's handler: it becomes a socket.
fn upgrade(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (block, event) = (index(args, 0)?, index(args, 1)?);
    let made = opening(context, SWITCHING, &[])?;
    request::exchange(context, "a socket")?.opened = Some(Box::new(Opened::new(block, event)));
    Ok(Flow::Value(made))
}

/// The answer of a stream's handler: its body is still to come.
fn stream(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let block = index(args, 0)?;
    let headers = [("content-type", "text/event-stream"), ("cache-control", "no-store")];
    let made = opening(context, 200, &headers)?;
    request::exchange(context, "a stream")?.opened = Some(Box::new(Opened::new(block, block)));
    Ok(Flow::Value(made))
}

fn opening(context: &mut Context<'_>, status: u16, headers: &[(&str, &str)]) -> Outcome<Value> {
    let heap = &mut *context.heap;
    let map = heap.new_headers()?;
    for (name, text) in headers {
        let (name, text) = (heap.new_text(name)?, heap.new_text(text)?);
        heap.set_key(map, name, text)?;
    }
    let response = Response { status: Some(status), headers: map, body: Value::None, error: None };
    request::new_response(heap, response).map(Value::Response)
}

fn index(args: &[Value], at: usize) -> Outcome<u32> {
    match arguments::value(args, at)? {
        Value::Function(index) => Ok(index),
        _ => Err(Bug::WrongShape.into()),
    }
}

fn on(context: &mut Context<'_>, args: &[Value], event: WsEvent) -> Outcome<Flow> {
    let handler = arguments::value(args, 0)?;
    let exchange = request::exchange(context, "a socket")?;
    // Bytecode may call it anywhere.
    let opened = exchange.opened.as_mut().ok_or_else(unopened)?;
    opened.set_handler(event, handler);
    Ok(Flow::Value(Value::None))
}

#[cold]
fn unopened() -> Stop {
    Stop::value_error("nothing has happened on this connection, or it is none")
}

fn join(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let room = room(context, args)?;
    Ok(Flow::Effect(Effect::Join(room), done))
}

fn leave(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let room = room(context, args)?;
    Ok(Flow::Effect(Effect::Leave(room), done))
}

fn close(_: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Effect(Effect::Close, done))
}

fn wait(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    // Where it is written the check has said so; a function may be called from anywhere.
    if context.saved.depth() > 0 {
        return Err(Stop::value_error("`wait` cannot stand in a transaction: end it before waiting"));
    }
    match arguments::value(args, 0)? {
        Value::Duration(millis) if millis >= 0 => Ok(Flow::Effect(Effect::Wait(millis), done)),
        Value::Duration(_) => Err(Stop::value_error("a stream cannot wait for less than nothing")),
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("wait takes a duration such as 500ms, not {kind}")))
        }
    }
}

fn done(_: &mut Context<'_>, answer: &Answer) -> Outcome<Value> {
    match answer {
        Answer::Nothing => Ok(Value::None),
        _ => Err(Bug::BadAnswer.into()),
    }
}

/// The first argument, as the name of a room.
fn room(context: &mut Context<'_>, args: &[Value]) -> Outcome<std::sync::Arc<str>> {
    let name = context.heap.texts.str(arguments::text(args, 0)?)?;
    if name.len() > ROOM_BYTES_MAX {
        let bytes = name.len();
        let text = format!("the name of a room has at most {ROOM_BYTES_MAX} bytes, and this one has {bytes}");
        return Err(Stop::value_error(text));
    }
    Ok(name.into())
}
