//! Text that is markup (`raw`), and text that must not become markup (`escape`).

use super::super::arguments;
use super::alone;
use crate::value::map::Key;
use crate::value::markup::View;
use crate::value::markup::escape::entity;
use crate::value::show::Show;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, Object, Text, TextBuilder, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// Bytes of a text that one part of the work looks at.
const WINDOW_BYTES: usize = 1024;

pub fn escape(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let value = arguments::value(args, 0)?;
    Ok(Flow::Step(Box::new(match value {
        Value::Text(text) => Making::escaping(text),
        value => Making::Writing(Show::new([alone(value)]), Aim::Escaped),
    })))
}

pub fn raw(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match arguments::value(args, 0)? {
        Value::Text(text) => Ok(Flow::Value(view(context.heap, text)?)),
        view @ Value::View(_) => Ok(Flow::Value(view)),
        value => Ok(Flow::Step(Box::new(Making::Writing(Show::new([alone(value)]), Aim::View)))),
    }
}

/// Adds content to what is kept for the slot of that name.
pub fn slot(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (slots, name) = (arguments::map(args, 0)?, arguments::value(args, 1)?);
    let content = arguments::value(args, 2)?;
    let heap = &mut *context.heap;
    let Some(key) = Key::new(&heap.texts, name)? else {
        let kind = name.kind().name();
        return Err(Stop::type_error(format!("the name of a slot is a text, not {kind}")));
    };
    if let Some(Value::List(kept)) = heap.maps.get(slots)?.get(&heap.texts, key) {
        heap.push(kept, content)?;
    } else {
        let kept = heap.new_list_with(1)?;
        heap.lists.get_mut(kept)?.items.push(content);
        heap.set_key(slots, name, Value::List(kept))?;
    }
    Ok(Flow::Value(Value::None))
}

fn view(heap: &mut Heap, text: Handle<Text>) -> Outcome<Value> {
    Ok(Value::View(heap.new_object(Object::View(View::plain(text)))?))
}

#[derive(Clone, Copy, Debug)]
enum Aim {
    Escaped,
    View,
}

#[derive(Debug)]
enum Making {
    /// Writes the value as text first.
    Writing(Show, Aim),
    Escaping {
        text: Handle<Text>,
        at: usize,
        out: TextBuilder,
    },
    Viewing(Handle<Text>),
}

impl Making {
    fn escaping(text: Handle<Text>) -> Self {
        Self::Escaping { text, at: 0, out: TextBuilder::default() }
    }
}

impl Stepped for Making {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let heap = &mut *context.heap;
        match self {
            Self::Writing(show, aim) => {
                if let Some(Value::Text(text)) = show.step(heap, context.program, SLICE)? {
                    *self = match aim {
                        Aim::Escaped => Self::escaping(text),
                        Aim::View => Self::Viewing(text),
                    };
                }
                context.charge_fuel(SLICE);
                Ok(Step::Again)
            }
            Self::Viewing(text) => Ok(Step::Done(view(heap, *text)?)),
            Self::Escaping { text, at, out } => {
                let mut budget = SLICE;
                while budget > 0 {
                    let rest = heap.texts.uncharged(*text)?.get(*at..).ok_or(Bug::WrongShape)?;
                    if rest.is_empty() {
                        return Ok(Step::Done(out.finish(heap)?));
                    }
                    let window = rest.get(..rest.floor_char_boundary(WINDOW_BYTES)).unwrap_or(rest);
                    let taken = match window.bytes().position(|byte| entity(byte).is_some()) {
                        Some(0) => {
                            let entity = window.bytes().next().and_then(entity).unwrap_or_default();
                            out.push_str(heap, entity)?;
                            1
                        }
                        found => {
                            let plain = found.unwrap_or(window.len());
                            out.push_part(heap, *text, *at..at.saturating_add(plain))?;
                            plain
                        }
                    };
                    *at = at.saturating_add(taken);
                    budget = budget.saturating_sub(taken.max(8));
                }
                context.charge_fuel(SLICE);
                Ok(Step::Again)
            }
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        match self {
            Self::Writing(show, _) => show.trace(visit),
            Self::Escaping { text, .. } | Self::Viewing(text) => visit(Value::Text(*text)),
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Writing(show, _) => show.charged(),
            Self::Escaping { out, .. } => out.charged(),
            Self::Viewing(_) => 0,
        }
    }
}
