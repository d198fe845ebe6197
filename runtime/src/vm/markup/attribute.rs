//! Attributes whose value, or name and value, are computed.

use super::rendering::Rendering;
use super::{handle, piece, run};
use crate::base::event::event_of_computed;
use crate::value::markup::{name, place::Place};
use crate::value::stop::{Outcome, Stop};
use crate::value::text::Texts;
use crate::value::{Handle, Map, Object, Text, Value};
use crate::vm::native::{Context, Flow, Step, Stepped};

/// Appends an attribute.
#[inline]
pub(in crate::vm) fn attribute(
    context: &mut Context<'_>,
    markup: Value,
    value: Value,
    constant: u32,
) -> Outcome<Flow> {
    let handle = handle(markup)?;
    run(context, Writing::new(handle, Texts::constant(constant), value))
}

/// Appends an attribute for each entry of a map.
pub(in crate::vm) fn attributes(context: &mut Context<'_>, markup: Value, from: Value) -> Outcome<Flow> {
    let handle = handle(markup)?;
    match from {
        Value::None | Value::Unset | Value::Client => Ok(Flow::Value(markup)),
        Value::Map(map) => run(context, Spreading { markup: handle, map, place: 0, writing: None }),
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("only a map can be spread into attributes, not {kind}")))
        }
    }
}

/// One attribute on its way into markup.
#[derive(Debug)]
struct Writing {
    markup: Handle<Object>,
    name: Handle<Text>,
    value: Value,
    state: State,
}

#[derive(Debug)]
enum State {
    Name,
    Value(Option<Rendering>),
    End,
}

impl Writing {
    const fn new(markup: Handle<Object>, name: Handle<Text>, value: Value) -> Self {
        Self { markup, name, value, state: State::Name }
    }

    /// True when it is written.
    fn advance(&mut self, context: &mut Context<'_>) -> Outcome<bool> {
        loop {
            match &mut self.state {
                State::Name => match self.open(context)? {
                    Some(state) => self.state = state,
                    None => return Ok(true),
                },
                State::Value(Some(rendering)) => {
                    if !rendering.advance(context)? {
                        return Ok(false);
                    }
                    self.state = State::End;
                }
                State::Value(rendering @ None) => {
                    let form = super::escaped(context, self.markup)?;
                    if piece::put(context, self.markup, self.value, form)? {
                        self.state = State::End;
                    } else {
                        let is_list =
                            matches!(self.value, Value::List(_) | Value::Query(_) | Value::Range(_));
                        *rendering = Some(if is_list {
                            Rendering::words(self.markup, self.value, form)
                        } else {
                            Rendering::new(self.markup, self.value, form)
                        });
                    }
                }
                State::End => {
                    let (markup, memory) = context.heap.markup(self.markup)?;
                    markup.reserve(memory, 1)?;
                    markup.end_value();
                    markup.push(memory, "\"")?;
                    return Ok(true);
                }
            }
        }
    }

    /// Writes the name, and what comes before the value if there is one.
    fn open(&mut self, context: &mut Context<'_>) -> Outcome<Option<State>> {
        let (markup, memory, texts) = context.heap.markup_and_texts(self.markup)?;
        let name = texts.str(self.name)?;
        let mut put = |behind: &str| {
            let bytes = name.len().saturating_add(behind.len()).saturating_add(1);
            markup.push_with(memory, bytes, |out| out.extend([" ", name, behind]))
        };
        match self.value {
            Value::None | Value::Unset => return Ok(None),
            Value::Bool(truth) if !name::spells_truth(name) => {
                if truth {
                    put("")?;
                }
                return Ok(None);
            }
            _ => put("=\"")?,
        }
        markup.begin_value(Place::of(name));
        Ok(Some(State::Value(None)))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Markup(self.markup));
        visit(Value::Text(self.name));
        visit(self.value);
        if let State::Value(Some(rendering)) = &self.state {
            rendering.trace(visit);
        }
    }

    fn held(&self) -> usize {
        if let State::Value(Some(rendering)) = &self.state { rendering.held() } else { 0 }
    }
}

impl Stepped for Writing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let done = self.advance(context)?;
        context.charge_fuel(4);
        Ok(if done { Step::Done(Value::Markup(self.markup)) } else { Step::Again })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.trace(visit);
    }

    fn held(&self) -> usize {
        self.held()
    }
}

/// The entries of a map, one attribute each.
#[derive(Debug)]
struct Spreading {
    markup: Handle<Object>,
    map: Handle<Map>,
    place: usize,
    writing: Option<Writing>,
}

/// Entries that are looked at in one step.
const ENTRIES_MAX: usize = 64;

impl Spreading {
    /// Begins the next entry; false when none is left.
    fn begin(&mut self, context: &mut Context<'_>) -> Outcome<bool> {
        let heap = &mut *context.heap;
        let Some((&entry, after)) = heap.maps.get(self.map)?.entry_from(self.place) else { return Ok(false) };
        let Value::Text(key) = entry.key else {
            let kind = entry.key.kind().name();
            return Err(Stop::value_error(format!("the name of an attribute is a text, not {kind}")));
        };
        let name = heap.texts.str(key)?;
        if !name::is_attribute(name) {
            let message =
                "the name of an attribute is a letter, `_`, `@` or `:`, and then letters, digits or `_-:.@`";
            return Err(Stop::value_error(message));
        }
        // What handles an event never carries code that was computed.
        if let Some(event) = event_of_computed(name) {
            // A short copy, whatever the name.
            let event = event.to_owned();
            let bytes = event.len().saturating_add(9);
            let (markup, memory) = heap.markup(self.markup)?;
            markup.push_with(memory, bytes, |out| out.extend([" data-on-", event.as_str()]))?;
        } else if !matches!(name, "key" | "ref" | "slot") {
            self.writing = Some(Writing::new(self.markup, key, entry.value));
        }
        self.place = after;
        Ok(true)
    }
}

impl Stepped for Spreading {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        for _ in 0..ENTRIES_MAX {
            context.charge_fuel(4);
            if let Some(writing) = &mut self.writing {
                if !writing.advance(context)? {
                    return Ok(Step::Again);
                }
                self.writing = None;
            }
            if !self.begin(context)? {
                return Ok(Step::Done(Value::Markup(self.markup)));
            }
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Markup(self.markup));
        visit(Value::Map(self.map));
        if let Some(writing) = &self.writing {
            writing.trace(visit);
        }
    }

    fn held(&self) -> usize {
        self.writing.as_ref().map_or(0, Writing::held)
    }
}
