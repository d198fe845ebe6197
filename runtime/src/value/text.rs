//! Immutable UTF-8 with its length in code points, and the arena of texts together with the program's constants.
//!
//! Invariant **V5**: positions are code points; a byte offset inside a character never leaves this module.

pub mod blanks;
pub mod case;
pub mod search;
pub mod slice;

use super::arena::{Arena, Handle, SLOTS_MAX};
use super::fuel::Fuel;
use super::stop::Bug;
use crate::base::guard::{Guard, off};
use crate::base::span::to_usize;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

/// The process's hash seeds: keys that collide in one process do not in the next.
static SEEDS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Hashes anything with the process's seeds.
pub fn seeded_hash<T: std::hash::Hash + ?Sized>(of: &T) -> u64 {
    #[cfg(feature = "knockout")]
    if crate::base::guard::off(crate::base::guard::Guard::HashSeeds) {
        return naive::hash(of);
    }
    SEEDS.hash_one(of)
}

#[cfg(feature = "knockout")]
mod naive {
    //! A hash that everybody can compute, and that most keys share: their size.

    #[derive(Default)]
    struct Size(u64);

    impl std::hash::Hasher for Size {
        fn write(&mut self, bytes: &[u8]) {
            self.0 = self.0.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }

    pub fn hash<T: std::hash::Hash + ?Sized>(of: &T) -> u64 {
        let mut size = Size::default();
        of.hash(&mut size);
        std::hash::Hasher::finish(&size)
    }
}

/// A copy of so many bytes at most: what is longer is cut at a whole character, and says so with `…`.
#[inline(never)]
pub fn shortened(text: &str, bytes_max: usize) -> String {
    let head = text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text);
    if may_copy(text, bytes_max) { text.to_owned() } else { [head, "…"].concat() }
}

/// May it be copied though nobody is charged for that?
pub fn may_copy(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max || off(Guard::OutsideBudget)
}

/// One text.
#[derive(Debug)]
pub struct Text {
    content: Box<str>,
    chars: usize,
    /// Cached hash; 0 is "not computed".
    hash: AtomicU64,
    /// Byte offset of every [`CRUMB_CHARS`]th code point, made at the first index into a text that is not ASCII.
    crumbs: OnceLock<Box<[usize]>>,
}

/// Code points between two crumbs.
pub const CRUMB_CHARS: usize = 64;

impl Text {
    /// Takes a text; charged by its bytes before.
    pub fn new(content: impl Into<Box<str>>) -> Self {
        let content = content.into();
        let chars = if content.is_ascii() { content.len() } else { content.chars().count() };
        Self { content, chars, hash: AtomicU64::new(0), crumbs: OnceLock::new() }
    }

    /// Its UTF-8.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// Length in code points.
    #[inline]
    pub const fn chars(&self) -> usize {
        self.chars
    }

    /// Is every code point a byte?
    #[inline]
    pub const fn is_ascii(&self) -> bool {
        self.chars == self.content.len()
    }

    /// Hash by content, with the process's seeds.
    pub fn hash(&self) -> u64 {
        match self.hash.load(Ordering::Relaxed) {
            0 => {
                let hash = seeded_hash(self.as_str()).max(1);
                self.hash.store(hash, Ordering::Relaxed);
                hash
            }
            hash => hash,
        }
    }

    fn is_hashed(&self) -> bool {
        self.hash.load(Ordering::Relaxed) != 0
    }

    /// Bytes charged for one of these besides its slot. Crumbs are charged up front, at their largest.
    pub const fn payload(bytes: usize) -> usize {
        bytes.saturating_add((bytes / CRUMB_CHARS).saturating_mul(size_of::<usize>()))
    }

    /// Byte offset of a code point; of the end for positions at or past it.
    pub fn byte_of(&self, position: usize) -> usize {
        if position >= self.chars {
            return self.content.len();
        }
        if self.is_ascii() {
            return position;
        }
        let near = match position / CRUMB_CHARS {
            0 => 0,
            crumb => self.crumbs().get(crumb).copied().unwrap_or(0),
        };
        let rest = self.content.get(near..).unwrap_or_default();
        let within = rest.char_indices().nth(position % CRUMB_CHARS).map_or(rest.len(), |(at, _)| at);
        near.saturating_add(within)
    }

