//! Times as people write them. A time is milliseconds since 1970-01-01 UTC, within the years 0 to 9999 of the proleptic
//! Gregorian calendar; there are no leap seconds and no zones but UTC.

mod pattern;

pub use pattern::write_pattern;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use std::fmt::Write;

/// 0000-01-01T00:00:00Z.
pub const TIME_MIN: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
pub const TIME_MAX: i64 = 253_402_300_799_999;
/// Milliseconds of a day.
pub const DAY_MILLIS: i64 = 86_400_000;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The time, if it lies within the years 0 to 9999.
pub fn within(millis: i64) -> Option<i64> {
    (TIME_MIN..=TIME_MAX).contains(&millis).then_some(millis)
}

/// A time so many milliseconds later (or earlier), if that lies within the years 0 to 9999.
pub fn shift(time: i64, millis: i64) -> Option<i64> {
    time.checked_add(millis).and_then(within)
}

/// Date and time of day in UTC; none outside the years 0 to 9999.
pub fn civil(time: i64) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::from_millis(within(time)?)).ok()
}

/// 00:00 UTC of the time's day.
pub fn start_of_day(time: i64) -> i64 {
    time.saturating_sub(time.rem_euclid(DAY_MILLIS))
}

/// Writes `2024-01-15T14:30:00Z`, with three more digits where there are milliseconds.
pub fn write_time(out: &mut String, time: i64) {
    let Some(at) = civil(time) else { return };
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    // Writing to a String cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    let millis = at.millisecond();
    if millis != 0 {
        let _ = write!(out, ".{millis:03}");
    }
    out.push('Z');
}

/// Reads `YYYY-MM-DD`, with `T` or a blank `HH:MM[:SS[.mmm]]` after it, and then `Z`, an offset or nothing (UTC).
pub fn parse_time(text: &str) -> Option<i64> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)?;
    let month = rest.after(b'-')?.digits(2)?;
    let day = rest.after(b'-')?.digits(2)?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let mut time = Time::midnight();
    let mut offset_minutes = 0;
    if !rest.0.is_empty() {
        if !rest.take(b'T') {
            rest.after(b' ')?;
        }
        time = rest.time()?;
        offset_minutes = rest.offset()?;
    }
    if !rest.0.is_empty() {
        return None;
    }
    let millis = DateTime::from_parts(date, time).duration_since(EPOCH).as_millis();
    let offset = i64::from(offset_minutes).checked_mul(60_000)?;
    i64::try_from(millis).ok()?.checked_sub(offset).and_then(within)
}

/// What is left to read.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn digits(&mut self, count: usize) -> Option<i16> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut n: i16 = 0;
        for digit in digits {
            let digit = char::from(*digit).to_digit(10).and_then(|digit| i16::try_from(digit).ok())?;
            n = n.checked_mul(10)?.checked_add(digit)?;
        }
        self.0 = rest;
        Some(n)
    }

    fn take(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn after(&mut self, byte: u8) -> Option<&mut Self> {
        if self.take(byte) { Some(self) } else { None }
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.digits(2)?;
        let minute = self.after(b':')?.digits(2)?;
        let (mut second, mut millis) = (0, 0);
        if self.take(b':') {
            second = self.digits(2)?;
            if self.take(b'.') {
                millis = self.digits(3)?;
            }
        }
        // jiff would read second 60 as 59; there are no leap seconds here.
        let second = i8::try_from(second).ok().filter(|second| *second < 60)?;
        let nanos = i32::from(millis).checked_mul(1_000_000)?;
        Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, second, nanos).ok()
    }

    fn offset(&mut self) -> Option<i16> {
        if self.0.is_empty() || self.take(b'Z') {
            return Some(0);
        }
        let east = self.take(b'+');
        if !east {
            self.after(b'-')?;
        }
        let hours = self.digits(2)?;
        self.take(b':');
        let minutes = self.digits(2)?;
        if hours > 23 || minutes > 59 {
            return None;
        }
        let sum = hours.checked_mul(60)?.checked_add(minutes)?;
        if east { Some(sum) } else { sum.checked_neg() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(time: i64) -> String {
        let mut out = String::new();
        write_time(&mut out, time);
        out
    }

    #[test]
    fn the_bounds_are_the_first_and_last_moment() {
        assert_eq!(iso(TIME_MIN), "0000-01-01T00:00:00Z");
        assert_eq!(iso(TIME_MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(parse_time("0000-01-01"), Some(TIME_MIN));
        assert_eq!(parse_time("9999-12-31 23:59:59.999"), Some(TIME_MAX));
        assert_eq!(parse_time("9999-12-31T23:59-00:01"), None);
        assert_eq!(parse_time("0000-01-01T00:00+00:01"), None);
        assert_eq!((shift(TIME_MAX, 1), shift(TIME_MIN, -1)), (None, None));
        assert_eq!(shift(i64::MAX, i64::MAX), None);
        assert_eq!(shift(TIME_MIN, TIME_MAX - TIME_MIN), Some(TIME_MAX));
    }

    #[test]
    fn the_written_forms_are_read() {
        let table = [
            ("1970-01-01", 0),
            ("1970-01-01T00:01", 60_000),
            ("1970-01-01 00:00:01", 1_000),
            ("1970-01-01T00:00:00.007Z", 7),
            ("1970-01-01T02:00:00+02:00", 0),
            ("1970-01-01T00:00-0130", 5_400_000),
            ("2024-02-29T14:30:00Z", 1_709_217_000_000),
            ("1969-12-31T23:59:59.999Z", -1),
        ];
        for (text, millis) in table {
            assert_eq!(parse_time(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let refused = [
            "",
            "2024",
            "2024-1-1",
            "2024-13-01",
            "2023-02-29",
            "2024-00-10",
            "2024-01-15T",
            "2024-01-15T14",
            "2024-01-15T24:00",
            "2024-01-15T23:59:60",
            "2024-01-15T14:30:00.1",
            "2024-01-15T14:30:00.1234",
            "2024-01-15Z",
            "2024-01-15T14:30Zx",
            "2024-01-15T14:30+24:00",
            "2024-01-15T14:30+1:00",
            " 2024-01-15",
            "+2024-01-15",
            "２０２４-01-15",
            "-2024-01-15",
        ];
        for text in refused {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn days_start_at_midnight_before_the_epoch_too() {
        assert_eq!(start_of_day(-1), -DAY_MILLIS);
        assert_eq!(start_of_day(DAY_MILLIS), DAY_MILLIS);
        assert_eq!(start_of_day(DAY_MILLIS - 1), 0);
    }

    proptest! {
        #[test]
        fn times_read_back(time in TIME_MIN..=TIME_MAX) {
            prop_assert_eq!(parse_time(&iso(time)), Some(time));
        }

        #[test]
        fn times_agree_with_a_timestamp_library(time in TIME_MIN..=253_300_000_000_000) {
            let stamp = jiff::Timestamp::from_millisecond(time).unwrap();
            prop_assert_eq!(parse_time(&format!("{stamp:.3}")), Some(time));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse_time(&text);
        }
    }
}
