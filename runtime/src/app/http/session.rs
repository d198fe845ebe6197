//! Sessions that live with the client: sealed into cookies that nobody else can read or forge.
//!
//! - **K1** A session is taken only if it was sealed with this project's key, is not past its end and was not ended.
//! - **K2** Ending one refuses every copy of it, older ones included, for as long as any copy could be valid.
//! - **K3** The token against forged requests belongs to one session, and is not told by its cookie.
//! - **K4** Ended is ended at once in this process, and for good when [`Sessions::keep_ended`] returned without a fault;
//!   a server answers no earlier. It waits for the disk, so it has a thread of its own.
//!
//! What a cookie cannot do: an older copy of a session that still goes on is as good as the newest one. What must not
//! come back belongs into the store.

mod ended;
mod keys;
mod seal;
#[cfg(test)]
mod tests;

pub use ended::EndedFault;
pub use keys::{KEY_FILE, KeyFault};
pub use seal::SESSION_BYTES_MAX;

use crate::record::{Inbound, Outbound, Pairs, SessionChange};
use crate::vm::Random;
use cookie::{Cookie, SameSite, time};
use ended::Ended;
use hmac::{Hmac, KeyInit as _, Mac as _};
use seal::{CHUNKS_MAX, Content, Seal};
use sha2::Sha256;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How long a session lives after it was last sealed.
const LIFE_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// One that is older is sealed again when it is used.
const RENEW_MS: i64 = 24 * 60 * 60 * 1000;
/// Browsers let only this host set a cookie of such a name, and only over TLS.
const NAME_SECURE: &str = "__Host-flin_session";
const NAME_PLAIN: &str = "flin_session";

type SessionId = [u8; 16];

/// What opens and seals the sessions of one project.
#[derive(Debug)]
pub struct Sessions {
    seal: Seal,
    token_key: [u8; 32],
    random: Mutex<Random>,
    ended: Ended,
}

/// One request's session, from its arrival to its answer.
#[derive(Clone, Debug)]
pub struct Visit {
    id: SessionId,
    /// What was sealed, and when.
    content: Option<(i64, String)>,
    /// Cookies that the client keeps for it.
    chunks: usize,
    secure: bool,
}

/// A session that cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session of {bytes} bytes is larger than {SESSION_BYTES_MAX}")]
pub struct TooLarge {
    /// Bytes of its JSON.
    pub bytes: usize,
}

impl Sessions {
    /// With a key that is known to nobody, or with a given one in tests; nothing is remembered beyond the process.
    pub fn new(key: [u8; 32], seed: [u8; 32]) -> Self {
        Self::with(key, seed, Ended::in_memory())
    }

    /// With the key and the ended sessions of a project, in this folder; both are made if they are missing.
    pub fn open(folder: &Path, seed: [u8; 32], now: i64) -> Result<Self, KeyFault> {
        let mut random = Random::new(seed);
        let key = keys::open(folder, &mut random)?;
        let mut rest = [0; 32];
        random.fill(&mut rest);
        Ok(Self::with(key, rest, Ended::open(folder, now)?))
    }

    fn with(key: [u8; 32], seed: [u8; 32], ended: Ended) -> Self {
        let [sealing, token_key] =
            ["flin session seal", "flin csrf token"].map(|purpose| keyed(&key, purpose.as_bytes()));
        Self { seal: Seal::new(sealing), token_key, random: Mutex::new(Random::new(seed)), ended }
    }

    /// The session of a request; fills in what the request says of it.
    pub fn visit(&self, inbound: &mut Inbound, now: i64) -> Visit {
        let visit = self.opened(&inbound.cookies, inbound.secure, now);
        inbound.session = visit.content.as_ref().map(|(_, json)| json.clone());
        inbound.csrf = self.token(&visit.id).into();
        visit
    }

    fn opened(&self, cookies: &Pairs, secure: bool, now: i64) -> Visit {
        let sealed = sealed(cookies, secure);
        let chunks = sealed.len();
        let content = self.seal.open(&sealed.concat()).filter(|content| self.is_valid(content, now));
        match content {
            Some(Content { id, sealed_at, json }) => {
                Visit { id, content: Some((sealed_at, json)), chunks, secure }
            }
            None => Visit { id: self.fresh_id(), content: None, chunks, secure },
        }
    }

