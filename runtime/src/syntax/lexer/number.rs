//! Ints, numbers and durations.

use super::{Bad, TokenKind, byte_at, char_at, continues_name};

/// Scans what starts with a digit.
pub fn scan(text: &str, at: usize) -> (TokenKind, usize) {
    if byte_at(text, at) == b'0' {
        let radix = match byte_at(text, at.saturating_add(1)) {
            b'x' | b'X' => 16,
            b'b' | b'B' => 2,
            b'o' | b'O' => 8,
            _ => 10,
        };
        if radix != 10 {
            return prefixed(text, at, radix);
        }
    }
    let mut end = digits_end(text, at);
    let dot = byte_at(text, end) == b'.' && byte_at(text, end.saturating_add(1)).is_ascii_digit();
    if dot {
        end = digits_end(text, end.saturating_add(1));
    }
    let exponent = exponent_end(text, end);
    if dot || exponent.is_some() {
        let end = exponent.unwrap_or(end);
        if let Some((_, end)) = unit(text, end) {
            return (TokenKind::Bad(Bad::DurationFraction), end);
        }
        return suffixed(text, end).unwrap_or_else(|| (number(text, at, end), end));
    }
    duration(text, at, end)
        .or_else(|| suffixed(text, end))
        .unwrap_or_else(|| (int(text.get(at..end).unwrap_or(""), 10), end))
}

/// Behind digits with single underscores between them.
fn digits_end(text: &str, mut at: usize) -> usize {
    loop {
        let next = byte_at(text, at.saturating_add(1));
        match byte_at(text, at) {
            b'0'..=b'9' => at = at.saturating_add(1),
            b'_' if next.is_ascii_digit() => at = at.saturating_add(2),
            _ => return at,
        }
    }
}

fn exponent_end(text: &str, at: usize) -> Option<usize> {
    if !matches!(byte_at(text, at), b'e' | b'E') {
        return None;
    }
    let mut digits = at.saturating_add(1);
    if matches!(byte_at(text, digits), b'+' | b'-') {
        digits = digits.saturating_add(1);
    }
    byte_at(text, digits).is_ascii_digit().then(|| digits_end(text, digits))
}

/// Swallows letters behind a number, so that one diagnostic covers them.
fn suffixed(text: &str, end: usize) -> Option<(TokenKind, usize)> {
    let rest = text.get(end..)?;
    let len = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
    (len > 0).then(|| (TokenKind::Bad(Bad::NumberSuffix), end.saturating_add(len)))
}

fn prefixed(text: &str, at: usize, radix: u32) -> (TokenKind, usize) {
    let start = at.saturating_add(2);
    let rest = text.get(start..).unwrap_or("");
    let len = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
    let end = start.saturating_add(len);
    let digits = rest.get(..len).unwrap_or("");
    let tidy = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if digits.is_empty() || !tidy || !digits.chars().all(|c| c == '_' || c.is_digit(radix)) {
        return (TokenKind::Bad(Bad::Digits), end);
    }
    (int(digits, radix), end)
}

fn int(digits: &str, radix: u32) -> TokenKind {
    let digits = digits.chars().filter_map(|c| c.to_digit(radix)).map(u64::from);
    let value = digits
        .into_iter()
        .try_fold(0_u64, |value, digit| value.checked_mul(u64::from(radix))?.checked_add(digit));
    match value {
        Some(value) if value <= i64::MIN.unsigned_abs() => TokenKind::Int(value),
        _ => TokenKind::Bad(Bad::IntTooLarge),
    }
}

fn number(text: &str, at: usize, end: usize) -> TokenKind {
    let digits: String = text.get(at..end).unwrap_or("").chars().filter(|&c| c != '_').collect();
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => TokenKind::Number(value),
        _ => TokenKind::Bad(Bad::NumberTooLarge),
    }
}

/// The milliseconds of the unit that stands at the offset, and where it ends.
fn unit(text: &str, at: usize) -> Option<(u64, usize)> {
    [("ms", 1_u64), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)].into_iter().find_map(
        |(unit, per)| {
            let end = at.saturating_add(unit.len());
            let stands = super::stands_at(text, at, unit) && !char_at(text, end).is_some_and(continues_name);
            stands.then_some((per, end))
        },
    )
}

fn duration(text: &str, at: usize, end: usize) -> Option<(TokenKind, usize)> {
    let (per, end_of_unit) = unit(text, end)?;
    let kind = match int(text.get(at..end)?, 10) {
        TokenKind::Int(count) => count.checked_mul(per).and_then(|ms| i64::try_from(ms).ok()),
        _ => None,
    };
    Some((kind.map_or(TokenKind::Bad(Bad::DurationTooLarge), TokenKind::Duration), end_of_unit))
}

#[cfg(test)]
mod tests {
    use super::super::token_at;
    use super::*;

    fn kind(text: &str) -> TokenKind {
        let (token, _) = token_at(text, 0);
        assert_eq!(token.end as usize, text.len(), "{text}");
        token.kind
    }

    #[test]
    fn ints_of_every_base() {
        assert_eq!(kind("42"), TokenKind::Int(42));
        assert_eq!(kind("1_000"), TokenKind::Int(1000));
        assert_eq!(kind("0xFF"), TokenKind::Int(255));
        assert_eq!(kind("0b101"), TokenKind::Int(5));
        assert_eq!(kind("0o17"), TokenKind::Int(15));
        assert_eq!(kind("9223372036854775808"), TokenKind::Int(1 << 63));
        assert_eq!(kind("9223372036854775809"), TokenKind::Bad(Bad::IntTooLarge));
        assert_eq!(kind(&"9".repeat(100_000)), TokenKind::Bad(Bad::IntTooLarge));
    }

    #[test]
    fn numbers_need_a_digit_on_both_sides_of_the_dot() {
        assert_eq!(kind("1.5"), TokenKind::Number(1.5));
        assert_eq!(kind("2e10"), TokenKind::Number(2e10));
        assert_eq!(kind("1.5e-3"), TokenKind::Number(1.5e-3));
        assert_eq!(token_at("1..5", 0).0.kind, TokenKind::Int(1));
        assert_eq!(token_at("1.x", 0).0.kind, TokenKind::Int(1));
        assert_eq!(kind("1e999"), TokenKind::Bad(Bad::NumberTooLarge));
    }

    #[test]
    fn durations_have_an_adjacent_unit() {
        assert_eq!(kind("500ms"), TokenKind::Duration(500));
        assert_eq!(kind("1d"), TokenKind::Duration(86_400_000));
        assert_eq!(kind("9223372036854775807d"), TokenKind::Bad(Bad::DurationTooLarge));
        for text in ["0.5s", "1.5h", "1e3ms"] {
            assert_eq!(kind(text), TokenKind::Bad(Bad::DurationFraction), "{text}");
        }
    }

    #[test]
    fn letters_behind_a_number_are_one_bad_token() {
        for text in ["5min", "1_", "3x", "1.5sec", "1__0", "2e"] {
            assert_eq!(kind(text), TokenKind::Bad(Bad::NumberSuffix), "{text}");
        }
        for text in ["0x", "0b102", "0xG", "0x_1"] {
            assert_eq!(kind(text), TokenKind::Bad(Bad::Digits), "{text}");
        }
    }
}
