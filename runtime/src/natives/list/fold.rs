//! One value of all elements: `sum`, `avg`, `min`, `max`.

use super::Elements;
use crate::natives::{arguments, steps};
use crate::value::order;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Heap, Range, Value, number};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use std::cmp::Ordering;

pub fn sum(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    folded(context, arguments::value(args, 0)?, Fold::sum())
}

pub fn avg(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    folded(context, arguments::value(args, 0)?, Fold::avg())
}

pub fn min(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    folded(context, arguments::value(args, 0)?, Fold::min())
}

pub fn max(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    folded(context, arguments::value(args, 0)?, Fold::max())
}

/// The value of all elements of a list, a range or a query's rows.
pub fn folded(context: &mut Context<'_>, elements: Value, fold: Fold) -> Outcome<Flow> {
    let elements = Elements::of(context.heap, elements)?;
    if let Elements::Range(range) = elements {
        return steps::done(fold.of_range(range)?);
    }
    let work = elements.count(context.heap)?;
    steps::start(context, Folding { elements, at: 0, fold }, work)
}

/// What was reached.
#[derive(Clone, Copy, Debug)]
pub enum Fold {
    Sum(Value),
    /// Ints exactly, numbers apart.
    Average {
        ints: i128,
        numbers: f64,
    },
    Extreme {
        best: Option<Value>,
        wanted: Ordering,
    },
}

#[derive(Debug)]
struct Folding {
    elements: Elements,
    at: usize,
    fold: Fold,
}

impl Stepped for Folding {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work: usize = 0;
        let mut ended = None;
        while work == 0 || (work < SLICE && !context.is_out_of_fuel()) {
            let Some(element) = self.elements.get(context.heap, self.at)? else {
                ended = Some(self.fold.end(self.at));
                break;
            };
            self.fold.add(context.heap, element)?;
            work = work.saturating_add(1);
            self.at = self.at.saturating_add(1);
        }
        context.charge_fuel(work);
        Ok(ended.map_or(Step::Again, Step::Done))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.elements.trace(visit);
        if let Fold::Extreme { best: Some(best), .. } = self.fold {
            visit(best);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an int becomes the nearest number, as arithmetic does it")]
const fn to_number(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a mean is a number, the nearest one")]
fn mean(ints: i128, numbers: f64, count: usize) -> f64 {
    (ints as f64 + numbers) / count as f64
}

impl Fold {
    /// Of nothing 0.
    pub const fn sum() -> Self {
        Self::Sum(Value::Int(0))
    }

    /// Of nothing none.
    pub const fn avg() -> Self {
        Self::Average { ints: 0, numbers: 0.0 }
    }

    /// Of nothing none.
    pub const fn min() -> Self {
        Self::Extreme { best: None, wanted: Ordering::Less }
    }

    /// Of nothing none.
    pub const fn max() -> Self {
        Self::Extreme { best: None, wanted: Ordering::Greater }
    }

    /// Takes an element in.
    pub fn add(&mut self, heap: &Heap, element: Value) -> Outcome<()> {
        match self {
            Self::Sum(sum) => {
                *sum = match (*sum, element) {
                    (Value::Int(a), Value::Int(b)) => Value::Int(number::add(a, b)?),
                    (Value::Int(a), Value::Number(b)) => Value::Number(to_number(a) + b),
                    (Value::Number(a), Value::Int(b)) => Value::Number(a + to_number(b)),
                    (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
                    _ => return Err(not_numeric(element)),
                };
            }
            Self::Average { ints, numbers } => match element {
                Value::Int(n) => *ints = ints.saturating_add(i128::from(n)),
                Value::Number(n) => *numbers += n,
                _ => return Err(not_numeric(element)),
            },
            Self::Extreme { best, wanted } => return extreme(heap, best, *wanted, element),
        }
        Ok(())
    }

    /// What it is of so many elements.
    pub fn end(self, count: usize) -> Value {
        match self {
            Self::Sum(sum) => sum,
            Self::Average { .. } if count == 0 => Value::None,
            Self::Average { ints, numbers } => Value::Number(mean(ints, numbers, count)),
            Self::Extreme { best, .. } => best.unwrap_or(Value::None),
        }
    }

    /// The same of a range, by its ends.
    fn of_range(self, range: Range) -> Outcome<Value> {
        let Some((first, last)) = range.ends() else { return Ok(self.end(0)) };
        let ends = i128::from(first).saturating_add(i128::from(last));
        Ok(match self {
            Self::Sum(_) => {
                let twice = ends.checked_mul(i128::from(range.count()?));
                let sum = twice.and_then(|twice| i64::try_from(twice / 2).ok());
                Value::Int(sum.ok_or_else(|| Stop::overflow("the sum"))?)
            }
            Self::Average { .. } => Value::Number(mean(ends, 0.0, 2)),
            Self::Extreme { wanted: Ordering::Less, .. } => Value::Int(first),
            Self::Extreme { .. } => Value::Int(last),
        })
    }
}

/// The smaller or larger one, the earlier of equals; a NaN gives way to any number.
fn extreme(heap: &Heap, best: &mut Option<Value>, wanted: Ordering, element: Value) -> Outcome<()> {
    // Also refuses a single element of a kind without order.
    let order = order::compare(heap, element, best.unwrap_or(element))?;
    let better = match order {
        Some(order) => best.is_none() || order == wanted,
        None => best.is_none_or(is_nan),
    };
    if better {
        *best = Some(element);
    }
    Ok(())
}

fn is_nan(value: Value) -> bool {
    matches!(value, Value::Number(n) if n.is_nan())
}

#[cold]
fn not_numeric(found: Value) -> Stop {
    Stop::type_error(format!("only ints and numbers add up, not {}", found.kind().name()))
}
