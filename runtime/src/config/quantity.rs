//! Values of keys: numbers in a range, sizes, durations, choices; each refusal says what was found and what is allowed.

use crate::base::cidr;
use ipnet::IpNet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::de::DeValue;

/// Why a value does not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Another type.
    #[error("{found} is not allowed here; expected {expected}")]
    Type {
        /// What is allowed.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A text that says nothing of the kind.
    #[error("\"{found}\" is not allowed here; expected {expected}")]
    Text {
        /// What is allowed.
        expected: &'static str,
        /// The text, shortened.
        found: Box<str>,
    },
    /// Too small or too large.
    #[error("{found} is out of range; allowed are {min} to {max}")]
    Range {
        /// The value as written.
        found: Box<str>,
        /// The least.
        min: Box<str>,
        /// The most.
        max: Box<str>,
    },
    /// Not one of a few words.
    #[error("\"{found}\" is not allowed here; allowed are {}", allowed.join(", "))]
    Choice {
        /// The text, shortened.
        found: Box<str>,
        /// What is allowed.
        allowed: Vec<&'static str>,
    },
}

type Value<T> = Result<T, Fault>;

const FOUND_CHARS_MAX: usize = 60;

#[cold]
#[inline(never)]
fn shown(text: &str) -> Box<str> {
    text.chars().take(FOUND_CHARS_MAX).collect::<String>().into()
}

fn wrong_type<T>(expected: &'static str, value: &DeValue<'_>) -> Value<T> {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Err(Fault::Type { expected, found })
}

fn out_of_range<T>(found: &str, min: impl Display, max: impl Display) -> Value<T> {
    Err(Fault::Range { found: shown(found), min: min.to_string().into(), max: max.to_string().into() })
}

/// The value and how it was written; beyond `i128` counts as its largest.
fn integer<'v>(value: &'v DeValue<'_>, expected: &'static str) -> Value<(i128, &'v str)> {
    match value {
        DeValue::Integer(n) => {
            let far = if n.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
            Ok((i128::from_str_radix(n.as_str(), n.radix()).unwrap_or(far), n.as_str()))
        }
        _ => wrong_type(expected, value),
    }
}

/// An integer in a range.
pub(super) fn number<T: TryFrom<i128> + Copy + Display + PartialOrd>(
    value: &DeValue<'_>,
    allowed: RangeInclusive<T>,
) -> Value<T> {
    let (n, written) = integer(value, "an integer")?;
    match T::try_from(n) {
        Ok(n) if allowed.contains(&n) => Ok(n),
        _ => out_of_range(written, allowed.start(), allowed.end()),
    }
}

/// A truth value.
pub(super) fn flag(value: &DeValue<'_>) -> Value<bool> {
    value.as_bool().map_or_else(|| wrong_type("true or false", value), Ok)
}

/// A text that is not blank and has no control characters.
pub(super) fn text(value: &DeValue<'_>, expected: &'static str) -> Value<String> {
    match value.as_str() {
        None => wrong_type(expected, value),
        Some(text) if text.trim().is_empty() || text.contains(char::is_control) => {
            Err(Fault::Text { expected, found: shown(text) })
        }
        Some(text) => Ok(text.to_owned()),
    }
}

/// `host:port`.
pub(super) fn address(value: &DeValue<'_>) -> Value<String> {
    const EXPECTED: &str = "a text like \"127.0.0.1:3001\"";
    let address = text(value, EXPECTED)?;
    let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if port.is_some_and(digits) {
        Ok(address)
    } else {
        Err(Fault::Text { expected: EXPECTED, found: shown(&address) })
    }
}

/// A path below the project's root.
pub(super) fn folder(value: &DeValue<'_>) -> Value<String> {
    const EXPECTED: &str = "the name of a folder below the project's root";
    let path = text(value, EXPECTED)?;
    let strange = |part: &str| part.is_empty() || part == ".." || part == ".";
    if path.trim_end_matches('/').split('/').any(strange) {
        return Err(Fault::Text { expected: EXPECTED, found: shown(&path) });
    }
    Ok(path.trim_end_matches('/').to_owned())
}

/// Folders of a project that are for something.
const FOLDERS: [&str; 9] =
    ["app", "components", "entities", "files", "jobs", "lib", "public", "tests", "translations"];

/// A folder that nothing else is for: what lies in others is served, run or written by programs.
pub(super) fn own_folder(value: &DeValue<'_>) -> Value<String> {
    const EXPECTED: &str = "a folder of its own, none that a project has for something else";
    let path = folder(value)?;
    let first = path.split('/').next().unwrap_or_default();
    if FOLDERS.contains(&first) {
        Err(Fault::Text { expected: EXPECTED, found: shown(&path) })
    } else {
        Ok(path)
    }
}

