//! `t(key, map)`: a text of the project in the language that the client wants.

use super::session;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::natives::arguments;
use crate::natives::define::TEXT;
use crate::natives::define::{optional, required};
use crate::value::map::Key;
use crate::value::show::{Part, Show};
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Map, Text, Value};
use crate::vm::exchange::Word;
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use std::sync::Arc;

/// Bytes of a name in braces.
const NAME_BYTES_MAX: usize = 256;

/// Key, and what stands in the text in braces.
pub const PARAMS: &[Param] = &[required("key", TEXT), optional("map", Kinds::of(&[Kind::Map, Kind::None]))];

pub fn translate(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let key = arguments::text(args, 0)?;
    let values = match arguments::given(args, 1) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    };
    let brought = context
        .exchange
        .as_ref()
        .is_some_and(|exchange| exchange.word(Word::Session).is_some() || exchange.inbound.session.is_some());
    let state = if brought {
        match session::session(context, &[])? {
            Flow::Value(session) => State::Choosing(Some(session)),
            Flow::Step(opening) => State::Opening(opening),
            Flow::Effect(..) => return Err(Bug::BadFrame.into()),
        }
    } else {
        State::Choosing(None)
    };
    Ok(Flow::Step(Box::new(Translating { key, values, state })))
}

#[derive(Debug)]
struct Translating {
    key: Handle<Text>,
    values: Option<Handle<Map>>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The session is read.
    Opening(Box<dyn Stepped>),
    /// The language is looked for.
    Choosing(Option<Value>),
    /// Values are put in.
    Writing(Show),
}

impl Stepped for Translating {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match &mut self.state {
            State::Opening(opening) => {
                match opening.step(context, None)? {
                    Step::Done(session) => self.state = State::Choosing(Some(session)),
                    Step::Again => {}
                    Step::Call { .. } | Step::Ask(_) => return Err(Bug::BadFrame.into()),
                }
                Ok(Step::Again)
            }
            State::Choosing(session) => {
                let session = *session;
                let Some(found) = chosen(context, self.key, session)? else {
                    return Ok(Step::Done(Value::Text(self.key)));
                };
                context.charge_fuel(found.len() >> 2);
                let show = Show::new(parts(context, &found, self.values)?);
                self.state = State::Writing(show);
                Ok(Step::Again)
            }
            State::Writing(show) => {
                let done = show.step(context.heap, context.program, SLICE)?;
                context.charge_fuel(SLICE >> 3);
                Ok(done.map_or(Step::Again, Step::Done))
            }
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.key));
        if let Some(values) = self.values {
            visit(Value::Map(values));
        }
        match &self.state {
            State::Opening(opening) => opening.trace(visit),
            State::Choosing(session) => session.iter().for_each(|session| visit(*session)),
            State::Writing(show) => show.trace(visit),
        }
    }

    fn held(&self) -> usize {
        match &self.state {
            State::Opening(opening) => opening.held(),
            State::Choosing(_) => 0,
            State::Writing(show) => show.charged(),
        }
    }
}

/// The text of a key in the language of the session, else of the client, else in English.
fn chosen(context: &mut Context<'_>, key: Handle<Text>, session: Option<Value>) -> Outcome<Option<Arc<str>>> {
    let Some(translations) = context.program.translations() else { return Ok(None) };
    let lang = match session {
        Some(Value::Map(map)) => {
            let Value::Text(name) = context.heap.new_text("lang")? else {
                return Err(Bug::WrongShape.into());
            };
            let key = Key::new(&context.heap.texts, Value::Text(name))?;
            let map = context.heap.maps.get(map)?;
            key.and_then(|key| map.get(&context.heap.texts, key))
        }
        _ => None,
    };
    let lang = match lang {
        Some(Value::Text(lang)) => Some(context.heap.texts.str(lang)?),
        _ => None,
    };
    let headers = context.exchange.as_ref().map(|exchange| exchange.inbound.headers.as_slice());
    let accepts =
        headers.unwrap_or_default().iter().find(|(name, _)| name.eq_ignore_ascii_case("accept-language"));
    let catalogue = translations.choose(lang, accepts.map(|(_, value)| value.as_str()));
    let key = context.heap.texts.str(key)?;
    Ok(catalogue.and_then(|catalogue| catalogue.text(key)).map(Arc::clone))
}

/// The text in pieces, with the map's value in place of each `{name}` that it has.
fn parts(context: &mut Context<'_>, text: &str, values: Option<Handle<Map>>) -> Outcome<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, behind)) = rest.split_once('{') {
        plain.push_str(before);
        let near = behind.get(..behind.floor_char_boundary(NAME_BYTES_MAX)).unwrap_or_default();
        let end = near.find(['{', '}']).filter(|&end| behind.as_bytes().get(end) == Some(&b'}'));
        let name = end.and_then(|end| Some((behind.get(..end)?, behind.get(end.saturating_add(1)..)?)));
        let value = match (name, values) {
            (Some((name, _)), Some(values)) => {
                let name = context.heap.new_text(name)?;
                let key = Key::new(&context.heap.texts, name)?;
                key.and_then(|key| context.heap.maps.get(values).ok()?.get(&context.heap.texts, key))
            }
            _ => None,
        };
        if let (Some((_, after)), Some(value)) = (name, value) {
            parts.push(alone(context.heap.new_text(&plain)?));
            plain.clear();
            parts.push(alone(value));
            rest = after;
        } else {
            plain.push('{');
            rest = behind;
        }
    }
    plain.push_str(rest);
    parts.push(alone(context.heap.new_text(&plain)?));
    Ok(parts)
}

const fn alone(value: Value) -> Part {
    Part { value, nested: false }
}
