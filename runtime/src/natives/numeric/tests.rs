//! Functions of numbers at the edges of int and double.

use super::super::testing::Bench;
use crate::value::Value::{self, Int, Number};
use proptest::prelude::*;

fn shown(name: &str, args: &[Value]) -> String {
    let shown = Bench::new().shown(name, args);
    // The kind says enough of an error.
    shown.split_once(": ").map_or(shown.clone(), |(kind, _)| kind.to_owned())
}

#[test]
fn rounding_gives_ints_or_overflows() {
    let table = [
        ("floor", 2.9, "2"),
        ("floor", -2.1, "-3"),
        ("ceil", 2.1, "3"),
        ("ceil", -2.9, "-2"),
        ("trunc", -2.9, "-2"),
        ("round", 2.5, "3"),
        ("round", -2.5, "-3"),
        ("round", 0.499_999_999_999_999_94, "0"),
        ("to_int", 1e18, "1000000000000000000"),
        ("floor", f64::NAN, "IntegerOverflow"),
        ("ceil", f64::INFINITY, "IntegerOverflow"),
        ("round", 9_223_372_036_854_775_808.0, "IntegerOverflow"),
        ("trunc", -1e300, "IntegerOverflow"),
    ];
    for (name, n, result) in table {
        assert_eq!(shown(name, &[Number(n)]), result, "{name}({n})");
    }
    for name in ["floor", "ceil", "trunc", "round", "to_int"] {
        assert_eq!(shown(name, &[Int(i64::MIN)]), i64::MIN.to_string());
    }
}

#[test]
fn digits_are_bounded() {
    assert_eq!(shown("round", &[Number(2.675), Int(2)]), "2.67");
    assert_eq!(shown("round", &[Int(7), Int(2)]), "7.0");
    assert_eq!(shown("round", &[Number(f64::NAN), Int(1)]), "NaN");
    assert_eq!(shown("round", &[Number(1e300), Int(15)]), "1e300");
    for digits in [-1, 16, i64::MAX, i64::MIN] {
        assert_eq!(shown("round", &[Number(1.0), Int(digits)]), "ValueError");
    }
    assert_eq!(shown("to_fixed", &[Number(0.1), Int(20)]), "\"0.10000000000000000555\"");
    assert_eq!(shown("toFixed", &[Int(-3), Int(2)]), "\"-3.00\"");
    for digits in [-1, 21, i64::MAX] {
        assert_eq!(shown("to_fixed", &[Number(1.0), Int(digits)]), "ValueError");
        assert_eq!(shown("format", &[Number(1.0), Int(digits)]), "ValueError");
    }
    assert_eq!(shown("format", &[Int(-1_234_567)]), "\"-1,234,567\"");
    assert_eq!(shown("toLocaleString", &[Number(1234.5)]), "\"1,235\"");
    assert_eq!(shown("format", &[Number(1234.5), Int(2)]), "\"1,234.50\"");
    assert_eq!(shown("format", &[Int(i64::MIN), Int(1)]), "\"-9,223,372,036,854,775,808.0\"");
}

#[test]
fn the_smallest_int_has_no_absolute_value() {
    assert_eq!(shown("abs", &[Int(i64::MIN)]), "IntegerOverflow");
    assert_eq!(shown("abs", &[Int(i64::MIN + 1)]), i64::MAX.to_string());
    assert_eq!(shown("Math.abs", &[Number(-0.0)]), "0.0");
}

#[test]
fn powers_are_exact_or_numbers() {
    assert_eq!(shown("pow", &[Int(2), Int(62)]), (1_i64 << 62).to_string());
    assert_eq!(shown("pow", &[Int(2), Int(63)]), "IntegerOverflow");
    assert_eq!(shown("pow", &[Int(-2), Int(63)]), i64::MIN.to_string());
    assert_eq!(shown("pow", &[Int(2), Int(-1)]), "0.5");
    assert_eq!(shown("pow", &[Int(2), Number(0.5)]), format!("{:?}", 2_f64.powf(0.5)));
    assert_eq!(shown("pow", &[Number(-8.0), Number(0.5)]), "NaN");
}

