//! The threads of a search: states of the automaton in order of preference, each at most once.

use crate::base::guard::{Guard, off};
use crate::base::span::{to_u32, to_usize};
use regex_automata::util::primitives::StateID;

/// A way that a match could go.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    /// Where it is in the automaton.
    pub state: StateID,
    /// The byte that its match starts at.
    pub start: usize,
    /// How many uncertain matches would precede it, counted from the first match of the search.
    pub rank: usize,
}

/// A set of states that remembers the order in which they came (Briggs and Torczon's sparse set).
#[derive(Debug)]
pub struct Threads {
    dense: Vec<Thread>,
    sparse: Box<[u32]>,
}

impl Threads {
    /// Room for so many states.
    pub fn new(states: usize) -> Self {
        Self { dense: Vec::with_capacity(states), sparse: vec![0; states].into() }
    }

    /// Bytes that room for so many states takes.
    pub const fn bytes(states: usize) -> usize {
        states.saturating_mul(size_of::<Thread>().saturating_add(size_of::<u32>()))
    }

    /// Adds a thread, unless its state is there already.
    pub fn insert(&mut self, thread: Thread) -> bool {
        let Some(place) = self.sparse.get_mut(thread.state.as_usize()) else { return false };
        let known = self.dense.get(to_usize(*place)).is_some_and(|there| there.state == thread.state);
        if known && !off(Guard::SearchOnce) {
            return false;
        }
        *place = to_u32(self.dense.len());
        self.dense.push(thread);
        true
    }

    /// In order of preference.
    pub fn as_slice(&self) -> &[Thread] {
        &self.dense
    }

    pub fn clear(&mut self) {
        self.dense.clear();
    }
}
