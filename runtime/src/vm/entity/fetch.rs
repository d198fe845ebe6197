//! What operations stopped for: fetched in a frame of its own, then found where they look when they are repeated.

use super::super::effect::{Answer, Effect};
use super::super::native::{Context, Flow, SLICE, Step, Stepped};
use super::super::program::Program;
use super::load::Load;
use super::{refused, shape};
use crate::record::request::{Given, Which};
use crate::record::{Refusal, Reply, Request};
use crate::value::stop::{Bug, Need, Outcome, Stop};
use crate::value::{Handle, List, Value};

/// What fetches it.
pub fn of(context: &mut Context<'_>, need: Need) -> Outcome<Box<dyn Stepped>> {
    let heap = &mut *context.heap;
    Ok(match need {
        Need::Entity { of, id } => {
            Box::new(Finding::new(Given { entity: of, id }, Which::Live, Missing::IsNone))
        }
        Need::Entities(from) => {
            let to = heap.new_list_with(heap.lists.get(from)?.items.len())?;
            Box::new(FindingAll { from, to, load: None })
        }
        Need::Rows(query) | Need::IsEmpty(query) => {
            let [rows, is_empty] = context.program.runners;
            let runner = if let Need::Rows(_) = need { rows } else { is_empty };
            let runner = context.program.native(runner.ok_or(Bug::BadIndex)?)?;
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

/// The error of a row that must be there and is not.
#[cold]
pub fn not_found(program: &Program, given: Given) -> Stop {
    let Given { entity, id } = given;
    match shape(program, entity) {
        Ok(shape) => refused(&Refusal::NotFound { entity: shape.name.clone(), id }),
        Err(bug) => bug.into(),
    }
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

/// What comes of a row that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// None.
    IsNone,
    /// `EntityNotFound`.
    Raises,
}

/// One entity by its id.
#[derive(Debug)]
pub struct Finding {
    given: Given,
    which: Which,
    missing: Missing,
    load: Option<Load>,
}

impl Finding {
    /// Will find it.
    pub const fn new(given: Given, which: Which, missing: Missing) -> Self {
        Self { given, which, missing, load: None }
    }
}

impl Stepped for Finding {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some(load) = &mut self.load else {
            return Ok(Step::Ask(Effect::Store(Request::Find { given: self.given, which: self.which })));
        };
        let entity = load.step(context.heap, context.program, SLICE)?;
        Ok(entity.map_or(Step::Again, Step::Done))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        self.load = found(answer)?;
        Ok(match (&self.load, self.missing) {
            (Some(_), _) => Step::Again,
            (None, Missing::IsNone) => Step::Done(Value::None),
            (None, Missing::Raises) => return Err(not_found(context.program, self.given)),
        })
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
