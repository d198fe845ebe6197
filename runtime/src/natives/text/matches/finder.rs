//! Occurrences of a text, or matches of a pattern, one after the other.

use crate::natives::{arguments, steps};
use crate::value::pattern::search::{Hit, Search};
use crate::value::pattern::{PATTERN_BYTES_MAX, PatternError};
use crate::value::stop::{Outcome, Stop};
use crate::value::text::search::{self, Progress};
use crate::value::{Bug, Handle, Heap, Object, Pattern, Text, Value};
use crate::vm::Context;
use std::sync::Arc;

/// What is looked for.
#[derive(Debug)]
pub enum Finder {
    /// A text, from this byte on.
    Text {
        needle: Handle<Text>,
        at: usize,
    },
    Pattern(Box<Search>),
}

/// What the first argument names: a text as it stands, or a regex.
pub fn of(context: &mut Context<'_>, args: &[Value], any: bool) -> Outcome<Finder> {
    match arguments::value(args, 1)? {
        Value::Text(needle) => Ok(Finder::Text { needle, at: 0 }),
        regex => compiled(context, regex, any),
    }
}

/// Likewise, but a text is a pattern.
pub fn of_pattern(context: &mut Context<'_>, args: &[Value], any: bool) -> Outcome<Finder> {
    let Value::Text(source) = arguments::value(args, 1)? else {
        return compiled(context, arguments::value(args, 1)?, any);
    };
    let source = context.heap.texts.uncharged(source)?;
    let written = source.len().saturating_mul(64);
    let compiled = Pattern::compile(source, "");
    // One that is refused for its size took as much work as the largest.
    let bytes = match &compiled {
        Ok(pattern) => pattern.bytes,
        Err(PatternError::TooLarge) => PATTERN_BYTES_MAX,
        Err(_) => 0,
    };
    context.charge_fuel(written.saturating_add(bytes / 8));
    let refused = |error| Stop::value_error(format!("a pattern does not compile: {error}"));
    begin(context, Arc::new(compiled.map_err(refused)?), any)
}

fn compiled(context: &mut Context<'_>, regex: Value, any: bool) -> Outcome<Finder> {
    let Value::Regex(regex) = regex else { return Err(Bug::WrongShape.into()) };
    let of =
        |object: &Object| if let Object::Regex(pattern) = object { Some(Arc::clone(pattern)) } else { None };
    let pattern = of(context.heap.objects.get(regex)?).ok_or(Stop::Bug(Bug::WrongShape))?;
    begin(context, pattern, any)
}

fn begin(context: &mut Context<'_>, pattern: Arc<Pattern>, any: bool) -> Outcome<Finder> {
    Ok(Finder::Pattern(Box::new(Search::new(pattern, any, &mut context.heap.memory)?)))
}

impl Finder {
    /// The next occurrence; uses up `work`. May be called again after a collection.
    pub fn next(&mut self, heap: &mut Heap, content: Handle<Text>, work: &mut usize) -> Outcome<Hit> {
        let Heap { texts, memory, .. } = heap;
        let content = texts.uncharged(content)?;
        match self {
            Self::Pattern(search) => search.next(content, memory, work),
            Self::Text { needle, at } => {
                let (needle, from) = (texts.uncharged(*needle)?, *at);
                let hit = match search::find(content, needle, from) {
                    Progress::Found(start) => {
                        *at = start.saturating_add(needle.len());
                        Hit::Match(start, *at)
                    }
                    Progress::Missing => {
                        *at = content.len();
                        Hit::End
                    }
                    Progress::Paused(on) => {
                        *at = on;
                        Hit::Paused
                    }
                };
                // However far it got, it may have looked at as much as the needle is long.
                let looked = at.saturating_sub(from).max(needle.len());
                steps::take(&texts.fuel, work, steps::bulk(looked));
                Ok(hit)
            }
        }
    }

    /// Bytes charged for it.
    pub fn held(&self) -> usize {
        match self {
            Self::Text { .. } => 0,
            Self::Pattern(search) => search.held(),
        }
    }

    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        if let Self::Text { needle, .. } = self {
            visit(Value::Text(*needle));
        }
    }
}
