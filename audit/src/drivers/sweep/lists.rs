//! Lists: reads, writes and slices at every index that matters, and sorts under every comparator that lies.

use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line};
use std::fmt::Write as _;

const MIN: i64 = i64::MIN;
const MAX: i64 = i64::MAX;

fn indices() -> Vec<i64> {
    let mut all: Vec<i64> = (-7..=7).collect();
    all.extend([
        MIN,
        MIN + 1,
        MAX,
        MAX - 1,
        255,
        256,
        65_536,
        1 << 31,
        1 << 32,
        -(1 << 31),
        -(1 << 32),
        (1 << 32) + 1,
    ]);
    all
}

fn written(all: &[i64]) -> String {
    let items: Vec<String> = all.iter().map(|n| format!("({n})")).collect();
    format!("[{}]", items.join(", "))
}

/// The position that an index means, if it lies inside.
fn inside(index: i64, length: usize) -> Option<usize> {
    let wide = i128::from(index);
    let length_wide = length as i128;
    let at = if wide < 0 { wide + length_wide } else { wide };
    usize::try_from(at).ok().filter(|at| *at < length)
}

fn shown(list: &[i64]) -> String {
    format!("{list:?}")
}

pub(super) fn read(lab: &mut Lab) -> Result<(), DriverError> {
    let indices = indices();
    let mut lines = Vec::new();
    for length in 0..=5_usize {
        for index in &indices {
            let expected = match inside(*index, length) {
                Some(at) => (at * 10).to_string(),
                None => {
                    format!("IndexOutOfBounds Index {index} is out of bounds for list of length {length}")
                }
            };
            lines.push(Line::new(format!("index {index} of {length}"), expected));
        }
    }
    let source = format!(
        "for n in 0..5 {{\n    xs = range(0, n).map(x => x * 10)\n    for i in {} {{\n        r = try xs[i]\n        print(r is error ? \"{{r.kind}} {{r.message}}\" : r)\n    }}\n}}\n",
        written(&indices)
    );
    lab.prints("reads", &source, &lines);
    Ok(())
}

/// `xs[i] = v`, `insert` and `remove_at`, each on a fresh list, and what is left of it.
pub(super) fn write(lab: &mut Lab) -> Result<(), DriverError> {
    let indices = indices();
    let mut lines = Vec::new();
    for length in 0..=4_usize {
        let list: Vec<i64> = (0..length as i64).collect();
        for index in &indices {
            let place = inside(*index, length);
            // An insertion may also stand behind the last element; a negative index counts from the end.
            let gap = inside(*index, length).or((i128::from(*index) == length as i128).then_some(length));
            let (mut set, mut inserted, mut removed) = (list.clone(), list.clone(), list.clone());
            if let Some(at) = place {
                set[at] = 77;
                removed.remove(at);
            }
            if let Some(at) = gap {
                inserted.insert(at, 77);
            }
            for (name, done, left) in
                [("set", place, set), ("insert", gap, inserted), ("remove_at", place, removed)]
            {
                let kind = if done.is_some() { "ok" } else { "IndexOutOfBounds" };
                lines.push(Line::new(
                    format!("{name} at {index} of {length}"),
                    format!("{kind} {}", shown(&left)),
                ));
            }
        }
    }
    let source = format!(
        "fn show(r, xs) {{ print(r is error ? r.kind : \"ok\", xs) }}
for n in 0..4 {{
    for i in {} {{
        xs = range(0, n)
        show(try (xs[i] = 77), xs)
        xs = range(0, n)
        show(try xs.insert(i, 77), xs)
        xs = range(0, n)
        show(try xs.remove_at(i), xs)
    }}
}}
",
        written(&indices)
    );
    lab.prints("writes", &source, &lines);
    Ok(())
}

