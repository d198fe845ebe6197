//! From the values of fields to the ids of the rows that have them.
//!
//! An index keeps hashes (seeded for each process, X-21), not values: whoever looks something up compares the rows that
//! it is led to. So an entry is small, and no order depends on a seed, as the ids of one hash rise. Live and deleted rows
//! are kept apart: a value that was deleted many times is as fast to claim as a new one.

use crate::record::{KeyView, Which};
use crate::store::FieldId;
use crate::store::schema::field;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// The map's own hasher: its keys are hashes already, or ids that nobody chooses.
#[derive(Clone, Copy, Debug, Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Map = imbl::GenericHashMap<u64, Ids, BuildHasherDefault<Given>, imbl::shared_ptr::DefaultSharedPtr>;

/// Ids with one hash, rising. Most often there is one.
#[derive(Clone, Debug)]
enum Ids {
    One(u64),
    Many(imbl::OrdSet<u64>),
}

impl Ids {
    fn seek(&self, from: u64) -> Option<u64> {
        match self {
            Self::One(id) => (*id >= from).then_some(*id),
            Self::Many(ids) => ids.get_next(&from).copied(),
        }
    }
}

/// An index over rows of one type.
#[derive(Clone, Debug, Default)]
pub struct Index {
    live: Map,
    deleted: Map,
    bytes: usize,
}

/// Memory of a hash with its first id: a million of them, and a million further ids of a thousand hashes, were seen to
/// take 197 MB together.
pub const ENTRY_BYTES: usize = 176;
/// Memory of a further id.
pub const ID_BYTES: usize = 24;

impl Index {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a row.
    pub fn insert(&mut self, hash: u64, id: u64, deleted: bool) {
        let map = if deleted { &mut self.deleted } else { &mut self.live };
        let more = match map.get_mut(&hash) {
            None => {
                map.insert(hash, Ids::One(id));
                ENTRY_BYTES
            }
            Some(Ids::One(other)) if *other == id => 0,
            Some(ids @ Ids::One(_)) => {
                let first = ids.seek(0);
                *ids = Ids::Many(first.into_iter().chain([id]).collect());
                ID_BYTES
            }
            Some(Ids::Many(ids)) => ids.insert(id).map_or(ID_BYTES, |_| 0),
        };
        self.bytes = self.bytes.saturating_add(more);
    }

    /// Takes a row away.
    pub fn remove(&mut self, hash: u64, id: u64, deleted: bool) {
        let map = if deleted { &mut self.deleted } else { &mut self.live };
        let less = match map.get_mut(&hash) {
            None => 0,
            Some(Ids::One(other)) if *other != id => 0,
            Some(Ids::One(_)) => {
                map.remove(&hash);
                ENTRY_BYTES
            }
            Some(ids) => {
                let mut less = 0;
                if let Ids::Many(set) = ids {
                    less = set.remove(&id).map_or(0, |_| ID_BYTES);
                    if set.len() == 1
                        && let Some(last) = set.get_min().copied()
                    {
                        *ids = Ids::One(last);
                    }
                }
                less
            }
        };
        self.bytes = self.bytes.saturating_sub(less);
    }

    /// Ids above `after` of rows with this hash, rising. The hash is looked up once.
    pub fn ids(&self, hash: u64, which: Which, after: u64) -> impl Iterator<Item = u64> {
        let live = if which == Which::Deleted { None } else { self.live.get(&hash) };
        let deleted = if which == Which::Live { None } else { self.deleted.get(&hash) };
        let mut next = after.checked_add(1);
        std::iter::from_fn(move || {
            let from = next?;
            let found = [live, deleted].into_iter().flatten().filter_map(|ids| ids.seek(from)).min();
            next = found.and_then(|id| id.checked_add(1));
            found
        })
    }
}

/// The value that a row has in a field, as an index sees it; `missing` stands for a field that the row has not got.
pub fn key<'a>(data: &'a [u8], id: FieldId, missing: &'a [u8]) -> Option<KeyView<'a>> {
    KeyView::of(field(data, id).unwrap_or(missing))
}

/// The hash of values, one for each field of an index. None when one of them is none.
pub fn hash<'a>(seed: &RandomState, keys: impl Iterator<Item = Option<KeyView<'a>>>) -> Option<u64> {
    let mut hasher = seed.build_hasher();
    for key in keys {
        key?.hash(&mut hasher);
    }
    Some(hasher.finish())
}
