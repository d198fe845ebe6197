//! A second opinion on forms: `multipart/form-data` (RFC 7578) and `application/x-www-form-urlencoded`, of a body that is
//! all there. Slow, obvious and strict; it shares no code with the runtime.
//!
//! A body in which two readers could see different parts is none: the delimiter stands at the beginning and nowhere but
//! between parts, and everything behind the last one is missing.

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name of its field.
    pub name: String,
    /// Of a file: its name and type.
    pub file: Option<(String, String)>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// Bytes of the headers of one part.
const HEADER_BYTES_MAX: usize = 8 << 10;

/// The parts of a body; none if it is not one.
pub fn parts(body: &[u8], boundary: &str) -> Option<Vec<Part>> {
    // Every delimiter has a line break before it, the first one's is the head's.
    let whole = [b"\r\n", body].concat();
    let mut pieces = split(&whole, format!("\r\n--{boundary}").as_bytes());
    let last = pieces.pop()?;
    let (before, pieces) = pieces.split_first()?;
    let nothing_around = before.is_empty()
        && last.strip_prefix(b"--").is_some_and(|rest| matches!(without_blanks(rest), b"" | b"\r\n"));
    if !nothing_around {
        return None;
    }
    let lines = pieces.iter().map(|piece| without_blanks(piece).strip_prefix(b"\r\n"));
    lines.map(|piece| part(piece?, boundary)).collect()
}

fn split<'b>(whole: &'b [u8], by: &[u8]) -> Vec<&'b [u8]> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    while at < whole.len() {
        if whole[at..].starts_with(by) {
            pieces.push(&whole[from..at]);
            at += by.len();
            from = at;
        } else {
            at += 1;
        }
    }
    pieces.push(&whole[from..]);
    pieces
}

fn without_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[blanks..]
}

fn part(piece: &[u8], boundary: &str) -> Option<Part> {
    // Behind a delimiter's own line break, too, a line that begins like one is one.
    if piece.starts_with(format!("--{boundary}").as_bytes()) {
        return None;
    }
    let [headers, content @ ..] = &split(piece, b"\r\n\r\n")[..] else { return None };
    if content.is_empty() || headers.len() > HEADER_BYTES_MAX {
        return None;
    }
    let content = content.join(&b"\r\n\r\n"[..]);
    let (mut disposition, mut kind) = (None, None);
    for line in std::str::from_utf8(headers).ok()?.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t']);
        let lawful = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !value.chars().any(|c| c.is_control() && c != '\t');
        let again = match name.to_ascii_lowercase().as_str() {
            "content-disposition" => disposition.replace(form_data(value)?).is_some(),
            "content-type" => kind.replace(value).is_some(),
            "content-transfer-encoding" => {
                !matches!(value.to_ascii_lowercase().as_str(), "7bit" | "8bit" | "binary")
            }
            _ => false,
        };
        if again || !lawful {
            return None;
        }
    }
    let (name, file) = disposition?;
    let file = file.map(|file| (file, kind.unwrap_or("application/octet-stream").to_owned()));
    if file.is_none() && std::str::from_utf8(&content).is_err() {
        return None;
    }
    Some(Part { name, file, content })
}

/// `form-data; name=a; filename="b"`: the name, and that of a file.
fn form_data(value: &str) -> Option<(String, Option<String>)> {
    let chars: Vec<char> = value.chars().collect();
    let end = chars.iter().position(|c| *c == ';').unwrap_or(chars.len());
    let kind: String = chars[..end].iter().collect();
    if !kind.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut file) = (None, None);
    let mut at = end;
    while at < chars.len() {
        // At a semicolon.
        at += 1 + blanks(&chars[at + 1..]);
        if at == chars.len() {
            break;
        }
        let equals = at + chars[at..].iter().position(|c| *c == '=')?;
        let key: String = chars[at..equals].iter().collect::<String>().to_ascii_lowercase();
        let (value, length) = parameter(&chars[equals + 1..])?;
        at = equals + 1 + length;
        at += blanks(&chars[at..]);
        if at < chars.len() && chars[at] != ';' {
            return None;
        }
        let again = match key.as_str() {
            "name" => name.replace(value).is_some(),
            "filename" => file.replace(value).is_some(),
            key => key == "filename*" || key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()),
        };
        if again {
            return None;
        }
    }
    let plain = |file: &String| {
        file != "." && file != ".." && !file.chars().any(|c| c == '/' || c == '\\' || c.is_control())
    };
    if file.as_ref().is_some_and(|file| !plain(file)) {
        return None;
    }
    Some((name?, file))
}

