//! Who talks to a server that is soaked: good clients, whose every answer counts, and hostile ones, who may see anything.

use super::live::{self, Seen};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Where good clients come in. They are counted apart: a crowd at one door must not hide that nobody passes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Requests.
    Request,
    /// WebSockets.
    Socket,
    /// Streams of events.
    Stream,
    /// The console.
    Console,
}

impl Door {
    /// All of them, as [`Counts::served`] has them.
    pub const ALL: [Self; 4] = [Self::Request, Self::Socket, Self::Stream, Self::Console];

    /// What came through it, in the plural.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Socket => "sockets",
            Self::Stream => "streams",
            Self::Console => "pages of the console",
        }
    }
}

/// What clients did and saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What good clients were given as they should, by [`Door`].
    pub served: [u64; Door::ALL.len()],
    /// Those that were told to come back, because others used everything up.
    pub busy: u64,
    /// Those that were not.
    pub unserved: u64,
    /// What hostile clients tried.
    pub hostile: u64,
}

impl Counts {
    fn serves(&mut self, door: Door) {
        self.served[door as usize] += 1;
    }

    pub(super) fn add(&mut self, more: Self) {
        for (all, more) in self.served.iter_mut().zip(more.served) {
            *all += more;
        }
        self.busy += more.busy;
        self.unserved += more.unserved;
        self.hostile += more.hostile;
    }
}

