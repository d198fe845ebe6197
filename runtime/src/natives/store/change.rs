//! `delete`, `restore`, `destroy`.

use super::{operand, stored};
use crate::record::request::Given;
use crate::record::{Reply, Request};
use crate::value::entity::Stored;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Object, Value};
use crate::vm::entity::{refused, shape};
use crate::vm::{Answer, Context, Effect, Flow, Step, Stepped};

/// Marks an entity as deleted.
pub fn delete(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "deleted", Request::Delete)
}

/// Undoes that.
pub fn restore(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "restored", Request::Restore)
}

/// Removes an entity and all its versions.
pub fn destroy(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, "destroyed", Request::Destroy)
}

fn begin(
    context: &mut Context<'_>,
    args: &[Value],
    done: &str,
    request: fn(Given) -> Request,
) -> Outcome<Flow> {
    let entity = operand(args, done)?;
    let found = context.heap.entity(entity)?;
    let Some(Stored { id, .. }) = found.stored else {
        let name = &shape(context.program, found.of)?.name;
        let text = format!("this {name} was never saved and cannot be {done}");
        return Err(Stop::raise(ErrorKind::EntityNotFound, text));
    };
    let given = Given { entity: found.of, id };
    context.saved.reserve(&mut context.heap.memory)?;
    Ok(Flow::Step(Box::new(Changing { entity, request: request(given), held: 0 })))
}

/// Asks, and takes over what the store says.
#[derive(Debug)]
struct Changing {
    entity: Handle<Object>,
    request: Request,
    /// Charged for the row.
    held: usize,
}

impl Stepped for Changing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.heap.memory.charge(context.saved.cost())?;
        self.held = context.saved.cost();
        Ok(Step::Ask(Effect::Store(self.request.clone())))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match answer {
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
        self.held = 0;
        context.saved.stage();
        Ok(Step::Done(Value::Entity(self.entity)))
    }

    fn held(&self) -> usize {
        self.held
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Entity(self.entity));
    }
}
