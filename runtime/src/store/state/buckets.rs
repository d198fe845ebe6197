//! A persistent map from keys that are spread evenly to numbers.
//!
//! A radix tree of 16 ways over the highest bits of a key, which ends in buckets: sorted arrays of keys with their numbers.
//! A key's place in its bucket is guessed from its next bits, as it is evenly spread, so that a look-up among a million
//! reads three nodes that are in the cache, as there are few of them, and a line or two of one bucket; an entry is 8 bytes,
//! so that more of them lie in a line. Keys that are not spread cost time, nothing else. A clone shares everything; a change
//! makes one bucket anew, a few kilobytes, and copies the nodes above it that are shared.
//!
//! Invariant: no bucket is empty, nor is any branch; a branch has more entries than a bucket may have merged.

use std::sync::Arc;

const BITS: u32 = 4;
const WAYS: usize = 1 << BITS;
/// Levels that a key has bits for.
const LEVELS: u32 = u32::BITS / BITS;
/// A bucket with more entries becomes a branch, if the key has bits left.
const BUCKET_MAX: usize = 512;
/// A branch with as few, all in buckets, becomes one bucket again.
const MERGED_MAX: usize = 128;

/// A key and its number.
pub type Entry = (u32, u32);

/// A map from keys to numbers.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    root: Node,
    bytes: usize,
}

#[derive(Clone, Debug, Default)]
enum Node {
    #[default]
    Empty,
    Branch(Arc<[Node; WAYS]>),
    Bucket(Arc<[Entry]>),
}

/// What an `Arc` keeps beside its value, and about what the allocator does.
const COUNTS: usize = 4 * size_of::<usize>();
const BRANCH_BYTES: usize = size_of::<[Node; WAYS]>() + COUNTS;

fn bucket_bytes(entries: usize) -> usize {
    entries.saturating_mul(size_of::<Entry>()).saturating_add(COUNTS)
}

/// The way that a key goes in a branch of this level; the root's is 0.
fn digit(key: u32, level: u32) -> usize {
    let shift = level.saturating_add(1).saturating_mul(BITS);
    let digits = u32::BITS.checked_sub(shift).and_then(|shift| key.checked_shr(shift)).unwrap_or(0);
    usize::try_from(digits).unwrap_or(0) & (WAYS.saturating_sub(1))
}

/// Where a key stands in a bucket of this level, or where it would.
fn place(bucket: &[Entry], key: u32, level: u32) -> Result<usize, usize> {
    let rest = key.checked_shl(level.saturating_mul(BITS)).unwrap_or(0);
    let guess = u64::from(rest).saturating_mul(bucket.len() as u64) >> u32::BITS;
    let mut at = usize::try_from(guess).unwrap_or(0);
    let above = |at: usize| bucket.get(at).is_none_or(|(other, _)| *other >= key);
    while let Some(before) = at.checked_sub(1).filter(|before| above(*before)) {
        at = before;
    }
    while !above(at) {
        at = at.saturating_add(1);
    }
    if bucket.get(at).is_some_and(|(other, _)| *other == key) { Ok(at) } else { Err(at) }
}

impl Buckets {
    /// Of entries that rise by their keys.
    pub fn of(entries: &[Entry]) -> Self {
        let mut bytes = 0;
        let root = build(entries, 0, &mut bytes);
        Self { root, bytes }
    }

    /// Bytes of its nodes, about.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of a key.
    pub fn get(&self, key: u32) -> Option<u32> {
        let (mut node, mut level) = (&self.root, 0);
        loop {
            match node {
                Node::Empty => return None,
                Node::Branch(ways) => node = ways.get(digit(key, level))?,
                Node::Bucket(bucket) => {
                    return bucket.get(place(bucket, key, level).ok()?).map(|entry| entry.1);
                }
            }
            level = level.saturating_add(1);
        }
    }