/// A list of folders, at least one.
pub(super) fn folders(value: &DeValue<'_>) -> Value<Vec<String>> {
    const EXPECTED: &str = "a list of folders";
    match value.as_array() {
        Some(items) if !items.is_empty() => items.iter().map(|item| folder(item.get_ref())).collect(),
        Some(_) => Err(Fault::Type { expected: EXPECTED, found: "an empty list" }),
        None => wrong_type(EXPECTED, value),
    }
}

/// A list of addresses and blocks of them; it may be empty.
pub(super) fn addresses(value: &DeValue<'_>) -> Value<Vec<IpNet>> {
    const EXPECTED: &str = "a list of addresses like \"10.0.0.1\" or \"10.0.0.0/8\"";
    let Some(items) = value.as_array() else { return wrong_type(EXPECTED, value) };
    let address = |item: &DeValue<'_>| {
        let text = text(item, EXPECTED)?;
        cidr::parse(&text).ok_or_else(|| Fault::Text { expected: EXPECTED, found: shown(&text) })
    };
    items.iter().map(|item| address(item.get_ref())).collect()
}

/// One of a few words.
pub(super) fn choice<T: Copy>(value: &DeValue<'_>, allowed: &[(&'static str, T)]) -> Value<T> {
    let Some(text) = value.as_str() else { return wrong_type("a text", value) };
    let found = allowed.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
    found.ok_or_else(|| Fault::Choice {
        found: shown(text),
        allowed: allowed.iter().map(|(name, _)| *name).collect(),
    })
}

const SIZE: &str = "a size like \"1MB\" (B, KB, MB, GB or TB), or bytes";
const SIZE_UNITS: [(&str, u64); 5] =
    [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)];

fn size_text(text: &str) -> Option<u64> {
    let (digits, unit) =
        SIZE_UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    digits_of(digits)?.checked_mul(unit)
}

/// Digits alone; a count that does not fit is as large as can be, so that the range refuses it.
fn digits_of(text: &str) -> Option<u64> {
    let digits = text.trim_end();
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn size_shown(bytes: u64) -> String {
    let unit = SIZE_UNITS.iter().find(|(_, unit)| bytes >= *unit && bytes.checked_rem(*unit) == Some(0));
    unit.map_or_else(
        || bytes.to_string(),
        |(name, unit)| format!("{}{name}", bytes.checked_div(*unit).unwrap_or(0)),
    )
}

/// A size in bytes.
pub(super) fn size(value: &DeValue<'_>, allowed: RangeInclusive<u64>) -> Value<u64> {
    let (bytes, written) = match value.as_str() {
        None => {
            let (n, written) = integer(value, SIZE)?;
            (u64::try_from(n).ok(), written)
        }
        Some(text) => {
            let known = SIZE_UNITS.iter().find_map(|(name, _)| text.strip_suffix(name)).and_then(digits_of);
            if known.is_none() {
                return Err(Fault::Text { expected: SIZE, found: shown(text) });
            }
            (size_text(text), text)
        }
    };
    match bytes.filter(|bytes| allowed.contains(bytes)) {
        Some(bytes) => Ok(bytes),
        None => out_of_range(written, size_shown(*allowed.start()), size_shown(*allowed.end())),
    }
}

/// A share of the machine's memory, 1 to 100, or none when the text is no percentage.
pub(super) fn percent(value: &DeValue<'_>) -> Option<Value<u8>> {
    let text = value.as_str()?;
    let digits = digits_of(text.strip_suffix('%')?)?;
    let share = u8::try_from(digits).ok().filter(|share| (1..=100).contains(share));
    Some(share.map_or_else(|| out_of_range(text, "1%", "100%"), Ok))
}

const DURATION: &str = "a duration like \"30s\" (ms, s, m, h or d), or whole seconds";
const DURATION_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// The longest duration that any key takes.
const DURATION_MAX: Duration = Duration::from_hours(365 * 24);

/// A duration of at least a millisecond and at most a year.
pub(super) fn duration(value: &DeValue<'_>) -> Value<Duration> {
    let (millis, written) = match value.as_str() {
        None => {
            let (n, written) = integer(value, DURATION)?;
            (u64::try_from(n).ok().and_then(|n| n.checked_mul(1000)), written)
        }
        Some(text) => {
            let mut units = DURATION_UNITS.iter();
            let parts = units.find_map(|(name, unit)| Some((digits_of(text.strip_suffix(name)?)?, *unit)));
            let Some((count, unit)) = parts else {
                return Err(Fault::Text { expected: DURATION, found: shown(text) });
            };
            (count.checked_mul(unit), text)
        }
    };
    let duration = millis.map(Duration::from_millis);
    match duration.filter(|duration| !duration.is_zero() && *duration <= DURATION_MAX) {
        Some(duration) => Ok(duration),
        None => out_of_range(written, "1ms", "365d"),
    }
}
