//! X-08 through the server: endless handlers of every kind, while a small route keeps its latency.
//!
//! The client is open-loop: requests are due at fixed times, and a latency counts from then, sent late or not.

use super::{Client, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::thread;
use std::time::{Duration, Instant};

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/endless/0" { while true {} }
route GET "/endless/1" {
    s = "ab".repeat(20000)
    while true { s.matches(/(a|b|ab)*c/) }
}
route GET "/endless/2" {
    xs = range(0, 20000).map(i => i * 7919 % 20011)
    while true { xs.sort() }
}
route GET "/endless/3" {
    xs = range(0, 20000)
    while true { json_parse(json_stringify(xs)) }
}
route GET "/endless/4" {
    while true {
        xs = []
        for i in 0..2000 { xs.push([i]) }
    }
}
"#;
const KINDS: usize = 5;
/// A latency below this is as good as none.
const NOTHING: Duration = Duration::from_millis(2);

/// How much is tried.
struct Load {
    requests: u32,
    every: Duration,
    endless: usize,
    rounds: u32,
}

/// A small route, alone and then among endless ones; each of those ends with 503 at its deadline.
pub fn fairness(lab: &mut Lab) -> Result<(), DriverError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = if lab.is_full() {
        Load { requests: 10_000, every: Duration::from_millis(2), endless: cores * 4, rounds: 3 }
    } else {
        Load { requests: 150, every: Duration::from_millis(4), endless: cores * 4, rounds: 1 }
    };
    let total = load.every * load.requests;
    let served = Served::start(APP, |config| config.vm.deadline = total + Duration::from_millis(500))?;
    for _ in 0..load.rounds {
        lab.channel.trying("a small route, alone");
        let idle = percentile(&mut latencies(&served, &load)?);
        lab.channel.trying(format_args!("the same among {} endless ones", load.endless));
        let mut endless = Vec::new();
        for number in 0..load.endless {
            let mut client = served.client()?;
            let kind = number % KINDS;
            client.send(&format!("GET /endless/{kind} HTTP/1.1\r\nHost: a\r\n\r\n"))?;
            endless.push(client);
        }
        let busy = match latencies(&served, &load) {
            Ok(mut busy) => percentile(&mut busy),
            Err(error) => {
                lab.channel.wrong("a small route among endless ones", "an answer", error);
                return Ok(());
            }
        };
        lab.channel.tried(u64::from(load.requests) * 2);
        // On a machine that others use too, a few requests say nothing about a ratio; that all are served does.
        if lab.is_full() && busy > idle.max(NOTHING) * 10 {
            lab.channel.wrong(
                "the p99 of a small route",
                format_args!("10 times {idle:?}"),
                format_args!("{busy:?}"),
            );
        }
        for (number, client) in endless.iter_mut().enumerate() {
            client.stream().set_read_timeout(Some(total + super::PATIENCE))?;
            match client.answer() {
                Ok(answer) if answer.status == 503 && answer.body.contains("Timeout") => {}
                Ok(answer) => lab.channel.wrong(format_args!("endless {number}"), "503 Timeout", answer),
                Err(error) => lab.channel.wrong(format_args!("endless {number}"), "503 Timeout", error),
            }
        }
        drop(endless);
        served.settles(lab, "after the endless ones");
    }
    served.stop(lab, "after the endless ones");
    Ok(())
}

/// Latencies of an open-loop client with a few connections.
fn latencies(served: &Served, load: &Load) -> Result<Vec<Duration>, DriverError> {
    const CONNECTIONS: u32 = 4;
    let mut clients = (0..CONNECTIONS).map(|_| served.client()).collect::<Result<Vec<_>, _>>()?;
    let begin = Instant::now();
    let found = thread::scope(|scope| {
        let lanes: Vec<_> = (0..)
            .zip(&mut clients)
            .map(|(lane, client)| scope.spawn(move || one_lane(client, load, begin, lane, CONNECTIONS)))
            .collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into())))
            .collect::<Vec<_>>()
    });
    let mut all = Vec::new();
    for lane in found {
        all.extend(lane?);
    }
    Ok(all)
}

fn one_lane(
    client: &mut Client,
    load: &Load,
    begin: Instant,
    lane: u32,
    lanes: u32,
) -> std::io::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for number in (lane..load.requests).step_by(lanes as usize) {
        let due = begin + load.every * number;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let answer = client.get("/ok")?;
        if answer.status != 200 {
            return Err(std::io::Error::other(answer.to_string()));
        }
        latencies.push(due.elapsed());
    }
    Ok(latencies)
}

/// The 99th percentile.
fn percentile(latencies: &mut [Duration]) -> Duration {
    latencies.sort_unstable();
    latencies.get(latencies.len() * 99 / 100).copied().unwrap_or_default()
}
