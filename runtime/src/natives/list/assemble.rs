//! New lists made of the elements of others, in steps: `reverse take drop slice concat to_list`, and one level of nesting
//! more or less: `flat zip chunk`.

use super::Elements;
use crate::natives::{arguments, steps};
use crate::value::cut::Cut;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, List, Value, list};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

pub fn to_list(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let count = elements.count(context.heap)?;
    copy(context, &[(elements, 0, count)])
}

pub fn concat(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let front = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let back = Elements::of(context.heap, arguments::value(args, 1)?)?;
    let (before, after) = (front.count(context.heap)?, back.count(context.heap)?);
    copy(context, &[(front, 0, before), (back, 0, after)])
}

pub fn take(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (elements, at) = cut_at(context, args, "take")?;
    copy(context, &[(elements, 0, at)])
}

pub fn drop(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (elements, at) = cut_at(context, args, "drop")?;
    let left = elements.count(context.heap)?.saturating_sub(at);
    copy(context, &[(elements, at, left)])
}

/// The elements and the count given, which is clamped.
fn cut_at(context: &Context<'_>, args: &[Value], name: &str) -> Outcome<(Elements, usize)> {
    let (elements, n) = (Elements::of(context.heap, arguments::value(args, 0)?)?, arguments::int(args, 1)?);
    if n < 0 {
        return Err(Stop::value_error(format!("{name} needs a count of at least 0, not {n}")));
    }
    let at = usize::try_from(n).unwrap_or(usize::MAX);
    // A range too long to be counted may still be taken from.
    let count = elements.count(context.heap).unwrap_or(usize::MAX);
    Ok((elements, at.min(count)))
}

pub fn slice(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let (start, end) = (arguments::optional_int(args, 1)?, arguments::optional_int(args, 2)?);
    let cut: Cut = list::cut(elements.count(context.heap)?, start, end, 1)?;
    copy(context, &[(elements, cut.first, cut.count)])
}

/// Starts copying parts, each given by its first position and its count.
fn copy(context: &mut Context<'_>, parts: &[(Elements, usize, usize)]) -> Outcome<Flow> {
    let total = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.2));
    let result = context.heap.new_list_with(total)?;
    steps::start(context, Copy { parts: parts.into(), at: 0, result }, steps::bulk(total.saturating_mul(16)))
}

#[derive(Debug)]
struct Copy {
    parts: Box<[(Elements, usize, usize)]>,
    /// The part that is copied.
    at: usize,
    result: Handle<List>,
}

impl Stepped for Copy {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some((elements, from, left)) = self.parts.get_mut(self.at) else {
            return Ok(Step::Done(Value::List(self.result)));
        };
        let now = (*left).min(SLICE);
        context.charge_fuel(now);
        elements.copy_to(context.heap, self.result, *from, now)?;
        *from = from.saturating_add(now);
        *left = left.saturating_sub(now);
        if *left == 0 {
            self.at = self.at.saturating_add(1);
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.result));
        for (elements, ..) in &self.parts {
            elements.trace(visit);
        }
    }
}

pub fn reverse(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let count = elements.count(context.heap)?;
    walk(context, elements, count, Shape::Reverse)
}

/// One level less: elements that are lists give their elements.
pub fn flat(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    walk(context, elements, 0, Shape::Flat)
}

/// Pairs, up to the end of the shorter.
pub fn zip(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let others = Elements::of(context.heap, arguments::value(args, 1)?)?;
    let count = |elements: Elements| elements.count(context.heap).unwrap_or(usize::MAX);
    let room = count(elements).min(count(others));
    walk(context, elements, room, Shape::Zip(others))
}

pub fn chunk(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (elements, n) = (Elements::of(context.heap, arguments::value(args, 0)?)?, arguments::int(args, 1)?);
    let size = usize::try_from(n).unwrap_or(if n < 0 { 0 } else { usize::MAX });
    if size == 0 {
        return Err(Stop::value_error(format!("chunk needs a size of at least 1, not {n}")));
    }
    let count = elements.count(context.heap)?;
    walk(context, elements, count.div_ceil(size), Shape::Chunk(size))
}

fn walk(context: &mut Context<'_>, elements: Elements, room: usize, shape: Shape) -> Outcome<Flow> {
    let work = elements.count(context.heap).unwrap_or(usize::MAX).saturating_mul(PIECE_WORK);
    let result = context.heap.new_list_with(room)?;
    steps::start(context, Walk { elements, shape, at: 0, result }, work)
}

/// What making one inner list costs besides its elements.
const PIECE_WORK: usize = 8;

/// How elements come into the result.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Reverse,
    Flat,
    Zip(Elements),
    Chunk(usize),
}

#[derive(Debug)]
struct Walk {
    elements: Elements,
    shape: Shape,
    /// Position of the next element; how many were dealt with.
    at: usize,
    result: Handle<List>,
}

impl Stepped for Walk {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work: usize = 0;
        let ended = loop {
            if work >= SLICE {
                break Ok(Step::Again);
            }
            match self.piece(context.heap) {
                Ok(Some(cost)) => work = work.saturating_add(cost),
                Ok(None) => break Ok(Step::Done(Value::List(self.result))),
                Err(stop) => break Err(stop),
            }
        };
        context.charge_fuel(work);
        ended
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.result));
        self.elements.trace(visit);
        if let Shape::Zip(others) = self.shape {
            others.trace(visit);
        }
    }
}

impl Walk {
    /// Makes one piece of the result; gives what it cost, or none at the end.
    fn piece(&mut self, heap: &mut Heap) -> Outcome<Option<usize>> {
        let mut cost = PIECE_WORK;
        let mut taken = 1;
        match self.shape {
            Shape::Reverse => {
                let back = self.elements.count(heap)?.checked_sub(self.at.saturating_add(1));
                let Some(position) = back else { return Ok(None) };
                let Some(element) = self.elements.get(heap, position)? else { return Ok(None) };
                heap.push(self.result, element)?;
                cost = 1;
            }
            Shape::Flat => match self.elements.get(heap, self.at)? {
                None => return Ok(None),
                Some(Value::List(inner)) => {
                    cost = heap.lists.get(inner)?.items.len().saturating_add(1);
                    heap.extend_list(self.result, inner)?;
                }
                Some(element) => heap.push(self.result, element)?,
            },
            Shape::Zip(others) => {
                let pair = (self.elements.get(heap, self.at)?, others.get(heap, self.at)?);
                let (Some(element), Some(other)) = pair else { return Ok(None) };
                heap.reserve_list(self.result, 1)?;
                let pair = heap.new_list_with(2)?;
                heap.push(pair, element)?;
                heap.push(pair, other)?;
                heap.push(self.result, Value::List(pair))?;
            }
            Shape::Chunk(size) => {
                let left = self.elements.count(heap)?.saturating_sub(self.at);
                if left == 0 {
                    return Ok(None);
                }
                taken = left.min(size);
                cost = taken.saturating_add(PIECE_WORK);
                heap.reserve_list(self.result, 1)?;
                let chunk = heap.new_list_with(taken)?;
                self.elements.copy_to(heap, chunk, self.at, taken)?;
                heap.push(self.result, Value::List(chunk))?;
            }
        }
        self.at = self.at.saturating_add(taken);
        Ok(Some(cost))
    }
}
