//! Nothing of an answer is lost at the end of its connection (G7).

use super::*;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

#[tokio::test]
async fn g7_a_peer_that_reads_slowly_gets_all_of_a_long_last_answer() {
    let body: Bytes = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    for end in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
        let (mut peer, stream) = tokio::io::duplex(16);
        let (gated, traffic) = Gated::new(stream, LIMITS);
        let sent = body.clone();
        let service = service_fn(move |_| {
            let Turn::Request(ticket) = traffic.turn() else { panic!("refused") };
            let response = ticket.attach(Response::new(Full::new(sent.clone())));
            async { Ok::<_, Infallible>(response) }
        });
        let task = tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(gated), service));
        peer.write_all(end.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        peer.read_to_end(&mut all).await.unwrap();
        task.await.unwrap().unwrap();
        assert!(all.ends_with(&body), "{} bytes of {}: {end:?}", all.len(), body.len());
    }
}

#[tokio::test]
async fn g7_the_end_is_told_when_everything_was_flushed() {
    let (mut peer, stream) = tokio::io::duplex(64);
    let (mut gated, traffic) = Gated::new(tokio::io::BufWriter::new(stream), LIMITS);
    peer.write_all(LAST.as_bytes()).await.unwrap();
    let mut head = vec![0; LAST.len()];
    gated.read_exact(&mut head).await.unwrap();
    let Turn::Request(ticket) = traffic.turn() else { panic!("refused") };
    gated.write_all(b"answer").await.unwrap();
    drop(ticket);
    let read = |gated: &mut Gated<_>, cx: &mut Context<'_>| {
        let mut space = [0; 8];
        let mut out = ReadBuf::new(&mut space);
        tokio::io::AsyncRead::poll_read(Pin::new(gated), cx, &mut out)
            .map(|read| read.map(|()| out.filled().len()))
    };
    let (wake, woken) = counted();
    let mut cx = Context::from_waker(&wake);
    assert!(read(&mut gated, &mut cx).is_pending(), "what was written lies in a buffer");
    let before = woken.count();
    gated.flush().await.unwrap();
    assert!(woken.count() > before, "who waits for the end is woken");
    assert!(matches!(read(&mut gated, &mut cx), Poll::Ready(Ok(0))));
    let mut answer = [0; 6];
    peer.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"answer");
}

/// Counts how often it wakes.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Waker, Arc<Wakes>) {
    let wakes = Arc::new(Wakes::default());
    (Waker::from(Arc::clone(&wakes)), wakes)
}
