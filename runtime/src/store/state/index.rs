//! From the values of fields to the ids of the rows that have them.
//!
//! An index keeps half a hash (seeded for each process, X-21), not values: whoever looks something up compares the rows
//! that it is led to. So an entry is small, and no order depends on a seed, as the ids of one hash rise. Live and deleted
//! rows are kept apart: a value that was deleted many times is as fast to claim as a new one.

use super::buckets::{self, Buckets};
use crate::record::{KeyView, Which};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// A hash and an id.
pub type Entry = (u64, u64);

/// What is kept of a hash, and an id.
type Short = (u32, u64);

/// Of a hash whose ids are in the set. No row has it as its id.
const MANY: u32 = 0;

/// Memory of an id among several with one hash: a million of them, of a thousand hashes, were seen to take 22 MB.
pub const ID_BYTES: usize = 24;

/// Half of a hash. Ids, which are looked up as they are, are spread by it; of those that fit 32 bits no two meet.
fn half(hash: u64) -> u32 {
    let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0);
    // 2^32 divided by the golden ratio, and odd (Knuth, The Art of Computer Programming 6.4).
    low.wrapping_mul(0x9E37_79B1)
}

/// Ids by hash.
#[derive(Clone, Debug, Default)]
struct Ids {
    /// The id of a hash, or [`MANY`].
    one: Buckets,
    /// Hashes that several rows have, and their ids; and ids that are too large for the map.
    many: imbl::OrdSet<Short>,
}

/// A number that fits 32 bits.
fn small(id: u64) -> Option<u32> {
    u32::try_from(id).ok()
}

impl Ids {
    /// Of entries that rise.
    fn of(entries: &[Short]) -> Self {
        let mut ones: Vec<buckets::Entry> = Vec::with_capacity(entries.len());
        let mut many = Vec::new();
        for same in entries.chunk_by(|(one, _), (other, _)| one == other) {
            if let [(hash, id)] = same
                && let Some(id) = small(*id)
            {
                ones.push((*hash, id));
            } else {
                ones.extend(same.first().map(|(hash, _)| (*hash, MANY)));
                many.extend_from_slice(same);
            }
        }
        Self { one: Buckets::of(&ones), many: many.into_iter().collect() }
    }

    fn bytes(&self) -> usize {
        self.one.bytes().saturating_add(self.many.len().saturating_mul(ID_BYTES))
    }

    fn seek(&self, hash: u32, from: u64) -> Option<u64> {
        let next = self.many.get_next(&(hash, from)).filter(|(other, _)| *other == hash);
        next.map(|(_, id)| *id)
    }

    fn insert(&mut self, hash: u32, id: u64) {
        match (self.one.get(hash), small(id)) {
            (Some(before), Some(own)) if before == own => {}
            (None, Some(own)) => self.one.insert(hash, own),
            (before, _) => {
                if before != Some(MANY) {
                    self.one.insert(hash, MANY);
                    self.many.extend(before.map(|first| (hash, u64::from(first))));
                }
                self.many.insert((hash, id));
            }
        }
    }

    fn remove(&mut self, hash: u32, id: u64) {
        match self.one.get(hash) {
            Some(MANY) => {
                self.many.remove(&(hash, id));
                let Some(first) = self.seek(hash, 0) else { return self.one.remove(hash) };
                if let Some(last) = small(first)
                    && self.seek(hash, first.saturating_add(1)).is_none()
                {
                    self.many.remove(&(hash, first));
                    self.one.insert(hash, last);
                }
            }
            Some(one) if u64::from(one) == id => self.one.remove(hash),
            Some(_) | None => {}
        }
    }
}

/// An index over rows of one type.
#[derive(Clone, Debug, Default)]
pub struct Index {
    live: Ids,
    deleted: Ids,
    /// Was there ever a hash of more than 32 bits?
    wide: bool,
}

