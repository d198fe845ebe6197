//! Slots for objects of one type, named by handles. Freed slots are reused; a handle may carry the slot's generation.
//!
//! In tests, fuzzing and the knock-out build a handle knows the generation that it was made in, so that one which
//! outlived its object reads as gone instead of reading the slot's next tenant.

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
/// Room for so many slots is never given back.
const SLOTS_KEPT: usize = 64;
/// Handles at and above this index name a program's constants (see `heap::Texts`), never a slot.
pub const SLOTS_MAX: u32 = 1 << 31;

/// Objects of one type.
#[derive(Debug)]
pub struct Arena<T> {
    slots: Vec<Slot<T>>,
    marks: Vec<bool>,
    generations: Vec<u16>,
    free: u32,
    live: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), marks: Vec::new(), generations: Vec::new(), free: NO_SLOT, live: 0 }
    }
}

impl<T> Arena<T> {
    /// What one slot costs, its mark and generation included.
    const SLOT_BYTES: usize = size_of::<Slot<T>>() + size_of::<bool>() + size_of::<u16>();

    fn is_full(&self) -> bool {
        self.free == NO_SLOT && self.slots.len() == self.slots.capacity()
    }

    /// How many slots to add: half of what there is, or, where the budget has not that much left, a part of its rest.
    /// Otherwise a handler of `MemoryLimitExceeded` could not make a single text while megabytes are free.
    fn growth(&self, memory: &Memory) -> usize {
        let half = self.slots.len() >> 1;
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
        let more = self.growth(memory);
        if self.slots.len().saturating_add(more) >= to_usize(SLOTS_MAX) {
            return Err(memory.exhausted());
        }
        memory.charge(more.saturating_mul(Self::SLOT_BYTES))?;
        self.slots.reserve_exact(more);
        self.marks.reserve_exact(more);
        if GENERATIONS {
            self.generations.reserve_exact(more);
        }
        Ok(())
    }

    /// Puts an object into a slot. Call [`Self::reserve`] and charge the payload before.
    #[inline]
    pub fn insert(&mut self, object: T) -> Handle<T> {
        self.live = self.live.saturating_add(1);
        let at = self.free;
        if let Some(slot) = self.slots.get_mut(to_usize(at))
            && let Slot::Free(next) = *slot
        {
            self.free = next;
            *slot = Slot::Full(object);
            let generation = self.generations.get(to_usize(at)).copied().unwrap_or(0);
            return Handle::new(at, generation);
        }
        let at = to_u32(self.slots.len());
        self.slots.push(Slot::Full(object));
        self.marks.push(false);
        if !GENERATIONS {
            return Handle::new(at, 0);
        }
        // A slot that was given up comes back with the generations that it had.
        if self.generations.len() < self.slots.len() {
            self.generations.push(0);
        }
        Handle::new(at, self.generations.get(to_usize(at)).copied().unwrap_or(0))
    }

    /// The object.
    #[inline]
    pub fn get(&self, handle: Handle<T>) -> Result<&T, Bug> {
        match self.slots.get(to_usize(handle.slot)) {
            Some(Slot::Full(object)) if handle.fits(&self.generations) => Ok(object),
            _ => Err(Bug::StaleHandle),
        }
    }

    /// The object, to change it.
    #[inline]
    pub fn get_mut(&mut self, handle: Handle<T>) -> Result<&mut T, Bug> {
        match self.slots.get_mut(to_usize(handle.slot)) {
            Some(Slot::Full(object)) if handle.fits(&self.generations) => Ok(object),
            _ => Err(Bug::StaleHandle),
        }
    }

    /// Marks the object as reachable; true when it was not marked before.
    #[inline]
    pub fn mark(&mut self, handle: Handle<T>) -> bool {
        match self.marks.get_mut(to_usize(handle.slot)) {
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
        let mut end = self.slots.len();
        let mut lowest = None;
        // From the last to the first, so that the lowest free slots are reused first and the last ones can be given up.
        let each = self.slots.iter_mut().zip(&mut self.marks).enumerate().rev();
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
        self.slots.truncate(end);
        self.marks.truncate(end);
        freed.saturating_add(self.give_up())
    }

    /// Gives memory back when most of the slots that there is room for are not in use.
    fn give_up(&mut self) -> usize {
        let (room, used) = (self.slots.capacity(), self.slots.len());
        if used > room >> 2 || room <= SLOTS_KEPT {
            return 0;
        }
        let kept = used.saturating_mul(2).max(SLOTS_KEPT);
        self.slots.shrink_to(kept);
        self.marks.shrink_to(kept);
        room.saturating_sub(self.slots.capacity()).saturating_mul(Self::SLOT_BYTES)
    }

    /// How many objects live here.
    pub const fn live(&self) -> usize {
        self.live
    }
}
