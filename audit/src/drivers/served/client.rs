//! A client of raw bytes: it says exactly what it is told, and reads one whole answer at a time.

use super::PATIENCE;
use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer, as far as scenarios look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head as it was sent.
    pub sent: String,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Client {
    /// Connects; reads give up after [`PATIENCE`].
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, held: Vec::new() })
    }

    /// The socket itself.
    pub const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Lets the connection end with a reset, which says that nobody is there any more; an ordinary end says only that
    /// nothing more will be sent.
    pub fn ends_with_reset(&self) -> io::Result<()> {
        Ok(rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO))?)
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        self.send_bytes(text.as_bytes())
    }

    /// The same, where they are no text.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// A request, and its answer.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))?;
        self.answer()
    }

    /// The next answer.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let malformed = || io::Error::from(ErrorKind::InvalidData);
        let end = loop {
            if let Some(at) = self.held.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let sent = String::from_utf8(self.held[..end].to_vec()).map_err(|_| malformed())?;
        let head = sent.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(Ok(0), str::parse).map_err(|_| malformed())?;
        while self.held.len() < end + length {
            self.more()?;
        }
        let body = String::from_utf8_lossy(&self.held[end..end + length]).into_owned();
        self.held.drain(..end + length);
        Ok(Answer { status, sent, head, body })
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

    /// Waits until this has come, inside whatever comes before it.
    pub fn hear(&mut self, text: &str) -> io::Result<()> {
        while !self.held.windows(text.len()).any(|held| held == text.as_bytes()) {
            self.more()?;
        }
        Ok(())
    }

    /// All that comes until the server closes its side.
    pub fn rest(&mut self) -> io::Result<String> {
        loop {
            match self.more() {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Has the server closed its side, with nothing more to say?
    pub fn is_closed(&mut self) -> bool {
        match self.more() {
            Ok(()) => false,
            Err(error) => matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
        }
    }
}
