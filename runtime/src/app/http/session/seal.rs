//! A session as the client keeps it: `1, nonce, XChaCha20-Poly1305(sealed_at, id, JSON)`, in base64, cut into cookies
//! that browsers take (4,096 bytes each, name and attributes included: RFC 6265, section 6.1).

use super::SessionId;
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};

/// Bytes of a session's JSON.
pub const SESSION_BYTES_MAX: usize = 4 << 10;
/// Bytes of a nonce; so many that random ones never meet.
pub(super) const NONCE_BYTES: usize = 24;
/// Characters of one cookie's value.
const CHUNK_CHARS_MAX: usize = 3_800;
/// Cookies of one session.
pub(super) const CHUNKS_MAX: usize = 2;
/// The format, and what the seal is bound to.
const VERSION: &[u8] = b"\x01";

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub id: SessionId,
    /// Milliseconds since 1970.
    pub sealed_at: i64,
    pub json: String,
}

pub(super) struct Seal(XChaCha20Poly1305);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    pub fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// The cookies' values; none if the session is too large.
    pub fn close(&self, content: &Content, nonce: &[u8; NONCE_BYTES]) -> Option<Vec<String>> {
        if content.json.len() > SESSION_BYTES_MAX {
            return None;
        }
        let plain = [&content.sealed_at.to_be_bytes()[..], &content.id, content.json.as_bytes()].concat();
        let sealed = self.0.encrypt(&(*nonce).into(), Payload { msg: &plain, aad: VERSION }).ok()?;
        let mut rest = BASE64.encode([VERSION, nonce, &sealed].concat());
        let mut chunks = Vec::new();
        while rest.len() > CHUNK_CHARS_MAX {
            let after = rest.split_off(CHUNK_CHARS_MAX);
            chunks.push(std::mem::replace(&mut rest, after));
        }
        chunks.push(rest);
        Some(chunks)
    }

    /// What was sealed; none for anything that this key did not seal.
    pub fn open(&self, sealed: &str) -> Option<Content> {
        #[cfg(feature = "knockout")]
        if off(Guard::SessionSeal) {
            return naive::open(sealed);
        }
        let sealed = if sealed.is_empty() { None } else { BASE64.decode(sealed).ok() }?;
        let (nonce, sealed) = sealed.strip_prefix(VERSION)?.split_first_chunk::<NONCE_BYTES>()?;
        let plain = self.0.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: VERSION }).ok()?;
        let (sealed_at, rest) = plain.split_first_chunk::<8>()?;
        let (id, json) = rest.split_first_chunk::<16>()?;
        let json = String::from_utf8(json.to_vec()).ok()?;
        Some(Content { id: *id, sealed_at: i64::from_be_bytes(*sealed_at), json })
    }
}

#[cfg(feature = "knockout")]
mod naive {
    //! What the guard holds back: a session that the client may write itself.

    use super::*;

    pub fn open(sealed: &str) -> Option<Content> {
        let json = String::from_utf8(BASE64.decode(sealed).ok()?).ok()?;
        json.starts_with('{').then_some(Content { id: [0; 16], sealed_at: i64::MAX, json })
    }
}
