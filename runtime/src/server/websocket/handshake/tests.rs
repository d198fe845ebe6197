//! Facts about the opening handshake.

use super::*;

fn judge(change: impl Fn(&mut Pairs)) -> Result<String, Refused> {
    let mut headers: Pairs = [
        ("host", "example.com:3000"),
        ("upgrade", "websocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
        ("origin", "http://example.com:3000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    change(&mut headers);
    accept(&Offer { method: "GET", http_11: true, host: "example.com:3000", headers: &headers })
}

fn set(name: &'static str, value: &'static str) -> impl Fn(&mut Pairs) {
    move |headers| {
        headers.retain(|(known, _)| known != name);
        headers.push((name.to_owned(), value.to_owned()));
    }
}

fn without(name: &'static str) -> impl Fn(&mut Pairs) {
    move |headers| headers.retain(|(known, _)| known != name)
}

/// RFC 6455 4.2.2-a, 4.2.1-a
#[test]
fn the_rfcs_own_key_is_answered_with_its_own_answer() {
    assert_eq!(judge(|_| {}), Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned()));
}

/// RFC 6455 4.2.2-c, 4.2.2-d
#[test]
fn the_answer_names_no_subprotocol_and_no_extension() {
    let offer = |headers: &mut Pairs| {
        headers.push(("sec-websocket-protocol".to_owned(), "chat".to_owned()));
        headers.push(("sec-websocket-extensions".to_owned(), "permessage-deflate".to_owned()));
    };
    let accept = judge(offer).unwrap();
    let expected =
        [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accept.as_str())];
    assert_eq!(headers(&accept), expected);
}

/// RFC 6455 4.2.1-a, 4.2.1-d
#[test]
fn a_request_that_asks_for_no_websocket_is_told_to() {
    for change in [without("upgrade"), without("connection")] {
        assert_eq!(judge(change), Err(Refused::Plain));
    }
    for change in [set("upgrade", "h2c"), set("connection", "keep-alive")] {
        assert_eq!(judge(change), Err(Refused::Plain));
    }
    assert!(judge(set("upgrade", "h2c, WebSocket")).is_ok());
    let headers = Pairs::new();
    for (method, http_11) in [("POST", true), ("GET", false)] {
        let offer = Offer { method, http_11, host: "a", headers: &headers };
        assert_eq!(accept(&offer), Err(Refused::Plain));
    }
    assert_eq!(Refused::Plain.status(), 426);
}

/// RFC 6455 4.2.1-b, 4.4-a
#[test]
fn another_version_is_refused_with_the_one_that_is_spoken() {
    for version in ["8", "14", "013", "13, 8", ""] {
        assert_eq!(judge(set("sec-websocket-version", version)), Err(Refused::Version), "{version}");
    }
    assert_eq!(judge(without("sec-websocket-version")), Err(Refused::Version));
    assert_eq!(Refused::Version.status(), 426);
    assert!(refusal_headers(Refused::Version).contains(&("sec-websocket-version", "13")));
}

/// RFC 6455 4.2.1-c
#[test]
fn a_key_is_sixteen_bytes_in_base64_once() {
    let keys = [
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZQ==x",
        "!!!!",
        "ZGdo\u{e9}",
    ];
    for key in keys {
        assert_eq!(judge(set("sec-websocket-key", key)), Err(Refused::Key), "{key}");
    }
    let twice = |headers: &mut Pairs| {
        headers.push(("sec-websocket-key".to_owned(), "dGhlIHNhbXBsZSBub25jZQ==".to_owned()));
    };
    assert_eq!(judge(twice), Err(Refused::Key));
    assert_eq!(Refused::Key.status(), 400);
}

/// RFC 6455 4.2.2-b, 10.2-a
#[test]
fn a_foreign_origin_is_refused_and_the_own_one_is_not() {
    let foreign = [
        "null",
        "http://example.com",
        "http://example.com:3001",
        "http://evil.example.com:3000",
        "http://example.com:3000.evil.org",
        "ftp://example.com:3000",
        "example.com:3000",
        "",
    ];
    for origin in foreign {
        assert_eq!(judge(set("origin", origin)), Err(Refused::Origin), "{origin}");
    }
    assert!(judge(without("origin")).is_ok(), "no browser, so no page of another site");
    assert!(judge(set("origin", "https://EXAMPLE.com:3000")).is_ok());
    assert_eq!(Refused::Origin.status(), 403);
    for (origin, host) in [
        ("http://a", "a:80"),
        ("https://a:443", "a"),
        ("http://[::1]", "[::1]"),
        ("http://[::1]:80", "[::1]"),
    ] {
        assert!(same_site(origin, host), "{origin} {host}");
    }
    assert!(!same_site("http://[::1]:81", "[::1]"));
}
