//! The path of a request's target, decoded (D3).
//!
//! A path names parts between `/`. Each is decoded by itself, and what a decoded part may not be is refused rather
//! than resolved: a server that resolves `..` and a proxy in front that does not would see two different paths.

use super::percent::{self, Plus, TextFault};
use crate::base::guard::{Guard, off};

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It does not begin with `/`.
    #[error("a path begins with `/`")]
    Relative,
    /// Two `/` in a row.
    #[error("there is nothing between the `/` before byte {at}")]
    EmptyPart {
        /// Where the part would be.
        at: usize,
    },
    /// `.` or `..`, however written.
    #[error("the part at byte {at} is `.` or `..`; send the path that is meant")]
    DotPart {
        /// Where it begins.
        at: usize,
    },
    /// `%2F`.
    #[error("the part at byte {at} has an escaped `/`")]
    Slash {
        /// Where it begins.
        at: usize,
    },
    /// `%00`.
    #[error("the part at byte {at} has a NUL")]
    Nul {
        /// Where it begins.
        at: usize,
    },
    /// A part that is no text; offsets count from the part's beginning.
    #[error("the part at byte {at}: {fault}")]
    Text {
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        fault: TextFault,
    },
}

/// The path, decoded and without a trailing `/`; `/` for the root.
pub fn path(sent: &str) -> Result<String, PathFault> {
    let Some(rest) = sent.strip_prefix('/') else { return Err(PathFault::Relative) };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return if sent.len() > 1 { Err(PathFault::EmptyPart { at: 1 }) } else { Ok("/".to_owned()) };
    }
    let mut decoded = String::with_capacity(sent.len());
    let mut at = 1_usize;
    for sent in rest.split('/') {
        decoded.push('/');
        decoded.push_str(&part(sent, at)?);
        at = at.saturating_add(sent.len()).saturating_add(1);
    }
    Ok(decoded)
}

fn part(sent: &str, at: usize) -> Result<String, PathFault> {
    if sent.is_empty() {
        return Err(PathFault::EmptyPart { at });
    }
    let part = percent::decode(sent, Plus::Itself).map_err(|fault| PathFault::Text { at, fault })?;
    if off(Guard::TargetPath) {
        return Ok(part);
    }
    if part.contains('\0') {
        return Err(PathFault::Nul { at });
    }
    if part.contains('/') {
        return Err(PathFault::Slash { at });
    }
    // Elsewhere a backslash parts folders; what is `..` there is refused here.
    if part == "." || part.split('\\').any(|part| part == "..") {
        return Err(PathFault::DotPart { at });
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_and_lose_one_trailing_slash() {
        for (sent, decoded) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a"),
            ("/a/b%20c/%C3%A9", "/a/b c/é"),
            ("/a+b", "/a+b"),
            ("/a;b=1", "/a;b=1"),
            ("/%252e%252e/a", "/%2e%2e/a"),
            ("/...", "/..."),
            ("/..a/b..", "/..a/b.."),
        ] {
            assert_eq!(path(sent).as_deref(), Ok(decoded), "{sent}");
        }
    }

    #[test]
    fn t3_15_no_way_up_in_any_encoding() {
        for up in ["..", "%2e%2e", ".%2E", "%2e.", "..%5c..", "a%5C..", "..%5Ca", ".", "%2e"] {
            for (sent, at) in [(format!("/{up}"), 1), (format!("/a/{up}/b"), 3), (format!("/a/{up}/"), 3)] {
                assert_eq!(path(&sent), Err(PathFault::DotPart { at }), "{sent}");
            }
        }
        assert_eq!(path("/a%2f..%2fb"), Err(PathFault::Slash { at: 1 }));
        assert_eq!(path("/a/b%00.png"), Err(PathFault::Nul { at: 3 }));
        let overlong = PathFault::Text { at: 3, fault: TextFault::Utf8 { at: 0 } };
        assert_eq!(path("/a/%c0%ae%c0%ae/b"), Err(overlong));
    }

    #[test]
    fn empty_parts_and_relative_paths_are_refused() {
        for (sent, at) in [("//", 1), ("//a", 1), ("/a//b", 3), ("/a//", 3), ("///", 1)] {
            assert_eq!(path(sent), Err(PathFault::EmptyPart { at }), "{sent}");
        }
        for sent in ["", "a", "*", "http://a/b"] {
            assert_eq!(path(sent), Err(PathFault::Relative), "{sent}");
        }
        let escape = PathFault::Text { at: 3, fault: TextFault::Escape { at: 1 } };
        assert_eq!(path("/a/b%zz"), Err(escape));
    }
}
