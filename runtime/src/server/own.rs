//! The server's own pages: `/_flin/health` and `/_flin/metrics`.

use super::Shared;
use super::body::Body;
use super::service::plain;
use crate::app::http;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

/// What the paths of these pages begin with.
pub(super) const PREFIX: &str = "/_flin/";
/// The text format that Prometheus and others read.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page that is asked for, where it is served here.
pub(super) fn page<B>(shared: &Shared, request: &Request<B>) -> Option<Response<Body>> {
    let name = request.uri().path().strip_prefix(PREFIX)?;
    let config = &shared.config;
    if !config.metrics.enabled || config.admin.enabled {
        return None;
    }
    asked(shared, request.method(), name)
}

/// The page of that name, for whoever only looks.
pub(super) fn asked(shared: &Shared, method: &Method, name: &str) -> Option<Response<Body>> {
    let page = of_name(shared, name)?;
    Some(if matches!(*method, Method::GET | Method::HEAD) { page } else { read_only() })
}

/// The answer to whoever wants to change one of these pages.
fn read_only() -> Response<Body> {
    let mut response = plain(405, "This page can only be read");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn of_name(shared: &Shared, name: &str) -> Option<Response<Body>> {
    match name {
        "health" => {
            let health = shared.health();
            let status = StatusCode::from_u16(health.status()).unwrap_or_default();
            Some(of(status, "application/json", serde_json::to_string(&health).ok()?))
        }
        "metrics" => Some(of(StatusCode::OK, METRICS_TYPE, shared.metrics.text(&shared.levels()).ok()?)),
        _ => None,
    }
}

/// An answer with this body.
pub(super) fn of(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    http::defaults(headers);
    response
}
