//! A client of WebSockets that sends exactly the bytes that it is told, and an own, slow reader of what comes back.

use super::{PATIENCE, Served};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its first byte.
    pub head: u8,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// How long a frame may take that should come at once.
const READING: Duration = Duration::from_secs(3);

/// One connection behind the handshake.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    held: Vec<u8>,
    /// Where `held` is read next.
    at: usize,
}

/// A frame with a mask, its length in the shortest form.
pub fn masked(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![head];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len @ 126..=0xFFFF => {
            frame.push(0xFE);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0xFF);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    let mask = [0x12, 0x34, 0x56, 0x78];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

impl Socket {
    /// Connects and shakes hands.
    pub fn open(served: &Served, path: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(served.running.addr())?;
        stream.set_read_timeout(Some(READING))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut socket = Self { stream, held: Vec::new(), at: 0 };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.send(request.as_bytes())?;
        let end = loop {
            if let Some(at) = socket.held.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            socket.more()?;
        };
        let head = String::from_utf8_lossy(&socket.held[..end]).into_owned();
        if !head.starts_with("HTTP/1.1 101 ") || !head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
            return Err(io::Error::other(head));
        }
        socket.at = end;
        Ok(socket)
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a text.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.send(&masked(0x81, text.as_bytes()))
    }

    /// The next frame.
    pub fn frame(&mut self) -> io::Result<Frame> {
        let [head, short] = self.take(2)?[..] else { return Err(ErrorKind::InvalidData.into()) };
        let length = match short {
            126 => self.take(2)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            127 => self.take(8)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            short => usize::from(short),
        };
        Ok(Frame { head, payload: self.take(length)? })
    }

    /// The code of the close frame that comes, whatever comes before it; 0 where it has none. Behind it the connection
    /// ends.
    pub fn closed(&mut self) -> io::Result<u16> {
        loop {
            let frame = self.frame()?;
            if frame.head == 0x88 {
                // The server may have ended its side, and with it the connection, already.
                let _ = self.stream.shutdown(Shutdown::Write);
                while self.at < self.held.len() || self.more().is_ok() {
                    if self.at < self.held.len() {
                        return Err(io::Error::other("something came behind the close frame"));
                    }
                }
                return Ok(frame.payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code)));
            }
        }
    }

    fn take(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        while self.held.len() < self.at + bytes {
            self.more()?;
        }
        let taken = self.held[self.at..self.at + bytes].to_vec();
        self.at += bytes;
        if self.at > 1 << 20 {
            self.held.drain(..self.at);
            self.at = 0;
        }
        Ok(taken)
    }

    fn more(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 << 10];
        match self.stream.read(&mut bytes)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                self.held.extend_from_slice(&bytes[..read]);
                Ok(())
            }
        }
    }
}