#[test]
fn clamping_keeps_the_kind_of_what_it_gives() {
    assert_eq!(shown("clamp", &[Int(5), Int(1), Int(3)]), "3");
    assert_eq!(shown("clamp", &[Int(2), Number(1.5), Int(3)]), "2");
    assert_eq!(shown("clamp", &[Int(1), Number(1.5), Int(3)]), "1.5");
    assert_eq!(shown("clamp", &[Int(1), Int(4), Int(3)]), "ValueError");
    assert_eq!(shown("clamp", &[Number(f64::NAN), Int(0), Int(1)]), "NaN");
}

#[test]
fn the_extreme_of_arguments_or_of_one_list() {
    assert_eq!(shown("min", &[Int(3), Number(1.5), Int(2)]), "1.5");
    assert_eq!(shown("Math.max", &[Int(3), Number(3.0)]), "3");
    assert_eq!(shown("max", &[Number(f64::NAN), Int(1)]), "1");
    assert_eq!(shown("max", &[Number(f64::NAN), Number(f64::NAN)]), "NaN");
    assert_eq!(shown("min", &[Number(f64::NAN), Int(1)]), "1");
    assert_eq!(shown("max", &[Int(i64::MAX), Number(9_223_372_036_854_775_808.0)]), "9.223372036854776e18");
    assert_eq!(shown("min", &[Int(1), Value::Time(0)]), "TypeError");
    assert_eq!(shown("Math.max", &[Value::None]), "TypeError");
    assert_eq!(shown("max", &[Value::Duration(5), Value::Duration(-5)]), "duration 5");
    let mut bench = Bench::new();
    let (a, b) = (bench.text("b"), bench.text("aé"));
    assert_eq!(bench.shown("min", &[a, b]), "\"aé\"");
    let list = bench.ints((0..10_000).rev());
    assert_eq!(bench.shown("Math.min", &[list]), "0");
    assert!(bench.steps > 1);
    let range = bench.range(3, 7, false);
    assert_eq!(bench.shown("Math.max", &[range]), "6");
    let empty = bench.range(3, 3, false);
    assert_eq!(bench.shown("Math.max", &[empty]), "none");
}

#[test]
fn numbers_follow_the_standard_library() {
    let table: [(&str, fn(f64) -> f64); 7] = [
        ("sqrt", f64::sqrt),
        ("sin", f64::sin),
        ("cos", f64::cos),
        ("tan", f64::tan),
        ("log10", f64::log10),
        ("ln", f64::ln),
        ("exp", f64::exp),
    ];
    for (name, of) in table {
        for x in [0.0, 1.0, -1.0, 0.5, 1e300] {
            assert_eq!(shown(name, &[Number(x)]), format!("{:?}", of(x)), "{name}({x})");
        }
        assert_eq!(shown(name, &[Int(2)]), format!("{:?}", of(2.0)), "{name}(2)");
    }
    assert_eq!(shown("pi", &[]), format!("{:?}", std::f64::consts::PI));
    assert_eq!(shown("is_nan", &[Number(f64::NAN)]), "true");
    assert_eq!(shown("is_finite", &[Number(f64::INFINITY)]), "false");
}

proptest! {
    #[test]
    fn clamped_values_lie_between_their_bounds(x: i64, a: i64, b: i64) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert_eq!(shown("clamp", &[Int(x), Int(low), Int(high)]), x.clamp(low, high).to_string());
    }

    #[test]
    fn the_extremes_of_ints_are_theirs(xs in prop::collection::vec(any::<i64>(), 1..20)) {
        let args: Vec<Value> = xs.iter().map(|&x| Int(x)).collect();
        prop_assert_eq!(shown("min", &args), xs.iter().min().unwrap().to_string());
        prop_assert_eq!(shown("max", &args), xs.iter().max().unwrap().to_string());
    }
}
