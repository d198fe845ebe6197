//! Methods that call a function of the program for each element. They walk over a snapshot, and each call gets the
//! element and its position; `reduce` puts what was reached so far before them.

use super::Elements;
use crate::natives::{arguments, steps};
use crate::value::map::Key;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, List, Map, Value};
use crate::vm::truth;
use crate::vm::{Context, Flow, Step, Stepped};

/// What a call costs besides the function itself.
const CALL_WORK: usize = 4;

pub fn map(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let count = Elements::of(context.heap, arguments::value(args, 0)?)?.count(context.heap)?;
    let result = context.heap.new_list_with(count)?;
    begin(context, args, Use::Map(result))
}

pub fn filter(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let result = context.heap.new_list_with(0)?;
    begin(context, args, Use::Filter(result))
}

pub fn find(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Find)
}

pub fn find_index(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::FindIndex)
}

pub fn some(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Some)
}

pub fn every(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Every)
}

pub fn each(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Use::Each)
}

pub fn flat_map(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let result = context.heap.new_list_with(0)?;
    begin(context, args, Use::FlatMap(result))
}

pub fn group_by(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let result = context.heap.new_map(0)?;
    begin(context, args, Use::GroupBy(result))
}

pub fn reduce(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let initial = arguments::given(args, 2);
    if initial.is_none()
        && Elements::of(context.heap, arguments::value(args, 0)?)?.first(context.heap)?.is_none()
    {
        return Err(Stop::value_error("reduce of an empty list needs an initial value"));
    }
    begin(context, args, Use::Reduce(initial))
}

fn begin(context: &mut Context<'_>, args: &[Value], then: Use) -> Outcome<Flow> {
    let callee = arguments::value(args, 1)?;
    let elements = Elements::snapshot(context.heap, arguments::value(args, 0)?)?;
    if let Elements::List(list) = elements {
        let length = context.heap.lists.get(list)?.items.len();
        context.charge_fuel(steps::bulk(length.saturating_mul(size_of::<Value>())));
    }
    Ok(Flow::Step(Box::new(Calls { elements, callee, at: 0, then })))
}

/// What becomes of the results.
#[derive(Clone, Copy, Debug)]
enum Use {
    Map(Handle<List>),
    Filter(Handle<List>),
    Find,
    FindIndex,
    Some,
    Every,
    Each,
    FlatMap(Handle<List>),
    GroupBy(Handle<Map>),
    /// What was reached; none before the first element.
    Reduce(Option<Value>),
}

#[derive(Debug)]
struct Calls {
    elements: Elements,
    callee: Value,
    /// Position of the element that is called for next, or whose answer is awaited.
    at: usize,
    then: Use,
}

impl Stepped for Calls {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(CALL_WORK);
        if let Some(answer) = answer {
            let element = self.elements.get(context.heap, self.at)?.unwrap_or(Value::None);
            if let Some(result) = self.take(context.heap, element, answer)? {
                return Ok(Step::Done(result));
            }
            self.at = self.at.saturating_add(1);
        }
        let Some(element) = self.elements.get(context.heap, self.at)? else {
            return Ok(Step::Done(self.end()));
        };
        let position = steps::int(self.at);
        let (args, argc) = match &mut self.then {
            Use::Reduce(reached @ None) => {
                *reached = Some(element);
                self.at = self.at.saturating_add(1);
                return Ok(Step::Again);
            }
            Use::Reduce(Some(reached)) => ([*reached, element, position], 3),
            _ => ([element, position, Value::None], 2),
        };
        Ok(Step::Call { callee: self.callee, args, argc })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.elements.trace(visit);
        visit(self.callee);
        match self.then {
            Use::Map(list) | Use::Filter(list) | Use::FlatMap(list) => visit(Value::List(list)),
            Use::GroupBy(map) => visit(Value::Map(map)),
            Use::Reduce(Some(reached)) => visit(reached),
            Use::Find | Use::FindIndex | Use::Some | Use::Every | Use::Each | Use::Reduce(None) => {}
        }
    }

    fn calls_back(&self) -> bool {
        true
    }
}

impl Calls {
    /// Deals with one answer; a value ends the walk. May be called again with the same one after a collection.
    fn take(&mut self, heap: &mut Heap, element: Value, answer: Value) -> Outcome<Option<Value>> {
        match &mut self.then {
            Use::Map(list) => heap.push(*list, answer)?,
            Use::Filter(list) => {
                if truth(heap, answer)? {
                    heap.push(*list, element)?;
                }
            }
            Use::Find if truth(heap, answer)? => return Ok(Some(element)),
            Use::FindIndex if truth(heap, answer)? => return Ok(Some(steps::int(self.at))),
            Use::Some if truth(heap, answer)? => return Ok(Some(Value::Bool(true))),
            Use::Every if !truth(heap, answer)? => return Ok(Some(Value::Bool(false))),
            Use::Find | Use::FindIndex | Use::Some | Use::Every | Use::Each => {}
            Use::FlatMap(list) => match answer {
                Value::List(inner) => heap.extend_list(*list, inner)?,
                Value::Query(query) => {
                    let rows = heap.rows(query)?;
                    heap.extend_list(*list, rows)?;
                }
                single => heap.push(*list, single)?,
            },
            Use::GroupBy(map) => group(heap, *map, answer, element)?,
            Use::Reduce(reached) => *reached = Some(answer),
        }
        Ok(None)
    }

    /// The result, after the last element.
    fn end(&self) -> Value {
        match self.then {
            Use::Map(list) | Use::Filter(list) | Use::FlatMap(list) => Value::List(list),
            Use::Find | Use::Each => Value::None,
            Use::FindIndex => Value::Int(-1),
            Use::Some => Value::Bool(false),
            Use::Every => Value::Bool(true),
            Use::GroupBy(map) => Value::Map(map),
            Use::Reduce(reached) => reached.unwrap_or(Value::None),
        }
    }
}

/// Appends an element to the list of its key; the key's first element makes the list.
fn group(heap: &mut Heap, map: Handle<Map>, key: Value, element: Value) -> Outcome<()> {
    let known = match Key::new(&heap.texts, key)? {
        Some(known) => heap.maps.get(map)?.get(&heap.texts, known),
        None => None,
    };
    let list = if let Some(Value::List(list)) = known {
        list
    } else {
        let list = heap.new_list_with(4)?;
        heap.set_key(map, key, Value::List(list))?;
        list
    };
    heap.push(list, element)
}
