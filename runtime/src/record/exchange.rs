//! A request and its answer as plain data: what crosses between a connection and an execution.
//!
//! Whoever makes an [`Inbound`] has decoded and bounded everything in it; whoever takes an [`Outbound`] may send it as it
//! is. Neither holds a value of a machine.
//!
//! - **E1** Texts are UTF-8; names and values of headers hold no line break and no NUL.
//! - **E2** Names of headers are in lower case, in the order in which they came.

use super::Headers;
use std::sync::Arc;

/// Names and values, in the order in which they came; a name may come twice.
pub type Pairs = Vec<(String, String)>;

/// A request, read and decoded, that nobody has judged yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inbound {
    /// Its id, for the log and the client.
    pub id: Arc<str>,
    /// As sent: `GET`, `POST`, …
    pub method: String,
    /// The target in origin form, as sent.
    pub url: String,
    /// The path of the target, percent-decoded, without a trailing slash; `/` for the root.
    pub path: String,
    /// The authority that the client asked for.
    pub host: String,
    /// The address of the client.
    pub ip: String,
    /// Did it come over TLS, as a trusted proxy says? Decides `Secure` of cookies.
    pub secure: bool,
    /// What the pattern of the path bound.
    pub params: Pairs,
    /// Fields of the query, decoded.
    pub query: Pairs,
    /// Headers.
    pub headers: Headers,
    /// Cookies, decoded.
    pub cookies: Pairs,
    /// The session as JSON, if its cookie was genuine and not out of date.
    pub session: Option<String>,
    /// What `csrf_token()` gives: bound to the session's cookie.
    pub csrf: Arc<str>,
    /// The body.
    pub body: Body,
}

/// A body by its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// There is none.
    #[default]
    Empty,
    /// `application/json`: UTF-8, not parsed yet; the execution does that, within its own limits.
    Json(String),
    /// `application/x-www-form-urlencoded`.
    Form(Pairs),
    /// `multipart/form-data`.
    Multipart(Vec<Part>),
    /// `text/plain`.
    Text(String),
    /// Any other type.
    Bytes(Arc<[u8]>),
}

/// A part of a `multipart/form-data` body.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A field.
    Field {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// A file.
    File {
        /// Name of its field.
        name: String,
        /// What the client calls it: a name without folders and NUL.
        filename: String,
        /// As sent; `application/octet-stream` where nothing was.
        content_type: String,
        /// Its content.
        bytes: Arc<[u8]>,
    },
}

/// Names of headers that frame an answer: the server's business, and no program's.
pub const FRAMING_HEADERS: [&str; 7] =
    ["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// The answer to a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbound {
    /// 100 to 599.
    pub status: u16,
    /// Headers; `content-type` is among them where there is a body.
    pub headers: Pairs,
    /// Cookies to set, without the session's.
    pub cookies: Vec<SetCookie>,
    /// What becomes of the session.
    pub session: SessionChange,
    /// Did the program ask for the token against forged requests? Then the client needs the cookie that it belongs to.
    pub csrf_asked: bool,
    /// The body.
    pub body: Vec<u8>,
    /// What went wrong, where it is an error that is answered: `body` says it as JSON, and a page may say it as HTML.
    pub failure: Option<Box<Failure>>,
}

/// An error that is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// 400 to 599.
    pub status: u16,
    /// Its kind, from 500 on.
    pub kind: Option<String>,
    /// What a client may read.
    pub message: String,
    /// The request's id, from 500 on.
    pub id: Option<Arc<str>>,
    /// Messages by field, of `ValidationFailed`.
    pub fields: Pairs,
}

/// What an answer does to the session's cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionChange {
    /// Nothing.
    #[default]
    Keep,
    /// This JSON from now on.
    Set(String),
    /// It ends.
    Clear,
}

/// A cookie to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Its name: a token of RFC 9110, section 5.6.2.
    pub name: String,
    /// Its value, not encoded yet.
    pub value: String,
    /// Seconds that it lives; none ends it with the browser.
    pub max_age: Option<i64>,
    /// Out of reach for scripts?
    pub http_only: bool,
    /// Over TLS alone? None: if the request came so.
    pub secure: Option<bool>,
    /// `Strict`, `Lax` or `None`.
    pub same_site: SameSite,
}

/// Which requests from other sites carry a cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// None.
    Strict,
    /// Links alone.
    #[default]
    Lax,
    /// All.
    None,
}

/// A message of a WebSocket, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text frame.
    Text(Arc<str>),
    /// A binary frame.
    Binary(Arc<[u8]>),
}
