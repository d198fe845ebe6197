//! One connection's life: the gate and the HTTP library over the socket, held to its time limits, until either side ends
//! it.

use super::Shared;
use super::gate::{Fault, Gated, Limits, Moment, Phase, Traffic};
use super::metrics::{Closed, Entry};
use super::service::{self, Peer};
use super::stall::{Stalled, Watched};
use crate::app::boundary::contain;
use crate::base::guard::{Guard, off};
use crate::config;
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

/// Fields that the HTTP library takes if it is not told otherwise.
const LIBRARY_FIELDS: usize = 100;
/// Half the bytes that it takes of a head if it is not told otherwise.
const LIBRARY_BYTES: usize = 200 << 10;
/// What a peer gets to read its last answer in.
const LINGER: Duration = Duration::from_secs(2);

/// What a peer that has ended its side gets to be answered in, or to take more of its answer in, before it counts as gone. A
/// closed connection and a half-closed one look the same until something is written.
const HALF_CLOSED: Duration = Duration::from_secs(5);

/// Serves a connection to its end; the permit is given back after its descriptor, so that a place is a descriptor.
pub async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
    permit: OwnedSemaphorePermit,
) {
    // Answers are written whole; where the system refuses, they are only later.
    let _ = stream.set_nodelay(true);
    let (stream, stalled) = Watched::new(stream);
    let (stream, traffic) = Gated::new(stream, Limits::from(&shared.config.server));
    let permit = Arc::new(permit);
    let peer = Peer::new(Arc::clone(&shared), traffic.clone(), address.ip(), Arc::clone(&permit));
    let peer = Arc::new(peer);
    let service = service_fn(move |request| service::answer(&peer, request));
    let connection =
        library(&shared.config.server).serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    let mut watch = Watch::new(&shared.config.server, traffic.clone(), stalled);
    let (mut stopping, mut ending) = (shared.stopping(), shared.stopping());
    let stop = shared.stopping();
    let mut listens = false;
    let (mut begun, mut ended) = (pin!(stopping.begun()), pin!(ending.ended()));
    let mut drains = false;
    let mut timer = pin!(sleep_until(watch.due()));
    let end = poll_fn(|cx| {
        // Both wake this task once they were polled; until the end begins there is no need to ask again.
        let asks = !std::mem::replace(&mut listens, true) || stop.is_begun();
        if asks && !drains && begun.as_mut().poll(cx).is_ready() {
            drains = true;
            connection.as_mut().graceful_shutdown();
        }
        loop {
            match contain(|| connection.as_mut().poll(cx)) {
                Err(_) => {
                    shared.metrics.panicked(Entry::Server);
                    return Poll::Ready(None);
                }
                // Whatever the peer did wrong was answered, or there is nobody to answer.
                Ok(Poll::Ready(Err(error))) if traffic.disagrees(&error) => {
                    shared.metrics.disagreements.inc();
                    tracing::error!(%error, "gate and HTTP library disagree; please report it");
                    return Poll::Ready(None);
                }
                Ok(Poll::Ready(_)) => return Poll::Ready(None),
                Ok(Poll::Pending) => {}
            }
            if asks && ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            match watch.look(drains) {
                Look::Fine(due) => {
                    if due < timer.deadline() || timer.is_elapsed() {
                        timer.as_mut().reset(due);
                    }
                    if timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
                // The gate says it, and the connection goes on until that was said.
                Look::Refuse(fault) => traffic.stop(fault),
                Look::Close(why) => return Poll::Ready(Some(why)),
            }
        }
    })
    .await;
    if let Some(why) = end {
        shared.metrics.closed(why);
    }
}

/// The HTTP library, so that it takes whatever the gate lets pass. Where its own limits are enough they are left as they
/// are: a limit of fields that was asked for costs an allocation for each request.
fn library(server: &config::Server) -> http1::Builder {
    let mut library = http1::Builder::new();
    // Ours answer.
    library.header_read_timeout(None);
    let fields = usize::try_from(server.headers_max).unwrap_or(usize::MAX);
    if fields > LIBRARY_FIELDS {
        library.max_headers(fields);
    }
    let bytes = usize::try_from(server.header_bytes_max).unwrap_or(usize::MAX);
    if bytes > LIBRARY_BYTES {
        // What was read of a body behind the head has room in it, too.
        library.max_buf_size(bytes.saturating_mul(2));
    }
    library
}

/// Who keeps the time of a connection.
struct Watch<'c> {
    limits: &'c config::Server,
    traffic: Traffic,
    stalled: Stalled,
    moment: Moment,
    since: Instant,
    refused: bool,
}

/// What the time says.
enum Look {
    /// All in time, until then.
    Fine(Instant),
    /// Too late: to be told.
    Refuse(Fault),
    /// Too late: to be closed.
    Close(Closed),
}

impl<'c> Watch<'c> {
    fn new(limits: &'c config::Server, traffic: Traffic, stalled: Stalled) -> Self {
        let moment = traffic.moment();
        Self { limits, traffic, stalled, moment, since: Instant::now(), refused: false }
    }

    /// When the phase that goes on is over.
    fn due(&self) -> Instant {
        let limits = self.limits;
        let limit = match self.moment.phase {
            // Whoever connects has a request.
            Phase::Idle if self.moment.number == 0 => limits.idle_timeout.min(limits.header_timeout),
            Phase::Idle => limits.idle_timeout,
            Phase::Head => limits.header_timeout,
            Phase::Body | Phase::Refused => limits.request_timeout,
            Phase::Linger => LINGER,
            Phase::HalfClosed => HALF_CLOSED,
            // Others keep this time: the deadline of an execution, the pings of a socket.
            Phase::Answer | Phase::Upgraded => FAR,
        };
        after(self.since, limit)
    }

    fn look(&mut self, drains: bool) -> Look {
        let now = Instant::now();
        let moment = self.traffic.moment();
        if moment != self.moment {
            (self.moment, self.since, self.refused) = (moment, now, false);
        }
        if off(Guard::ConnectionTimeouts) {
            return Look::Fine(after(now, FAR));
        }
        if let Some(since) = self.stalled.since() {
            let due = after(since, self.limits.request_timeout);
            return if due <= now { Look::Close(Closed::Stalled) } else { Look::Fine(due) };
        }
        let due = self.due();
        let waits = matches!(moment.phase, Phase::Idle | Phase::Head);
        if due > now && !(drains && waits) {
            return Look::Fine(due);
        }
        let fault = match moment.phase {
            Phase::Head => Fault::HeadTimeout,
            Phase::Body => Fault::BodyTimeout,
            Phase::Idle => return Look::Close(Closed::Idle),
            Phase::HalfClosed => return Look::Close(Closed::Gone),
            Phase::Refused | Phase::Linger | Phase::Answer | Phase::Upgraded => {
                return Look::Close(Closed::Late);
            }
        };
        if std::mem::replace(&mut self.refused, true) {
            return Look::Close(Closed::Late);
        }
        Look::Refuse(fault)
    }
}

/// Later than any time that matters.
const FAR: Duration = Duration::from_hours(24 * 365);

/// No time-out is so long that the clock cannot tell; if one were, it would be over at once.
fn after(since: Instant, limit: Duration) -> Instant {
    since.checked_add(limit).unwrap_or(since)
}
