//! X-19 through the server: many requests, each within its limit, together beyond the total.

use super::{Client, PATIENCE, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::config::MemoryTotal;
use std::thread;

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/large/:bytes" {
    xs = []
    while xs.length * 10000 < int(params.bytes) { xs.push("x".repeat(10000)) }
    "{xs.length}"
}
"#;

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
    let mut peak = 0;
    let answers: Vec<_> = thread::scope(|scope| {
        let readers: Vec<_> =
            clients.iter_mut().map(|client: &mut Client| scope.spawn(|| patient(client))).collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            peak = peak.max(served.shared().levels().leased_bytes);
            match served.get("/ok") {
                // When the total is used up, small ones are told so too.
                Ok(answer) if matches!(answer.status, 200 | 503) => lab.channel.tried(1),
                Ok(answer) if answer.status == 500 && answer.body.contains("MemoryLimitExceeded") => {
                    lab.channel.tried(1);
                }
                Ok(answer) => lab.channel.wrong("a small request meanwhile", "200 or 503", answer),
                Err(error) => lab.channel.wrong("a small request meanwhile", "200 or 503", error),
            }
        }
        readers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
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
    served.stop(lab, "after the crowd");
    Ok(())
}

/// A large request may wait long for its turns.
fn patient(client: &mut Client) -> std::io::Result<super::Answer> {
    client.stream().set_read_timeout(Some(PATIENCE * 12))?;
    client.answer()
}
