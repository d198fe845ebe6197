//! What a peer of a WebSocket sends, and what a client asks to become one.
//!
//! For `server::websocket`.
//!
//! The first byte says how to read the rest: as bytes on the wire, as a recipe for masked frames, or as the headers of a
//! handshake; and into how many pieces they are cut.
//!
//! Oracle: an obvious reader, which has the whole input before it, finds the same messages, pings and end. Headers that
//! are accepted say all that RFC 6455 asks for, and nothing that it forbids.

use super::Target;
use flin_runtime::record::{Message, Pairs};
use flin_runtime::server::websocket::handshake::{Offer, accept};
use flin_runtime::server::websocket::{Event, Limits, PONGS_MAX, Peer};
use flin_runtime::value::{Lease, Pool};

/// What it is, and is for.
pub const TARGET: Target =
    Target { name: "websocket", modules: &["server::websocket"], input_bytes_max: 800, judge: target };

const MESSAGE_BYTES_MAX: usize = 300;

/// What a peer's bytes come to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    /// Messages: text or not, and their bytes.
    messages: Vec<(bool, Vec<u8>)>,
    /// Payloads of the pings that are answered.
    pings: Vec<Vec<u8>>,
    /// The code of the close frame that answers; 0 for one without a code.
    close: Option<u16>,
}

/// The target.
pub fn target(bytes: &[u8]) {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    let cut = usize::from(mode >> 2).max(1);
    match mode & 3 {
        0 => judge(rest, cut),
        1 | 2 => judge(&frames(rest), cut),
        _ => shake(rest),
    }
}

/// Frames of a recipe: a first byte, a length, and payload.
fn frames(mut recipe: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let [head, length, rest @ ..] = recipe {
        let length = usize::from(*length);
        let (payload, rest) = rest.split_at(length.min(rest.len()));
        out.push(*head);
        match payload.len() {
            short @ 0..=125 => out.push(0x80 | short as u8),
            long => out.extend([0xFE, (long >> 8) as u8, long as u8]),
        }
        let key = [*head, 1, 2, 3];
        out.extend(key);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        recipe = rest;
    }
    out
}

fn judge(bytes: &[u8], cut: usize) {
    let expected = obvious(bytes);
    let found = through(bytes, cut);
    assert_eq!(found, expected, "in pieces of {cut}: {bytes:02x?}");
}

/// Through the runtime's reader.
fn through(bytes: &[u8], cut: usize) -> Heard {
    let pool = Pool::new(1 << 20);
    let limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX as u64 };
    let mut peer = Peer::new(limits, Lease::new(std::sync::Arc::clone(&pool)));
    let mut heard = Heard::default();
    for mut piece in bytes.chunks(cut) {
        while !piece.is_empty() {
            let (used, event) = peer.receive(piece);
            assert!(used > 0 || event.is_some(), "no progress");
            piece = &piece[used..];
            match event {
                Some(Event::Message(Message::Text(text))) => {
                    heard.messages.push((true, text.as_bytes().to_vec()));
                }
                Some(Event::Message(Message::Binary(bytes))) => heard.messages.push((false, bytes.to_vec())),
                Some(Event::Closed(_) | Event::Fault(_)) | None => {}
            }
        }
    }
    while let Some(frame) = peer.control().or_else(|| peer.last_word()) {
        let payload = frame[2..].to_vec();
        match frame[0] {
            0x8A => heard.pings.push(payload),
            0x88 => heard.close = Some(payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code))),
            other => panic!("a control frame {other:#x}"),
        }
    }
    assert!(pool.leased() <= 4 * MESSAGE_BYTES_MAX, "{} bytes are held", pool.leased());
    drop(peer);
    assert_eq!(pool.leased(), 0);
    heard
}

/// Reads all of it, with everything before it.
fn obvious(bytes: &[u8]) -> Heard {
    let mut heard = Heard::default();
    let mut at = 0;
    let mut open: Option<(bool, Vec<u8>)> = None;
    let code = loop {
        match frame(&bytes[at..], &mut open, &mut heard) {
            Read::Frame(length) => at += length,
            Read::Close(code) => break Some(code),
            Read::More => break None,
        }
    };
    heard.close = code;
    let surplus = heard.pings.len().saturating_sub(PONGS_MAX);
    heard.pings.drain(..surplus);
    heard
}

enum Read {
    Frame(usize),
    Close(u16),
    More,
}