    /// Sets the number of a key.
    pub fn insert(&mut self, key: u32, number: u32) {
        let (mut node, mut level) = (&mut self.root, 0);
        loop {
            if let Node::Bucket(bucket) = node {
                let at = place(bucket, key, level);
                if bucket.len() < BUCKET_MAX || at.is_ok() || level >= LEVELS {
                    let (Ok(at) | Err(at), behind) = (at, usize::from(at.is_ok()));
                    let before = bucket.get(..at).unwrap_or_default();
                    let after = bucket.get(at.saturating_add(behind)..).unwrap_or_default();
                    let changed: Arc<[Entry]> =
                        before.iter().chain(&[(key, number)]).chain(after).copied().collect();
                    self.bytes = self
                        .bytes
                        .saturating_add(bucket_bytes(changed.len()))
                        .saturating_sub(bucket_bytes(bucket.len()));
                    *bucket = changed;
                    return;
                }
                self.bytes = self.bytes.saturating_sub(bucket_bytes(bucket.len()));
                *node = branch(&Arc::clone(bucket), level, &mut self.bytes);
            }
            match node {
                Node::Empty | Node::Bucket(_) => {
                    self.bytes = self.bytes.saturating_add(bucket_bytes(1));
                    *node = Node::Bucket(Arc::new([(key, number)]));
                    return;
                }
                Node::Branch(ways) => {
                    let Some(way) = Arc::make_mut(ways).get_mut(digit(key, level)) else { return };
                    node = way;
                }
            }
            level = level.saturating_add(1);
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: u32) {
        // Nothing is copied for a key that is not there.
        if self.get(key).is_some() {
            remove(&mut self.root, key, 0, &mut self.bytes);
        }
    }
}

/// Recursion is as deep as a key has digits, 8 at most.
fn build(entries: &[Entry], level: u32, bytes: &mut usize) -> Node {
    if entries.is_empty() {
        return Node::Empty;
    }
    if entries.len() <= BUCKET_MAX || level >= LEVELS {
        *bytes = bytes.saturating_add(bucket_bytes(entries.len()));
        return Node::Bucket(entries.into());
    }
    branch(entries, level, bytes)
}

fn branch(entries: &[Entry], level: u32, bytes: &mut usize) -> Node {
    *bytes = bytes.saturating_add(BRANCH_BYTES);
    let mut rest = entries;
    let mut ways = [const { Node::Empty }; WAYS];
    for (at, way) in ways.iter_mut().enumerate() {
        let (own, behind) = rest.split_at(rest.partition_point(|(key, _)| digit(*key, level) <= at));
        *way = build(own, level.saturating_add(1), bytes);
        rest = behind;
    }
    Node::Branch(Arc::new(ways))
}

fn remove(node: &mut Node, key: u32, level: u32, bytes: &mut usize) {
    match node {
        Node::Empty => {}
        Node::Bucket(bucket) => {
            let left: Arc<[Entry]> = bucket.iter().filter(|(other, _)| *other != key).copied().collect();
            *bytes = bytes.saturating_sub(bucket_bytes(bucket.len()));
            *node = if left.is_empty() {
                Node::Empty
            } else {
                *bytes = bytes.saturating_add(bucket_bytes(left.len()));
                Node::Bucket(left)
            };
        }
        Node::Branch(ways) => {
            let ways = Arc::make_mut(ways);
            if let Some(way) = ways.get_mut(digit(key, level)) {
                remove(way, key, level.saturating_add(1), bytes);
            }
            let Some(merged) = merged(ways) else { return };
            let before = merged.1.saturating_add(BRANCH_BYTES);
            *bytes = bytes.saturating_sub(before);
            *node = build(&merged.0, level, bytes);
        }
    }
}

/// The entries of a branch that is not worth it, and the bytes of its buckets.
fn merged(ways: &[Node; WAYS]) -> Option<(Vec<Entry>, usize)> {
    let (mut entries, mut bytes) = (Vec::new(), 0_usize);
    for way in ways {
        match way {
            Node::Empty => {}
            Node::Branch(_) => return None,
            Node::Bucket(bucket) => {
                entries.extend_from_slice(bucket);
                bytes = bytes.saturating_add(bucket_bytes(bucket.len()));
                if entries.len() > MERGED_MAX {
                    return None;
                }
            }
        }
    }
    Some((entries, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Spread ones, some that share all digits but the last, and the ends.
    fn any_key() -> impl Strategy<Value = u32> {
        let spread = (0_u32..400).prop_map(|n| n.wrapping_mul(0x9E37_79B9));
        prop_oneof![6 => spread, 2 => 0_u32..50, 1 => Just(u32::MAX)]
    }

    proptest! {
        #[test]
        fn buckets_are_a_map(steps in prop::collection::vec((any_key(), prop::option::weighted(0.7, any::<u32>()), any::<bool>()), 0..600)) {
            let (mut buckets, mut model) = (Buckets::default(), BTreeMap::new());
            let mut kept = Vec::new();
            for (key, number, keep) in steps {
                if keep && kept.len() < 8 {
                    kept.push((buckets.clone(), model.clone()));
                }
                if let Some(number) = number {
                    buckets.insert(key, number);
                    model.insert(key, number);
                } else {
                    buckets.remove(key);
                    model.remove(&key);
                }
                prop_assert_eq!(buckets.get(key), number);
            }
            kept.push((buckets.clone(), model.clone()));
            let entries: Vec<Entry> = model.iter().map(|(key, number)| (*key, *number)).collect();
            kept.push((Buckets::of(&entries), model.clone()));
            for (buckets, model) in kept {
                prop_assert!(model.iter().all(|(key, number)| buckets.get(*key) == Some(*number)));
                prop_assert_eq!(buckets.bytes(), counted(&buckets.root));
                prop_assert_eq!(buckets.bytes() == 0, model.is_empty());
            }
            for key in model.keys() {
                buckets.remove(*key);
            }
            prop_assert_eq!(buckets.bytes(), 0);
        }
    }

    fn counted(node: &Node) -> usize {
        match node {
            Node::Empty => 0,
            Node::Bucket(bucket) => bucket_bytes(bucket.len()),
            Node::Branch(ways) => BRANCH_BYTES + ways.iter().map(counted).sum::<usize>(),
        }
    }
}
