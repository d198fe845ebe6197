//! What a program says: to its peer, to a room, to the client of a stream. Copied in steps, and charged until it is handed
//! over.

use super::{arguments, done, room};
use crate::natives::json::Writer;
use crate::record::Message;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Object, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, Step, Stepped};
use std::sync::Arc;

/// Bytes of an event's name.
const EVENT_BYTES_MAX: usize = 1024;

/// To whom.
#[derive(Clone, Debug)]
enum To {
    Peer,
    Room(Arc<str>),
    /// The client of a stream, with the event's name.
    Stream(Option<String>),
}

/// `send(x)`
pub fn send(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    say(To::Peer, arguments::value(args, 0)?)
}

/// `broadcast(room, x)`
pub fn broadcast(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let room = room(context, args)?;
    say(To::Room(room), arguments::value(args, 1)?)
}

/// `emit x as "name"`
pub fn emit(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let name = match arguments::given(args, 1) {
        Some(Value::Text(name)) => Some(context.heap.texts.str(name)?),
        _ => None,
    };
    if name.is_some_and(|name| name.len() > EVENT_BYTES_MAX) {
        let text = format!("the name of an event has at most {EVENT_BYTES_MAX} bytes");
        return Err(Stop::value_error(text));
    }
    let name = name.map(str::to_owned);
    if name.as_deref().is_some_and(|name| name.contains(['\r', '\n', '\0'])) {
        return Err(Stop::value_error("the name of an event has no line break and no NUL"));
    }
    say(To::Stream(name), arguments::value(args, 0)?)
}

fn say(to: To, value: Value) -> Outcome<Flow> {
    let phase = match value {
        Value::Text(text) => Phase::Text(text),
        Value::Bytes(bytes) if !matches!(to, To::Stream(_)) => Phase::Bytes(bytes),
        value => Phase::Json(Writer::new(value, 0)),
    };
    Ok(Flow::Step(Box::new(Saying { to, phase, charged: 0 })))
}

#[derive(Debug)]
struct Saying {
    to: To,
    phase: Phase,
    /// For what was handed over.
    charged: usize,
}

#[derive(Debug)]
enum Phase {
    Text(Handle<Text>),
    Bytes(Handle<Object>),
    Json(Writer),
    Said,
}

impl Saying {
    fn effect(&mut self, text: String) -> Effect {
        let to = std::mem::replace(&mut self.to, To::Peer);
        match to {
            To::Peer => Effect::Send(Message::Text(text.into())),
            To::Room(room) => Effect::Broadcast { room, message: Message::Text(text.into()) },
            To::Stream(event) => Effect::Emit { event, data: text },
        }
    }

    fn bytes_effect(&mut self, bytes: Arc<[u8]>) -> Outcome<Effect> {
        match std::mem::replace(&mut self.to, To::Peer) {
            To::Peer => Ok(Effect::Send(Message::Binary(bytes))),
            To::Room(room) => Ok(Effect::Broadcast { room, message: Message::Binary(bytes) }),
            To::Stream(_) => Err(Bug::WrongShape.into()),
        }
    }
}

impl Stepped for Saying {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match &mut self.phase {
            Phase::Text(text) => {
                let text = *text;
                let bytes = context.heap.texts.bytes(text)?;
                // Twice: a copy for the effect, and the one that is shared.
                context.heap.memory.charge(bytes.saturating_mul(2))?;
                self.charged = bytes.saturating_mul(2);
                let copy = context.heap.texts.str(text)?.to_owned();
                self.phase = Phase::Said;
                Ok(Step::Ask(self.effect(copy)))
            }
            Phase::Bytes(bytes) => {
                let bytes = *bytes;
                let Object::Bytes(bytes) = context.heap.objects.get(bytes)? else {
                    return Err(Bug::WrongShape.into());
                };
                let bytes = Arc::clone(bytes);
                self.phase = Phase::Said;
                self.bytes_effect(bytes).map(Step::Ask)
            }
            Phase::Json(writer) => {
                if !writer.run(context)? {
                    return Ok(Step::Again);
                }
                let held = writer.charged();
                context.heap.memory.charge(held)?;
                self.charged = held.saturating_mul(2);
                let text = writer.take();
                self.phase = Phase::Said;
                Ok(Step::Ask(self.effect(text)))
            }
            Phase::Said => Err(Bug::BadFrame.into()),
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        context.charge_fuel(SLICE >> 4);
        done(context, answer).map(Step::Done)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        match &self.phase {
            Phase::Text(text) => visit(Value::Text(*text)),
            Phase::Bytes(bytes) => visit(Value::Bytes(*bytes)),
            Phase::Json(writer) => writer.trace(visit),
            Phase::Said => {}
        }
    }

    fn held(&self) -> usize {
        match &self.phase {
            Phase::Json(writer) => writer.charged(),
            Phase::Text(_) | Phase::Bytes(_) | Phase::Said => self.charged,
        }
    }
}
