//! Regex literals, read where the parser expects an operand.

use super::{byte_at, char_at, continues_name};

/// The offsets of a regex literal: where its pattern ends, and where its flags end.
pub struct RegexEnds {
    /// Offset of the closing slash.
    pub pattern: usize,
    /// Behind the flags.
    pub flags: usize,
}

/// Reads the regex whose opening slash stands at `at`; `None` when its line ends first. A slash inside a class or behind
/// a backslash does not end it.
pub fn regex_at(text: &str, at: usize) -> Option<RegexEnds> {
    let mut at = at.saturating_add(1);
    let mut class = false;
    loop {
        match byte_at(text, at) {
            b'\n' => return None,
            0 if at >= text.len() => return None,
            // The escaped character may be longer than a byte; its other bytes are none of those looked for.
            b'\\' if byte_at(text, at.saturating_add(1)) != b'\n' => at = at.saturating_add(1),
            b'[' => class = true,
            b']' => class = false,
            b'/' if !class => break,
            _ => {}
        }
        at = at.saturating_add(1);
    }
    let pattern = at;
    let mut flags = at.saturating_add(1);
    while let Some(c) = char_at(text, flags).filter(|&c| continues_name(c)) {
        flags = flags.saturating_add(c.len_utf8());
    }
    Some(RegexEnds { pattern, flags })
}
