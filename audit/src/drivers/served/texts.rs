//! T3-08 at every door of the network: bytes that may or may not be UTF-8, in whatever becomes a text of the program.

use super::client::Client;
use super::socket::{Socket, masked};
use super::{Answer, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;

const APP: &str = r#"
entity Note { text: text }
fn keep(text) { save Note { text: text }; return text }
route GET "/ok" { "ok" }
route GET "/count" { "{Note.count}" }
route GET "/path/:v" { keep(params.v) }
route GET "/query" { keep(query.v) }
route GET "/name" { keep(query.keys()[0]) }
route GET "/header" { keep(headers["X-V"]) }
route GET "/cookie" { keep(cookies.v) }
route POST "/field" { keep(body.v) }
route POST "/text" { keep(body) }
ws "/socket" { on text(raw) { send(keep(raw)) } }
"#;

/// A door: what people call it, and the request that brings the bytes there.
type Door = (&'static str, fn(&[u8]) -> Vec<u8>);

const DOORS: &[Door] = &[
    ("a path", |bytes| get("/path/", bytes, "")),
    ("a query", |bytes| get("/query?v=", bytes, "")),
    ("a name in a query", |bytes| get("/name?", bytes, "=1")),
    ("a header", |bytes| headed(b"GET /header HTTP/1.1\r\nX-V: ", bytes)),
    ("a cookie", |bytes| headed(b"GET /cookie HTTP/1.1\r\nCookie: v=", escaped(bytes).as_bytes())),
    ("a form, escaped", |bytes| form(&[b"v=", escaped(bytes).as_bytes()].concat())),
    ("a form, as it is", |bytes| form(&[b"v=", bytes].concat())),
    ("JSON", |bytes| post("/field", "application/json", &[b"{\"v\":\"", bytes, b"\"}"].concat())),
    ("a plain text", |bytes| post("/text", "text/plain", bytes)),
    ("a part", |bytes| {
        let head = b"--B\r\nContent-Disposition: form-data; name=v\r\n\r\n";
        post("/field", "multipart/form-data; boundary=B", &[head, bytes, b"\r\n--B--\r\n"].concat())
    }),
];

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn get(before: &str, bytes: &[u8], behind: &str) -> Vec<u8> {
    format!("GET {before}{}{behind} HTTP/1.1\r\nHost: a\r\n\r\n", escaped(bytes)).into_bytes()
}

fn headed(head: &[u8], bytes: &[u8]) -> Vec<u8> {
    [head, bytes, b"\r\nHost: a\r\n\r\n"].concat()
}

fn form(content: &[u8]) -> Vec<u8> {
    post("/field", "application/x-www-form-urlencoded", content)
}

fn post(path: &str, media: &str, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), content].concat()
}

/// Every first byte that is not ASCII, with what may and may not follow it.
fn inputs(lab: &Lab) -> Vec<Vec<u8>> {
    let behind: &[&[u8]] = if lab.is_full() {
        &[
            b"(",
            b"\x80",
            b"\x9F",
            b"\xA0",
            b"\xBF",
            b"\xC3",
            b"\xA0\x80",
            b"\x80\x80",
            b"\x90\x80\x80",
            b"\x8F\xBF\xBF",
        ]
    } else {
        &[b"(", b"\xA0\x80"]
    };
    let firsts = 0x80..=0xFF_u8;
    let pair = |first: u8| behind.iter().map(move |rest| [b"a", &[first][..], rest, b"z"].concat());
    let mut all: Vec<Vec<u8>> = firsts.flat_map(pair).collect();
    all.push("aß漢🎉z".as_bytes().to_vec());
    // Cut off in the middle: a truncated upload.
    all.extend([b"a\xC3".to_vec(), b"a\xE6\xBC".to_vec(), b"a\xF0\x9F\x8E".to_vec()]);
    all
}

/// T3-08: refused with 400 or close 1007, and nothing of it is kept; what is text comes through unchanged.
pub fn network_bytes(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |_| {})?;
    let inputs = inputs(lab);
    let mut kept = 0_usize;
    for (door, request) in DOORS {
        let mut client = served.client()?;
        for bytes in &inputs {
            lab.channel.trying(format_args!("{bytes:02x?} in {door}"));
            let answer = ask(&served, &mut client, &request(bytes))?;
            let text = std::str::from_utf8(bytes).ok();
            let as_wanted = match text {
                Some(text) => answer.status == 200 && answer.body == text,
                None => answer.status == 400 && !answer.body.contains('\u{FFFD}'),
            };
            if !as_wanted {
                let wanted = text.map_or("400".to_owned(), |text| format!("200 {text}"));
                lab.channel.wrong(format_args!("{bytes:02x?} in {door}"), wanted, answer);
                // More of the same door says nothing new.
                break;
            }
            kept += usize::from(text.is_some());
        }
    }
    kept += socket(lab, &served, &inputs)?;
    let count = served.get("/count")?.body;
    if count != kept.to_string() {
        lab.channel.wrong("what was kept", kept, count);
    }
    served.settles(lab, "after bytes that are no text");
    served.stop(lab, "after bytes that are no text");
    Ok(())
}

fn ask(served: &Served, client: &mut Client, request: &[u8]) -> std::io::Result<Answer> {
    client.send_bytes(request)?;
    let answer = client.answer()?;
    if answer.head.contains("connection: close") {
        *client = served.client()?;
    }
    Ok(answer)
}

/// How many came through.
fn socket(lab: &mut Lab, served: &Served, inputs: &[Vec<u8>]) -> Result<usize, DriverError> {
    let mut kept = 0;
    let mut open = Socket::open(served, "/socket")?;
    for bytes in inputs {
        lab.channel.trying(format_args!("{bytes:02x?} in a message"));
        open.send(&masked(0x81, bytes))?;
        let found = if std::str::from_utf8(bytes).is_ok() {
            kept += 1;
            let frame = open.frame()?;
            (frame.head == 0x81 && frame.payload == *bytes).then_some(()).ok_or(format!("{frame:?}"))
        } else {
            let closed = open.closed();
            open = Socket::open(served, "/socket")?;
            if matches!(closed, Ok(1007)) { Ok(()) } else { Err(format!("{closed:?}")) }
        };
        if let Err(found) = found {
            lab.channel.wrong(format_args!("{bytes:02x?} in a message"), "the same, or close 1007", found);
            break;
        }
    }
    Ok(kept)
}
