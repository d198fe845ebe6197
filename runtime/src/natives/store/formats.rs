//! What counts as an e-mail address and as a URL: enough to catch what was mistyped, and no more.

/// Code points of an address, at most.
const EMAIL_CHARS_MAX: usize = 254;

/// One `@`, a local part and a dotted domain, no blanks.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !domain.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.chars().count() <= EMAIL_CHARS_MAX
}

/// `http://` or `https://` and a host, no blanks.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) || host.ends_with(']') { name } else { "" }
    });
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        && !name.is_empty()
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_local_part_and_a_dotted_domain() {
        let longest = format!("{}@example.org", "a".repeat(242));
        for (text, expected) in [
            ("ada@example.org", true),
            ("a.b+c@x.co.uk", true),
            ("ü@exämple.org", true),
            (longest.as_str(), true),
            (&format!("a{longest}"), false),
            ("", false),
            ("ada", false),
            ("@example.org", false),
            ("ada@", false),
            ("ada@example", false),
            ("ada@.org", false),
            ("ada@example.", false),
            ("ada@@example.org", false),
            ("a@b@c.org", false),
            ("a b@c.org", false),
            ("a@c.org\n", false),
        ] {
            assert_eq!(is_email(text), expected, "{text}");
        }
    }

    #[test]
    fn urls_have_a_scheme_and_a_host() {
        for (text, expected) in [
            ("http://a", true),
            ("https://example.org/x?y#z", true),
            ("HTTPS://example.org:8080", true),
            ("http://user@host/", true),
            ("http://[::1]/", true),
            ("", false),
            ("example.org", false),
            ("ftp://example.org", false),
            ("http://", false),
            ("http:///x", false),
            ("http://?x", false),
            ("http://:80", false),
            ("http://host:x", false),
            ("http://a b", false),
            ("javascript:alert(1)//http://x", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }
}
