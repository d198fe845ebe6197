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

    /// libFuzzer stops at a longer one.
    const TOKEN_BYTES_MAX: usize = 64;

    #[test]
    fn tokens_are_read_with_their_escapes() {
        let read = tokens("# no token\n\nkw=\"fn\"\n\"\\\"\\\\\\x0A\\xfF=\"\n\"bad \\y\"\n");
        assert_eq!(read, [b"fn".to_vec(), b"\"\\\n\xFF=".to_vec()]);
    }

    #[test]
    fn every_target_has_a_dictionary_whose_lines_are_tokens() {
        let folder = crate::repository().join("fuzz/dictionaries");
        let name =
            |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(name).collect();
        names.sort();
        let expected: Vec<_> =
            crate::fuzz::TARGETS.iter().map(|target| format!("{}.dict", target.name)).collect();
        assert_eq!(names, expected);
        for name in expected {
            let text = std::fs::read_to_string(folder.join(&name)).unwrap();
            let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
            let tokens = tokens(&text);
            assert!(lines > 10 && tokens.len() == lines, "{name}: {} tokens in {lines} lines", tokens.len());
            let whole = tokens.iter().all(|token| (1..=TOKEN_BYTES_MAX).contains(&token.len()));
            assert!(whole, "{name} has a token of no bytes, or of more than {TOKEN_BYTES_MAX}");
        }
    }

    #[test]
    fn the_dictionary_of_bytecode_begins_a_file_of_this_version() {
        use flin_runtime::code::format::{HEADER_BYTES, MAGIC, Section, VERSION};
        let text = include_str!("../../../fuzz/dictionaries/bytecode.dict");
        let has = |token: &[u8]| assert!(tokens(text).iter().any(|found| found == token), "{token:?}");
        let sections = (Section::ALL.len() as u32).to_le_bytes();
        has(&[&[0][..], &MAGIC, &VERSION.to_le_bytes(), &[0; 4], &sections].concat());
        has(&(HEADER_BYTES as u32).to_le_bytes());
        Section::ALL.iter().for_each(|section| has(&section.code().to_le_bytes()));
    }
}
