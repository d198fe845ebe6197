//! From an [`Outbound`] to the response that a connection sends.
//!
//! What a program put into it was checked when it did so; it is checked again where it becomes bytes, so that no path
//! of ours can forget to. An answer that cannot be sent is replaced as a whole, never in part.

use super::session::{Sessions, TooLarge, Visit};
use crate::base::guard::{Guard, off};
use crate::record::{FRAMING_HEADERS, Outbound, Pairs, SameSite, SetCookie};
use ::http::header::{
    CONTENT_TYPE, Entry, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use cookie::{Cookie, time};
use std::sync::LazyLock;

/// The header that names the request.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// On every answer that says nothing else.
static DEFAULTS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    (REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
];

/// What most answers are.
const CONTENT_TYPES: [&str; 3] =
    ["application/json", "text/html; charset=utf-8", "text/plain; charset=utf-8"];
/// Headers of an answer beside the defaults: its type and the request's id.
const OWN: usize = 2;

/// Why an answer cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// No final status.
    #[error("status {0} is not between 200 and 599")]
    Status(u16),
    /// More than the HTTP library has room for.
    #[error("{0} lines of headers are too many")]
    Lines(usize),
    /// Not a token.
    #[error("{0:?} is no name of a header")]
    HeaderName(String),
    /// A line break, a NUL or another control character.
    #[error("the value of header {0} has a control character")]
    HeaderValue(String),
    /// A header that frames the answer.
    #[error("header {0} is set by the server")]
    Framing(HeaderName),
    /// Not a token.
    #[error("{0:?} is no name of a cookie")]
    CookieName(String),
    /// The session.
    #[error(transparent)]
    Session(#[from] TooLarge),
}

/// The response to the request of that id. `session` is the request's, where it has one.
pub fn response(
    mut outbound: Outbound,
    id: &str,
    session: Option<(&Sessions, &Visit, i64)>,
    secure: bool,
) -> Result<Response<Bytes>, Unsendable> {
    let status =
        StatusCode::from_u16(outbound.status).ok().filter(|status| (200..600).contains(&status.as_u16()));
    let status = status.ok_or(Unsendable::Status(outbound.status))?;
    let mut headers = match outbound.headers.as_slice() {
        [(name, value)] if name == CONTENT_TYPE.as_str() => usual(value),
        _ => None,
    }
    .map_or_else(|| own_headers(&outbound.headers), Ok)?;
    for cookie in &outbound.cookies {
        headers.append(SET_COOKIE, cookie_value(cookie, secure)?);
    }
    if let Some((sessions, visit, now)) = session {
        for cookie in sessions.set_cookies(visit, &outbound, now)? {
            headers.append(SET_COOKIE, header_value(&SET_COOKIE, &cookie)?);
        }
    }
    if let Entry::Vacant(place) = headers.entry(X_REQUEST_ID) {
        place.insert(header_value(&X_REQUEST_ID, id)?);
    }
    // RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5: these have no content.
    let empty =
        matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
            || outbound.body.is_empty();
    // What was written piece by piece has room to spare, which nobody pays for while it waits to be sent.
    outbound.body.shrink_to_fit();
    let mut response =
        Response::new(if empty { Bytes::new() } else { Bytes::from(std::mem::take(&mut outbound.body)) });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The headers of an answer that sets none but one of the usual types: made once, copied from then on.
fn usual(content_type: &str) -> Option<HeaderMap> {
    static MADE: LazyLock<Vec<(&str, HeaderMap)>> = LazyLock::new(|| {
        let made = CONTENT_TYPES.into_iter().map(|content_type| {
            let mut headers = HeaderMap::with_capacity(DEFAULTS.len().saturating_add(OWN));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            defaults(&mut headers);
            (content_type, headers)
        });
        made.collect()
    });
    MADE.iter().find(|(made, _)| *made == content_type).map(|(_, headers)| headers.clone())
}

/// The headers of an answer, and the defaults where it says nothing else.
fn own_headers(own: &Pairs) -> Result<HeaderMap, Unsendable> {
    // The HTTP library keeps the table for as long as the connection, and it doubles in size with the seventh.
    let all = own.len().saturating_add(DEFAULTS.len()).saturating_add(1);
    let mut headers = HeaderMap::try_with_capacity(all).map_err(|_| Unsendable::Lines(own.len()))?;
    for (name, value) in own {
        let (name, value) = header(name, value)?;
        headers.try_append(name, value).map_err(|_| Unsendable::Lines(own.len()))?;
    }
    defaults(&mut headers);
    Ok(headers)
}

/// Adds what every answer has that says nothing else.
pub fn defaults(headers: &mut HeaderMap) {
    for (name, value) in &DEFAULTS {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Unsendable> {
    let name =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unsendable::HeaderName(name.to_owned()))?;
    if FRAMING_HEADERS.contains(&name.as_str()) && !off(Guard::HeaderFraming) {
        return Err(Unsendable::Framing(name));
    }
    let value = header_value(&name, value)?;
    Ok((name, value))
}

fn header_value(name: &HeaderName, value: &str) -> Result<HeaderValue, Unsendable> {
    #[cfg(feature = "knockout")]
    if off(Guard::HeaderText) {
        return Ok(naive::value(value));
    }
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Unsendable::HeaderValue(name.to_string()))
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guard holds back: a value believed to be one line.
    #![expect(clippy::unwrap_used, reason = "the obvious wrong code, to show what the guard holds back")]

    pub fn value(value: &str) -> ::http::HeaderValue {
        ::http::HeaderValue::from_bytes(value.as_bytes()).unwrap()
    }
}

fn cookie_value(set: &SetCookie, secure: bool) -> Result<HeaderValue, Unsendable> {
    // A cookie's name is a token, as a header's is.
    HeaderName::from_bytes(set.name.as_bytes()).map_err(|_| Unsendable::CookieName(set.name.clone()))?;
    let same_site = match set.same_site {
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::None => cookie::SameSite::None,
    };
    let mut cookie = Cookie::new(&set.name, &set.value);
    cookie.set_path("/");
    cookie.set_http_only(set.http_only);
    cookie.set_same_site(same_site);
    cookie.set_secure(set.secure.unwrap_or(secure));
    cookie.set_max_age(set.max_age.map(time::Duration::seconds));
    header_value(&SET_COOKIE, &cookie.encoded().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Inbound, SessionChange};

    fn outbound(status: u16, headers: &[(&str, &str)]) -> Outbound {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Outbound { status, headers, body: b"x".to_vec(), ..Outbound::default() }
    }

    fn sent(outbound: &Outbound) -> Result<Response<Bytes>, Unsendable> {
        response(outbound.clone(), "r1", None, false)
    }

    fn refused(outbound: &Outbound) -> Unsendable {
        sent(outbound).unwrap_err()
    }

    fn cookie(name: &str, value: &str) -> SetCookie {
        let (name, value) = (name.to_owned(), value.to_owned());
        SetCookie { name, value, max_age: Some(60), http_only: true, secure: None, same_site: SameSite::Lax }
    }

    #[test]
    fn every_answer_has_the_security_headers_unless_it_says_otherwise() {
        let response = sent(&outbound(200, &[("x-frame-options", "DENY"), ("x-a", "é")])).unwrap();
        let header = |name| response.headers().get(name).map(HeaderValue::as_bytes);
        assert_eq!(header("x-content-type-options"), Some(&b"nosniff"[..]));
        assert_eq!(header("x-frame-options"), Some(&b"DENY"[..]));
        assert_eq!(header("referrer-policy"), Some(&b"strict-origin-when-cross-origin"[..]));
        assert_eq!(header("x-request-id"), Some(&b"r1"[..]));
        assert_eq!(header("x-a"), Some("é".as_bytes()));
        assert_eq!(response.body().as_ref(), b"x");
    }

    #[test]
    fn headers_that_were_made_before_are_those_that_would_be_made_now() {
        for content_type in CONTENT_TYPES {
            let own = vec![("content-type".to_owned(), content_type.to_owned())];
            assert_eq!(usual(content_type), own_headers(&own).ok());
        }
        assert_eq!(usual("application/json; charset=utf-8"), None);
    }

    /// RFC 9112 2.2-d
    #[test]
    fn x_14_what_breaks_a_line_is_not_sent() {
        for value in ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb", "a\0", "\u{1b}[2J", "\u{7f}"] {
            let refused = refused(&outbound(302, &[("location", value)]));
            assert_eq!(refused, Unsendable::HeaderValue("location".to_owned()), "{value:?}");
            let outbound = Outbound { cookies: vec![cookie("a", value)], ..outbound(200, &[]) };
            let set = sent(&outbound).unwrap().headers()[SET_COOKIE].to_str().unwrap().to_owned();
            assert!(!set.contains(|c: char| c.is_control()), "{set:?}");
        }
        for name in ["", "a b", "a:", "a\r\n", "é"] {
            assert_eq!(refused(&outbound(200, &[(name, "x")])), Unsendable::HeaderName(name.to_owned()));
            let outbound = Outbound { cookies: vec![cookie(name, "x")], ..outbound(200, &[]) };
            assert_eq!(refused(&outbound), Unsendable::CookieName(name.to_owned()));
        }
    }

    /// RFC 9112 6.1-e, 6.1-f, 7.4-a
    #[test]
    fn framing_and_status_are_the_servers() {
        for name in ["Content-Length", "transfer-encoding", "Connection", "upgrade", "TE", "Trailer"] {
            assert!(matches!(refused(&outbound(200, &[(name, "5")])), Unsendable::Framing(_)), "{name}");
        }
        for status in [0, 100, 101, 199, 600, u16::MAX] {
            assert_eq!(refused(&outbound(status, &[])), Unsendable::Status(status));
        }
        for status in [200, 404, 599] {
            assert_eq!(sent(&outbound(status, &[])).unwrap().status().as_u16(), status);
        }
        for without_content in [204, 205, 304] {
            assert!(sent(&outbound(without_content, &[])).unwrap().body().is_empty());
        }
    }

    #[test]
    fn headers_without_end_are_refused() {
        let lines = |count| outbound(200, &vec![("a", "b"); count]);
        assert_eq!(sent(&lines(16_000)).unwrap().headers().get_all("a").iter().count(), 16_000);
        for count in [24_600, 33_000, 100_000] {
            assert_eq!(refused(&lines(count)), Unsendable::Lines(count));
        }
    }

    #[test]
    fn cookies_are_encoded() {
        let outbound =
            Outbound { cookies: vec![cookie("a", "x; é"), cookie("b", "")], ..outbound(200, &[]) };
        let response = response(outbound.clone(), "r1", None, true).unwrap();
        let set: Vec<&str> =
            response.headers().get_all(SET_COOKIE).iter().map(|set| set.to_str().unwrap()).collect();
        let attributes = "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60";
        assert_eq!(set, [format!("a=x%3B%20%C3%A9; {attributes}"), format!("b=; {attributes}")]);
    }

    #[test]
    fn the_session_goes_along() {
        let sessions = Sessions::new([1; 32], [2; 32]);
        let visit = sessions.visit(&mut Inbound::default(), 0);
        let outbound = Outbound { session: SessionChange::Set("{}".to_owned()), ..outbound(200, &[]) };
        let response = response(outbound.clone(), "r1", Some((&sessions, &visit, 0)), false).unwrap();
        assert!(response.headers()[SET_COOKIE].to_str().unwrap().starts_with("flin_session="));
    }
}
