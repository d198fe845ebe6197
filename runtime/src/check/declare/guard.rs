//! Guards of routes: which there are and what each takes (E0011).

use crate::base::{Code, Diagnostic};
use crate::syntax::tree::*;
use std::net::IpAddr;

struct Known {
    name: &'static str,
    args_min: usize,
    args_max: usize,
    takes: &'static str,
}

const fn guard(name: &'static str, args_min: usize, args_max: usize, takes: &'static str) -> Known {
    Known { name, args_min, args_max, takes }
}

const GUARDS: &[Known] = &[
    guard("auth", 0, 0, "takes no arguments"),
    guard("role", 1, usize::MAX, "takes the roles that may pass"),
    guard("owner", 1, 1, "takes the owner's id"),
    guard("rate_limit", 2, 2, "takes a number of requests and a number of seconds"),
    guard("csrf", 0, 0, "takes no arguments"),
    guard("ip_whitelist", 1, usize::MAX, "takes addresses or blocks of them"),
];

/// Reports an unknown guard and wrong arguments.
pub fn check(found: &Guard, out: &mut Vec<Diagnostic>) {
    let name = &*found.name.text;
    let Some(known) = GUARDS.iter().find(|known| known.name == name) else {
        let text = format!("unknown guard `{name}`");
        let unknown = Diagnostic::new(Code::E0011, found.name.span, text);
        out.push(unknown.suggest(name, GUARDS.iter().map(|known| known.name)));
        return;
    };
    if let Some(value) = &found.value
        && &*value.text != "required"
    {
        let text = format!("after `{name}:` stands only `required`");
        out.push(Diagnostic::new(Code::E0011, value.span, text).help(format!("write `{name}`")));
    }
    let args = found.args.as_ref().map_or(&[][..], |args| &args.args);
    let plain = args.iter().all(|arg| !arg.spread && arg.name.is_none());
    let counted = args.len() >= known.args_min && args.len() <= known.args_max;
    // How many values a spread gives is known when it runs.
    let spread = args.iter().any(|arg| arg.spread) && known.args_max > 1;
    if !(spread || plain && counted) {
        out.push(Diagnostic::new(Code::E0011, found.span, format!("`{name}` {}", known.takes)));
        return;
    }
    for arg in args {
        check_literal(name, &arg.value, out);
    }
}

fn check_literal(guard: &str, value: &Expr, out: &mut Vec<Diagnostic>) {
    let text = match &value.kind {
        ExprKind::Text(template) => template.as_static(),
        _ => None,
    };
    let fault = match (guard, &text, &value.kind) {
        ("ip_whitelist", Some(text), _) if !is_address_block(text) => "not an address or a CIDR block",
        ("rate_limit", None, ExprKind::Int(n)) if *n < 1 => "at least 1",
        ("rate_limit", _, ExprKind::Text(_) | ExprKind::Bool(_) | ExprKind::None | ExprKind::List(_)) => {
            "a number is needed"
        }
        _ => return,
    };
    out.push(Diagnostic::new(Code::E0011, value.span, format!("wrong argument for `{guard}`: {fault}")));
}

/// `192.0.2.1`, `2001:db8::/32`.
fn is_address_block(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= bits_max))
}
