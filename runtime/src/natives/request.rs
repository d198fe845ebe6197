//! Answering a request: its words as values, the pipeline, and what an answer becomes on the wire.
//!
//! Invariants:
//!
//! - **Q1** Nothing of a request becomes a value before it is read, but a JSON body, which has to be lawful first.
//! - **Q2** An error inside `next()` comes out of it as a response; one outside of every middleware is answered likewise.
//! - **Q3** What a program puts into a header or a cookie holds no line break and no NUL, or it raises `ValueError`.
//!
//! Absences: nothing is read from or written to a connection here.

mod answer;
mod cookies;
mod guards;
mod headers;
mod respond;
mod serve;
mod session;
mod tested;
mod translate;
mod validate;
mod words;

use super::define::{INT, LIST, MAP, NOTHING, Run, TEXT, function, optional, required, variadic};
use crate::base::{Kind, Kinds};
use crate::value::stop::{Outcome, Stop};
use crate::vm::{Context, Exchange, Native};

const RESPONSE: Kinds = Kinds::of(&[Kind::Response]);

/// The family. What only the compiler calls has names that no program can write.
pub const NATIVES: &[Native] = &[
    word("@params", words::params),
    word("@query_fields", words::query),
    word("@body", words::body),
    word("@headers", words::headers),
    word("@cookies", words::cookies),
    word("@request", words::request),
    function("@query_list", &[required("name", TEXT)], Kinds::ANY, words::query_list),
    function("@response", &[], RESPONSE, respond::current),
    variadic(function("@serve", &[], Kinds::ANY, serve::serve)),
    function("@next", &[], RESPONSE, serve::next),
    function("@respond", &[required("parts", MAP)], RESPONSE, respond::respond),
    word("@session", session::session),
    function("@auth", &[required("session", MAP)], Kinds::ANY, guards::auth),
    function("@role", &[required("session", MAP), required("roles", LIST)], Kinds::ANY, guards::role),
    function("@owner", &[required("session", MAP), required("id", Kinds::ANY)], Kinds::ANY, guards::owner),
    function(
        "@rate_limit",
        &[required("place", TEXT), required("count", Kinds::ANY), required("seconds", Kinds::ANY)],
        Kinds::ANY,
        guards::rate_limit,
    ),
    function("@csrf", &[required("body", Kinds::ANY)], Kinds::ANY, guards::csrf),
    function("@ip_whitelist", &[required("blocks", LIST)], Kinds::ANY, guards::ip_whitelist),
    function("@validate", &[required("form", INT)], Kinds::ANY, validate::validate),
    function("@test_request", tested::PARAMS, MAP, tested::test_request),
    function("csrf_token", &[], TEXT, cookies::csrf_token),
    function("set_cookie", cookies::PARAMS, NOTHING, cookies::set_cookie),
    function("t", translate::PARAMS, TEXT, translate::translate),
    function("redirect", &[required("url", TEXT), optional("status", INT)], RESPONSE, respond::redirect),
];

pub use respond::new as new_response;

/// The request at hand.
pub fn exchange<'c>(context: &'c mut Context<'_>, what: &str) -> Outcome<&'c mut Exchange> {
    match context.exchange {
        Some(exchange) => Ok(exchange),
        None => Err(outside(what)),
    }
}

#[cold]
pub(super) fn outside(what: &str) -> Stop {
    Stop::value_error(format!("`{what}` exists while a request is answered only"))
}

/// A word of the request.
const fn word(name: &'static str, run: Run) -> Native {
    function(name, &[], Kinds::ANY, run)
}
