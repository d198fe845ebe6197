//! Ranges: ints from a start to a bound, counted without being listed.

use super::Value;
use super::number;
use super::object::Range;
use super::stop::{Outcome, Stop};
use super::text::slice::out_of_bounds;

impl Range {
    /// First and last element; none when the range is empty.
    pub fn ends(self) -> Option<(i64, i64)> {
        let last = if self.inclusive { Some(self.end) } else { self.end.checked_sub(1) };
        last.filter(|&last| self.start <= last).map(|last| (self.start, last))
    }

    /// How many elements; a count above the largest int raises `IntegerOverflow`.
    pub fn count(self) -> Outcome<i64> {
        let Some((first, last)) = self.ends() else { return Ok(0) };
        let count = last.checked_sub(first).and_then(|distance| distance.checked_add(1));
        count.ok_or_else(|| Stop::overflow("the length of the range"))
    }

    /// Is it an element? A number counts as the int that it equals.
    pub fn contains(self, value: Value) -> bool {
        let int = match value {
            Value::Int(n) => Some(n),
            Value::Number(n) => number::exact_int(n),
            _ => None,
        };
        let inside = |(first, last): (i64, i64)| int.is_some_and(|n| (first..=last).contains(&n));
        self.ends().is_some_and(inside)
    }

    /// The element at an index, negative ones counted from the end.
    pub fn get(self, index: i64) -> Outcome<Value> {
        let found = self.ends().and_then(|(first, last)| {
            let wide = i128::from(if index < 0 { last } else { first }).checked_add(i128::from(index))?;
            let at = wide.checked_add(i128::from(index < 0))?;
            (i128::from(first)..=i128::from(last)).contains(&at).then(|| i64::try_from(at).ok())?
        });
        let length = || usize::try_from(self.count().unwrap_or(i64::MAX)).unwrap_or(usize::MAX);
        found.map(Value::Int).ok_or_else(|| out_of_bounds(index, "list", length()))
    }

    /// Do both have the same elements?
    pub fn same(self, other: Self) -> bool {
        self.ends() == other.ends()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: i64, end: i64, inclusive: bool) -> Range {
        Range { start, end, inclusive }
    }

    #[test]
    fn elements_counts_and_bounds_agree() {
        for (range, elements) in [
            (range(1, 3, true), vec![1, 2, 3]),
            (range(1, 3, false), vec![1, 2]),
            (range(3, 1, true), vec![]),
            (range(i64::MIN, i64::MIN, false), vec![]),
            (range(i64::MAX - 1, i64::MAX, true), vec![i64::MAX - 1, i64::MAX]),
        ] {
            let count = range.count().unwrap();
            assert_eq!(count, i64::try_from(elements.len()).unwrap());
            let found = (0..count).map(|at| match range.get(at).unwrap() {
                Value::Int(n) => n,
                other => panic!("{other:?}"),
            });
            assert_eq!(found.collect::<Vec<_>>(), elements);
            for index in [count, -count - 1, i64::MIN, i64::MAX] {
                assert!(range.get(index).is_err());
            }
            if let Some(&last) = elements.last() {
                assert!(matches!(range.get(-1).unwrap(), Value::Int(n) if n == last));
            }
        }
    }

    #[test]
    fn a_count_above_the_largest_int_is_refused() {
        let all = range(i64::MIN, i64::MAX, true);
        assert!(all.count().is_err());
        assert!(matches!(all.get(-1).unwrap(), Value::Int(i64::MAX)));
        assert!(matches!(all.get(0).unwrap(), Value::Int(i64::MIN)));
        assert!(all.contains(Value::Int(0)) && all.contains(Value::Number(2.0)));
        assert!(!all.contains(Value::Number(2.5)) && !all.contains(Value::None));
    }
}
