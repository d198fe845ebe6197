//! The least or greatest of some arguments, or of one list. All must be of one kind (an int and a number are one).
//!
//! A NaN gives way to any number.

use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Heap, List, Object, Value, order};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use std::cmp::Ordering;

/// So many arguments are compared here and now; a text among them may be long.
const FEW: usize = 16;

pub fn min(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    extreme(context, args, Ordering::Less)
}

pub fn max(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    extreme(context, args, Ordering::Greater)
}

fn extreme(context: &mut Context<'_>, args: &[Value], wanted: Ordering) -> Outcome<Flow> {
    match args {
        [Value::List(list)] => Ok(Flow::Step(Box::new(Search { list: *list, at: 0, best: None, wanted }))),
        [Value::Range(range)] => {
            let range = context.heap.object(*range, |object| match object {
                Object::Range(range) => Some(range),
                _ => None,
            })?;
            let found = range.ends().map(|(first, last)| if wanted == Ordering::Less { first } else { last });
            Ok(Flow::Value(found.map_or(Value::None, Value::Int)))
        }
        _ => {
            let given = args.iter().copied().filter(|value| !matches!(value, Value::Unset));
            if args.len() > FEW {
                let Value::List(list) = context.heap.new_list(given.collect())? else {
                    return Err(Bug::WrongShape.into());
                };
                return Ok(Flow::Step(Box::new(Search { list, at: 0, best: None, wanted })));
            }
            context.charge_fuel(args.len());
            let mut best = None;
            for value in given {
                best = Some(better(context.heap, best, value, wanted)?);
            }
            Ok(Flow::Value(best.unwrap_or(Value::None)))
        }
    }
}

/// The one of two that stands further to the wanted side; the first of equals.
fn better(heap: &Heap, best: Option<Value>, value: Value, wanted: Ordering) -> Outcome<Value> {
    let best = best.unwrap_or(value);
    let is_better = match order::compare(heap, value, best)? {
        Some(order) => order == wanted,
        None => is_nan(best),
    };
    Ok(if is_better { value } else { best })
}

fn is_nan(value: Value) -> bool {
    matches!(value, Value::Number(n) if n.is_nan())
}

/// Goes through a list.
#[derive(Debug)]
struct Search {
    list: Handle<List>,
    at: usize,
    best: Option<Value>,
    wanted: Ordering,
}

impl Stepped for Search {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let items = &context.heap.lists.get(self.list)?.items;
        let rest = items.get(self.at..).unwrap_or_default();
        let mut looked = 0_usize;
        for &value in rest.iter().take(SLICE) {
            self.best = Some(better(context.heap, self.best, value, self.wanted)?);
            looked = looked.saturating_add(1);
            if context.is_out_of_fuel() {
                break;
            }
        }
        let is_last = looked == rest.len();
        context.charge_fuel(looked);
        self.at = self.at.saturating_add(looked);
        Ok(if is_last { Step::Done(self.best.unwrap_or(Value::None)) } else { Step::Again })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.list));
        visit(self.best.unwrap_or(Value::None));
    }
}
