//! The opening handshake (RFC 6455, section 4.2): may this request become a WebSocket?

use crate::base::guard::{Guard, off};
use crate::record::Pairs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// The version that is spoken.
pub const VERSION: &str = "13";

/// RFC 6455, section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the handshake looks at.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The method.
    pub method: &'a str,
    /// At least HTTP/1.1?
    pub http_11: bool,
    /// The authority that the client asked for.
    pub host: &'a str,
    /// Names in lower case.
    pub headers: &'a Pairs,
}

/// Why it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not ask for one. 426, with `Upgrade: websocket`.
    #[error("this address speaks WebSocket")]
    Plain,
    /// Another version. 426, with `Sec-WebSocket-Version: 13`.
    #[error("WebSocket version 13 is spoken here")]
    Version,
    /// The key is missing, there twice or not 16 bytes in base64. 400.
    #[error("Sec-WebSocket-Key must be 16 bytes in base64, once")]
    Key,
    /// A page of another site asks. 403.
    #[error("pages of other sites may not connect")]
    Origin,
}

impl Refused {
    /// The status that it is answered with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Plain | Self::Version => 426,
            Self::Key => 400,
            Self::Origin => 403,
        }
    }
}

/// The value of `Sec-WebSocket-Accept`, when the request may become a WebSocket.
pub fn accept(offer: &Offer<'_>) -> Result<String, Refused> {
    let upgrade = has_token(offer.headers, "upgrade", "websocket");
    let connection = has_token(offer.headers, "connection", "upgrade");
    if offer.method != "GET" || !offer.http_11 || !upgrade || !connection {
        return Err(Refused::Plain);
    }
    if once(offer.headers, "sec-websocket-version") != Some(VERSION) {
        return Err(Refused::Version);
    }
    let key = once(offer.headers, "sec-websocket-key").ok_or(Refused::Key)?;
    if !STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16) {
        return Err(Refused::Key);
    }
    let mut origins = offer.headers.iter().filter(|(name, _)| name == "origin");
    if !origins.all(|(_, origin)| same_site(origin, offer.host)) && !off(Guard::SocketOrigin) {
        return Err(Refused::Origin);
    }
    Ok(accept_key(key))
}

/// The headers of the 101 that answers it: no subprotocol and no extension.
pub fn headers(accept: &str) -> [(&'static str, &str); 3] {
    [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accept)]
}

/// Headers that a refusal says what would do with.
pub const fn refusal_headers(refused: Refused) -> &'static [(&'static str, &'static str)] {
    match refused {
        Refused::Plain => &[("upgrade", "websocket"), ("connection", "Upgrade")],
        Refused::Version => {
            &[("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-version", VERSION)]
        }
        Refused::Key | Refused::Origin => &[],
    }
}

fn accept_key(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Is the token in the comma-separated lists of that name?
fn has_token(headers: &Pairs, name: &str, token: &str) -> bool {
    let lists = headers.iter().filter(|(known, _)| known == name);
    lists
        .flat_map(|(_, list)| list.split(','))
        .any(|item| item.trim_matches([' ', '\t']).eq_ignore_ascii_case(token))
}

/// The value of a header that is there once.
fn once<'h>(headers: &'h Pairs, name: &str) -> Option<&'h str> {
    let mut values = headers.iter().filter(|(known, _)| known == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value.as_str())
}

/// Does the origin (RFC 6454, section 6.1) name the host that was asked? A missing port is the scheme's.
fn same_site(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    let whole = |authority: &str| {
        let (name, given) = match authority.rsplit_once(':') {
            // The colons of an address in brackets are its own.
            Some((name, given)) if !given.ends_with(']') => (name, given),
            Some(_) | None => (authority, port),
        };
        (name.to_ascii_lowercase(), given.to_owned())
    };
    whole(authority) == whole(host)
}

#[cfg(test)]
mod tests;
