//! Any bytes as a connection: through the gate, the HTTP library, the decoders of requests, the router and a program's
//! handlers, in process, over a stream in memory and without a runtime.
//!
//! For `server::gate`, `app::router`, `app::http::inbound`, `app::http::target`, `app::http::cookies`,
//! `app::http::percent` and `app::http::media`. (`app::http::fields` is `form_multipart`'s: a head as short as these are
//! here has no room for more fields than are allowed.)
//!
//! Oracle: the gate's verdict does not depend on how the bytes are cut; wherever it passes a request, the independent
//! reader of `oracle::http` sees the same one end at the same byte; the service sees exactly the requests that were
//! passed whole and nothing behind a refusal; none of them is larger than allowed or expects what nobody does; no
//! handler fails; a handler sees of its target what a plain reading of it gives, and none sees one that leads out of
//! its folder; and what comes back is well-formed HTTP, an answer to each.

use super::Target;
use super::connection::{Served, application, serve};
use crate::oracle::http::{Request as Read, Verdict, request};
use flin_runtime::app::Application;
use flin_runtime::server::gate::{Gate, Limits, Refusal, Step};
use std::sync::LazyLock;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "http_parser",
    modules: &[
        "server::gate",
        "app::router",
        "app::http::inbound",
        "app::http::target",
        "app::http::cookies",
        "app::http::percent",
        "app::http::media",
    ],
    input_bytes_max: 1500,
    judge: target,
};

/// Tokens to build requests from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/http_parser.dict");

/// What the requests are for.
static APPLICATION: LazyLock<Application> = LazyLock::new(|| {
    application(&[(
        "app/index.flin",
        r#"
            route ANY "/a" { "{query.q}|{cookies.c}|{body != none}" }
            route GET "/a/:x" { params.x }
            route GET "/a/:x/b" { "{params.x}|{request.path}|{headers["x"]}" }
            route PUT "/r/*rest" { response { status: 201, headers: { "X-Rest": "r" }, body: params.rest } }
            route DELETE "/r/*rest" { none }
            ws "/w" { on message(m) { send(m) } }
            "root"
        "#,
    )])
});

const LIMITS: Limits = Limits { head_bytes_max: 700, fields_max: 12, body_bytes_max: 300, pipelined_max: 4 };

/// How many bytes come at a time; 0 is all. Each read costs the library a look at all before it, so few are small.
const PIECES: [usize; 7] = [0, 1, 13, 0, 5, 29, 0];

/// The target: the bytes whole, or in pieces of a size that follows from how many they are.
pub fn target(bytes: &[u8]) {
    judge(bytes, PIECES[bytes.len() % PIECES.len()]);
}

/// Judges a connection's bytes, which come in pieces of this size; all at once where it is 0.
pub fn judge(bytes: &[u8], piece: usize) {
    let gate = through_the_gate(bytes, usize::MAX);
    let cut = through_the_gate(bytes, 1);
    assert!(gate == cut, "whole: {gate:?}\na byte at a time should be the same: {cut:?}");
    let mut expected = Vec::new();
    let mut at = gate.skipped.first().copied().unwrap_or(0);
    for end in &gate.ends {
        // The independent reader takes the empty line before a request for a part of it.
        match request(&bytes[at..]) {
            Verdict::Whole(read) => {
                assert!(at + read.bytes == *end, "a request ends at {end}, should be {}", at + read.bytes);
                is_within_limits(&read);
                expected.push(read);
            }
            other => panic!("a request up to {end} should be {other:?}"),
        }
        at = *end;
    }
    through_the_library(bytes, piece, &gate, &expected);
}

/// A request that was passed is no larger than allowed, and asks for nothing that nobody here does.
fn is_within_limits(read: &Read) {
    assert!(
        read.head_bytes <= LIMITS.head_bytes_max,
        "a head of {} bytes should be refused",
        read.head_bytes
    );
    let fields = read.fields.len();
    assert!(fields <= LIMITS.fields_max as usize, "{fields} fields should be refused");
    let body = read.body.len();
    assert!(body as u64 <= LIMITS.body_bytes_max, "a body of {body} bytes should be refused");
    let unmet =
        |(name, value): &(String, String)| name == "expect" && !value.eq_ignore_ascii_case("100-continue");
    assert!(!read.fields.iter().any(unmet), "an expectation should be refused: {read:?}");
}

