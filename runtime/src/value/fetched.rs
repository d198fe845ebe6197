//! What was fetched from the store for operations that are to be repeated: see [`Stop::Need`](super::Stop).
//!
//! Invariants:
//!
//! - **F1** An operation sees what was fetched for itself alone: what it needs may call functions of the program, whose
//!   operations have needs of their own. So the table is a stack, and the operation at hand sees what is above `floor`.
//! - **F2** What was fetched is forgotten as soon as the operation succeeded or was given up: the next one reads anew.
//! - **F3** The table's bytes are charged before it grows, and all that it holds is alive.

use super::Value;
use super::memory::Memory;
use super::stop::{Bug, Need, Outcome};

/// See the module.
#[derive(Debug, Default)]
pub struct Fetched {
    /// What was asked for, and the answer; unset while it is being fetched.
    entries: Vec<(Need, Value)>,
    /// Where those begin that the operation at hand sees.
    floor: usize,
}

impl Fetched {
    /// What was fetched for the operation at hand.
    pub fn find(&self, need: Need) -> Option<Value> {
        let own = self.entries.get(self.floor..).unwrap_or_default();
        own.iter().find(|(known, _)| *known == need).map(|&(_, value)| value)
    }

    /// Is there something that the operation at hand, which is to be repeated, has not used yet?
    pub const fn is_waiting(&self) -> bool {
        self.entries.len() > self.floor
    }

    /// Where the entries of the operation at hand begin.
    pub const fn floor(&self) -> usize {
        self.floor
    }

    /// Something is being fetched for the operation at hand; others run meanwhile and see nothing of it. Gives what
    /// [`Self::finish`] or [`Self::give_up`] take.
    pub fn begin(&mut self, need: Need, memory: &mut Memory) -> Outcome<usize> {
        let capacity = self.entries.capacity();
        if self.entries.len() == capacity {
            let more = capacity.max(4);
            memory.charge(more.saturating_mul(size_of::<(Need, Value)>()))?;
            self.entries.reserve_exact(more);
        }
        self.entries.push((need, Value::Unset));
        Ok(std::mem::replace(&mut self.floor, self.entries.len()))
    }

    /// It was fetched.
    pub fn finish(&mut self, floor: usize, value: Value) -> Result<(), Bug> {
        self.entries.truncate(self.floor);
        self.floor = floor;
        let (_, place) = self.entries.last_mut().ok_or(Bug::BadFrame)?;
        *place = value;
        Ok(())
    }

    /// It was not even begun to fetch it.
    pub fn cancel(&mut self, floor: usize) {
        self.entries.pop();
        self.floor = floor;
    }

    /// It will not be fetched, and the operation that needed it is given up.
    pub fn give_up(&mut self, floor: usize) {
        self.floor = floor;
        self.forget();
    }

    /// The operation at hand is done with.
    pub fn forget(&mut self) {
        self.entries.truncate(self.floor);
    }

    /// All that it holds.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.entries.iter().flat_map(|&(need, value)| {
            let asked = match need {
                Need::Rows(query) | Need::IsEmpty(query) => Value::Query(query),
                Need::Entities(list) => Value::List(list),
                Need::Entity { .. } => Value::None,
            };
            [asked, value]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Pool;

    #[test]
    fn f1_f2_each_operation_sees_its_own_until_it_is_done() {
        let mut memory = Memory::new(1 << 20, Pool::new(1 << 20));
        let mut fetched = Fetched::default();
        let (a, b) = (Need::Entity { of: 0, id: 1 }, Need::Entity { of: 0, id: 2 });
        let outer = fetched.begin(a, &mut memory).unwrap();
        assert!(fetched.find(a).is_none());
        let inner = fetched.begin(b, &mut memory).unwrap();
        fetched.finish(inner, Value::Int(2)).unwrap();
        assert!(matches!(fetched.find(b), Some(Value::Int(2))));
        fetched.forget();
        assert!(fetched.find(b).is_none());
        fetched.finish(outer, Value::Int(1)).unwrap();
        assert!(matches!(fetched.find(a), Some(Value::Int(1))));
        let again = fetched.begin(b, &mut memory).unwrap();
        fetched.give_up(again);
        assert!(fetched.find(a).is_none() && !fetched.is_waiting());
    }

    #[test]
    fn f3_growth_is_charged() {
        let mut memory = Memory::new(1 << 20, Pool::new(1 << 20));
        let mut fetched = Fetched::default();
        let before = memory.used();
        for id in 0..100 {
            let floor = fetched.begin(Need::Entity { of: 0, id }, &mut memory).unwrap();
            fetched.finish(floor, Value::None).unwrap();
        }
        let bytes = fetched.entries.capacity() * size_of::<(Need, Value)>();
        assert_eq!(memory.used() - before, bytes);
    }
}
