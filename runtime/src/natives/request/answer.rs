//! From a response to plain data: status, headers and body, in steps.

use super::exchange;
use super::headers::Headers;
use super::respond::SERVER_FAULT;
use crate::natives::connection::SWITCHING;
use crate::natives::json::Writer;
use crate::natives::steps::bulk;
use crate::record::{Failure, Outbound, Pairs, SessionChange};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, Object, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Exchange, Program, Step, response, trace};
use std::sync::Arc;

/// Bytes that one step copies.
const COPY_BYTES: usize = 64 << 10;
/// Bytes of a message, and fields, that an error page repeats.
const PAGE_BYTES_MAX: usize = 4096;
const PAGE_FIELDS_MAX: usize = 64;

/// The lowest status that ends an exchange (RFC 9110, section 15.2).
const FINAL_STATUS: u16 = 200;

/// Makes the answer of a response.
#[derive(Debug)]
pub struct Answering {
    response: Handle<Object>,
    /// The place of the next header.
    place: usize,
    headers: Headers,
    body: Vec<u8>,
    /// Charged for the body.
    charged: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Headers,
    Body,
    /// A text is copied.
    Copy(Handle<Text>),
    Json(Writer),
    /// The session is looked at.
    Session,
    /// It is written.
    Closing(Writer),
    End(SessionChange),
}

impl Answering {
    /// Of this response.
    pub fn new(response: Handle<Object>) -> Self {
        let (headers, body) = (Headers::default(), Vec::new());
        Self { response, place: 0, headers, body, charged: 0, stage: Stage::Headers }
    }

    /// Does one step.
    pub fn step(&mut self, context: &mut Context<'_>) -> Outcome<Step> {
        match &mut self.stage {
            Stage::Headers => self.headers(context)?,
            Stage::Body => self.body(context)?,
            Stage::Copy(text) => {
                let text = *text;
                self.copy(context, text)?;
            }
            Stage::Json(writer) => {
                if writer.run(context)? {
                    self.charged = writer.charged();
                    self.body = writer.take().into_bytes();
                    self.stage = Stage::Session;
                }
            }
            Stage::Session => {
                self.stage = match super::session::closing(context)? {
                    Some(writer) => Stage::Closing(writer),
                    None => Stage::End(SessionChange::Keep),
                };
            }
            Stage::Closing(writer) => {
                if writer.run(context)? {
                    let before = exchange(context, "session")?.inbound.session.as_ref();
                    let change = super::session::change(writer.take(), before)?;
                    context.heap.memory.release(writer.charged())?;
                    self.stage = Stage::End(change);
                }
            }
            Stage::End(change) => {
                let change = std::mem::take(change);
                self.end(context, change)?;
                return Ok(Step::Done(Value::None));
            }
        }
        Ok(Step::Again)
    }

