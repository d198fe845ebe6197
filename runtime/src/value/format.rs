//! Numbers and durations as text.
//!
//! Two rules hold everywhere: a number is written with the fewest digits that read back as the same number, and where
//! digits are cut off, the exact decimal value of the double decides, ties going away from zero.

use std::fmt::Write;

/// The most digits after the point that `to_fixed` and `format` give.
pub const FIXED_DIGITS_MAX: u8 = 20;
/// The most digits after the point that `round` keeps.
pub const ROUND_DIGITS_MAX: u8 = 15;

/// Writes an int. Most of a page's values are some, and the library's way through a formatter takes many times as long.
pub fn write_int(out: &mut String, n: i64) {
    let mut digits = [0_u8; 20];
    let (mut at, mut rest) = (digits.len(), n.unsigned_abs());
    while let Some(next) = at.checked_sub(1) {
        let digit = u8::try_from(rest % 10).unwrap_or(0);
        if let Some(place) = digits.get_mut(next) {
            *place = b'0'.saturating_add(digit);
        }
        (at, rest) = (next, rest / 10);
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push('-');
    }
    out.push_str(digits.get(at..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
}

/// Writes a number: plain when its decimal exponent is from -7 to 20, with an exponent otherwise; an integral one
/// without fraction.
pub fn write_number(out: &mut String, n: f64) {
    let size = n.abs();
    let plain = size == 0.0 || (1e-7..1e21).contains(&size) || !n.is_finite();
    // Writing to a String cannot fail.
    let _ = if plain { write!(out, "{n}") } else { write!(out, "{n:e}") };
}

/// Writes a number as JSON: an integral plain one keeps `.0`, so that it reads back as a number; what is not finite is
/// `null`.
pub fn write_json_number(out: &mut String, n: f64) {
    if !n.is_finite() {
        out.push_str("null");
        return;
    }
    let start = out.len();
    write_number(out, n);
    let digits = out.get(start..).unwrap_or_default();
    if !digits.contains(['.', 'e']) {
        out.push_str(".0");
    }
}

/// Writes a duration: largest units first, parts that are zero left out, `0s` for none at all.
pub fn write_duration(out: &mut String, millis: i64) {
    const UNITS: [(u64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    if millis == 0 {
        out.push_str("0s");
        return;
    }
    if millis < 0 {
        out.push('-');
    }
    let mut rest = millis.unsigned_abs();
    for (size, unit) in UNITS {
        let count = rest.checked_div(size).unwrap_or(0);
        rest = rest.checked_rem(size).unwrap_or(0);
        if count > 0 {
            let _ = write!(out, "{count}{unit}");
        }
    }
}

/// The number with exactly so many digits after the point.
pub fn fixed(n: f64, digits: u8) -> String {
    let places = usize::from(digits);
    if !is_tie(n, digits) {
        // The standard library rounds the exact value correctly wherever it is no tie.
        return format!("{n:.places$}");
    }
    let exact = format!("{n:.*}", places.saturating_add(1));
    let kept = exact.strip_suffix('5').unwrap_or(&exact);
    away_from_zero(kept.strip_suffix('.').unwrap_or(kept))
}

/// An int with so many zeros after the point.
pub fn fixed_int(n: i64, digits: u8) -> String {
    let mut out = n.to_string();
    if digits > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', usize::from(digits)));
    }
    out
}

/// The number rounded to so many digits after the point.
pub fn round(n: f64, digits: u8) -> f64 {
    if n.is_finite() { fixed(n, digits).parse().unwrap_or(n) } else { n }
}

/// A decimal text with a comma before every third digit, counted from the point to the left.
pub fn with_thousands(decimal: &str) -> String {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let (sign, digits) = whole.split_at_checked(usize::from(whole.starts_with('-'))).unwrap_or(("", whole));
    let mut out = sign.to_owned();
    let grouped = digits.bytes().all(|b| b.is_ascii_digit());
    for (c, left) in digits.chars().zip((0..digits.len()).rev()) {
        out.push(c);
        if grouped && left > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Is the digit after the last kept one a 5, and nothing after it? A double is an odd integer times a power of two; with
/// 2^-k its exact decimal has k digits after the point, the last of them 5.
fn is_tie(n: f64, digits: u8) -> bool {
    const FRACTION_BITS: u32 = 52;
    const HIDDEN_BIT: u64 = 1 << FRACTION_BITS;
    if !n.is_finite() || n == 0.0 {
        return false;
    }
    let bits = n.to_bits();
    let exponent = (bits >> FRACTION_BITS) & 0x7FF;
    if exponent == 0 {
        // Far below anything that twenty digits show.
        return false;
    }
    let mantissa = (bits & HIDDEN_BIT.saturating_sub(1)) | HIDDEN_BIT;
    // n = mantissa * 2^(exponent - 1075); the odd part takes the trailing zeros into the exponent.
    let power = exponent.saturating_add(u64::from(mantissa.trailing_zeros()));
    power.checked_add(u64::from(digits)).and_then(|sum| sum.checked_add(1)) == Some(1075)
}

/// A decimal text with its last digit one further from zero.
fn away_from_zero(decimal: &str) -> String {
    let mut carry = true;
    let mut reversed: Vec<char> = Vec::with_capacity(decimal.len().saturating_add(1));
    for c in decimal.chars().rev() {
        let next = match c.to_digit(10) {
            Some(9) if carry => '0',
            Some(digit) if carry => {
                carry = false;
                char::from_digit(digit.saturating_add(1), 10).unwrap_or(c)
            }
            None if carry && c == '-' => {
                carry = false;
                reversed.push('1');
                c
            }
            _ => c,
        };
        reversed.push(next);
    }
    if carry {
        reversed.push('1');
    }
    reversed.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(n: f64) -> String {
        let mut out = String::new();
        write_number(&mut out, n);
        out
    }

    fn json(n: f64) -> String {
        let mut out = String::new();
        write_json_number(&mut out, n);
        out
    }

    fn duration(millis: i64) -> String {
        let mut out = String::new();
        write_duration(&mut out, millis);
        out
    }

    /// Rounds the whole decimal expansion of a double, digit by digit.
    fn slow_fixed(n: f64, digits: usize) -> String {
        let exact = format!("{n:.1100}");
        let (whole, fraction) = exact.split_once('.').unwrap();
        let (kept, cut) = fraction.split_at(digits);
        let decimal = if digits == 0 { whole.to_owned() } else { format!("{whole}.{kept}") };
        if cut.as_bytes()[0] >= b'5' { away_from_zero(&decimal) } else { decimal }
    }

    #[test]
    fn ints_are_written_as_the_library_writes_them() {
        for n in [0, 1, -1, 9, 10, -10, 99, 100, 1_234_567_890, i64::MAX, i64::MIN, i64::MIN + 1] {
            let mut out = String::from("x");
            write_int(&mut out, n);
            assert_eq!(out, format!("x{n}"));
        }
    }

    #[test]
    fn numbers_are_plain_between_their_two_bounds() {
        let table = [
            (0.0, "0"),
            (-0.0, "-0"),
            (2.0, "2"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e20, "100000000000000000000"),
            (999_999_999_999_999_900_000.0, "999999999999999900000"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (1e-7, "0.0000001"),
            (9.99e-8, "9.99e-8"),
            (1.5e-8, "1.5e-8"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (n, text) in table {
            assert_eq!(number(n), text);
        }
    }

    #[test]
    fn json_numbers_stay_numbers() {
        let table =
            [(2.0, "2.0"), (-0.0, "-0.0"), (1.5, "1.5"), (1e21, "1e21"), (1e20, "100000000000000000000.0")];
        for (n, text) in table {
            assert_eq!(json(n), text);
        }
        assert_eq!(json(f64::NAN), "null");
        assert_eq!(json(f64::NEG_INFINITY), "null");
    }

    #[test]
    fn durations_name_their_parts() {
        let table = [
            (0, "0s"),
            (500, "500ms"),
            (1_500, "1s500ms"),
            (-5_000, "-5s"),
            (5_430_000, "1h30m30s"),
            (129_600_000, "1d12h"),
            (i64::MAX, "106751991167d7h12m55s807ms"),
            (i64::MIN, "-106751991167d7h12m55s808ms"),
        ];
        for (millis, text) in table {
            assert_eq!(duration(millis), text);
        }
    }

    #[test]
    fn ties_go_away_from_zero_on_the_exact_value() {
        let table = [
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (0.5, 0, "1"),
            (-0.5, 0, "-1"),
            (9.5, 0, "10"),
            (-99.5, 0, "-100"),
            (2.675, 2, "2.67"),
            (1.005, 2, "1.00"),
            (0.125, 2, "0.13"),
            (0.375, 2, "0.38"),
            (9.875, 2, "9.88"),
            (99.999, 2, "100.00"),
            (0.1, 20, "0.10000000000000000555"),
            (1e21, 2, "1000000000000000000000.00"),
            (f64::NAN, 2, "NaN"),
            (f64::INFINITY, 2, "inf"),
        ];
        for (n, digits, text) in table {
            assert_eq!(fixed(n, digits), text, "{n} to {digits}");
        }
    }

    #[test]
    fn commas_stand_before_every_third_digit() {
        let table = [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-100", "-100"),
            ("-123456", "-123,456"),
            ("1234567.8901", "1,234,567.8901"),
            ("inf", "inf"),
            ("-inf", "-inf"),
            ("NaN", "NaN"),
        ];
        for (decimal, text) in table {
            assert_eq!(with_thousands(decimal), text);
        }
        assert_eq!(fixed_int(-7, 0), "-7");
        assert_eq!(fixed_int(7, 3), "7.000");
    }

    proptest! {
        #[test]
        fn every_number_reads_back(bits: u64) {
            let n = f64::from_bits(bits);
            if n.is_finite() {
                prop_assert_eq!(number(n).parse::<f64>().unwrap().to_bits(), bits);
                prop_assert_eq!(json(n).parse::<f64>().unwrap().to_bits(), bits);
                prop_assert!(serde_json::from_str::<serde_json::Value>(&json(n)).unwrap().is_f64());
            }
        }

        #[test]
        fn fixed_agrees_with_rounding_digit_by_digit(bits: u64, digits in 0_u8..=20) {
            let n = f64::from_bits(bits);
            if n.is_finite() {
                prop_assert_eq!(fixed(n, digits), slow_fixed(n, digits.into()));
            }
        }

        #[test]
        fn fixed_agrees_near_ties(odd in any::<i32>(), power in 0_i32..24, digits in 0_u8..=20) {
            let n = f64::from(odd) * 2_f64.powi(-power);
            prop_assert_eq!(fixed(n, digits), slow_fixed(n, digits.into()));
            let expected: f64 = slow_fixed(n, digits.into()).parse().unwrap();
            prop_assert_eq!(round(n, digits).to_bits(), expected.to_bits());
        }
    }
}
