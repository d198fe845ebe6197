//! The small rules of JSON's tokens (RFC 8259), as functions over a text and a byte offset.

use crate::value::Value;
use crate::value::stop::Stop;

/// Malformed JSON, with the place as line and column.
#[cold]
pub fn malformed(source: &str, at: usize, what: &str) -> Stop {
    let before = source.get(..source.floor_char_boundary(at)).unwrap_or(source);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    Stop::value_error(format!("invalid JSON at line {line}, column {column}: {what}"))
}

/// Something else was allowed here.
#[cold]
pub fn unexpected(source: &str, at: usize, allowed: &str) -> Stop {
    let found = match source.get(source.floor_char_boundary(at)..).and_then(|rest| rest.chars().next()) {
        Some(c) => format!("{c:?}"),
        None => "the end of the text".to_owned(),
    };
    malformed(source, at, &format!("expected {allowed}, found {found}"))
}

/// Bytes of the longest number that is read, far more than any double needs: its text is read in one go.
pub const NUMBER_BYTES_MAX: usize = 64 << 10;

/// Bytes that the text of a number may have.
pub const fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// The value of a number's text: an int when it is written without fraction and exponent and fits one (`-0` is a
/// number), else a number. The error says what is wrong with it.
pub fn number(token: &str) -> Result<Value, &'static str> {
    const MALFORMED: &str = "a malformed number";
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (whole, rest) = split_digits(unsigned);
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(MALFORMED);
    }
    let mut tail = rest;
    if let Some(after) = tail.strip_prefix('.') {
        let (digits, rest) = split_digits(after);
        if digits.is_empty() {
            return Err(MALFORMED);
        }
        tail = rest;
    }
    if let Some(after) = tail.strip_prefix(['e', 'E']) {
        let (digits, rest) = split_digits(after.strip_prefix(['+', '-']).unwrap_or(after));
        if digits.is_empty() {
            return Err(MALFORMED);
        }
        tail = rest;
    }
    if !tail.is_empty() {
        return Err(MALFORMED);
    }
    if rest.is_empty()
        && token != "-0"
        && let Ok(n) = token.parse::<i64>()
    {
        return Ok(Value::Int(n));
    }
    match token.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok(Value::Number(n)),
        _ => Err("a number beyond the range of a double"),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The character that an escape stands for and how many bytes it takes; `rest` starts with its backslash.
pub fn escape(rest: &str) -> Result<(char, usize), &'static str> {
    let c = match rest.as_bytes().get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(rest),
        _ => return Err("an unknown escape"),
    };
    Ok((c, 2))
}

fn unicode(rest: &str) -> Result<(char, usize), &'static str> {
    let unit = hex4(rest, 2).ok_or("an escape without four hexadecimal digits")?;
    if let Some(c) = char::from_u32(unit) {
        return Ok((c, 6));
    }
    let low = rest.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| hex4(rest, 8));
    let pair = low.and_then(|low| {
        let (high, low) = (u16::try_from(unit).ok()?, u16::try_from(low).ok()?);
        char::decode_utf16([high, low]).next()?.ok()
    });
    pair.map(|c| (c, 12)).ok_or("half of a surrogate pair")
}

fn hex4(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at.checked_add(4)?)?;
    // A sign would be accepted by the standard library.
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_grammar() {
        for bad in ["", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1.5.5", "1e5e5", "--1", "1-1"] {
            assert_eq!(number(bad).unwrap_err(), "a malformed number", "{bad}");
        }
        for far in ["1e309", "-1e999", &"9".repeat(400)] {
            assert_eq!(number(far).unwrap_err(), "a number beyond the range of a double");
        }
    }

    #[test]
    fn ints_that_fit_are_ints() {
        let int = |text: &str| match number(text) {
            Ok(Value::Int(n)) => Some(n),
            _ => None,
        };
        assert_eq!(int("9223372036854775807"), Some(i64::MAX));
        assert_eq!(int("-9223372036854775808"), Some(i64::MIN));
        for not_int in ["9223372036854775808", "-9223372036854775809", "1e2", "1.0", "-0"] {
            assert!(matches!(number(not_int), Ok(Value::Number(_))), "{not_int}");
        }
    }

    #[test]
    fn escapes_need_whole_surrogate_pairs() {
        assert_eq!(escape("\\u00e9"), Ok(('é', 6)));
        assert_eq!(escape("\\ud83d\\ude00x"), Ok(('😀', 12)));
        for lone in ["\\ud83d", "\\ud83dx", "\\ud83d\\n", "\\ude00", "\\ud83d\\u0041", "\\ud83d\\ud83d"] {
            assert_eq!(escape(lone), Err("half of a surrogate pair"), "{lone}");
        }
        for short in ["\\u", "\\u12", "\\u+123", "\\u12é"] {
            assert!(escape(short).is_err(), "{short}");
        }
        assert!(escape("\\x").is_err());
        assert!(escape("\\").is_err());
    }
}