/// The positions that a slice takes, in order.
pub(super) fn sliced(length: usize, start: Option<i64>, end: Option<i64>, step: Option<i64>) -> Vec<usize> {
    let length = length as i128;
    let step = i128::from(step.unwrap_or(1));
    let from_end = |bound: i64| if bound < 0 { i128::from(bound) + length } else { i128::from(bound) };
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i128| bound.clamp(lowest, highest);
    let mut at = start.map_or(if step > 0 { lowest } else { highest }, |bound| clamp(from_end(bound)));
    let end = end.map_or(if step > 0 { highest } else { lowest }, |bound| clamp(from_end(bound)));
    let mut taken = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        taken.extend(usize::try_from(at));
        at += step;
    }
    taken
}

fn bounds(reach: i64) -> Vec<Option<i64>> {
    let mut all: Vec<Option<i64>> = (-reach..=reach).map(Some).collect();
    all.extend([None, Some(MIN), Some(MAX), Some(1 << 32), Some(-(1 << 32))]);
    all
}

fn steps() -> Vec<Option<i64>> {
    [None, Some(1), Some(2), Some(3), Some(-1), Some(-2), Some(-3), Some(MAX), Some(MIN), Some(-MAX)].into()
}

pub(super) fn options(all: &[Option<i64>]) -> String {
    let items: Vec<String> = all.iter().map(|n| n.map_or("none".to_owned(), |n| format!("({n})"))).collect();
    format!("[{}]", items.join(", "))
}

fn try_slices(lab: &mut Lab, lengths: std::ops::RangeInclusive<usize>, reach: i64) {
    for length in lengths {
        let mut lines = Vec::new();
        for a in bounds(reach) {
            for b in bounds(reach) {
                for step in steps() {
                    let taken = sliced(length, a, b, step);
                    lines
                        .push(Line::new(format!("[{a:?}:{b:?}:{step:?}] of {length}"), format!("{taken:?}")));
                }
            }
        }
        let mut source = format!("xs = range(0, {length})\nbounds = {}\n", options(&bounds(reach)));
        let _ = writeln!(
            source,
            "for a in bounds {{ for b in bounds {{ for s in {} {{ print(xs[a:b:s]) }} }} }}",
            options(&steps())
        );
        lab.prints("slices", &source, &lines);
    }
}

pub(super) fn slice(lab: &mut Lab) -> Result<(), DriverError> {
    try_slices(lab, 0..=3, 5);
    Ok(())
}

pub(super) fn slice_long(lab: &mut Lab) -> Result<(), DriverError> {
    try_slices(lab, 4..=12, 14);
    Ok(())
}

/// Comparators built from every table of three answers over three kinds of element: consistent ones and all others.
pub(super) fn sort(lab: &mut Lab) -> Result<(), DriverError> {
    let length = 40;
    let stride = if lab.is_full() { 1 } else { 37 };
    let tables: Vec<usize> = (0..3_usize.pow(9)).step_by(stride).collect();
    let lines: Vec<Line> = tables
        .iter()
        .map(|table| Line::new(format!("comparator {table}"), format!("{length} true")))
        .collect();
    let source = format!(
        "xs = range(0, {length})
for table in range(0, {}, {stride}) {{
    answers = range(0, 9).map(i => table / 3 ** i % 3 - 1)
    ys = xs.sort((a, b) => answers[a % 3 * 3 + b % 3])
    print(ys.length, ys.sort() == xs)
}}
",
        3_usize.pow(9)
    );
    lab.prints("comparators", &source, &lines);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_slices_clamps_and_never_overflows() {
        assert_eq!(sliced(3, Some(2), Some(1), None), [] as [usize; 0]);
        assert_eq!(sliced(3, Some(-9), Some(9), None), [0, 1, 2]);
        assert_eq!(sliced(3, None, None, Some(-1)), [2, 1, 0]);
        assert_eq!(sliced(3, None, None, Some(MIN)), [2]);
        assert_eq!(sliced(3, Some(MAX), Some(MIN), Some(-2)), [2, 0]);
    }
}
