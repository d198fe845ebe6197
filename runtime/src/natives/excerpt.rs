//! How a text of the program is shown in an error's message: quoted, on one line, and cut where it is long.

/// Code points that are shown.
const SHOWN_CHARS: usize = 40;

/// The beginning of a text in double quotes, control characters escaped.
pub fn excerpt(text: &str) -> String {
    let mut shown = String::from('"');
    let mut chars = text.chars();
    for c in chars.by_ref().take(SHOWN_CHARS) {
        if c.is_control() || c == '"' || c == '\\' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown.push_str(if chars.next().is_some() { "…\"" } else { "\"" });
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_controls_are_escaped() {
        assert_eq!(excerpt("a\n\"é"), "\"a\\n\\\"é\"");
        assert_eq!(excerpt(&"é".repeat(40)), format!("\"{}\"", "é".repeat(40)));
        assert_eq!(excerpt(&"é".repeat(41)), format!("\"{}…\"", "é".repeat(40)));
    }
}
