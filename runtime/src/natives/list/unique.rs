//! `unique`: each value once, where it came first.

use super::Elements;
use super::hash::Hashing;
use super::seek::same;
use crate::base::span::{to_u32, to_usize};
use crate::natives::{arguments, steps};
use crate::value::equal::Equality;
use crate::value::stop::Outcome;
use crate::value::{Handle, Heap, List, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use hashbrown::HashTable;

/// Bytes that finding an element again takes: its entry, and its place in the table at its sparsest.
const ENTRY_BYTES: usize = 40;

pub fn unique(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, arguments::value(args, 0)?)?;
    let count = elements.count(context.heap)?;
    let kept = context.heap.new_list_with(0)?;
    let held = count.saturating_mul(ENTRY_BYTES);
    context.heap.memory.charge(held)?;
    let unique = Unique {
        elements,
        at: 0,
        kept,
        entries: Vec::with_capacity(count),
        table: HashTable::with_capacity(count),
        held,
        stage: Stage::Start,
    };
    steps::start(context, unique, count.saturating_mul(4))
}

/// What is known of an element that was kept; its position is that in the result.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// Another one with the same hash.
    next: Option<u32>,
}

#[derive(Debug)]
struct Unique {
    elements: Elements,
    /// Position of the element that is looked at.
    at: usize,
    kept: Handle<List>,
    entries: Vec<Entry>,
    /// For each hash, the first entry with it.
    table: HashTable<u32>,
    held: usize,
    stage: Stage,
}

/// What happens to the element that is looked at.
#[derive(Debug)]
enum Stage {
    Start,
    Hashing(Hashing),
    /// It is compared with this entry.
    Comparing {
        hash: u64,
        entry: u32,
        walk: Option<Equality>,
    },
    /// It is new.
    New(u64),
}

impl Stepped for Unique {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        let mut ended = None;
        while work > 0 && ended.is_none() {
            match self.elements.get(context.heap, self.at)? {
                Some(element) => self.advance(context.heap, element, &mut work)?,
                None => ended = Some(Value::List(self.kept)),
            }
        }
        context.charge_fuel(SLICE.saturating_sub(work));
        Ok(ended.map_or(Step::Again, Step::Done))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.elements.trace(visit);
        visit(Value::List(self.kept));
        match &self.stage {
            Stage::Hashing(hashing) => hashing.trace(visit),
            Stage::Comparing { walk: Some(walk), .. } => walk.trace(visit),
            Stage::Start | Stage::Comparing { walk: None, .. } | Stage::New(_) => {}
        }
    }

    fn held(&self) -> usize {
        self.held
    }
}

impl Unique {
    fn advance(&mut self, heap: &mut Heap, element: Value, work: &mut usize) -> Outcome<()> {
        match &mut self.stage {
            Stage::Start => self.stage = Stage::Hashing(Hashing::new(element)),
            Stage::Hashing(hashing) => {
                let Some(hash) = hashing.step(heap, work)? else { return Ok(()) };
                let first = self.table.find(hash, |&at| of(&self.entries, at) == Some(hash));
                self.stage = match first {
                    Some(&entry) => Stage::Comparing { hash, entry, walk: None },
                    None => Stage::New(hash),
                };
            }
            Stage::Comparing { hash, entry, walk } => {
                let known = heap.lists.get(self.kept)?.items.get(to_usize(*entry)).copied();
                match same(heap, element, known.unwrap_or(Value::Unset), walk, work)? {
                    None => {}
                    Some(true) => self.pass(),
                    Some(false) => {
                        let next = self.entries.get(to_usize(*entry)).and_then(|entry| entry.next);
                        self.stage = match next {
                            Some(entry) => Stage::Comparing { hash: *hash, entry, walk: None },
                            None => Stage::New(*hash),
                        };
                    }
                }
            }
            Stage::New(hash) => {
                let hash = *hash;
                heap.push(self.kept, element)?;
                self.remember(hash);
                self.pass();
            }
        }
        Ok(())
    }

    /// On to the next element.
    fn pass(&mut self) {
        self.at = self.at.saturating_add(1);
        self.stage = Stage::Start;
    }

    fn remember(&mut self, hash: u64) {
        let new = to_u32(self.entries.len());
        let mut next = None;
        let first = self.table.find(hash, |&at| of(&self.entries, at) == Some(hash)).copied();
        if let Some(first) = first.and_then(|first| self.entries.get_mut(to_usize(first))) {
            // Behind the first, which the table names.
            next = first.next.replace(new);
        } else {
            let entries = &self.entries;
            self.table.insert_unique(hash, new, |&at| of(entries, at).unwrap_or(hash));
        }
        self.entries.push(Entry { hash, next });
    }
}

fn of(entries: &[Entry], at: u32) -> Option<u64> {
    entries.get(to_usize(at)).map(|entry| entry.hash)
}
