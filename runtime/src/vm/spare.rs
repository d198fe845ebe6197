//! A machine that ran is emptied and runs again: most of what a small request would allocate is the room of its machine.
//!
//! - **E1** Of its former execution an emptied machine holds nothing: no value, text, global, frame, request or answer, no
//!   seed, and no lease of the pool.
//! - **E2** What it keeps is room for slots and registers, [`ROOM_BYTES_MAX`] at most. That is charged to the next execution
//!   before it begins, as if that had allocated it.
//! - **E3** A handle of the former execution names nothing, where handles know generations.

use super::drive::Waiting;
use super::entity::saved::Saved;
use super::raise::Exhausted;
use super::{Random, Vm};
use crate::value::RESERVE_BYTES;

/// Bytes of room that an emptied machine keeps at most: a quarter less than the least budget has for its program, so that
/// no execution begins with its budget used up.
pub const ROOM_BYTES_MAX: usize = RESERVE_BYTES / 4 * 3;

impl Vm {
    /// Empties it (E1). False where it holds more room than is worth keeping (E2): then drop it.
    #[must_use]
    pub fn empty(&mut self) -> bool {
        self.heap.empty();
        self.stack.empty();
        self.globals.unset(&self.program);
        self.saved = Saved::default();
        self.random = Random::new([0; 32]);
        self.hints.fill(0);
        (self.exchange, self.start, self.answer) = (None, None, None);
        self.exhausted = Exhausted::default();
        self.waiting = Waiting::No;
        self.room() <= ROOM_BYTES_MAX
    }

    /// Readies an emptied machine for another execution. False where the pool has no memory for it.
    #[must_use]
    pub fn again(&mut self, seed: [u8; 32]) -> bool {
        self.random = Random::new(seed);
        let room = self.room();
        self.heap.memory.charge(room).is_ok()
    }

    fn room(&self) -> usize {
        self.heap.room_bytes().saturating_add(self.stack.room())
    }
}
