//! Requests.

use super::{Fields, chunked, fields, find, is_token, text, values};

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The target as sent.
    pub target: String,
    /// 0 or 1.
    pub minor: u8,
    /// Its fields.
    pub fields: Fields,
    /// Bytes of its first line and fields, with the empty line behind them.
    pub head_bytes: usize,
    /// Its body, decoded.
    pub body: Vec<u8>,
    /// How many bytes it took, an empty line before it included.
    pub bytes: usize,
}

/// What stands at the begin of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A request.
    Whole(Request),
    /// Perhaps one, once more has come.
    Partial,
    /// None, or a doubtful one.
    Refused(&'static str),
}

/// Reads the request that the bytes begin with.
pub fn request(bytes: &[u8]) -> Verdict {
    match read(bytes) {
        Ok(Some(request)) => Verdict::Whole(request),
        Ok(None) => Verdict::Partial,
        Err(why) => Verdict::Refused(why),
    }
}

fn read(bytes: &[u8]) -> Result<Option<Request>, &'static str> {
    let skipped = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let bytes = &bytes[skipped..];
    let Some(head_end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = text(&bytes[..head_end])?;
    let mut lines = head.split("\r\n");
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, version] = first[..] else { return Err("a first line that has not three words") };
    let minor = match version {
        "HTTP/1.1" => 1,
        "HTTP/1.0" => 0,
        _ => return Err("another version"),
    };
    if !is_token(method) || target.is_empty() || !target.chars().all(|c| c.is_ascii_graphic()) {
        return Err("a method or target that is none");
    }
    let fields = fields(lines)?;
    let hosts = values(&fields, "host").len();
    if hosts > 1 || (hosts == 0 && minor == 1) {
        return Err("not one Host");
    }
    let at = head_end + 4;
    let lengths = values(&fields, "content-length");
    let codings = values(&fields, "transfer-encoding");
    let body = match (&lengths[..], &codings[..]) {
        ([], []) => Some((Vec::new(), 0)),
        ([length], []) => {
            if length.is_empty() || !length.chars().all(|c| c.is_ascii_digit()) {
                return Err("Content-Length is no number");
            }
            let length: u64 = length.parse().map_err(|_| "Content-Length is too large")?;
            let end = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
            end.and_then(|end| bytes.get(at..end)).map(|body| (body.to_vec(), body.len()))
        }
        ([], [coding]) if minor == 1 && coding.eq_ignore_ascii_case("chunked") => chunked(&bytes[at..])?,
        _ => return Err("the length of the body is in doubt"),
    };
    let Some((body, length)) = body else { return Ok(None) };
    let (method, target) = (method.to_owned(), target.to_owned());
    Ok(Some(Request { method, target, minor, fields, head_bytes: at, body, bytes: skipped + at + length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<usize> {
        match request(text.as_bytes()) {
            Verdict::Whole(request) => Some(request.bytes),
            Verdict::Partial | Verdict::Refused(_) => None,
        }
    }

    #[test]
    fn requests_end_where_their_framing_says() {
        assert_eq!(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"), Some(27));
        assert_eq!(bytes("\r\nGET / HTTP/1.0\r\n\r\n"), Some(20));
        assert_eq!(bytes("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nabc"), Some(40));
        let chunked =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2;x\r\nab\r\n0\r\na: b\r\n\r\n";
        let Verdict::Whole(request) = request(format!("{chunked}more").as_bytes()) else { panic!("none") };
        assert_eq!((request.bytes, request.body), (chunked.len(), b"ab".to_vec()));
    }

    #[test]
    fn what_is_not_whole_is_partial_and_what_is_doubtful_is_refused() {
        assert_eq!(request(b"GET / HTTP/1.1\r\nHost: a\r\n"), Verdict::Partial);
        assert_eq!(request(b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\na"), Verdict::Partial);
        for text in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
            "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\na : b\r\n\r\n",
        ] {
            assert!(matches!(request(text.as_bytes()), Verdict::Refused(_)), "{text:?}");
        }
    }
}
