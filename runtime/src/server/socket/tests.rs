//! Real sockets on loopback: raw frames in, raw frames out.

use crate::config::Config;
use crate::server::metrics::Entry;
use crate::server::tests::{app, app_of, ask, config, get, options, rest, status};
use crate::server::{Options, Point, Probe, Running, Server};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

const APP: &str = r#"
ws "/echo" {
    on text(raw) { send(raw) }
    on binary(data) { send(data) }
}
ws "/chat/:room" {
    who = query.who
    on connect { join(params.room); send("hello {who}") }
    on message(data) {
        if data is map && data.text { broadcast(params.room, { who, text: data.text }) }
        else if data == "close" { send("bye"); close() }
        else if data == "last" { close(); for i in 1..300000 { i }; send("at last") }
        else if data == "leave" { leave(params.room) }
        else if data == "loop" { while true { } }
        else if data == "flood" { for i in 1..2000 { send("{i}") } }
        else { send(1 / data) }
    }
    on close { broadcast("log", "{who} left") }
}
ws "/log" { on connect { join("log") } }
route GET "/say/:room" { broadcast(params.room, params.room.repeat(1000)); "said" }
route GET "/hello" { "hello" }
"#;

fn start_with(config: Config, options: Options) -> Running {
    Server::start(app(APP, config), options).unwrap()
}

fn start() -> Running {
    start_with(config(), options())
}

struct Client(TcpStream);

/// Opcode and payload.
type Frame = (u8, Vec<u8>);

impl Client {
    fn open(running: &Running, path: &str) -> Self {
        Self::opened(running, path).0
    }

