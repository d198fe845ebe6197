//! One connection's life: the HTTP library over the socket, held to its time limits, until either side ends it.

use super::Shared;
use super::metrics::{Closed, Entry};
use super::service::{self, Peer};
use super::stall::Watched;
use crate::app::boundary::contain;
use crate::base::guard::{Guard, off};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

/// Serves a connection to its end; the permit is given back then.
pub async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
    permit: OwnedSemaphorePermit,
) {
    // Answers are written whole; where the system refuses, they are only later.
    let _ = stream.set_nodelay(true);
    let (stream, stalled) = Watched::new(stream);
    let peer = Arc::new(Peer::new(address.ip()));
    let limits = shared.config.server.clone();
    let service = {
        let (shared, peer) = (Arc::clone(&shared), Arc::clone(&peer));
        service_fn(move |request| service::answer(Arc::clone(&shared), Arc::clone(&peer), request))
    };
    let connection = http1::Builder::new()
        // Ours are better: they answer.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut stopping = shared.stopping();
    let mut ending = shared.stopping();
    let mut drained = false;
    let mut begun = pin!(stopping.begun());
    let mut ended = pin!(ending.ended());
    let far = limits.idle_timeout.saturating_mul(2);
    let mut timer = pin!(sleep_until(after(Instant::now(), limits.idle_timeout)));
    let end = poll_fn(|cx| {
        if !drained && begun.as_mut().poll(cx).is_ready() {
            drained = true;
            connection.as_mut().graceful_shutdown();
        }
        match contain(|| connection.as_mut().poll(cx)) {
            Err(_) => {
                shared.metrics.panicked(Entry::Server);
                return Poll::Ready(None);
            }
            // What the peer did wrong was answered already, or there is nobody to answer.
            Ok(Poll::Ready(_)) => return Poll::Ready(None),
            Ok(Poll::Pending) => {}
        }
        if ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            let now = Instant::now();
            let (due, why) = match (stalled.since(), peer.idle_since()) {
                (Some(since), _) => (after(since, limits.request_timeout), Closed::Stalled),
                (None, Some(since)) => (after(since, limits.idle_timeout), Closed::Idle),
                (None, None) => (after(now, far), Closed::Idle),
            };
            if due <= now && !off(Guard::ConnectionTimeouts) {
                return Poll::Ready(Some(why));
            }
            if due < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
    if let Some(why) = end {
        shared.metrics.closed(why);
    }
    drop(permit);
}

/// No time-out is so long that the clock cannot tell; if one were, it would be over at once.
fn after(since: Instant, limit: Duration) -> Instant {
    since.checked_add(limit).unwrap_or(since)
}
