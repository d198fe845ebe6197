//! Starting work that runs in steps, and what its steps cost.

use crate::base::guard::{Guard, off};
use crate::value::fuel::Fuel;
pub use crate::value::fuel::bulk;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Heap, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// So many steps are taken here and now. `work` is what can be counted beforehand; a comparison of two elements may walk
/// through more than anybody counted, and only a frame is looked at by the deadline.
const STEPS_MAX: usize = 4;

/// Takes a cost out of what a step may still do; what it has not is spent at once.
pub fn take(fuel: &Fuel, work: &mut usize, cost: usize) {
    fuel.spend(cost.saturating_sub(*work));
    *work = work.saturating_sub(cost);
}

/// Runs it here and now when it has no more work than fits a step, else in a frame of its own. One that is not done after
/// a few steps gets a frame all the same, so that the deadline is noticed and others have their turn. A collection, or
/// something of the store, that it needs meanwhile also gives it a frame, so that nothing that it holds is lost.
pub fn start(context: &mut Context<'_>, mut stepped: impl Stepped + 'static, work: usize) -> Outcome<Flow> {
    if work > SLICE {
        return Ok(Flow::Step(Box::new(stepped)));
    }
    let mut steps: usize = 0;
    let ended = loop {
        match stepped.step(context, None) {
            Ok(Step::Done(value)) => break Ok(Flow::Value(value)),
            Ok(Step::Again) if steps >= STEPS_MAX && !off(Guard::StepsInPlace) => {
                return Ok(Flow::Step(Box::new(stepped)));
            }
            Ok(Step::Again) => steps = steps.saturating_add(1),
            Ok(Step::Call { .. } | Step::Ask(_)) => break Err(Bug::BadFrame.into()),
            Err(Stop::Collect { .. } | Stop::Need(_)) => return Ok(Flow::Step(Box::new(stepped))),
            Err(stop) => break Err(stop),
        }
    };
    context.heap.memory.release(stepped.held())?;
    ended
}

/// The end of a stretch of about so many bytes from the byte `from`, never inside a code point.
pub fn stretch_end(content: &str, from: usize, bytes: usize) -> usize {
    content.ceil_char_boundary(from.saturating_add(bytes))
}

/// A count or position as an int.
pub fn int(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A result that needs no more work.
#[expect(clippy::unnecessary_wraps, reason = "what a built-in returns, so that it can end with this")]
pub const fn done(value: Value) -> Outcome<Flow> {
    Ok(Flow::Value(value))
}

/// A part of a text as a value; the text itself when it is all of it.
pub fn part(heap: &mut Heap, whole: Value, part: (usize, usize)) -> Outcome<Value> {
    let Value::Text(text) = whole else { return Err(Bug::WrongShape.into()) };
    let content = heap.texts.uncharged(text)?;
    if part == (0, content.len()) {
        return Ok(whole);
    }
    let bytes = content.get(part.0..part.1).unwrap_or_default().len();
    heap.reserve_text(bytes)?;
    heap.texts.fuel.look(bytes);
    let copy: Box<str> = heap.texts.uncharged(text)?.get(part.0..part.1).unwrap_or_default().into();
    Ok(heap.put_text(copy))
}
