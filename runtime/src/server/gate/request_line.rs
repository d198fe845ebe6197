//! The first line of a request: method, target, version (RFC 9112, section 3).

use super::fault::Fault;
use super::host::{self, Host};
use super::scan::{At, bad_escape, is_path, is_query, is_token};
use crate::base::guard::{Guard, off};

/// hyper takes no longer ones; `http` counts their bytes in 16 bits.
pub(super) const TARGET_BYTES_MAX: usize = 65_533;

/// A method that is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// Another token; it passes only where the guard is off.
    Other,
}

impl Method {
    fn of(token: &[u8]) -> Self {
        match token {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"PATCH" => Self::Patch,
            b"DELETE" => Self::Delete,
            b"OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// The form of a target (RFC 9112, section 3.2); authority form is `CONNECT`'s alone, and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A path, and perhaps a query.
    Origin,
    /// An http URI; its authority stands in place of Host.
    Absolute,
    /// `*`.
    Asterisk,
}

/// What the first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestLine {
    pub method: Method,
    pub form: Form,
    /// HTTP/1.`minor`.
    pub minor: u8,
}

/// Reads a first line (H3 to H6). Places are counted from its begin.
pub(super) fn read(line: &[u8]) -> Result<RequestLine, At> {
    let read = parts(line).and_then(|parts| parts.check());
    match read {
        Err(_) if off(Guard::RequestLine) => Ok(leniently(line)),
        read => read,
    }
}

/// Without the guard: whatever comes first is the method, and the rest is somebody else's business.
fn leniently(line: &[u8]) -> RequestLine {
    let mut words = line.split(|byte| *byte == b' ');
    let method = Method::of(words.next().unwrap_or_default());
    let form = if words.next() == Some(b"*") { Form::Asterisk } else { Form::Origin };
    RequestLine { method, form, minor: u8::from(!line.ends_with(b"1.0")) }
}

/// The three words of the line, with their places.
struct Parts<'l> {
    method: &'l [u8],
    target: &'l [u8],
    target_at: usize,
    version: &'l [u8],
    version_at: usize,
}

fn parts(line: &[u8]) -> Result<Parts<'_>, At> {
    let malformed = |at: usize| (Fault::RequestLine, at);
    let first = memchr::memchr(b' ', line).ok_or_else(|| malformed(line.len()))?;
    let target_at = first.saturating_add(1);
    let (method, rest) = (line.get(..first).unwrap_or_default(), line.get(target_at..).unwrap_or_default());
    let second = memchr::memchr(b' ', rest).ok_or_else(|| malformed(line.len()))?;
    let version_at = target_at.saturating_add(second).saturating_add(1);
    let (target, version) =
        (rest.get(..second).unwrap_or_default(), line.get(version_at..).unwrap_or_default());
    if method.is_empty() {
        return Err(malformed(0));
    }
    if target.is_empty() {
        return Err(malformed(target_at));
    }
    match version.iter().position(|byte| matches!(byte, b' ' | b'\t')) {
        Some(blank) => Err(malformed(version_at.saturating_add(blank))),
        None => Ok(Parts { method, target, target_at, version, version_at }),
    }
}

impl Parts<'_> {
    fn check(&self) -> Result<RequestLine, At> {
        if let Some(at) = self.method.iter().position(|byte| !is_token(*byte)) {
            return Err((Fault::MethodToken, at));
        }
        let minor = match self.version {
            b"HTTP/1.1" => 1,
            b"HTTP/1.0" => 0,
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                return Err((Fault::VersionUnknown, self.version_at));
            }
            _ => return Err((Fault::VersionShape, self.version_at)),
        };
        if self.target.len() > TARGET_BYTES_MAX {
            return Err((Fault::TargetTooLong, self.target_at.saturating_add(TARGET_BYTES_MAX)));
        }
        let method = Method::of(self.method);
        if method == Method::Other && !off(Guard::MessageSequence) {
            return Err((Fault::MethodUnknown, 0));
        }
        let form =
            target(self.target, method).map_err(|(fault, at)| (fault, self.target_at.saturating_add(at)))?;
        Ok(RequestLine { method, form, minor })
    }
}

fn target(target: &[u8], method: Method) -> Result<Form, At> {
    let (form, path_at) = match target {
        [b'/', ..] => (Form::Origin, 0),
        b"*" if method == Method::Options => return Ok(Form::Asterisk),
        _ => (Form::Absolute, authority_end(target)?),
    };
    let rest = target.get(path_at..).unwrap_or_default();
    let query_at = memchr::memchr(b'?', rest).unwrap_or(rest.len());
    let path = rest.iter().take(query_at).position(|byte| !is_path(*byte));
    let query = || rest.iter().skip(query_at).position(|byte| !is_query(*byte));
    if let Some(at) = path.or_else(|| query().map(|at| query_at.saturating_add(at))) {
        return Err((Fault::TargetByte, path_at.saturating_add(at)));
    }
    match bad_escape(rest) {
        Some(at) => Err((Fault::TargetEncoding, path_at.saturating_add(at))),
        None => Ok(form),
    }
}

