//! The least or greatest of some arguments, or of one list. All must be of one kind (an int and a number are one).

use crate::natives::list::{Fold, folded};
use crate::natives::steps;
use crate::value::Value;
use crate::value::stop::Outcome;
use crate::vm::{Context, Flow};

/// So many arguments are compared here and now; a text among them may be long.
const FEW: usize = 16;

pub fn min(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    extreme(context, args, Fold::min())
}

pub fn max(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    extreme(context, args, Fold::max())
}

fn extreme(context: &mut Context<'_>, args: &[Value], mut fold: Fold) -> Outcome<Flow> {
    if let [elements @ (Value::List(_) | Value::Range(_))] = args {
        return folded(context, *elements, fold);
    }
    let given = args.iter().copied().filter(|value| !matches!(value, Value::Unset));
    if args.len() > FEW {
        let list = context.heap.new_list(given.collect())?;
        return folded(context, list, fold);
    }
    context.charge_fuel(args.len());
    for value in given {
        fold.add(context.heap, value)?;
    }
    steps::done(fold.end(args.len()))
}
