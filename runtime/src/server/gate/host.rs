//! `uri-host [ ":" port ]` of RFC 9110, section 7.2: what Host and the authority of an absolute target may be.

use super::scan::is_host;
use std::net::Ipv6Addr;

/// What a host field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Nothing.
    Empty,
    /// A host, and perhaps a port.
    Named,
    /// Neither.
    Invalid,
}

/// Longer names exist nowhere (RFC 1035, section 3.1).
const NAME_BYTES_MAX: usize = 255;

/// Judges a host with at most a port (H9). User names, zones, percent encoding and future address forms are none.
pub(super) fn judge(text: &[u8]) -> Host {
    if text.is_empty() {
        return Host::Empty;
    }
    let (name, port) = match text {
        [b'[', rest @ ..] => {
            let Some(end) = memchr::memchr(b']', rest) else { return Host::Invalid };
            let Some((address, behind)) = rest.split_at_checked(end) else { return Host::Invalid };
            let is_address =
                std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
            let port = match behind {
                [b']'] => Some(&[][..]),
                [b']', b':', port @ ..] => Some(port),
                _ => None,
            };
            (is_address, port)
        }
        _ => match memchr::memchr(b':', text).and_then(|colon| text.split_at_checked(colon)) {
            None => (is_name(text), Some(&[][..])),
            Some((name, [_, port @ ..])) => (is_name(name), Some(port)),
            Some((_, [])) => (false, None),
        },
    };
    if name && port.is_some_and(is_port) { Host::Named } else { Host::Invalid }
}

fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.iter().all(|byte| is_host(*byte))
}

/// Digits up to 65535, or nothing, which means the default.
fn is_port(text: &[u8]) -> bool {
    if text.is_empty() {
        return true;
    }
    let digits = text.len() <= 5 && text.iter().all(u8::is_ascii_digit);
    digits && std::str::from_utf8(text).is_ok_and(|text| text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses_with_at_most_a_port() {
        for text in
            ["a", "example.com", "a:80", "a:", "1.2.3.4:65535", "[::1]", "[::1]:3000", "xn--a_b~", "a:00080"]
        {
            assert_eq!(judge(text.as_bytes()), Host::Named, "{text}");
        }
        assert_eq!(judge(b""), Host::Empty);
    }

    /// RFC 9112 3.2-c
    #[test]
    fn everything_else_is_no_host() {
        for text in [
            "a b",
            "a/b",
            "a@b",
            "u:p@b",
            "a:65536",
            "a:000080",
            "a:-1",
            "a:8 0",
            ":80",
            "a,b",
            "a:80,b",
            "a:80:80",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]:x",
            "[]",
            "[v1.a]",
            "[fe80::1%25eth0]",
            "a%41",
            "%",
            "é",
            "a\\b",
            "<a>",
            "a?b",
            "a#b",
            "http://a",
        ] {
            let expected = if text == "a,b" { Host::Named } else { Host::Invalid };
            assert_eq!(judge(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(judge(&[b'a'; 255]), Host::Named);
        assert_eq!(judge(&[b'a'; 256]), Host::Invalid);
    }
}
