//! Lists. Bounds are checked here, and nowhere else.

use super::cut::Cut;
use super::stop::Outcome;
use super::text::slice::out_of_bounds;
use super::{Handle, Heap, Value};
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};

/// A mutable list; changed through [`super::Heap`], which charges what it grows by.
#[derive(Debug, Default)]
pub struct List {
    /// The elements.
    pub items: Vec<Value>,
}

/// What an index is asked for: decides which guard holds it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read an element.
    Read,
    /// To replace or remove an element.
    Write,
    /// To insert before an element, or at the end.
    Insert,
}

impl List {
    /// Bytes charged for a capacity.
    pub const fn payload(capacity: usize) -> usize {
        capacity.saturating_mul(size_of::<Value>())
    }
}

/// The place that an index names in a list of `length` elements, negative ones counted from the end.
pub fn place(length: usize, index: i64, access: Access) -> Outcome<usize> {
    #[cfg(feature = "knockout")]
    if naive::applies(length, index, access) {
        return Ok(naive::place(length, index));
    }
    let found = match usize::try_from(index) {
        Ok(at) => Some(at),
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| length.checked_sub(back)),
    };
    let end = if access == Access::Insert { length.saturating_add(1) } else { length };
    found.filter(|&at| at < end).ok_or_else(|| out_of_bounds(index, "list", length))
}

