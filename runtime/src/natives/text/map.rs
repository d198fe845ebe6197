//! Texts made code point by code point: `upper`, `lower`, `capitalize`, `reverse`.

use crate::natives::{arguments, steps};
use crate::value::stop::{Outcome, Stop};
use crate::value::text::case::{Case, Mapping};
use crate::value::{Bug, Handle, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

pub fn upper(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    change_case(context, args, Case::Upper)
}

pub fn lower(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    change_case(context, args, Case::Lower)
}

fn change_case(context: &mut Context<'_>, args: &[Value], to: Case) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    let work = context.heap.texts.bytes(source)?;
    steps::start(context, ChangeCase { source, to, at: 0, phase: Phase::Measuring(0) }, work)
}

/// Changes the first code point alone.
pub fn capitalize(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    let content = context.heap.texts.uncharged(source)?;
    let mut rest = content.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    let (kept, whole) = (rest.as_str().len(), content.len());
    context.charge_fuel(steps::bulk(whole));
    let bytes = kept.saturating_add(first.len());
    context.heap.reserve_text(bytes)?;
    let mut result = String::with_capacity(bytes);
    result.push_str(&first);
    let content = context.heap.texts.uncharged(source)?;
    result.push_str(content.get(whole.saturating_sub(kept)..).unwrap_or_default());
    steps::done(context.heap.put_text(result))
}

/// Measures the result and charges it, then maps.
#[derive(Debug)]
struct ChangeCase {
    source: Handle<Text>,
    to: Case,
    /// Byte of the source that is next.
    at: usize,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Bytes of the result so far.
    Measuring(usize),
    /// The result has its room.
    Writing(Mapping, String),
}

impl Stepped for ChangeCase {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let content = context.heap.texts.uncharged(self.source)?;
        let end = steps::stretch_end(content, self.at, SLICE);
        let stretch = content.get(self.at..end).unwrap_or_default();
        let over = self.at == content.len();
        let work = stretch.len().saturating_add(1);
        match &mut self.phase {
            Phase::Measuring(bytes) if over => {
                let bytes = *bytes;
                context.heap.reserve_text(bytes)?;
                self.phase = Phase::Writing(Mapping::new(self.to), String::with_capacity(bytes));
                self.at = 0;
                return Ok(Step::Again);
            }
            Phase::Writing(mapping, result) if over => {
                mapping.finish(content.len(), result);
                let result = std::mem::take(result);
                return Ok(Step::Done(context.heap.put_text(result)));
            }
            Phase::Measuring(bytes) => {
                *bytes = bytes.saturating_add(Mapping::measure(self.to, stretch));
            }
            Phase::Writing(mapping, result) => mapping.push(stretch, result),
        }
        context.charge_fuel(work);
        self.at = end;
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
    }
}

/// Code points in the opposite order.
pub fn reverse(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    let work = context.heap.texts.bytes(source)?;
    steps::start(context, Reverse { source, left: work, result: None }, work)
}

#[derive(Debug)]
struct Reverse {
    source: Handle<Text>,
    /// Bytes of the source that are not reversed yet, all at its start.
    left: usize,
    result: Option<String>,
}

impl Stepped for Reverse {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(SLICE.min(self.left));
        let Some(result) = &mut self.result else {
            context.heap.reserve_text(self.left)?;
            self.result = Some(String::with_capacity(self.left));
            return Ok(Step::Again);
        };
        if self.left == 0 {
            let result = std::mem::take(result);
            return Ok(Step::Done(context.heap.put_text(result)));
        }
        let content = context.heap.texts.uncharged(self.source)?;
        let start = content.floor_char_boundary(self.left.saturating_sub(SLICE));
        let stretch = content.get(start..self.left).ok_or(Stop::Bug(Bug::BadIndex))?;
        result.extend(stretch.chars().rev());
        self.left = start;
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
    }
}
