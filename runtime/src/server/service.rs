//! A request's way to its answer.

use super::Shared;
use super::body::Body;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, header};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// The other end of a connection, as its requests see it.
#[derive(Debug)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    busy: AtomicU32,
    idle_since: Mutex<Instant>,
}

impl Peer {
    /// A peer that has asked nothing yet.
    pub fn new(ip: IpAddr) -> Self {
        Self { ip, busy: AtomicU32::new(0), idle_since: Mutex::new(Instant::now()) }
    }

    /// Since when it has asked nothing; none while a request is being answered.
    pub fn idle_since(&self) -> Option<Instant> {
        (self.busy.load(Ordering::Acquire) == 0)
            .then(|| *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers a request.
pub async fn answer(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    peer.busy.fetch_add(1, Ordering::AcqRel);
    let began = Instant::now();
    let response = own_page(&shared, &request).unwrap_or_else(|| {
        let body = r#"{"error": "Not found", "status": 404}"#;
        of(StatusCode::NOT_FOUND, "application/json", body.to_owned())
    });
    shared.metrics.answered(response.status().as_u16(), began.elapsed());
    *peer.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    peer.busy.fetch_sub(1, Ordering::AcqRel);
    Ok(response)
}

/// `/_flin/health` and `/_flin/metrics`.
fn own_page(shared: &Shared, request: &Request<Incoming>) -> Option<Response<Body>> {
    let path = request.uri().path().strip_prefix("/_flin/")?;
    if !shared.config.metrics.enabled || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    match path {
        "health" => {
            let health = shared.health();
            let status = StatusCode::from_u16(health.status()).unwrap_or_default();
            Some(of(status, "application/json", serde_json::to_string(&health).ok()?))
        }
        "metrics" => {
            let page = shared.metrics.text(&shared.levels()).ok()?;
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            Some(of(StatusCode::OK, kind, page))
        }
        _ => None,
    }
}

fn of(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
