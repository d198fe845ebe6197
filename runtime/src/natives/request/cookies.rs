//! `set_cookie`, and the token against forged requests.

use super::exchange;
use super::headers::checked_name;
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::natives::define::{BOOL, TEXT, optional, required};
use crate::natives::{arguments, steps};
use crate::record::{SameSite, SetCookie};
use crate::value::Value;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::vm::{Context, Flow};

/// Cookies that one answer sets.
const COOKIES_MAX: usize = 64;

/// Bytes of a cookie's name and value; browsers keep 4 KB at most.
const COOKIE_BYTES_MAX: usize = 64 << 10;

/// Parameters of `set_cookie`.
pub const PARAMS: &[Param] = &[
    required("name", TEXT),
    required("value", TEXT),
    optional("max_age", Kinds::of(&[Kind::Duration, Kind::Int, Kind::None])),
    optional("http_only", BOOL),
    optional("secure", Kinds::of(&[Kind::Bool, Kind::None])),
    optional("same_site", TEXT),
];

pub fn set_cookie(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (name, value) = (arguments::text(args, 0)?, arguments::text(args, 1)?);
    let bytes = context.heap.texts.bytes(name)?.saturating_add(context.heap.texts.bytes(value)?);
    if bytes > COOKIE_BYTES_MAX {
        return Err(Stop::value_error(format!("a cookie has at most {COOKIE_BYTES_MAX} bytes")));
    }
    let texts = &context.heap.texts;
    let (name, value) = (texts.str(name)?, texts.str(value)?);
    checked_name(name)?;
    super::headers::checked_value(value, "set-cookie")?;
    let max_age = match arguments::given(args, 2) {
        Some(Value::Duration(ms)) => ms.checked_div(1000),
        Some(Value::Int(seconds)) => Some(seconds),
        _ => None,
    };
    let same_site = match arguments::given(args, 5) {
        None => SameSite::Lax,
        Some(Value::Text(given)) => match texts.str(given)? {
            "Strict" | "strict" => SameSite::Strict,
            "Lax" | "lax" => SameSite::Lax,
            "None" | "none" => SameSite::None,
            _ => return Err(Stop::value_error("same_site is \"Strict\", \"Lax\" or \"None\"")),
        },
        Some(_) => return Err(Bug::WrongShape.into()),
    };
    let flag = |at: usize| match arguments::given(args, at) {
        Some(Value::Bool(flag)) => Some(flag),
        _ => None,
    };
    let cookie = SetCookie {
        name: name.to_owned(),
        value: value.to_owned(),
        max_age,
        http_only: flag(3).unwrap_or(true),
        secure: flag(4),
        same_site,
    };
    let Some(exchange) = context.exchange else { return Err(super::outside("set_cookie")) };
    if exchange.answered {
        // A socket or a stream: its answer is on its way.
        return Err(Stop::value_error(
            "set_cookie comes too late: the request was answered when it was opened",
        ));
    }
    if exchange.cookies.len() >= COOKIES_MAX {
        return Err(Stop::value_error(format!("an answer sets at most {COOKIES_MAX} cookies")));
    }
    context.heap.memory.charge(cookie.name.len().saturating_add(cookie.value.len()))?;
    exchange.cookies.retain(|set| set.name != cookie.name);
    exchange.cookies.push(cookie);
    steps::done(Value::None)
}

pub fn csrf_token(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    let Some(exchange) = context.exchange else {
        return Err(Stop::value_error("csrf_token() needs a request to belong to"));
    };
    let token = context.heap.new_text(&exchange.inbound.csrf)?;
    exchange_asked(context)?;
    steps::done(token)
}

fn exchange_asked(context: &mut Context<'_>) -> Outcome<()> {
    exchange(context, "csrf_token")?.csrf_asked = true;
    Ok(())
}