    fn is_valid(&self, content: &Content, now: i64) -> bool {
        use crate::base::guard::{Guard, off};
        let past = now.saturating_sub(content.sealed_at) >= LIFE_MS && !off(Guard::SessionExpiry);
        !past && (off(Guard::SessionEnd) || !self.ended.has(&content.id, content.sealed_at))
    }

    fn fresh_id(&self) -> SessionId {
        let mut id = SessionId::default();
        self.fill(&mut id);
        id
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }

    /// Hexadecimal, so that it can stand anywhere.
    fn token(&self, id: &SessionId) -> String {
        let mut token = String::with_capacity(64);
        for byte in keyed(&self.token_key, id) {
            // Writing to a text does not fail.
            let _ = write!(token, "{byte:02x}");
        }
        token
    }

    /// The `Set-Cookie` values that an answer needs for its session. Where it ends one, `keep_ended` should follow.
    pub fn set_cookies(&self, visit: &Visit, outbound: &Outbound, now: i64) -> Result<Vec<String>, TooLarge> {
        let json = match (&outbound.session, &visit.content) {
            (SessionChange::Clear, _) => {
                self.end(visit, now);
                return Ok(removal(visit, 0));
            }
            (SessionChange::Set(json), _) => json,
            (SessionChange::Keep, Some((sealed_at, json))) if now.saturating_sub(*sealed_at) >= RENEW_MS => {
                json
            }
            (SessionChange::Keep, None) if outbound.csrf_asked => "{}",
            (SessionChange::Keep, _) => return Ok(Vec::new()),
        };
        let mut nonce = [0; seal::NONCE_BYTES];
        self.fill(&mut nonce);
        let content = Content { id: visit.id, sealed_at: now, json: json.to_owned() };
        let chunks = self.seal.close(&content, &nonce).ok_or(TooLarge { bytes: json.len() })?;
        let mut cookies: Vec<String> =
            (0..).zip(&chunks).map(|(n, chunk)| cookie(visit, n, chunk, LIFE_MS)).collect();
        cookies.extend(removal(visit, chunks.len()));
        Ok(cookies)
    }

    fn end(&self, visit: &Visit, now: i64) {
        if visit.content.is_some() {
            self.ended.add(visit.id, now.saturating_add(LIFE_MS), now);
        }
    }

    /// Waits until all sessions that were ended before are ended for good, over a restart and the loss of power (K4).
    /// Gives what is in the way of it when that first appears; what was from the start, [`Self::fault`] says.
    pub fn keep_ended(&self) -> Option<EndedFault> {
        self.ended.keep()
    }

    /// Why ended sessions are not kept beyond the process, if so.
    pub fn fault(&self) -> Option<EndedFault> {
        self.ended.fault()
    }
}

fn keyed(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key of any length is a key.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn name(secure: bool, chunk: usize) -> String {
    let name = if secure { NAME_SECURE } else { NAME_PLAIN };
    if chunk == 0 { name.to_owned() } else { format!("{name}_{chunk}") }
}

/// The pieces of the session that a client sent, in order.
fn sealed(cookies: &Pairs, secure: bool) -> Vec<&str> {
    let piece = |chunk| {
        let name = name(secure, chunk);
        cookies.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    };
    (0..CHUNKS_MAX).map_while(piece).collect()
}

/// Takes back what the client keeps beyond so many pieces.
fn removal(visit: &Visit, from: usize) -> Vec<String> {
    (from..visit.chunks).map(|chunk| cookie(visit, chunk, "", 0)).collect()
}

fn cookie(visit: &Visit, chunk: usize, value: &str, life_ms: i64) -> String {
    let cookie = Cookie::build((name(visit.secure, chunk), value.to_owned())).path("/").http_only(true);
    let cookie = cookie.same_site(SameSite::Lax).secure(visit.secure);
    cookie.max_age(time::Duration::milliseconds(life_ms)).build().to_string()
}
