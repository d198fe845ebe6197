//! Who may see the console.

use super::account::{Account, AccountFault};
use crate::app::http::{Rate, RateLimits, TooOften};
use crate::app::password;
use crate::base::guard::{Guard, fired, off};
use crate::cron::Moment;
use crate::record::Inbound;
use crate::vm::Random;
use cookie::{Cookie, SameSite, time};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// The cookie of a session.
const COOKIE: &str = "flin_console";
/// How long one lives.
const SESSION_MS: i64 = 8 * 60 * 60 * 1000;
/// How many there are at a time; the one that ends first gives way.
const SESSIONS_MAX: usize = 32;
/// Code points of a password.
const PASSWORD_MIN: usize = 12;
/// Bytes of one: hashing takes no longer for what nobody types.
const PASSWORD_BYTES_MAX: usize = 1024;
/// Attempts of one client, and of all.
const ONE: Rate = Rate { count_max: 5, window: Duration::from_mins(1) };
const ALL: Rate = Rate { count_max: 30, window: Duration::from_mins(1) };

/// What is attempted; each has counts of its own.
#[derive(Clone, Copy, Debug)]
enum Attempt {
    SetUp,
    SignIn,
}

/// The SHA-256 of a session's token (C3).
type Hash = [u8; 32];

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    /// A name that leads here and is not ours: somebody rebinds it (C1).
    #[error("this address is not the console's; use the one that the server was started with")]
    Host,
    /// Another site sent it (C1).
    #[error("another site sent this")]
    Origin,
    /// Nobody is signed in.
    #[error("sign in first")]
    NoSession,
    /// Not the token or password.
    #[error("that is not it")]
    Wrong,
    /// Too short, or too long.
    #[error("a password has at least {PASSWORD_MIN} characters, and at most {PASSWORD_BYTES_MAX} bytes")]
    Weak,
    /// The account is set up already.
    #[error("the password is set already")]
    SetUp,
    /// Too many attempts (C4).
    #[error("{0}")]
    TooOften(TooOften),
    /// The file of the account cannot be written, or no hash be made.
    #[error("the password cannot be kept")]
    Unkept,
    /// No such page.
    #[error("there is no such page")]
    Nothing,
    /// No such method.
    #[error("pages are read with GET")]
    Method,
}

impl Denied {
    pub const fn status(self) -> u16 {
        match self {
            Self::Host => 421,
            Self::Origin | Self::SetUp => 403,
            Self::NoSession | Self::Wrong => 401,
            Self::Weak => 400,
            Self::TooOften(_) => 429,
            Self::Unkept => 500,
            Self::Nothing => 404,
            Self::Method => 405,
        }
    }
}

/// Account, sessions and counts.
#[derive(Debug)]
pub struct Access {
    address: SocketAddr,
    state: Mutex<State>,
    rates: RateLimits,
}

#[derive(Debug)]
struct State {
    account: Account,
    setup_token: String,
    sessions: HashMap<Hash, i64>,
    random: Random,
}

impl Access {
    /// To a console at this address, its account kept in a folder.
    pub fn open(address: SocketAddr, folder: &Path, seed: [u8; 32]) -> Result<Self, AccountFault> {
        Ok(Self::with(address, Account::open(folder)?, seed))
    }

    /// Its account forgotten with the process.
    pub fn in_memory(address: SocketAddr, seed: [u8; 32]) -> Self {
        Self::with(address, Account::in_memory(), seed)
    }

