//! Slots for objects of one type, named by handles. Freed slots are reused; a handle may carry the slot's generation.
//!
//! Slots lie in chunks, each of which grows alone: one array of them would be copied whenever it grows, and the process
//! would hold both while only one is charged. All chunks but the last are full.
//!
//! In tests, fuzzing and the knock-out build a handle knows the generation that it was made in, so that one which
//! outlived its object reads as gone instead of reading the slot's next tenant.

#[cfg(test)]
mod tests;

use super::memory::Memory;
use super::stop::{Bug, Outcome};
use crate::base::span::{to_u32, to_usize};
use std::fmt;
use std::marker::PhantomData;

/// Are handles checked against their slot's generation?
pub const GENERATIONS: bool = cfg!(any(test, fuzzing, feature = "generations"));

/// Names a slot of an [`Arena`].
pub struct Handle<T> {
    slot: u32,
    #[cfg(any(test, fuzzing, feature = "generations"))]
    generation: u16,
    of: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    #[cfg_attr(
        not(any(test, fuzzing, feature = "generations")),
        expect(unused_variables, reason = "an ordinary build keeps no generation")
    )]
    pub(super) const fn new(slot: u32, generation: u16) -> Self {
        Self {
            slot,
            #[cfg(any(test, fuzzing, feature = "generations"))]
            generation,
            of: PhantomData,
        }
    }

    /// The slot's index.
    pub const fn slot(self) -> u32 {
        self.slot
    }

    #[inline]
    fn fits(self, generations: &[u16]) -> bool {
        #[cfg(any(test, fuzzing, feature = "generations"))]
        return generations.get(to_usize(self.slot)).is_none_or(|&now| now == self.generation);
        #[cfg(not(any(test, fuzzing, feature = "generations")))]
        {
            let _ = generations;
            true
        }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.slot == other.slot
    }
}
impl<T> Eq for Handle<T> {}
impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.slot)
    }
}

#[derive(Debug)]
enum Slot<T> {
    Full(T),
    /// Next free slot, or [`NO_SLOT`].
    Free(u32),
}

const NO_SLOT: u32 = u32::MAX;
/// Slots of a chunk, as a power of two.
const CHUNK_BITS: u32 = 12;
const CHUNK_SLOTS: usize = 1 << CHUNK_BITS;
/// Room for so many slots is never given back.
const SLOTS_KEPT: usize = 64;
/// Handles at and above this index name a program's constants (see `heap::Texts`), never a slot.
pub const SLOTS_MAX: u32 = 1 << 31;

/// Objects of one type.
#[derive(Debug)]
pub struct Arena<T> {
    chunks: Vec<Chunk<T>>,
    generations: Vec<u16>,
    free: u32,
    live: usize,
}

#[derive(Debug)]
struct Chunk<T> {
    slots: Vec<Slot<T>>,
    marks: Vec<bool>,
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), marks: Vec::new() }
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), generations: Vec::new(), free: NO_SLOT, live: 0 }
    }
}

/// The chunk of a slot, and its place there.
#[inline]
const fn place(slot: u32) -> (usize, usize) {
    let slot = to_usize(slot);
    (slot >> CHUNK_BITS, slot & (CHUNK_SLOTS - 1))
}

impl<T> Arena<T> {
    /// What one slot costs, its mark and generation included.
    const SLOT_BYTES: usize = size_of::<Slot<T>>() + size_of::<bool>() + size_of::<u16>();

    /// How many slots there are.
    fn len(&self) -> usize {
        let last = self.chunks.last().map_or(0, |chunk| chunk.slots.len());
        (self.chunks.len().saturating_sub(1) << CHUNK_BITS).saturating_add(last)
    }

    fn is_full(&self) -> bool {
        let full = |chunk: &Chunk<T>| chunk.slots.len() == chunk.slots.capacity();
        self.free == NO_SLOT && self.chunks.last().is_none_or(full)
    }

    /// How many slots to add: half of what there is, or, where the budget has not that much left, a part of its rest.
    /// Otherwise a handler of `MemoryLimitExceeded` could not make a single text while megabytes are free.
    fn growth(&self, memory: &Memory) -> usize {
        let half = self.len() >> 1;
        let rest = (memory.left() >> 2).checked_div(Self::SLOT_BYTES).unwrap_or(0);
        half.min(rest).max(16)
    }

