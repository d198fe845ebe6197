//! A small route alone, and among endless handlers, four to a core: the latencies that one open-loop client sees.
//!
//! Requests are due at fixed times, and a latency counts from then, sent late or not: a server that stalls is charged for
//! all that should have been asked meanwhile (Tene's "coordinated omission").

use crate::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const REQUESTS: usize = 10_000;
const EVERY: Duration = Duration::from_millis(2);
const CONNECTIONS: usize = 4;
const ROUNDS: usize = 3;
const KINDS: usize = 5;

/// The worst of the rounds: how many times its p99 alone a small route's is, and a sentence for the page.
pub fn measured(server: &Server) -> (f64, String) {
    let endless = thread::available_parallelism().map_or(1, usize::from) * 4;
    let rounds = (0..ROUNDS).map(|_| {
        let idle = p99(server);
        let handlers: Vec<_> = (0..endless).map(|at| begin(server, at % KINDS)).collect();
        let busy = p99(server);
        let ended = handlers.into_iter().filter(|handler| status(&mut &*handler) == "503").count();
        (busy / idle, idle, busy, ended)
    });
    let (ratio, idle, busy, ended) = rounds.max_by(|one, other| one.0.total_cmp(&other.0)).expect("a round");
    let sentence = format!(
        "A small route, {REQUESTS} requests by an open-loop client, worst of {ROUNDS} rounds: p99 {idle:.2} ms alone, {busy:.2} ms \
         among {endless} endless handlers, **{ratio:.1}** times (at most 10); {ended} of those ended with 503.\n"
    );
    (ratio, sentence)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a time-out");
    stream
}

fn begin(server: &Server, kind: usize) -> TcpStream {
    let mut stream = connect(server);
    write!(stream, "GET /endless/{kind} HTTP/1.1\r\nHost: a\r\n\r\n").expect("room");
    stream
}

/// The status of the answer that comes next; small answers come in one piece.
fn status(stream: &mut &TcpStream) -> String {
    let mut bytes = [0; 4096];
    let read = stream.read(&mut bytes).expect("an answer");
    String::from_utf8_lossy(&bytes[..read]).split(' ').nth(1).unwrap_or("none").to_owned()
}

/// Milliseconds.
fn p99(server: &Server) -> f64 {
    let start = Instant::now();
    let mut all: Vec<f64> = thread::scope(|scope| {
        let lanes: Vec<_> =
            (0..CONNECTIONS).map(|lane| scope.spawn(move || one_lane(server, start, lane))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a client")).collect()
    });
    all.sort_by(f64::total_cmp);
    all[all.len() * 99 / 100]
}

fn one_lane(server: &Server, start: Instant, lane: usize) -> Vec<f64> {
    let stream = connect(server);
    let dues =
        (lane..REQUESTS).step_by(CONNECTIONS).map(|at| start + EVERY * u32::try_from(at).expect("few"));
    let latency = |due: Instant| {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        (&stream).write_all(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n").expect("room");
        assert_eq!(status(&mut &stream), "200");
        due.elapsed().as_secs_f64() * 1e3
    };
    dues.map(latency).collect()
}
