//! `join`: the elements as text, with a separator between them.

use super::Elements;
use crate::natives::{arguments, steps};
use crate::value::show::{Part, Show, write_scalar};
use crate::value::stop::Outcome;
use crate::value::{Handle, Text, TextBuilder, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

pub fn join(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let separator = match arguments::given(args, 1) {
        Some(_) => Some(arguments::text(args, 1)?),
        None => None,
    };
    let work = elements.count(context.heap)?.saturating_mul(8);
    let join = Join {
        elements,
        separator,
        at: 0,
        nested: None,
        scratch: String::new(),
        result: TextBuilder::default(),
    };
    steps::start(context, join, work)
}

#[derive(Debug)]
struct Join {
    elements: Elements,
    separator: Option<Handle<Text>>,
    /// Position of the element that is written.
    at: usize,
    /// It takes a walk, or has become a text by one.
    nested: Option<Nested>,
    scratch: String,
    result: TextBuilder,
}

#[derive(Debug)]
enum Nested {
    Walking(Show),
    Written(Handle<Text>),
}

impl Stepped for Join {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work: usize = 0;
        while work < SLICE {
            let before = self.result.len();
            let Some(element) = self.elements.get(context.heap, self.at)? else {
                return self.result.finish(context.heap).map(Step::Done);
            };
            if self.write(context, element)? {
                self.at = self.at.saturating_add(1);
            } else {
                work = SLICE;
            }
            let written = self.result.len().saturating_sub(before);
            work = work.saturating_add(8).saturating_add(steps::bulk(written));
        }
        context.charge_fuel(work);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.elements.trace(visit);
        if let Some(separator) = self.separator {
            visit(Value::Text(separator));
        }
        match &self.nested {
            Some(Nested::Walking(show)) => show.trace(visit),
            Some(Nested::Written(text)) => visit(Value::Text(*text)),
            None => {}
        }
    }

    fn held(&self) -> usize {
        let nested = if let Some(Nested::Walking(show)) = &self.nested { show.charged() } else { 0 };
        self.result.charged().saturating_add(nested)
    }
}

impl Join {
    /// Appends an element, with a separator before all but the first; false when that takes a further step. Appends all
    /// or nothing.
    fn write(&mut self, context: &mut Context<'_>, element: Value) -> Outcome<bool> {
        let written = match (element, &mut self.nested) {
            (_, Some(Nested::Walking(show))) => {
                if let Some(Value::Text(text)) = show.step(context.heap, context.program, SLICE)? {
                    self.nested = Some(Nested::Written(text));
                }
                return Ok(false);
            }
            (_, Some(Nested::Written(text))) => Some(*text),
            (Value::Text(text), None) => Some(text),
            (_, None) => {
                self.scratch.clear();
                if !write_scalar(context.program, element, &mut self.scratch) {
                    let part = Part { value: element, nested: false };
                    self.nested = Some(Nested::Walking(Show::new([part])));
                    return Ok(false);
                }
                None
            }
        };
        let heap = &mut *context.heap;
        let separator = self.separator.filter(|_| self.at > 0);
        let separator_bytes = separator.map_or(Ok(0), |text| heap.texts.bytes(text))?;
        let bytes = written.map_or(Ok(self.scratch.len()), |text| heap.texts.bytes(text))?;
        self.result.reserve(heap, separator_bytes.saturating_add(bytes))?;
        if let Some(separator) = separator {
            self.result.push_part(heap, separator, 0..separator_bytes)?;
        }
        match written {
            Some(text) => self.result.push_part(heap, text, 0..bytes)?,
            None => self.result.push_str(heap, &self.scratch)?,
        }
        self.nested = None;
        Ok(true)
    }
}
