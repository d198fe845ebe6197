//! `test_request(method, path, body:, headers:, cookies:)`: a request through the whole pipeline, in process.
//!
//! What is sent is plain data that nobody has decoded; the driver does that, as a server does.

use super::headers::Headers;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::natives::arguments;
use crate::natives::define::{TEXT, optional, required};
use crate::natives::json::{Reader, Writer};
use crate::record::{Body, Inbound, Outbound, Pairs};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Map, Object, Value};
use crate::vm::{Answer, Context, Effect, Flow, Step, Stepped};
use std::sync::Arc;

const MAYBE_MAP: Kinds = Kinds::of(&[Kind::Map, Kind::None]);

/// Its parameters.
pub const PARAMS: &[Param] = &[
    required("method", TEXT),
    required("path", TEXT),
    optional("body", Kinds::ANY),
    optional("headers", MAYBE_MAP),
    optional("cookies", MAYBE_MAP),
];

pub fn test_request(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (headers, cookies) = (pairs(context, args, 3)?.into(), pairs(context, args, 4)?);
    let mut held = 0_usize;
    for at in [0, 1, 2] {
        if let Some(Value::Text(text)) = arguments::given(args, at) {
            held = held.saturating_add(context.heap.texts.bytes(text)?);
        }
    }
    context.heap.memory.charge(held)?;
    let text = |at| Ok::<_, Stop>(context.heap.texts.str(arguments::text(args, at)?)?.to_owned());
    let inbound = Inbound { method: text(0)?, url: text(1)?, headers, cookies, ..Inbound::default() };
    let (body, json) = match arguments::given(args, 2) {
        None | Some(Value::None) => (Body::Empty, None),
        Some(Value::Text(text)) => (Body::Text(context.heap.texts.str(text)?.to_owned()), None),
        Some(Value::Bytes(bytes)) => match context.heap.objects.get(bytes)? {
            Object::Bytes(bytes) => (Body::Bytes(Arc::clone(bytes)), None),
            _ => return Err(Bug::WrongShape.into()),
        },
        Some(value) => (Body::Empty, Some(Writer::new(value, 0))),
    };
    let phase = json.map_or(Phase::Ask, Phase::Write);
    let is_head = inbound.method == "HEAD";
    Ok(Flow::Step(Box::new(Testing {
        inbound: Inbound { body, ..inbound },
        phase,
        is_head,
        map: None,
        held,
    })))
}

fn pairs(context: &Context<'_>, args: &[Value], at: usize) -> Outcome<Pairs> {
    let Some(Value::Map(map)) = arguments::given(args, at) else { return Ok(Pairs::new()) };
    let mut pairs = Headers::default();
    for entry in context.heap.maps.get(map)?.iter() {
        let Value::Text(name) = entry.key else {
            return Err(Stop::type_error("names of headers and cookies are texts"));
        };
        let name = context.heap.texts.str(name)?;
        pairs.add_plain(context.heap, context.program, name, entry.value)?;
    }
    Ok(pairs.pairs)
}

#[derive(Debug)]
struct Testing {
    inbound: Inbound,
    phase: Phase,
    /// Was nothing but the head asked for?
    is_head: bool,
    /// What it will give.
    map: Option<Handle<Map>>,
    /// Charged for copies of texts.
    held: usize,
}

#[derive(Debug)]
enum Phase {
    /// The body is written as JSON.
    Write(Writer),
    /// The request is sent.
    Ask,
    /// The body of the answer is read.
    Read(Reader),
}

impl Testing {
    /// `status` and `headers`; gives the body if it is JSON.
    fn answer(&mut self, context: &mut Context<'_>, outbound: &Outbound) -> Outcome<Step> {
        let heap = &mut *context.heap;
        let map = heap.new_map(3)?;
        let headers = heap.new_headers()?;
        for (name, value) in &outbound.headers {
            let (name, value) = (heap.new_text(name)?, heap.new_text(value)?);
            heap.set_key(headers, name, value)?;
        }
        let entries = [("status", Value::Int(outbound.status.into())), ("headers", Value::Map(headers))];
        for (name, value) in entries {
            let name = heap.new_text(name)?;
            heap.set_key(map, name, value)?;
        }
        let kind = outbound.headers.iter().find(|(name, _)| name == "content-type");
        let is_json = kind.is_some_and(|(_, kind)| kind.starts_with("application/json"));
        let body = match std::str::from_utf8(&outbound.body) {
            Ok("") => Value::None,
            // The connection leaves it out.
            _ if self.is_head => Value::None,
            Ok(text) => heap.new_text(text)?,
            Err(_) => Value::Bytes(heap.new_object(Object::Bytes(outbound.body.as_slice().into()))?),
        };
        self.map = Some(map);
        match body {
            Value::Text(text) if is_json => {
                self.phase = Phase::Read(Reader::new(text));
                Ok(Step::Again)
            }
            body => self.done(context, body),
        }
    }

    fn done(&self, context: &mut Context<'_>, body: Value) -> Outcome<Step> {
        let map = self.map.ok_or(Bug::BadAnswer)?;
        let name = context.heap.new_text("body")?;
        context.heap.set_key(map, name, body)?;
        Ok(Step::Done(Value::Map(map)))
    }
}

impl Stepped for Testing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match &mut self.phase {
            Phase::Write(writer) => {
                if writer.run(context)? {
                    let json = writer.take();
                    context.heap.memory.release(writer.charged())?;
                    self.inbound.body = Body::Json(json);
                    self.phase = Phase::Ask;
                }
                Ok(Step::Again)
            }
            Phase::Ask => Ok(Step::Ask(Effect::Request(Box::new(std::mem::take(&mut self.inbound))))),
            Phase::Read(reader) => match reader.step(context, None)? {
                Step::Done(body) => self.done(context, body),
                other => Ok(other),
            },
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        if matches!(answer, Answer::Nothing) {
            return Err(Stop::type_error("test_request works in tests alone"));
        }
        let Answer::Response(outbound) = answer else { return Err(Bug::BadAnswer.into()) };
        self.answer(context, outbound)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.map.into_iter().for_each(|map| visit(Value::Map(map)));
        match &self.phase {
            Phase::Write(writer) => writer.trace(visit),
            Phase::Read(reader) => reader.trace(visit),
            Phase::Ask => {}
        }
    }

    fn held(&self) -> usize {
        let written = match &self.phase {
            Phase::Write(writer) => writer.charged(),
            Phase::Read(reader) => reader.held(),
            Phase::Ask => 0,
        };
        written.saturating_add(self.held)
    }
}
