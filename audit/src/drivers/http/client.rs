//! A client that says any bytes, and hears well-formed responses or says what is wrong with them.

use crate::oracle::http::{Response, response};
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Whoever has not answered by then does not answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// What is read at most of what a server says.
const HEARD_BYTES_MAX: usize = 64 << 20;

/// An ordinary request.
pub const ORDINARY: &[u8] = b"GET /_flin/health HTTP/1.1\r\nHost: probe\r\n\r\n";

/// A connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
}

/// What is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'b> {
    /// The bytes.
    pub bytes: &'b [u8],
    /// So many at a time.
    pub pieces: usize,
    /// And then no more.
    pub half_close: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Whole responses, interim ones left out.
    pub responses: Vec<Response>,
    /// Did the server close?
    pub ended: bool,
    /// What is no response, or is missing.
    pub complaint: Option<String>,
}

impl Heard {
    /// Their statuses.
    pub fn statuses(&self) -> Vec<u16> {
        self.responses.iter().map(|response| response.status).collect()
    }
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, heard: Vec::new() })
    }

    /// Says something, and listens until so many responses came, or the server closed.
    pub fn say(&mut self, said: &Said, wanted: usize, bodiless: bool) -> Heard {
        let Said { bytes, pieces, half_close } = *said;
        let Ok(mut speaker) = self.stream.try_clone() else { return complain("no second handle") };
        std::thread::scope(|scope| {
            // Beside the listening: a server that answers early must not find its client still talking.
            scope.spawn(move || {
                for piece in bytes.chunks(pieces.max(1)) {
                    if speaker.write_all(piece).is_err() {
                        return;
                    }
                }
                if half_close {
                    let _ = speaker.shutdown(Shutdown::Write);
                }
            });
            self.listen(wanted, bodiless)
        })
    }

    /// Listens until so many responses came.
    pub fn listen(&mut self, wanted: usize, bodiless: bool) -> Heard {
        let mut heard = Heard::default();
        while heard.responses.len() < wanted {
            match response(&self.heard, bodiless, heard.ended) {
                Ok(Some(response)) => {
                    self.heard.drain(..response.bytes);
                    if response.status >= 200 || response.status == 101 {
                        heard.responses.push(response);
                    }
                }
                Err(malformed) => {
                    if !self.heard.is_empty() {
                        let begin =
                            String::from_utf8_lossy(&self.heard[..self.heard.len().min(80)]).into_owned();
                        heard.complaint = Some(format!("no response: {} in {begin:?}", malformed.0));
                    }
                    return heard;
                }
                Ok(None) => match self.read() {
                    Ok(0) => heard.ended = true,
                    Ok(_) => {}
                    Err(error) => {
                        heard.complaint = Some(format!("no answer: {error}"));
                        return heard;
                    }
                },
            }
        }
        heard
    }

    /// Listens to the end: nothing must come any more.
    pub fn rest(&mut self, mut heard: Heard) -> Heard {
        while !heard.ended && heard.complaint.is_none() {
            match self.read() {
                Ok(0) => heard.ended = true,
                Ok(_) => {}
                // It closed on bytes of ours that it had not read.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => heard.ended = true,
                Err(_) => break,
            }
            if !self.heard.is_empty() {
                let more = String::from_utf8_lossy(&self.heard[..self.heard.len().min(80)]).into_owned();
                heard.complaint = Some(format!("and then {more:?}"));
            }
        }
        heard
    }

    /// Is an ordinary request on this connection answered, in time?
    pub fn goes_on(&mut self) -> Result<Response, String> {
        self.stream.write_all(ORDINARY).map_err(|error| error.to_string())?;
        let mut heard = self.listen(1, false);
        match (heard.responses.pop(), heard.complaint) {
            (Some(response), None) if response.status == 200 => Ok(response),
            (Some(response), _) => Err(format!("{}", response.status)),
            (None, complaint) => Err(complaint.unwrap_or_else(|| "closed".to_owned())),
        }
    }

    /// The stream itself, for whoever speaks in a way of its own.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn read(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 << 10];
        if self.heard.len() > HEARD_BYTES_MAX {
            return Err(io::Error::other("it says too much"));
        }
        let read = self.stream.read(&mut piece)?;
        self.heard.extend_from_slice(&piece[..read]);
        Ok(read)
    }
}

fn complain(what: &str) -> Heard {
    Heard { complaint: Some(what.to_owned()), ..Heard::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// What a client hears of a server that says this.
    fn hears(said: &'static [u8], wanted: usize) -> Heard {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || listener.accept().unwrap().0.write_all(said));
        let mut client = Client::connect(address).unwrap();
        let heard = client.listen(wanted, false);
        let heard = client.rest(heard);
        server.join().unwrap().unwrap();
        heard
    }

    #[test]
    fn responses_are_heard_one_by_one_and_interim_ones_left_out() {
        let said = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
        let heard = hears(said, 2);
        assert_eq!((heard.statuses(), heard.ended, heard.complaint), (vec![204, 200], true, None));
    }

    #[test]
    fn what_comes_behind_the_last_answer_is_complained_about() {
        assert!(hears(b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 1).complaint.is_some());
        assert!(hears(b"HTTP/1.1 204 No\r\nno field\r\n\r\n", 1).complaint.is_some());
        assert!(hears(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na", 1).complaint.is_some());
        assert_eq!(hears(b"", 1), Heard { ended: true, ..Heard::default() });
    }
}
