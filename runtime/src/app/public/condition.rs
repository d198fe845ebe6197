//! Conditional requests (RFC 9110, section 13): what a client has, against what there is.

use super::Version;
use crate::record::Pairs;
use std::time::SystemTime;

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The client has it: 304.
    NotModified,
    /// The client asked for another version: 412.
    Failed,
    /// It is sent.
    Go {
        /// Does a `Range` count?
        ranges: bool,
    },
}

/// In the order of RFC 9110, section 13.2.2, for `GET` and `HEAD`.
pub(super) fn judge(headers: &Pairs, version: &Version) -> Verdict {
    if let Some(tags) = list(headers, "if-match") {
        if !tags.iter().any(|tag| *tag == "*" || *tag == version.etag) {
            return Verdict::Failed;
        }
    } else if let Some(since) = date(headers, "if-unmodified-since")
        && version.modified.is_some_and(|modified| modified > since)
    {
        return Verdict::Failed;
    }
    if let Some(tags) = list(headers, "if-none-match") {
        let same = |tag: &str| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == version.etag;
        if tags.iter().any(|tag| same(tag)) {
            return Verdict::NotModified;
        }
    } else if let Some(since) = date(headers, "if-modified-since")
        && version.modified.is_some_and(|modified| modified <= since)
    {
        return Verdict::NotModified;
    }
    Verdict::Go { ranges: if_range(headers, version) }
}

/// Section 13.1.5: a part of this version alone; a weak tag never is one.
fn if_range(headers: &Pairs, version: &Version) -> bool {
    let Some(value) = one(headers, "if-range") else { return true };
    if value.starts_with('"') || value.starts_with("W/") {
        return value == version.etag;
    }
    let date = httpdate::parse_http_date(value).ok();
    date.is_some() && date == version.modified
}

/// The only value of a header.
pub(super) fn one<'a>(headers: &'a Pairs, name: &str) -> Option<&'a str> {
    let mut values = headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.trim());
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Entity tags over all headers of that name. A tag of ours has no comma.
fn list<'a>(headers: &'a Pairs, name: &str) -> Option<Vec<&'a str>> {
    let tags = headers.iter().filter(|(other, _)| other == name).flat_map(|(_, value)| value.split(','));
    let tags: Vec<&str> = tags.map(str::trim).collect();
    (!tags.is_empty()).then_some(tags)
}

/// A date that is none does not count.
fn date(headers: &Pairs, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(one(headers, name)?).ok()
}
