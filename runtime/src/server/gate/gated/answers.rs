//! Answers as they stand on the wire: what the HTTP library makes of statuses, versions and bodies without a length.

use crate::server::gate::{Answer, Gated, Turn, tests::LIMITS};
use hyper::body::{Body, Bytes, Frame};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A body that does not say how long it is.
struct Unsized(Option<Bytes>);

impl Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What is answered with this status to a request with this first line.
async fn answer(first: &str, status: StatusCode) -> String {
    let (mut peer, stream) = tokio::io::duplex(64 << 10);
    let (gated, traffic) = Gated::new(stream, LIMITS);
    let service = service_fn(move |_| {
        let Turn::Request(ticket) = traffic.turn() else { panic!("refused") };
        let mut response = Response::new(Unsized(Some(Bytes::from_static(b"body"))));
        *response.status_mut() = status;
        let response: Response<Answer<Unsized>> = ticket.attach(response);
        async { Ok::<_, Infallible>(response) }
    });
    let task = tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(gated), service));
    peer.write_all(format!("{first}\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut all = String::new();
    peer.read_to_string(&mut all).await.unwrap();
    let _ = task.await.unwrap();
    all.to_ascii_lowercase()
}

/// RFC 9112 2.2-d, 2.2-e, 4-a, 5.2-b, 6.1-e, 6.2-a
#[tokio::test]
async fn an_answer_without_a_length_is_chunked_and_nothing_else() {
    let all = answer("GET / HTTP/1.1", StatusCode::OK).await;
    assert!(all.starts_with("http/1.1 200 ok\r\n"), "{all}");
    assert!(all.contains("transfer-encoding: chunked\r\n") && !all.contains("content-length"), "{all}");
    assert!(all.ends_with("\r\n\r\n4\r\nbody\r\n0\r\n\r\n"), "{all}");
    assert_eq!(all.matches("transfer-encoding").count(), 1, "{all}");
    let (head, _) = all.split_once("\r\n\r\n").unwrap();
    for line in head.split("\r\n") {
        assert!(line.starts_with(|first: char| first.is_ascii_alphabetic()), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    let unknown = answer("GET / HTTP/1.1", StatusCode::from_u16(599).unwrap()).await;
    assert!(unknown.starts_with("http/1.1 599 "), "{unknown}");
}

/// RFC 9112 6.1-a, 6.3-a
/// RFC 9110 9.3.2-a
#[tokio::test]
async fn answers_that_have_no_body_end_with_their_head() {
    for (first, status) in [("HEAD / HTTP/1.1", 200), ("GET / HTTP/1.1", 204), ("GET / HTTP/1.1", 304)] {
        let all = answer(first, StatusCode::from_u16(status).unwrap()).await;
        assert!(all.ends_with("\r\n\r\n") && !all.contains("body"), "{all}");
        assert!(status != 204 || !all.contains("transfer-encoding"), "{all}");
    }
}

/// RFC 9112 6.1-b
#[tokio::test]
async fn an_answer_to_http_1_0_ends_with_its_connection() {
    let all = answer("GET / HTTP/1.0", StatusCode::OK).await;
    assert!(!all.contains("transfer-encoding") && all.ends_with("\r\n\r\nbody"), "{all}");
}
