//! The order of a query's rows: gathered with their keys, sorted in steps, and, where the query takes only so many, cut
//! each time that there are about twice as many as can matter.

use super::field::Field;
use crate::natives::list::Sort;
use crate::record::EntityShape;
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Heap, List, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Step, Stepped};

/// Rows that are gathered beyond those wanted, at least, before the rest is cut.
const SPARE: usize = 1024;

/// See the module.
#[derive(Debug)]
pub struct Rank {
    field: Field,
    descending: bool,
    /// No row behind so many is asked for.
    keep: usize,
    rows: Handle<List>,
    /// The key of each row; none of them is none.
    keys: Handle<List>,
    /// Rows without a key, by id.
    keyless: Handle<List>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Rows come in.
    Gather,
    Sort(Box<Sort>),
    /// The sorted rows were cut; keys are read again, up to here.
    Keys(usize),
}

impl Rank {
    /// Will order rows by a field.
    pub fn new(heap: &mut Heap, field: Field, descending: bool, keep: Option<u64>) -> Outcome<Self> {
        let keep = keep.and_then(|keep| usize::try_from(keep).ok()).unwrap_or(usize::MAX);
        let [rows, keys, keyless] = [heap.new_list_with(0)?, heap.new_list_with(0)?, heap.new_list_with(0)?];
        Ok(Self { field, descending, keep, rows, keys, keyless, phase: Phase::Gather })
    }

    /// Takes a row in. All or nothing.
    pub fn add(&mut self, heap: &mut Heap, shape: &EntityShape, row: Value) -> Outcome<()> {
        let Value::Entity(entity) = row else { return Err(Bug::WrongShape.into()) };
        let key = self.field.read(heap, shape, entity)?;
        if key.is_none() {
            if heap.lists.get(self.keyless)?.items.len() < self.keep {
                heap.push(self.keyless, row)?;
            }
            return Ok(());
        }
        heap.reserve_list(self.rows, 1)?;
        heap.push(self.keys, key)?;
        heap.push(self.rows, row)
    }

    /// Are there more rows than can matter, so that it is time to cut?
    pub fn is_full(&self, heap: &Heap) -> Outcome<bool> {
        let most = self.keep.saturating_mul(2).max(self.keep.saturating_add(SPARE));
        Ok(heap.lists.get(self.rows)?.items.len() >= most)
    }

    /// Sorts what was gathered and cuts what cannot matter; true when that is done and more rows may come.
    pub fn step(&mut self, context: &mut Context<'_>, shape: &EntityShape) -> Outcome<bool> {
        match &mut self.phase {
            Phase::Gather => {
                let sort = Sort::by_keys(context, (self.rows, self.keys), self.descending)?;
                self.phase = Phase::Sort(Box::new(sort));
                Ok(false)
            }
            Phase::Sort(sort) => {
                let Step::Done(Value::List(sorted)) = sort.step(context, None)? else { return Ok(false) };
                context.heap.memory.release(sort.held())?;
                self.phase = Phase::Keys(0);
                context.heap.lists.get_mut(sorted)?.items.truncate(self.keep);
                context.heap.lists.get_mut(self.keys)?.items.clear();
                self.rows = sorted;
                Ok(false)
            }
            Phase::Keys(at) => {
                for _ in 0..SLICE {
                    let Some(&row) = context.heap.lists.get(self.rows)?.items.get(*at) else {
                        self.phase = Phase::Gather;
                        return Ok(true);
                    };
                    let Value::Entity(entity) = row else { return Err(Bug::WrongShape.into()) };
                    let key = self.field.read(context.heap, shape, entity)?;
                    context.heap.push(self.keys, key)?;
                    *at = at.saturating_add(1);
                }
                context.charge_fuel(SLICE);
                Ok(false)
            }
        }
    }

    /// A row by its place in the order, once all are sorted.
    pub fn get(&self, heap: &Heap, at: usize) -> Outcome<Option<Value>> {
        let (first, second) =
            if self.descending { (self.rows, self.keyless) } else { (self.keyless, self.rows) };
        let first = &heap.lists.get(first)?.items;
        Ok(match at.checked_sub(first.len()) {
            None => first.get(at).copied(),
            Some(at) => heap.lists.get(second)?.items.get(at).copied(),
        })
    }

    /// Bytes that the sort holds.
    pub fn held(&self) -> usize {
        if let Phase::Sort(sort) = &self.phase { sort.held() } else { 0 }
    }

    /// Reports what it holds.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        [self.rows, self.keys, self.keyless].into_iter().for_each(|list| visit(Value::List(list)));
        if let Phase::Sort(sort) = &self.phase {
            sort.trace(visit);
        }
    }
}
