//! Maps in insertion order. Small ones are searched in a line, larger ones have a hash index with the process's seeds.
//!
//! Invariants: entries keep the order in which their keys were first set; a removed entry leaves a hole
//! (`Value::Unset` as key) until holes are half of all, then the entries close up; iteration never depends on a hash.
//! A map of headers takes the letters A to Z of its keys for a to z; each keeps the spelling that it was first set with.

use super::Value;
use super::arena::Handle;
use super::stop::{Bug, Outcome, Stop};
use super::text::{Text, Texts, seeded_hash};
use crate::base::span::{to_u32, to_usize};
use hashbrown::HashTable;

/// Up to so many entries there is no hash index.
const LINEAR_MAX: usize = 8;
/// Bytes of the longest name of a header that is found in any case.
const FOLDED_BYTES_MAX: usize = 64 << 10;
/// What the hash index takes for each entry that there is room for, at most.
const INDEX_BYTES: usize = 16;

/// One entry; a hole has the key [`Value::Unset`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The key.
    pub key: Value,
    /// Its value.
    pub value: Value,
    hash: u64,
}

/// A mutable map.
#[derive(Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
    index: Option<Box<HashTable<u32>>>,
    holes: usize,
    /// Are the letters A to Z of keys those of a to z?
    folds: bool,
}

/// A usable key with its hash.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    value: Value,
    hash: u64,
}

impl Key {
    /// A text key.
    #[inline]
    pub fn text(texts: &Texts, text: Handle<Text>) -> Result<Self, Bug> {
        Ok(Self { value: Value::Text(text), hash: texts.hash(text)? })
    }

    /// The key that a value stands for; an integral number is the int. None when it cannot be a key.
    #[inline]
    pub fn new(texts: &Texts, value: Value) -> Result<Option<Self>, Bug> {
        let hash = match value {
            Value::Text(text) => return Self::text(texts, text).map(Some),
            Value::Int(n) => seeded_hash(&n),
            Value::Number(n) => return Ok(super::number::exact_int(n).map(Self::int)),
            Value::None => 1,
            Value::Bool(b) => 2_u64.saturating_add(u64::from(b)),
            Value::Time(t) => seeded_hash(&(1_u8, t)),
            Value::Plain { of, variant } => seeded_hash(&(of, variant)),
            _ => return Ok(None),
        };
        Ok(Some(Self { value, hash }))
    }

    fn int(n: i64) -> Self {
        Self { value: Value::Int(n), hash: seeded_hash(&n) }
    }

    /// The key as a value.
    pub const fn value(self) -> Value {
        self.value
    }
}

fn same_key(texts: &Texts, a: Value, b: Value) -> bool {
    #[cfg(test)]
    tests::COMPARED.with(|compared| compared.set(compared.get().saturating_add(1)));
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => texts.equal(a, b).unwrap_or(false),
        (Value::Int(a), Value::Int(b)) | (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::None, Value::None) => true,
        (Value::Plain { of: a, variant: v }, Value::Plain { of: b, variant: w }) => a == b && v == w,
        _ => false,
    }
}

/// The key under the hash of its lower case. One that no header has is left as it is: nobody pays for its copy.
fn folded(texts: &Texts, key: Key) -> Key {
    match key.value {
        Value::Text(text) if texts.bytes(text).is_ok_and(|bytes| bytes <= FOLDED_BYTES_MAX) => {
            let content = texts.str(text).unwrap_or_default();
            Key { hash: seeded_hash(content.to_ascii_lowercase().as_str()), ..key }
        }
        _ => key,
    }
}

fn same_folded(texts: &Texts, a: Value, b: Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            let content = |text| texts.str(text).unwrap_or_default();
            content(a).eq_ignore_ascii_case(content(b))
        }
        (a, b) => same_key(texts, a, b),
    }
}

impl Map {
    /// A map for headers, whose names are in any case.
    pub fn of_headers() -> Self {
        Self { folds: true, ..Self::default() }
    }

    /// The key as this map looks for it.
    #[inline]
    fn own(&self, texts: &Texts, key: Key) -> Key {
        if self.folds { folded(texts, key) } else { key }
    }

    fn same(&self, texts: &Texts, entry: &Entry, key: Key) -> bool {
        entry.hash == key.hash
            && if self.folds {
                same_folded(texts, entry.key, key.value)
            } else {
                same_key(texts, entry.key, key.value)
            }
    }

    /// Number of entries.
    #[inline]
    pub const fn len(&self) -> usize {
        self.entries.len().saturating_sub(self.holes)
    }

