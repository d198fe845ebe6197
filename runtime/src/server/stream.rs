//! Streams of events: a generator on one side, the body of an answer on the other.
//!
//! - **E1** A client that goes away, or reads nothing for too long, ends the generator at its next effect.
//! - **E2** After [`SILENCE`] without an event a comment is sent.
//! - **E3** An error that nothing caught is logged and ends the stream.

use super::body::Cut;
use super::drive::Held;
use super::events::{COMMENT, Receiver, SILENCE, queue};
use super::line::{RoomLine, StreamLine};
use super::metrics::Entry;
use super::service::contained;
use super::{Point, Shared, task};
use crate::app::boundary::contain;
use crate::app::script::End;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Begins a stream whose pipeline ran; what is sent of it.
pub fn begin(shared: &Arc<Shared>, held: Held, id: Arc<str>, deadline: Option<Duration>) -> Events {
    let (sender, receiver) = queue(Arc::clone(&shared.pool), shared.config.server.request_timeout);
    let line = StreamLine::new(RoomLine::new(Arc::clone(shared)), sender);
    let generator = generate(Arc::clone(shared), held, line, (id, deadline));
    let shared = Arc::clone(shared);
    task::start(async move {
        if contained(generator).await.is_err() {
            shared.metrics.panicked(Entry::Stream);
        }
    });
    Events { receiver, silence: Box::pin(sleep(SILENCE)) }
}

async fn generate(
    shared: Arc<Shared>,
    mut held: Held,
    mut line: StreamLine,
    (id, deadline): (Arc<str>, Option<Duration>),
) {
    let Some(execution) = held.execution() else { return };
    execution.generate();
    let (client, mut stopping) = (line.client(), shared.stopping());
    let end = if contain(|| shared.probe.at(Point::Stream)).is_err() {
        End::Panicked
    } else {
        tokio::select! {
            end = held.drive(&shared.places, &mut line, deadline) => end,
            () = client.gone() => End::Gone,
            () = stopping.begun() => End::Gone,
        }
    };
    shared.ended(Entry::Stream, &end, &mut held, &id).await;
}

/// The body of a stream.
#[derive(Debug)]
pub struct Events {
    receiver: Receiver,
    silence: Pin<Box<Sleep>>,
}

impl Body for Events {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let bytes = match self.receiver.poll_recv(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => Bytes::from_owner(event),
            Poll::Pending => match self.silence.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => Bytes::from_static(COMMENT),
            },
        };
        if let Some(due) = Instant::now().checked_add(SILENCE) {
            self.silence.as_mut().reset(due);
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::{app, ask, config, get, options, status};
    use crate::server::{Options, Probe, Running, Server};
    use crate::value::Pool;
    use http_body_util::BodyExt as _;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    /// E2
    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_by_comments() {
        let (sender, receiver) = queue(Pool::new(1 << 20), Duration::from_mins(1));
        let mut body = Events { receiver, silence: Box::pin(sleep(SILENCE)) };
        let begun = Instant::now();
        sender.emit(None, "a").await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let bytes = body.frame().await.unwrap().unwrap().into_data().unwrap();
            seen.push((begun.elapsed().as_secs(), bytes));
        }
        let comment = Bytes::from_static(COMMENT);
        assert_eq!(seen, [(0, Bytes::from_static(b"data: a\n\n")), (15, comment.clone()), (30, comment)]);
        drop(sender);
        assert!(body.frame().await.is_none());
    }

    const APP: &str = r#"
sse "/ticks/:n" {
    for n in 1..int(params.n) { emit { n } as "tick"; wait 1ms }
    emit "done\nand over"
}
sse "/ever" { while true { emit "x".repeat(100000) } }
sse "/error" { emit 1; emit 1 / 0 }
route GET "/hello" { "hello" }
"#;

    fn start_with(options: Options) -> Running {
        Server::start(app(APP, config()), options).unwrap()
    }

    /// The bytes of a chunked body.
    fn body(answer: &str) -> String {
        let (_, mut rest) = answer.split_once("\r\n\r\n").unwrap();
        let mut body = String::new();
        while let Some((size, chunk)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap();
            let (data, behind) = chunk.split_at(size);
            body.push_str(data);
            rest = behind.strip_prefix("\r\n").unwrap();
            if size == 0 {
                return body;
            }
        }
        panic!("the body has no end: {answer}")
    }

    #[test]
    fn a_generator_becomes_a_stream_of_events() {
        let running = start_with(options());
        let answer = get(&running, "/ticks/2");
        assert_eq!(status(&answer), "200");
        assert!(answer.contains("content-type: text/event-stream\r\n"), "{answer}");
        let expected =
            "event: tick\ndata: {\"n\":1}\n\nevent: tick\ndata: {\"n\":2}\n\ndata: done\ndata: and over\n\n";
        assert_eq!(body(&answer), expected);
        let head = ask(&running, "HEAD /ticks/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(status(&head) == "200" && head.ends_with("\r\n\r\n"), "{head}");
    }

    /// E3
    #[test]
    fn an_error_ends_its_stream_alone() {
        let running = start_with(options());
        assert_eq!(body(&get(&running, "/error")), "data: 1\n\n");
        assert!(running.shared().errors().recent().iter().any(|error| error.kind == "DivisionByZero"));
        assert_eq!(status(&get(&running, "/hello")), "200");
    }

    /// E1, X-13
    #[test]
    fn x_13_a_client_that_goes_away_ends_its_generator() {
        let running = start_with(options());
        let mut stream = TcpStream::connect(running.addr()).unwrap();
        stream.write_all(b"GET /ever HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut begun = [0; 1000];
        stream.read_exact(&mut begun).unwrap();
        drop(stream);
        running.stop();
        running.wait().unwrap();
    }

    /// X-04
    #[test]
    fn x_04_a_panic_in_a_generator_ends_that_stream_alone() {
        let probe = Probe::new(|point| assert_ne!(point, Point::Stream, "injected, and nobody's business"));
        let running = start_with(Options { probe, ..options() });
        assert_eq!(body(&get(&running, "/ticks/2")), "");
        assert_eq!(running.shared().metrics().panics(Entry::Stream), 1);
        assert_eq!(status(&get(&running, "/hello")), "200");
    }
}
