//! A request of a test: decoded, answered and encoded as by a server, without one.

use super::application::Application;
use super::exchange::{Answered, answer};
use super::host::Host;
use super::http::{self, ErrorAnswer, Peer, Sessions, Wanted};
use crate::record::{Body, Inbound, Outbound};
use ::http::Request;
use ::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Answers what a test sends; `asked` holds method, target, headers, cookies and a body, none of them decoded.
pub fn request(app: &Application, sessions: &Sessions, asked: Inbound, host: &mut dyn Host) -> Outbound {
    let id: Arc<str> = "test".into();
    let wanted = asked.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(ACCEPT.as_str()));
    let wanted = wanted.map_or(Wanted::Json, |(_, accept)| Wanted::of(accept));
    let refused = |failure: &ErrorAnswer| failure.answer(wanted, &id);
    let Some((mut parts, content)) = sent(asked) else {
        return refused(&ErrorAnswer::new(400, "The request is none that could be sent"));
    };
    let peer = Peer::new(IpAddr::V4(Ipv4Addr::LOCALHOST), &[]);
    let mut inbound = match http::head(&mut parts, &peer, Arc::clone(&id)) {
        Ok(inbound) => inbound,
        Err(refusal) => return refused(&refusal.failure()),
    };
    let now = host.now_millis();
    let visit = sessions.visit(&mut inbound, now);
    inbound.body = match http::body(inbound.headers.as_sent(), &content) {
        Ok(body) => body,
        Err(refusal) => return refused(&refusal.failure()),
    };
    let Answered { outbound, .. } = answer(app, inbound, host);
    match http::response(outbound, &id, Some((sessions, &visit, now)), false) {
        Err(unsendable) => refused(&ErrorAnswer::new(500, unsendable.to_string())),
        Ok(response) => {
            let headers = response.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            Outbound {
                status: response.status().as_u16(),
                headers: headers.collect(),
                body: response.body().to_vec(),
                ..Outbound::default()
            }
        }
    }
}

/// The head and the bytes that would have been sent.
fn sent(asked: Inbound) -> Option<(::http::request::Parts, Vec<u8>)> {
    let mut request = Request::builder().method(asked.method.as_str()).uri(asked.url.as_str());
    let has = |name: &str| asked.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    if !has(HOST.as_str()) {
        request = request.header(HOST, "localhost");
    }
    let (content, kind) = match asked.body {
        Body::Json(json) => (json.into_bytes(), Some("application/json")),
        Body::Text(text) => (text.into_bytes(), Some("text/plain")),
        Body::Bytes(bytes) => (bytes.to_vec(), Some("application/octet-stream")),
        Body::Empty | Body::Form(_) | Body::Multipart(_) => (Vec::new(), None),
    };
    if let Some(kind) = kind.filter(|_| !has(CONTENT_TYPE.as_str())) {
        request = request.header(CONTENT_TYPE, kind);
    }
    let cookies: Vec<String> = asked.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !cookies.is_empty() {
        request = request.header(COOKIE, cookies.join("; "));
    }
    for (name, value) in asked.headers.iter() {
        request = request.header(name, value);
    }
    let (parts, ()) = request.body(()).ok()?.into_parts();
    Some((parts, content))
}
