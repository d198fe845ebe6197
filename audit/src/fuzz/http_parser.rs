//! Any bytes as a connection: through the gate, the HTTP library, the decoders of requests and the router, in process,
//! over a stream in memory and without a runtime.
//!
//! For `server::gate` and `app::http`.
//!
//! Oracle: the gate's verdict does not depend on how the bytes are cut; wherever it passes a request, the independent
//! reader of `oracle::http` sees the same one end at the same byte; the service sees exactly the requests that were
//! passed whole and nothing behind a refusal; and what comes back is well-formed HTTP, an answer to each.

use crate::oracle::http::{Request as Read, Verdict, request, response};
use flin_runtime::app::http;
use flin_runtime::server::gate::{Answer, Gate, Gated, Limits, Phase, Refusal, Step, Traffic, Turn};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What it is for.
pub const MODULES: &[&str] = &["server::gate", "app::http"];

/// Tokens to build requests from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/http_parser.dict");

const LIMITS: Limits = Limits { head_bytes_max: 700, fields_max: 12, body_bytes_max: 300, pipelined_max: 4 };

/// The target: the bytes whole, or in pieces whose size they say themselves.
pub fn target(bytes: &[u8]) {
    judge(bytes, bytes.len() % 7);
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
                expected.push(read);
            }
            other => panic!("a request up to {end} should be {other:?}"),
        }
        at = *end;
    }
    through_the_library(bytes, piece, &gate, &expected);
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

/// What the service saw.
#[derive(Debug, Default)]
struct Seen {
    whole: Vec<(String, String, Vec<u8>)>,
    refusals: usize,
    /// Of each answer: was it asked for by HEAD, so that it has no body?
    bodiless: Vec<bool>,
}

async fn answer(
    traffic: Traffic,
    seen: Arc<Mutex<Seen>>,
    request: Request<Incoming>,
) -> Result<Response<Answer<Full<Bytes>>>, Infallible> {
    let is_head = request.method() == hyper::Method::HEAD;
    seen.lock().unwrap().bodiless.push(is_head);
    let refused = |refusal: Refusal| {
        let mut response = Response::new(Answer::without_ticket(Full::from(refusal.fault.reason())));
        *response.status_mut() = hyper::StatusCode::from_u16(refusal.status()).unwrap();
        response.headers_mut().insert("connection", hyper::header::HeaderValue::from_static("close"));
        seen.lock().unwrap().refusals += 1;
        response
    };
    let ticket = match traffic.turn() {
        Turn::Request(ticket) => ticket,
        Turn::Refused(refusal) => return Ok(refused(refusal)),
        Turn::Disagreement => panic!("the library sees {request:?}, should be nothing"),
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(refused(traffic.refusal().unwrap())) };
    let (body, method, target) = (body.to_bytes(), parts.method.to_string(), parts.uri.to_string());
    let peer = http::Peer { ip: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    if http::head(&parts, peer, "id".into()).is_ok() {
        let _ = http::body(&parts.headers, &body);
    }
    seen.lock().unwrap().whole.push((method, target, body.to_vec()));
    Ok(ticket.attach(Response::new(Full::from("answer"))))
}

fn through_the_library(bytes: &[u8], piece: usize, gate: &Passed, expected: &[Read]) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let known = Arc::new(OnceLock::new());
    let (bytes, traffic) = (bytes.to_vec(), Arc::clone(&known));
    let stream = Memory { bytes, at: 0, piece, said: Arc::clone(&said), traffic };
    let (gated, traffic) = Gated::new(stream, LIMITS);
    known.set(traffic.clone()).unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let service = {
        let (traffic, seen) = (traffic.clone(), Arc::clone(&seen));
        service_fn(move |request| answer(traffic.clone(), Arc::clone(&seen), request))
    };
    let mut connection = hyper::server::conn::http1::Builder::new();
    let connection = connection.auto_date_header(false).serve_connection(TokioIo::new(gated), service);
    let mut connection = pin!(connection);
    let mut context = Context::from_waker(Waker::noop());
    let mut turns = 0;
    while connection.as_mut().poll(&mut context).is_pending() {
        turns += 1;
        assert!(turns < 10_000, "the connection should be done: {:?}", traffic.moment());
    }
    let seen = seen.lock().unwrap();
    let served = gate.last.unwrap_or(usize::MAX).min(expected.len());
    assert!(seen.whole.len() == served, "{} requests served, should be {served}", seen.whole.len());
    for (found, read) in seen.whole.iter().zip(expected) {
        let same = found.0 == read.method && found.2 == read.body;
        assert!(same, "{found:?} should be {read:?}");
    }
    let refusals = usize::from(gate.refusal.is_some() && gate.last.is_none_or(|last| last > served));
    assert!(seen.refusals == refusals, "{} refusals, should be {refusals}: {gate:?}", seen.refusals);
    is_well_formed(&said.lock().unwrap(), &seen.bodiless, served + refusals);
}

/// So many answers, and nothing else.
fn is_well_formed(mut said: &[u8], bodiless: &[bool], answers: usize) {
    let mut count = 0;
    while !said.is_empty() {
        match response(said, bodiless.get(count).copied().unwrap_or(false), true) {
            Ok(Some(response)) => {
                count += usize::from(response.status >= 200);
                said = &said[response.bytes..];
            }
            other => panic!("{:?} should be a response: {other:?}", String::from_utf8_lossy(said)),
        }
    }
    assert!(count == answers, "{count} answers, should be {answers}");
}

/// A stream in memory: so many bytes a read, and its end when nothing is being answered. A peer that is gone before would
/// rightly get no answer.
struct Memory {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    said: Arc<Mutex<Vec<u8>>>,
    traffic: Arc<OnceLock<Traffic>>,
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let phase = self.traffic.get().map(|traffic| traffic.moment().phase);
        if self.at == self.bytes.len() && matches!(phase, Some(Phase::Answer | Phase::Refused)) {
            return Poll::Pending;
        }
        let most = if self.piece == 0 { usize::MAX } else { self.piece };
        let end = self.at + most.min(buffer.remaining()).min(self.bytes.len() - self.at);
        buffer.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
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
        for text in [
            String::new(),
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
