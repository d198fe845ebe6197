//! Which bytes a `Range` asks for (RFC 9110, section 14). One range is served; several, and what is no range of bytes,
//! count as none, which the standard leaves to a server.

use super::condition::one;
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::record::Pairs;

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it.
    Whole,
    /// This part, at least one byte.
    Part {
        /// Where it begins.
        first: u64,
        /// How long it is.
        bytes: u64,
    },
    /// A range that no byte is in: 416.
    Outside,
}

/// Of a file of so many bytes.
pub(super) fn of(headers: &Pairs, length: u64) -> Range {
    let Some(ranges) = one(headers, "range") else { return Range::Whole };
    let Some((unit, spec)) = ranges.split_once('=') else { return Range::Whole };
    // Of an empty file there is no part, and nothing that a header could say of one.
    if !unit.eq_ignore_ascii_case("bytes") || length == 0 {
        return Range::Whole;
    }
    #[cfg(feature = "knockout")]
    if off(Guard::RangeBounds) {
        return naive::part(spec, length);
    }
    part(spec.trim(), length).unwrap_or(Range::Whole)
}

fn part(spec: &str, length: u64) -> Option<Range> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let bytes = number(last)?.min(length);
        let first = length.saturating_sub(bytes);
        return Some(if bytes == 0 { Range::Outside } else { Range::Part { first, bytes } });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    if first >= length {
        return Some(Range::Outside);
    }
    Some(Range::Part { first, bytes: last.saturating_add(1).min(length).saturating_sub(first) })
}

/// Digits alone; a number that is too large is as good as the largest.
fn number(digits: &str) -> Option<u64> {
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    decimal.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guard holds back: bounds taken as they come.
    #![expect(
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        reason = "the obvious wrong code, to show what the guard holds back"
    )]

    use super::Range;

    pub fn part(spec: &str, length: u64) -> Range {
        let (first, last) = spec.split_once('-').unwrap();
        let first: u64 =
            if first.is_empty() { length - last.parse::<u64>().unwrap() } else { first.parse().unwrap() };
        Range::Part { first, bytes: last.parse::<u64>().unwrap_or(length - 1) - first + 1 }
    }
}
