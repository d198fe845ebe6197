//! A recipe for a sequence of requests: each byte chooses the next word of one, right or nearly right.
//!
//! For `server::gate`.
//!
//! Oracle: that of `http_parser`.

use super::{Target, http_parser};

/// What it is, and is for.
pub const TARGET: Target =
    Target { name: "http_sequence", modules: &["server::gate"], input_bytes_max: 60, judge: target };

const FIRSTS: &[&str] = &[
    "GET / HTTP/1.1",
    "POST /a HTTP/1.1",
    "HEAD /a?b=c HTTP/1.1",
    "PUT http://b/c HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "POST /a HTTP/1.0",
    "GET  / HTTP/1.1",
    "TRACE / HTTP/1.1",
    "GET * HTTP/1.1",
    "GET /%zz HTTP/1.1",
    "GET / HTTP/2.0",
    "\r\nGET / HTTP/1.1",
    "GET /é HTTP/1.1",
    "DELETE /[x] HTTP/1.1",
];

const FIELDS: &[&str] = &[
    "Host: a",
    "Host: b:80",
    "Host: [::1]",
    "Host: a b",
    "Content-Length: 3",
    "Content-Length: 0",
    "content-length: 3",
    "Content-Length: +3",
    "Content-Length: 3, 3",
    "Transfer-Encoding: chunked",
    "transfer-encoding: Chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding : chunked",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: upgrade",
    "Upgrade: h2c",
    "Expect: 100-continue",
    "Expect: x",
    "X: y",
    " folded",
    "X:\tï",
    "X: \0",
    "no colon",
    "Cookie: a=b",
    "Long: {long}",
    "Content-Length: 400",
];

const BODIES: &[&str] = &[
    "",
    "abc",
    "3\r\nabc\r\n0\r\n\r\n",
    "1;a=\"b\"\r\nx\r\n0\r\nX: y\r\n\r\n",
    "3\r\nabc\r\n",
    "0\r\nHost: a\r\n\r\n",
    "3\nabc\r\n0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "5 \r\nabcde\r\n",
    "a",
    "1;a;b=c\r\nx\r\n0\r\n\r\n",
    "1;a=\r\nx\r\n0\r\n\r\n",
    "1;a=\"\\\"b\tc\"\r\nx\r\n0\r\n\r\n",
    "1;a=\"b\r\n",
    "1 ;a\r\nx\r\n0\r\n\r\n",
    "g\r\n",
    "1\r\nxy\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\nContent-Length: 1\r\n\r\n",
    "00000000000000000001\r\nx\r\n0;z\r\n\r\n",
    "2\r\nab\rc",
    "{long}",
    "190\r\n{long}\r\n0\r\n\r\n",
];

/// What `{long}` in a word stands for: two of them are more than a head may have, one is more than a body may.
const LONG: [u8; 400] = [b'x'; 400];

const ENDS: &[&str] = &["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"];

/// The target.
pub fn target(bytes: &[u8]) {
    let (first, recipe) = bytes.split_first().unwrap_or((&0, &[]));
    http_parser::judge(&sequence(recipe), usize::from(first % 8));
}

/// Cooks a recipe.
pub fn sequence(recipe: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = recipe.iter().copied().map(usize::from);
    while let Some(first) = bytes.next() {
        let pick = |from: &[&'static str], at: usize| from[at % from.len()];
        let mut put = |word: &str| match word.split_once("{long}") {
            None => out.extend_from_slice(word.as_bytes()),
            Some((before, after)) => {
                out.extend_from_slice(&[before.as_bytes(), &LONG, after.as_bytes()].concat());
            }
        };
        put(pick(FIRSTS, first));
        let style = bytes.next().unwrap_or(0);
        put(pick(ENDS, style >> 4));
        if style & 8 == 0 {
            put("Host: a\r\n");
        }
        for _ in 0..style & 7 {
            let Some(field) = bytes.next() else { break };
            put(pick(FIELDS, field));
            put("\r\n");
        }
        put("\r\n");
        put(pick(BODIES, bytes.next().unwrap_or(0)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_makes_requests() {
        assert_eq!(sequence(&[0, 0, 0]), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let body = sequence(&[1, 1, 9, 2]);
        assert_eq!(
            body,
            b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        );
    }

    #[test]
    fn every_short_recipe_keeps_the_oracle() {
        for first in 0..FIRSTS.len() {
            for field in 0..FIELDS.len() {
                for body in 0..BODIES.len() {
                    let (first, field, body) = (first as u8, field as u8, body as u8);
                    target(&[field, first, 1, field, body, 0, 0, 0]);
                }
            }
        }
    }
}
