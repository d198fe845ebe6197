//! Looking for one text in another, a bounded stretch at a time.
//!
//! Each call looks at no more than about [`STRETCH_BYTES`], or at twice the needle when that is longer, so that a search
//! can pause; all calls together take time linear in both texts (two-way search below `memmem`).
//!
//! UTF-8 is self-synchronising: a needle that is valid is only ever found where a code point starts.

#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use memchr::memmem;

/// What one call looks at, in bytes.
pub const STRETCH_BYTES: usize = 64 << 10;

/// How far a search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The needle starts at this byte.
    Found(usize),
    /// It is not there.
    Missing,
    /// Not found yet; go on from this byte.
    Paused(usize),
}

/// Looks for the first occurrence at or after the byte `from`.
pub fn find(content: &str, needle: &str, from: usize) -> Progress {
    #[cfg(feature = "knockout")]
    if off(Guard::SearchOffset) {
        return naive::find(content, needle, from);
    }
    let (end, last) = window(from, needle.len(), content.len());
    let stretch = content.as_bytes().get(from..end).unwrap_or_default();
    match memmem::find(stretch, needle.as_bytes()) {
        Some(at) => Progress::Found(from.saturating_add(at)),
        None if last => Progress::Missing,
        // The needle may start in the last bytes that were looked at.
        None => Progress::Paused(end.saturating_sub(needle.len()).saturating_add(1)),
    }
}

/// Looks for the last occurrence that ends at or before the byte `until`.
pub fn find_last(content: &str, needle: &str, until: usize) -> Progress {
    let reach = STRETCH_BYTES.max(needle.len()).saturating_add(needle.len());
    let start = until.saturating_sub(reach);
    let stretch = content.as_bytes().get(start..until).unwrap_or_default();
    match memmem::rfind(stretch, needle.as_bytes()) {
        Some(at) => Progress::Found(start.saturating_add(at)),
        None if start == 0 => Progress::Missing,
        None => Progress::Paused(start.saturating_add(needle.len()).saturating_sub(1)),
    }
}

/// Where the stretch from `from` ends, and whether that is the end of all.
fn window(from: usize, needle: usize, length: usize) -> (usize, bool) {
    let end = from.saturating_add(STRETCH_BYTES.max(needle)).saturating_add(needle);
    (end.min(length), end >= length)
}

#[cfg(feature = "knockout")]
mod naive {
    #![expect(clippy::string_slice, reason = "the obvious wrong code, to show what the guard holds back")]

    use super::Progress;

    pub fn find(content: &str, needle: &str, from: usize) -> Progress {
        let found = (from..content.len()).find(|&at| content[at..].starts_with(needle));
        found.map_or(Progress::Missing, Progress::Found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(content: &str, needle: &str) -> Option<usize> {
        let mut from = 0;
        loop {
            match find(content, needle, from) {
                Progress::Found(at) => return Some(at),
                Progress::Missing => return None,
                Progress::Paused(at) => {
                    assert!(at > from, "a paused search moves on");
                    from = at;
                }
            }
        }
    }

    fn last(content: &str, needle: &str) -> Option<usize> {
        let mut until = content.len();
        loop {
            match find_last(content, needle, until) {
                Progress::Found(at) => return Some(at),
                Progress::Missing => return None,
                Progress::Paused(at) => {
                    assert!(at < until, "a paused search moves on");
                    until = at;
                }
            }
        }
    }

    #[test]
    fn a_needle_across_two_stretches_is_found() {
        for before in
            [STRETCH_BYTES - 2, STRETCH_BYTES - 1, STRETCH_BYTES, STRETCH_BYTES + 1, STRETCH_BYTES * 3]
        {
            let content = "x".repeat(before) + "é🎉é" + &"y".repeat(before);
            assert_eq!(first(&content, "🎉é"), content.find("🎉é"));
            assert_eq!(last(&content, "é🎉"), content.rfind("é🎉"));
            assert_eq!(first(&content, "🎉🎉"), None);
            assert_eq!(last(&content, "🎉🎉"), None);
        }
    }

    #[test]
    fn a_needle_longer_than_a_stretch_is_found() {
        let needle = "ab".repeat(STRETCH_BYTES);
        let content = "ab".repeat(STRETCH_BYTES - 1) + "b" + &needle + "c";
        assert_eq!(first(&content, &needle), content.find(&needle));
        assert_eq!(last(&content, &needle), content.rfind(&needle));
    }

    proptest! {
        #[test]
        fn t3_05_offsets_equal_those_of_std(content in "[aé漢]{0,60}", needle in "[aé漢]{0,4}") {
            prop_assert_eq!(first(&content, &needle), content.find(&needle));
            prop_assert_eq!(last(&content, &needle), content.rfind(&needle));
        }
    }
}
