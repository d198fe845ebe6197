//! The page on connections does not lie: every `flin` block of `docs/connections.md` is a file of an application, and the
//! `session` block behind it says what happens on it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use flin_runtime::app::application::Application;
use flin_runtime::app::live::{self, Socket};
use flin_runtime::app::router::Found;
use flin_runtime::app::script::End;
use flin_runtime::app::{MemoryHost, SourceFile};
use flin_runtime::check::Role;
use flin_runtime::config::Config;
use flin_runtime::record::{Inbound, Message};
use flin_runtime::value::Pool;
use flin_runtime::vm::Effect;
use flin_runtime::vm::exchange::SocketEvent;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = include_str!("../docs/connections.md");

/// Blocks of code, each with its session.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for part in PAGE.split("```flin\n").skip(1) {
        let (code, rest) = part.split_once("```\n").unwrap();
        let session =
            rest.strip_prefix("```session\n").unwrap_or_else(|| panic!("no session behind\n{code}"));
        found.push((code, session.split_once("```").unwrap().0));
    }
    found
}

fn request(path: &str) -> Inbound {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Inbound {
        method: "GET".to_owned(),
        url: path.to_owned(),
        path: bare.to_owned(),
        query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ..Inbound::default()
    }
}

fn shown(message: &Message) -> String {
    match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        }),
    }
}

/// What was said since the last line, and how it ended.
fn said(host: &mut MemoryHost, end: &End, what: &str) -> String {
    let mut out = String::new();
    for line in std::mem::take(&mut host.output).lines() {
        writeln!(out, "< prints {line}").unwrap();
    }
    for effect in host.said.drain(..) {
        match effect {
            Effect::Send(message) => writeln!(out, "< {}", shown(&message)),
            Effect::Join(room) => writeln!(out, "< joins {room}"),
            Effect::Leave(room) => writeln!(out, "< leaves {room}"),
            Effect::Broadcast { room, message } => writeln!(out, "< {room}: {}", shown(&message)),
            Effect::Emit { event: Some(event), data } => writeln!(out, "< event {event}: {data}"),
            Effect::Emit { event: None, data } => writeln!(out, "< event: {data}"),
            Effect::Wait(millis) => writeln!(out, "< waits {millis} ms"),
            other => panic!("{other:?}"),
        }
        .unwrap();
    }
    match end {
        End::Done => {}
        End::Uncaught(error) => writeln!(out, "< {what}: {}", error.kind).unwrap(),
        other => writeln!(out, "< {what}: {other:?}").unwrap(),
    }
    out
}

fn play(code: &str, session: &str) -> String {
    let files = [SourceFile::in_memory("app/example.flin", Role::App, code)];
    let app = Application::of_files(&files, Config::default(), Path::new(""), &Pool::new(1 << 30)).unwrap();
    let mut host = MemoryHost::default();
    let mut socket = None;
    let mut jobs = app.jobs().map(|(index, _)| index);
    let mut out = String::new();
    for line in session.lines() {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let event = match what {
            "connect" => {
                socket = Some(Socket::open(&app, request(rest), &mut host).unwrap());
                SocketEvent::Open
            }
            "text" => SocketEvent::Message(Message::Text(rest.into())),
            "bytes" => {
                let digits: Vec<char> = rest.chars().collect();
                let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
                SocketEvent::Message(Message::Binary(digits.chunks(2).map(byte).collect()))
            }
            "close" => SocketEvent::Close,
            "get" => {
                let Found::Endpoint(found) = app.find("GET", rest) else { panic!("nothing at {rest}") };
                let inbound = Inbound { params: found.params, ..request(rest) };
                let (_, end) = live::stream(&app, found.endpoint, inbound, &mut host).unwrap();
                write!(out, "{line}\n{}", said(&mut host, &end, "fails")).unwrap();
                continue;
            }
            "job" => {
                let end = live::job(&app, jobs.next().unwrap(), &mut host).unwrap();
                write!(out, "{line}\n{}", said(&mut host, &end, "fails")).unwrap();
                continue;
            }
            _ => continue,
        };
        let dealt = socket.as_mut().unwrap().happen(event, &mut host);
        write!(out, "{line}\n{}", said(&mut host, &dealt.end, "closes")).unwrap();
    }
    out
}

#[test]
fn every_session_goes_as_the_page_says() {
    let examples = examples();
    assert!(examples.len() >= 5);
    for (code, session) in examples {
        assert_eq!(play(code, session), session, "{code}");
    }
}
