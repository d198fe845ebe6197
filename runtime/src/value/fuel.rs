//! What an execution may still do before others have their turn, spent where the work is done.
//!
//! Invariant **V7**: whoever takes the bytes of a long text pays for them. [`Texts::str`](super::text::Texts::str) and
//! everything that compares or hashes spends by itself, so that no operation can forget it; who looks at a text window by
//! window asks for it `uncharged`, and spends for each window.

use crate::base::guard::{Guard, off};
use std::cell::Cell;

/// Bytes that are copied or scanned in bulk for one unit of work.
const BULK_BYTES: usize = 16;
/// Bytes that are looked at for nothing: an instruction, or the step of a built-in, costs more.
const FREE_BYTES: usize = 256;

/// No debt counts for more, so that there is always room to spend a little.
const DEBT_MAX: i64 = i64::MIN / 2;

/// What touching so many bytes in bulk costs.
pub const fn bulk(bytes: usize) -> usize {
    (bytes / BULK_BYTES).saturating_add(1)
}

/// Units of work, about one for each instruction.
#[derive(Debug, Default)]
pub struct Fuel(Cell<i64>);

impl Fuel {
    /// Sets what is left.
    #[inline]
    pub fn set(&self, units: i64) {
        self.0.set(units);
    }

    /// What is left; below zero when the last thing that was done cost more than there was.
    #[inline]
    pub const fn left(&self) -> i64 {
        self.0.get()
    }

    /// Is nothing left?
    #[inline]
    pub const fn is_out(&self) -> bool {
        self.left() <= 0
    }

    /// Spends units, whether they are left or not.
    #[inline]
    pub fn spend(&self, units: usize) {
        self.0.set(self.left().saturating_sub_unsigned(units as u64).max(DEBT_MAX));
    }

    /// The same for what a loop or a call of a program takes, which must not cost time itself.
    #[inline]
    pub fn spend_few(&self, units: u32) {
        // Far from the end of an i64, whatever was spent before: the debt is checked before anything more is.
        self.0.set(self.left().wrapping_sub(i64::from(units)));
    }

    /// Spends what looking at so many bytes takes.
    #[inline]
    pub fn look(&self, bytes: usize) {
        if bytes > FREE_BYTES && !off(Guard::LookFuel) {
            self.spend(bulk(bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_spent_it_stays_spent() {
        let fuel = Fuel::default();
        fuel.set(5);
        fuel.spend_few(4);
        assert!(!fuel.is_out());
        fuel.spend(usize::MAX);
        fuel.spend(usize::MAX);
        for _ in 0..3 {
            fuel.spend_few(u32::MAX);
            assert!(fuel.is_out());
        }
        fuel.set(1);
        assert_eq!(fuel.left(), 1);
    }

    #[test]
    fn short_looks_are_free_and_long_ones_cost_by_length() {
        let fuel = Fuel::default();
        fuel.look(FREE_BYTES);
        assert_eq!(fuel.left(), 0);
        fuel.look(1 << 20);
        assert_eq!(fuel.left(), -i64::try_from(bulk(1 << 20)).unwrap());
    }
}
