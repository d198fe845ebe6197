//! Sockets, streams and jobs whose peers do not read, and panics of the runtime's own in each of them.

use super::panics::{SECRET, panics};
use super::socket::Socket;
use super::{PATIENCE, Served, within};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::server::Point;
use std::cell::Cell;
use std::time::Duration;

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/say" { broadcast("room", "x".repeat(100000)); "said" }
ws "/room" { on connect { join("room") } }
ws "/echo" { on text(raw) { send(raw) } }
sse "/ever" { while true { emit "x".repeat(100000) } }
sse "/one" { emit 1 }
entity Run { n: int }
route GET "/runs" { Run.count }
every 1s { save Run { n: 1 } }
"#;

/// X-02: a panic while a message is dealt with.
pub fn message(lab: &mut Lab) -> Result<(), DriverError> {
    let times = if lab.is_full() { 200 } else { 10 };
    let (probe, left) = panics(Point::Message, 0);
    let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
    let mut other = Socket::open(&served, "/echo")?;
    // Whoever answers has dealt with its opening, which would take a panic for itself, too.
    other.say("first")?;
    other.frame()?;
    for n in 0..times {
        lab.channel.trying("a panic in a message");
        let mut socket = Socket::open(&served, "/echo")?;
        socket.say("before")?;
        let before = socket.frame()?;
        if before.payload != b"before" {
            lab.channel.wrong("the message before", "before", format_args!("{before:?}"));
        }
        // The close of the socket before would take the panic for itself.
        if !within(PATIENCE, || served.shared().levels().connections == 2) {
            lab.channel
                .leaked(format_args!("{} connections, of two sockets", served.shared().levels().connections));
        }
        left.store(1, std::sync::atomic::Ordering::SeqCst);
        socket.say("bites")?;
        match socket.frame() {
            Ok(frame) if frame.head == 0x88 && frame.payload.starts_with(&1011_u16.to_be_bytes()) => {
                if String::from_utf8_lossy(&frame.payload).contains(SECRET) {
                    lab.channel.wrong("the close frame", "no message", format_args!("{frame:?}"));
                }
            }
            other => lab.channel.wrong("the end of the socket", "close 1011", format_args!("{other:?}")),
        }
        // By a route: the end of another socket's message could take the next panic for itself.
        let answer = served.get("/ok")?;
        if answer.status != 200 {
            lab.channel.wrong("another client", 200, format_args!("{n}: {answer:?}"));
        }
    }
    other.say("others")?;
    let heard = other.frame()?;
    if heard.payload != b"others" {
        lab.channel.wrong("another socket", "others", format_args!("{heard:?}"));
    }
    drop(other);
    counted(lab, &served, "socket", times)?;
    served.settles(lab, "after panics in messages");
    served.stop(lab, "after panics in messages");
    Ok(())
}

