//! Sessions that are replayed, aged or changed on their way, pages of other sites, and many who come often (X-18).

use super::{Answer, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::app::http::{Rate, RateLimits, Sessions};
use flin_runtime::app::machine;
use flin_runtime::record::{Inbound, Outbound, SessionChange};
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/in" { session.user = 7; "in" }
route GET "/more" { session.more = "more"; "more" }
route GET "/who" { "user {session.user ?? "nobody"}" }
route GET "/out" { session.clear(); "out" }
route GET "/token" { csrf_token() }
route POST "/change" {
    guard csrf
    "changed"
}
ws "/echo" { on text(raw) { send(raw) } }
"#;
const COOKIE: &str = "flin_session=";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What a server remembers of clients, whatever comes.
const CLIENTS_MAX: usize = 16_384;

/// X-18: all of them.
pub fn sessions(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |_| {})?;
    replayed(lab, &served)?;
    aged(lab, &served)?;
    changed(lab, &served)?;
    other_sites(lab, &served)?;
    many_clients(lab);
    served.settles(lab, "after sessions");
    served.stop(lab, "after sessions");
    Ok(())
}

fn ask(served: &Served, line: &str, cookie: &str, headers: &str) -> io::Result<Answer> {
    let mut client = served.client()?;
    client
        .send(&format!("{line} HTTP/1.1\r\nHost: localhost\r\nCookie: {COOKIE}{cookie}\r\n{headers}\r\n"))?;
    client.answer()
}

/// The session's cookie that an answer sets.
fn cookie(answer: &Answer) -> Result<String, DriverError> {
    // The head is in lower case, and a sealed session is not: it is asked for as it was written.
    let set = answer.sent.lines().find_map(|line| line.split_once(COOKIE).map(|(_, value)| value));
    let value = set.and_then(|value| value.split(';').next()).map(ToOwned::to_owned);
    value.ok_or_else(|| DriverError::Sample { why: format!("no session was set: {answer}") })
}

fn signed_in(served: &Served) -> Result<String, DriverError> {
    cookie(&ask(served, "GET /in", "", "")?)
}

fn belongs_to(
    lab: &mut Lab,
    served: &Served,
    name: &str,
    cookie: &str,
    user: &str,
) -> Result<(), DriverError> {
    lab.channel.trying(name);
    let answer = ask(served, "GET /who", cookie, "")?;
    if answer.status != 200 || answer.body != format!("user {user}") {
        lab.channel.wrong(name, format_args!("user {user}"), answer);
    }
    Ok(())
}

/// Copies of a session that was ended: the newest, and one older than its last change.
fn replayed(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let older = signed_in(served)?;
    let newer = cookie(&ask(served, "GET /more", &older, "")?)?;
    let bystander = signed_in(served)?;
    for copy in [&older, &newer] {
        belongs_to(lab, served, "a session that goes on", copy, "7")?;
    }
    ask(served, "GET /out", &newer, "")?;
    for copy in [&older, &newer] {
        belongs_to(lab, served, "a copy of a session that was ended", copy, "nobody")?;
    }
    belongs_to(lab, served, "somebody else's session", &bystander, "7")
}

/// Sessions that this very project sealed, longer ago than they live.
fn aged(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let sample = |why: &dyn std::fmt::Display| DriverError::Sample { why: why.to_string() };
    let now = machine::now_millis();
    let sessions = Sessions::open(served.store_folder(), [7; 32], now).map_err(|why| sample(&why))?;
    for (name, days, user) in [
        ("a session of 13 days ago", 13, "7"),
        ("a session of 14 days ago", 14, "nobody"),
        ("a session of a year ago", 365, "nobody"),
    ] {
        let then = now.saturating_sub(days * DAY_MS);
        let visit = sessions.visit(&mut Inbound::default(), then);
        let session = SessionChange::Set("{\"user\":7}".to_owned());
        let outbound = Outbound { session, ..Outbound::default() };
        let set = sessions.set_cookies(&visit, &outbound, then).map_err(|why| sample(&why))?;
        let sealed = set.first().and_then(|set| set.strip_prefix(COOKIE)).unwrap_or_default();
        belongs_to(lab, served, name, sealed.split(';').next().unwrap_or_default(), user)?;
    }
    Ok(())
}

/// One character changed, at every place; cut; doubled; two halves of two.
fn changed(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let (sealed, other) = (signed_in(served)?, signed_in(served)?);
    for at in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8_lossy(&bytes).into_owned();
        belongs_to(lab, served, "a session with one character changed", &forged, "nobody")?;
    }
    let half = sealed.len() / 2;
    for forged in [&sealed[..half], &sealed[half..], &format!("{sealed}{sealed}"), &format!("{sealed}A")] {
        belongs_to(lab, served, "a session that was cut or joined", forged, "nobody")?;
    }
    let mixed = format!("{}{}", &sealed[..half], &other[half..]);
    belongs_to(lab, served, "halves of two sessions", &mixed, "nobody")?;
    belongs_to(lab, served, "the session itself", &sealed, "7")
}

/// Pages of other sites: no change without the token of this very session, no socket.
fn other_sites(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let (one, other) = (signed_in(served)?, signed_in(served)?);
    let token = |cookie: &str| ask(served, "GET /token", cookie, "").map(|answer| answer.body);
    let (own, foreign) = (token(&one)?, token(&other)?);
    let anonymous = token("")?;
    for (name, token, status) in [
        ("a change with the session's token", &own, 200),
        ("a change with another session's token", &foreign, 403),
        ("a change with the token of no session", &anonymous, 403),
        ("a change with a token in capitals", &own.to_uppercase(), 403),
    ] {
        lab.channel.trying(name);
        let headers = format!("X-CSRF-Token: {token}\r\nContent-Length: 0\r\n");
        let answer = ask(served, "POST /change", &one, &headers)?;
        if answer.status != status {
            lab.channel.wrong(name, status, answer);
        }
    }
    for (origin, status) in [
        ("http://localhost", 101),
        ("http://evil.example", 403),
        ("https://localhost:1", 403),
        ("http://localhost.evil.example", 403),
        ("null", 403),
        ("", 403),
    ] {
        lab.channel.trying(format_args!("a socket for a page of {origin:?}"));
        let headers = format!(
            "Origin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        let answer = ask(served, "GET /echo", &one, &headers)?;
        if answer.status != status {
            lab.channel.wrong(format_args!("a socket for a page of {origin:?}"), status, answer);
        }
    }
    Ok(())
}

/// More clients than anybody has, each often enough to be refused: what is remembered of them stays small.
fn many_clients(lab: &mut Lab) {
    let clients: u32 = if lab.is_full() { 1_000_000 } else { 50_000 };
    lab.channel.trying(format_args!("{clients} clients"));
    let (limits, rate) = (RateLimits::default(), Rate { count_max: 1, window: Duration::from_mins(1) });
    for client in 0..clients {
        let client = Ipv4Addr::from_bits(client.saturating_add(1)).into();
        let passed = [(); 2].map(|()| limits.pass(client, 1, rate, Duration::ZERO).is_ok());
        if passed != [true, false] {
            return lab.channel.wrong("a client twice in a minute", "once", format_args!("{passed:?}"));
        }
    }
    if limits.clients() > CLIENTS_MAX {
        lab.channel.wrong("clients that are remembered", CLIENTS_MAX, limits.clients());
    }
}
