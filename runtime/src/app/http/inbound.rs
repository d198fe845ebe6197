//! From a parsed head and a bounded body to an [`Inbound`].
//!
//! The session and the token that belong to the request are filled in by whoever holds the keys.

use super::percent;
use super::{Media, Refusal, cookies, fields, multipart, target};
use crate::base::cidr;
use crate::record::headers::NoText;
use crate::record::{Body, Headers, Inbound, Pairs};
use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST};
use ::http::{HeaderMap, HeaderValue, request};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who is at the other end of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address, as requests show it: made once for all of them.
    address: Box<str>,
    /// Is it a proxy that the configuration trusts?
    is_trusted: bool,
}

impl Peer {
    /// Whoever connects from this address.
    pub fn new(ip: IpAddr, trusted: &[IpNet]) -> Self {
        Self { address: shown(ip).into(), is_trusted: cidr::any_contains(trusted, ip) }
    }
}

/// The request as far as its head says it; `id` is its name in log and answer.
///
/// What a trusted proxy says in the last place of `X-Forwarded-For`, which is what it saw itself, and in
/// `X-Forwarded-Proto` is believed. Nobody else is, not even on this machine: what passes requests on unread speaks for
/// anybody. An address that cannot be read is refused: the request would else be taken for the proxy's own.
///
/// The headers are taken out of the parts.
pub fn head(parts: &mut request::Parts, peer: &Peer, id: Arc<str>) -> Result<Inbound, Refusal> {
    let headers = headers(std::mem::take(&mut parts.headers))?;
    let sent = headers.as_sent();
    let path_and_query = parts.uri.path_and_query();
    let query = path_and_query.and_then(|target| target.query()).unwrap_or_default();
    let forwarded = |name: &str| if peer.is_trusted { last(sent, name) } else { None };
    let ip = match forwarded("x-forwarded-for") {
        Some(text) => shown(address(text).ok_or(Refusal::ForwardedFor)?),
        None => peer.address.to_string(),
    };
    Ok(Inbound {
        id,
        method: parts.method.as_str().to_owned(),
        url: path_and_query.map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        path: target::path(parts.uri.path()).map_err(Refusal::Path)?,
        host: host(parts, sent),
        ip,
        secure: forwarded("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
        query: fields::decode(query).map_err(Refusal::Query)?,
        cookies: all_cookies(sent)?,
        headers,
        ..Inbound::default()
    })
}

/// An address of IPv4 in its own spelling, also where it came as one of IPv6.
fn shown(ip: IpAddr) -> String {
    ip.to_canonical().to_string()
}

/// An address as proxies write it: alone, with a port, in the brackets of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// The body, by its type.
pub fn body(headers: &HeaderMap, content: &[u8]) -> Result<Body, Refusal> {
    if content.is_empty() {
        return Ok(Body::Empty);
    }
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(Refusal::ContentEncoding);
    }
    let text = |content: &[u8]| percent::utf8(content.to_vec());
    match media(headers)? {
        Media::Json => text(content).map(Body::Json).map_err(Refusal::Json),
        Media::Form => {
            let sent = text(content)
                .map_err(|fault| Refusal::Form(fields::FieldsFault::Text { number: 0, fault }))?;
            fields::decode(&sent).map(Body::Form).map_err(Refusal::Form)
        }
        Media::Multipart(boundary) => {
            let boundary = boundary.ok_or(Refusal::Multipart(multipart::MultipartFault::Boundary))?;
            multipart::decode(content, &boundary).map(Body::Multipart).map_err(Refusal::Multipart)
        }
        Media::Text => text(content).map(Body::Text).map_err(Refusal::Text),
        Media::Other => Ok(Body::Bytes(Arc::from(content))),
    }
}

fn media(headers: &HeaderMap) -> Result<Media, Refusal> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) => Ok(Media::Other),
        (Some(one), None) => one.to_str().ok().and_then(Media::parse).ok_or(Refusal::ContentType),
        (Some(_), Some(_)) => Err(Refusal::ContentType),
    }
}

