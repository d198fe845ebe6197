//! The texts of errors about calls.

use crate::base::Kind;
use crate::base::builtin::{Param, Signature};
use crate::value::Stop;

/// Too few or too many arguments.
#[cold]
pub(super) fn count(name: &str, min: usize, max: usize, found: usize) -> Stop {
    let allowed = match (min, max) {
        (min, usize::MAX) => format!("at least {min}"),
        (min, max) if min == max => min.to_string(),
        (min, max) => format!("{min} to {max}"),
    };
    let noun = if min == 1 && matches!(max, 1 | usize::MAX) { "argument" } else { "arguments" };
    Stop::type_error(format!("{name} takes {allowed} {noun}, and got {found}"))
}

/// The same for a built-in; `found` counts the receiver.
#[cold]
pub(super) fn native_count(signature: &Signature, found: usize) -> Stop {
    let min = signature.params.iter().filter(|param| !param.optional).count();
    let max = if signature.variadic { usize::MAX } else { signature.params.len() };
    count(signature.name, min, max, found.saturating_sub(usize::from(!signature.is_function())))
}

/// An argument of a kind that the built-in does not take.
#[cold]
pub(super) fn native_kind(signature: &Signature, param: &Param, found: Kind) -> Stop {
    let allowed: Vec<_> =
        Kind::ALL.iter().filter(|&&kind| param.kinds.has(kind)).map(|kind| kind.name()).collect();
    let (function, param) = (signature.name, param.name);
    let allowed = allowed.join(" or ");
    Stop::type_error(format!("{function}: `{param}` must be {allowed}, not {}", found.name()))
}

/// A required argument is not there.
#[cold]
pub(super) fn missing(function: &str, param: &str) -> Stop {
    Stop::type_error(format!("{function} needs an argument for `{param}`"))
}

/// A named argument that there is no parameter for.
#[cold]
pub(super) fn unknown_argument(function: &str, name: &str) -> Stop {
    Stop::type_error(format!("{function} has no parameter `{name}`"))
}

/// A parameter given by place and by name.
#[cold]
pub(super) fn given_twice(function: &str, name: &str) -> Stop {
    Stop::type_error(format!("{function} got `{name}` twice"))
}

/// Something is called that is no function.
#[cold]
pub(super) fn not_callable(kind: Kind) -> Stop {
    Stop::type_error(format!("only functions can be called, not {}", kind.name()))
}

/// What a member of other languages is called here.
const fn meant(kind: Kind, name: &str) -> &'static str {
    match (kind, name.as_bytes()) {
        (Kind::Text | Kind::List | Kind::Range | Kind::Query, b"size") => "; did you mean `length`?",
        (Kind::Map, b"size" | b"length" | b"len") => "; did you mean `count()`?",
        _ => "",
    }
}

/// A method that there is not.
#[cold]
pub(super) fn no_method(kind: Kind, name: &str) -> Stop {
    Stop::type_error(format!("{} has no method `{name}`{}", kind.name(), meant(kind, name)))
}

/// A property that there is not.
#[cold]
pub(super) fn no_property(kind: Kind, name: &str) -> Stop {
    Stop::type_error(format!("{} has no property `{name}`{}", kind.name(), meant(kind, name)))
}

/// A method name called without anything to be a method of.
#[cold]
pub(super) fn no_receiver(name: &str) -> Stop {
    Stop::type_error(format!("{name} needs a value: `{name}(value, …)` or `value.{name}(…)`"))
}