    /// With the head of the answer.
    fn opened(running: &Running, path: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(running.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        (Self(stream), head)
    }

    fn send(&mut self, head: u8, payload: &[u8]) {
        self.0.write_all(&masked(head, payload)).unwrap();
    }

    fn say(&mut self, text: &str) {
        self.send(0x81, text.as_bytes());
    }

    fn frame(&mut self) -> Frame {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let len = match head[1] {
            126 => {
                let mut len = [0; 2];
                self.0.read_exact(&mut len).unwrap();
                usize::from(u16::from_be_bytes(len))
            }
            len => usize::from(len),
        };
        let mut payload = vec![0; len];
        self.0.read_exact(&mut payload).unwrap();
        (head[0], payload)
    }

    fn heard(&mut self) -> String {
        let (head, payload) = self.frame();
        assert_eq!(head, 0x81, "{payload:?}");
        String::from_utf8(payload).unwrap()
    }

    /// The code of a close frame, behind which the connection ends.
    fn closed(mut self) -> u16 {
        loop {
            let (head, payload) = self.frame();
            if head == 0x88 {
                let mut rest = Vec::new();
                self.0.shutdown(std::net::Shutdown::Write).unwrap();
                self.0.read_to_end(&mut rest).unwrap();
                assert_eq!(rest, b"", "nothing behind the close frame");
                return payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
            }
        }
    }
}

fn masked(head: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut frame = vec![head];
    if let Ok(len @ 0..=125) = u8::try_from(payload.len()) {
        frame.push(0x80 | len);
    } else {
        frame.push(0xFE);
        frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// K5
#[test]
fn what_was_asked_before_a_close_or_a_fault_is_answered_before_it() {
    let running = start();
    let reserved = masked(0xC1, b"reserved bit");
    let going = masked(0x88, &1000_u16.to_be_bytes());
    for (end, code) in [(&reserved, 1002), (&going, 1000)] {
        let mut client = Client::open(&running, "/echo");
        client.0.write_all(&[masked(0x81, b"one"), masked(0x81, b"two"), end.clone()].concat()).unwrap();
        assert_eq!((client.heard(), client.heard()), ("one".to_owned(), "two".to_owned()));
        assert_eq!(client.closed(), code);
        // What it says when it is opened, too.
        let mut client = Client::open(&running, "/chat/red?who=Ada");
        client.0.write_all(end).unwrap();
        assert_eq!(client.heard(), "hello Ada");
        assert_eq!(client.closed(), code);
    }
    running.stop();
}

/// K5: that it has nothing more to say does not take the last word from it.
#[test]
fn a_peer_that_closes_and_ends_its_side_is_still_told() {
    let running = start();
    let going = masked(0x88, &1000_u16.to_be_bytes());
    for _ in 0..50 {
        let mut client = Client::open(&running, "/echo");
        client.0.write_all(&[masked(0x81, b"one"), going.clone()].concat()).unwrap();
        client.0.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        client.0.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [&[0x81, 3][..], b"one", &[0x88, 2, 3, 232]].concat());
    }
    running.stop();
}

/// K5, K3
#[test]
fn a_handler_without_end_does_not_keep_a_peer_that_broke_a_rule() {
    let running = start();
    let mut client = Client::open(&running, "/chat/red?who=Ada");
    assert_eq!(client.heard(), "hello Ada");
    client.0.write_all(&[masked(0x81, b"loop"), masked(0xC1, b"reserved bit")].concat()).unwrap();
    assert_eq!(client.closed(), 1002);
    running.stop();
}

/// K2: the execution is where a disk is read when its time is over.
#[test]
fn a_socket_whose_time_ends_in_the_store_closes_in_order() {
    let source = r#"
entity Row { n: int }
ws "/s" {
    row = Row { n: 0 }
    on connect {
        for i in 1..5 { row.n = i; save row }
        while true { row.history }
    }
    on close { broadcast("log", "closed") }
}
ws "/log" { on connect { join("log") } }
"#;
    let mut config = config();
    config.vm.deadline = Duration::from_millis(200);
    let running = Server::start(app(source, config), options()).unwrap();
    let mut log = Client::open(&running, "/log");
    for _ in 0..5 {
        assert_eq!(Client::open(&running, "/s").closed(), 1011);
        assert_eq!(log.heard(), "closed");
    }
    let recent = running.shared().errors().recent();
    assert!(recent.len() == 5 && recent.iter().all(|error| error.kind == "Timeout"), "{recent:?}");
    // The round that takes the time is named.
    assert!(recent.iter().all(|error| error.chain[0].contains("index.flin:7:")), "{recent:?}");
}

#[test]
fn what_the_program_gave_to_the_answer_goes_along_and_nothing_after_it() {
    let around = r#"middleware {
    answer = next()
    response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
    response.headers["X-Kind"] = "socket"
    answer
}"#;
    let source = r#"
set_cookie("seen", "yes")
session.count = 1
ws "/s" { on connect { send((try set_cookie("late", "x")).message) } }
"#;
    let files = [("app/_middleware.flin", around), ("app/index.flin", source)];
    let running = Server::start(app_of(&files, config()), options()).unwrap();
    let (mut client, head) = Client::opened(&running, "/s");
    for line in [
        "x-kind: socket",
        "set-cookie: seen=yes",
        "set-cookie: flin_session=",
        "x-content-type-options: nosniff",
        "x-request-id: ",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(!head.to_lowercase().contains("extensions"), "the client asked for none: {head}");
    assert!(client.heard().starts_with("set_cookie comes too late"));
}

#[test]
fn messages_go_to_and_fro() {
    let running = start();
    let mut client = Client::open(&running, "/echo");
    client.say("héllo");
    assert_eq!(client.heard(), "héllo");
    client.send(0x82, &[0, 255]);
    assert_eq!(client.frame(), (0x82, vec![0, 255]));
    client.send(0x01, b"in ");
    client.send(0x89, b"ping");
    client.send(0x80, b"parts");
    assert_eq!(client.frame(), (0x8A, b"ping".to_vec()));
    assert_eq!(client.heard(), "in parts");
    client.send(0x88, b"\x03\xE8");
    assert_eq!(client.closed(), 1000);
    assert_eq!(status(&get(&running, "/hello")), "200");
}

/// RFC 6455 5.5.1-d
#[test]
fn rooms_reach_their_members_and_close_runs_once() {
    let running = start();
    let mut log = Client::open(&running, "/log");
    let mut ada = Client::open(&running, "/chat/blue?who=ada");
    assert_eq!(ada.heard(), "hello ada");
    let mut bo = Client::open(&running, "/chat/blue?who=bo");
    assert_eq!(bo.heard(), "hello bo");
    ada.say(r#"{"text": "hi"}"#);
    let said = r#"{"who":"ada","text":"hi"}"#;
    assert_eq!((ada.heard().as_str(), bo.heard().as_str()), (said, said));
    ada.say("leave");
    ada.say("1");
    assert_eq!(ada.heard(), "1");
    assert_eq!(status(&get(&running, "/say/blue")), "200");
    assert_eq!(bo.heard().len(), 4000);
    // One says so, one breaks a rule, one is simply gone: all of them have left.
    ada.say("close");
    assert_eq!((ada.heard().as_str(), ada.closed()), ("bye", 1000));
    assert_eq!(log.heard(), "ada left");
    bo.send(0x83, b"");
    assert_eq!(bo.closed(), 1002);
    assert_eq!(log.heard(), "bo left");
    drop(Client::open(&running, "/chat/blue?who=cy"));
    assert_eq!(log.heard(), "cy left");
}

#[test]
fn close_runs_behind_a_deadline_too() {
    let mut config = config();
    config.vm.deadline = Duration::from_millis(50);
    let running = start_with(config, options());
    let mut log = Client::open(&running, "/log");
    let mut ada = Client::open(&running, "/chat/a?who=ada");
    assert_eq!(ada.heard(), "hello ada");
    ada.say("loop");
    assert_eq!(ada.closed(), 1011);
    assert_eq!(log.heard(), "ada left");
}

#[test]
fn what_a_handler_says_behind_its_close_is_heard_and_nothing_after_it() {
    let running = start();
    let mut client = Client::open(&running, "/chat/a?who=ada");
    assert_eq!(client.heard(), "hello ada");
    client.say(r#""last""#);
    client.say("2");
    assert_eq!(client.heard(), "at last");
    assert_eq!(client.closed(), 1000);
}

#[test]
fn what_ends_a_socket_says_why() {
    let mut config = config();
    config.vm.deadline = Duration::from_millis(50);
    config.server.body_bytes_max = 1000;
    let running = start_with(config, options());
    let code = |act: &dyn Fn(&mut Client)| {
        let mut client = Client::open(&running, "/chat/a?who=x");
        act(&mut client);
        client.closed()
    };
    assert_eq!(code(&|client| client.say("0")), 1011, "an error that nothing caught");
    assert_eq!(code(&|client| client.say("loop")), 1011, "a deadline");
    assert_eq!(code(&|client| client.send(0x82, b"x")), 1003, "bytes that nobody takes");
    assert_eq!(code(&|client| client.send(0x81, b"\xFF")), 1007);
    assert_eq!(code(&|client| client.send(0x82, &[0; 1001])), 1009);
    assert_eq!(code(&|client| client.send(0x91, b"")), 1002);
    assert_eq!(status(&get(&running, "/hello")), "200");
}

#[test]
fn what_asks_for_no_socket_gets_an_answer() {
    let running = start();
    assert_eq!(status(&get(&running, "/echo")), "426");
    let with = |header: &str| {
        let request = format!("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n");
        status(&ask(&running, &request)).to_owned()
    };
    assert_eq!(with("Upgrade: websocket\r\n"), "426");
    let foreign = format!("GET /echo HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n{UPGRADE}\r\n");
    let mut stream = TcpStream::connect(running.addr()).unwrap();
    stream.write_all(foreign.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(status(&rest(&mut stream)), "403");
}

/// X-02, K4
#[test]
fn x_02_a_panic_in_a_message_ends_that_socket_alone() {
    let armed = Arc::new(AtomicBool::new(false));
    let probe = {
        let armed = Arc::clone(&armed);
        Probe::new(move |point| {
            let bites = point == Point::Message && armed.swap(false, Ordering::AcqRel);
            assert!(!bites, "injected, and nobody's business");
        })
    };
    let running = start_with(config(), Options { probe, ..options() });
    let (mut one, mut other) = (Client::open(&running, "/echo"), Client::open(&running, "/echo"));
    for client in [&mut one, &mut other] {
        client.say("before");
        assert_eq!(client.heard(), "before");
    }
    armed.store(true, Ordering::Release);
    one.say("x");
    assert_eq!(one.closed(), 1011);
    other.say("after");
    assert_eq!(other.heard(), "after");
    assert_eq!(running.shared().metrics().panics(Entry::Socket), 1);
    assert_eq!(status(&get(&running, "/hello")), "200");
}

/// K3, X-13
#[test]
fn x_13_a_peer_that_does_not_read_is_closed_and_the_others_hear_on() {
    let running = start();
    let slow = Client::open(&running, "/chat/room?who=slow");
    let mut quick = Client::open(&running, "/chat/room?who=quick");
    assert_eq!(quick.heard(), "hello quick");
    // 4 KB each: more than the buffers of the system and the queue together take.
    for _ in 0..4000 {
        assert_eq!(status(&get(&running, "/say/room")), "200");
        assert_eq!(quick.heard().len(), 4000);
        if running.shared().levels().room_members == 1 {
            break;
        }
    }
    assert_eq!(running.shared().levels().room_members, 1, "only one is left in the room");
    drop(slow);
}

#[test]
fn a_peer_that_reads_hears_everything_however_quickly_it_is_said() {
    let running = start();
    let mut client = Client::open(&running, "/chat/a?who=x");
    assert_eq!(client.heard(), "hello x");
    client.say("flood");
    for n in 1..=2000 {
        assert_eq!(client.heard(), n.to_string());
    }
}

/// K3
#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut config = config();
    config.server.idle_timeout = Duration::from_millis(100);
    let running = start_with(config, options());
    let mut client = Client::open(&running, "/log");
    assert_eq!(client.frame(), (0x89, Vec::new()));
    assert_eq!(client.closed(), 1001);
}

#[test]
fn a_server_that_stops_says_so() {
    let running = start();
    let mut client = Client::open(&running, "/chat/a?who=x");
    assert_eq!(client.heard(), "hello x");
    running.stop();
    assert_eq!(client.closed(), 1001);
    running.wait().unwrap();
}

/// K6
#[test]
fn what_waits_when_the_server_stops_is_not_begun() {
    let begun = Arc::new(AtomicU32::new(0));
    let probe = {
        let begun = Arc::clone(&begun);
        Probe::new(move |point| {
            begun.fetch_add(u32::from(point == Point::Message), Ordering::AcqRel);
        })
    };
    let source = r#"
ws "/until" {
    on message(m) { send(m); while !file_exists("go") {} }
    on close { write_file("closed", "in order") }
}
"#;
    let app = app(source, config());
    let files = app.root.join("files");
    std::fs::create_dir(&files).unwrap();
    let running = Server::start(app, Options { probe, ..options() }).unwrap();
    let mut client = Client::open(&running, "/until");
    let together: Vec<u8> = ["a", "b", "c"].iter().flat_map(|text| masked(0x81, text.as_bytes())).collect();
    client.0.write_all(&together).unwrap();
    assert_eq!(client.heard(), "a");
    running.stop();
    std::fs::write(files.join("go"), "").unwrap();
    assert_eq!(client.closed(), 1001);
    running.wait().unwrap();
    assert_eq!(std::fs::read_to_string(files.join("closed")).unwrap(), "in order");
    assert_eq!(begun.load(Ordering::Acquire), 3, "its opening, one message and its close");
}
