//! Addresses that a browser would run as a script, in whatever spelling.
//!
//! Browsers take `javascript:` for a script whatever its case, and leave out blanks and control characters before they
//! look. What is looked at here is the attribute as it is written, so character references count as what they stand for.

use crate::base::guard::{Guard, off};

/// Beginnings of an address that run what follows, or show it as a page that can.
const SCRIPTS: &[&str] = &[
    "javascript:",
    "vbscript:",
    "data:text/html",
    "data:application/xhtml",
    "data:text/xml",
    "data:application/xml",
];

/// Shown as a page where a page is embedded, and as a mere picture where an image is.
const PAGES: &[&str] = &["data:image/svg"];

/// Characters without meaning that may come before and between those that are compared; with more an address is none.
const IGNORED_MAX: usize = 256;

/// Would a browser run the address, as it stands between the quotes of an attribute?
pub fn runs_script(written: &str) -> bool {
    begins_with(Decoded::new(written), &[SCRIPTS])
}

/// The same of what is embedded as a page of its own.
pub fn runs_embedded(written: &str) -> bool {
    begins_with(Decoded::new(written), &[SCRIPTS, PAGES])
}

/// Would one of the addresses between semicolons run?
pub fn one_runs_script(written: &str) -> bool {
    let mut rest = Decoded::new(written);
    loop {
        if begins_with(rest.clone(), &[SCRIPTS]) {
            return true;
        }
        if !rest.any(|c| c == ';') {
            return false;
        }
    }
}

/// Would it run as what a `<meta>` says of where to go and when: `0; url=address` (HTML, shared declarative refresh steps)?
pub fn refresh_runs_script(written: &str) -> bool {
    let mut rest = Decoded::new(written);
    rest.leave_out(is_ignored);
    if !rest.leave_out(|c| c.is_ascii_digit() || c == '.') {
        return false;
    }
    rest.leave_out(|c| is_ignored(c) || matches!(c, ';' | ','));
    let mut address = rest.clone();
    if ['u', 'r', 'l']
        .into_iter()
        .all(|letter| address.next().is_some_and(|c| c.eq_ignore_ascii_case(&letter)))
    {
        address.leave_out(is_ignored);
        if address.next() == Some('=') {
            address.leave_out(is_ignored);
            rest = address;
        }
    }
    rest.leave_out(|c| matches!(c, '"' | '\''));
    begins_with(rest, &[SCRIPTS])
}

fn begins_with(mut rest: Decoded<'_>, lists: &[&[&str]]) -> bool {
    if off(Guard::AddressScheme) {
        return false;
    }
    let mut seen = String::new();
    let mut ignored = 0_usize;
    loop {
        let mut near = lists.iter().copied().flatten().filter(|script| script.starts_with(&seen)).peekable();
        if near.peek().is_none() {
            return false;
        }
        if near.any(|script| script.len() == seen.len()) {
            return true;
        }
        match rest.next() {
            None => return false,
            Some(c) if is_ignored(c) => {
                ignored = ignored.saturating_add(1);
                if ignored > IGNORED_MAX {
                    return true;
                }
            }
            Some(c) => seen.push(c.to_ascii_lowercase()),
        }
    }
}

fn is_ignored(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

/// Characters of no width that a lenient reader may leave out too.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fffd}')
}

/// The characters of an attribute value; character references are what they stand for.
#[derive(Clone)]
struct Decoded<'t> {
    rest: &'t str,
}

impl<'t> Decoded<'t> {
    const fn new(rest: &'t str) -> Self {
        Self { rest }
    }

    /// Leaves out what meets the test; true when that was anything.
    fn leave_out(&mut self, test: impl Fn(char) -> bool) -> bool {
        let mut skipped = false;
        loop {
            let mut ahead = self.clone();
            if !ahead.next().is_some_and(&test) {
                return skipped;
            }
            *self = ahead;
            skipped = true;
        }
    }
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
    const NAMED: &[(&str, char)] = &[
        ("&Tab;", '\t'),
        ("&NewLine;", '\n'),
        ("&colon;", ':'),
        ("&sol;", '/'),
        ("&semi;", ';'),
        ("&equals;", '='),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&amp;", '&'),
    ];
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
            "data:application/xhtml+xml,x",
            "data:text/xml,x",
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
        assert!(!runs_script("data:image/svg+xml,x") && runs_embedded(" DATA:image/svg+xml,x"));
    }

    #[test]
    fn each_address_between_semicolons_counts() {
        for value in
            ["javascript:x", "/a;javascript:x", "/a; JAVA\tscript:x;/b", "/a&#59;vbscript:x", ";;javascript:"]
        {
            assert!(one_runs_script(value), "{value}");
        }
        for value in ["", ";", "/a;/b", "0;1;2", "/a?b=javascript:x;/c"] {
            assert!(!one_runs_script(value), "{value}");
        }
    }

    #[test]
    fn where_a_page_goes_next_counts_behind_the_time() {
        for value in [
            "0;url=javascript:x",
            "0; URL = 'javascript:x'",
            " 1.5, url=&#39;javascript:x&#39;",
            "0;url=&quot;java&#10;script:x",
            "0 javascript:x",
            "0;javascript:x",
            ".;url=data:text/html,x",
        ] {
            assert!(refresh_runs_script(value), "{value}");
        }
        for value in
            ["", "5", "0;url=/a", "0;url", "javascript: a history", "a; url=javascript:x", "2 urls, 3 more"]
        {
            assert!(!refresh_runs_script(value), "{value}");
        }
    }
}
