//! A request's way to its answer: judged by the gate, decoded, routed, executed, sent.
//!
//! - **S1** Whatever happens to a request, its connection gets one whole answer, or is closed.
//! - **S2** What a program says of an error is said to the client as far as configured; what the runtime says of its own
//!   faults goes to the log alone.
//! - **S3** A request that has nothing to wait for is answered in the call that asks for it: no task, timer or future is
//!   made for it. What does wait goes on as a future from where it is.

mod asked;

use super::body::{Body, Stream};
use super::gate::{self, Answer, Ticket, Traffic, Turn};
use super::line::RoomLine;
use super::metrics::Entry;
use super::receive::{Received, Unreceived, receive};
use super::websocket::handshake::{self, Offer, Refused};
use super::{Shared, own};
use crate::app::boundary::{Panicked, contain};
use crate::app::exchange;
use crate::app::http::{self, ErrorAnswer, Wanted};
use crate::app::machine;
use crate::app::router::Found;
use crate::record::Outbound;
use crate::value::BLOCK_BYTES;
use asked::{Asked, Upgrade};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HeaderValue, UPGRADE};
use hyper::{Request, Response, StatusCode, Version};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;

/// One connection, as its requests see it.
#[derive(Debug)]
pub struct Peer {
    shared: Arc<Shared>,
    traffic: Traffic,
    http: http::Peer,
    /// Its place among the connections, which a socket keeps beyond HTTP.
    permit: Arc<OwnedSemaphorePermit>,
    rooms: RoomLine,
}

impl Peer {
    /// A connection from this address.
    pub fn new(shared: Arc<Shared>, traffic: Traffic, ip: IpAddr, permit: Arc<OwnedSemaphorePermit>) -> Self {
        let http = http::Peer::new(ip, &shared.config.server.trusted_proxies);
        let rooms = RoomLine::new(Arc::clone(&shared));
        Self { shared, traffic, http, permit, rooms }
    }

    fn answered(
        &self,
        ticket: Ticket,
        response: Result<Response<Body>, Panicked>,
        began: Instant,
    ) -> Response<Answer<Body>> {
        let response = response.unwrap_or_else(|Panicked| {
            self.shared.metrics.panicked(Entry::Route);
            plain(500, exchange::INTERNAL)
        });
        self.shared.metrics.answered(response.status().as_u16(), began.elapsed());
        ticket.attach(response)
    }
}