impl Index {
    /// Of rows that have these hashes, live ones and deleted ones, in any order.
    pub fn of(live: Vec<Entry>, deleted: Vec<Entry>) -> Self {
        let wide = live.iter().chain(&deleted).any(|(hash, _)| small(*hash).is_none());
        let [live, deleted] = [live, deleted].map(|entries| {
            let mut entries: Vec<Short> = entries.into_iter().map(|(hash, id)| (half(hash), id)).collect();
            entries.sort_unstable();
            entries.dedup();
            Ids::of(&entries)
        });
        Self { live, deleted, wide }
    }

    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        self.live.bytes().saturating_add(self.deleted.bytes())
    }

    /// Adds a row.
    pub fn insert(&mut self, hash: u64, id: u64, deleted: bool) {
        let ids = if deleted { &mut self.deleted } else { &mut self.live };
        ids.insert(half(hash), id);
        self.wide |= small(hash).is_none();
    }

    /// Takes a row away.
    pub fn remove(&mut self, hash: u64, id: u64, deleted: bool) {
        let ids = if deleted { &mut self.deleted } else { &mut self.live };
        ids.remove(half(hash), id);
    }

    /// Are the ids of this hash those of no other? So it is with ids, as long as they fit 32 bits: nobody has to read
    /// all rows that refer to one.
    pub fn is_exact(&self, hash: u64) -> bool {
        !self.wide && small(hash).is_some()
    }

    /// Ids above `after` of rows with this hash, rising, and perhaps of others: their rows say. What only one row has is
    /// looked up once.
    pub fn ids(&self, hash: u64, which: Which, after: u64) -> impl Iterator<Item = u64> + use<'_> {
        let hash = half(hash);
        let [live, deleted] =
            [(&self.live, Which::Deleted), (&self.deleted, Which::Live)].map(|(ids, without)| {
                let one = if which == without { None } else { ids.one.get(hash) };
                one.map(|one| (ids, one))
            });
        let mut next = after.checked_add(1);
        std::iter::from_fn(move || {
            let from = next?;
            let seek = |(ids, one): (&Ids, u32)| match one {
                MANY => ids.seek(hash, from),
                id => Some(u64::from(id)).filter(|id| *id >= from),
            };
            let found = [live, deleted].into_iter().flatten().filter_map(seek).min();
            next = found.and_then(|id| id.checked_add(1));
            found
        })
    }

    /// Hashes that several live rows have, with the ids of each, rising.
    pub fn shared(&self) -> impl Iterator<Item = impl Iterator<Item = u64>> {
        let mut from = Some((0, 0));
        std::iter::from_fn(move || {
            let hash = loop {
                let (hash, first) = *self.live.many.get_next(&from?)?;
                from = hash.checked_add(1).map(|next| (next, 0));
                // An id that is too large for the map stands in the set alone.
                if self.live.seek(hash, first.saturating_add(1)).is_some() {
                    break hash;
                }
            };
            let same = self.live.many.range((hash, 0)..).take_while(move |(other, _)| *other == hash);
            Some(same.map(|(_, id)| *id))
        })
    }
}

/// The hash of values, one for each field of an index. None when one of them is none.
pub fn hash<'a>(seed: &RandomState, keys: impl Iterator<Item = Option<KeyView<'a>>>) -> Option<u64> {
    let mut hasher = seed.build_hasher();
    for key in keys {
        key?.hash(&mut hasher);
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The first id that is kept in the set.
    const LARGE: u64 = 1 << u32::BITS;

    fn any_id() -> impl Strategy<Value = u64> {
        prop_oneof![4 => 1_u64..9, 1 => LARGE - 1..LARGE + 2]
    }

    proptest! {
        #[test]
        fn an_index_gives_the_ids_of_a_hash_rising(steps in prop::collection::vec((0_u64..6, any_id(), any::<bool>(), any::<bool>()), 0..80)) {
            let (mut index, mut model) = (Index::default(), BTreeSet::new());
            for (hash, id, deleted, there) in steps {
                if there {
                    index.insert(hash, id, deleted);
                    model.insert((hash, id, deleted));
                } else {
                    index.remove(hash, id, deleted);
                    model.remove(&(hash, id, deleted));
                }
            }
            let entries = |wanted: bool| {
                let all = model.iter().filter(move |(.., deleted)| *deleted == wanted);
                all.map(|(hash, id, _)| (*hash, *id)).collect::<Vec<Entry>>()
            };
            let built = Index::of(entries(false), entries(true));
            prop_assert_eq!(built.bytes() == 0, model.is_empty());
            for index in [&index, &built] {
                for (hash, after) in (0..6).flat_map(|hash| (0..9).chain([LARGE - 1, LARGE, LARGE + 1]).map(move |after| (hash, after))) {
                    for (which, wanted) in [(Which::Live, vec![false]), (Which::Deleted, vec![true]), (Which::All, vec![false, true])] {
                        let of_hash = model.iter().filter(|(own, id, deleted)| *own == hash && *id > after && wanted.contains(deleted));
                        let expected: BTreeSet<u64> = of_hash.map(|(_, id, _)| *id).collect();
                        prop_assert_eq!(index.ids(hash, which, after).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
                    }
                }
                let several = (0..6).filter(|hash| model.iter().filter(|(own, _, deleted)| own == hash && !deleted).count() > 1);
                prop_assert_eq!(index.shared().count(), several.count());
            }
        }
    }
}