    /// Charges what [`Self::insert`] may need besides the object's own payload, and makes the room.
    #[inline]
    pub fn reserve(&mut self, memory: &mut Memory) -> Outcome<()> {
        if self.is_full() {
            self.grow(memory)?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, memory: &mut Memory) -> Outcome<()> {
        let room = |chunk: &Chunk<T>| CHUNK_SLOTS.saturating_sub(chunk.slots.len());
        let last = self.chunks.last().map(room).filter(|&room| room > 0);
        let more = self.growth(memory).min(last.unwrap_or(CHUNK_SLOTS));
        if self.len().saturating_add(more) >= to_usize(SLOTS_MAX) {
            return Err(memory.exhausted());
        }
        memory.charge(more.saturating_mul(Self::SLOT_BYTES))?;
        if last.is_none() {
            self.chunks.push(Chunk::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.slots.reserve_exact(more);
            chunk.marks.reserve_exact(more);
        }
        if GENERATIONS {
            self.generations.reserve(more);
        }
        Ok(())
    }

    /// Puts an object into a slot. Call [`Self::reserve`] and charge the payload before.
    #[inline]
    pub fn insert(&mut self, object: T) -> Handle<T> {
        self.live = self.live.saturating_add(1);
        let at = self.free;
        let (chunk, within) = place(at);
        if let Some(slot) = self.chunks.get_mut(chunk).and_then(|chunk| chunk.slots.get_mut(within))
            && let Slot::Free(next) = *slot
        {
            self.free = next;
            *slot = Slot::Full(object);
            let generation = self.generations.get(to_usize(at)).copied().unwrap_or(0);
            return Handle::new(at, generation);
        }
        let at = to_u32(self.len());
        if self.chunks.last().is_none_or(|chunk| chunk.slots.len() == CHUNK_SLOTS) {
            self.chunks.push(Chunk::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.slots.push(Slot::Full(object));
            chunk.marks.push(false);
        }
        if !GENERATIONS {
            return Handle::new(at, 0);
        }
        // A slot that was given up comes back with the generations that it had.
        if self.generations.len() <= to_usize(at) {
            self.generations.push(0);
        }
        Handle::new(at, self.generations.get(to_usize(at)).copied().unwrap_or(0))
    }

    #[inline]
    fn slot(&self, handle: Handle<T>) -> Option<&Slot<T>> {
        let (chunk, within) = place(handle.slot);
        self.chunks.get(chunk)?.slots.get(within)
    }

    /// The object.
    #[inline]
    pub fn get(&self, handle: Handle<T>) -> Result<&T, Bug> {
        match self.slot(handle) {
            Some(Slot::Full(object)) if handle.fits(&self.generations) => Ok(object),
            _ => Err(Bug::StaleHandle),
        }
    }

    /// The object, to change it.
    #[inline]
    pub fn get_mut(&mut self, handle: Handle<T>) -> Result<&mut T, Bug> {
        let (chunk, within) = place(handle.slot);
        match self.chunks.get_mut(chunk).and_then(|chunk| chunk.slots.get_mut(within)) {
            Some(Slot::Full(object)) if handle.fits(&self.generations) => Ok(object),
            _ => Err(Bug::StaleHandle),
        }
    }

    /// Marks the object as reachable; true when it was not marked before.
    #[inline]
    pub fn mark(&mut self, handle: Handle<T>) -> bool {
        let (chunk, within) = place(handle.slot);
        match self.chunks.get_mut(chunk).and_then(|chunk| chunk.marks.get_mut(within)) {
            Some(mark) if !*mark => {
                *mark = true;
                true
            }
            _ => false,
        }
    }

    /// Frees every object that is not marked, and clears the marks. Gives the bytes that are no longer taken: what
    /// `payload` says of each freed object, and the slots given up.
    pub fn sweep(&mut self, payload: impl Fn(&T) -> usize) -> usize {
        let mut freed: usize = 0;
        let mut end = self.len();
        let mut lowest = None;
        // From the last to the first, so that the lowest free slots are reused first and the last ones can be given up.
        let chunks = self.chunks.iter_mut().enumerate().rev();
        let each = chunks.flat_map(|(chunk, of)| {
            let slots = of.slots.iter_mut().zip(&mut of.marks).enumerate().rev();
            slots.map(move |(within, slot)| ((chunk << CHUNK_BITS) | within, slot))
        });
        self.free = NO_SLOT;
        for (at, (slot, mark)) in each {
            if std::mem::take(mark) {
                lowest.get_or_insert(at);
                continue;
            }
            if let Slot::Full(object) = slot {
                freed = freed.saturating_add(payload(object));
                self.live = self.live.saturating_sub(1);
                if let Some(generation) = self.generations.get_mut(at) {
                    *generation = generation.wrapping_add(1);
                }
            }
            if lowest.is_none() {
                end = at;
            } else {
                *slot = Slot::Free(self.free);
                self.free = to_u32(at);
            }
        }
        freed.saturating_add(self.give_up(end))
    }

    /// Gives up the slots from `end`, and the memory of the chunks that have none left, or where there is but one, of what
    /// is not in use of it.
    fn give_up(&mut self, end: usize) -> usize {
        let before = self.room();
        self.chunks.truncate(end.div_ceil(CHUNK_SLOTS).max(1));
        let full = self.chunks.len().saturating_sub(1) << CHUNK_BITS;
        let used = end.saturating_sub(full);
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.slots.truncate(used);
            chunk.marks.truncate(used);
            let room = chunk.slots.capacity();
            if full == 0 && used <= room >> 2 && room > SLOTS_KEPT {
                let kept = used.saturating_mul(2).max(SLOTS_KEPT);
                chunk.slots.shrink_to(kept);
                chunk.marks.shrink_to(kept);
            }
        }
        before.saturating_sub(self.room()).saturating_mul(Self::SLOT_BYTES)
    }

    /// How many slots there is room for.
    fn room(&self) -> usize {
        let last = self.chunks.last().map_or(0, |chunk| chunk.slots.capacity());
        (self.chunks.len().saturating_sub(1) << CHUNK_BITS).saturating_add(last)
    }

    /// Drops every object; the room stays. No handle that was given out names what comes next.
    pub fn empty(&mut self) {
        let slots = self.chunks.iter().flat_map(|chunk| &chunk.slots);
        for (slot, generation) in slots.zip(&mut self.generations) {
            if let Slot::Full(_) = slot {
                *generation = generation.wrapping_add(1);
            }
        }
        self.chunks.truncate(1);
        for chunk in &mut self.chunks {
            chunk.slots.clear();
            chunk.marks.clear();
        }
        (self.free, self.live) = (NO_SLOT, 0);
    }

    /// Bytes charged for the slots that there is room for.
    pub fn room_bytes(&self) -> usize {
        self.room().saturating_mul(Self::SLOT_BYTES)
    }

    /// How many objects live here.
    pub const fn live(&self) -> usize {
        self.live
    }
}
