//! A request that was understood: executed, answered by a file, or told what is wrong with it.

use super::{Handled, Peer, plain};
use crate::app::application::Application;
use crate::app::boundary::Panicked;
use crate::app::exchange::{self, Answered};
use crate::app::http::{self, ErrorAnswer, Visit, Wanted};
use crate::app::live::SWITCHING;
use crate::app::public::Served;
use crate::app::router::Match;
use crate::app::script::{End, Execution};
use crate::record::{Inbound, Outbound, SessionChange};
use crate::server::body::Body;
use crate::server::drive::Held;
use crate::server::file_body::{self, NoContent};
use crate::server::metrics::Entry;
use crate::server::websocket::handshake::{self, Refused};
use crate::server::{Point, errors, socket, stream, task};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Response, StatusCode};
use std::sync::Arc;
use std::time::Instant;

/// A request that may become a socket.
pub(super) struct Upgrade {
    pub on: Box<OnUpgrade>,
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: String,
}

/// A request that is being answered.
pub(super) struct Asked {
    pub peer: Arc<Peer>,
    pub id: Arc<str>,
    pub wanted: Wanted,
    /// Its session, and when it was opened.
    pub visit: Option<(Visit, i64)>,
    pub secure: bool,
    /// When it came, or when its body had come.
    pub began: Instant,
}

impl Asked {
    /// Runs the endpoint that was found, as far as that goes without waiting.
    pub fn executed(
        self,
        app: Arc<Application>,
        found: Match,
        mut inbound: Inbound,
        upgrade: Option<Box<Upgrade>>,
    ) -> Handled {
        let shared = &self.peer.shared;
        inbound.params = found.params;
        let has_body = inbound.method != "HEAD";
        shared.probe.at(Point::Route);
        shared.metrics.executions.inc();
        let running = shared.metrics.running();
        let execution = exchange::start(&app, found.endpoint, inbound, shared.seed());
        let host = shared.world.host(Arc::clone(&self.id));
        let mut held = Held::new(execution, &shared.places, host);
        let first = held.first_moment(self.began);
        drop(running);
        let mut executed = Executed { asked: self, app, held, has_body, upgrade };
        match first {
            Some(end) => executed.ended(end),
            None => Handled::later(async move {
                let end = executed.driven().await;
                executed.ended(end).response().await
            }),
        }
    }

    /// Sends what a program answered. Who reads that a session ended may rely on it (K4).
    fn answers(self, outbound: Outbound) -> Handled {
        let ends_session = outbound.session == SessionChange::Clear;
        let response = self.sends(outbound);
        if !ends_session {
            return Handled::Now(response);
        }
        Handled::later(async move {
            self.peer.shared.keep_ended().await;
            response
        })
    }

    /// The request becomes a socket. What the program gave to the answer, headers and cookies, goes along.
    fn switches(self, app: &Application, held: Held, upgrade: Upgrade, outbound: Outbound) -> Handled {
        let opened = socket::Opened {
            upgrade: *upgrade.on,
            held,
            id: Arc::clone(&self.id),
            deadline: app.limits.deadline,
            permit: Arc::clone(&self.peer.permit),
            shared: Arc::clone(&self.peer.shared),
        };
        // Judged as every answer is, whose status this one cannot be. What the handshake says is not the program's business:
        // a client fails where it is told of what it did not ask for (RFC 6455, section 4.1).
        let (status, body, mut headers) = (200, Vec::new(), outbound.headers);
        headers.retain(|(name, _)| name != "content-type" && !name.starts_with("sec-websocket-"));
        let judged = self.answers(Outbound { status, headers, body, ..outbound });
        judged.then(move |mut response| {
            if response.status() != StatusCode::OK {
                // It cannot be sent, so there is no socket.
                return response;
            }
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            *response.body_mut() = Body::Empty;
            for (name, value) in handshake::headers(&upgrade.accept) {
                if let Ok(value) = HeaderValue::from_str(value) {
                    response.headers_mut().insert(name, value);
                }
            }
            task::start(socket::run(opened));
            response
        })
    }