/// One of those who talk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Client {
    /// Requests, one after the other on one connection, each with what its answer must hold.
    Good(&'static [(&'static str, &'static str)]),
    /// Bytes that no server should take, then gone: with or without reading what it says.
    Hostile(&'static [&'static str]),
    /// Connections by the hundred, all at once.
    Crowd,
    /// A byte now and then.
    Slow,
    /// A socket and a stream, to their ends.
    Live,
    /// The same at the console's listener as the first two: good requests, and bytes that no server should take.
    Console(&'static [(&'static str, &'static str)], &'static [&'static str]),
}

const GOOD: Client = Client::Good(&[
    ("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n", "ok"),
    ("GET /json HTTP/1.1\r\nHost: a\r\n\r\n", "{\"list\":[1,2,3],\"text\":\"é漢🎉\"}"),
    (
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":[1]}",
        "{\"a\":[1]}",
    ),
    ("POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", ""),
    ("GET /error HTTP/1.1\r\nHost: a\r\n\r\n", "it broke"),
]);

const HOSTILE: Client = Client::Hostile(&[
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 6\r\n\r\n[[[[[[",
    "GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /hungry HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
    "GET /ever HTTP/1.1\r\nHost: a\r\n\r\n",
    // Half a message without a mask, behind a handshake.
    "GET /room HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}\u{5}he",
]);

const GREEDY: Client = Client::Hostile(&["GET /endless HTTP/1.1\r\nHost: a\r\n\r\n"]);

/// `HOST` stands for the console's own.
const CONSOLE: Client = Client::Console(
    &[
        ("GET /_flin/health HTTP/1.1\r\nHost: HOST\r\n\r\n", "\"ready\":true"),
        ("GET /_flin/metrics HTTP/1.1\r\nHost: HOST\r\n\r\n", "server_tasks"),
    ],
    &[
        "GET /setup HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
        "GET /api/overview HTTP/1.1\r\nHost: HOST\r\nCookie: flin_console=forged\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 14\r\n\r\npassword=guess",
        "POST /setup HTTP/1.1\r\nHost: HOST\r\nContent-Length: 999\r\n\r\ntoken=",
        "GET / HTTP/1.1\nHost: a\n\n",
    ],
);

/// All of them.
pub(super) const CLIENTS: [Client; 12] = [
    GOOD,
    GOOD,
    GOOD,
    GOOD,
    HOSTILE,
    HOSTILE,
    GREEDY,
    GREEDY,
    Client::Crowd,
    Client::Slow,
    Client::Live,
    CONSOLE,
];

/// Of the server, and of its console.
pub(super) type Addresses = (SocketAddr, SocketAddr);

/// Talks until it is over.
pub(super) fn until(over: &AtomicBool, (address, console): Addresses, client: Client) -> Counts {
    let mut counts = Counts::default();
    let mut round = 0_usize;
    while !over.load(Ordering::Relaxed) {
        round += 1;
        match client {
            Client::Good(requests) => good(address, Door::Request, requests, &mut counts),
            Client::Hostile(all) => {
                counts.hostile += 1;
                // Whatever it is told, or not, is fine.
                let _ = hostile(address, all[round % all.len()], round);
            }
            Client::Crowd => {
                let crowd: Vec<_> = (0..300).filter_map(|_| TcpStream::connect(address).ok()).collect();
                counts.hostile += crowd.len() as u64;
                drop(crowd);
                thread::sleep(Duration::from_secs(2));
            }
            Client::Slow => {
                counts.hostile += 1;
                let _ = slow(address, over);
            }
            Client::Live => {
                let seen = [(Door::Socket, live::socket(address)), (Door::Stream, live::stream(address))];
                for (door, seen) in seen {
                    match seen {
                        Seen::Served => counts.serves(door),
                        Seen::Busy => counts.busy += 1,
                        Seen::Unserved => counts.unserved += 1,
                    }
                }
            }
            Client::Console(requests, all) => {
                let host = console.to_string();
                for (request, expected) in requests {
                    // It serves one request on each connection.
                    let request = request.replace("HOST", &host);
                    good(console, Door::Console, &[(request.as_str(), *expected)], &mut counts);
                }
                counts.hostile += 1;
                let _ = hostile(console, &all[round % all.len()].replace("HOST", &host), round);
            }
        }
    }
    counts
}

pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_write_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

/// A whole set of requests on one connection.
fn good(address: SocketAddr, door: Door, requests: &[(&str, &str)], counts: &mut Counts) {
    let Ok(mut stream) = connect(address) else {
        counts.unserved += 1;
        return;
    };
    for (place, (request, expected)) in requests.iter().enumerate() {
        let asked = stream.write_all(request.as_bytes()).and_then(|()| answer(&mut stream));
        match asked {
            Ok((_, body)) if body.contains(expected) => counts.serves(door),
            // The crowd has all places, or the greedy all memory: then it is told so, and comes back. Whoever was answered
            // has a place, and keeps it. Nobody crowds the console: there it would say that the server is not ready.
            Ok((503, _)) if door != Door::Console => {
                counts.busy += 1;
                return;
            }
            Err(error) if place == 0 && is_turned_away(&error) => {
                counts.busy += 1;
                return;
            }
            Ok(_) | Err(_) => {
                counts.unserved += 1;
                return;
            }
        }
    }
    thread::sleep(Duration::from_millis(5));
}

/// A refused connection may be gone before its answer was read.
pub(super) fn is_turned_away(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof)
}

fn answer(stream: &mut TcpStream) -> io::Result<(u16, String)> {
    let mut held = Vec::new();
    let mut bytes = [0; 8 << 10];
    loop {
        let read = stream.read(&mut bytes)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        held.extend_from_slice(&bytes[..read]);
        let text = String::from_utf8_lossy(&held);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            return Ok((status, body.to_owned()));
        }
    }
}

fn hostile(address: SocketAddr, bytes: &str, round: usize) -> io::Result<()> {
    let mut stream = connect(address)?;
    stream.write_all(bytes.as_bytes())?;
    if round.is_multiple_of(2) {
        stream.set_read_timeout(Some(Duration::from_secs(3)))?;
        let (mut some, begun) = ([0; 1024], Instant::now());
        // A stream that never ends is not read to its end.
        while begun.elapsed() < Duration::from_secs(3) && stream.read(&mut some)? > 0 {}
    } else {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn slow(address: SocketAddr, over: &AtomicBool) -> io::Result<()> {
    let mut streams = (0..20).map(|_| connect(address)).collect::<io::Result<Vec<_>>>()?;
    for byte in b"GET /ok HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
        for stream in &mut streams {
            stream.write_all(&[*byte])?;
        }
        if over.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The body of a page.
pub(super) fn page(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = connect(address)?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(ErrorKind::InvalidData)?;
    if head.starts_with("HTTP/1.1 200 ") {
        Ok(body.to_owned())
    } else {
        Err(io::Error::other(head.to_owned()))
    }
}
