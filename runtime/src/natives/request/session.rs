//! `session`: a map that lives with the client between requests.
//!
//! It becomes a value when it is first read, and is looked at again when the answer goes out.

use super::exchange;
use crate::natives::json::{Reader, Writer};
use crate::natives::steps;
use crate::record::SessionChange;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Heap, Value};
use crate::vm::exchange::Word;
use crate::vm::{Context, Flow, Step, Stepped};

/// Bytes of its JSON.
const BYTES_MAX: usize = 4 << 10;

pub fn session(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    let Some(exchange) = context.exchange else { return Err(super::outside("session")) };
    if let Some(value) = exchange.word(Word::Session) {
        return steps::done(value);
    }
    if let Some(json) = &exchange.inbound.session {
        let Value::Text(text) = context.heap.new_text(json)? else { return Err(Bug::WrongShape.into()) };
        return Ok(Flow::Step(Box::new(Opening(Reader::new(text)))));
    }
    let map = Value::Map(context.heap.new_map(0)?);
    exchange.set_word(Word::Session, map);
    steps::done(map)
}

/// Reads what the client brought.
#[derive(Debug)]
struct Opening(Reader);

impl Stepped for Opening {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let map = match self.0.step(context, None) {
            Ok(Step::Done(map @ Value::Map(_))) => map,
            // Nobody but this program wrote it; what is no map any more is an empty one.
            Ok(Step::Done(_)) | Err(Stop::Raise(_)) => Value::Map(context.heap.new_map(0)?),
            other => return other,
        };
        exchange(context, "session")?.set_word(Word::Session, map);
        Ok(Step::Done(map))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.0.trace(visit);
    }

    fn held(&self) -> usize {
        self.0.held()
    }
}

/// Writes the session back, if it was read.
pub fn closing(context: &mut Context<'_>) -> Outcome<Option<Writer>> {
    let Some(session) = exchange(context, "session")?.word(Word::Session) else { return Ok(None) };
    judge(context.heap, session)?;
    Ok(Some(Writer::new(session, 0)))
}

/// What becomes of a session that was written as this JSON.
pub fn change(json: String, before: Option<&String>) -> Outcome<SessionChange> {
    if json.len() > BYTES_MAX {
        let bytes = json.len();
        return Err(Stop::value_error(format!("a session takes at most {BYTES_MAX} bytes, not {bytes}")));
    }
    Ok(match before {
        None if json == "{}" => SessionChange::Keep,
        Some(before) if *before == json => SessionChange::Keep,
        Some(_) if json == "{}" => SessionChange::Clear,
        _ => SessionChange::Set(json),
    })
}

/// Refuses what JSON does not give back, and what is far too much.
fn judge(heap: &Heap, session: Value) -> Outcome<()> {
    let mut work = vec![session];
    let mut seen = 0_usize;
    while let Some(value) = work.pop() {
        seen = seen.saturating_add(1);
        match value {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Number(_) | Value::Text(_) => {}
            Value::List(list) => work.extend(heap.lists.get(list)?.items.iter().take(BYTES_MAX)),
            Value::Map(map) => {
                for entry in heap.maps.get(map)?.iter().take(BYTES_MAX) {
                    if !matches!(entry.key, Value::Text(_)) {
                        let kind = entry.key.kind().name();
                        return Err(Stop::value_error(format!("a key in a session is a text, not {kind}")));
                    }
                    work.push(entry.value);
                }
            }
            other => {
                let kind = other.kind().name();
                return Err(Stop::value_error(format!(
                    "a session holds JSON-like values, not {kind}: keep an id, and look it up"
                )));
            }
        }
        // Each of them takes a byte at least.
        if seen.saturating_add(work.len()) > BYTES_MAX.saturating_mul(2) {
            return Err(Stop::value_error(format!("a session takes at most {BYTES_MAX} bytes")));
        }
    }
    Ok(())
}