/// Where the authority of an http URI ends.
fn authority_end(target: &[u8]) -> Result<usize, At> {
    let begins = |scheme: &[u8]| {
        target.get(..scheme.len()).filter(|head| head.eq_ignore_ascii_case(scheme)).map(<[u8]>::len)
    };
    let authority_at = begins(b"http://").or_else(|| begins(b"https://")).ok_or((Fault::TargetForm, 0))?;
    let rest = target.get(authority_at..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    match host::judge(rest.get(..length).unwrap_or_default()) {
        Host::Named => Ok(authority_at.saturating_add(length)),
        Host::Empty | Host::Invalid => Err((Fault::HostInvalid, authority_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(line: &str) -> Result<Form, At> {
        read(line.as_bytes()).map(|line| line.form)
    }

    /// RFC 9112 3.2.2-a
    #[test]
    fn the_three_forms_of_a_target_are_read() {
        for line in [
            "GET / HTTP/1.1",
            "GET /a/b;c=d,e?f=g&h[i]=j|k HTTP/1.1",
            "GET //a HTTP/1.0",
            "GET /?a=?/ HTTP/1.1",
        ] {
            assert_eq!(form(line), Ok(Form::Origin), "{line}");
        }
        for line in
            ["GET http://a HTTP/1.1", "GET HTTPS://a:80/b?c HTTP/1.1", "GET http://[::1]:80?q HTTP/1.1"]
        {
            assert_eq!(form(line), Ok(Form::Absolute), "{line}");
        }
        assert_eq!(form("OPTIONS * HTTP/1.1"), Ok(Form::Asterisk));
        assert_eq!(read(b"PUT / HTTP/1.0").map(|line| (line.method, line.minor)), Ok((Method::Put, 0)));
    }

    /// RFC 9112 2.3-a, 6.1-g
    /// RFC 9110 9.1-a
    #[test]
    fn each_malformed_line_has_its_fault_and_place() {
        for (line, fault, at) in [
            ("GET", Fault::RequestLine, 3),
            ("GET /", Fault::RequestLine, 5),
            ("GET  / HTTP/1.1", Fault::RequestLine, 4),
            (" GET / HTTP/1.1", Fault::RequestLine, 0),
            ("GET / HTTP/1.1 ", Fault::RequestLine, 14),
            ("GET /  HTTP/1.1", Fault::RequestLine, 6),
            ("GET / b HTTP/1.1", Fault::RequestLine, 7),
            ("GET\t/ HTTP/1.1", Fault::RequestLine, 14),
            ("G@T / HTTP/1.1", Fault::MethodToken, 1),
            ("GET /\ta HTTP/1.1", Fault::TargetByte, 5),
            ("GET / HTTP/1", Fault::VersionShape, 6),
            ("GET / http/1.1", Fault::VersionShape, 6),
            ("GET / HTTP/1.1x", Fault::VersionShape, 6),
            ("GET / ", Fault::VersionShape, 6),
            ("GET / HTTP/2.0", Fault::VersionUnknown, 6),
            ("GET / HTTP/1.2", Fault::VersionUnknown, 6),
            ("PRI * HTTP/2.0", Fault::VersionUnknown, 6),
            ("get / HTTP/1.1", Fault::MethodUnknown, 0),
            ("TRACE / HTTP/1.1", Fault::MethodUnknown, 0),
            ("CONNECT a:80 HTTP/1.1", Fault::MethodUnknown, 0),
            ("GET * HTTP/1.1", Fault::TargetForm, 4),
            ("GET a:80 HTTP/1.1", Fault::TargetForm, 4),
            ("GET a HTTP/1.1", Fault::TargetForm, 4),
            ("GET ?a HTTP/1.1", Fault::TargetForm, 4),
            ("GET ftp://a/ HTTP/1.1", Fault::TargetForm, 4),
            ("OPTIONS *a HTTP/1.1", Fault::TargetForm, 8),
            ("GET http:///a HTTP/1.1", Fault::HostInvalid, 11),
            ("GET http://u@a/ HTTP/1.1", Fault::HostInvalid, 11),
            ("GET http://a#b HTTP/1.1", Fault::TargetByte, 12),
            ("GET /a#b HTTP/1.1", Fault::TargetByte, 6),
            ("GET /?a#b HTTP/1.1", Fault::TargetByte, 7),
            ("GET /\"a HTTP/1.1", Fault::TargetByte, 5),
            ("GET /é HTTP/1.1", Fault::TargetByte, 5),
            ("GET /%zz HTTP/1.1", Fault::TargetEncoding, 5),
            ("GET /?a=100% HTTP/1.1", Fault::TargetEncoding, 11),
        ] {
            assert_eq!(form(line), Err((fault, at)), "{line}");
        }
    }

    #[test]
    fn a_target_may_fill_its_limit() {
        let line = |length: usize| format!("GET /{} HTTP/1.1", "a".repeat(length - 1));
        assert_eq!(form(&line(TARGET_BYTES_MAX)), Ok(Form::Origin));
        assert_eq!(form(&line(TARGET_BYTES_MAX + 1)), Err((Fault::TargetTooLong, 4 + TARGET_BYTES_MAX)));
    }
}
