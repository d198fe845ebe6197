//! Sequences of requests that are made rather than written: many at once, and cut everywhere.

use super::Stand;
use super::client::{Client, Heard, Said};
use crate::harness::Size;
use std::io::Write as _;
use std::time::{Duration, Instant};

const POST: &str =
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nabcde";
const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n\
    2;a=b\r\nab\r\n3\r\ncde\r\n0\r\nx: y\r\n\r\n";
const GET: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

fn send(stand: &mut Stand, name: &str, bytes: &[u8], pieces: usize, wanted: usize) -> Option<Heard> {
    stand.channel.trying(name);
    match Client::connect(stand.host.address()) {
        Ok(mut client) => Some(client.say(&Said { bytes, pieces, half_close: false }, wanted, false)),
        Err(error) => {
            stand.channel.wrong(name, "a connection", error);
            None
        }
    }
}

/// Three requests in a row, in pieces of every size and in two parts at every place: always the same three answers.
pub fn cut_everywhere(stand: &mut Stand) {
    let bytes = [POST, CHUNKED, GET].concat().into_bytes();
    let stride = if stand.size == Size::Full { 1 } else { 9 };
    for piece in (1..bytes.len()).step_by(stride) {
        let name = format!("three requests in pieces of {piece}");
        let Some(heard) = send(stand, &name, &bytes, piece, 3) else { return };
        let bodies: Vec<String> = heard.responses.iter().map(crate::oracle::http::Response::text).collect();
        if bodies != ["abcde", "abcde", "hello"] || heard.statuses() != [200, 200, 200] {
            stand.channel.wrong(&name, "abcde, abcde, hello", format_args!("{heard:?}"));
        }
    }
}

/// A thousand requests at once: a thousand answers, in their order.
pub fn pipelined(stand: &mut Stand) {
    let one = |n: usize| {
        let body = format!("number {n}");
        let length = body.len();
        format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let all: String = (0..1000).map(one).collect();
    let Some(heard) = send(stand, "1,000 requests at once", all.as_bytes(), usize::MAX, 1000) else { return };
    let wrong = (0..1000).find(|n| {
        heard
            .responses
            .get(*n)
            .is_none_or(|answer| answer.status != 200 || answer.text() != format!("number {n}"))
    });
    if let Some(n) = wrong {
        stand.channel.wrong(
            "1,000 requests at once",
            format_args!("number {n}"),
            format_args!("{:?}", heard.responses.get(n)),
        );
    }
    stand.channel.tried(999);
}

/// A client that asks and asks, and reads nothing: it is closed at its time-out, and meanwhile others are served.
pub fn never_reads(stand: &mut Stand) {
    const NAME: &str = "a client that never reads";
    const PATIENCE: Duration = Duration::from_secs(20);
    stand.channel.trying(NAME);
    let Ok(mut deaf) = Client::connect(stand.host.address()) else {
        return stand.channel.wrong(NAME, "a connection", "none");
    };
    let request = POST.replace(
        "Content-Length: 5\r\n\r\nabcde",
        &format!("Content-Length: 900\r\n\r\n{}", "a".repeat(900)),
    );
    let began = Instant::now();
    let stream = deaf.stream();
    let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
    let mut served = 0;
    while began.elapsed() < PATIENCE {
        match stream.write(request.as_bytes()) {
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                // It is held back. Others are not.
                if Client::connect(stand.host.address()).is_ok_and(|mut other| other.goes_on().is_ok()) {
                    served += 1;
                } else {
                    return stand.channel.wrong(NAME, "another client served meanwhile", "it was not");
                }
            }
            Err(_) if served > 0 => return,
            Err(error) => return stand.channel.wrong(NAME, "to be held back, and then closed", error),
        }
    }
    stand.channel.wrong(NAME, "the connection closed in time", "it is open");
}
