//! `transaction { … }`: opened, committed or rolled back by the code around its body, which names it by how deep it is.

use crate::natives::arguments;
use crate::record::{Reply, Request};
use crate::value::Value;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::vm::entity::refused;
use crate::vm::{Answer, Context, Effect, Flow, Step, Stepped};

/// Opens one, and gives its depth.
pub fn begin(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    context.saved.reserve(&mut context.heap.memory)?;
    Ok(Flow::Step(Box::new(Ending { request: Request::Begin, depth: 0 })))
}

/// Ends the innermost one.
pub fn commit(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let depth = arguments::int(args, 0)?;
    if usize::try_from(depth) != Ok(context.saved.depth()) || depth == 0 {
        return Err(Stop::type_error("there is no such transaction to commit"));
    }
    Ok(Flow::Step(Box::new(Ending { request: Request::Commit, depth: context.saved.depth() })))
}

/// Undoes the transaction of this depth and those inside it, as far as they are open.
pub fn rollback(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let depth = usize::try_from(arguments::int(args, 0)?).unwrap_or(0).max(1);
    Ok(Flow::Step(Box::new(Ending { request: Request::Rollback, depth })))
}

/// Asks, and keeps the account of what was saved in step with the store.
#[derive(Debug)]
struct Ending {
    request: Request,
    depth: usize,
}

impl Stepped for Ending {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        // Committing an outer transaction may have been refused already: then it is undone and closed.
        if self.request == Request::Rollback && context.saved.depth() < self.depth {
            return Ok(Step::Done(Value::None));
        }
        Ok(Step::Ask(Effect::Store(self.request.clone())))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        let Answer::Store(answer) = answer else { return Err(Bug::BadAnswer.into()) };
        match (&self.request, answer) {
            (Request::Begin, Ok(_)) => {
                context.saved.begin();
                Ok(Step::Done(Value::Int(i64::try_from(context.saved.depth()).unwrap_or(i64::MAX))))
            }
            (Request::Commit, Ok(reply)) => {
                let rows = if let Reply::Rows(batch) = &*reply { batch.rows.as_slice() } else { &[] };
                context.saved.commit(context.heap, rows)?;
                Ok(Step::Done(Value::None))
            }
            (Request::Commit, Err(refusal)) => {
                context.saved.undo(context.heap)?;
                Err(refused(refusal))
            }
            (Request::Rollback, Ok(_)) => {
                context.saved.undo(context.heap)?;
                Ok(Step::Again)
            }
            (_, Err(refusal)) => Err(refused(refusal)),
            (_, Ok(_)) => Err(Bug::BadAnswer.into()),
        }
    }

    fn trace(&self, _: &mut dyn FnMut(Value)) {}
}
