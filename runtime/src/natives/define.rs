//! How a row of the table is written: small const constructors, so that a family reads as a list.

use crate::base::builtin::{Param, Signature};
use crate::base::{Kind, Kinds};
use crate::value::Value;
use crate::value::stop::Outcome;
use crate::vm::{Context, Flow, Native};

/// The code of a built-in.
pub type Run = fn(&mut Context<'_>, &[Value]) -> Outcome<Flow>;

/// What a method gives that gives none.
pub const NOTHING: Kinds = Kinds::of(&[Kind::None]);
/// A truth value.
pub const BOOL: Kinds = Kinds::of(&[Kind::Bool]);
/// An int.
pub const INT: Kinds = Kinds::of(&[Kind::Int]);
/// A text.
pub const TEXT: Kinds = Kinds::of(&[Kind::Text]);
/// A list.
pub const LIST: Kinds = Kinds::of(&[Kind::List]);
/// A map.
pub const MAP: Kinds = Kinds::of(&[Kind::Map]);
/// A function.
pub const FUNCTION: Kinds = Kinds::of(&[Kind::Function]);

/// A parameter that must be given.
pub const fn required(name: &'static str, kinds: Kinds) -> Param {
    Param { name, optional: false, kinds }
}

/// A parameter that may be left out.
pub const fn optional(name: &'static str, kinds: Kinds) -> Param {
    Param { name, optional: true, kinds }
}

/// A plain function.
pub const fn function(name: &'static str, params: &'static [Param], result: Kinds, run: Run) -> Native {
    method(name, Kinds::NONE, params, result, run)
}

/// A method of the kinds `receiver`.
pub const fn method(
    name: &'static str,
    receiver: Kinds,
    params: &'static [Param],
    result: Kinds,
    run: Run,
) -> Native {
    let signature =
        Signature { name, receiver, params, variadic: false, property: false, alias: false, result };
    Native { signature, run }
}

/// A method without parameters that may be read without parentheses.
pub const fn property(name: &'static str, receiver: Kinds, result: Kinds, run: Run) -> Native {
    let mut native = method(name, receiver, &[], result, run);
    native.signature.property = true;
    native
}

/// The same, taking any number of further arguments.
pub const fn variadic(mut native: Native) -> Native {
    native.signature.variadic = true;
    native
}

/// The same under another spelling.
pub const fn alias(name: &'static str, mut native: Native) -> Native {
    native.signature.name = name;
    native.signature.alias = true;
    native
}

/// What the table is filled with before its rows are copied in; none of these is left.
pub const FILLER: Native = function("", &[], Kinds::NONE, |_, _| Ok(Flow::Value(Value::None)));
