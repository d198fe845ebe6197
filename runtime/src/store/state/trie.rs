//! A persistent map from numbers to values, in the order of the numbers.
//!
//! A radix tree of 16 slots a node, as high as its largest key needs: for what is numbered densely, as pages of rows are.
//! Nothing is hashed or compared. A clone shares everything; a change copies the nodes on its path that are shared (16
//! slots each), and changes the others in place.
//!
//! Invariant: no node is empty; nothing is kept of a key that was removed.

use std::sync::Arc;

const BITS: u32 = 4;
const SLOTS: usize = 1 << BITS;
const MASK: u64 = (1 << BITS) - 1;

/// A map from ids to values.
#[derive(Debug)]
pub struct Trie<V> {
    root: Slot<V>,
    /// Levels of nodes that the root stands above; keys have at most `height * BITS` bits.
    height: u32,
    leaves: usize,
    branches: usize,
}

#[derive(Debug)]
enum Slot<V> {
    Empty,
    Branch(Arc<[Slot<V>; SLOTS]>),
    Leaf(Arc<[Option<V>; SLOTS]>),
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Branch(slots) => Self::Branch(Arc::clone(slots)),
            Self::Leaf(values) => Self::Leaf(Arc::clone(values)),
        }
    }
}

impl<V> Clone for Trie<V> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), ..*self }
    }
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { root: Slot::Empty, height: 1, leaves: 0, branches: 0 }
    }
}

/// The slot of `key` in a node of level `level`; leaves are level 0.
fn digit(key: u64, level: u32) -> usize {
    usize::try_from(key.checked_shr(level.saturating_mul(BITS)).unwrap_or(0) & MASK).unwrap_or(0)
}

impl<V: Clone> Trie<V> {
    /// Bytes of its nodes.
    pub fn bytes(&self) -> usize {
        /// What an `Arc` keeps beside its value.
        const COUNTS: usize = 2 * size_of::<usize>();
        let leaf = size_of::<[Option<V>; SLOTS]>().saturating_add(COUNTS);
        let branch = size_of::<[Slot<V>; SLOTS]>().saturating_add(COUNTS);
        self.leaves.saturating_mul(leaf).saturating_add(self.branches.saturating_mul(branch))
    }

    /// The value of a key.
    pub fn get(&self, key: u64) -> Option<&V> {
        if !self.reaches(key) {
            return None;
        }
        let (mut slot, mut level) = (&self.root, self.height);
        loop {
            level = level.saturating_sub(1);
            match slot {
                Slot::Empty => return None,
                Slot::Branch(slots) => slot = slots.get(digit(key, level))?,
                Slot::Leaf(values) => return values.get(digit(key, level))?.as_ref(),
            }
        }
    }

    /// The first key at or above `from`, and its value.
    pub fn seek(&self, from: u64) -> Option<(u64, &V)> {
        if self.reaches(from) { seek(&self.root, self.height.saturating_sub(1), from) } else { None }
    }

    /// Keys above `after` with their values, rising.
    pub fn iter(&self, after: u64) -> impl Iterator<Item = (u64, &V)> {
        let mut next = after.checked_add(1);
        std::iter::from_fn(move || {
            let (key, value) = self.seek(next?)?;
            next = key.checked_add(1);
            Some((key, value))
        })
    }

    /// Sets the value of a key; gives the one before.
    pub fn insert(&mut self, key: u64, value: V) -> Option<V> {
        while !self.reaches(key) {
            self.height = self.height.saturating_add(1);
            if !matches!(self.root, Slot::Empty) {
                let mut slots = [const { Slot::Empty }; SLOTS];
                let [first, ..] = &mut slots;
                *first = std::mem::replace(&mut self.root, Slot::Empty);
                self.root = Slot::Branch(Arc::new(slots));
                self.branches = self.branches.saturating_add(1);
            }
        }
        let mut level = self.height;
        let mut slot = &mut self.root;
        loop {
            level = level.saturating_sub(1);
            if matches!(slot, Slot::Empty) {
                if level == 0 {
                    *slot = Slot::Leaf(Arc::new([const { None }; SLOTS]));
                    self.leaves = self.leaves.saturating_add(1);
                } else {
                    *slot = Slot::Branch(Arc::new([const { Slot::Empty }; SLOTS]));
                    self.branches = self.branches.saturating_add(1);
                }
            }
            match slot {
                Slot::Empty => return None,
                Slot::Branch(slots) => slot = Arc::make_mut(slots).get_mut(digit(key, level))?,
                Slot::Leaf(values) => {
                    return Arc::make_mut(values).get_mut(digit(key, level))?.replace(value);
                }
            }
        }
    }