/// What the gate made of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
struct Passed {
    /// Where whole requests end.
    ends: Vec<usize>,
    heads: usize,
    skipped: Vec<usize>,
    refusal: Option<Refusal>,
    /// Nothing is to be answered behind these.
    last: Option<usize>,
    /// Did a request ask for another protocol?
    upgrades: bool,
}

fn through_the_gate(bytes: &[u8], piece: usize) -> Passed {
    let mut gate = Gate::new(LIMITS);
    let mut passed = Passed::default();
    let (mut from, mut to) = (0, 0);
    loop {
        match gate.step(&bytes[from..to]) {
            Step::More if to < bytes.len() => to = to.saturating_add(piece).min(bytes.len()),
            Step::More => break,
            Step::Skip(skipped) => from += skipped,
            Step::Head(head) => {
                from += head.bytes;
                passed.heads += 1;
                passed.upgrades |= head.websocket;
                if !head.persistent {
                    passed.last.get_or_insert(passed.heads);
                }
                if !gate.is_in_body() {
                    passed.ends.push(from);
                }
            }
            Step::Body(bytes) => from += bytes,
            Step::End(bytes) => {
                from += bytes;
                passed.ends.push(from);
            }
            Step::Refused(refusal) => {
                passed.refusal = Some(refusal);
                return passed;
            }
        }
    }
    passed.refusal = gate.end(&bytes[from..]);
    passed
}

fn through_the_library(bytes: &[u8], piece: usize, gate: &Passed, expected: &[Read]) {
    let Served { whole, refusals: refused, answers, .. } = serve(&APPLICATION, LIMITS, bytes, piece);
    let served = gate.last.unwrap_or(usize::MAX).min(expected.len());
    assert!(whole.len() == served, "{} requests served, should be {served}", whole.len());
    for (found, read) in whole.iter().zip(expected) {
        let same = found.method == read.method && found.content == read.body;
        assert!(same, "{found:?} should be {read:?}");
    }
    let refusals = usize::from(gate.refusal.is_some() && gate.last.is_none_or(|last| last > served));
    assert!(refused == refusals, "{refused} refusals, should be {refusals}: {gate:?}");
    assert!(answers.len() == served + refusals, "{} answers, should be {}", answers.len(), served + refusals);
    for (answer, read) in answers.iter().zip(expected) {
        let leads_out = leads_out(&read.target);
        assert!(!leads_out || answer.status >= 400, "{:?} should be refused: {answer:?}", read.target);
        let same = answer.status >= 400 || plainly(read).is_none_or(|plain| plain == answer.text());
        assert!(same, "{read:?} is answered {answer:?}, should be {:?}", plainly(read));
    }
}

/// What a request with a plain target is answered, unless it is refused; none where its answer is not known.
fn plainly(read: &Read) -> Option<String> {
    let path = read.target.split('?').next()?.strip_prefix('/')?;
    let parts: Option<Vec<String>> = path.trim_end_matches('/').split('/').map(unescaped).collect();
    let parts = parts?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (read.method.as_str(), &parts[..]) {
        // A route for any method is one for this too.
        ("OPTIONS", ["a"]) => None,
        ("HEAD" | "OPTIONS", _) | ("DELETE", ["r", _, ..]) => Some(String::new()),
        ("GET", ["a", x]) => Some((*x).to_owned()),
        ("PUT", ["r", rest @ ..]) => Some(rest.join("/")),
        _ => None,
    }
}

/// Is a part of the target's path, once decoded, more than a name: a way up, several parts, or cut short by a NUL?
fn leads_out(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let parts = path.strip_prefix('/').into_iter().flat_map(|path| path.split('/'));
    parts.filter_map(unescaped).any(|part| part == "." || part == ".." || part.contains(['/', '\0']))
}

/// An escaped text, byte by byte.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_refused_connections_keep_the_oracle() {
        let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
        let head = "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n";
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nb\r\n0\r\n\r\n";
        let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let rest = "PUT /r/%C3%A9/x?y HTTP/1.1\r\nHost: a\r\n\r\n";
        for text in [
            String::new(),
            [rest, "GET /a/b%2b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
            get.to_owned(),
            [get, head, chunked, get].concat(),
            [get, "\n", get].concat(),
            [get, "\r\n", get].concat(),
            [close, get].concat(),
            [chunked, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"].concat(),
            [get, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", get].concat(),
        ] {
            for piece in 0..5 {
                judge(text.as_bytes(), piece);
            }
        }
    }
}
