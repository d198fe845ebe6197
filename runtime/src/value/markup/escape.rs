//! How text is written in markup so that it stays text, between tags and in quoted attribute values alike.

use crate::base::guard::{Guard, off};

/// How a byte is written, unless as itself.
pub const fn entity(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#39;",
        _ => return None,
    })
}

/// Which bytes are escaped: looked up, because most text is a few dozen bytes without one of them.
static ESCAPED: [bool; 256] = escaped();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, which refuses an index outside"
)]
const fn escaped() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = entity(byte).is_some();
        byte += 1;
    }
    table
}

/// Where the first byte stands that is escaped.
#[inline]
pub fn first(text: &str) -> Option<usize> {
    text.bytes().position(|byte| ESCAPED.get(usize::from(byte)).is_some_and(|escaped| *escaped))
}

/// Bytes of the text when it is escaped.
#[inline]
pub fn length(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'<' | b'>' => 3_usize,
        b'&' | b'\'' => 4,
        b'"' => 5,
        _ => 0,
    };
    text.bytes().fold(text.len(), |sum, byte| sum.saturating_add(more(byte)))
}

/// Bytes of the text when it is escaped twice: an entity holds one byte that is escaped itself.
pub fn length_twice(text: &str) -> usize {
    let escaped = text.bytes().filter(|&byte| entity(byte).is_some()).count();
    length(text).saturating_add(escaped.saturating_mul(4))
}

/// Appends the text escaped; the caller made room for [`length`] bytes.
#[inline]
pub fn push(text: &str, out: &mut String) {
    push_behind("", text, out);
}

/// Appends the text escaped twice; the caller made room for [`length_twice`] bytes.
pub fn push_twice(text: &str, out: &mut String) {
    push_behind("&amp;", text, out);
}

/// Appends the text escaped, the `&` of entities written as given unless that is empty.
#[inline]
fn push_behind(ampersand: &str, text: &str, out: &mut String) {
    if off(Guard::MarkupEscape) {
        return out.push_str(text);
    }
    let mut rest = text;
    while let Some(at) = first(rest) {
        // What is escaped is one byte long, so both cuts are between characters.
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let entity = after.bytes().next().and_then(entity).unwrap_or_default();
        out.push_str(ampersand);
        out.push_str(if ampersand.is_empty() { entity } else { entity.get(1..).unwrap_or_default() });
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_are_escaped_and_the_length_is_known_before() {
        for text in ["", "plain", "<b class=\"x\">'é' & 漢</b>", "&&&", "🎉<", "'"] {
            let mut out = String::new();
            push(text, &mut out);
            assert_eq!(out.len(), length(text), "{text}");
            let plain = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            assert_eq!(plain.replace("&#39;", "'").replace("&amp;", "&"), text);
            assert!(!out.contains(['<', '>', '"', '\'']), "{out}");
            let (mut again, mut twice) = (String::new(), String::new());
            push(&out, &mut again);
            push_twice(text, &mut twice);
            assert_eq!((twice.len(), twice), (length_twice(text), again));
        }
    }
}