    /// Changes a value in place, if the key is there.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        if !self.reaches(key) {
            return None;
        }
        let (mut slot, mut level) = (&mut self.root, self.height);
        loop {
            level = level.saturating_sub(1);
            match slot {
                Slot::Empty => return None,
                Slot::Branch(slots) => slot = Arc::make_mut(slots).get_mut(digit(key, level))?,
                Slot::Leaf(values) => return Arc::make_mut(values).get_mut(digit(key, level))?.as_mut(),
            }
        }
    }

    /// Removes a key; gives its value.
    pub fn remove(&mut self, key: u64) -> Option<V> {
        // Nothing is copied for a key that is not there.
        self.get(key)?;
        let mut gone = Gone { value: None, leaves: 0, branches: 0 };
        remove(&mut self.root, self.height.saturating_sub(1), key, &mut gone);
        self.leaves = self.leaves.saturating_sub(gone.leaves);
        self.branches = self.branches.saturating_sub(gone.branches);
        gone.value
    }

    fn reaches(&self, key: u64) -> bool {
        key.checked_shr(self.height.saturating_mul(BITS)).unwrap_or(0) == 0
    }
}

/// Recursion is as deep as the tree is high, 16 at most.
fn seek<V>(slot: &Slot<V>, level: u32, from: u64) -> Option<(u64, &V)> {
    let first = digit(from, level);
    // Key of the node's first slot, as far as the levels above and this one say.
    let shift = level.saturating_mul(BITS);
    let base = from
        .checked_shr(shift.saturating_add(BITS))
        .and_then(|high| high.checked_shl(shift.saturating_add(BITS)));
    let key_of = |at: usize| base.unwrap_or(0) | (at as u64).checked_shl(shift).unwrap_or(0);
    match slot {
        Slot::Empty => None,
        Slot::Leaf(values) => {
            let mut behind = values.iter().enumerate().skip(first);
            behind.find_map(|(at, value)| Some((key_of(at), value.as_ref()?)))
        }
        Slot::Branch(slots) => slots.iter().enumerate().skip(first).find_map(|(at, slot)| {
            let from = if at == first { from } else { key_of(at) };
            seek(slot, level.saturating_sub(1), from)
        }),
    }
}

/// What a removal took away.
struct Gone<V> {
    value: Option<V>,
    leaves: usize,
    branches: usize,
}

fn remove<V: Clone>(slot: &mut Slot<V>, level: u32, key: u64, gone: &mut Gone<V>) {
    let empty = match slot {
        Slot::Empty => return,
        Slot::Leaf(values) => {
            let values = Arc::make_mut(values);
            gone.value = values.get_mut(digit(key, level)).and_then(Option::take);
            let empty = values.iter().all(Option::is_none);
            gone.leaves = gone.leaves.saturating_add(usize::from(empty));
            empty
        }
        Slot::Branch(slots) => {
            let slots = Arc::make_mut(slots);
            if let Some(slot) = slots.get_mut(digit(key, level)) {
                remove(slot, level.saturating_sub(1), key, gone);
            }
            let empty = slots.iter().all(|slot| matches!(slot, Slot::Empty));
            gone.branches = gone.branches.saturating_add(usize::from(empty));
            empty
        }
    };
    if empty {
        *slot = Slot::Empty;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn any_key() -> impl Strategy<Value = u64> {
        prop_oneof![0_u64..40, 200_u64..300, any::<u64>(), Just(u64::MAX)]
    }

    proptest! {
        #[test]
        fn a_trie_is_a_sorted_map(steps in prop::collection::vec((any_key(), any::<Option<u8>>(), any::<bool>()), 0..80)) {
            let (mut trie, mut model) = (Trie::default(), BTreeMap::new());
            let mut kept = Vec::new();
            for (key, value, keep) in steps {
                if keep {
                    kept.push((trie.clone(), model.clone()));
                }
                if let Some(value) = value {
                    prop_assert_eq!(trie.insert(key, value), model.insert(key, value));
                } else {
                    prop_assert_eq!(trie.remove(key), model.remove(&key));
                }
                if let Some(value) = trie.get_mut(key) {
                    *value ^= 1;
                    *model.get_mut(&key).unwrap() ^= 1;
                }
                prop_assert_eq!(trie.seek(key), model.range(key..).next().map(|(key, value)| (*key, value)));
            }
            kept.push((trie, model));
            for (trie, model) in kept {
                prop_assert_eq!(trie.bytes() == 0, model.is_empty());
                prop_assert!(model.iter().all(|(key, value)| trie.get(*key) == Some(value)));
                let rising: Vec<_> = trie.iter(3).map(|(key, value)| (key, *value)).collect();
                let expected: Vec<_> = model.range(4..).map(|(key, value)| (*key, *value)).collect();
                prop_assert_eq!(rising, expected);
            }
        }
    }
}
