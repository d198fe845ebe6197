//! Which entities an open transaction saved, and what they were before: so that an error gives them back their former id,
//! version and times.
//!
//! Invariants: the table's bytes are charged before it grows, and every entity in it is alive. What the rows of an open
//! transaction cost in the store is charged from the write to the transaction's end, however it ends.

use crate::base::guard::{Guard, off};
use crate::record::request::{Given, Reach, Row};
use crate::value::entity::Stored;
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Heap, Memory, Object, Value};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug, Default)]
pub struct Saved {
    /// For each open transaction, outermost first, where its entries begin.
    open: Vec<Mark>,
    entries: Vec<(Handle<Object>, Option<Stored>)>,
    /// Bytes charged for rows that were written.
    staged: usize,
}

/// What there was when a transaction was opened.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    entries: usize,
    staged: usize,
}

/// What a row costs beside its data while its transaction is open: its places in the draft and in what is committed.
const STAGED_BYTES: usize = 768;

impl Saved {
    /// The transactions that are open end without a word: their program is given up.
    pub fn forget(&mut self, memory: &mut Memory) -> Result<(), Bug> {
        self.open.clear();
        self.entries.clear();
        self.release(0, memory)
    }

    /// What writing a row is to be charged, beside its data, before the store is asked; nothing outside of a transaction.
    pub fn cost(&self) -> usize {
        self.cost_of(Reach { rows: 1, bytes: 0 })
    }

    /// What writing all these rows is to be charged. The draft copies the data of each twice: as it was, and as it is.
    pub fn cost_of(&self, reach: Reach) -> usize {
        if self.open.is_empty() || off(Guard::OutsideBudget) {
            return 0;
        }
        reach.rows.saturating_mul(STAGED_BYTES).saturating_add(reach.bytes.saturating_mul(2))
    }

    /// Rows were written: what they cost stays charged until the transaction ends.
    pub fn stage(&mut self, cost: usize) {
        self.staged = self.staged.saturating_add(cost);
    }

    fn release(&mut self, keep: usize, memory: &mut Memory) -> Result<(), Bug> {
        let bytes = self.staged.saturating_sub(keep);
        self.staged = keep;
        memory.release(bytes)
    }

    /// How many transactions are open.
    pub const fn depth(&self) -> usize {
        self.open.len()
    }

    /// Charges and makes room for one more entry and one more transaction.
    pub fn reserve(&mut self, memory: &mut Memory) -> Outcome<()> {
        grow(&mut self.open, memory)?;
        grow(&mut self.entries, memory)
    }

    /// A transaction was opened.
    pub fn begin(&mut self) {
        self.open.push(Mark { entries: self.entries.len(), staged: self.staged });
    }

    /// An entity is about to take over what the store says; `former` is what it was.
    pub fn note(&mut self, entity: Handle<Object>, former: Option<Stored>) {
        if !self.open.is_empty() {
            self.entries.push((entity, former));
        }
    }

    /// The innermost transaction was committed. The outermost one ends with the rows as they are now.
    pub fn commit(&mut self, heap: &mut Heap, rows: &[Row]) -> Result<(), Bug> {
        self.open.pop();
        if !self.open.is_empty() {
            return Ok(());
        }
        let rows: BTreeMap<Given, &Row> = rows.iter().map(|row| (row.given, row)).collect();
        for &(object, _) in &self.entries {
            let entity = heap.entity_mut(object)?;
            let Some(stored) = &mut entity.stored else { continue };
            if let Some(row) = rows.get(&Given { entity: entity.of, id: stored.id }) {
                stored.version = row.version;
                stored.created_at = row.created_at;
                stored.updated_at = row.updated_at;
                stored.deleted_at = row.deleted_at;
            }
        }
        let bytes = self.entries.capacity().saturating_mul(size_of::<(Handle<Object>, Option<Stored>)>());
        self.entries = Vec::new();
        heap.memory.release(bytes)?;
        self.release(0, &mut heap.memory)
    }

    /// The innermost transaction was undone.
    pub fn undo(&mut self, heap: &mut Heap) -> Result<(), Bug> {
        let Mark { entries, staged } = self.open.pop().unwrap_or_default();
        // What was saved twice was noted twice: the earliest note is the last word.
        for (object, former) in self.entries.drain(entries..).rev() {
            heap.entity_mut(object)?.stored = former;
        }
        self.release(staged, &mut heap.memory)
    }

    /// The entities that it names.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.entries.iter().map(|&(entity, _)| Value::Entity(entity))
    }
}

fn grow<T>(of: &mut Vec<T>, memory: &mut Memory) -> Outcome<()> {
    let capacity = of.capacity();
    if of.len() < capacity {
        return Ok(());
    }
    let more = capacity.max(4);
    memory.charge(more.saturating_mul(size_of::<T>()))?;
    of.reserve_exact(more);
    Ok(())
}
