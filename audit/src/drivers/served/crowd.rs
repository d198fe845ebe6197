//! X-19 through the server: many requests, each within its limit, together beyond the total.

use super::{Client, PATIENCE, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::config::MemoryTotal;
use flin_runtime::value::Lease;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/large/:bytes" {
    xs = []
    while xs.length * 10000 < int(params.bytes) { xs.push("x".repeat(10000)) }
    "{xs.length}"
}
"#;

/// What a small request has room in.
const SMALL_BYTES: usize = 512 << 10;
/// Between two of them meanwhile.
const SMALL_PAUSE: Duration = Duration::from_millis(5);
/// Small requests where each has to be served.
const SMALL: u64 = 50;

/// Requests that together ask for several times of what there is; small ones are served meanwhile.
pub fn crowd(lab: &mut Lab) -> Result<(), DriverError> {
    let (requests, each, total) =
        if lab.is_full() { (200, 200 << 20, 2 << 30) } else { (24, 6 << 20, 24 << 20) };
    let served = Served::start(APP, |config| {
        config.vm.memory_total = MemoryTotal::Bytes(total);
        config.vm.memory_mb = 256;
    })?;
    lab.channel.trying(format_args!("{requests} requests of {each} bytes under a total of {total}"));
    let mut clients = Vec::new();
    for _ in 0..requests {
        let mut client = served.client()?;
        client.send(&format!("GET /large/{each} HTTP/1.1\r\nHost: a\r\n\r\n"))?;
        clients.push(client);
    }
    let (mut peak, mut small) = (0, Small::default());
    let answers: Vec<_> = thread::scope(|scope| {
        let readers: Vec<_> =
            clients.iter_mut().map(|client: &mut Client| scope.spawn(|| patient(client))).collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            peak = peak.max(served.shared().levels().leased_bytes);
            small.ask(lab, &served, "a small request meanwhile");
            // They are to be served, and not to keep the large ones from their turns.
            thread::sleep(SMALL_PAUSE);
        }
        readers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    // How many there are is a matter of time, so that they do not count as inputs.
    lab.channel.tried(requests);
    // The total is used up for moments, and not for long.
    if small.served * 2 < small.asked {
        lab.channel.wrong(
            "small requests meanwhile",
            format_args!("most of {} served", small.asked),
            format_args!("{} served", small.served),
        );
    }
    let mut served_count = 0;
    for answer in answers {
        match answer {
            Ok(Ok(answer)) if answer.status == 200 => served_count += 1,
            Ok(Ok(answer)) if answer.status == 503 => {}
            Ok(Ok(answer)) if answer.status == 500 && answer.body.contains("MemoryLimitExceeded") => {}
            Ok(Ok(answer)) => lab.channel.wrong("a large request", "200, 500 or 503", answer),
            Ok(Err(error)) => lab.channel.wrong("a large request", "200, 500 or 503", error),
            Err(_) => lab.channel.wrong("a large request", "200, 500 or 503", "a panic"),
        }
    }
    if peak > total {
        lab.channel.wrong("what is leased together", format_args!("at most {total}"), peak);
    }
    if served_count == requests {
        lab.channel.wrong("all large requests", "some are refused", "all had room");
    }
    drop(clients);
    served.settles(lab, "after the crowd");
    beside(lab, &served, total as usize)?;
    served.stop(lab, "after the crowd");
    Ok(())
}

/// Small requests one after the other.
#[derive(Default)]
struct Small {
    asked: u64,
    served: u64,
}

impl Small {
    /// One more, which is served, or told that the total is used up.
    fn ask(&mut self, lab: &mut Lab, served: &Served, name: &str) {
        self.asked += 1;
        match served.get("/ok") {
            Ok(answer) if answer.status == 200 => self.served += 1,
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) if answer.status == 500 && answer.body.contains("MemoryLimitExceeded") => {}
            Ok(answer) => lab.channel.wrong(name, "200 or 503", answer),
            Err(error) => lab.channel.wrong(name, "200 or 503", error),
        }
    }
}

/// Small requests while others hold everything but room for one, then everything, then nothing.
fn beside(lab: &mut Lab, served: &Served, total: usize) -> Result<(), DriverError> {
    let mut others = Lease::new(Arc::clone(served.shared().pool()));
    for (name, holds, wanted) in [
        ("small requests where one has room", total - SMALL_BYTES, SMALL),
        ("small requests where nothing has room", total, 0),
        ("small requests where there is nobody else", 0, SMALL),
    ] {
        lab.channel.trying(name);
        others.shrink(usize::MAX);
        if !others.grow(holds) {
            lab.channel.leaked(format_args!("{name}: not all that nobody holds can be leased"));
        }
        let mut small = Small::default();
        for _ in 0..SMALL {
            lab.channel.tried(1);
            small.ask(lab, served, name);
        }
        if small.served != wanted {
            lab.channel.wrong(name, format_args!("{wanted} served"), small.served);
        }
    }
    served.settles(lab, "after the small ones");
    Ok(())
}

/// A large request may wait long for its turns.
fn patient(client: &mut Client) -> std::io::Result<super::Answer> {
    client.stream().set_read_timeout(Some(PATIENCE * 12))?;
    client.answer()
}
