//! What happens on a socket, on its way to the handler that takes it.

use super::request;
use crate::natives::json::Reader;
use crate::natives::steps::bulk;
use crate::record::Message;
use crate::syntax::tree::WsEvent;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Object, Text, Value};
use crate::vm::exchange::SocketEvent;
use crate::vm::{Context, Exchange, Flow, Step, Stepped};
use std::sync::Arc;

/// Does the socket take binary messages?
pub fn takes_binary(exchange: &Exchange) -> bool {
    exchange.opened.as_ref().is_some_and(|opened| opened.handler(WsEvent::Binary).is_some())
}

/// Deals with the pending event.
pub fn event(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    request::exchange(context, "a socket")?;
    Ok(Flow::Step(Box::new(Happening { phase: Phase::Pending })))
}

#[derive(Debug)]
struct Happening {
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// It was not looked at yet.
    Pending,
    /// The statements of the block are to run.
    Statements,
    /// They run.
    Opening,
    /// A text that has to become a value.
    Text(Arc<str>),
    /// It is read as JSON.
    Json(Reader, Handle<Text>),
    /// Bytes that have to become a value.
    Binary(Arc<[u8]>),
    /// A handler is to run, with this, if there is one.
    Handler(WsEvent, Option<Value>),
    /// It runs.
    Running,
}

impl Happening {
    fn text(&mut self, context: &mut Context<'_>, text: &str) -> Outcome<()> {
        let raw = handler(context, WsEvent::Text)?.is_some();
        if !raw && handler(context, WsEvent::Message)?.is_none() {
            self.phase = Phase::Handler(WsEvent::Message, None);
            return Ok(());
        }
        context.charge_fuel(bulk(text.len()));
        let Value::Text(text) = context.heap.new_text(text)? else { return Err(Bug::WrongShape.into()) };
        self.phase = if raw {
            Phase::Handler(WsEvent::Text, Some(Value::Text(text)))
        } else {
            Phase::Json(Reader::new(text), text)
        };
        Ok(())
    }
}

fn handler(context: &mut Context<'_>, event: WsEvent) -> Outcome<Option<Value>> {
    let exchange = request::exchange(context, "a socket")?;
    Ok(exchange.opened.as_ref().and_then(|opened| opened.handler(event)))
}

fn call(callee: Value, argument: Option<Value>) -> Step {
    let argc = u8::from(argument.is_some());
    Step::Call { callee, args: [argument.unwrap_or(Value::None), Value::None, Value::None], argc }
}

impl Stepped for Happening {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match &mut self.phase {
            Phase::Pending => {
                let exchange = request::exchange(context, "a socket")?;
                let opened = exchange.opened.as_mut().ok_or_else(super::unopened)?;
                self.phase = match opened.pending.take().ok_or_else(super::unopened)? {
                    SocketEvent::Open => Phase::Statements,
                    SocketEvent::Message(Message::Text(text)) => Phase::Text(text),
                    SocketEvent::Message(Message::Binary(bytes)) => Phase::Binary(bytes),
                    SocketEvent::Close => Phase::Handler(WsEvent::Close, None),
                };
            }
            Phase::Statements => {
                let exchange = request::exchange(context, "a socket")?;
                let block = exchange.opened.as_ref().ok_or_else(super::unopened)?.block;
                self.phase = Phase::Opening;
                return Ok(call(Value::Function(block), None));
            }
            Phase::Opening => self.phase = Phase::Handler(WsEvent::Connect, None),
            Phase::Text(text) => {
                let text = Arc::clone(text);
                self.text(context, &text)?;
            }
            Phase::Json(reader, text) => match reader.step(context, None) {
                Ok(Step::Done(value)) => self.phase = Phase::Handler(WsEvent::Message, Some(value)),
                Err(Stop::Raise(raise)) if raise.kind == ErrorKind::ValueError => {
                    let text = Value::Text(*text);
                    context.heap.memory.release(reader.held())?;
                    self.phase = Phase::Handler(WsEvent::Message, Some(text));
                }
                other => return other,
            },
            Phase::Binary(bytes) => {
                let bytes = Arc::clone(bytes);
                let value = Value::Bytes(context.heap.new_object(Object::Bytes(bytes))?);
                self.phase = Phase::Handler(WsEvent::Binary, Some(value));
            }
            Phase::Handler(event, argument) => {
                let (event, argument) = (*event, *argument);
                let Some(callee) = handler(context, event)? else { return Ok(Step::Done(Value::None)) };
                self.phase = Phase::Running;
                return Ok(call(callee, argument));
            }
            Phase::Running => return Ok(Step::Done(Value::None)),
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        match &self.phase {
            Phase::Json(reader, text) => {
                reader.trace(visit);
                visit(Value::Text(*text));
            }
            Phase::Handler(_, argument) => visit(argument.unwrap_or(Value::None)),
            Phase::Pending
            | Phase::Statements
            | Phase::Opening
            | Phase::Text(_)
            | Phase::Binary(_)
            | Phase::Running => {}
        }
    }

    fn held(&self) -> usize {
        match &self.phase {
            Phase::Json(reader, _) => reader.held(),
            Phase::Pending
            | Phase::Statements
            | Phase::Opening
            | Phase::Text(_)
            | Phase::Binary(_)
            | Phase::Handler(..)
            | Phase::Running => 0,
        }
    }

    fn starts_level(&self) -> bool {
        true
    }
}
