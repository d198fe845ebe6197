//! `delete`, `restore`, `destroy`.
//!
//! Within a transaction what cascades is written into the open draft row by row, so all of it is charged before the change
//! is asked for. Nobody else writes there: the store does then what it said it would.

use super::{operand, stored};
use crate::record::request::{Fate, Given, Reach};
use crate::record::{Reply, Request};
use crate::value::entity::Stored;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Object, Value};
use crate::vm::entity::{refused, shape};
use crate::vm::{Answer, Context, Effect, Flow, Step, Stepped};

/// Marks an entity as deleted.
pub fn delete(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "deleted", Fate::Delete)
}

/// Undoes that.
pub fn restore(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "restored", Fate::Restore)
}

/// Removes an entity and all its versions.
pub fn destroy(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "destroyed", Fate::Destroy)
}

fn begin(context: &mut Context<'_>, args: &[Value], done: &str, fate: Fate) -> Outcome<Flow> {
    let entity = operand(args, done)?;
    let found = context.heap.entity(entity)?;
    let Some(Stored { id, .. }) = found.stored else {
        let name = &shape(context.program, found.of)?.name;
        let text = format!("this {name} was never saved and cannot be {done}");
        return Err(Stop::raise(ErrorKind::EntityNotFound, text));
    };
    let given = Given { entity: found.of, id };
    context.saved.reserve(&mut context.heap.memory)?;
    let reach = (context.saved.depth() == 0).then(Reach::default);
    Ok(Flow::Step(Box::new(Changing { entity, given, fate, reach, held: 0 })))
}

/// Asks, and takes over what the store says.
#[derive(Debug)]
struct Changing {
    entity: Handle<Object>,
    given: Given,
    fate: Fate,
    /// What it writes into the open draft; none while that is not known.
    reach: Option<Reach>,
    /// Charged for that.
    held: usize,
}

impl Stepped for Changing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some(reach) = self.reach else {
            return Ok(Step::Ask(Effect::Store(Request::Reach(self.given, self.fate))));
        };
        let cost = context.saved.cost_of(reach);
        context.heap.memory.charge(cost)?;
        self.held = cost;
        Ok(Step::Ask(Effect::Store(match self.fate {
            Fate::Delete => Request::Delete(self.given),
            Fate::Restore => Request::Restore(self.given),
            Fate::Destroy => Request::Destroy(self.given),
        })))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match answer {
            Answer::Store(Ok(Reply::Reach(reach))) if self.reach.is_none() => {
                self.reach = Some(*reach);
                return Ok(Step::Again);
            }
            Answer::Store(Ok(Reply::Row(row))) => {
                let entity = context.heap.entity_mut(self.entity)?;
                // What was read by time travel goes on being an older version's data.
                let old = entity.stored.is_some_and(|stored| stored.old);
                let former = entity.stored.replace(Stored { old, ..stored(row) });
                context.saved.note(self.entity, former);
            }
            Answer::Store(Ok(_)) => {}
            Answer::Store(Err(refusal)) => return Err(refused(refusal)),
            _ => return Err(Bug::BadAnswer.into()),
        }
        context.saved.stage(std::mem::take(&mut self.held));
        Ok(Step::Done(Value::Entity(self.entity)))
    }

    fn held(&self) -> usize {
        self.held
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Entity(self.entity));
    }
}