    fn with(address: SocketAddr, account: Account, seed: [u8; 32]) -> Self {
        let mut random = Random::new(seed);
        let setup_token = token(&mut random);
        let state = State { account, setup_token, sessions: HashMap::new(), random };
        Self { address, state: Mutex::new(state), rates: RateLimits::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_set_up(&self) -> bool {
        self.state().account.hash.is_some()
    }

    pub(super) fn setup_token(&self) -> Option<String> {
        let state = self.state();
        state.account.hash.is_none().then(|| state.setup_token.clone())
    }

    /// Was the request meant for the console, and not sent by another site (C1)?
    pub(super) fn admits(&self, request: &Inbound) -> Result<(), Denied> {
        if !self.is_own(&request.host) && !off(Guard::ConsoleHost) {
            fired(Guard::ConsoleHost);
            return Err(Denied::Host);
        }
        let header =
            |name: &str| request.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        let foreign = header("origin").is_some_and(|origin| *origin != format!("http://{}", request.host))
            || header("sec-fetch-site").is_some_and(|site| !matches!(site.as_str(), "same-origin" | "none"));
        // A link from elsewhere may lead to the console; it shows nothing without a session's cookie, which stays behind.
        let safe = matches!(request.method.as_str(), "GET" | "HEAD");
        if foreign && !safe && !off(Guard::ConsoleOrigin) {
            fired(Guard::ConsoleOrigin);
            return Err(Denied::Origin);
        }
        Ok(())
    }

    /// An address, or `localhost`, with the console's port: no name that somebody else could point here.
    fn is_own(&self, host: &str) -> bool {
        let port = self.address.port();
        let named = host.strip_prefix("localhost").or_else(|| host.strip_prefix("LOCALHOST"));
        if let Some(rest) = named {
            return rest == format!(":{port}") || (rest.is_empty() && port == 80);
        }
        match host.parse::<SocketAddr>() {
            Ok(address) => address.port() == port,
            Err(_) => port == 80 && host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok(),
        }
    }

    /// Sets the password; gives the cookie that takes back an older one (C2).
    pub(super) fn set_up(
        &self,
        request: &Inbound,
        token: &str,
        password: &str,
        now: Moment,
    ) -> Result<String, Denied> {
        let (expected, salt) = {
            let mut state = self.state();
            if state.account.hash.is_some() {
                return Err(Denied::SetUp);
            }
            let mut salt = [0; 16];
            state.random.fill(&mut salt);
            (hash(&state.setup_token), salt)
        };
        self.attempt(Attempt::SetUp, request, now.up)?;
        if !bool::from(hash(token).ct_eq(&expected)) {
            return Err(Denied::Wrong);
        }
        if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_BYTES_MAX {
            return Err(Denied::Weak);
        }
        let hash = password::hash(password, salt).ok_or(Denied::Unkept)?;
        let mut state = self.state();
        if state.account.hash.is_some() {
            return Err(Denied::SetUp);
        }
        state.account.set(hash).map_err(|_| Denied::Unkept)?;
        Ok(removal())
    }

    /// Gives the cookie of a new session (C3, C4).
    pub(super) fn sign_in(&self, request: &Inbound, password: &str, now: Moment) -> Result<String, Denied> {
        self.attempt(Attempt::SignIn, request, now.up)?;
        let now = now.wall;
        let hashed = self.state().account.hash.clone().ok_or(Denied::NoSession)?;
        if password.len() > PASSWORD_BYTES_MAX || !password::verify(password, &hashed) {
            return Err(Denied::Wrong);
        }
        let mut state = self.state();
        state.sessions.retain(|_, until| *until > now);
        if state.sessions.len() >= SESSIONS_MAX {
            let first =
                state.sessions.iter().min_by_key(|(hash, until)| (**until, **hash)).map(|(hash, _)| *hash);
            first.and_then(|first| state.sessions.remove(&first));
        }
        let token = token(&mut state.random);
        state.sessions.insert(hash(&token), now.saturating_add(SESSION_MS));
        Ok(cookie(&token, SESSION_MS))
    }

    /// Lets an attempt through, as often as one client and all together may make it (C4).
    fn attempt(&self, attempt: Attempt, request: &Inbound, now: Duration) -> Result<(), Denied> {
        let (one, all) = match attempt {
            Attempt::SetUp => (0, 1),
            Attempt::SignIn => (2, 3),
        };
        let everybody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let client = request.ip.parse().unwrap_or(everybody);
        let passed = self.rates.pass(client, one, ONE, now);
        passed.and_then(|()| self.rates.pass(everybody, all, ALL, now)).map_err(|wait| {
            fired(Guard::RateLimit);
            Denied::TooOften(wait)
        })
    }

    /// The session that a request belongs to.
    pub(super) fn session(&self, request: &Inbound, now: i64) -> Result<Hash, Denied> {
        let token = request.cookies.iter().find(|(name, _)| name == COOKIE).map_or("", |(_, token)| token);
        let session = hash(token);
        let valid = self.state().sessions.get(&session).is_some_and(|until| *until > now);
        if valid || off(Guard::ConsoleSession) { Ok(session) } else { Err(Denied::NoSession) }
    }

    pub(super) fn sign_out(&self, session: &Hash) {
        self.state().sessions.remove(session);
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn token(random: &mut Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Takes the session's cookie back.
pub(super) fn removal() -> String {
    cookie("", 0)
}

fn cookie(value: &str, life_ms: i64) -> String {
    let cookie =
        Cookie::build((COOKIE, value.to_owned())).path("/").http_only(true).same_site(SameSite::Strict);
    cookie.max_age(time::Duration::milliseconds(life_ms)).build().to_string()
}
