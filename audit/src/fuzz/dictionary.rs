//! Reads the dictionaries of libFuzzer: a line a token, `"value"` or `name="value"`, with the escapes `\\`, `\"` and `\xNN`.

/// The tokens of a dictionary, in order. Lines that hold none are left out.
pub fn tokens(dictionary: &str) -> Vec<Vec<u8>> {
    dictionary.lines().filter(|line| !line.starts_with('#')).filter_map(token).collect()
}

fn token(line: &str) -> Option<Vec<u8>> {
    let (_, quoted) = line.split_once('"')?;
    let mut rest = quoted.strip_suffix('"')?.as_bytes();
    let mut value = Vec::new();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'\\' {
            value.push(*first);
            continue;
        }
        match behind {
            [escaped @ (b'\\' | b'"'), behind @ ..] => {
                value.push(*escaped);
                rest = behind;
            }
            [b'x', high, low, behind @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                value.push((digit(high)? << 4 | digit(low)?) as u8);
                rest = behind;
            }
            _ => return None,
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_with_their_escapes() {
        let read = tokens("# no token\n\nkw=\"fn\"\n\"\\\"\\\\\\x0A\\xfF=\"\n\"bad \\y\"\n");
        assert_eq!(read, [b"fn".to_vec(), b"\"\\\n\xFF=".to_vec()]);
    }

    #[test]
    fn every_line_of_the_dictionaries_is_a_token() {
        let text = crate::fuzz::source::DICTIONARY;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(tokens(text).len(), lines);
        assert!(lines > 100, "{lines}");
    }
}
