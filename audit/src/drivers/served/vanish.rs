//! Clients that vanish at the worst moment, and a process without descriptors.

mod open;

use super::{NEVER, PATIENCE, Served, within};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::fs::File;
use std::time::Duration;

const APP: &str = r#"
route GET "/ok" { "ok" }
route POST "/echo" { body }
route GET "/large" { "x".repeat(4000000) }
route GET "/endless" { while true {} }
route GET "/hungry" {
    xs = []
    for i in 1..100 { xs.push("y".repeat(100000)) }
    while true { xs.push(xs.shift()) }
}
route GET "/file" {
    write_file("a.txt", "x")
    read_file("missing.txt")
}
"#;

/// What is sent before the client vanishes, and what it waits for.
const VANISHING: [(&str, &str, Wait); 8] = [
    ("at once", "", Wait::Nothing),
    ("inside a head", "GET /ok HTTP/1.1\r\nHo", Wait::Nothing),
    (
        "inside an upload",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc",
        Wait::Nothing,
    ),
    (
        "inside a chunk",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
        Wait::Nothing,
    ),
    ("inside a long answer", "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", Wait::Answer),
    ("before its answer", "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", Wait::Handler(0)),
    (
        "while its handler holds memory",
        "GET /hungry HTTP/1.1\r\nHost: a\r\n\r\n",
        Wait::Handler(HUNGRY_BYTES),
    ),
    (
        "with an answer unread",
        "GET /file HTTP/1.1\r\nHost: a\r\n\r\nGET /file HTTP/1.1\r\nHost: a\r\n\r\n",
        Wait::Nothing,
    ),
];

/// What `/hungry` holds, at least, once it has made what it holds on to.
const HUNGRY_BYTES: u64 = 9_000_000;

#[derive(Clone, Copy, Debug)]
enum Wait {
    Nothing,
    /// The first byte of the answer.
    Answer,
    /// Its handler, which never ends, and has leased so much.
    Handler(u64),
}

/// T2-08: every moment to vanish in, over and over. No deadline ends what a client has left behind.
///
/// Most clients end with a reset, as one does that dies with something unread, and which is seen at once. A few only end
/// their side, and what they left goes on for seconds: these stay until all others have vanished, so that the handlers at
/// work are known at any time. At the quick size only one of them leaves a handler at work, the one that holds memory.
pub fn vanish(lab: &mut Lab) -> Result<(), DriverError> {
    let (repeats, stays) = if lab.is_full() { (500, 60) } else { (6, 6) };
    let served = Served::start(APP, |config| {
        config.server.connections_max = 64;
        config.vm.deadline = NEVER;
    })?;
    served.settles(lab, "before");
    let (mut staying, mut handlers) = (Vec::new(), 0);
    for (name, sent, wait) in VANISHING {
        let mut held = 0;
        let stays = if matches!(wait, Wait::Handler(0)) && !lab.is_full() { repeats + 1 } else { stays };
        for nth in 1..=repeats {
            lab.channel.trying(name);
            let mut client = served.client()?;
            client.send(sent)?;
            match wait {
                Wait::Nothing => {}
                Wait::Answer => drop(client.stream().peek(&mut [0; 1])),
                Wait::Handler(bytes) => {
                    // Those that were reset before have been ended, too.
                    let (running, leased) = (handlers + 1, held + bytes);
                    if !within(PATIENCE, || at_work(&served).0 == running && at_work(&served).1 >= leased) {
                        let wanted = format!("{running} handlers that hold {leased} bytes");
                        lab.channel.wrong(name, wanted, format_args!("{:?}", at_work(&served)));
                    }
                    if nth % stays == 0 {
                        (handlers, held) = (running, leased);
                    }
                }
            }
            if nth % stays == 0 {
                staying.push(client);
            } else {
                client.ends_with_reset()?;
            }
        }
        if lab.is_full() {
            (staying, handlers) = (Vec::new(), 0);
            served.settles(lab, name);
        }
    }
    drop(staying);
    served.settles(lab, "after all that vanished");
    served.stop(lab, "after all that vanished");
    open::vanish(lab)
}

/// Handlers that run, and bytes that they hold.
fn at_work(served: &Served) -> (u64, u64) {
    let shared = served.shared();
    (shared.metrics().running_now().unsigned_abs(), shared.levels().leased_bytes)
}

/// T2-08: `accept` itself finds no descriptor, and the next client is served when there is one again.
pub fn no_descriptors(lab: &mut Lab) -> Result<(), DriverError> {
    let repeats = if lab.is_full() { 100 } else { 5 };
    let served = Served::start(APP, |_| {})?;
    served.settles(lab, "before");
    for _ in 0..repeats {
        lab.channel.trying("a connection when no descriptor is left");
        let mut fillers: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        // One for the client, none for the server.
        fillers.pop();
        let connected = served.client();
        let answer = connected.and_then(|mut client| {
            client.stream().set_read_timeout(Some(Duration::from_secs(2)))?;
            client.answer()
        });
        drop(fillers);
        match answer {
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) => lab.channel.wrong("a connection without a descriptor", 503, answer),
            Err(error) => {
                lab.channel
                    .exhausted(format_args!("nobody answers a connection without a descriptor: {error}"));
                return Ok(());
            }
        }
        served.settles(lab, "when there are descriptors again");
    }
    served.stop(lab, "after it all");
    Ok(())
}