    /// Reports the values that it holds.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Response(self.response));
        match &self.stage {
            Stage::Copy(text) => visit(Value::Text(*text)),
            Stage::Json(writer) | Stage::Closing(writer) => writer.trace(visit),
            Stage::Headers | Stage::Body | Stage::Session | Stage::End(_) => {}
        }
    }

    /// Bytes charged for the body.
    pub fn held(&self) -> usize {
        match &self.stage {
            Stage::Json(writer) => writer.charged(),
            Stage::Closing(writer) => self.charged.saturating_add(writer.charged()),
            Stage::Headers | Stage::Body | Stage::Copy(_) | Stage::Session | Stage::End(_) => self.charged,
        }
    }

    fn headers(&mut self, context: &mut Context<'_>) -> Outcome<()> {
        let headers = response::of(context.heap, self.response)?.headers;
        let mut budget = SLICE;
        while budget > 0 {
            let Some((entry, next)) = context.heap.maps.get(headers)?.entry_from(self.place) else {
                self.stage = Stage::Body;
                break;
            };
            budget = budget.saturating_sub(self.headers.add(context.heap, context.program, entry)?);
            self.place = next;
        }
        context.charge_fuel(SLICE.saturating_sub(budget));
        Ok(())
    }

    fn body(&mut self, context: &mut Context<'_>) -> Outcome<()> {
        let body = response::of(context.heap, self.response)?.body;
        let (stage, content_type) = match body {
            Value::None | Value::Unset => (Stage::Session, None),
            Value::Text(text) => (Stage::Copy(text), Some("text/plain; charset=utf-8")),
            Value::View(view) => match context.heap.objects.get(view)? {
                Object::View(view) => (Stage::Copy(view.text), Some("text/html; charset=utf-8")),
                _ => return Err(Bug::WrongShape.into()),
            },
            Value::Bytes(bytes) => {
                let Object::Bytes(bytes) = context.heap.objects.get(bytes)? else {
                    return Err(Bug::WrongShape.into());
                };
                let bytes = Arc::clone(bytes);
                context.heap.memory.charge(bytes.len())?;
                context.charge_fuel(bulk(bytes.len()));
                self.charged = bytes.len();
                self.body = bytes.to_vec();
                (Stage::Session, Some("application/octet-stream"))
            }
            Value::Response(_) => {
                return Err(Stop::value_error("a response cannot be the body of a response"));
            }
            Value::Error(_) => {
                let inner = super::respond::answer(context, body)?;
                let (made, error) = {
                    let inner = response::of(context.heap, inner)?;
                    (inner.body, inner.error)
                };
                let status = response::status(context.heap, response::of(context.heap, self.response)?)?;
                let own = response::of_mut(context.heap, self.response)?;
                (own.body, own.error, own.status) = (made, error, Some(status));
                (Stage::Body, None)
            }
            value => (Stage::Json(Writer::new(value, 0)), Some("application/json")),
        };
        let has_type = self.headers.pairs.iter().any(|(name, _)| name == "content-type");
        if let Some(content_type) = content_type.filter(|_| !has_type) {
            self.headers.pairs.push(("content-type".to_owned(), content_type.to_owned()));
        }
        self.stage = stage;
        Ok(())
    }

    fn copy(&mut self, context: &mut Context<'_>, text: Handle<Text>) -> Outcome<()> {
        let bytes = context.heap.texts.bytes(text)?;
        if self.charged < bytes {
            context.heap.memory.charge(bytes)?;
            self.charged = bytes;
            self.body.reserve_exact(bytes);
        }
        let rest = context.heap.texts.uncharged(text)?.as_bytes().get(self.body.len()..).unwrap_or_default();
        let window = rest.get(..COPY_BYTES).unwrap_or(rest);
        self.body.extend_from_slice(window);
        if window.len() == rest.len() {
            self.stage = Stage::Session;
        }
        context.charge_fuel(bulk(window.len()));
        Ok(())
    }

    fn end(&mut self, context: &mut Context<'_>, session: SessionChange) -> Outcome<()> {
        let made = *response::of(context.heap, self.response)?;
        let status = response::status(context.heap, &made)?;
        let Some(exchange) = context.exchange else {
            // Bytecode may call it where nothing is served.
            return Err(super::outside("request"));
        };
        let begins_socket = status == SWITCHING && exchange.opened.is_some();
        if status < FINAL_STATUS && !begins_socket {
            let text = format!("the status {status} is informational: an answer ends with one from 200 on");
            return Err(Stop::value_error(text));
        }
        let failure = match (made.error, made.body) {
            (Some((error, map)), Value::Map(body)) if map == body => {
                Some(Box::new(failure(context.heap, context.program, exchange, (status, error))?))
            }
            _ => None,
        };
        exchange.answered = true;
        exchange.outbound = Some(Box::new(Outbound {
            status,
            headers: std::mem::take(&mut self.headers.pairs),
            cookies: std::mem::take(&mut exchange.cookies),
            session,
            csrf_asked: exchange.csrf_asked,
            body: std::mem::take(&mut self.body),
            failure,
        }));
        Ok(())
    }
}

/// What an error page says.
fn failure(
    heap: &Heap,
    program: &Program,
    exchange: &Exchange,
    (status, error): (u16, Handle<Object>),
) -> Outcome<Failure> {
    let uncaught = trace::uncaught(heap, program, error)?;
    let Object::Error(value) = heap.objects.get(error)? else { return Err(Bug::WrongShape.into()) };
    let fault = status >= SERVER_FAULT;
    let mut fields = Pairs::new();
    if uncaught.kind == "ValidationFailed"
        && let Some(data) = value.data
    {
        for entry in heap.maps.get(data)?.iter().take(PAGE_FIELDS_MAX) {
            if let (Value::Text(name), Value::Text(text)) = (entry.key, entry.value) {
                fields.push((cut(heap.texts.str(name)?), cut(heap.texts.str(text)?)));
            }
        }
    }
    let message = if fault && super::respond::hides(exchange, &uncaught.kind) {
        super::respond::INTERNAL.to_owned()
    } else {
        cut(&uncaught.message)
    };
    Ok(Failure {
        status,
        message,
        kind: fault.then_some(uncaught.kind),
        id: fault.then(|| exchange.inbound.id.clone()),
        fields,
    })
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(PAGE_BYTES_MAX)).unwrap_or(text).to_owned()
}