fn blanks(chars: &[char]) -> usize {
    chars.iter().take_while(|c| matches!(c, ' ' | '\t')).count()
}

/// A token, or a text in quotes with its escapes; and how many characters it takes.
fn parameter(chars: &[char]) -> Option<(String, usize)> {
    if chars.first() != Some(&'"') {
        let end = chars.iter().position(|c| matches!(c, ';' | ' ' | '\t')).unwrap_or(chars.len());
        let lawful = end > 0 && chars[..end].iter().all(|c| c.is_ascii_graphic() && *c != '"');
        return lawful.then(|| (chars[..end].iter().collect(), end));
    }
    let mut value = String::new();
    let mut at = 1;
    loop {
        match (chars.get(at)?, chars.get(at + 1)) {
            ('"', _) => {
                let value = value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
                return Some((value, at + 1));
            }
            ('\\', Some(c @ ('"' | '\\'))) => {
                value.push(*c);
                at += 2;
            }
            (c, _) => {
                value.push(*c);
                at += 1;
            }
        }
    }
}

/// Names and values of a form; none if it is not one.
pub fn form(body: &[u8]) -> Option<Vec<(String, String)>> {
    std::str::from_utf8(body).ok()?;
    let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    let pair = |field: &[u8]| {
        let equals = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        Some((unescaped(&field[..equals])?, unescaped(field.get(equals + 1..).unwrap_or_default())?))
    };
    fields.map(pair).collect()
}

fn unescaped(bytes: &[u8]) -> Option<String> {
    let mut plain = Vec::new();
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => *byte,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &str = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";

    #[test]
    fn parts_are_read() {
        let file = "--B \r\nContent-Disposition: Form-Data; filename=x.txt; name=\"\\\"%22\"\r\nContent-Type: a/b\r\n\r\n";
        let body = format!("{FIELD}1\r\n\r\n2\r\n{file}\r\n--B--\r\n");
        let read = parts(body.as_bytes(), "B").unwrap();
        assert_eq!(read[0], Part { name: "a".to_owned(), file: None, content: b"1\r\n\r\n2".to_vec() });
        let named = Some(("x.txt".to_owned(), "a/b".to_owned()));
        assert_eq!(read[1], Part { name: "\"\"".to_owned(), file: named, content: Vec::new() });
        assert_eq!(parts(b"--B--", "B"), Some(Vec::new()));
    }

    #[test]
    fn doubtful_bodies_are_none() {
        for body in [
            String::new(),
            format!("{FIELD}1"),
            format!(" {FIELD}1\r\n--B--"),
            format!("{FIELD}1\r\n--B--x"),
            format!("{FIELD}1\r\n--Bx\r\n--B--"),
            format!("--B\r\n{FIELD}1\r\n--B--"),
            "--B\r\n--B: x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--B--".to_owned(),
            format!("{FIELD}1\r\n--B--\r\n{FIELD}\r\n--B--"),
            "--B\r\nContent-Disposition: form-data; name=a; filename=\"../b\"\r\n\r\n\r\n--B--".to_owned(),
        ] {
            assert_eq!(parts(body.as_bytes(), "B"), None, "{body}");
        }
    }

    #[test]
    fn forms_are_read() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form(b"a+b=%C3%A9&&c"), Some(vec![pair("a b", "é"), pair("c", "")]));
        assert_eq!((form(b"a=%f"), form(b"a=%ff"), form(b"\xff")), (None, None, None));
    }
}