    /// Position of the code point that starts at a byte offset.
    pub fn position_of(&self, byte: usize) -> usize {
        if self.is_ascii() {
            return byte.min(self.chars);
        }
        let crumbs = if byte <= CRUMB_CHARS { &[] } else { self.crumbs() };
        let before = crumbs.partition_point(|&crumb| crumb <= byte).saturating_sub(1);
        let near = crumbs.get(before).copied().unwrap_or(0);
        let rest = self.content.get(near..byte).unwrap_or_default();
        before.saturating_mul(CRUMB_CHARS).saturating_add(rest.chars().count())
    }

    fn crumbs(&self) -> &[usize] {
        self.crumbs
            .get_or_init(|| self.content.char_indices().step_by(CRUMB_CHARS).map(|(at, _)| at).collect())
    }
}

/// All texts that a VM can name: those on its heap, and the constants of its program, shared by all VMs that run it.
#[derive(Debug)]
pub struct Texts {
    pub(super) arena: Arena<Text>,
    constants: Arc<[Text]>,
    /// What the execution may still do: here, because nobody else is there whenever bytes are looked at.
    pub fuel: Fuel,
}

impl Texts {
    /// No texts but the program's constants.
    pub fn new(constants: Arc<[Text]>) -> Self {
        Self { arena: Arena::default(), constants, fuel: Fuel::default() }
    }

    /// The handle of a constant; valid in every VM of the program, never collected.
    pub const fn constant(index: u32) -> Handle<Text> {
        Handle::new(SLOTS_MAX | index, 0)
    }

    /// The index of a constant, if the handle names one.
    pub const fn constant_index(handle: Handle<Text>) -> Option<u32> {
        if handle.slot() >= SLOTS_MAX { Some(handle.slot() & !SLOTS_MAX) } else { None }
    }

    /// The text.
    #[inline]
    pub fn get(&self, handle: Handle<Text>) -> Result<&Text, Bug> {
        match Self::constant_index(handle) {
            None => self.arena.get(handle),
            Some(index) => self.constants.get(to_usize(index)).ok_or(Bug::BadIndex),
        }
    }

    /// Its UTF-8, and the fuel for looking at all of it (V7).
    #[inline]
    pub fn str(&self, handle: Handle<Text>) -> Result<&str, Bug> {
        let content = self.uncharged(handle)?;
        self.fuel.look(content.len());
        Ok(content)
    }

    /// The text, for who asks it where code points stand: the first one to do so goes over all of it, pays for that, and
    /// leaves the crumbs for all that come later.
    #[inline]
    pub fn indexed(&self, handle: Handle<Text>) -> Result<&Text, Bug> {
        let text = self.get(handle)?;
        if !text.is_ascii() && text.chars() > CRUMB_CHARS && text.crumbs.get().is_none() {
            self.fuel.look(text.as_str().len());
            text.crumbs();
        }
        Ok(text)
    }

    /// Its UTF-8, for who spends fuel for each part that is looked at.
    #[inline]
    pub fn uncharged(&self, handle: Handle<Text>) -> Result<&str, Bug> {
        Ok(self.get(handle)?.as_str())
    }

    /// Its length in bytes.
    #[inline]
    pub fn bytes(&self, handle: Handle<Text>) -> Result<usize, Bug> {
        Ok(self.get(handle)?.as_str().len())
    }

    /// Its hash, computed the first time.
    #[inline]
    pub fn hash(&self, handle: Handle<Text>) -> Result<u64, Bug> {
        let text = self.get(handle)?;
        if !text.is_hashed() {
            self.fuel.look(text.as_str().len());
        }
        Ok(text.hash())
    }

    /// Equal by content?
    #[inline]
    pub fn equal(&self, a: Handle<Text>, b: Handle<Text>) -> Result<bool, Bug> {
        if a == b {
            return Ok(true);
        }
        let (a, b) = (self.uncharged(a)?, self.uncharged(b)?);
        if a.len() != b.len() {
            return Ok(false);
        }
        self.fuel.look(a.len());
        Ok(a == b)
    }

    /// How they compare by code points.
    #[inline]
    pub fn order(&self, a: Handle<Text>, b: Handle<Text>) -> Result<std::cmp::Ordering, Bug> {
        let (a, b) = (self.uncharged(a)?, self.uncharged(b)?);
        self.fuel.look(a.len().min(b.len()));
        Ok(a.cmp(b))
    }
}
