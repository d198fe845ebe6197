//! Good clients of what stays open: a socket in a room that a job talks to, and a stream of events.

use super::traffic::connect;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

const HANDSHAKE: &str = "GET /room HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// A mask under which everything stays as it is.
const MASK: [u8; 4] = [0; 4];

/// How it was for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// All of what it came for.
    Served,
    /// It was told to come back.
    Busy,
    /// Something else.
    Unserved,
}

fn seen(outcome: io::Result<Seen>) -> Seen {
    outcome.unwrap_or(Seen::Unserved)
}

/// Says something, hears it again, hears what the job says to its room, and leaves as it should.
pub(super) fn socket(address: SocketAddr) -> Seen {
    let outcome = opened(address, HANDSHAKE, "101").and_then(|stream| {
        let Some(mut stream) = stream else { return Ok(Seen::Busy) };
        stream.write_all(&frame(0x81, b"echo"))?;
        until(&mut stream, 0x81, b"echo")?;
        until(&mut stream, 0x81, b"tick")?;
        stream.write_all(&frame(0x88, &[3, 232]))?;
        until(&mut stream, 0x88, &[3, 232])?;
        Ok(Seen::Served)
    });
    seen(outcome)
}

/// Hears every event of a stream, to its end.
pub(super) fn stream(address: SocketAddr) -> Seen {
    let request = "GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let outcome = opened(address, request, "200").and_then(|stream| {
        let Some(mut stream) = stream else { return Ok(Seen::Busy) };
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let all = ["data: 1\n\n", "data: 2\n\n"].iter().all(|event| text.contains(event));
        Ok(if all { Seen::Served } else { Seen::Unserved })
    });
    seen(outcome)
}

/// A connection behind the head of the answer; none where it was told, or shown, that there is no place.
fn opened(address: SocketAddr, request: &str, status: &str) -> io::Result<Option<TcpStream>> {
    let mut stream = connect(address)?;
    let asked = stream.write_all(request.as_bytes()).and_then(|()| head(&mut stream));
    match asked {
        Ok(head) if head.starts_with(&format!("HTTP/1.1 {status} ")) => Ok(Some(stream)),
        Ok(head) if head.starts_with("HTTP/1.1 503 ") => Ok(None),
        Ok(head) => Err(io::Error::other(head)),
        Err(error) if super::traffic::is_turned_away(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Byte by byte: what follows is not the head's.
fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    String::from_utf8(head).map_err(|_| ErrorKind::InvalidData.into())
}

/// A short frame.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX);
    [&[head, 0x80 | length][..], &MASK, payload].concat()
}

/// Waits for a frame, answers pings on the way, and overhears what others are told.
fn until(stream: &mut TcpStream, head: u8, payload: &[u8]) -> io::Result<()> {
    loop {
        let mut start = [0; 2];
        stream.read_exact(&mut start)?;
        let mut found = vec![0; usize::from(start[1])];
        stream.read_exact(&mut found)?;
        match start[0] {
            0x89 => stream.write_all(&frame(0x8A, &found))?,
            first if first == head && found == payload => return Ok(()),
            0x88 => return Err(ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
    }
}
