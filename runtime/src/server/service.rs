//! A request's way to its answer: judged by the gate, decoded, routed, executed, sent.
//!
//! - **S1** Whatever happens to a request, its connection gets one whole answer, or is closed.
//! - **S2** What a program says of an error is said to the client as far as configured; what the runtime says of its own
//!   faults goes to the log alone.

use super::body::Body;
use super::drive::Held;
use super::file_body::{self, NoContent};
use super::gate::{self, Answer, Traffic, Turn};
use super::line::RoomLine;
use super::metrics::Entry;
use super::receive::{Received, Unreceived, receive};
use super::websocket::handshake::{self, Offer, Refused};
use super::{Point, Shared, errors, own, socket, stream};
use crate::app::application::Application;
use crate::app::boundary::{Panicked, contain};
use crate::app::exchange::{self, Answered};
use crate::app::http::{self, ErrorAnswer, Visit, Wanted};
use crate::app::live::SWITCHING;
use crate::app::machine;
use crate::app::public::Served;
use crate::app::router::{Found, Match};
use crate::app::script::{End, Execution};
use crate::record::{Inbound, Outbound, SessionChange};
use crate::value::BLOCK_BYTES;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode, Version};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
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
}

/// A request that may become a socket.
struct Upgrade {
    on: Box<OnUpgrade>,
    /// The value of `Sec-WebSocket-Accept`.
    accept: String,
}

/// Answers a request.
pub async fn answer(
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Answer<Body>>, Infallible> {
    let began = Instant::now();
    let shared = &peer.shared;
    let response = match peer.traffic.turn() {
        Turn::Request(ticket) => {
            let answered = contained(handle(&peer, request)).await;
            let response = answered.unwrap_or_else(|Panicked| {
                shared.metrics.panicked(Entry::Route);
                plain(500, exchange::INTERNAL)
            });
            shared.metrics.answered(response.status().as_u16(), began.elapsed());
            return Ok(ticket.attach(response));
        }
        Turn::Refused(refusal) => refused(refusal),
        Turn::Disagreement => {
            shared.metrics.disagreements.inc();
            tracing::error!("the HTTP library read a request that the gate did not; please report it");
            closing(plain(400, "the request could not be read"))
        }
    };
    shared.metrics.answered(response.status().as_u16(), began.elapsed());
    Ok(response.map(Answer::without_ticket))
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

async fn handle(peer: &Peer, mut request: Request<Incoming>) -> Response<Body> {
    let shared = &peer.shared;
    if let Some(response) = own::page(shared, &request) {
        return response;
    }
    let id = shared.ids.next();
    // Most requests ask for none, and whatever they hold while they wait is held for each of them.
    let on = request.headers().contains_key(UPGRADE).then(|| Box::new(hyper::upgrade::on(&mut request)));
    let (parts, body) = request.into_parts();
    let wanted =
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).map_or(Wanted::Json, Wanted::of);
    let mut asked = Asked { peer, id, wanted, visit: None, secure: false };
    if parts.uri.path() == "*" {
        // What the server as a whole allows (RFC 9110, section 9.3.7).
        let headers = vec![("allow".to_owned(), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned())];
        return asked.sends(Outbound { status: 204, headers, ..Outbound::default() });
    }
    let mut inbound = match http::head(&parts, peer.http, Arc::clone(&asked.id)) {
        Ok(inbound) => inbound,
        Err(refusal) => return asked.fails(&refusal.failure()),
    };
    if let Some(broken) = shared.stale.get().filter(|broken| !broken.older_runs) {
        let detail = Some(broken.findings.clone());
        return asked.fails(&ErrorAnswer { detail, ..ErrorAnswer::new(503, "The program has errors") });
    }
    let app = shared.app();
    let socket = on.as_ref().and_then(|_| app.socket(&inbound.path)).map(Found::Socket);
    let mut upgrade = None;
    let found = match socket.unwrap_or_else(|| app.find(&inbound.method, &inbound.path)) {
        Found::Endpoint(found) => found,
        Found::Nothing => return asked.file(inbound).await,
        Found::Socket(found) => {
            let offer = Offer {
                method: &inbound.method,
                http_11: parts.version >= Version::HTTP_11,
                host: &inbound.host,
                headers: &inbound.headers,
            };
            match (handshake::accept(&offer), on) {
                (Ok(accept), Some(on)) => upgrade = Some(Box::new(Upgrade { on, accept })),
                (Ok(_), None) => return asked.no_socket(Refused::Plain),
                (Err(refused), _) => return asked.no_socket(refused),
            }
            found
        }
        Found::NotAllowed(allow) => {
            let mut outbound = ErrorAnswer::new(405, "Method not allowed").answer(wanted, &asked.id);
            outbound.headers.push(("allow".to_owned(), allow));
            return asked.sends(outbound);
        }
        Found::Options(allow) => {
            let headers = vec![("allow".to_owned(), allow)];
            return asked.sends(Outbound { status: 204, headers, ..Outbound::default() });
        }
    };
    if !shared.pool.has_room(BLOCK_BYTES.saturating_mul(2)) {
        return asked.busy();
    }
    if app.has_sessions {
        let now = machine::now_millis();
        asked.visit = Some((shared.sessions.visit(&mut inbound, now), now));
    }
    asked.secure = inbound.secure;
    let received = match receive(body, &peer.traffic, &shared.pool).await {
        Ok(received) => received,
        Err(Unreceived::Refused(refusal)) => return refused(refusal),
        Err(Unreceived::Memory) => return asked.busy(),
        // There is nobody to answer.
        Err(Unreceived::Gone) => return closing(plain(400, "the request ended early")),
    };
    let Received { bytes, lease } = received;
    inbound.body = match http::body(&parts.headers, &bytes) {
        Ok(body) => body,
        Err(refusal) => return asked.fails(&refusal.failure()),
    };
    drop((parts, bytes));
    let response = asked.executed(&app, found, inbound, upgrade).await;
    drop(lease);
    response
}

/// A request that is being answered.
struct Asked<'p> {
    peer: &'p Peer,
    id: Arc<str>,
    wanted: Wanted,
    /// Its session, and when it was opened.
    visit: Option<(Visit, i64)>,
    secure: bool,
}

