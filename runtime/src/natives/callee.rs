//! What a built-in may know of a function that it calls back.

use crate::base::span::to_usize;
use crate::value::stop::Outcome;
use crate::value::{Bug, Value};
use crate::vm::Context;

/// How many arguments it takes of those that it is given; a rest parameter takes all, a built-in takes one.
pub fn arguments_taken(context: &Context<'_>, callee: Value) -> Outcome<usize> {
    let index = match callee {
        Value::Function(index) => index,
        Value::Closure(closure) => context.heap.closures.get(closure)?.function,
        _ => return Ok(1),
    };
    let function = context.program.module.functions.get(to_usize(index)).ok_or(Bug::BadIndex)?;
    Ok(if function.rest { usize::MAX } else { function.params.len() })
}