    /// The request asks a socket's path for something else.
    pub fn no_socket(&self, refused: Refused) -> Response<Body> {
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
    pub async fn file(self, inbound: Inbound) -> Response<Body> {
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
        let mut response = self.sends(self.worded(outbound, None));
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

    pub fn fails(&self, failure: &ErrorAnswer) -> Response<Body> {
        self.sends(failure.answer(self.wanted, &self.id))
    }

    /// No memory at the moment.
    pub fn busy(&self) -> Response<Body> {
        let mut outbound = ErrorAnswer::new(503, "The server has no memory for this request at the moment")
            .answer(self.wanted, &self.id);
        outbound.headers.push(("retry-after".to_owned(), "1".to_owned()));
        self.sends(outbound)
    }

    pub fn sends(&self, outbound: Outbound) -> Response<Body> {
        let shared = &self.peer.shared;
        let session = self.visit.as_ref().map(|(visit, now)| (&*shared.sessions, visit, *now));
        match http::response(outbound, &self.id, session, self.secure) {
            Ok(response) => response.map(|bytes| Body::charged(bytes, &shared.pool)),
            Err(unsendable) => {
                tracing::error!(request = &*self.id, %unsendable, "an answer cannot be sent");
                let outbound = ErrorAnswer::new(500, exchange::INTERNAL).answer(self.wanted, &self.id);
                match http::response(outbound, &self.id, None, self.secure) {
                    Ok(response) => response.map(|bytes| Body::charged(bytes, &shared.pool)),
                    Err(_) => plain(500, exchange::INTERNAL),
                }
            }
        }
    }
}

/// An endpoint's execution, and what its end becomes.
struct Executed {
    asked: Asked,
    app: Arc<Application>,
    held: Held,
    has_body: bool,
    upgrade: Option<Box<Upgrade>>,
}

impl Executed {
    async fn driven(&mut self) -> End {
        let shared = &self.asked.peer.shared;
        let _running = shared.metrics.running();
        let mut line = &self.asked.peer.rooms;
        self.held.drive(&shared.places, &mut line, self.app.limits.deadline).await
    }

    fn ended(self, end: End) -> Handled {
        let Self { asked, app, mut held, has_body, upgrade } = self;
        let shared = &asked.peer.shared;
        let Answered { outbound, uncaught } = match held.execution() {
            Some(execution) => exchange::finish(execution, &end, &asked.id, app.detail()),
            None => exchange::of_end(&end, &asked.id, app.detail()),
        };
        let opened = held.execution().is_some_and(Execution::is_opened);
        match (outbound.status, upgrade) {
            (SWITCHING, Some(upgrade)) if opened => {
                return asked.switches(&app, held, *upgrade, outbound);
            }
            (200, None) if opened && has_body => {
                let events = stream::begin(shared, held, Arc::clone(&asked.id), app.limits.deadline);
                return asked.answers(outbound).streaming(Box::pin(events));
            }
            // Nobody else changes the protocol: `http::response` refuses a status that is not final.
            (_, _) => {}
        }
        if let Some(error) = &uncaught {
            shared.errors.log(&asked.id, error);
        }
        match &end {
            End::Done => held.leave().into_iter().for_each(|execution| app.spare.keep(execution)),
            End::Panicked => shared.metrics.panicked(Entry::Route),
            End::Timeout => {
                // Its client has waited long enough.
                let (shared, id) = (Arc::clone(shared), Arc::clone(&asked.id));
                task::start(async move { shared.late(&mut held, &id).await });
            }
            End::Bug(bug) => {
                tracing::error!(request = &*asked.id, %bug, "an invariant of the runtime did not hold; please report it");
            }
            End::Uncaught(_) | End::Gone | End::NoEntropy => {}
        }
        let detail = uncaught.filter(|_| shared.develops).map(|error| errors::chain(&error).join("\n"));
        let outbound = asked.worded(outbound, detail);
        asked.answers(outbound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;
    use crate::server::gate::Traffic;
    use crate::server::{Server, log, tests};
    use http_body_util::BodyExt as _;
    use std::net::Ipv4Addr;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn an_answer_that_cannot_be_sent_is_logged_and_becomes_an_error_like_others() {
        let app = tests::app("route GET \"/\" { 1 }", tests::config());
        let running = Server::start(app, tests::options()).unwrap();
        let shared = Arc::clone(running.shared());
        let permit = Arc::new(Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap());
        let peer = Peer::new(shared, Traffic::default(), Ipv4Addr::LOCALHOST.into(), permit);
        let asked = Asked {
            peer: Arc::new(peer),
            id: "id-1".into(),
            wanted: Wanted::Json,
            visit: None,
            secure: false,
            began: Instant::now(),
        };
        let headers = vec![("a".to_owned(), "b\r\nset-cookie: c".to_owned())];
        let outbound = Outbound { headers, body: "secret".into(), ..Outbound::default() };
        let mut sent = None;
        let text = log::tests::logged(LogFormat::Text, || sent = Some(asked.sends(outbound)));
        assert!(text.contains("an answer cannot be sent") && text.contains("id-1"), "{text}");
        let sent = sent.unwrap();
        assert_eq!(sent.status(), 500);
        for (name, value) in [
            ("x-request-id", "id-1"),
            ("x-content-type-options", "nosniff"),
            ("content-type", "application/json"),
        ] {
            assert_eq!(sent.headers().get(name).unwrap(), value);
        }
        assert!(!sent.headers().contains_key("a") && !sent.headers().contains_key("set-cookie"));
        let body = sent.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(exchange::INTERNAL) && !body.contains("secret"), "{body}");
        tokio::task::spawn_blocking(|| drop(running)).await.unwrap();
    }
}
