//! Walks over all entries, in insertion order and in steps: `keys values entries merge`, and over a snapshot, as they call
//! back, `map_values filter`.

use crate::natives::{arguments, steps};
use crate::value::stop::Outcome;
use crate::value::{Handle, Heap, List, Map, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped, truth};

/// What one entry costs.
const ENTRY_WORK: usize = 4;

pub fn keys(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    listed(context, args, Into::Keys)
}

pub fn values(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    listed(context, args, Into::Values)
}

/// Lists of key and value.
pub fn entries(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    listed(context, args, Into::Entries)
}

fn listed(context: &mut Context<'_>, args: &[Value], into: fn(Handle<List>) -> Into) -> Outcome<Flow> {
    let map = arguments::map(args, 0)?;
    let count = context.heap.maps.get(map)?.len();
    let list = context.heap.new_list_with(count)?;
    start(context, &[map], into(list))
}

/// A new map: the receiver's entries, then the argument's, which overwrite in place.
pub fn merge(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (map, other) = (arguments::map(args, 0)?, arguments::map(args, 1)?);
    let merged = context.heap.new_map(0)?;
    start(context, &[map, other], Into::Map(merged))
}

fn start(context: &mut Context<'_>, maps: &[Handle<Map>], into: Into) -> Outcome<Flow> {
    let mut work: usize = 0;
    for &map in maps {
        work = work.saturating_add(context.heap.maps.get(map)?.len().saturating_mul(ENTRY_WORK));
    }
    steps::start(context, Walk { maps: maps.into(), at: 0, place: 0, into }, work)
}

/// Where entries go.
#[derive(Clone, Copy, Debug)]
enum Into {
    Keys(Handle<List>),
    Values(Handle<List>),
    Entries(Handle<List>),
    Map(Handle<Map>),
}

impl Into {
    const fn value(self) -> Value {
        match self {
            Self::Keys(list) | Self::Values(list) | Self::Entries(list) => Value::List(list),
            Self::Map(map) => Value::Map(map),
        }
    }

    fn add(self, heap: &mut Heap, key: Value, value: Value) -> Outcome<()> {
        match self {
            Self::Keys(list) => heap.push(list, key),
            Self::Values(list) => heap.push(list, value),
            Self::Entries(list) => {
                heap.reserve_list(list, 1)?;
                let entry = pair(heap, key, value)?;
                heap.push(list, entry)
            }
            Self::Map(map) => heap.set_key(map, key, value),
        }
    }
}

fn pair(heap: &mut Heap, key: Value, value: Value) -> Outcome<Value> {
    let pair = heap.new_list_with(2)?;
    heap.push(pair, key)?;
    heap.push(pair, value)?;
    Ok(Value::List(pair))
}

#[derive(Debug)]
struct Walk {
    maps: Box<[Handle<Map>]>,
    /// The map that is walked, and the place in it.
    at: usize,
    place: usize,
    into: Into,
}

impl Stepped for Walk {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work: usize = 0;
        while work < SLICE {
            let Some(&map) = self.maps.get(self.at) else {
                context.charge_fuel(work);
                return Ok(Step::Done(self.into.value()));
            };
            let found = context.heap.maps.get(map)?.entry_from(self.place);
            let Some((entry, after)) = found.map(|(entry, after)| (*entry, after)) else {
                (self.at, self.place) = (self.at.saturating_add(1), 0);
                continue;
            };
            self.into.add(context.heap, entry.key, entry.value)?;
            // Removed entries are passed over on the way.
            work = work.saturating_add(ENTRY_WORK).saturating_add(after.saturating_sub(self.place));
            self.place = after;
        }
        context.charge_fuel(work);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.maps.iter().for_each(|&map| visit(Value::Map(map)));
        visit(self.into.value());
    }
}

/// A new map with the same keys and what the function gives for value and key.
pub fn map_values(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    call(context, args, false)
}

/// A new map with the entries for whose value and key the function is true.
pub fn filter(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    call(context, args, true)
}

fn call(context: &mut Context<'_>, args: &[Value], filters: bool) -> Outcome<Flow> {
    let (map, callee) = (arguments::map(args, 0)?, arguments::value(args, 1)?);
    let count = context.heap.maps.get(map)?.len();
    let result = context.heap.new_map(0)?;
    let snapshot = context.heap.new_list_with(count.saturating_mul(2))?;
    let Heap { maps, lists, .. } = &mut *context.heap;
    let entries = maps.get(map)?.iter().flat_map(|entry| [entry.key, entry.value]);
    lists.get_mut(snapshot)?.items.extend(entries);
    context.charge_fuel(count);
    Ok(Flow::Step(Box::new(Calls { snapshot, at: 0, callee, filters, result })))
}

#[derive(Debug)]
struct Calls {
    /// Keys and values in turn.
    snapshot: Handle<List>,
    /// Position of the key in the snapshot.
    at: usize,
    callee: Value,
    filters: bool,
    result: Handle<Map>,
}

impl Stepped for Calls {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(ENTRY_WORK);
        if let (Some(answer), Some((key, value))) = (answer, self.entry(context.heap)?) {
            if !self.filters {
                context.heap.set_key(self.result, key, answer)?;
            } else if truth(context.heap, answer)? {
                context.heap.set_key(self.result, key, value)?;
            }
            self.at = self.at.saturating_add(2);
        }
        let Some((key, value)) = self.entry(context.heap)? else {
            return Ok(Step::Done(Value::Map(self.result)));
        };
        Ok(Step::Call { callee: self.callee, args: [value, key, Value::None], argc: 2 })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.snapshot));
        visit(self.callee);
        visit(Value::Map(self.result));
    }

    fn calls_back(&self) -> bool {
        true
    }
}

impl Calls {
    fn entry(&self, heap: &Heap) -> Outcome<Option<(Value, Value)>> {
        let items = &heap.lists.get(self.snapshot)?.items;
        Ok(items.get(self.at).copied().zip(items.get(self.at.saturating_add(1)).copied()))
    }
}
