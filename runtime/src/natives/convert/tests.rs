//! Conversions at the limits of their kinds, and against the standard library.

use super::super::testing::Bench;
use super::{NoInt, read_int, read_number};
use crate::value::Value;
use proptest::prelude::*;

#[test]
fn ints_are_decimal_digits_with_a_sign() {
    let table = [
        ("42", Ok(42)),
        ("  -7\t", Ok(-7)),
        ("+7", Ok(7)),
        ("007", Ok(7)),
        ("-0", Ok(0)),
        ("9223372036854775807", Ok(i64::MAX)),
        ("-9223372036854775808", Ok(i64::MIN)),
        ("9223372036854775808", Err(NoInt::OutOfRange)),
        ("-9223372036854775809", Err(NoInt::OutOfRange)),
        ("", Err(NoInt::Malformed)),
        ("-", Err(NoInt::Malformed)),
        ("1_000", Err(NoInt::Malformed)),
        ("1.0", Err(NoInt::Malformed)),
        ("1e2", Err(NoInt::Malformed)),
        ("0x10", Err(NoInt::Malformed)),
        ("- 1", Err(NoInt::Malformed)),
        ("--1", Err(NoInt::Malformed)),
        ("٣", Err(NoInt::Malformed)),
    ];
    for (text, int) in table {
        assert_eq!(read_int(text), int, "{text:?}");
    }
}

#[test]
fn numbers_may_have_a_fraction_and_an_exponent() {
    for (text, number) in [("1", 1.0), (" -1.5 ", -1.5), ("+1e3", 1000.0), ("1.5E-3", 0.0015), ("2e+1", 20.0)]
    {
        assert_eq!(read_number(text), Some(number), "{text:?}");
    }
    for text in [
        "", ".", ".5", "5.", "e5", "1e", "1e1.5", "inf", "NaN", "-inf", "1e999", "1_0", "0x1", "1 2", "1.2.3",
    ] {
        assert_eq!(read_number(text), None, "{text:?}");
    }
}

#[test]
fn other_kinds_convert_without_loss_or_not_at_all() {
    let mut bench = Bench::new();
    let table = [
        (Value::Number(2.9), "2"),
        (Value::Number(-2.9), "-2"),
        (Value::Number(-9_223_372_036_854_775_808.0), "-9223372036854775808"),
        (Value::Bool(true), "1"),
        (Value::Int(-3), "-3"),
    ];
    for (value, int) in table {
        assert_eq!(bench.shown("int", &[value]), int);
    }
    for far in [f64::NAN, f64::INFINITY, 1e300, 9_223_372_036_854_775_808.0] {
        assert_eq!(bench.call("int", &[Value::Number(far)]).unwrap_err().0, "IntegerOverflow");
    }
    assert_eq!(bench.shown("number", &[Value::Int(3)]), "3.0");
}

#[test]
fn refusals_are_errors_or_none() {
    let mut bench = Bench::new();
    let (word, far) = (bench.text("abc"), bench.text("9223372036854775808"));
    assert_eq!(bench.call("int", &[word]).unwrap_err().0, "ValueError");
    assert_eq!(bench.call("int", &[far]).unwrap_err().0, "IntegerOverflow");
    assert_eq!(bench.call("to_int", &[far]).unwrap_err().0, "IntegerOverflow");
    assert_eq!(bench.call("to_time", &[word]).unwrap_err().0, "ValueError");
    for name in ["parse_int", "parseInt", "parse_number", "parseFloat"] {
        assert_eq!(bench.shown(name, &[word]), "none", "{name}");
    }
    assert_eq!(bench.shown("parse_int", &[far]), "none");
    assert_eq!(
        bench.shown("parse_number", &[far]),
        "9.223372036854775808e18".parse::<f64>().map(|n| format!("{n:?}")).unwrap()
    );
}

proptest! {
    #[test]
    fn texts_are_read_as_the_standard_library_reads_them(int: i64, bits: u64) {
        prop_assert_eq!(read_int(&int.to_string()), Ok(int));
        let number = f64::from_bits(bits);
        let expected = number.is_finite().then_some(number);
        prop_assert_eq!(read_number(&format!("{number:?}")).map(f64::to_bits), expected.map(f64::to_bits));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[+\\-0-9.eE ]{0,12}") {
        if let Some(number) = read_number(&text) {
            prop_assert_eq!(text.trim().parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