fn headers(sent: HeaderMap) -> Result<Headers, Refusal> {
    #[cfg(feature = "knockout")]
    percent::believed(sent.values().map(HeaderValue::as_bytes));
    Headers::sent(sent).map_err(|NoText { name, at }| Refusal::Header {
        name: name.as_str().to_owned(),
        fault: percent::TextFault::Utf8 { at },
    })
}

/// The text of a header's value; [`Headers`] has looked at each.
fn text(value: &HeaderValue) -> &str {
    std::str::from_utf8(value.as_bytes()).unwrap_or_default()
}

/// The last of a comma-separated list over all headers of that name.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back().map(text)?;
    value.rsplit(',').next().map(str::trim)
}

/// An absolute target replaces the header (RFC 9112, section 3.2.2).
fn host(parts: &request::Parts, headers: &HeaderMap) -> String {
    if let Some(authority) = parts.uri.authority() {
        return authority.as_str().to_owned();
    }
    headers.get(HOST).map(text).unwrap_or_default().to_owned()
}

fn all_cookies(headers: &HeaderMap) -> Result<Pairs, Refusal> {
    let mut sent = headers.get_all(COOKIE).iter().map(text);
    let Some(first) = sent.next() else { return Ok(Pairs::new()) };
    let all = sent.fold(first.to_owned(), |all, more| all + "; " + more);
    cookies::decode(&all).ok_or(Refusal::Cookies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::http::{FieldsFault, PathFault, TextFault};
    use ::http::Request;

    fn head_of(request: ::http::request::Builder, ip: &str) -> Result<Inbound, Refusal> {
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let trusted = ["127.0.0.0/8", "::1"].map(|block| cidr::parse(block).unwrap());
        head(&mut parts, &Peer::new(ip.parse().unwrap(), &trusted), "r1".into())
    }

    fn body_of(content_type: &str, content: &[u8]) -> Result<Body, Refusal> {
        let headers = [(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())];
        body(&headers.into_iter().collect(), content)
    }

    #[test]
    fn a_head_is_taken_apart() {
        let request = Request::get("/a%20b/?x=1&x=%C3%A9")
            .header("Host", "shop.example:80")
            .header("Cookie", "a=1")
            .header("Cookie", "b=%20")
            .header("X-Forwarded-For", "9.9.9.9");
        let inbound = head_of(request, "192.0.2.1").unwrap();
        assert_eq!((inbound.method.as_str(), inbound.url.as_str()), ("GET", "/a%20b/?x=1&x=%C3%A9"));
        assert_eq!((inbound.path.as_str(), inbound.host.as_str()), ("/a b", "shop.example:80"));
        assert_eq!((inbound.ip.as_str(), inbound.secure), ("192.0.2.1", false));
        assert_eq!(inbound.query[1], ("x".to_owned(), "é".to_owned()));
        assert_eq!(inbound.cookies[1], ("b".to_owned(), " ".to_owned()));
        assert_eq!(inbound.headers[0].0, "host");
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_nobody_else() {
        let request = || {
            let forwarded = Request::get("/").header("X-Forwarded-For", "6.6.6.6, 2001:db8::1");
            forwarded.header("X-Forwarded-Proto", "https")
        };
        for proxy in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let inbound = head_of(request(), proxy).unwrap();
            assert_eq!((inbound.ip.as_str(), inbound.secure), ("2001:db8::1", true), "{proxy}");
        }
        let inbound = head_of(request(), "::ffff:192.0.2.1").unwrap();
        assert_eq!((inbound.ip.as_str(), inbound.secure), ("192.0.2.1", false));
    }

    #[test]
    fn an_address_behind_a_proxy_is_read_or_the_request_refused() {
        let forwarded = |value: &str| {
            let request = Request::get("/").header("X-Forwarded-For", value);
            head_of(request, "127.0.0.1").map(|inbound| inbound.ip)
        };
        for (value, ip) in [
            ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("1.2.3.4:5678", "1.2.3.4"),
            ("6.6.6.6,[2001:db8::1]:1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
        ] {
            assert_eq!(forwarded(value).as_deref(), Ok(ip), "{value}");
        }
        for value in ["", "unknown", "1.2.3.4,", "1.2.3", "1.2.3.4:99999", "[1.2.3.4]:1", "[::1", "_hidden"] {
            assert_eq!(forwarded(value), Err(Refusal::ForwardedFor), "{value}");
        }
        let stranger = Request::get("/").header("X-Forwarded-For", "unknown");
        assert_eq!(head_of(stranger, "192.0.2.1").unwrap().ip, "192.0.2.1");
    }

    /// RFC 9112 3.2.2-b
    #[test]
    fn an_absolute_target_replaces_the_host() {
        let inbound = head_of(Request::get("http://a.example/b?c").header("Host", "x"), "192.0.2.1").unwrap();
        assert_eq!((inbound.host.as_str(), inbound.url.as_str()), ("a.example", "/b?c"));
    }

    #[test]
    fn t3_08_a_head_that_is_no_text_is_refused() {
        let header = HeaderValue::from_bytes(b"ab\xff").unwrap();
        let fault = TextFault::Utf8 { at: 2 };
        let refused = head_of(Request::get("/").header("X-A", header), "192.0.2.1");
        assert_eq!(refused, Err(Refusal::Header { name: "x-a".to_owned(), fault }));
        let fault = TextFault::Utf8 { at: 0 };
        let refused = head_of(Request::get("/%ff"), "192.0.2.1");
        assert_eq!(refused, Err(Refusal::Path(PathFault::Text { at: 1, fault })));
        let refused = head_of(Request::get("/?a=%ff"), "192.0.2.1");
        assert_eq!(refused, Err(Refusal::Query(FieldsFault::Text { number: 1, fault })));
    }

    #[test]
    fn bodies_are_read_by_their_type() {
        assert_eq!(body_of("application/json", b""), Ok(Body::Empty));
        assert_eq!(body_of("application/json", b"{"), Ok(Body::Json("{".to_owned())));
        assert_eq!(body_of("text/plain", "é".as_bytes()), Ok(Body::Text("é".to_owned())));
        assert_eq!(body_of("image/png", b"\xff"), Ok(Body::Bytes(Arc::from(&b"\xff"[..]))));
        assert_eq!(body(&HeaderMap::new(), b"x"), Ok(Body::Bytes(Arc::from(&b"x"[..]))));
        let form = vec![("a".to_owned(), "b c".to_owned())];
        assert_eq!(body_of("application/x-www-form-urlencoded", b"a=b+c"), Ok(Body::Form(form)));
        assert_eq!(body_of("multipart/form-data; boundary=B", b"--B--"), Ok(Body::Multipart(vec![])));
    }

    #[test]
    fn refused_bodies_have_a_status() {
        let status =
            |content_type, content: &[u8]| body_of(content_type, content).map_err(|refusal| refusal.status());
        for (content_type, content) in [
            ("application/json", &b"\xff"[..]),
            ("application/x-www-form-urlencoded", b"a=\xff"),
            ("application/x-www-form-urlencoded", b"a=%ff"),
            ("text/plain", b"\xff"),
            ("multipart/form-data", b"--B--"),
            ("multipart/form-data; boundary=B", b"--C--"),
            ("nonsense", b"x"),
        ] {
            assert_eq!(status(content_type, content), Err(400), "{content_type}");
        }
        let many = "a&".repeat(fields::FIELDS_MAX + 1);
        assert_eq!(status("application/x-www-form-urlencoded", many.as_bytes()), Err(413));
        let headers: HeaderMap = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))].into_iter().collect();
        assert_eq!(body(&headers, b"x").map_err(|refusal| refusal.status()), Err(415));
        let json = body_of("application/json", b"\xff").unwrap_err().to_string();
        assert_eq!(json, "Invalid JSON in request body");
    }
}
