//! One request, from plain data to plain data: what drives it in process, and what an execution's end is as an answer.
//!
//! Absences: no sockets, no threads. A server drives the same execution turn by turn.

use super::application::Application;
use super::host::Host;
use super::http;
use super::router::Found;
use super::script::{End, Execution};
use crate::record::{Failure, Inbound, Outbound};
use crate::vm::exchange::Detail;
use crate::vm::{Exchange, Uncaught};
use std::sync::Arc;

/// What is said in the place of a message that is nobody's business.
pub const INTERNAL: &str = "Internal server error";

/// An answer, and what the log has to say of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// The answer.
    pub outbound: Outbound,
    /// The error from 500 on that it says.
    pub uncaught: Option<Box<Uncaught>>,
}

/// Starts the execution of an endpoint that answers this request. Its first turn is still to come.
pub fn start(app: &Application, endpoint: u32, inbound: Inbound, seed: [u8; 32]) -> Box<Execution> {
    let fresh = || Execution::seeded(Arc::clone(&app.program), Arc::clone(&app.pool), &app.limits, seed);
    let mut execution = app.spare.take(&app.limits, seed).unwrap_or_else(|| Box::new(fresh()));
    execution.answer(inbound, app.detail());
    if let Some(endpoint) = app.endpoint(endpoint) {
        execution.start(endpoint.function);
    }
    execution
}

/// The answer of an execution that ended. The id is the request's.
pub fn finish(execution: &mut Execution, end: &End, id: &Arc<str>, detail: Detail) -> Answered {
    if let (End::Done, Some(exchange)) = (end, execution.exchange())
        && let Some(outbound) = exchange.outbound.take()
    {
        return Answered { outbound: *outbound, uncaught: exchange.uncaught.take() };
    }
    let cookies = execution.exchange().map(|exchange: &mut Exchange| std::mem::take(&mut exchange.cookies));
    let mut answered = of_end(end, id, detail);
    answered.outbound.cookies = cookies.unwrap_or_default();
    answered
}

/// What an end is as an answer, when the program gave none.
pub fn of_end(end: &End, id: &Arc<str>, detail: Detail) -> Answered {
    let (status, kind, message) = match end {
        End::Uncaught(error) => (error.status, error.kind.as_str(), error.message.as_str()),
        End::Timeout => (503, "Timeout", "The deadline passed"),
        End::Gone => (503, "Cancelled", "The server is stopping"),
        End::Done | End::NoEntropy | End::Panicked | End::Bug(_) => (500, "Internal", INTERNAL),
    };
    let fault = status >= 500;
    let hides = fault && (detail == Detail::None || kind == "StoreError");
    let failure = Failure {
        status,
        message: if hides { INTERNAL } else { message }.to_owned(),
        kind: fault.then(|| kind.to_owned()),
        id: fault.then(|| Arc::clone(id)),
        fields: Vec::new(),
    };
    let uncaught = match end {
        End::Uncaught(error) if fault => Some(error.clone()),
        _ => None,
    };
    Answered { outbound: of_failure(failure), uncaught }
}

/// A failure as an answer.
pub fn of_failure(failure: Failure) -> Outbound {
    let told = http::ErrorAnswer::from(&failure);
    Outbound {
        status: failure.status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: told.json(failure.id.as_deref().unwrap_or_default()).into_bytes(),
        failure: Some(Box::new(failure)),
        ..Outbound::default()
    }
}

/// Answers a request in process: routing, pipeline, conversion. Waits for every effect.
pub fn answer(app: &Application, mut inbound: Inbound, host: &mut dyn Host) -> Answered {
    let plain =
        |status: u16, message: &str| Failure { status, message: message.to_owned(), ..Failure::default() };
    let refused = |status, message: &str, allow: Option<String>| {
        let mut outbound = of_failure(plain(status, message));
        outbound.headers.extend(allow.map(|allow| ("allow".to_owned(), allow)));
        Answered { outbound, uncaught: None }
    };
    let found = match app.find(&inbound.method, &inbound.path) {
        Found::Endpoint(found) => found,
        Found::Socket(_) => return refused(426, "This path speaks WebSocket", None),
        Found::NotAllowed(allow) => return refused(405, "Method not allowed", Some(allow)),
        Found::Nothing => return refused(404, "Not found", None),
        Found::Options(allow) => {
            let headers = vec![("allow".to_owned(), allow)];
            let outbound = Outbound { status: 204, headers, ..Outbound::default() };
            return Answered { outbound, uncaught: None };
        }
    };
    inbound.params = found.params;
    let (id, detail) = (Arc::clone(&inbound.id), app.detail());
    let Some(function) = app.endpoint(found.endpoint).map(|endpoint| endpoint.function) else {
        return of_end(&End::Done, &id, detail);
    };
    let mut execution =
        match Execution::new(Arc::clone(&app.program), Arc::clone(&app.pool), &app.limits, host) {
            Ok(execution) => execution,
            Err(end) => return of_end(&end, &id, detail),
        };
    execution.answer(inbound, detail);
    let end = execution.call(function, host);
    finish(&mut execution, &end, &id, detail)
}

#[cfg(test)]
pub(super) mod tests;
