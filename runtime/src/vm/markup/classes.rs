//! `class` put together from an attribute of that name and from `class:name={condition}`.

use super::rendering::Rendering;
use super::{Form, handle, run};
use crate::value::stop::Outcome;
use crate::value::{Handle, List, Object, Value};
use crate::vm::construct::no_list;
use crate::vm::native::{Context, Flow, Step, Stepped};

/// Appends `class="…"` with the words in the list: views as they are, none and truth values not at all, lists word by
/// word, other values as escaped text. Nothing where nothing is left.
pub(in crate::vm) fn classes(context: &mut Context<'_>, markup: Value, words: Value) -> Outcome<Flow> {
    let markup = handle(markup)?;
    let Value::List(words) = words else { return Err(no_list(words)) };
    run(context, Classes { markup, words, at: 0, written: false, rendering: None })
}

#[derive(Debug)]
struct Classes {
    markup: Handle<Object>,
    words: Handle<List>,
    at: usize,
    written: bool,
    rendering: Option<Rendering>,
}

impl Stepped for Classes {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let all = context.heap.lists.get(self.words)?.items.len();
        for _ in 0..all.saturating_sub(self.at).saturating_add(1) {
            context.charge_fuel(4);
            if let Some(rendering) = &mut self.rendering {
                if !rendering.advance(context)? {
                    return Ok(Step::Again);
                }
                self.rendering = None;
                self.at = self.at.saturating_add(1);
            }
            let Some(&word) = context.heap.lists.get(self.words)?.items.get(self.at) else { break };
            if matches!(word, Value::None | Value::Unset | Value::Bool(_)) {
                self.at = self.at.saturating_add(1);
                continue;
            }
            let (markup, memory) = context.heap.markup(self.markup)?;
            markup.push(memory, if self.written { " " } else { " class=\"" })?;
            self.written = true;
            self.rendering = Some(match word {
                Value::View(_) => Rendering::new(self.markup, word, Form::Rendered),
                Value::List(_) | Value::Query(_) | Value::Range(_) => {
                    Rendering::words(self.markup, word, Form::Escaped)
                }
                other => Rendering::new(self.markup, other, Form::Escaped),
            });
        }
        if self.written {
            let (markup, memory) = context.heap.markup(self.markup)?;
            markup.push(memory, "\"")?;
        }
        Ok(Step::Done(Value::Markup(self.markup)))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Markup(self.markup));
        visit(Value::List(self.words));
        if let Some(rendering) = &self.rendering {
            rendering.trace(visit);
        }
    }

    fn held(&self) -> usize {
        self.rendering.as_ref().map_or(0, Rendering::held)
    }
}
