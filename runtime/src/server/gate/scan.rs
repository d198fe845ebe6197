//! The byte classes of HTTP, and the one pass over a line that finds its end and everything that may not be in it.

use super::fault::Fault;

/// What is wrong, and at which byte of the input.
pub(super) type At = (Fault, usize);

const EACH_BELOW: u64 = 0x2020_2020_2020_2020;
const EACH_DEL: u64 = 0x7F7F_7F7F_7F7F_7F7F;
const EACH_ONE: u64 = 0x0101_0101_0101_0101;
const EACH_HIGH: u64 = 0x8080_8080_8080_8080;

/// Control characters but for the tab, which fields may hold.
const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7F
}

/// The high bit of each byte that is below a space or is DEL; exact for the lowest such byte, and only that is used.
const fn controls(word: u64) -> u64 {
    let below = word.wrapping_sub(EACH_BELOW) & !word;
    let delete = word ^ EACH_DEL;
    let is_delete = delete.wrapping_sub(EACH_ONE) & !delete;
    (below | is_delete) & EACH_HIGH
}

/// The first control character at or behind `from`, eight bytes at a time.
fn find_control(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let mask = controls(u64::from_le_bytes(*eight));
        if mask == 0 {
            at = at.saturating_add(8);
            continue;
        }
        let found = at.saturating_add(usize::try_from(mask.trailing_zeros() >> 3).unwrap_or(0));
        if bytes.get(found) != Some(&b'\t') {
            return Some(found);
        }
        at = found.saturating_add(1);
    }
    let rest = bytes.get(at..)?.iter().position(|byte| is_control(*byte))?;
    Some(at.saturating_add(rest))
}

/// Finds where a line ends: the index of its CR, once its LF is there (H1, H2).
///
/// `seen` is how far earlier calls came; nothing is looked at twice. A line whose LF would stand at `bytes_max` or
/// behind it is `too_long`. The verdict depends on the bytes alone, not on how many of them were there at each call.
pub(super) fn line_end(
    bytes: &[u8],
    seen: &mut usize,
    bytes_max: usize,
    too_long: Fault,
) -> Result<Option<usize>, At> {
    let within = bytes.get(..bytes_max).unwrap_or(bytes);
    let Some(found) = find_control(within, *seen) else {
        *seen = within.len();
        return if bytes.len() > bytes_max { Err((too_long, bytes_max)) } else { Ok(None) };
    };
    match bytes.get(found) {
        Some(b'\r') => {}
        Some(b'\n') => return Err((Fault::BareLineFeed, found)),
        _ => return Err((Fault::ControlByte, found)),
    }
    let feed = found.saturating_add(1);
    if feed >= bytes_max {
        return Err((too_long, bytes_max));
    }
    *seen = found;
    match bytes.get(feed) {
        None => Ok(None),
        Some(b'\n') => Ok(Some(found)),
        Some(_) => Err((Fault::BareCarriageReturn, found)),
    }
}

const TOKEN: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;
const HOST: u8 = 8;

/// What each byte may stand in.
static CLASS: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, which refuses an index outside"
)]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0x21_u8;
    while byte < 0x7F {
        let alnum = byte.is_ascii_alphanumeric();
        let mut class = 0;
        // RFC 9110, section 5.6.2.
        if alnum
            || matches!(
                byte,
                b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            class |= TOKEN;
        }
        let unreserved = alnum || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let sub_delimiter = matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=');
        // RFC 3986, section 3.2.2, without percent encoding: no host on a network has such a name.
        if unreserved || sub_delimiter {
            class |= HOST;
        }
        // RFC 3986, section 3.3, and what browsers send as it is in a path.
        if unreserved
            || sub_delimiter
            || matches!(byte, b'%' | b':' | b'@' | b'/' | b'[' | b']' | b'|' | b'^')
        {
            class |= PATH;
        }
        // RFC 3986, section 3.4, and what browsers send as it is in a query.
        if !matches!(byte, b'"' | b'#' | b'<' | b'>') {
            class |= QUERY;
        }
        table[byte as usize] = class;
        byte += 1;
    }
    table
}

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASS.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// May it stand in a token?
pub(super) fn is_token(byte: u8) -> bool {
    is(byte, TOKEN)
}

