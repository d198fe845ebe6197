//! Clients that vanish from what stays open: streams of events, sockets, and the rooms that these are in.

use super::super::socket::{Socket, masked};
use super::super::{Client, NEVER, PATIENCE, Served, within};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::io;
use std::thread;

const APP: &str = r#"
route GET "/ok" { "ok" }
route GET "/say" { broadcast("room", "x".repeat(100000)); "said" }
sse "/late" { wait 1h; emit 1 }
sse "/two" { emit 1; wait 1h; emit 2 }
sse "/ever" { while true { emit "x".repeat(100000) } }
sse "/endless" { emit 1; while true {} }
ws "/echo" { on text(raw) { send(raw) } }
ws "/work" { on text(raw) { n = 0; for i in 0..20000 { n += i }; send("{n}") } }
ws "/room" { on connect { join("room") } }
"#;

/// Whoever vanishes when it is dropped.
#[expect(dead_code, reason = "only held")]
enum Peer {
    Stream(Client),
    Socket(Socket),
}

type Moment = fn(&Served) -> io::Result<Peer>;

/// It goes on for seconds when its client only ends its side: at the quick size no client does.
const COMPUTES: &str = "a stream that computes its next event";

/// Every moment, and how a client comes to it.
const MOMENTS: [(&str, Moment); 13] = [
    ("a stream that was just asked for", |served| stream(served, "/late", "")),
    ("a stream before its first event", |served| stream(served, "/late", "\r\n\r\n")),
    ("a stream between two events", |served| stream(served, "/two", "data: 1\n\n")),
    ("a stream inside an event", |served| stream(served, "/ever", "data: xxx")),
    (COMPUTES, |served| stream(served, "/endless", "data: 1\n\n")),
    ("a socket inside its handshake", |served| {
        let mut client = served.client()?;
        client
            .send("GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-We")?;
        Ok(Peer::Stream(client))
    }),
    ("a silent socket", |served| socket(served, "/echo", &[])),
    ("a socket inside a frame's head", |served| socket(served, "/echo", &[0x81, 0xFE])),
    ("a socket inside a frame", |served| socket(served, "/echo", &masked(0x81, &[b'a'; 100])[..50])),
    ("a socket between the parts of a message", |served| socket(served, "/echo", &masked(0x01, b"half"))),
    ("a socket whose message is dealt with", |served| socket(served, "/work", &masked(0x81, b"go"))),
    ("a socket with answers unread", |served| {
        socket(served, "/echo", &masked(0x81, &[b'a'; 10_000]).repeat(20))
    }),
    ("a socket inside its closing", |served| socket(served, "/echo", &masked(0x88, &[3, 232]))),
];

fn stream(served: &Served, path: &str, heard: &str) -> io::Result<Peer> {
    let mut client = served.client()?;
    client.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))?;
    if !heard.is_empty() {
        client.hear(heard)?;
    }
    Ok(Peer::Stream(client))
}

fn socket(served: &Served, path: &str, said: &[u8]) -> io::Result<Peer> {
    let mut socket = Socket::open(served, path)?;
    socket.send(said)?;
    Ok(Peer::Socket(socket))
}

/// Several at each moment, all at once.
pub(super) fn vanish(lab: &mut Lab) -> Result<(), DriverError> {
    let (rounds, each) = if lab.is_full() { (20, 4) } else { (1, 2) };
    let served = Served::start(APP, |config| config.vm.deadline = NEVER)?;
    for _ in 0..rounds {
        let mut peers = Vec::new();
        for (name, moment) in MOMENTS {
            for nth in 0..each {
                lab.channel.trying(name);
                match moment(&served) {
                    Ok(peer) => {
                        if let Peer::Stream(client) = &peer
                            && (nth % 2 == 1 || name == COMPUTES && !lab.is_full())
                        {
                            client.ends_with_reset()?;
                        }
                        peers.push(peer);
                    }
                    Err(error) => lab.channel.wrong(name, "a client that comes so far", error),
                }
            }
        }
        drop(peers);
        // One that reset its connection is gone at once, one that only ended its side after a time.
        served.settles(lab, "after those who vanished from streams and sockets");
        from_room(lab, &served)?;
    }
    served.settles(lab, "after those who vanished from a room");
    served.stop(lab, "after those who vanished from what stays open");
    Ok(())
}

/// Members that leave a room, one after the other, while it is told something; one who stays hears all of it.
fn from_room(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    const MEMBERS: u64 = 12;
    lab.channel.trying("members of a room, during broadcasts");
    let mut stays = Socket::open(served, "/room")?;
    let mut members = (0..MEMBERS).map(|_| Socket::open(served, "/room")).collect::<io::Result<Vec<_>>>()?;
    if !within(PATIENCE, || served.shared().levels().room_members == MEMBERS + 1) {
        lab.channel.wrong("the room", MEMBERS + 1, served.shared().levels().room_members);
    }
    let told = thread::scope(|scope| {
        let teller = scope.spawn(|| (0..MEMBERS).try_for_each(|_| served.get("/say").map(drop)));
        for _ in 0..MEMBERS {
            let heard = stays.frame()?;
            if heard.payload.len() != 100_000 {
                lab.channel.wrong(
                    "whoever stays",
                    "all of it",
                    format_args!("{} bytes", heard.payload.len()),
                );
            }
            members.pop();
        }
        teller.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    });
    told?;
    if !within(PATIENCE, || served.shared().levels().room_members == 1) {
        lab.channel
            .leaked(format_args!("{} members of a room of one", served.shared().levels().room_members));
    }
    Ok(())
}
