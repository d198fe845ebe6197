//! `params`, `query`, `body`, …: plain data of the request as values, made when they are first read.

use super::exchange;
use super::headers::HEADERS_BYTES_MAX;
use crate::natives::{arguments, steps};
use crate::record::{Body, Pairs, Part};
use crate::value::stop::{Bug, Outcome};
use crate::value::text::shortened;
use crate::value::{Handle, Heap, List, Map, Object, Value};
use crate::vm::exchange::Word;
use crate::vm::native::SLICE;
use crate::vm::{Context, Exchange, Flow, Step, Stepped};
use std::sync::Arc;

pub fn params(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    pairs(context, Word::Params)
}

pub fn query(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    pairs(context, Word::Query)
}

pub fn cookies(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    pairs(context, Word::Cookies)
}

pub fn headers(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    pairs(context, Word::Headers)
}

pub fn body(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    pairs(context, Word::Body)
}

/// `request`: `method path url host ip id`, and `query_list`.
pub fn request(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    let found = exchange(context, "request")?;
    if let Some(value) = found.word(Word::Request) {
        return steps::done(value);
    }
    let inbound = &found.inbound;
    let id: &str = &inbound.id;
    let entries = [
        ("method", inbound.method.as_str()),
        ("path", &inbound.path),
        ("url", &inbound.url),
        ("host", &inbound.host),
        ("ip", &inbound.ip),
        ("id", id),
    ];
    let entries: Vec<(&str, String)> = entries.map(|(name, text)| (name, text.to_owned())).into();
    let heap = &mut *context.heap;
    let map = heap.new_map(entries.len().saturating_add(1))?;
    for (name, text) in entries {
        let (name, text) = (heap.new_text(name)?, heap.new_text(&text)?);
        heap.set_key(map, name, text)?;
    }
    let list = context.program.builtin("@query_list").ok_or(Bug::BadIndex)?;
    let name = heap.new_text("query_list")?;
    heap.set_key(map, name, Value::Native(list))?;
    exchange(context, "request")?.set_word(Word::Request, Value::Map(map));
    steps::done(Value::Map(map))
}

/// All values of a name in the query.
pub fn query_list(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    // No query is as long.
    let name = shortened(context.heap.texts.str(arguments::text(args, 0)?)?, HEADERS_BYTES_MAX);
    exchange(context, "request")?;
    let list = context.heap.new_list_with(0)?;
    steps::start(context, Listing { name, list, at: 0 }, 0)
}

/// `request.query_list(name)` at work.
#[derive(Debug)]
struct Listing {
    name: String,
    list: Handle<List>,
    at: usize,
}

impl Stepped for Listing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some(exchange) = context.exchange else {
            // Bytecode may call it where nothing is served.
            return Err(super::outside("request"));
        };
        let mut budget = SLICE;
        while budget > 0 {
            let Some((name, text)) = exchange.inbound.query.get(self.at) else {
                return Ok(Step::Done(Value::List(self.list)));
            };
            if *name == self.name {
                let value = context.heap.new_text(text)?;
                context.heap.push(self.list, value)?;
            }
            self.at = self.at.saturating_add(1);
            budget = budget.saturating_sub(text.len().max(16));
        }
        context.charge_fuel(SLICE);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.list));
    }
}

/// A word that is made in steps, the first time.
fn pairs(context: &mut Context<'_>, word: Word) -> Outcome<Flow> {
    let Some(found) = context.exchange else { return Err(super::outside(word.name())) };
    if let Some(value) = found.word(word) {
        return steps::done(value);
    }
    let plain = match (word, &found.inbound.body) {
        (Word::Body, Body::Empty | Body::Json(_)) => Some(Ok(Value::None)),
        (Word::Body, Body::Text(text)) => Some(context.heap.new_text(text)),
        (Word::Body, Body::Bytes(bytes)) => Some(shared(context.heap, bytes)),
        _ => None,
    };
    if let Some(value) = plain {
        let value = value?;
        exchange(context, word.name())?.set_word(word, value);
        return steps::done(value);
    }
    let map = match word {
        Word::Headers => context.heap.new_headers()?,
        _ => context.heap.new_map(0)?,
    };
    steps::start(context, Making { word, map, at: 0 }, 0)
}