/// May it stand in the path of a target?
pub(super) fn is_path(byte: u8) -> bool {
    is(byte, PATH)
}

/// May it stand in the query of a target?
pub(super) fn is_query(byte: u8) -> bool {
    is(byte, QUERY)
}

/// May it stand in a registered name?
pub(super) fn is_host(byte: u8) -> bool {
    is(byte, HOST)
}

/// Optional white space of RFC 9110, section 5.6.3.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without optional white space at both ends.
pub(super) fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The first `%` that two hexadecimal digits do not follow.
pub(super) fn bad_escape(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let at = from.saturating_add(found);
        from = at.saturating_add(3);
        match text.get(at.saturating_add(1)..from) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {}
            _ => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, max: usize) -> Result<Option<usize>, At> {
        line_end(text.as_bytes(), &mut 0, max, Fault::HeadTooLong)
    }

    #[test]
    fn controls_are_found_at_every_place_and_tabs_are_none() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut line = vec![b'a'; length];
                    line[at] = byte;
                    let wanted = is_control(byte).then_some(at);
                    assert_eq!(find_control(&line, 0), wanted, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn several_controls_close_together_are_found_in_their_order() {
        assert_eq!(find_control(b"\t\t\x1f\x00aaaaa", 0), Some(2));
        assert_eq!(find_control(b"aa\t \x7faaaaaaa", 0), Some(4));
        assert_eq!(find_control(b"\xff\xff\xff\x80\xa0\xe0\x0e\x0d", 0), Some(6));
    }

    #[test]
    fn a_line_ends_with_both_bytes() {
        assert_eq!(end("ab\r\n", 9), Ok(Some(2)));
        assert_eq!(end("ab\r", 9), Ok(None));
        assert_eq!(end("ab\n", 9), Err((Fault::BareLineFeed, 2)));
        assert_eq!(end("ab\rc", 9), Err((Fault::BareCarriageReturn, 2)));
        assert_eq!(end("a\0b", 9), Err((Fault::ControlByte, 1)));
    }

    #[test]
    fn a_line_may_fill_the_limit() {
        assert_eq!(end("ab\r\n", 4), Ok(Some(2)));
        assert_eq!(end("ab\r\n", 3), Err((Fault::HeadTooLong, 3)));
        assert_eq!(end("ab\r", 3), Err((Fault::HeadTooLong, 3)));
        assert_eq!(end("abc", 3), Ok(None));
        assert_eq!(end("abcd", 3), Err((Fault::HeadTooLong, 3)));
    }

    #[test]
    fn classes_are_those_of_the_grammar() {
        let all = |class: fn(u8) -> bool| {
            (0..=255_u8).filter(|byte| class(*byte)).map(char::from).collect::<String>()
        };
        assert_eq!(all(is_token).replace(|c: char| c.is_alphanumeric(), ""), "!#$%&'*+-.^_`|~");
        assert_eq!(all(is_path).replace(|c: char| c.is_alphanumeric(), ""), "!$%&'()*+,-./:;=@[]^_|~");
        assert_eq!(all(is_query).replace(|c: char| c.is_alphanumeric(), ""), "!$%&'()*+,-./:;=?@[\\]^_`{|}~");
        assert_eq!(all(is_host).replace(|c: char| c.is_alphanumeric(), ""), "!$&'()*+,-.;=_~");
    }

    #[test]
    fn escapes_have_two_digits() {
        assert_eq!(bad_escape(b"/%41%zz"), Some(4));
        assert_eq!(bad_escape(b"%4"), Some(0));
        assert_eq!(bad_escape(b"%"), Some(0));
        assert_eq!(bad_escape(b"%aF%20"), None);
    }
}
