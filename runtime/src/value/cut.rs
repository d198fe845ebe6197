//! Slices as positions: what `[start:end:step]` takes out of a text, a list or a range.

use super::stop::{Outcome, Stop};

/// Which positions a range names: `first`, `first + step`, …, so many of them, all inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The first position; meaningless when `count` is 0.
    pub first: usize,
    /// How many positions.
    pub count: usize,
    /// From one position to the next, never 0.
    pub step: i64,
}

impl Cut {
    /// The positions of `[start:end:step]` in something of `length` elements: negative bounds count from the end, all
    /// are clamped, an absent one is the end that the step starts from or runs to. A step of 0 raises `ValueError`.
    pub fn clamped(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Outcome<Self> {
        if step == 0 {
            return Err(Stop::value_error("a slice step must not be 0"));
        }
        let size = i128::try_from(length).unwrap_or(i128::MAX);
        // Going forward ends lie in 0..=size; going backward one lower, as the end is excluded on the other side.
        let shift = i128::from(step < 0);
        let place = |bound: i64| {
            let bound = i128::from(bound);
            let from_start = if bound < 0 { bound.saturating_add(size) } else { bound };
            from_start.clamp(shift.saturating_neg(), size.saturating_sub(shift))
        };
        let low = shift.saturating_neg();
        let high = size.saturating_sub(shift);
        let (first, last) = if step > 0 { (low, high) } else { (high, low) };
        let (first, last) = (start.map_or(first, place), end.map_or(last, place));
        let distance = if step > 0 { last.saturating_sub(first) } else { first.saturating_sub(last) };
        let stride = i128::from(step.unsigned_abs());
        let count = distance.saturating_add(stride).saturating_sub(1).checked_div(stride).unwrap_or(0);
        let position = |n: i128| usize::try_from(n.max(0)).unwrap_or(usize::MAX);
        Ok(Cut { first: position(first), count: position(count), step })
    }

    /// The positions, in order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        let stride = self.stride();
        let next = move |&at: &usize| {
            Some(if self.step > 0 { at.saturating_add(stride) } else { at.saturating_sub(stride) })
        };
        std::iter::successors(Some(self.first), next).take(self.count)
    }

    /// Lowest and one past the highest position.
    pub fn covered(self) -> (usize, usize) {
        if self.count == 0 {
            return (0, 0);
        }
        let reach = self.stride().saturating_mul(self.count.saturating_sub(1));
        match self.step {
            1.. => (self.first, self.first.saturating_add(reach).saturating_add(1)),
            _ => (self.first.saturating_sub(reach), self.first.saturating_add(1)),
        }
    }

    /// Distance between two positions.
    pub fn stride(self) -> usize {
        usize::try_from(self.step.unsigned_abs()).unwrap_or(usize::MAX)
    }
}
