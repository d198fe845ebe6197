//! Connections as a resource: more of them than allowed, and some that give nothing back for long.

use super::{Client, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::io;
use std::time::Duration;

const APP: &str = "route GET \"/ok\" { \"ok\" }\nroute POST \"/echo\" { body }\n\
                   route GET \"/large\" { \"x\".repeat(6000000) }\n";

/// T2-06: a limit, and half as many connections more.
pub fn burst(lab: &mut Lab) -> Result<(), DriverError> {
    let (limit, excess) = if lab.is_full() { (1024, 500) } else { (32, 64) };
    let served = Served::start(APP, |config| config.server.connections_max = limit)?;
    served.settles(lab, "before");
    lab.channel.trying(format_args!("{limit} connections and {excess} more"));
    let mut held: Vec<Client> = Vec::new();
    for number in 0..limit {
        let mut client = served.client()?;
        expect(lab, &format!("connection {number}"), client.get("/ok"), 200);
        held.push(client);
    }
    let mut refused = Vec::new();
    for number in 0..excess {
        lab.channel.tried(1);
        let mut client = match served.client() {
            Ok(client) => client,
            Err(error) => {
                lab.channel.exhausted(format_args!("connection {number} beyond the limit: {error}"));
                return Ok(());
            }
        };
        // What it asks meets a closed door, or nobody: both are fine.
        let _ = client.send("GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = client.answer();
        let waits = answer.as_ref().is_ok_and(|answer| answer.head.contains("retry-after: "));
        if answer.as_ref().is_ok_and(|answer| answer.status == 503) && !waits {
            lab.channel.wrong("the refusal", "Retry-After", "none");
        }
        expect(lab, &format!("connection {number} beyond the limit"), answer, 503);
        refused.push(client);
    }
    if !refused.iter_mut().all(Client::is_closed) {
        lab.channel.exhausted("connections beyond the limit are kept");
    }
    drop(refused);
    for (number, client) in held.iter_mut().enumerate() {
        lab.channel.tried(1);
        expect(lab, &format!("connection {number} afterwards"), client.get("/ok"), 200);
    }
    drop(held);
    served.settles(lab, "after the burst");
    for _ in 0..limit {
        expect(lab, "after the burst", served.get("/ok"), 200);
    }
    served.stop(lab, "after the burst");
    Ok(())
}

fn expect(lab: &mut Lab, name: &str, answer: io::Result<super::Answer>, status: u16) {
    match answer {
        Ok(answer) if answer.status == status => {}
        Ok(answer) => lab.channel.wrong(name, status, answer),
        Err(error) => lab.channel.wrong(name, status, error),
    }
}

/// A way to be slow: what is sent at once, what byte by byte, and what the server says in the end.
struct Slow {
    name: &'static str,
    at_once: &'static str,
    slowly: &'static str,
    closes: bool,
    says: Option<u16>,
}

const fn slowly(name: &'static str, at_once: &'static str, slowly: &'static str, says: Option<u16>) -> Slow {
    Slow { name, at_once, slowly, closes: false, says }
}

const SLOW: [Slow; 9] = [
    slowly("nothing", "", "", None),
    slowly("a part of a head", "GET /ok HTTP/1.1\r\nHo", "", Some(408)),
    slowly("one byte", "G", "", Some(408)),
    slowly(
        "a head, byte by byte",
        "",
        "GET /ok HTTP/1.1\r\nHost: localhost\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaa",
        Some(408),
    ),
    slowly(
        "a part of a body",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nab",
        "",
        Some(408),
    ),
    slowly(
        "a body, byte by byte",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        Some(408),
    ),
    slowly(
        "chunks, byte by byte",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n63\r\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        Some(408),
    ),
    Slow {
        name: "half of a head, then half-closed",
        at_once: "GET /ok HTTP/1.1\r\nHo",
        slowly: "",
        closes: true,
        says: Some(400),
    },
    slowly("an answer that is not read", "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "", Some(0)),
];

/// T2-07: every way to be slow, as many at once as there are places, and then somebody else.
pub fn slow(lab: &mut Lab) -> Result<(), DriverError> {
    let limit = Duration::from_millis(200);
    let repeats = if lab.is_full() { 20 } else { 1 };
    let places = SLOW.len() + 1;
    let served = Served::start(APP, |config| {
        config.server.connections_max = u32::try_from(places).unwrap_or(u32::MAX);
        config.server.header_timeout = limit;
        config.server.request_timeout = limit;
        config.server.idle_timeout = limit;
    })?;
    served.settles(lab, "before");
    for _ in 0..repeats {
        let mut clients = Vec::new();
        for slow in &SLOW {
            lab.channel.trying(slow.name);
            let mut client = served.client()?;
            client.send(slow.at_once)?;
            if slow.closes {
                client.stream().shutdown(std::net::Shutdown::Write)?;
            }
            clients.push(client);
        }
        let mut idle = served.client()?;
        expect(lab, "before it idles", idle.get("/ok"), 200);
        let longest = SLOW.iter().map(|slow| slow.slowly.len()).max().unwrap_or(0);
        for at in 0..longest {
            for (slow, client) in SLOW.iter().zip(&mut clients) {
                // One that was closed on meanwhile says so when its answer is read.
                let _ = slow.slowly.get(at..=at).map(|byte| client.send(byte));
            }
            std::thread::sleep(limit / 16);
        }
        for (slow, client) in SLOW.iter().zip(&mut clients) {
            match slow.says {
                None if client.is_closed() => {}
                None => {
                    held_up(lab, slow.name);
                    return Ok(());
                }
                // The rest of it never comes.
                Some(0) => {}
                Some(status) => match client.answer() {
                    Ok(answer) if answer.status == status => {}
                    Ok(answer) => lab.channel.wrong(slow.name, status, answer),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        held_up(lab, slow.name);
                        return Ok(());
                    }
                    Err(error) => lab.channel.wrong(slow.name, status, error),
                },
            }
        }
        if !idle.is_closed() {
            held_up(lab, "an idle connection");
            return Ok(());
        }
        // Those that were told may still hold on; the server does not.
        served.settles_beside(lab, "with the slow ones still there", places as u64);
        drop((clients, idle));
        served.settles(lab, "after the slow ones");
    }
    served.stop(lab, "after the slow ones");
    Ok(())
}

/// A place that is not given back: with enough of them nobody is served any more.
fn held_up(lab: &mut Lab, name: &str) {
    lab.channel.exhausted(format_args!("{name}: its connection is held for as long as it likes"));
}
