//! What operations stopped for: fetched in a frame of its own, then found where they look when they are repeated.

use super::super::effect::{Answer, Effect};
use super::super::native::{Context, Flow, SLICE, Step, Stepped};
use super::load::Load;
use super::refused;
use crate::record::request::{Given, Which};
use crate::record::{Reply, Request};
use crate::value::stop::{Bug, Need, Outcome};
use crate::value::{Handle, List, Value};

/// What fetches it.
pub fn of(context: &mut Context<'_>, need: Need) -> Outcome<Box<dyn Stepped>> {
    let heap = &mut *context.heap;
    Ok(match need {
        Need::Entity { of, id } => Box::new(Finding { given: Given { entity: of, id }, load: None }),
        Need::Entities(from) => {
            let to = heap.new_list_with(heap.lists.get(from)?.items.len())?;
            Box::new(FindingAll { from, to, load: None })
        }
        Need::Rows(query) => {
            let runner = context.program.native(context.program.rows.ok_or(Bug::BadIndex)?)?;
            match (runner.run)(context, &[Value::Query(query)])? {
                Flow::Step(runner) => runner,
                Flow::Value(_) | Flow::Effect(..) => return Err(Bug::BadFrame.into()),
            }
        }
    })
}

fn find(given: Given) -> Step {
    Step::Ask(Effect::Store(Request::Find { given, which: Which::Live }))
}

/// What came of a [`find`].
fn found(answer: &Answer) -> Outcome<Option<Load>> {
    match answer {
        Answer::Store(Ok(Reply::Row(row))) => Ok(Some(Load::new(row, false))),
        Answer::Store(Ok(Reply::Nothing)) => Ok(None),
        Answer::Store(Err(refusal)) => Err(refused(refusal)),
        _ => Err(Bug::BadAnswer.into()),
    }
}

/// One entity.
#[derive(Debug)]
struct Finding {
    given: Given,
    load: Option<Load>,
}

impl Stepped for Finding {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some(load) = &mut self.load else { return Ok(find(self.given)) };
        let entity = load.step(context.heap, context.program, SLICE)?;
        Ok(entity.map_or(Step::Again, Step::Done))
    }

    fn answered(&mut self, _: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        self.load = found(answer)?;
        Ok(if self.load.is_some() { Step::Again } else { Step::Done(Value::None) })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.load.iter().for_each(|load| load.trace(visit));
    }
}

/// A list with the entities of all references in another.
#[derive(Debug)]
struct FindingAll {
    from: Handle<List>,
    to: Handle<List>,
    load: Option<Load>,
}

impl Stepped for FindingAll {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        if let Some(load) = &mut self.load {
            if let Some(entity) = load.step(context.heap, context.program, SLICE)? {
                context.heap.push(self.to, entity)?;
                self.load = None;
            }
            return Ok(Step::Again);
        }
        for _ in 0..SLICE {
            let at = context.heap.lists.get(self.to)?.items.len();
            match context.heap.lists.get(self.from)?.items.get(at) {
                None => return Ok(Step::Done(Value::List(self.to))),
                Some(&Value::Reference { of, id }) => return Ok(find(Given { entity: of, id })),
                Some(&other) => context.heap.push(self.to, other)?,
            }
        }
        context.charge_fuel(SLICE);
        Ok(Step::Again)
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        self.load = found(answer)?;
        if self.load.is_none() {
            context.heap.push(self.to, Value::None)?;
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.from));
        visit(Value::List(self.to));
        self.load.iter().for_each(|load| load.trace(visit));
    }
}
