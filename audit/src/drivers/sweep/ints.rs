//! Int arithmetic at and around every boundary, against 128-bit arithmetic.

use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line};
use std::fmt::Write as _;

/// The ends, the middle, powers of two and of ten with their neighbours, and the roots of the ends.
fn boundaries(full: bool) -> Vec<i64> {
    let mut all =
        vec![0, i64::MIN, i64::MAX, 3_037_000_499, 3_037_000_500, -3_037_000_500, 4_611_686_018_427_387_904];
    let shifts: &[u32] =
        if full { &[1, 2, 3, 7, 8, 15, 16, 21, 31, 32, 33, 47, 53, 61, 62] } else { &[1, 3, 31, 32, 62] };
    for shift in shifts {
        for near in -1..=1 {
            let power = (1_i64 << shift) + near;
            all.extend([power, -power]);
        }
    }
    for near in 0..3 {
        all.extend([i64::MIN + near, i64::MAX - near]);
    }
    all.extend((0..if full { 18 } else { 3 }).map(|n| 10_i64.pow(n)));
    all.sort_unstable();
    all.dedup();
    all
}

fn literal(n: i64) -> String {
    if n < 0 { format!("({n})") } else { n.to_string() }
}

fn literals(all: &[i64]) -> String {
    let written: Vec<String> = all.iter().map(|n| literal(*n)).collect();
    format!("[{}]", written.join(", "))
}

fn int_or_overflow(exact: Option<i128>) -> String {
    let int = exact.and_then(|exact| i64::try_from(exact).ok());
    int.map_or_else(|| "IntegerOverflow".to_owned(), |int| int.to_string())
}

/// Runs `a OP b` for every pair, through variables, and once through literals for a part of them.
fn pairs(lab: &mut Lab, operator: &str, model: impl Fn(i128, i128) -> String) -> Result<(), DriverError> {
    let all = boundaries(lab.is_full());
    let mut lines = Vec::new();
    for a in &all {
        for b in &all {
            lines.push(Line::new(format!("{a} {operator} {b}"), model((*a).into(), (*b).into())));
        }
    }
    let source = format!(
        "xs = {}\nfor a in xs {{\n    for b in xs {{\n        r = try (a {operator} b)\n        print(r is error ? r.kind : (r is int ? r : \"number\"))\n    }}\n}}\n",
        literals(&all)
    );
    lab.prints("through variables", &source, &lines);
    let mut source = String::new();
    let written: Vec<Line> = lines.into_iter().step_by(7).collect();
    for line in &written {
        let (a, b) = line.input.split_once(&format!(" {operator} ")).unwrap_or_default();
        let (a, b) = (
            a.parse().map_or_else(|_| a.to_owned(), literal),
            b.parse().map_or_else(|_| b.to_owned(), literal),
        );
        let _ = writeln!(
            source,
            "r = try ({a} {operator} {b})\nprint(r is error ? r.kind : (r is int ? r : \"number\"))"
        );
    }
    lab.prints("through literals", &source, &written);
    Ok(())
}

/// One operand at a time.
fn singles(lab: &mut Lab, expression: &str, model: impl Fn(i128) -> String) -> Result<(), DriverError> {
    let all = boundaries(true);
    let lines: Vec<Line> =
        all.iter().map(|n| Line::new(format!("{expression} of {n}"), model((*n).into()))).collect();
    let source = format!(
        "for n in {} {{\n    r = try ({expression})\n    print(r is error ? r.kind : r)\n}}\n",
        literals(&all)
    );
    lab.prints(expression, &source, &lines);
    Ok(())
}

pub(super) fn add(lab: &mut Lab) -> Result<(), DriverError> {
    pairs(lab, "+", |a, b| int_or_overflow(Some(a + b)))
}

pub(super) fn subtract(lab: &mut Lab) -> Result<(), DriverError> {
    pairs(lab, "-", |a, b| int_or_overflow(Some(a - b)))
}

pub(super) fn multiply(lab: &mut Lab) -> Result<(), DriverError> {
    pairs(lab, "*", |a, b| int_or_overflow(Some(a * b)))
}

pub(super) fn divide(lab: &mut Lab) -> Result<(), DriverError> {
    let model =
        |a: i128, b: i128| if b == 0 { "DivisionByZero".to_owned() } else { int_or_overflow(Some(a / b)) };
    pairs(lab, "/", model)
}

