//! A second opinion on HTTP/1: where a request ends, and whether a response is one. Slow, obvious and strict; it shares
//! no code with the runtime.
//!
//! [`fn@request`] reads what RFC 9112 leaves no doubt about. Whatever is doubtful is refused: a server may refuse it too,
//! but it may not read it in a way of its own.

mod request;
mod response;

pub use request::{Request, Verdict, request};
pub use response::{Malformed, Response, response};

/// Names and values in their order; names in lower case.
pub type Fields = Vec<(String, String)>;

/// Where a needle begins.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Fields of lines without their line ends; what is wrong with the first that is none.
fn fields<'l>(lines: impl Iterator<Item = &'l str>) -> Result<Fields, &'static str> {
    let mut all = Fields::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a field without a colon")?;
        if !is_token(name) {
            return Err("a field whose name is no token");
        }
        all.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
    Ok(all)
}

/// The text of a part whose lines end with CR LF and hold no other control character than a tab.
fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "a head that is not UTF-8")?;
    let rest = text.replace("\r\n", "");
    if rest.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return Err("a control character in a head");
    }
    Ok(text)
}

fn values<'f>(fields: &'f Fields, name: &str) -> Vec<&'f str> {
    fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

/// A body in chunks, and how many bytes it took; none while it is not whole.
fn chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let line = text(&bytes[at..at + end])?;
        let digits = line.split(';').next().unwrap_or_default().trim_end_matches([' ', '\t']);
        if line.len() > digits.len() && !line.contains(';') {
            return Err("blanks behind the size of a chunk");
        }
        if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err("the size of a chunk is no hexadecimal number");
        }
        let size = u64::from_str_radix(digits, 16).map_err(|_| "the size of a chunk is too large")?;
        at += end + 2;
        if size == 0 {
            break;
        }
        let Some(data) = usize::try_from(size).ok().and_then(|size| bytes.get(at..at.checked_add(size)?))
        else {
            return Ok(None);
        };
        body.extend_from_slice(data);
        at += data.len();
        match bytes.get(at..at + 2) {
            None => return Ok(None),
            Some(b"\r\n") => at += 2,
            Some(_) => return Err("a chunk without CR LF behind it"),
        }
    }
    loop {
        let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let line = text(&bytes[at..at + end])?;
        at += end + 2;
        if line.is_empty() {
            return Ok(Some((body, at)));
        }
        fields(std::iter::once(line))?;
    }
}
