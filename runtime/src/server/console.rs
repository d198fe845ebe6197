//! The operator's console on a listener of its own: few connections, one request each, a boundary of its own.
//!
//! - **O1** Whatever happens to the console, the program is served.
//! - **O2** Health and metrics tell nothing of the program's data: whoever reaches the listener may read them, by any name.
//! - **O3** A panic in it is caught, counted and answered 500 without its message.

mod sight;

use super::body::Body;
use super::gate::{Answer, Gated, Limits, Traffic, Turn};
use super::metrics::Entry;
use super::receive::{Unreceived, receive};
use super::{Point, Shared, own, service, task};
use crate::admin::{Access, AccountFault, Admin};
use crate::app::boundary::Panicked;
use crate::app::exchange;
use crate::app::http::{self, ErrorAnswer, Wanted};
use crate::config;
use crate::record::{Inbound, Outbound};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sight::Eye;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections at a time; who comes later waits.
const CONNECTIONS_MAX: usize = 16;
/// How long one lives.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// How long the loop rests when the system refuses.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a body: a form.
const BODY_BYTES_MAX: u64 = 16 << 10;

/// A console that listens.
#[derive(Debug)]
pub struct Console {
    admin: Admin,
    address: SocketAddr,
    places: Arc<Semaphore>,
    limits: Limits,
}

impl Console {
    /// At this address, its account kept in a folder.
    pub fn open(shared: &Arc<Shared>, address: SocketAddr, folder: &Path) -> Result<Self, AccountFault> {
        let access = Access::open(address, folder, shared.seed())?;
        let limits =
            Limits::from(&config::Server { body_bytes_max: BODY_BYTES_MAX, ..config::Server::default() });
        let admin = Admin::new(access, Arc::new(Eye(Arc::downgrade(shared))));
        Ok(Self { admin, address, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), limits })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where to set the password, while none is set, and the token that it takes.
    pub fn setup_token(&self) -> Option<String> {
        self.admin.setup_token()
    }
}

/// Accepts until the server stops.
pub async fn run(console: Arc<Console>, shared: Arc<Shared>, listener: Arc<TcpListener>) {
    let mut stopping = shared.stopping();
    loop {
        let place = Arc::clone(&console.places).acquire_owned();
        let accepted = async { Some((place.await.ok()?, listener.accept().await)) };
        let accepted = tokio::select! {
            biased;
            () = stopping.begun() => return,
            accepted = accepted => accepted,
        };
        let Some((place, accepted)) = accepted else { return };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (console, shared) = (Arc::clone(&console), Arc::clone(&shared));
        task::start(async move {
            // A peer that takes longer than that is not owed an end.
            let _ = timeout(CONNECTION_TIME, connection(console, shared, stream, peer)).await;
            drop(place);
        });
    }
}

async fn connection(console: Arc<Console>, shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    let (stream, traffic) = Gated::new(stream, console.limits);
    let answer = move |request| {
        let (console, shared, traffic) = (Arc::clone(&console), Arc::clone(&shared), traffic.clone());
        async move { Ok::<_, Infallible>(turn(&console, &shared, &traffic, peer, request).await) }
    };
    let mut builder = http1::Builder::new();
    builder.keep_alive(false).header_read_timeout(None);
    // Whatever the peer did wrong was answered.
    let _ = builder.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

async fn turn(
    console: &Arc<Console>,
    shared: &Arc<Shared>,
    traffic: &Traffic,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Answer<Body>> {
    match traffic.turn() {
        Turn::Request(ticket) => {
            let answered = service::contained(answer(console, shared, traffic, peer, request)).await;
            ticket.attach(answered.unwrap_or_else(|Panicked| {
                shared.metrics.panicked(Entry::Admin);
                service::plain(500, exchange::INTERNAL)
            }))
        }
        Turn::Refused(refusal) => service::refused(shared, refusal).map(Answer::without_ticket),
        Turn::Disagreement => {
            shared.metrics.disagreements.inc();
            service::plain(400, "the request could not be read").map(Answer::without_ticket)
        }
    }
}

async fn answer(
    console: &Arc<Console>,
    shared: &Arc<Shared>,
    traffic: &Traffic,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    if let Some(name) = request.uri().path().strip_prefix(own::PREFIX)
        && shared.config.metrics.enabled
        && let Some(response) = own::asked(shared, request.method(), name)
    {
        return response;
    }
    let id = shared.ids.next();
    let (mut parts, body) = request.into_parts();
    let fails = |failure: ErrorAnswer| sent(failure.answer(Wanted::Json, &id), &id);
    let mut inbound = match http::head(&mut parts, &http::Peer::new(peer.ip(), &[]), Arc::clone(&id)) {
        Ok(inbound) => inbound,
        Err(refusal) => return fails(refusal.failure()),
    };
    let received = match receive(body, traffic, &shared.pool).await {
        Ok(received) => received,
        Err(Unreceived::Refused(refusal)) => return service::refused(shared, refusal),
        Err(unreceived @ (Unreceived::Memory | Unreceived::Gone)) => {
            return fails(ErrorAnswer::new(503, unreceived.to_string()));
        }
    };
    inbound.body = match http::body(inbound.headers.as_sent(), &received.bytes) {
        Ok(body) => body,
        Err(refusal) => return fails(refusal.failure()),
    };
    let outbound = contained(console, shared, inbound).await;
    sent(outbound, &id)
}

/// On a thread that may wait: passwords are hashed and rows read.
async fn contained(console: &Arc<Console>, shared: &Arc<Shared>, inbound: Inbound) -> Outbound {
    let (console, id) = (Arc::clone(console), Arc::clone(&inbound.id));
    let server = Arc::clone(shared);
    let work = move || {
        server.probe.at(Point::Admin);
        console.admin.answer(&inbound, server.moment())
    };
    shared.places.blocking.run(work).await.unwrap_or_else(|_| {
        shared.metrics.panicked(Entry::Admin);
        ErrorAnswer::new(500, exchange::INTERNAL).answer(Wanted::Json, &id)
    })
}

fn sent(outbound: Outbound, id: &str) -> Response<Body> {
    match http::response(outbound, id, None, false) {
        Ok(response) => response.map(Body::Whole),
        Err(unsendable) => {
            tracing::error!(request = id, %unsendable, "an answer of the console cannot be sent");
            service::plain(500, exchange::INTERNAL)
        }
    }
}
