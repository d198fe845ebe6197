//! Raw bytes on real sockets to the real server, which runs in this process: what must come back, in which order, and
//! whether the connection serves on.
//!
//! Invariants:
//!
//! - Whatever the server says is well-formed HTTP, as the independent reader reads it, and nothing follows it.
//! - Whatever it logs meanwhile is one line for each entry, without control characters.
//! - At the end another client is answered in time, and connections, descriptors and leased memory are back where they
//!   were before the first exchange.

pub mod client;
pub mod host;
pub mod log;
pub mod sequence;

use super::DriverError;
use crate::catalogue::exchange::{Answers, Exchange, Sending, Then};
use crate::catalogue::{Driver, Entry};
use crate::harness::{Channel, Size};
use crate::oracle::http::Response;
use client::{Client, Heard, Said};
use host::Host;
use log::Log;

/// What a sweep works with.
#[derive(Debug)]
pub struct Stand<'a> {
    /// The server.
    pub host: &'a Host,
    /// To the parent.
    pub channel: &'a mut Channel,
    /// How much is tried.
    pub size: Size,
}

type Sweep = fn(&mut Stand);

const SWEEPS: &[(&str, Sweep)] = &[
    ("http-cut-everywhere", sequence::cut_everywhere),
    ("http-pipelined", sequence::pipelined),
    ("http-never-reads", sequence::never_reads),
];

/// More failures than this say nothing new.
const FAILURES_MAX: usize = 5;

/// Tries the exchanges and sweeps of the vector on a server of its own.
pub fn run(entry: &Entry, size: Size, channel: &mut Channel) -> Result<(), DriverError> {
    let vector = &entry.vector;
    let log = Log::kept();
    let host = Host::start(&vector.server)?;
    let before = host.levels().ok_or_else(|| DriverError::Server { why: "it does not answer".to_owned() })?;
    let mut failures = 0;
    for exchange in vector.exchange.iter().filter(|exchange| size == Size::Full || !exchange.full_only) {
        for sending in exchange.sendings(size)? {
            if failures >= FAILURES_MAX {
                break;
            }
            channel.trying(&sending.name);
            let heard = converse(&host, exchange, &sending);
            if let Err((expected, found)) = heard.and_then(|heard| judge(exchange, &sending, &heard)) {
                failures += 1;
                channel.wrong(&sending.name, expected, found);
            }
        }
    }
    // Those of any other driver ran before.
    let own = matches!(vector.driver, Driver::Http | Driver::Socket);
    for wanted in vector.sweep.iter().filter(|sweep| own && (size == Size::Full || !sweep.full_only)) {
        let found = SWEEPS.iter().find(|(known, _)| *known == wanted.name);
        let (_, sweep) = found.ok_or_else(|| DriverError::UnknownSweep { name: wanted.name.clone() })?;
        sweep(&mut Stand { host: &host, channel, size });
    }
    match host.levels_return_to(&before) {
        Ok(()) => {}
        Err(host::Unlike::Silent) => {
            channel.wrong("another client at the end", "an answer in time", "none");
        }
        Err(host::Unlike::Held(what)) => channel.leaked(what),
    }
    drop(host);
    for (expected, found) in log::faults(&log.text(), &vector.server.log).into_iter().take(FAILURES_MAX) {
        channel.wrong("the log", expected, found);
    }
    Ok(())
}

/// What was expected, and what was found instead.
type Mismatch = (String, String);

fn converse(host: &Host, exchange: &Exchange, sending: &Sending) -> Result<Heard, Mismatch> {
    let ordinary = || "a connection".to_owned();
    let mut client = Client::connect(host.address()).map_err(|error| (ordinary(), error.to_string()))?;
    let pieces = exchange.pieces.unwrap_or(sending.bytes.len());
    let said = Said { bytes: &sending.bytes, pieces, half_close: exchange.half_close };
    let wanted = sending.status.len();
    let heard = client.say(&said, wanted, exchange.bodiless);
    if exchange.expect.then == Then::Open && heard.complaint.is_none() && !heard.ended {
        client.goes_on().map_err(|found| ("a connection that serves on".to_owned(), found))?;
    }
    Ok(if exchange.expect.then == Then::Close { client.rest(heard) } else { heard })
}

fn judge(exchange: &Exchange, sending: &Sending, heard: &Heard) -> Result<(), Mismatch> {
    let expect = &exchange.expect;
    let found = |heard: &Heard| {
        let shown = heard.responses.last().map(Response::text).unwrap_or_default();
        let end = if heard.ended { "closed" } else { "open" };
        let complaint = heard.complaint.as_deref().unwrap_or("");
        format!("{:?} {end} {complaint} {shown:?}", heard.statuses())
    };
    let same = |statuses: &[u16]| {
        let Some((last, before)) = sending.status.split_last() else { return statuses.is_empty() };
        let Some((found, earlier)) = statuses.split_last() else { return false };
        earlier == before && (found == last || expect.or.contains(found))
    };
    if heard.complaint.is_some() || !same(&heard.statuses()) {
        return Err((format!("{:?}", sending.status), found(heard)));
    }
    if expect.then == Then::Close && !heard.ended {
        return Err(("the connection closed".to_owned(), found(heard)));
    }
    if let Some(last) = heard.responses.last() {
        body(expect, last).map_err(|expected| (expected, found(heard)))?;
        if last.status >= 400 && last.body.len() > 4096 {
            return Err(("a small page".to_owned(), format!("{} bytes", last.body.len())));
        }
    }
    Ok(())
}

/// What the last answer lacks.
fn body(expect: &Answers, last: &Response) -> Result<(), String> {
    if let Some(wanted) = expect.body.as_ref().filter(|wanted| **wanted != last.text()) {
        return Err(format!("the body {wanted:?}"));
    }
    if let Some(wanted) = expect.contains.as_ref().filter(|wanted| !last.text().contains(*wanted)) {
        return Err(format!("a body that contains {wanted:?}"));
    }
    for (name, wanted) in &expect.fields {
        if !last.values(name).iter().any(|value| value.contains(wanted.as_str())) {
            return Err(format!("{name}: {wanted}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn every_sweep_over_http_that_a_vector_names_exists_and_each_is_named() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let over_http = catalogue.entries.iter().filter(|entry| entry.vector.driver == Driver::Http);
        let named: Vec<&str> =
            over_http.flat_map(|entry| entry.vector.sweep.iter().map(|sweep| sweep.name.as_str())).collect();
        for name in &named {
            assert!(SWEEPS.iter().any(|(known, _)| known == name), "{name}");
        }
        for (name, _) in SWEEPS {
            assert!(named.contains(name), "no vector names {name}");
        }
    }
}