/// One frame of RFC 6455, section 5.2. What is not there yet is judged as far as it is.
fn frame(bytes: &[u8], open: &mut Option<(bool, Vec<u8>)>, heard: &mut Heard) -> Read {
    let Some(&head) = bytes.first() else { return Read::More };
    let (fin, opcode) = (head & 0x80 != 0, head & 0x0F);
    if head & 0x70 != 0 || !matches!(opcode, 0..=2 | 8..=10) {
        return Read::Close(1002);
    }
    let Some(&second) = bytes.get(1) else { return Read::More };
    let control = opcode >= 8;
    if second & 0x80 == 0 || control && (second & 0x7F > 125 || !fin) {
        return Read::Close(1002);
    }
    let wide = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(length) = bytes.get(2..2 + wide) else { return Read::More };
    let length = if wide == 0 {
        u64::from(second & 0x7F)
    } else {
        length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    if wide == 2 && length < 126 || wide == 8 && !(1 << 16..1 << 63).contains(&length) {
        return Read::Close(1002);
    }
    let Some(key) = bytes.get(2 + wide..6 + wide) else { return Read::More };
    if !control {
        match (opcode, &open) {
            (0, None) | (1 | 2, Some(_)) => return Read::Close(1002),
            (0, Some(_)) => {}
            _ => *open = Some((opcode == 1, Vec::new())),
        }
        let so_far = open.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
        if so_far.saturating_add(length) > MESSAGE_BYTES_MAX as u64 {
            return Read::Close(1009);
        }
    }
    let body = &bytes[6 + wide..];
    let here = body.len().min(length as usize);
    let plain: Vec<u8> = body[..here].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let whole = here as u64 == length;
    if control {
        if !whole {
            return Read::More;
        }
        match opcode {
            9 => heard.pings.push(plain),
            8 => return Read::Close(closing(&plain)),
            _ => {}
        }
        return Read::Frame(6 + wide + here);
    }
    let (text, message) = open.as_mut().expect("begun above");
    message.extend(plain);
    if *text && std::str::from_utf8(message).is_err_and(|error| error.error_len().is_some() || fin && whole) {
        return Read::Close(1007);
    }
    if !whole {
        return Read::More;
    }
    if fin {
        heard.messages.extend(open.take());
    }
    Read::Frame(6 + wide + here)
}

/// What answers a close frame.
fn closing(payload: &[u8]) -> u16 {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { 0 } else { 1002 };
    };
    let code = u16::from_be_bytes(*code);
    let lawful =
        (1000..5000).contains(&code) && ![1004, 1005, 1006].contains(&code) && !(1015..3000).contains(&code);
    match (lawful, std::str::from_utf8(reason)) {
        (false, _) => 1002,
        (true, Err(_)) => 1007,
        (true, Ok(_)) => code,
    }
}

/// A handshake: lines such as `upgrade: websocket`.
fn shake(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers: Pairs = text.lines().filter_map(pair).collect();
    let offer = Offer { method: "GET", http_11: true, host: "a:3000", headers: &headers };
    if accept(&offer).is_err() {
        return;
    }
    let all = |name: &str| -> Vec<String> {
        headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.to_ascii_lowercase())
            .collect()
    };
    assert!(all("upgrade").iter().any(|value| value.contains("websocket")), "{text}");
    assert!(all("connection").iter().any(|value| value.contains("upgrade")), "{text}");
    assert_eq!(all("sec-websocket-version"), ["13"], "{text}");
    assert!(all("sec-websocket-key").len() == 1 && all("sec-websocket-key")[0].len() == 24, "{text}");
    for origin in all("origin") {
        assert!(matches!(origin.as_str(), "http://a:3000" | "https://a:3000"), "{origin}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_obvious_reader_reads_the_rfcs_hello() {
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let heard = obvious(&hello);
        assert_eq!((heard.messages, heard.close), (vec![(true, b"Hello".to_vec())], None));
        assert_eq!(obvious(&hello[..1]), Heard::default());
        assert_eq!(obvious(&[0x81, 0x05]).close, Some(1002));
    }

    #[test]
    fn recipes_make_frames() {
        judge(&frames(b"\x01\x02ab\x89\x01p\x80\x01c\x88\x02\x03\xE8"), 3);
        assert_eq!(obvious(&frames(b"\x01\x02ab\x80\x01c")).messages, [(true, b"abc".to_vec())]);
    }
}
