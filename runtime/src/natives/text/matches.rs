//! What is done with the occurrences of a text or the matches of a pattern: `contains`, `count`, `split`, `replace`,
//! `matches`, `find_all`.

mod finder;

use self::finder::Finder;
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::natives::{arguments, steps};
use crate::value::pattern::search::Hit;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, List, Text, TextBuilder, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// What dealing with one occurrence costs besides looking for it.
const HIT_WORK: usize = 16;

pub fn contains(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let finder = finder::of(context, args, true)?;
    begin(context, args, finder, Use::Any)
}

pub fn matches(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let finder = finder::of_pattern(context, args, true)?;
    begin(context, args, finder, Use::Any)
}

pub fn find_all(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let found = context.heap.new_list_with(0)?;
    let finder = finder::of_pattern(context, args, false)?;
    begin(context, args, finder, Use::Found(found))
}

pub fn count(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    refuse_empty(context, args)?;
    let finder = finder::of(context, args, false)?;
    begin(context, args, finder, Use::Count(0))
}

pub fn split(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    if needle_is_empty(context.heap, args)? {
        return super::parts::chars(context, args);
    }
    let parts = context.heap.new_list_with(0)?;
    let finder = finder::of(context, args, false)?;
    begin(context, args, finder, Use::Parts { parts, at: 0 })
}

pub fn replace(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    replaced(context, args, false)
}

pub fn replace_first(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    replaced(context, args, true)
}

fn replaced(context: &mut Context<'_>, args: &[Value], once: bool) -> Outcome<Flow> {
    refuse_empty(context, args)?;
    let with = arguments::text(args, 2)?;
    let finder = finder::of(context, args, false)?;
    begin(context, args, finder, Use::Replace(Replace { with, once, at: 0, result: TextBuilder::default() }))
}

fn needle_is_empty(heap: &Heap, args: &[Value]) -> Outcome<bool> {
    match arguments::value(args, 1)? {
        Value::Text(needle) => Ok(heap.texts.bytes(needle)? == 0),
        _ => Ok(false),
    }
}

fn refuse_empty(context: &Context<'_>, args: &[Value]) -> Outcome<()> {
    #[cfg(feature = "knockout")]
    if off(Guard::EmptyNeedle) {
        return Ok(());
    }
    if needle_is_empty(context.heap, args)? {
        return Err(Stop::value_error("an empty text is found everywhere; give at least one character"));
    }
    Ok(())
}

fn begin(context: &mut Context<'_>, args: &[Value], finder: Finder, then: Use) -> Outcome<Flow> {
    let content = arguments::text(args, 0)?;
    let bytes = context.heap.texts.bytes(content)?;
    let work =
        if matches!(finder, Finder::Text { .. }) { steps::bulk(bytes) } else { bytes.saturating_mul(8) };
    steps::start(context, Matches { content, finder, hit: None, then }, work)
}

/// A walk over all occurrences.
#[derive(Debug)]
struct Matches {
    content: Handle<Text>,
    finder: Finder,
    /// Found, and kept until it is dealt with.
    hit: Option<Hit>,
    then: Use,
}

/// What becomes of the occurrences.
#[derive(Debug)]
enum Use {
    /// Whether there is one.
    Any,
    /// How many there are.
    Count(usize),
    /// A list of them.
    Found(Handle<List>),
    /// A list of what is between them; the next part starts at this byte.
    Parts {
        parts: Handle<List>,
        at: usize,
    },
    Replace(Replace),
}

#[derive(Debug)]
struct Replace {
    with: Handle<Text>,
    once: bool,
    /// Up to this byte the source is dealt with.
    at: usize,
    result: TextBuilder,
}

impl Stepped for Matches {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        let step = self.walk(context.heap, &mut work);
        context.charge_fuel(SLICE.saturating_sub(work));
        step
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.content));
        self.finder.trace(visit);
        match &self.then {
            Use::Any | Use::Count(_) => {}
            Use::Found(list) | Use::Parts { parts: list, .. } => visit(Value::List(*list)),
            Use::Replace(replace) => visit(Value::Text(replace.with)),
        }
    }

    fn held(&self) -> usize {
        let result = if let Use::Replace(replace) = &self.then { replace.result.charged() } else { 0 };
        result.saturating_add(self.finder.held())
    }
}

impl Matches {
    fn walk(&mut self, heap: &mut Heap, work: &mut usize) -> Outcome<Step> {
        while *work > 0 {
            let hit = match self.hit {
                Some(hit) => hit,
                None => self.finder.next(heap, self.content, work)?,
            };
            self.hit = Some(hit);
            let ended = match hit {
                Hit::Paused => None,
                Hit::Match(start, end) => self.found(heap, start, end)?,
                Hit::End => Some(self.end(heap)?),
            };
            if let Some(value) = ended {
                return Ok(Step::Done(value));
            }
            self.hit = None;
            *work = work.saturating_sub(HIT_WORK);
        }
        Ok(Step::Again)
    }

    /// Deals with one occurrence; a value ends the walk. May be called again with the same one after a collection.
    fn found(&mut self, heap: &mut Heap, start: usize, end: usize) -> Outcome<Option<Value>> {
        let whole = Value::Text(self.content);
        match &mut self.then {
            Use::Any => return Ok(Some(Value::Bool(true))),
            Use::Count(n) => *n = n.saturating_add(1),
            Use::Found(list) => append_part(heap, *list, whole, (start, end))?,
            Use::Parts { parts, at } => {
                append_part(heap, *parts, whole, (*at, start))?;
                *at = end;
            }
            Use::Replace(replace) => {
                let with = heap.texts.bytes(replace.with)?;
                let more = start.saturating_sub(replace.at).saturating_add(with);
                replace.result.reserve(heap, more)?;
                replace.result.push_part(heap, self.content, replace.at..start)?;
                replace.result.push_part(heap, replace.with, 0..with)?;
                replace.at = end;
                if replace.once {
                    self.hit = Some(Hit::End);
                    return self.end(heap).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The result, after the last occurrence.
    fn end(&mut self, heap: &mut Heap) -> Outcome<Value> {
        let whole = Value::Text(self.content);
        let bytes = heap.texts.bytes(self.content)?;
        match &mut self.then {
            Use::Any => Ok(Value::Bool(false)),
            Use::Count(n) => Ok(steps::int(*n)),
            Use::Found(list) => Ok(Value::List(*list)),
            Use::Parts { parts, at } => {
                append_part(heap, *parts, whole, (*at, bytes))?;
                Ok(Value::List(*parts))
            }
            Use::Replace(replace) if replace.at == 0 && replace.result.is_empty() => Ok(whole),
            Use::Replace(replace) => {
                replace.result.push_part(heap, self.content, replace.at..bytes)?;
                replace.at = bytes;
                replace.result.finish(heap)
            }
        }
    }
}

fn append_part(heap: &mut Heap, list: Handle<List>, whole: Value, part: (usize, usize)) -> Outcome<()> {
    heap.reserve_list(list, 1)?;
    let part = steps::part(heap, whole, part)?;
    heap.push(list, part)
}