    /// No entries?
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries in insertion order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !matches!(entry.key, Value::Unset))
    }

    /// The first entry at or after a place, and the place after it: for walks that pause. Places start at 0 and hold as
    /// long as the map is not changed.
    pub fn entry_from(&self, place: usize) -> Option<(&Entry, usize)> {
        let rest = self.entries.get(place..)?;
        let (skipped, entry) =
            rest.iter().enumerate().find(|(_, entry)| !matches!(entry.key, Value::Unset))?;
        Some((entry, place.saturating_add(skipped).saturating_add(1)))
    }

    /// The entry at a place, holes included.
    pub fn entry_at(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// Bytes charged for the map's own memory: by capacity, with what the index may take at most.
    pub const fn payload(&self) -> usize {
        Self::payload_of(self.entries.capacity())
    }

    /// The same for a capacity in entries.
    pub const fn payload_of(capacity: usize) -> usize {
        let each = if capacity > LINEAR_MAX { INDEX_BYTES } else { 0 };
        capacity.saturating_mul(size_of::<Entry>().saturating_add(each))
    }

    /// How many entries there is room for, holes included.
    pub const fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// Is there no room for another entry?
    pub const fn is_full(&self) -> bool {
        self.entries.len() == self.entries.capacity()
    }

    #[inline]
    fn find(&self, texts: &Texts, key: Key) -> Option<usize> {
        if let Some(index) = &self.index {
            let same =
                |&at: &u32| self.entries.get(to_usize(at)).is_some_and(|entry| self.same(texts, entry, key));
            return index.find(key.hash, same).map(|&at| to_usize(at));
        }
        self.entries.iter().position(|entry| self.same(texts, entry, key))
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, texts: &Texts, key: Key) -> Option<Value> {
        let at = self.find(texts, self.own(texts, key))?;
        self.entries.get(at).map(|entry| entry.value)
    }

    /// The value of a constant text key, looked for first where it was found last time.
    #[inline]
    pub fn get_hinted(&self, texts: &Texts, key: Handle<Text>, hint: &mut u8) -> Outcome<Option<Value>> {
        if let Some(entry) = self.entries.get(usize::from(*hint))
            && let Value::Text(found) = entry.key
            && found == key
        {
            return Ok(Some(entry.value));
        }
        let Some(at) = self.find(texts, self.own(texts, Key::text(texts, key)?)) else { return Ok(None) };
        if let Ok(near) = u8::try_from(at) {
            *hint = near;
        }
        Ok(self.entries.get(at).map(|entry| entry.value))
    }

    /// Overwrites the value of a constant text key that was found at the hint; false when it is not there.
    #[inline]
    pub fn set_hinted(&mut self, key: Handle<Text>, value: Value, hint: u8) -> bool {
        match self.entries.get_mut(usize::from(hint)) {
            Some(entry) if matches!(entry.key, Value::Text(found) if found == key) => {
                entry.value = value;
                true
            }
            _ => false,
        }
    }

    /// Overwrites the value of a key; false when it is not there.
    #[inline]
    pub fn replace(&mut self, texts: &Texts, key: Key, value: Value) -> bool {
        let found = self.find(texts, self.own(texts, key));
        match found.and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => {
                entry.value = value;
                true
            }
            None => false,
        }
    }

    /// Adds a key that is not there; make room before.
    pub fn insert(&mut self, texts: &Texts, key: Key, value: Value) {
        let key = self.own(texts, key);
        let at = to_u32(self.entries.len());
        self.entries.push(Entry { key: key.value, value, hash: key.hash });
        match &mut self.index {
            Some(index) => {
                let entries = &self.entries;
                index.insert_unique(key.hash, at, |&at| entries.get(to_usize(at)).map_or(0, |e| e.hash));
            }
            None if self.entries.len() > LINEAR_MAX => self.reindex(texts),
            None => {}
        }
    }

    /// Makes room for exactly so many entries; charge [`Self::payload_of`] it before.
    pub fn set_capacity(&mut self, capacity: usize) {
        self.entries.reserve_exact(capacity.saturating_sub(self.entries.len()));
    }

    /// Makes the index anew, which takes time for all the room that there is, however few entries are left.
    fn reindex(&mut self, texts: &Texts) {
        texts.fuel.spend(self.entries.capacity() >> 4);
        // The old one goes first, so that the two are never there together.
        self.index = None;
        let entries = &self.entries;
        let mut index = HashTable::with_capacity(entries.capacity());
        for (at, entry) in entries.iter().enumerate() {
            index
                .insert_unique(entry.hash, to_u32(at), |&at| entries.get(to_usize(at)).map_or(0, |e| e.hash));
        }
        self.index = Some(Box::new(index));
    }

    /// Removes a key and gives its value.
    pub fn remove(&mut self, texts: &Texts, key: Key) -> Option<Value> {
        let key = self.own(texts, key);
        let at = self.find(texts, key)?;
        if let Some(index) = &mut self.index
            && let Ok(found) = index.find_entry(key.hash, |&there| to_usize(there) == at)
        {
            found.remove();
        }
        let entry = self.entries.get_mut(at)?;
        let value = entry.value;
        *entry = Entry { key: Value::Unset, value: Value::None, hash: 0 };
        self.holes = self.holes.saturating_add(1);
        if self.holes.saturating_mul(2) > self.entries.len() {
            self.close_up(texts);
        }
        Some(value)
    }

    fn close_up(&mut self, texts: &Texts) {
        texts.fuel.spend(self.entries.len());
        self.entries.retain(|entry| !matches!(entry.key, Value::Unset));
        self.holes = 0;
        if self.index.is_some() {
            self.reindex(texts);
        }
    }

    /// Removes every entry; the memory stays for the next ones.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.holes = 0;
        self.index = None;
    }
}

