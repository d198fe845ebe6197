//! Times written by a pattern such as `DD.MM.YYYY [at] HH:mm`. What is no token stands for itself.

use super::civil;
use jiff::civil::DateTime;
use std::fmt::Write;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The tokens; of two that start alike, the longer comes first.
const TOKENS: [(&str, Token); 18] = [
    ("YYYY", Token::Year),
    ("YY", Token::ShortYear),
    ("MMMM", Token::MonthName),
    ("MMM", Token::ShortMonthName),
    ("MM", Token::Padded(DateTime::month)),
    ("M", Token::Bare(DateTime::month)),
    ("DD", Token::Padded(DateTime::day)),
    ("D", Token::Bare(DateTime::day)),
    ("dddd", Token::DayName),
    ("ddd", Token::ShortDayName),
    ("HH", Token::Padded(DateTime::hour)),
    ("H", Token::Bare(DateTime::hour)),
    ("hh", Token::Padded(|at| twelve(at.hour()))),
    ("h", Token::Bare(|at| twelve(at.hour()))),
    ("mm", Token::Padded(DateTime::minute)),
    ("ss", Token::Padded(DateTime::second)),
    ("SSS", Token::Millis),
    ("A", Token::HalfDay),
];

#[derive(Clone, Copy)]
enum Token {
    Year,
    ShortYear,
    MonthName,
    ShortMonthName,
    DayName,
    ShortDayName,
    Millis,
    HalfDay,
    Padded(fn(DateTime) -> i8),
    Bare(fn(DateTime) -> i8),
}

/// Writes the time by the pattern; nothing outside the years 0 to 9999.
pub fn write_pattern(out: &mut String, time: i64, pattern: &str) {
    let Some(at) = civil(time) else { return };
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some((literal, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            out.push_str(literal);
            rest = after;
            continue;
        }
        let found = TOKENS.iter().find_map(|(name, token)| Some((token, rest.strip_prefix(name)?)));
        if let Some((token, after)) = found {
            token.write(out, at);
            rest = after;
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
}

impl Token {
    fn write(self, out: &mut String, at: DateTime) {
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Year => write!(out, "{:04}", at.year()),
            Self::ShortYear => write!(out, "{:02}", at.year().rem_euclid(100)),
            Self::MonthName => out.write_str(name(&MONTHS, at.month().saturating_sub(1))),
            Self::ShortMonthName => write!(out, "{:.3}", name(&MONTHS, at.month().saturating_sub(1))),
            Self::DayName => out.write_str(day_name(at)),
            Self::ShortDayName => write!(out, "{:.3}", day_name(at)),
            Self::Millis => write!(out, "{:03}", at.millisecond()),
            Self::HalfDay => out.write_str(if at.hour() < 12 { "AM" } else { "PM" }),
            Self::Padded(part) => write!(out, "{:02}", part(at)),
            Self::Bare(part) => write!(out, "{}", part(at)),
        };
    }
}

fn day_name(at: DateTime) -> &'static str {
    name(&DAYS, at.weekday().to_sunday_zero_offset())
}

fn name(names: &[&'static str], index: i8) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
}

/// The hour on a clock's face.
fn twelve(hour: i8) -> i8 {
    match hour.rem_euclid(12) {
        0 => 12,
        hour => hour,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_time;
    use super::*;
    use proptest::prelude::*;

    fn shown(time: &str, pattern: &str) -> String {
        let mut out = String::new();
        write_pattern(&mut out, parse_time(time).unwrap(), pattern);
        out
    }

    #[test]
    fn each_token_is_written() {
        let at = "2024-09-05T14:03:07.045Z";
        let table = [
            ("YYYY-MM-DD HH:mm:ss", "2024-09-05 14:03:07"),
            ("YY M D H h", "24 9 5 14 2"),
            ("hh A", "02 PM"),
            ("MMMM MMM dddd ddd", "September Sep Thursday Thu"),
            ("ss.SSS", "07.045"),
            ("[at] H [YYYY]", "at 14 YYYY"),
            ("m s S T Z", "m s S T Z"),
            ("[open D", "[open 5"),
            ("é D ü", "é 5 ü"),
            ("[]", ""),
            ("", ""),
        ];
        for (pattern, text) in table {
            assert_eq!(shown(at, pattern), text, "{pattern}");
        }
        assert_eq!(shown("0007-01-01T00:00Z", "YYYY YY h A"), "0007 07 12 AM");
        assert_eq!(shown("2024-01-01T12:00Z", "h A"), "12 PM");
    }

    proptest! {
        #[test]
        fn any_pattern_gives_some_text(pattern in "[YMDdHhmsSA\\[\\] é]{0,40}", time: i64) {
            let mut out = String::new();
            write_pattern(&mut out, time, &pattern);
        }
    }
}