/// X-04: a panic in a generator.
pub fn generator(lab: &mut Lab) -> Result<(), DriverError> {
    let times = if lab.is_full() { 200 } else { 10 };
    let (probe, _) = panics(Point::Stream, times);
    let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
    for _ in 0..times {
        lab.channel.trying("a panic in a generator");
        let mut client = served.client()?;
        client.send("GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let text = client.rest()?;
        if !text.starts_with("HTTP/1.1 200 ") || text.contains("data:") || text.contains(SECRET) {
            lab.channel.wrong("the stream", "no event and no message", text);
        }
    }
    counted(lab, &served, "stream", times)?;
    let mut client = served.client()?;
    client.send("GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let text = client.rest()?;
    if !text.contains("data: 1\n\n") {
        lab.channel.wrong("the next stream", "data: 1", text);
    }
    drop(client);
    served.settles(lab, "after panics in generators");
    served.stop(lab, "after panics in generators");
    Ok(())
}

/// X-03: a panic in a job; the next run comes.
pub fn job(lab: &mut Lab) -> Result<(), DriverError> {
    lab.channel.trying("a panic in a job");
    let (probe, left) = panics(Point::Job, 1);
    let served = Served::with(APP, |_| {}, |options| options.probe = probe)?;
    if !within(PATIENCE, || left.load(std::sync::atomic::Ordering::SeqCst) == 0) {
        lab.channel.wrong("the job", "begun", "never");
    }
    counted(lab, &served, "job", 1)?;
    // The panic took the run before its first statement.
    let ran = || {
        served
            .get("/runs")
            .is_ok_and(|runs| runs.status == 200 && runs.body.parse().is_ok_and(|n: u64| n > 0))
    };
    if !within(PATIENCE, ran) {
        lab.channel.wrong("the next run of the job", "done", "never");
    }
    served.settles(lab, "after a panic in a job");
    served.stop(lab, "after a panic in a job");
    Ok(())
}

fn counted(lab: &mut Lab, served: &Served, entry: &str, times: u32) -> Result<(), DriverError> {
    let counted = format!("vm_panics_total{{where=\"{entry}\"}} {times}");
    let page = || served.get("/_flin/metrics").map(|page| page.body);
    if !within(Duration::from_secs(2), || page().is_ok_and(|page| page.lines().any(|line| line == counted))) {
        let page = page()?;
        let name = format!("where=\"{entry}\"");
        let found = page.lines().find(|line| line.contains(&name)).unwrap_or("nothing");
        lab.channel.wrong("the count of panics", counted, found);
    }
    Ok(())
}

/// Sockets that do not read.
const SLOW: u64 = 4;
/// What may wait for them, however many they are: what waits for one, and some for what is on its way.
const WAITING_BYTES_MAX: u64 = 24 << 20;

/// X-13: consumers that do not read, beside one that does.
pub fn consumers(lab: &mut Lab) -> Result<(), DriverError> {
    sockets(lab)?;
    stream(lab)
}

/// Time closes nobody here: the bound on what waits for a peer does.
fn sockets(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |config| config.server.request_timeout = Duration::from_mins(10))?;
    lab.channel.trying("sockets that do not read what is broadcast");
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        slow.push(Socket::open(&served, "/room")?);
    }
    let mut quick = Socket::open(&served, "/room")?;
    let levels = || served.shared().levels();
    within(PATIENCE, || levels().room_members == SLOW + 1);
    let (mut broadcasts, mut peak) = (0, 0);
    let mut teller = served.client()?;
    // The queue holds 16 MiB, the system's buffers about ten more.
    while levels().room_members > 1 && broadcasts < 600 {
        teller.get("/say")?;
        let heard = quick.frame()?;
        if heard.payload.len() != 100_000 {
            lab.channel.wrong("whoever reads", "all of it", format_args!("{} bytes", heard.payload.len()));
        }
        broadcasts += 1;
        peak = peak.max(levels().leased_bytes);
    }
    if levels().room_members != 1 {
        lab.channel.wrong(
            "whoever does not read",
            "out of the room",
            format_args!("in it after {broadcasts} messages, {} bytes waiting", levels().leased_bytes),
        );
    }
    if peak > WAITING_BYTES_MAX {
        lab.channel.wrong("what waits for them", format_args!("at most {WAITING_BYTES_MAX} bytes"), peak);
    }
    // Each is told so, as soon as it reads.
    for mut slow in slow {
        match slow.closed() {
            Ok(1013) => {}
            other => {
                lab.channel.wrong("one that was too far behind", "close 1013", format_args!("{other:?}"));
            }
        }
    }
    teller.get("/say")?;
    let heard = quick.frame()?;
    if heard.payload.len() != 100_000 {
        lab.channel.wrong(
            "whoever reads, afterwards",
            "all of it",
            format_args!("{} bytes", heard.payload.len()),
        );
    }
    drop((quick, teller));
    served.settles(lab, "after sockets that do not read");
    served.stop(lab, "after sockets that do not read");
    Ok(())
}

/// A stream waits for its client, and its client for time.
fn stream(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |config| config.server.request_timeout = Duration::from_millis(500))?;
    lab.channel.trying("a stream that nobody reads");
    let mut client = served.client()?;
    client.send("GET /ever HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let levels = || served.shared().levels();
    let peak = Cell::new(0);
    let gone = within(PATIENCE, || {
        let now = levels();
        peak.set(peak.get().max(now.leased_bytes));
        now.connections == 0
    });
    if !gone {
        lab.channel.wrong("a stream that nobody reads", "closed", "still there");
    }
    if peak.get() > WAITING_BYTES_MAX {
        let expected = format_args!("at most {WAITING_BYTES_MAX} bytes");
        lab.channel.wrong("what waits in the stream", expected, peak.get());
    }
    drop(client);
    served.settles(lab, "after a stream that nobody reads");
    served.stop(lab, "after a stream that nobody reads");
    Ok(())
}