impl Asked<'_> {
    async fn executed(
        &self,
        app: &Application,
        found: Match,
        mut inbound: Inbound,
        upgrade: Option<Box<Upgrade>>,
    ) -> Response<Body> {
        let shared = &self.peer.shared;
        inbound.params = found.params;
        let has_body = inbound.method != "HEAD";
        shared.probe.at(Point::Route);
        shared.metrics.executions.inc();
        let running = shared.metrics.running();
        let execution = exchange::start(app, found.endpoint, inbound, shared.seed());
        let host = shared.world.host(Arc::clone(&self.id));
        let mut held = Held::new(execution, &shared.places, host);
        let mut line = &self.peer.rooms;
        let end = held.drive(&shared.places, &mut line, app.limits.deadline).await;
        let Answered { outbound, uncaught } = match held.execution() {
            Some(execution) => exchange::finish(execution, &end, &self.id, app.detail()),
            None => exchange::of_end(&end, &self.id, app.detail()),
        };
        drop(running);
        let opened = held.execution().is_some_and(Execution::is_opened);
        match (outbound.status, upgrade) {
            (SWITCHING, Some(upgrade)) if opened => return self.switches(app, held, *upgrade),
            (200, None) if opened && has_body => {
                let events = stream::begin(shared, held, Arc::clone(&self.id), app.limits.deadline);
                return self.answers(outbound).await.map(|_| Body::Stream(Box::pin(events)));
            }
            // Nobody else may change the protocol.
            (SWITCHING, _) => return plain(500, exchange::INTERNAL),
            (_, _) => {}
        }
        drop(held);
        if end == End::Panicked {
            shared.metrics.panicked(Entry::Route);
        }
        match (&uncaught, &end) {
            (Some(error), _) => shared.errors.log(&self.id, error),
            (None, End::Bug(bug)) => {
                tracing::error!(request = &*self.id, %bug, "an invariant of the runtime did not hold; please report it");
            }
            (None, End::Timeout) => {
                tracing::warn!(request = &*self.id, "an execution passed its deadline");
            }
            (None, _) => {}
        }
        let detail = uncaught.filter(|_| shared.develops).map(|error| errors::chain(&error).join("\n"));
        self.answers(self.worded(outbound, detail)).await
    }

    /// Sends what a program answered. Who reads that a session ended may rely on it (K4).
    async fn answers(&self, outbound: Outbound) -> Response<Body> {
        let ends_session = outbound.session == SessionChange::Clear;
        let response = self.sends(outbound);
        if ends_session {
            self.peer.shared.keep_ended().await;
        }
        response
    }

    /// The request becomes a socket.
    fn switches(&self, app: &Application, held: Held, upgrade: Upgrade) -> Response<Body> {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        for (name, value) in handshake::headers(&upgrade.accept) {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        let shared = Arc::clone(&self.peer.shared);
        let opened = socket::Opened {
            upgrade: *upgrade.on,
            held,
            id: Arc::clone(&self.id),
            deadline: app.limits.deadline,
            permit: Arc::clone(&self.peer.permit),
            shared,
        };
        tokio::spawn(socket::run(opened));
        response
    }

    /// The request asks a socket's path for something else.
    fn no_socket(&self, refused: Refused) -> Response<Body> {
        let failure = ErrorAnswer::new(refused.status(), refused.to_string());
        let mut response = self.fails(&failure);
        for &(name, value) in handshake::refusal_headers(refused) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// An error in the form that was asked for.
    fn worded(&self, mut outbound: Outbound, detail: Option<String>) -> Outbound {
        let Some(failure) = outbound.failure.take_if(|_| self.wanted == Wanted::Page || detail.is_some())
        else {
            return outbound;
        };
        let failure = ErrorAnswer { detail, ..ErrorAnswer::from(&*failure) };
        let Outbound { headers, body, .. } = failure.answer(self.wanted, &self.id);
        outbound.headers.retain(|(name, _)| name != "content-type");
        outbound.headers.extend(headers);
        Outbound { body, ..outbound }
    }

    /// A file of `public/`, or that there is nothing.
    async fn file(&self, inbound: Inbound) -> Response<Body> {
        let shared = &self.peer.shared;
        let public = shared.public.clone();
        let served = shared.places.blocking.run(move || public.serve(&inbound)).await;
        let Served { outbound, bytes, content } = match served {
            Ok(Some(served)) => served,
            Ok(None) => return self.fails(&ErrorAnswer::new(404, "Not found")),
            Err(Panicked) => {
                shared.metrics.panicked(Entry::Server);
                return self.fails(&ErrorAnswer::new(500, exchange::INTERNAL));
            }
        };
        let mut response = self.sends(outbound);
        let Some(content) = content else {
            // Of a HEAD: what a GET would have got.
            if bytes > 0 && response.status().is_success() {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(bytes));
            }
            return response;
        };
        let permit = || Arc::clone(&shared.files).try_acquire_owned().ok();
        match file_body::of(content, &shared.places.blocking, permit, &shared.pool).await {
            Ok(body) => response.map(|_| body),
            Err(NoContent::Busy) => self.busy(),
            Err(error @ NoContent::Io(_)) => {
                tracing::warn!(request = &*self.id, %error, "a file of public/ cannot be sent");
                self.fails(&ErrorAnswer::new(500, exchange::INTERNAL))
            }
        }
    }

    fn fails(&self, failure: &ErrorAnswer) -> Response<Body> {
        self.sends(failure.answer(self.wanted, &self.id))
    }

    /// No memory at the moment.
    fn busy(&self) -> Response<Body> {
        let mut outbound = ErrorAnswer::new(503, "The server has no memory for this request at the moment")
            .answer(self.wanted, &self.id);
        outbound.headers.push(("retry-after".to_owned(), "1".to_owned()));
        self.sends(outbound)
    }

    fn sends(&self, outbound: Outbound) -> Response<Body> {
        let shared = &self.peer.shared;
        let session = self.visit.as_ref().map(|(visit, now)| (&*shared.sessions, visit, *now));
        match http::response(&outbound, &self.id, session, self.secure) {
            Ok(response) => response.map(|bytes| Body::charged(bytes, &shared.pool)),
            Err(unsendable) => {
                tracing::error!(request = &*self.id, %unsendable, "an answer cannot be sent");
                plain(500, exchange::INTERNAL)
            }
        }
    }
}

/// What the gate refuses is told without anything of what was sent, and closes the connection.
pub(super) fn refused(refusal: gate::Refusal) -> Response<Body> {
    tracing::debug!(%refusal, "a request was refused");
    closing(plain(refusal.status(), refusal.fault.reason()))
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