/// The positions of `[start:end:step]` in a list of `length` elements.
pub fn cut(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Outcome<Cut> {
    #[cfg(feature = "knockout")]
    if step == 0 && off(Guard::SliceStep) {
        return Ok(naive::endless(length));
    }
    #[cfg(feature = "knockout")]
    if off(Guard::SliceClamp) {
        return Ok(naive::cut(start, end, step));
    }
    Cut::clamped(length, start, end, step)
}

impl Heap {
    /// `list[index]`
    pub fn list_get(&self, list: Handle<List>, index: i64) -> Outcome<Value> {
        let items = &self.lists.get(list)?.items;
        let at = place(items.len(), index, Access::Read)?;
        Ok(element(items, at))
    }

    /// `list[index] = value`
    pub fn list_set(&mut self, list: Handle<List>, index: i64, value: Value) -> Outcome<()> {
        let items = &mut self.lists.get_mut(list)?.items;
        let at = place(items.len(), index, Access::Write)?;
        #[cfg(feature = "knockout")]
        naive::check(items.len(), at);
        if let Some(place) = items.get_mut(at) {
            *place = value;
        }
        Ok(())
    }

    /// `list[start:end:step]`, a new list.
    pub fn list_slice(&mut self, list: Handle<List>, cut: Cut) -> Outcome<Value> {
        let into = self.new_list_with(cut.count)?;
        let mut taken = std::mem::take(&mut self.lists.get_mut(into)?.items);
        let items = &self.lists.get(list)?.items;
        match items.get(cut.first..cut.first.saturating_add(cut.count)) {
            Some(whole) if cut.step == 1 => taken.extend_from_slice(whole),
            _ => taken.extend(cut.positions().map(|at| element(items, at))),
        }
        self.lists.get_mut(into)?.items = taken;
        Ok(Value::List(into))
    }

    /// Appends the elements of `from`, which may be the list itself.
    pub fn extend_list(&mut self, list: Handle<List>, from: Handle<List>) -> Outcome<()> {
        let more = self.lists.get(from)?.items.len();
        self.reserve_list(list, more)?;
        let mut items = std::mem::take(&mut self.lists.get_mut(list)?.items);
        if list == from {
            items.extend_from_within(..);
        } else {
            items.extend_from_slice(&self.lists.get(from)?.items);
        }
        self.lists.get_mut(list)?.items = items;
        Ok(())
    }
}

/// The element at a place that was checked. With a guard knocked out the place may be anything.
#[inline]
fn element(items: &[Value], at: usize) -> Value {
    #[cfg(feature = "knockout")]
    naive::check(items.len(), at);
    items.get(at).copied().unwrap_or(Value::None)
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guards hold back: places taken as they come.
    #![expect(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "the obvious wrong code, to show what the guards hold back"
    )]

    use super::{Access, Cut, Guard, off};

    /// Is the guard off that refuses this index?
    pub fn applies(length: usize, index: i64, access: Access) -> bool {
        let past_end = index >= length as i64 && off(Guard::IndexPastEnd);
        let before_start = index < -(length as i64) && off(Guard::IndexBeforeStart);
        match access {
            Access::Read => past_end || before_start,
            Access::Write | Access::Insert => off(Guard::WriteBounds),
        }
    }

    pub fn place(length: usize, index: i64) -> usize {
        if index < 0 { (length as i64 + index) as usize } else { index as usize }
    }

    /// `items[at]` of a slice.
    pub fn check(length: usize, at: usize) {
        assert!(at < length, "index out of bounds: the len is {length} but the index is {at}");
    }

    pub fn cut(start: Option<i64>, end: Option<i64>, step: i64) -> Cut {
        let (first, last) = (start.unwrap_or(0), end.unwrap_or(0));
        Cut { first: first as usize, count: ((last - first) / step) as usize, step }
    }

    /// Goes through a list by steps of 0.
    pub fn endless(length: usize) -> Cut {
        let at = std::hint::black_box(0);
        while at < length.max(1) {
            std::hint::spin_loop();
        }
        Cut { first: 0, count: 0, step: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Memory, Pool, Stop};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn heap() -> Heap {
        Heap::new(Arc::new([]), Memory::new(1 << 20, Pool::new(1 << 30)))
    }

    fn ints(heap: &Heap, list: Value) -> Vec<i64> {
        let Value::List(list) = list else { panic!("no list") };
        let int = |value: &Value| if let Value::Int(n) = value { *n } else { panic!("no int") };
        heap.lists.get(list).unwrap().items.iter().map(int).collect()
    }

    fn message(stop: &Stop) -> &str {
        match stop {
            Stop::Raise(raise) => &raise.message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn t1_04_t1_05_t1_06_every_access_is_inside_or_refused() {
        for length in 0..4_i64 {
            let size = usize::try_from(length).unwrap();
            let indices = (-6..6).chain([i64::MIN, i64::MIN + 1, i64::MAX]);
            for index in indices {
                let wide = i128::from(index);
                let expected = if wide < 0 { wide + i128::from(length) } else { wide };
                for (access, end) in
                    [(Access::Read, length), (Access::Write, length), (Access::Insert, length + 1)]
                {
                    let found = place(size, index, access);
                    if (0..i128::from(end)).contains(&expected) {
                        assert_eq!(i128::try_from(found.unwrap()).unwrap(), expected);
                    } else {
                        let text = format!("Index {index} is out of bounds for list of length {length}");
                        assert_eq!(message(&found.unwrap_err()), text);
                    }
                }
            }
        }
    }

    #[test]
    fn t1_07_step_zero_is_refused() {
        assert_eq!(message(&cut(3, None, None, 0).unwrap_err()), "a slice step must not be 0");
    }

    #[test]
    fn a_list_can_be_appended_to_itself() {
        let mut heap = heap();
        let list = heap.new_list(vec![Value::Int(1), Value::Int(2)]).unwrap();
        let Value::List(handle) = list else { panic!("no list") };
        heap.extend_list(handle, handle).unwrap();
        assert_eq!(ints(&heap, list), [1, 2, 1, 2]);
    }

    proptest! {
        #[test]
        fn t1_07_slices_equal_the_slow_model(
            length in 0_i64..12,
            start in proptest::option::of(prop_oneof![-15_i64..15, Just(i64::MIN), Just(i64::MAX)]),
            end in proptest::option::of(prop_oneof![-15_i64..15, Just(i64::MIN), Just(i64::MAX)]),
            step in prop_oneof![-5_i64..=-1, 1_i64..=5, Just(i64::MIN), Just(i64::MAX)],
        ) {
            let mut heap = heap();
            let list = heap.new_list((0..length).map(Value::Int).collect()).unwrap();
            let Value::List(handle) = list else { panic!("no list") };
            let place = |n: i64| if n < 0 { i128::from(n) + i128::from(length) } else { i128::from(n) };
            let forward = step > 0;
            let size = i128::from(length);
            let mut at = start.map_or(if forward { 0 } else { size - 1 }, place);
            at = if forward { at.max(0) } else { at.min(size - 1) };
            let stop = end.map_or(if forward { size } else { -1 }, |n| place(n).max(-1));
            let mut expected = Vec::new();
            while if forward { at < stop.min(size) } else { at > stop && at >= 0 } {
                expected.push(i64::try_from(at).unwrap());
                at += i128::from(step);
            }
            let taken = cut(usize::try_from(length).unwrap(), start, end, step).unwrap();
            let slice = heap.list_slice(handle, taken).unwrap();
            prop_assert_eq!(ints(&heap, slice), expected);
        }
    }
}
