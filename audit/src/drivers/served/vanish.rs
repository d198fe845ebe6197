//! Clients that vanish at the worst moment, and a process without descriptors.

mod open;

use super::{NEVER, Served, within};
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

/// What is sent before the client vanishes, and whether it waits for the first bytes of the answer.
const VANISHING: [(&str, &str, bool); 8] = [
    ("at once", "", false),
    ("inside a head", "GET /ok HTTP/1.1\r\nHo", false),
    ("inside an upload", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", false),
    (
        "inside a chunk",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
        false,
    ),
    ("inside a long answer", "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("before its answer", "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", false),
    ("while its handler holds memory", "GET /hungry HTTP/1.1\r\nHost: a\r\n\r\n", false),
    (
        "with an answer unread",
        "GET /file HTTP/1.1\r\nHost: a\r\n\r\nGET /file HTTP/1.1\r\nHost: a\r\n\r\n",
        false,
    ),
];

/// T2-08: every moment to vanish in, over and over. No deadline ends what a client has left behind.
pub fn vanish(lab: &mut Lab) -> Result<(), DriverError> {
    let repeats = if lab.is_full() { 500 } else { 6 };
    let served = Served::start(APP, |config| {
        config.server.connections_max = 64;
        config.vm.deadline = NEVER;
    })?;
    served.settles(lab, "before");
    for (name, sent, waits) in VANISHING {
        for _ in 0..repeats {
            lab.channel.trying(name);
            let mut client = served.client()?;
            client.send(sent)?;
            if waits {
                let mut first = [0; 1];
                let _ = client.stream().peek(&mut first);
            }
            if sent.contains("/endless") || sent.contains("/hungry") {
                let runs = || served.shared().metrics().running_now() > 0;
                if !within(super::PATIENCE, runs) {
                    lab.channel.wrong(name, "an execution", "none");
                }
            }
            drop(client);
        }
        // A handler whose client ended its side without a word goes on for seconds: at the quick size for all at once.
        if lab.is_full() {
            served.settles(lab, name);
        }
    }
    served.settles(lab, "after all that vanished");
    served.stop(lab, "after all that vanished");
    open::vanish(lab)
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
