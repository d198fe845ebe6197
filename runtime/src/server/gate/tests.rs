//! The gate as a whole: what it accepts and refuses, and that cuts between reads change nothing.

use super::*;

pub(in crate::server::gate) const LIMITS: Limits =
    Limits { head_bytes_max: 400, fields_max: 8, body_bytes_max: 100, pipelined_max: 4 };

/// What a connection's bytes came to: messages as (head bytes, body bytes on the wire), and the fault that ended it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub messages: Vec<(usize, usize)>,
    /// Does the last message still go on?
    pub open: bool,
    pub refusal: Option<Refusal>,
}

/// Feeds the bytes in pieces of the given size, at their end as it was said.
pub(super) fn feed(bytes: &[u8], piece: usize, ends: bool) -> Read {
    let mut gate = Gate::new(LIMITS);
    let mut read = Read::default();
    let (mut from, mut to) = (0, 0);
    loop {
        match gate.step(&bytes[from..to]) {
            Step::More if to < bytes.len() => to = (to + piece).min(bytes.len()),
            Step::More => break,
            Step::Skip(skipped) => from += skipped,
            Step::Head(head) => {
                from += head.bytes;
                read.messages.push((head.bytes, 0));
                read.open = head.framing != Framing::None;
            }
            Step::Body(piece) | Step::End(piece) => {
                assert!(piece > 0, "a step without a byte");
                from += piece;
                read.messages.last_mut().unwrap().1 += piece;
                read.open = gate.is_in_body();
            }
            Step::Refused(refusal) => {
                read.refusal = Some(refusal);
                return read;
            }
        }
    }
    if ends {
        read.refusal = gate.end(&bytes[from..]);
    }
    read
}

fn read(text: &str) -> Read {
    let whole = feed(text.as_bytes(), usize::MAX >> 1, false);
    for piece in [1, 2, 3, 7] {
        assert_eq!(feed(text.as_bytes(), piece, false), whole, "in pieces of {piece}: {text:?}");
    }
    whole
}

fn fault(text: &str) -> Option<Fault> {
    read(text).refusal.map(|refusal| refusal.fault)
}

