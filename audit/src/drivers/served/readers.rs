//! Answers longer than what the sockets hold, to peers that read when they please: each gets every byte of them.

use super::Served;
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::net::Shutdown;
use std::time::Duration;

/// More than the buffers of both sockets hold together.
const BODY_BYTES: usize = 24 << 20;
const ROUTES: &str = r#"
route GET "/ok" { "ok" }
route GET "/text" { "0123456789abcdef".repeat(1_572_864) }
route POST "/text" { body + "0123456789abcdef".repeat(1_572_864)[4:] }
route GET "/list" { ["0123456789abcdef".repeat(1_572_864)[4:]] }
route GET "/markup" { <p>{"0123456789abcdef".repeat(1_572_864)[7:]}</p> }
"#;

/// When the client begins to read.
const PAUSES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];

/// What is sent, and whether the client ends its side behind it.
const REQUESTS: [(&str, &str, bool); 9] = [
    ("kept alive", "GET /text HTTP/1.1\r\nHost: a\r\n\r\n", false),
    ("close", "GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
    ("close, of JSON", "GET /list HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
    ("close, of markup", "GET /markup HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
    ("HTTP/1.0", "GET /text HTTP/1.0\r\nHost: a\r\n\r\n", false),
    ("an end behind the request", "GET /text HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("close and an end", "GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true),
    (
        "close behind a body",
        "POST /text HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
        false,
    ),
    (
        "close behind a refused request",
        "GET /text HTTP/1.1\r\nHost: a\r\n\r\nGET /text HTTP/1.1\r\nHost: a b\r\n\r\n",
        false,
    ),
];

/// X-34: every way to end a connection, read at once and read late.
pub fn readers(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(ROUTES, |_| {})?;
    for (name, request, ends) in REQUESTS {
        for pause in PAUSES {
            lab.channel.trying(name);
            let mut client = served.client()?;
            client.send(request)?;
            if ends {
                client.stream().shutdown(Shutdown::Write)?;
            }
            std::thread::sleep(pause);
            let read = client.answer().map(|answer| answer.body.len());
            if !matches!(read, Ok(BODY_BYTES)) {
                lab.channel.wrong(name, format_args!("{BODY_BYTES} bytes"), format_args!("{read:?}"));
            }
        }
        served.settles(lab, name);
    }
    served.stop(lab, "answers to slow readers");
    Ok(())
}
