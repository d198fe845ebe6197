//! Blanks at the ends of a text, those of ASCII a byte at a time: there may be a hundred million of them.

const fn is_ascii_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Without the blanks (White_Space, UAX #44) at its start.
pub fn trim_start(text: &str) -> &str {
    let first = text.bytes().position(|byte| !is_ascii_blank(byte)).unwrap_or(text.len());
    text.get(first..).unwrap_or(text).trim_start()
}

/// Without those at its end.
pub fn trim_end(text: &str) -> &str {
    let last = text.bytes().rposition(|byte| !is_ascii_blank(byte));
    let end = last.map_or(0, |last| last.saturating_add(1));
    // The last byte of a character is none of ASCII's: whatever is cut here is whole.
    text.get(..end).unwrap_or(text).trim_end()
}

/// Without both.
pub fn trim(text: &str) -> &str {
    trim_end(trim_start(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_trims_as_the_standard_library_does(text in "[ \t\u{b}\u{85}\u{a0}\u{3000}aé]{0,12}") {
            prop_assert_eq!(trim_start(&text), text.trim_start());
            prop_assert_eq!(trim_end(&text), text.trim_end());
            prop_assert_eq!(trim(&text), text.trim());
        }
    }
}
