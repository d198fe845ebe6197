//! A connection in memory: its bytes through the gate, the HTTP library, the decoders, the router and the handlers of a
//! program, in process and without a runtime. The targets for HTTP judge what comes of it.
//!
//! - What comes back is well-formed HTTP, an answer to each request that was answered and nothing else.
//! - No request makes a handler fail: what is wrong with one is its sender's, so no answer has a status from 500 on.

use crate::oracle::http::{Response as Said, response};
use flin_runtime::app::exchange::answer;
use flin_runtime::app::{Application, MemoryHost, SourceFile, http};
use flin_runtime::check::Role;
use flin_runtime::config::Config;
use flin_runtime::record::Body;
use flin_runtime::server::gate::{Answer, Gated, Limits, Phase, Refusal, Traffic, Turn};
use flin_runtime::value::Pool;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A request that a service saw whole.
#[derive(Debug)]
pub struct Handled {
    /// Its method.
    pub method: String,
    /// The bytes of its body.
    pub content: Vec<u8>,
    /// What the decoders made of them; none where they refused the head.
    pub body: Option<Result<Body, http::Refusal>>,
}

/// What came of a connection.
#[derive(Debug, Default)]
pub struct Served {
    /// The requests that were served, in order.
    pub whole: Vec<Handled>,
    /// How many were answered with what the gate refused them for.
    pub refusals: usize,
    /// The final answers, in order.
    pub answers: Vec<Said>,
    /// Of each answer: was it asked for by HEAD, so that it has no body?
    bodiless: Vec<bool>,
}

/// A program of files in memory.
pub fn application(files: &[(&str, &str)]) -> Application {
    let source = |(path, text): &(&str, &str)| SourceFile::in_memory(path, Role::of(path, &[]), *text);
    let files: Vec<SourceFile> = files.iter().map(source).collect();
    match Application::of_files(&files, Config::default(), Path::new(""), &Pool::new(1 << 30)) {
        Ok(app) => app,
        Err(why) => panic!("{why:?}"),
    }
}

/// Sends bytes, so many a read (all at once where that is 0), to a program behind a gate with these limits.
pub fn serve(app: &'static Application, limits: Limits, bytes: &[u8], piece: usize) -> Served {
    let said = Arc::new(Mutex::new(Vec::new()));
    let known = Arc::new(OnceLock::new());
    let stream =
        Memory { bytes: bytes.to_vec(), at: 0, piece, said: Arc::clone(&said), traffic: Arc::clone(&known) };
    let (gated, traffic) = Gated::new(stream, limits);
    known.get_or_init(|| traffic.clone());
    let served = Arc::new(Mutex::new(Served::default()));
    let service = {
        let (traffic, served) = (traffic.clone(), Arc::clone(&served));
        service_fn(move |request| turn(app, traffic.clone(), Arc::clone(&served), request))
    };
    let mut connection = hyper::server::conn::http1::Builder::new();
    let connection = connection.auto_date_header(false).serve_connection(TokioIo::new(gated), service);
    let mut connection = pin!(connection);
    let mut context = Context::from_waker(Waker::noop());
    let mut turns = 0;
    while connection.as_mut().poll(&mut context).is_pending() {
        turns += 1;
        assert!(turns < 10_000, "the connection should be done: {:?}", traffic.moment());
    }
    let mut served = std::mem::take(&mut *served.lock().unwrap());
    served.answers = answers(&said.lock().unwrap(), &served.bodiless);
    served
}

async fn turn(
    app: &Application,
    traffic: Traffic,
    served: Arc<Mutex<Served>>,
    request: Request<Incoming>,
) -> Result<Response<Answer<Full<Bytes>>>, Infallible> {
    let is_head = request.method() == hyper::Method::HEAD;
    served.lock().unwrap().bodiless.push(is_head);
    let refused = |refusal: Refusal| {
        served.lock().unwrap().refusals += 1;
        let mut response = Response::new(Answer::without_ticket(Full::from(refusal.fault.reason())));
        *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    };
    let ticket = match traffic.turn() {
        Turn::Request(ticket) => ticket,
        Turn::Refused(refusal) => return Ok(refused(refusal)),
        Turn::Disagreement => panic!("the library sees {request:?}, should be nothing"),
    };
    let (mut parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(refused(traffic.refusal().unwrap())) };
    let content = body.to_bytes().to_vec();
    let (body, response) = handle(app, &mut parts, &content);
    let method = parts.method.to_string();
    served.lock().unwrap().whole.push(Handled { method, content, body });
    Ok(ticket.attach(response.map(Full::new)))
}

/// What a server does with a whole request, but for sessions, files and sockets.
fn handle(
    app: &Application,
    parts: &mut hyper::http::request::Parts,
    content: &[u8],
) -> (Option<Result<Body, http::Refusal>>, Response<Bytes>) {
    let id: Arc<str> = "id".into();
    let peer = http::Peer::new(IpAddr::V4(Ipv4Addr::LOCALHOST), &[]);
    let refused = |refusal: &http::Refusal| refusal.failure().answer(http::Wanted::Json, &id);
    let (body, outbound) = match http::head(parts, &peer, Arc::clone(&id)) {
        Err(refusal) => (None, refused(&refusal)),
        Ok(mut inbound) => {
            let body = http::body(inbound.headers.as_sent(), content);
            let outbound = match &body {
                Err(refusal) => refused(refusal),
                Ok(body) => {
                    inbound.body = body.clone();
                    answer(app, inbound, &mut MemoryHost::default()).outbound
                }
            };
            (Some(body), outbound)
        }
    };
    let shown = String::from_utf8_lossy(&outbound.body);
    assert!(outbound.status < 500, "{} {shown} for {parts:?} with {content:?}", outbound.status);
    match http::response(outbound.clone(), &id, None, false) {
        Ok(response) => (body, response),
        Err(unsendable) => panic!("{unsendable}: {outbound:?}"),
    }
}

/// The final answers that bytes are, and nothing else.
fn answers(mut said: &[u8], bodiless: &[bool]) -> Vec<Said> {
    let mut answers = Vec::new();
    while !said.is_empty() {
        match response(said, bodiless.get(answers.len()).copied().unwrap_or(false), true) {
            Ok(Some(answer)) => {
                said = &said[answer.bytes..];
                answers.extend((answer.status >= 200).then_some(answer));
            }
            other => panic!("{:?} should be a response: {other:?}", String::from_utf8_lossy(said)),
        }
    }
    answers
}

/// A stream in memory: so many bytes a read, and its end when nothing is being answered. A peer that is gone before would
/// rightly get no answer.
struct Memory {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    said: Arc<Mutex<Vec<u8>>>,
    traffic: Arc<OnceLock<Traffic>>,
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let phase = self.traffic.get().map(|traffic| traffic.moment().phase);
        if self.at == self.bytes.len() && matches!(phase, Some(Phase::Answer | Phase::Refused)) {
            return Poll::Pending;
        }
        let most = if self.piece == 0 { usize::MAX } else { self.piece };
        let end = self.at + most.min(buffer.remaining()).min(self.bytes.len() - self.at);
        buffer.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
