//! What a server does when it is told to end: `flin start` as an operator's supervisor meets it.

use super::served::{Client, Served, eventually};
use super::*;
use rustix::process::Signal;

/// A handler that is under way until there is a file, a stream, a socket; and a handler that never ends.
const APP: &str = r#"
route GET "/slow" {
    write_file("begun", "")
    while !file_exists("go") { }
    long = "x".repeat(1000)
    for n in 1..300 { log.info("{n} of 300 {long}") }
    "finished"
}
route GET "/endless" {
    write_file("begun", "")
    while true { log.info("x".repeat(1000)) }
}
sse "/events" { emit "first"; wait 1h; emit "second" }
ws "/socket" {
    on message(data) { send(data) }
    on close { write_file("left", "") }
}
"#;
const CONFIG: &str =
    "[server]\nport = 0\ndrain_timeout = \"1h\"\n[vm]\ndeadline = \"1h\"\n[log]\nformat = \"json\"\n";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
/// The code 1001.
const GOING_AWAY: [u8; 2] = [3, 0xe9];

fn project() -> Project {
    Project::new(&[("app/index.flin", APP), ("flin.config", CONFIG), ("files/x", "")])
}

fn appears(project: &Project, name: &str) {
    eventually(name, || project.path().join("files").join(name).exists());
}

fn socket(served: &Served) -> Client {
    let mut socket = served.connect();
    socket.upgrade("/socket");
    socket.frame(TEXT, b"hello");
    assert_eq!(socket.framed(), (TEXT, b"hello".to_vec()));
    socket
}

fn is_told_1001(socket: &mut Client) {
    let (frame, payload) = socket.framed();
    assert!(frame == CLOSE && payload.starts_with(&GOING_AWAY), "{frame:x} {payload:?}");
}

/// Each line is an entry that was written to its end.
fn is_whole(log: &[String]) {
    for line in log {
        let entry: Result<serde_json::Value, _> = serde_json::from_str(line);
        assert!(line.ends_with('\n') && entry.is_ok(), "{line:?}");
    }
}

fn a_signal_lets_what_is_under_way_finish(signal: Signal) {
    let project = project();
    let served = Served::begin(&project, "start", ".");
    let (mut stream, mut slow, mut idle) = (served.connect(), served.connect(), served.connect());
    stream.request("/events");
    stream.until("data: first\n\n");
    let mut socket = socket(&served);
    assert_eq!(idle.get("/nothing").0, 404);
    slow.request("/slow");
    appears(&project, "begun");
    served.signal(signal);
    is_told_1001(&mut socket);
    socket.frame(CLOSE, &GOING_AWAY);
    assert_eq!(socket.rest(), "");
    // The server waits for its peer's end, too.
    drop(socket);
    appears(&project, "left");
    // The stream ends as an answer does, with its last chunk.
    assert!(stream.rest().ends_with("\r\n0\r\n\r\n"));
    assert_eq!(idle.rest(), "");
    served.refuses();
    // All that while the handler was at work.
    fs::write(project.path().join("files/go"), "").unwrap();
    let answer = slow.rest();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("finished"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{log:?}");
    is_whole(&log);
    assert!(log.last().unwrap().contains("300 of 300 "), "{log:?}");
}

#[test]
fn sigterm_lets_what_is_under_way_finish() {
    a_signal_lets_what_is_under_way_finish(Signal::TERM);
}

#[test]
fn sigint_lets_what_is_under_way_finish() {
    a_signal_lets_what_is_under_way_finish(Signal::INT);
}

#[test]
fn a_second_signal_ends_a_server_whatever_is_under_way() {
    let project = project();
    let served = Served::begin(&project, "start", ".");
    let (mut endless, mut socket) = (served.connect(), socket(&served));
    endless.request("/endless");
    appears(&project, "begun");
    served.signal(Signal::TERM);
    // The peer does not answer it, and the handler goes on for an hour: only the second signal can end them.
    is_told_1001(&mut socket);
    served.refuses();
    served.signal(Signal::TERM);
    assert_eq!((endless.rest(), socket.rest()), (String::new(), String::new()));
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{}", log.len());
    is_whole(&log);
}

#[test]
fn sigterm_from_the_first_connection_on_ends_in_order() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let config = format!("[server]\nport = {}\n", address.port());
    let project = Project::new(&[("app/index.flin", APP), ("flin.config", &config)]);
    for _ in 0..5 {
        let mut child = project.command(&["start", "."]).stdout(Stdio::null()).spawn().unwrap();
        eventually("it takes connections", || std::net::TcpStream::connect(address).is_ok());
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn sockets_of_peers_that_do_not_answer_are_closed_before_the_drain_ends() {
    let project = project();
    fs::write(
        project.path().join("flin.config"),
        CONFIG.replace("drain_timeout = \"1h\"", "drain_timeout = \"2s\""),
    )
    .unwrap();
    let served = Served::begin(&project, "start", ".");
    let silent = socket(&served);
    served.signal(Signal::TERM);
    assert_eq!(served.ended().0, Some(0));
    appears(&project, "left");
    drop(silent);
}
