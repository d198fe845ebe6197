//! Values as text: at once where they are short, in steps where they have to be walked.

use super::native::{Context, Flow, SLICE, Step, Stepped};
use super::program::Program;
use crate::base::builtin::NativeId;
use crate::base::span::to_usize;
use crate::value::show::{Names, Part, Show, write_scalar};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Text, Value};

impl Names for Program {
    fn function(&self, index: u32) -> Option<&str> {
        let name = self.module.functions.get(to_usize(index))?.name?;
        self.texts.get(to_usize(name)).map(Text::as_str)
    }

    fn native(&self, id: NativeId) -> &str {
        self.table.get(usize::from(id.0)).map_or("", |native| native.signature.name)
    }

    fn method(&self, name: u32) -> &str {
        self.text(name)
    }

    fn variant(&self, of: u32, variant: u32) -> &str {
        Self::variant(self, of, variant).map_or("", |(_, name)| name)
    }

    fn entity(&self, of: u32) -> &str {
        self.entity_shape(of).map_or("", |shape| &shape.name)
    }
}

/// `to_text` of these values, one after the other.
pub fn joined(context: &mut Context<'_>, values: &[Value]) -> Outcome<Flow> {
    if let [Value::Text(_)] = values {
        return Ok(Flow::Value(values.first().copied().unwrap_or(Value::None)));
    }
    let mut scratch = String::new();
    let mut ends = Vec::new();
    let mut bytes = 0_usize;
    for &value in values {
        if let Value::Text(text) = value {
            bytes = bytes.saturating_add(context.heap.texts.bytes(text)?);
        } else if write_scalar(context.program, value, &mut scratch) {
            ends.push(scratch.len());
        } else {
            return shown(context, values.iter().map(|&value| Part { value, nested: false }));
        }
    }
    let bytes = bytes.saturating_add(scratch.len());
    context.charge_fuel(bytes >> 4);
    context.heap.reserve_text(bytes)?;
    let mut content = String::with_capacity(bytes);
    let (mut at, mut ends) = (0, ends.into_iter());
    for &value in values {
        if let Value::Text(text) = value {
            content.push_str(context.heap.texts.uncharged(text)?);
        } else if let Some(end) = ends.next() {
            content.push_str(scratch.get(at..end).unwrap_or_default());
            at = end;
        }
    }
    Ok(Flow::Value(context.heap.put_text(content)))
}

/// These values as text, in steps where they take more than one.
pub fn shown(context: &mut Context<'_>, parts: impl IntoIterator<Item = Part>) -> Outcome<Flow> {
    let mut writing = Writing(Show::new(parts));
    match writing.step(context, None) {
        Ok(Step::Done(text)) => Ok(Flow::Value(text)),
        // What it needs of the store, it gets in a frame of its own, where it stands.
        Ok(_) | Err(Stop::Need(_)) => Ok(Flow::Step(Box::new(writing))),
        Err(stop) => {
            context.heap.memory.release(writing.held())?;
            Err(stop)
        }
    }
}

/// A [`Show`] as a frame.
#[derive(Debug)]
struct Writing(Show);

impl Stepped for Writing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let before = self.0.charged();
        let done = self.0.step(context.heap, context.program, SLICE)?;
        context.charge_fuel(self.0.charged().saturating_sub(before).max(SLICE));
        Ok(done.map_or(Step::Again, Step::Done))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.0.trace(visit);
    }

    fn held(&self) -> usize {
        self.0.charged()
    }
}
