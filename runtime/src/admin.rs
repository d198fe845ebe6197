//! The operator's console and its API: what a server is, has and has met, for whoever holds the password.
//!
//! - **C1** Nothing is shown or done for a request whose `Host` does not name the console, or that another site sent.
//! - **C2** Before a password is set, only the set-up token, which the terminal shows, sets one.
//! - **C3** A session is a random token; kept is its hash alone, for hours, and until it is ended.
//! - **C4** Attempts to set up and to sign in are few in a minute, for each client and for all together; a minute is
//!   one of a clock that is never set.
//! - **C5** What is shown is data: each page is the API's JSON, as tables. Nothing shown is markup.
//!
//! Absences: no socket and no clock; nothing here changes a program's data.

mod access;
mod account;
mod page;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use account::{ACCOUNT_FILE, AccountFault};

use crate::app::http::{ErrorAnswer, Wanted};
use crate::cron::Moment;
use crate::record::{Body, Inbound, Outbound};
use access::Denied;
use page::{Page, STYLE};
use serde_json::Value;
use std::fmt::Debug;
use std::sync::Arc;

/// What there is to see; JSON of lists and maps.
pub trait Sight: Debug + Send + Sync {
    /// Health, versions, uptime, connections.
    fn overview(&self) -> Value;
    /// Entities, and how many rows each has.
    fn entities(&self) -> Value;
    /// Rows of an entity behind an id; none if there is no such entity.
    fn rows(&self, entity: &str, after: u64) -> Option<Value>;
    /// Versions of a row, newest first; none if there is none.
    fn history(&self, entity: &str, id: u64) -> Option<Value>;
    /// What requests and connections start.
    fn routes(&self) -> Value;
    /// What the schedule starts.
    fn jobs(&self) -> Value;
    /// Errors that nothing caught.
    fn errors(&self) -> Value;
    /// Which guards have held something back, and how often.
    fn guards(&self) -> Value;
}

/// The console.
#[derive(Debug)]
pub struct Admin {
    access: Access,
    sight: Arc<dyn Sight>,
}

impl Admin {
    /// A console of what can be seen, for those with access.
    pub const fn new(access: Access, sight: Arc<dyn Sight>) -> Self {
        Self { access, sight }
    }

    /// The token that sets the password, while none is set.
    pub fn setup_token(&self) -> Option<String> {
        self.access.setup_token()
    }

    /// Answers a request. Takes as long as a password's hash where one is checked.
    pub fn answer(&self, request: &Inbound, now: Moment) -> Outbound {
        let mut outbound = match self.answered(request, now) {
            Ok(outbound) => outbound,
            Err(denied) => self.denied(request, denied),
        };
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ] {
            outbound.headers.push((name.to_owned(), value.to_owned()));
        }
        outbound
    }

    fn answered(&self, request: &Inbound, now: Moment) -> Result<Outbound, Denied> {
        self.access.admits(request)?;
        let path = request.path.as_str();
        match (request.method.as_str(), path) {
            ("GET" | "HEAD", "/style.css") => return Ok(page::of("text/css; charset=utf-8", STYLE)),
            ("GET" | "HEAD", "/login" | "/setup") => return Ok(self.door()),
            ("POST", "/setup") => {
                let (token, password) = (field(request, "token"), field(request, "password"));
                return self.access.set_up(request, token, password, now).map(page::go);
            }
            ("POST", "/login") => {
                return self.access.sign_in(request, field(request, "password"), now).map(page::go);
            }
            _ => {}
        }
        let session = self.access.session(request, now.wall)?;
        match (request.method.as_str(), path) {
            ("POST", "/logout") => {
                self.access.sign_out(&session);
                Ok(page::go(access::removal()))
            }
            ("GET" | "HEAD", _) => self.shown(request).ok_or(Denied::Nothing),
            _ => Err(Denied::Method),
        }
    }

    /// The page or, below `/api`, its JSON.
    fn shown(&self, request: &Inbound) -> Option<Outbound> {
        let (api, path) = match request.path.strip_prefix("/api") {
            Some(path) => (true, path),
            None => (false, request.path.as_str()),
        };
        let after =
            request.query.iter().find(|(name, _)| name == "after").and_then(|(_, id)| id.parse().ok());
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let (what, entity, id, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (title, value, links) = match (what, entity, id, rest) {
            (None | Some("overview"), None, None, None) => ("Overview", self.sight.overview(), None),
            (Some("entities"), None, None, None) => {
                ("Entities", self.sight.entities(), Some("/entities".to_owned()))
            }
            (Some("entities"), Some(entity), None, None) => {
                (entity, self.sight.rows(entity, after.unwrap_or(0))?, Some(format!("/entities/{entity}")))
            }
            (Some("entities"), Some(entity), Some(id), None) => {
                (entity, self.sight.history(entity, id.parse().ok()?)?, None)
            }
            (Some("routes"), None, None, None) => ("Routes", self.sight.routes(), None),
            (Some("jobs"), None, None, None) => ("Jobs", self.sight.jobs(), None),
            (Some("errors"), None, None, None) => ("Recent errors", self.sight.errors(), None),
            (Some("vectors"), None, None, None) => ("Vectors hit", self.sight.guards(), None),
            _ => return None,
        };
        if api {
            return Some(page::of("application/json", &value.to_string()));
        }
        Some(Page { title, value: &value, links: links.as_deref(), path }.answer())
    }

    /// Where one signs in, or sets the password.
    fn door(&self) -> Outbound {
        page::door(self.access.is_set_up())
    }

    fn denied(&self, request: &Inbound, denied: Denied) -> Outbound {
        let accept =
            request.headers.iter().find(|(name, _)| name == "accept").map_or("", |(_, accept)| accept);
        let wanted = Wanted::of(accept);
        if denied == Denied::NoSession && wanted == Wanted::Page && request.method == "GET" {
            return page::to(if self.access.is_set_up() { "/login" } else { "/setup" });
        }
        let mut outbound = ErrorAnswer::new(denied.status(), denied.to_string()).answer(wanted, &request.id);
        if let Denied::TooOften(wait) = denied {
            outbound.headers.push(("retry-after".to_owned(), wait.retry_after_seconds.to_string()));
        }
        outbound
    }
}

/// A field of a form.
fn field<'r>(request: &'r Inbound, name: &str) -> &'r str {
    let Body::Form(fields) = &request.body else { return "" };
    fields.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}