/// The error of a value that cannot be a key.
#[cold]
pub fn bad_key(kind: crate::base::Kind) -> Stop {
    let allowed = "none, bool, int, text, time or a variant without payload";
    Stop::type_error(format!("a map key must be {allowed}, not {}", kind.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        pub(super) static COMPARED: Cell<u64> = const { Cell::new(0) };
    }

    #[test]
    fn an_index_is_paid_for_by_the_room_that_it_has_and_not_by_what_is_left() {
        let texts = Texts::new(std::sync::Arc::default());
        let mut map = Map::default();
        map.set_capacity(1 << 20);
        let key = |n| Key::new(&texts, Value::Int(n)).unwrap().unwrap();
        for n in 0..=i64::try_from(LINEAR_MAX).unwrap() {
            map.insert(&texts, key(n), Value::None);
        }
        let spent = texts.fuel.left();
        assert!(spent <= -(1 << 16), "{spent}");
        for n in 0..=i64::try_from(LINEAR_MAX).unwrap() {
            map.remove(&texts, key(n));
        }
        assert!(texts.fuel.left() <= 2 * spent, "{}", texts.fuel.left());
    }

    #[test]
    fn names_of_headers_are_in_any_case() {
        let mut heap = crate::value::Heap::new(
            std::sync::Arc::new([]),
            crate::value::Memory::new(1 << 20, crate::value::Pool::new(1 << 30)),
        );
        let map = heap.new_headers().unwrap();
        // More than are searched in a line.
        for n in 0..20 {
            let name = heap.new_text(&format!("X-Name-{n}")).unwrap();
            heap.set_key(map, name, Value::Int(n)).unwrap();
        }
        let lower = heap.new_text("x-name-7").unwrap();
        let key = |heap: &crate::value::Heap, name| Key::new(&heap.texts, name).unwrap().unwrap();
        let key = key(&heap, lower);
        let get = |heap: &crate::value::Heap| heap.maps.get(map).unwrap().get(&heap.texts, key);
        assert!(matches!(get(&heap), Some(Value::Int(7))));
        heap.set_key(map, lower, Value::Int(70)).unwrap();
        assert!(matches!(get(&heap), Some(Value::Int(70))));
        assert_eq!(heap.maps.get(map).unwrap().len(), 20);
        assert!(matches!(heap.remove_key(map, key), Ok(Some(Value::Int(70)))));
        assert!(get(&heap).is_none());
    }

    #[test]
    fn only_a_new_key_is_charged_and_all_of_it_is_given_back() {
        let mut heap = crate::value::Heap::new(
            std::sync::Arc::new([]),
            crate::value::Memory::new(1 << 20, crate::value::Pool::new(1 << 30)),
        );
        let mut left = None;
        for _ in 0..2 {
            let map = heap.new_map(0).unwrap();
            for n in 0..100 {
                heap.set_key(map, Value::Int(n), Value::Int(n)).unwrap();
                // Full now and then.
                let before = heap.memory.used();
                for _ in 0..100 {
                    heap.set_key(map, Value::Int(n / 2), Value::Int(-n)).unwrap();
                }
                assert_eq!(heap.memory.used(), before, "{n} written again");
            }
            heap.collect(0, |_| ()).unwrap();
            // The first round leaves the slots of the map.
            let used = heap.memory.used();
            assert_eq!(used, *left.get_or_insert(used));
        }
    }

    /// Sets and finds so many keys, and counts the keys that were compared.
    fn compared(key: impl Fn(i64) -> i64) -> u64 {
        const KEYS: i64 = 5_000;
        let (mut map, texts) = (Map::default(), Texts::new([].into()));
        let key = |n| Key::int(key(n));
        COMPARED.set(0);
        for n in 0..KEYS {
            assert!(!map.replace(&texts, key(n), Value::Int(n)));
            map.insert(&texts, key(n), Value::Int(n));
        }
        for n in 0..KEYS {
            assert!(matches!(map.get(&texts, key(n)), Some(Value::Int(found)) if found == n));
        }
        COMPARED.get()
    }

    #[test]
    fn x_21_chosen_keys_are_compared_as_often_as_scattered_ones() {
        let scattered = compared(|n| n.wrapping_mul(0x1E37_79B9_7F4A_7C15));
        assert!(scattered >= 5_000, "{scattered}");
        for shift in [0, 8, 16, 32, 48] {
            assert!(compared(|n| n << shift) <= scattered * 3, "shifted by {shift}");
        }
        assert!(compared(|n| n.wrapping_mul(0x1_0000_0001)) <= scattered * 3);
    }
}