/// A head with these lines behind Host.
fn get(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

/// RFC 9112 6.3-e, 7.1-a
#[test]
fn messages_follow_each_other() {
    let text = format!(
        "{}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc{}{}",
        get(""),
        chunked("3\r\nabc\r\n0\r\n\r\n"),
        get("")
    );
    let all = read(&text);
    assert_eq!(all.refusal, None);
    assert_eq!(all.messages, [(27, 0), (47, 3), (56, 13), (27, 0)]);
    assert!(!all.open);
}

/// RFC 9112 2.2-a, 2.2-b
#[test]
fn h1_lines_end_with_both_bytes() {
    assert_eq!(fault(&get("a: b\r\n")), None);
    assert_eq!(fault(&get("a: b\n")), Some(Fault::BareLineFeed));
    assert_eq!(fault(&get("a: b\rc\r\n")), Some(Fault::BareCarriageReturn));
    assert_eq!(fault("GET / HTTP/1.1\n"), Some(Fault::BareLineFeed));
    assert_eq!(fault("GET / HTTP/1.1\rHost: a\r\n\r\n"), Some(Fault::BareCarriageReturn));
    assert_eq!(fault("\n"), Some(Fault::BareLineFeed));
}

/// RFC 9110 5.5-a
#[test]
fn h2_control_characters_do_not_pass() {
    assert_eq!(fault(&get("a: b\tc\r\n")), None);
    for byte in ['\0', '\x01', '\x0b', '\x0c', '\x1b', '\x7f'] {
        assert_eq!(fault(&get(&format!("a: b{byte}\r\n"))), Some(Fault::ControlByte));
        assert_eq!(fault(&format!("GET /{byte} HTTP/1.1\r\n")), Some(Fault::ControlByte));
    }
    assert_eq!(
        fault("\x16\x03\x01"),
        Some(Fault::ControlByte),
        "a TLS handshake is refused at its first byte"
    );
}

#[test]
fn h3_one_empty_line_may_stand_before_a_request() {
    assert_eq!(read(&format!("\r\n{}", get(""))).messages, [(27, 0)]);
    assert_eq!(read(&format!("{}\r\n{}", get(""), get(""))).messages.len(), 2);
    assert_eq!(fault(&format!("\r\n\r\n{}", get(""))), Some(Fault::RequestLine));
    assert_eq!(fault("\r\r"), Some(Fault::BareCarriageReturn));
}

/// RFC 9112 3.2-a, 3.2-b, 3.2-c, 3.2.2-a
/// RFC 9110 4.2.1-a
#[test]
fn h9_host_is_there_once() {
    assert_eq!(fault("GET / HTTP/1.1\r\n\r\n"), Some(Fault::HostMissing));
    assert_eq!(fault("GET / HTTP/1.0\r\n\r\n"), None);
    assert_eq!(fault("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), Some(Fault::HostTwice));
    assert_eq!(fault(&get("hOST: a\r\n")), Some(Fault::HostTwice));
    assert_eq!(fault("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), Some(Fault::HostInvalid));
    assert_eq!(fault("GET / HTTP/1.1\r\nHost:\r\n\r\n"), Some(Fault::HostInvalid));
    assert_eq!(fault("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n"), None);
    assert_eq!(fault("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), None);
    assert_eq!(fault("GET http://b/ HTTP/1.1\r\n\r\n"), Some(Fault::HostMissing));
}

/// RFC 9112 6.1-c, 6.1-d, 6.3-c
#[test]
fn h10_to_h12_a_body_has_one_length() {
    assert_eq!(fault(&get("Content-Length: 0\r\n")), None);
    assert_eq!(fault(&get("Content-Length: +1\r\n")), Some(Fault::ContentLength));
    assert_eq!(fault(&get("Content-Length: 1\r\nContent-Length: 1\r\n")), Some(Fault::ContentLengthTwice));
    assert_eq!(
        fault(&get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
        Some(Fault::LengthAndEncoding)
    );
    assert_eq!(
        fault(&get("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")),
        Some(Fault::LengthAndEncoding)
    );
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(fault(old), Some(Fault::TransferEncodingOld));
}

/// RFC 9112 7.1-b
#[test]
fn h13_bodies_stay_within_their_limit() {
    assert_eq!(fault(&get("Content-Length: 100\r\n")), None);
    assert_eq!(fault(&get("Content-Length: 101\r\n")), Some(Fault::BodyTooLarge));
    let half = "a".repeat(0x32);
    assert_eq!(fault(&chunked(&format!("32\r\n{half}\r\n32\r\n{half}\r\n0\r\n\r\n"))), None);
    assert_eq!(fault(&chunked(&format!("32\r\n{half}\r\n33\r\n"))), Some(Fault::BodyTooLarge));
    assert_eq!(fault(&chunked("ffffffffffffffff\r\n")), Some(Fault::BodyTooLarge));
}

#[test]
fn h14_expectations_and_upgrades() {
    assert_eq!(fault(&get("Expect: 100-Continue\r\nContent-Length: 1\r\n")), None);
    assert_eq!(fault(&get("Expect: a\r\n")), Some(Fault::Expectation));
    assert_eq!(fault(&get("Expect: 100-continue, a\r\n")), Some(Fault::Expectation));
    let upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
    let websocket = |lines: &str| match Gate::new(LIMITS).step(get(lines).as_bytes()) {
        Step::Head(head) => head.websocket,
        step => panic!("{step:?}"),
    };
    assert!(websocket(upgrade));
    assert!(!websocket("Connection: upgrade\r\nUpgrade: h2c\r\n"));
    assert!(!websocket("Connection: upgrade\r\nUpgrade: websocket, h2c\r\n"));
    assert!(!websocket("Upgrade: websocket\r\n"));
    assert_eq!(fault(&get(&format!("{upgrade}Content-Length: 1\r\n"))), Some(Fault::UpgradeBody));
}

#[test]
fn h15_chunks_end_with_both_bytes() {
    assert_eq!(fault(&chunked("1\r\na\r\n")), None);
    assert_eq!(fault(&chunked("1\r\nab")), Some(Fault::ChunkEnd));
    assert_eq!(fault(&chunked("1\r\na\rb")), Some(Fault::ChunkEnd));
    assert_eq!(fault(&chunked("1\r\na\n")), Some(Fault::ChunkEnd));
    assert_eq!(fault(&chunked("1\na")), Some(Fault::BareLineFeed));
    assert_eq!(fault(&chunked("x\r\n")), Some(Fault::ChunkSize));
    assert_eq!(fault(&chunked("\r\n")), Some(Fault::ChunkSize));
}

/// RFC 9112 7.1.1-a
#[test]
fn h16_extensions_have_a_limit_a_line_and_a_body() {
    assert_eq!(fault(&chunked("0;a=b\r\n\r\n")), None);
    assert_eq!(fault(&chunked("0;a=b,\r\n\r\n")), Some(Fault::ChunkExtension));
    let line = |bytes: usize| format!("1;{}\r\na\r\n", "a".repeat(bytes - 4));
    assert_eq!(fault(&chunked(&line(1024))), None);
    assert_eq!(fault(&chunked(&line(1025))), Some(Fault::ChunkExtensionTooLong));
    assert_eq!(fault(&chunked(&line(1024).repeat(8))), None);
    assert_eq!(fault(&chunked(&line(1024).repeat(9))), Some(Fault::ChunkExtensionTooLong));
}

/// RFC 9110 6.5.1-a
#[test]
fn h17_trailers_are_few_and_do_not_frame() {
    assert_eq!(fault(&chunked("0\r\nX-Sum: 1\r\n\r\n")), None);
    assert_eq!(fault(&chunked("0\r\nContent-Length: 1\r\n\r\n")), Some(Fault::TrailerField));
    assert_eq!(fault(&chunked("0\r\nX Sum: 1\r\n\r\n")), Some(Fault::FieldName));
    assert_eq!(fault(&chunked(&format!("0\r\n{}\r\n", "a: b\r\n".repeat(8)))), None);
    assert_eq!(fault(&chunked(&format!("0\r\n{}\r\n", "a: b\r\n".repeat(9)))), Some(Fault::TrailerTooLarge));
    assert_eq!(fault(&chunked(&format!("0\r\na: {}", "b".repeat(400)))), Some(Fault::TrailerTooLarge));
}

/// RFC 9112 3-a
#[test]
fn h18_heads_are_at_most_as_large_as_allowed() {
    let sized = |bytes: usize| get(&format!("a: {}\r\n", "b".repeat(bytes - 27 - 5)));
    assert_eq!(read(&sized(400)).messages, [(400, 0)]);
    assert_eq!(fault(&sized(401)), Some(Fault::HeadTooLong));
    assert_eq!(fault(&format!("GET /{}", "a".repeat(400))), Some(Fault::TargetTooLong));
    assert_eq!(fault(&get(&"a: b\r\n".repeat(7))), None);
    assert_eq!(fault(&get(&"a: b\r\n".repeat(8))), Some(Fault::TooManyFields));
}

#[test]
fn h19_a_fault_stays() {
    let mut gate = Gate::new(LIMITS);
    let Step::Refused(refusal) = gate.step(b"\n") else { panic!("accepted") };
    assert_eq!(gate.step(get("").as_bytes()), Step::Refused(refusal));
    assert_eq!(gate.end(b""), Some(refusal));
}

#[test]
fn places_are_counted_from_the_begin_of_the_connection() {
    let text = format!("{}GET / HTTP/1.1\r\nHost: a\r\na b: c\r\n", get(""));
    assert_eq!(read(&text).refusal, Some(Refusal { fault: Fault::FieldName, offset: 27 + 25 + 1 }));
}

/// RFC 9112 6.3-d, 8-a
#[test]
fn an_end_inside_a_message_cuts_it_off() {
    let fault = |text: &str| feed(text.as_bytes(), 9, true).refusal.map(|refusal| refusal.fault);
    assert_eq!(fault(""), None);
    assert_eq!(fault(&get("")), None);
    assert_eq!(fault("\r"), Some(Fault::HeadTruncated));
    assert_eq!(fault("GET"), Some(Fault::HeadTruncated));
    assert_eq!(fault("GET / HTTP/1.1\r\nHost: a\r\n\r"), Some(Fault::HeadTruncated));
    assert_eq!(fault(&get("Content-Length: 1\r\n")), Some(Fault::BodyTruncated));
    assert_eq!(fault(&chunked("0\r\n")), Some(Fault::BodyTruncated));
}

#[test]
fn a_connection_persists_as_its_version_and_options_say() {
    let persistent = |text: &str| match Gate::new(LIMITS).step(text.as_bytes()) {
        Step::Head(head) => head.persistent,
        step => panic!("{step:?}"),
    };
    assert!(persistent(&get("")));
    assert!(!persistent(&get("Connection: x, Close\r\n")));
    assert!(!persistent("GET / HTTP/1.0\r\n\r\n"));
    assert!(persistent("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}
