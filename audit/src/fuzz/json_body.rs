//! Any bytes as a JSON body, sent in pieces to a handler that answers it.
//!
//! For `natives::json::lex` and `natives::json::read`.
//!
//! The first byte says how large the pieces are, as chunks and as reads.
//!
//! Oracle: an obvious reader of RFC 8259 takes what the handler gets, and refuses what is refused; the answer, written and
//! read once more by the program, is the same value.

use super::Target;
use super::connection::{application, serve};
use crate::oracle::json_text::{Json, read};
use flin_runtime::app::Application;
use flin_runtime::server::gate::Limits;
use std::sync::LazyLock;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "json_body",
    modules: &["natives::json::lex", "natives::json::read"],
    input_bytes_max: 600,
    judge: target,
};

/// Tokens to build texts from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/json_body.dict");

const LIMITS: Limits =
    Limits { head_bytes_max: 700, fields_max: 12, body_bytes_max: 1 << 12, pipelined_max: 4 };
/// Levels that a body may nest.
const DEPTH_MAX: usize = 128;
/// How the answer to a body that is no JSON begins.
const INVALID: &str = r#"{"error":"Invalid JSON in request body""#;

/// Written with an indent and read once more.
static APPLICATION: LazyLock<Application> = LazyLock::new(|| {
    application(&[("app/index.flin", "route POST { json_parse(json_stringify(body, 2)) }")])
});

/// The target.
pub fn target(bytes: &[u8]) {
    let (pieces, text) = bytes.split_first().unwrap_or((&0, &[]));
    let request = chunked("application/json", text, usize::from(pieces & 15));
    let served = serve(&APPLICATION, LIMITS, &request, usize::from(pieces >> 4) * 5);
    let [answer] = &served.answers[..] else { panic!("{} answers", served.answers.len()) };
    let shown = answer.text();
    let about = String::from_utf8_lossy(text);
    let expected = if text.is_empty() { Some(Json::Null) } else { read(text) };
    match expected.filter(|value| value.depth() <= DEPTH_MAX) {
        None => assert!(
            answer.status == 400 && shown.starts_with(INVALID),
            "{about:?} is answered {} {shown}, should be refused",
            answer.status
        ),
        // What is no list, map, number or bool is answered in a form of its own.
        Some(Json::Null) => assert!(answer.status == 204, "{about:?} is answered {} {shown}", answer.status),
        Some(Json::Text(text)) => assert!(shown == text, "{about:?} is answered {shown}, should be {text}"),
        Some(value) => {
            let found = read(&answer.body).filter(|_| answer.status == 200);
            assert!(found.as_ref() == Some(&value), "{about:?} is answered {shown}, should be {value:?}");
        }
    }
}

/// A request whose body comes in chunks of so many bytes; in one piece of a said length where that is 0.
pub fn chunked(content_type: &str, body: &[u8], chunk: usize) -> Vec<u8> {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\n");
    let mut request = head.into_bytes();
    if chunk == 0 {
        request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        request.extend_from_slice(body);
        return request;
    }
    request.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    for data in body.chunks(chunk) {
        request.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
        request.extend_from_slice(data);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_taken_and_refused_as_by_an_obvious_reader() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let texts = [
            "",
            " ",
            "null",
            "{\"a\": 1, \"a\": [2.5e3, -0, \"\\u00e9\\n\\ud83d\\ude00\"], \"b\": {}}",
            "9223372036854775808",
            "1e400",
            "\"\\ud83d\"",
            "[1,]",
            "\u{feff}1",
            &nested(128),
            &nested(129),
        ];
        for text in texts.iter().map(|text| text.as_bytes()).chain([&b"\"\xff\""[..]]) {
            for pieces in [0, 1, 0x37, 0xff] {
                target(&[&[pieces], text].concat());
            }
        }
    }
}
