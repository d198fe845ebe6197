//! Numbers of rows: reserved at a save, given back when it comes to nothing. The lowest free one is next, so that
//! failures leave no holes.

use crate::store::TypeId;
use std::collections::{BTreeMap, BTreeSet};

/// Of all entities.
#[derive(Debug, Default)]
pub struct Ids(BTreeMap<TypeId, Pool>);

#[derive(Debug)]
struct Pool {
    /// Never given to anybody, like all above it.
    next: u64,
    /// Below `next`, given back.
    free: BTreeSet<u64>,
}

impl Default for Pool {
    fn default() -> Self {
        Self { next: 1, free: BTreeSet::new() }
    }
}

impl Ids {
    /// Numbers below `next` are in use.
    pub fn begin(&mut self, ty: TypeId, next: u64) {
        self.0.insert(ty, Pool { next: next.max(1), free: BTreeSet::new() });
    }

    /// A number that nobody has; none when there are no more.
    pub fn reserve(&mut self, ty: TypeId) -> Option<u64> {
        let pool = self.0.entry(ty).or_default();
        if let Some(id) = pool.free.pop_first() {
            return Some(id);
        }
        let id = pool.next;
        pool.next = id.checked_add(1).filter(|next| i64::try_from(*next).is_ok())?;
        Some(id)
    }

    /// Takes back a number that no row was given.
    pub fn give_back(&mut self, ty: TypeId, id: u64) {
        let Some(pool) = self.0.get_mut(&ty) else { return };
        if id >= pool.next {
            return;
        }
        pool.free.insert(id);
        while let Some(last) = pool.free.last().copied().filter(|last| last.checked_add(1) == Some(pool.next))
        {
            pool.free.pop_last();
            pool.next = last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_next_again() {
        let (mut ids, ty) = (Ids::default(), TypeId(0));
        ids.begin(ty, 5);
        assert_eq!([5, 6, 7].map(Some), [(); 3].map(|()| ids.reserve(ty)));
        ids.give_back(ty, 5);
        assert_eq!((ids.reserve(ty), ids.reserve(ty)), (Some(5), Some(8)));
        [8, 6, 7, 7, 99].into_iter().for_each(|id| ids.give_back(ty, id));
        assert_eq!((ids.reserve(ty), ids.0[&ty].free.len()), (Some(6), 0));
    }

    #[test]
    fn numbers_end_at_the_largest_int() {
        let (mut ids, ty) = (Ids::default(), TypeId(0));
        let last = u64::try_from(i64::MAX).unwrap();
        ids.begin(ty, last - 1);
        assert_eq!((ids.reserve(ty), ids.reserve(ty)), (Some(last - 1), None));
    }
}