/// An answer, or the future of one.
enum Handled {
    Now(Response<Body>),
    Later(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Handled {
    fn later(future: impl Future<Output = Response<Body>> + Send + 'static) -> Self {
        Self::Later(Box::pin(future))
    }

    /// Another answer made of it.
    fn then(self, change: impl FnOnce(Response<Body>) -> Response<Body> + Send + 'static) -> Self {
        match self {
            Self::Now(response) => Self::Now(change(response)),
            Self::Later(future) => Self::later(async { change(future.await) }),
        }
    }

    /// The same head before a stream.
    fn streaming(self, stream: Stream) -> Self {
        self.then(|response| response.map(|_| Body::Stream(stream)))
    }

    async fn response(self) -> Response<Body> {
        match self {
            Self::Now(response) => response,
            Self::Later(future) => future.await,
        }
    }
}

/// What a connection waits for: see [`answer`].
pub enum Answering {
    /// There already, until it is taken.
    Now(Option<Response<Answer<Body>>>),
    /// To be waited for.
    Later(Pin<Box<dyn Future<Output = Response<Answer<Body>>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response<Answer<Body>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            // Nobody asks a second time.
            Self::Now(response) => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            Self::Later(future) => future.as_mut().poll(cx).map(Ok),
        }
    }
}

/// Answers a request (S3).
pub fn answer(peer: &Arc<Peer>, request: Request<Incoming>) -> Answering {
    let began = Instant::now();
    let shared = &peer.shared;
    let response = match peer.traffic.turn() {
        Turn::Request(ticket) => {
            let response = match contain(|| handle(peer, request, began)) {
                Ok(Handled::Now(response)) => Ok(response),
                Ok(Handled::Later(future)) => {
                    let peer = Arc::clone(peer);
                    return Answering::Later(Box::pin(async move {
                        let response = contained(future).await;
                        peer.answered(ticket, response, began)
                    }));
                }
                Err(Panicked) => Err(Panicked),
            };
            return Answering::Now(Some(peer.answered(ticket, response, began)));
        }
        Turn::Refused(refusal) => refused(shared, refusal),
        Turn::Disagreement => {
            shared.metrics.disagreements.inc();
            tracing::error!("the HTTP library read a request that the gate did not; please report it");
            closing(plain(400, "the request could not be read"))
        }
    };
    shared.metrics.answered(response.status().as_u16(), began.elapsed());
    Answering::Now(Some(response.map(Answer::without_ticket)))
}

/// Runs a future; a panic in one of its polls ends it.
pub(super) async fn contained<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| match contain(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

fn handle(peer: &Arc<Peer>, mut request: Request<Incoming>, began: Instant) -> Handled {
    let shared = &peer.shared;
    let id = shared.ids.next();
    if let Some(mut response) = own::page(shared, &request) {
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(http::X_REQUEST_ID, id);
        }
        return Handled::Now(response);
    }
    // Most requests ask for none, and whatever they hold while they wait is held for each of them.
    let on = request.headers().contains_key(UPGRADE).then(|| Box::new(hyper::upgrade::on(&mut request)));
    let (mut parts, body) = request.into_parts();
    let wanted =
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).map_or(Wanted::Json, Wanted::of);
    let mut asked = Asked { peer: Arc::clone(peer), id, wanted, visit: None, secure: false, began };
    if parts.uri.path() == "*" {
        // What the server as a whole allows (RFC 9110, section 9.3.7).
        let headers = vec![("allow".to_owned(), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned())];
        return Handled::Now(asked.sends(Outbound { status: 204, headers, ..Outbound::default() }));
    }
    let mut inbound = match http::head(&mut parts, &peer.http, Arc::clone(&asked.id)) {
        Ok(inbound) => inbound,
        Err(refusal) => return Handled::Now(asked.fails(&refusal.failure())),
    };
    if let Some(broken) = shared.stale.get().filter(|broken| !broken.older_runs) {
        let detail = Some(broken.findings.clone());
        return Handled::Now(
            asked.fails(&ErrorAnswer { detail, ..ErrorAnswer::new(503, "The program has errors") }),
        );
    }
    let app = shared.app();
    let socket = on.as_ref().and_then(|_| app.socket(&inbound.path)).map(Found::Socket);
    let mut upgrade = None;
    let found = match socket.unwrap_or_else(|| app.find(&inbound.method, &inbound.path)) {
        Found::Endpoint(found) => found,
        Found::Nothing => return Handled::later(asked.file(inbound)),
        Found::Socket(found) => {
            let offer = Offer {
                method: &inbound.method,
                http_11: parts.version >= Version::HTTP_11,
                host: &inbound.host,
                headers: &inbound.headers,
            };
            match (handshake::accept(&offer), on) {
                (Ok(accept), Some(on)) => upgrade = Some(Box::new(Upgrade { on, accept })),
                (Ok(_), None) => return Handled::Now(asked.no_socket(Refused::Plain)),
                (Err(refused), _) => return Handled::Now(asked.no_socket(refused)),
            }
            found
        }
        Found::NotAllowed(allow) => {
            let mut outbound = ErrorAnswer::new(405, "Method not allowed").answer(wanted, &asked.id);
            outbound.headers.push(("allow".to_owned(), allow));
            return Handled::Now(asked.sends(outbound));
        }
        Found::Options(allow) => {
            let headers = vec![("allow".to_owned(), allow)];
            return Handled::Now(asked.sends(Outbound { status: 204, headers, ..Outbound::default() }));
        }
    };
    if !shared.pool.has_room(BLOCK_BYTES.saturating_mul(2)) {
        return Handled::Now(asked.busy());
    }
    if app.has_sessions {
        let now = machine::now_millis();
        asked.visit = Some((shared.sessions.visit(&mut inbound, now), now));
    }
    asked.secure = inbound.secure;
    if body.is_end_stream() {
        return asked.executed(app, found, inbound, upgrade);
    }
    Handled::later(async move {
        let shared = &asked.peer.shared;
        let received = match receive(body, &asked.peer.traffic, &shared.pool).await {
            Ok(received) => received,
            Err(Unreceived::Refused(refusal)) => return refused(shared, refusal),
            Err(Unreceived::Memory) => return asked.busy(),
            // There is nobody to answer.
            Err(Unreceived::Gone) => return closing(plain(400, "the request ended early")),
        };
        let Received { bytes, lease } = received;
        asked.began = Instant::now();
        inbound.body = match http::body(inbound.headers.as_sent(), &bytes) {
            Ok(body) => body,
            Err(refusal) => return asked.fails(&refusal.failure()),
        };
        drop(bytes);
        let response = asked.executed(app, found, inbound, upgrade).response().await;
        drop(lease);
        response
    })
}

/// What the gate refuses is told without anything of what was sent, and closes the connection.
pub(super) fn refused(shared: &Shared, refusal: gate::Refusal) -> Response<Body> {
    let id = shared.ids.next();
    tracing::debug!(request = &*id, %refusal, "a request was refused");
    let mut response = closing(plain(refusal.status(), refusal.fault.reason()));
    response.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (http::X_REQUEST_ID, id)));
    response
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// An answer for whoever has no request to be answered in the form of.
pub(super) fn plain(status: u16, message: &str) -> Response<Body> {
    let body = format!("{{\"error\":{},\"status\":{status}}}", serde_json::Value::from(message));
    own::of(StatusCode::from_u16(status).unwrap_or_default(), "application/json", body)
}
