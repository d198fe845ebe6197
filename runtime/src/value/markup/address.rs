//! Attribute values that name a place to go to, and what such a place must not be.
//!
//! Browsers take `javascript:` for a script whatever its case, and leave out blanks and control characters before they
//! look. What is looked at here is the attribute as it is written, so character references count as what they stand for.

use crate::base::guard::{Guard, off};

/// Attributes whose value is an address.
const ADDRESSES: &[&str] = &["href", "src", "action", "formaction", "xlink:href"];

/// Beginnings of an address that run what follows, or show it as a page of the same origin.
const SCRIPTS: &[&str] = &["javascript:", "vbscript:", "data:text/html"];

/// Characters without meaning that may come before and between those that are compared; with more an address is none.
const IGNORED_MAX: usize = 256;

/// Is it the name of an attribute whose value is an address?
pub fn is_address(name: &str) -> bool {
    ADDRESSES.iter().any(|address| name.eq_ignore_ascii_case(address))
}

/// Would a browser run the value, as it stands between the quotes of an attribute?
pub fn runs_script(written: &str) -> bool {
    if off(Guard::AddressScheme) {
        return false;
    }
    let mut rest = Decoded { rest: written };
    let mut seen = String::new();
    let mut ignored = 0_usize;
    loop {
        if SCRIPTS.contains(&seen.as_str()) {
            return true;
        }
        if !SCRIPTS.iter().any(|script| script.starts_with(&seen)) {
            return false;
        }
        match rest.next() {
            None => return false,
            Some(c) if c.is_whitespace() || c.is_control() || is_invisible(c) => {
                ignored = ignored.saturating_add(1);
                if ignored > IGNORED_MAX {
                    return true;
                }
            }
            Some(c) => seen.push(c.to_ascii_lowercase()),
        }
    }
}

/// Characters of no width that a lenient reader may leave out too.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fffd}')
}

/// The characters of an attribute value; character references are what they stand for.
struct Decoded<'t> {
    rest: &'t str,
}

impl Iterator for Decoded<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        let (meant, behind) =
            if first == '&' { reference(self.rest).unwrap_or((first, 1)) } else { (first, first.len_utf8()) };
        self.rest = self.rest.get(behind..).unwrap_or_default();
        Some(meant)
    }
}

/// The character that the reference at the start stands for, and how long it is. Of names only those that matter here.
fn reference(text: &str) -> Option<(char, usize)> {
    const NAMED: &[(&str, char)] = &[("&Tab;", '\t'), ("&NewLine;", '\n'), ("&colon;", ':'), ("&sol;", '/')];
    if let Some((name, meant)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*meant, name.len()));
    }
    let digits = text.strip_prefix("&#")?;
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    let before = text.len().saturating_sub(digits.len());
    // Leading zeros are many ways to write one number.
    let zeros = digits.bytes().take_while(|&byte| byte == b'0').count();
    let rest = digits.get(zeros..).unwrap_or_default();
    let count = rest.bytes().take(8).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if zeros.saturating_add(count) == 0 {
        return None;
    }
    let value = u32::from_str_radix(rest.get(..count).unwrap_or_default(), radix).unwrap_or(0);
    let meant = char::from_u32(value).unwrap_or('\u{fffd}');
    let end = before.saturating_add(zeros).saturating_add(count);
    let semicolon = usize::from(text.get(end..).is_some_and(|behind| behind.starts_with(';')));
    Some((meant, end.saturating_add(semicolon)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_run_is_found_in_every_spelling() {
        for value in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " \t\n javascript:x",
            "java\nscript:x",
            "java\u{1}script\u{0}:x",
            "\u{feff}javascript:",
            "vbscript:x",
            "data:text/html,<script>",
            "DATA: text/html;base64,",
            "&#106;avascript:x",
            "&#x6A;avascript:x",
            "&#0000106avascript:x",
            "java&Tab;script&colon;x",
            "java&#10;script:",
        ] {
            assert!(runs_script(value), "{value}");
        }
        assert!(runs_script(&" ".repeat(300)), "an address that is lost in blanks is none");
    }

    #[test]
    fn ordinary_addresses_stay() {
        for value in [
            "",
            "/a?b=1&amp;c=2",
            "https://example.org/javascript:x",
            "javascripts/app.js",
            "data:image/png;base64,AAAA",
            "data:text/plain,x",
            "#javascript:",
            "mailto:a@b.org",
            "&javascript:x",
            "&#;javascript:x",
        ] {
            assert!(!runs_script(value), "{value}");
        }
        assert!(is_address("HREF") && is_address("formaction") && !is_address("hrefs"));
    }
}
