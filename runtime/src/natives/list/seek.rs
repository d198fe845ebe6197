//! Looking for an element by `==`, which may have to walk through nested values: `contains`, `index_of`, `remove`.

use super::Elements;
use crate::natives::{arguments, steps};
use crate::value::equal::{Equality, at_once};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Heap, Value, number};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// `list.contains(element)`, which `in` is too.
pub fn contains(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Contains)
}

pub fn index_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::IndexOf)
}

/// Removes the first equal element.
pub fn remove(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Remove)
}

fn begin(context: &mut Context<'_>, args: &[Value], then: Use) -> Outcome<Flow> {
    let (elements, wanted) =
        (Elements::of(context.heap, arguments::value(args, 0)?)?, arguments::value(args, 1)?);
    if let Elements::Range(range) = elements {
        // A range knows where its elements are.
        let int = match wanted {
            Value::Int(n) => Some(n),
            Value::Number(n) => number::exact_int(n),
            _ => None,
        };
        let (Some(int), Some((first, _)), true) = (int, range.ends(), range.contains(wanted)) else {
            return steps::done(then.result(None));
        };
        let position = int.checked_sub(first);
        return match then {
            Use::IndexOf if position.is_none() => Err(Stop::overflow("the position in the range")),
            _ => steps::done(then.result(Some(position.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)))),
        };
    }
    let work = elements.count(context.heap)?;
    steps::start(context, Seek { elements, wanted, at: 0, walk: None, then }, work)
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Use {
    Contains,
    IndexOf,
    Remove,
}

impl Use {
    fn result(self, found: Option<usize>) -> Value {
        match self {
            Self::IndexOf => found.map_or(Value::Int(-1), steps::int),
            Self::Contains | Self::Remove => Value::Bool(found.is_some()),
        }
    }
}

#[derive(Debug)]
struct Seek {
    elements: Elements,
    wanted: Value,
    /// Position of the element that is looked at.
    at: usize,
    /// The comparison with it, when that takes a walk.
    walk: Option<Equality>,
    then: Use,
}

impl Stepped for Seek {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        let step = self.seek(context.heap, &mut work);
        context.charge_fuel(SLICE.saturating_sub(work));
        step
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.elements.trace(visit);
        visit(self.wanted);
        if let Some(walk) = &self.walk {
            walk.trace(visit);
        }
    }
}

impl Seek {
    fn seek(&mut self, heap: &mut Heap, work: &mut usize) -> Outcome<Step> {
        while *work > 0 {
            let Some(element) = self.elements.get(heap, self.at)? else {
                return Ok(Step::Done(self.then.result(None)));
            };
            match same(heap, element, self.wanted, &mut self.walk, work)? {
                Some(true) => {
                    if let (Use::Remove, Elements::List(list)) = (self.then, self.elements) {
                        let items = &mut heap.lists.get_mut(list)?.items;
                        let moved = items.len().saturating_sub(self.at).saturating_mul(size_of::<Value>());
                        steps::take(&heap.texts.fuel, work, steps::bulk(moved));
                        items.remove(self.at);
                    }
                    return Ok(Step::Done(self.then.result(Some(self.at))));
                }
                Some(false) => self.at = self.at.saturating_add(1),
                None => break,
            }
        }
        Ok(Step::Again)
    }
}

/// `left == right`, as far as the work goes; `walk` is where a comparison that takes longer stands.
pub fn same(
    heap: &Heap,
    left: Value,
    right: Value,
    walk: &mut Option<Equality>,
    work: &mut usize,
) -> Outcome<Option<bool>> {
    // A long text may have used up what there was for all.
    *work = if heap.texts.fuel.is_out() { 0 } else { work.saturating_sub(1) };
    if walk.is_none()
        && let Some(answer) = at_once(heap, left, right)?
    {
        return Ok(Some(answer));
    }
    let answer = walk.get_or_insert_with(|| Equality::new(left, right)).step(heap, work)?;
    if answer.is_some() {
        *walk = None;
    }
    Ok(answer)
}
