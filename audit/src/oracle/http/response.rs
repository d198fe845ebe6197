//! Responses.

use super::{Fields, chunked, fields, find, text, values};

/// A whole response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100 to 599.
    pub status: u16,
    /// Its fields.
    pub fields: Fields,
    /// Its body, decoded.
    pub body: Vec<u8>,
    /// How many bytes it took.
    pub bytes: usize,
}

/// What a response is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl Response {
    /// The values of a field.
    pub fn values(&self, name: &str) -> Vec<&str> {
        values(&self.fields, name)
    }

    /// Does it say that the connection closes behind it?
    pub fn closes(&self) -> bool {
        self.values("connection").iter().any(|value| value.to_ascii_lowercase().contains("close"))
    }

    /// Its body, as far as it can be shown.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Reads the response that the bytes begin with; none while it is not whole. It answers a request for which there is a
/// body, unless `bodiless`; `ended` says that nothing more comes.
pub fn response(bytes: &[u8], bodiless: bool, ended: bool) -> Result<Option<Response>, Malformed> {
    let partial = || if ended { Err(Malformed("cut off")) } else { Ok(None) };
    let Some(head_end) = find(bytes, b"\r\n\r\n") else { return partial() };
    let head = text(&bytes[..head_end]).map_err(Malformed)?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let rest = first.strip_prefix("HTTP/1.1 ").or_else(|| first.strip_prefix("HTTP/1.0 "));
    let digits = rest.ok_or(Malformed("no status line"))?.get(..3).unwrap_or_default();
    let status: u16 = digits.parse().map_err(|_| Malformed("a status that is no number"))?;
    if !(100..600).contains(&status) {
        return Err(Malformed("a status that is none"));
    }
    if rest.and_then(|rest| rest.get(3..4)).is_some_and(|blank| blank != " ") {
        return Err(Malformed("no blank behind the status"));
    }
    let fields = fields(lines).map_err(Malformed)?;
    let at = head_end + 4;
    let (lengths, codings) = (values(&fields, "content-length"), values(&fields, "transfer-encoding"));
    let empty = bodiless || status < 200 || status == 204 || status == 304;
    let body = match (&lengths[..], &codings[..]) {
        ([_, _, ..], _) | ([_], [_, ..]) => return Err(Malformed("two lengths")),
        _ if empty => Some((Vec::new(), 0)),
        ([length], []) => {
            let length: usize = length.parse().map_err(|_| Malformed("a length that is no number"))?;
            at.checked_add(length).and_then(|end| bytes.get(at..end)).map(|body| (body.to_vec(), body.len()))
        }
        ([], ["chunked"]) => chunked(&bytes[at..]).map_err(Malformed)?,
        ([], [_, ..]) => return Err(Malformed("another coding")),
        ([], []) if ended => Some((bytes[at..].to_vec(), bytes.len() - at)),
        ([], []) => None,
    };
    let Some((body, length)) = body else { return partial() };
    Ok(Some(Response { status, fields, body, bytes: at + length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(u16, usize)>, Malformed> {
        let read = response(text.as_bytes(), false, false)?;
        Ok(read.map(|response| (response.status, response.bytes)))
    }

    #[test]
    fn responses_end_where_their_framing_says() {
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"), Ok(Some((200, 39))));
        assert_eq!(read("HTTP/1.1 204 \r\n\r\nab"), Ok(Some((204, 17))));
        assert_eq!(read("HTTP/1.1 100 Continue\r\n\r\nab"), Ok(Some((100, 25))));
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\nab"), Ok(None));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), Ok(None));
        assert_eq!(
            read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
            Ok(Some((200, 58)))
        );
        let closed = response(b"HTTP/1.0 200 OK\r\n\r\nab", false, true).unwrap().unwrap();
        assert_eq!(closed.text(), "ab");
    }

    #[test]
    fn what_is_no_response_is_malformed() {
        for text in [
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 999 OK\r\n\r\n",
            "HTTP/1.1 200OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
            "HTTP/1.1 200 OK\nA: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\na: \x1b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(response(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", false, true).is_err());
    }
}