pub(super) fn remainder(lab: &mut Lab) -> Result<(), DriverError> {
    let model =
        |a: i128, b: i128| if b == 0 { "DivisionByZero".to_owned() } else { int_or_overflow(Some(a % b)) };
    pairs(lab, "%", model)
}

/// By multiplying, as often as it takes to leave the ints; what never leaves them needs no more than two steps.
fn exact_power(base: i128, exponent: i128) -> Option<i128> {
    match (base, exponent) {
        (_, 0) | (1, _) => Some(1),
        (0, _) => Some(0),
        (-1, _) => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => {
            let mut power: i128 = 1;
            for _ in 0..exponent.min(64) {
                power *= base;
                i64::try_from(power).ok()?;
            }
            (exponent <= 64).then_some(power)
        }
    }
}

pub(super) fn power(lab: &mut Lab) -> Result<(), DriverError> {
    let model =
        |a: i128, b: i128| if b < 0 { "number".to_owned() } else { int_or_overflow(exact_power(a, b)) };
    pairs(lab, "**", model)
}

pub(super) fn negate(lab: &mut Lab) -> Result<(), DriverError> {
    singles(lab, "-n", |n| int_or_overflow(Some(-n)))?;
    singles(lab, "0 - n", |n| int_or_overflow(Some(-n)))?;
    singles(lab, "-(-(n))", |n| int_or_overflow(i64::try_from(-n).ok().map(|_| n)))
}

pub(super) fn abs(lab: &mut Lab) -> Result<(), DriverError> {
    singles(lab, "abs(n)", |n| int_or_overflow(Some(n.abs())))?;
    singles(lab, "n.abs()", |n| int_or_overflow(Some(n.abs())))
}

/// Sums of three whose exact value and partial sums agree on whether they are ints.
pub(super) fn sum(lab: &mut Lab) -> Result<(), DriverError> {
    let all = boundaries(false);
    let mut lines = Vec::new();
    let mut lists = Vec::new();
    for a in &all {
        for b in &all {
            let (wide_a, wide_b) = (i128::from(*a), i128::from(*b));
            lines.push(Line::new(format!("[{a}, {b}].sum()"), int_or_overflow(Some(wide_a + wide_b))));
            lists.push(literals(&[*a, *b]));
        }
    }
    let source = format!(
        "for xs in [{}] {{\n    r = try xs.sum()\n    print(r is error ? r.kind : r)\n}}\n",
        lists.join(",\n")
    );
    lab.prints("sum", &source, &lines);
    Ok(())
}

/// Numbers on both sides of what is an int, and of what rounds to one.
pub(super) fn convert(lab: &mut Lab) -> Result<(), DriverError> {
    const EDGE: f64 = 9_223_372_036_854_775_808.0;
    let mut numbers = vec![
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        0.49,
        1e15,
        1e18,
        1e19,
        1e300,
        EDGE,
        4_503_599_627_370_496.5,
        9_007_199_254_740_993.0,
    ];
    numbers.extend([f64::MAX, f64::MIN_POSITIVE, EDGE.next_down(), EDGE.next_up(), 1e-300]);
    numbers.extend(numbers.clone().iter().map(|n| -n));
    let functions: [(&str, fn(f64) -> f64); 5] = [
        ("int", f64::trunc),
        ("trunc", f64::trunc),
        ("floor", f64::floor),
        ("ceil", f64::ceil),
        ("round", f64::round),
    ];
    for (name, model) in functions {
        let mut lines = Vec::new();
        let mut written = Vec::new();
        for number in &numbers {
            let rounded = model(*number);
            let inside = (-EDGE..EDGE).contains(&rounded);
            #[expect(clippy::cast_possible_truncation, reason = "inside the ints, and integral")]
            let exact = inside.then_some(rounded as i128);
            lines.push(Line::new(format!("{name}({number:?})"), int_or_overflow(exact)));
            written.push(format!("({number:?})"));
        }
        let source = format!(
            "for x in [{}] {{\n    r = try {name}(x)\n    print(r is error ? r.kind : r)\n}}\n",
            written.join(", ")
        );
        lab.prints(name, &source, &lines);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_powers_is_exact_at_the_ends() {
        assert_eq!(exact_power(2, 62), Some(1 << 62));
        assert_eq!(int_or_overflow(exact_power(2, 63)), "IntegerOverflow");
        assert_eq!(int_or_overflow(exact_power(-2, 63)), i64::MIN.to_string());
        assert_eq!(exact_power(-1, i64::MAX.into()), Some(-1));
        assert_eq!(exact_power(3, i64::MAX.into()), None);
    }
}
