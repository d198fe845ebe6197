//! Arithmetic against the same operation in 128 bits.

use super::*;
use proptest::prelude::*;

fn kind<T: std::fmt::Debug>(outcome: Outcome<T>) -> ErrorKind {
    match outcome.unwrap_err() {
        Stop::Raise(raise) => raise.kind,
        stop => panic!("{stop:?}"),
    }
}

fn exact(wide: Option<i128>) -> Option<i64> {
    wide.and_then(|n| i64::try_from(n).ok())
}

/// Ints that meet their limits often.
fn int() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -20_i64..20,
        (0_i64..4).prop_map(|n| i64::MAX - n),
        (0_i64..4).prop_map(|n| i64::MIN + n),
        (0_u32..63).prop_map(|n| 1 << n),
    ]
}

proptest! {
    #[test]
    fn t1_10_t1_11_sums_products_and_negation_are_exact_or_refused(a in int(), b in int()) {
        let (x, y) = (i128::from(a), i128::from(b));
        prop_assert_eq!(add(a, b).ok(), exact(Some(x + y)));
        prop_assert_eq!(sub(a, b).ok(), exact(Some(x - y)));
        prop_assert_eq!(mul(a, b).ok(), exact(Some(x * y)));
        prop_assert_eq!(neg(a).ok(), exact(Some(-x)));
        prop_assert_eq!(abs(a).ok(), exact(Some(x.abs())));
    }

    #[test]
    fn t1_01_t1_02_t1_03_division_is_exact_or_refused(a in int(), b in int()) {
        let (x, y) = (i128::from(a), i128::from(b));
        prop_assert_eq!(div(a, b).ok(), exact(x.checked_div(y)));
        prop_assert_eq!(rem(a, b).ok(), exact(x.checked_rem(y)));
    }

    #[test]
    fn t1_12_powers_are_exact_or_refused(a in int(), b in 0_i64..70) {
        let exponent = u32::try_from(b).unwrap();
        prop_assert_eq!(pow(a, b).ok(), exact(i128::from(a).checked_pow(exponent)));
    }

    #[test]
    fn comparison_of_int_and_number_is_exact(a in int(), b in int(), shift in -1.0_f64..1.0) {
        let number = to_number(b) + shift;
        #[expect(clippy::cast_possible_truncation, reason = "all of these fit 128 bits")]
        let whole = |n: f64| n as i128;
        // Every double of this size is a multiple of 2^-60 or an int: exact in 128 bits after scaling where small.
        let expected = if number.abs() < 1e9 {
            (i128::from(a) << 60).cmp(&whole(number * 2_f64.powi(60)))
        } else {
            i128::from(a).cmp(&whole(number)).then(0.0.partial_cmp(&number.fract()).unwrap())
        };
        prop_assert_eq!(compare(a, number), Some(expected));
        prop_assert_eq!(equal(a, number), expected == Ordering::Equal);
    }
}

#[test]
fn kinds_of_refusal() {
    assert_eq!(kind(div(1, 0)), ErrorKind::DivisionByZero);
    assert_eq!(kind(rem(1, 0)), ErrorKind::DivisionByZero);
    assert_eq!(kind(div(i64::MIN, -1)), ErrorKind::IntegerOverflow);
    assert_eq!(rem(i64::MIN, -1).unwrap(), 0);
    assert_eq!(kind(add(i64::MAX, 1)), ErrorKind::IntegerOverflow);
    assert_eq!(kind(pow(2, 63)), ErrorKind::IntegerOverflow);
    assert_eq!(kind(pow(2, i64::MAX)), ErrorKind::IntegerOverflow);
    assert_eq!(pow(-1, i64::MAX).unwrap(), -1);
    assert_eq!(pow(0, 0).unwrap(), 1);
}

#[test]
fn t1_12_conversion_keeps_to_the_range_of_int() {
    assert_eq!(to_int(-2.9).unwrap(), -2);
    assert_eq!(to_int(-INT_LIMIT).unwrap(), i64::MIN);
    for n in [INT_LIMIT, 1e300, f64::NAN, f64::INFINITY, -1e19] {
        assert_eq!(kind(to_int(n)), ErrorKind::IntegerOverflow);
    }
    assert_eq!(compare(i64::MAX, INT_LIMIT), Some(Ordering::Less));
    assert_eq!(compare(0, f64::NAN), None);
    assert!(!equal(i64::MAX, INT_LIMIT));
}

#[test]
fn durations_and_times_keep_to_their_ranges() {
    assert_eq!(scale(1000, 1.5).unwrap(), 1500);
    assert_eq!(scale(1, -0.9).unwrap(), 0);
    assert_eq!(kind(scale(1, f64::NAN)), ErrorKind::ValueError);
    assert_eq!(kind(scale(1, f64::INFINITY)), ErrorKind::IntegerOverflow);
    assert_eq!(kind(duration_over(1, 0.0)), ErrorKind::DivisionByZero);
    assert_eq!(duration_over(1, f64::INFINITY).unwrap(), 0);
    assert_eq!(kind(duration_div(i64::MIN, -1)), ErrorKind::IntegerOverflow);
    assert_eq!(move_time(253_402_300_799_999, 0).unwrap(), 253_402_300_799_999);
    assert_eq!(kind(move_time(253_402_300_799_999, 1)), ErrorKind::ValueError);
    assert_eq!(kind(move_time(-62_167_219_200_000, -1)), ErrorKind::ValueError);
    assert_eq!(kind(move_time(-62_167_219_200_000, i64::MIN)), ErrorKind::ValueError);
}