/// Bytes as a value; they are the request's own.
fn shared(heap: &mut Heap, bytes: &Arc<[u8]>) -> Outcome<Value> {
    Ok(Value::Bytes(heap.new_object(Object::Bytes(Arc::clone(bytes)))?))
}

/// A map of the request's pairs, or of the parts of its body, at work. Of a repeated name the last value counts, but of
/// a header's all, as RFC 9110, section 5.3, joins them.
#[derive(Debug)]
struct Making {
    word: Word,
    map: Handle<Map>,
    at: usize,
}

const NO_PAIRS: &Pairs = &Vec::new();

fn pairs_of(exchange: &Exchange, word: Word) -> &Pairs {
    match (word, &exchange.inbound.body) {
        (Word::Params, _) => &exchange.inbound.params,
        (Word::Query, _) => &exchange.inbound.query,
        (Word::Headers, _) => &exchange.inbound.headers,
        (Word::Cookies, _) => &exchange.inbound.cookies,
        (Word::Body, Body::Form(pairs)) => pairs,
        (Word::Body | Word::Session | Word::Request, _) => NO_PAIRS,
    }
}

impl Stepped for Making {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let heap = &mut *context.heap;
        let Some(exchange) = context.exchange else {
            // Bytecode may call it where nothing is served.
            return Err(super::outside("request"));
        };
        let mut budget = SLICE;
        while budget > 0 {
            let cost = if let (Word::Body, Body::Multipart(parts)) = (self.word, &exchange.inbound.body) {
                parts.get(self.at).map(|part| part_into(heap, self.map, part)).transpose()?
            } else {
                let pair = pairs_of(exchange, self.word).get(self.at);
                pair.map(|pair| pair_into(heap, self.map, self.word, pair)).transpose()?
            };
            let Some(cost) = cost else {
                exchange.set_word(self.word, Value::Map(self.map));
                return Ok(Step::Done(Value::Map(self.map)));
            };
            self.at = self.at.saturating_add(1);
            budget = budget.saturating_sub(cost.max(16));
        }
        context.charge_fuel(SLICE);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Map(self.map));
    }
}

fn pair_into(
    heap: &mut Heap,
    map: Handle<Map>,
    word: Word,
    (name, text): &(String, String),
) -> Outcome<usize> {
    let key = heap.new_text(name)?;
    let mut value = heap.new_text(text)?;
    if word == Word::Headers
        && let Some(key) = crate::value::map::Key::new(&heap.texts, key)?
        && let Some(Value::Text(before)) = heap.maps.get(map)?.get(&heap.texts, key)
    {
        let separator = if name == "cookie" { "; " } else { ", " };
        let joined = [heap.texts.str(before)?, separator, text].concat();
        value = heap.new_text(&joined)?;
    }
    heap.set_key(map, key, value)?;
    Ok(name.len().saturating_add(text.len()))
}

fn part_into(heap: &mut Heap, map: Handle<Map>, part: &Part) -> Outcome<usize> {
    match part {
        Part::Field { name, text } => {
            let (key, value) = (heap.new_text(name)?, heap.new_text(text)?);
            heap.set_key(map, key, value)?;
            Ok(name.len().saturating_add(text.len()))
        }
        Part::File { name, filename, content_type, bytes } => {
            let file = heap.new_map(5)?;
            let text = match std::str::from_utf8(bytes) {
                Ok(text) => heap.new_text(text)?,
                Err(_) => Value::None,
            };
            let entries = [
                ("filename", heap.new_text(filename)?),
                ("content_type", heap.new_text(content_type)?),
                ("size", steps::int(bytes.len())),
                ("text", text),
                ("bytes", shared(heap, bytes)?),
            ];
            for (key, value) in entries {
                let key = heap.new_text(key)?;
                heap.set_key(file, key, value)?;
            }
            let key = heap.new_text(name)?;
            heap.set_key(map, key, Value::Map(file))?;
            Ok(name.len().saturating_add(bytes.len() >> 4))
        }
    }
}
