//! Time travel: `entity @ when` and `entity.history`. What comes of it knows that it is an old version, so that saving it
//! writes over the current one.

use super::define::{LIST, function, property, required};
use super::{arguments, time};
use crate::base::{Kind, Kinds};
use crate::record::request::{Given, VersionAt};
use crate::record::{Batch, Pinned, Reply, Request, Row};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, List, Object, Value};
use crate::vm::entity::load::Load;
use crate::vm::entity::refused;
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, Native, Step, Stepped};
use std::collections::VecDeque;

/// Bytes of versions that are asked for at once.
const BATCH_BYTES: usize = 64 << 10;

/// The family.
pub const NATIVES: &[Native] = &[
    function(
        "@version",
        &[required("entity", Kinds::ANY), required("when", Kinds::ANY)],
        Kinds::ANY,
        version,
    ),
    property("history", Kinds::of(&[Kind::Entity]), LIST, history),
];

/// Which row an entity is; none before it is saved.
fn given(heap: &Heap, entity: Handle<Object>) -> Outcome<Option<Given>> {
    let entity = heap.entity(entity)?;
    Ok(entity.stored.map(|stored| Given { entity: entity.of, id: stored.id }))
}

/// A version by its number, by how many lie behind it, or by a time.
fn version(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let entity = match arguments::value(args, 0)? {
        Value::None => return Ok(Flow::Value(Value::None)),
        Value::Entity(entity) => entity,
        other => {
            let kind = other.kind().name();
            return Err(Stop::type_error(format!("`@` reads versions of an entity, not of {kind}")));
        }
    };
    let at = match arguments::value(args, 1)? {
        Value::Int(n) => match u64::try_from(n) {
            Ok(n) if n > 0 => VersionAt::Number(n),
            _ => VersionAt::Back(n.unsigned_abs()),
        },
        Value::Time(ms) => VersionAt::Time(ms),
        Value::Text(text) => VersionAt::Time(time::parse(context.heap.texts.str(text)?)?),
        other => {
            let kind = other.kind().name();
            let text = format!("`@` takes a version's number, a time or its text, not {kind}");
            return Err(Stop::type_error(text));
        }
    };
    Ok(match given(context.heap, entity)? {
        None => Flow::Value(Value::None),
        Some(given) => Flow::Step(Box::new(Reading { given, at, from: None, load: None })),
    })
}

/// All versions, oldest first.
fn history(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let Value::Entity(entity) = arguments::value(args, 0)? else { return Err(Bug::WrongShape.into()) };
    let versions = context.heap.new_list_with(0)?;
    Ok(match given(context.heap, entity)? {
        None => Flow::Value(Value::List(versions)),
        Some(given) => Flow::Step(Box::new(Listing {
            given,
            versions,
            rows: VecDeque::new(),
            held: 0,
            below: None,
            more: true,
            load: None,
        })),
    })
}

/// One version.
#[derive(Debug)]
struct Reading {
    given: Given,
    at: VersionAt,
    /// Where the store's search got to.
    from: Option<Pinned>,
    load: Option<Load>,
}

impl Stepped for Reading {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let Some(load) = &mut self.load else {
            let request = Request::Version { given: self.given, at: self.at, from: self.from.take() };
            return Ok(Step::Ask(Effect::Store(request)));
        };
        context.charge_fuel(SLICE);
        let found = load.step(context.heap, context.program, SLICE)?;
        Ok(found.map_or(Step::Again, Step::Done))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match answer {
            Answer::Store(Ok(Reply::Row(row))) => self.load = Some(Load::new(row, true)),
            Answer::Store(Ok(Reply::Nothing)) => return Ok(Step::Done(Value::None)),
            // Too many versions for one look. The fuel is what keeps the deadline.
            Answer::Store(Ok(Reply::Rows(Batch { more: Some(pinned), .. }))) => {
                context.charge_fuel(SLICE);
                self.from = Some(pinned.clone());
            }
            Answer::Store(Err(refusal)) => return Err(refused(refusal)),
            _ => return Err(Bug::BadAnswer.into()),
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.load.iter().for_each(|load| load.trace(visit));
    }
}

/// All versions: the store gives the newest first.
#[derive(Debug)]
struct Listing {
    given: Given,
    versions: Handle<List>,
    rows: VecDeque<Row>,
    /// Bytes charged for them.
    held: usize,
    /// The oldest version that was seen.
    below: Option<u64>,
    /// Are there older ones?
    more: bool,
    load: Option<Load>,
}

impl Stepped for Listing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        if let Some(load) = &mut self.load {
            context.charge_fuel(SLICE >> 4);
            // What was loaded is not loaded again, so that there must be room for it.
            context.heap.reserve_list(self.versions, 1)?;
            if let Some(version) = load.step(context.heap, context.program, SLICE)? {
                context.heap.push(self.versions, version)?;
                self.load = None;
            }
            return Ok(Step::Again);
        }
        if let Some(row) = self.rows.pop_front() {
            self.load = Some(Load::new(&row, true));
            return Ok(Step::Again);
        }
        context.heap.memory.release(std::mem::take(&mut self.held))?;
        if self.more {
            let request = Request::History { given: self.given, below: self.below, bytes_max: BATCH_BYTES };
            return Ok(Step::Ask(Effect::Store(request)));
        }
        let versions = &mut context.heap.lists.get_mut(self.versions)?.items;
        versions.reverse();
        let work = versions.len() >> 2;
        context.charge_fuel(work);
        Ok(Step::Done(Value::List(self.versions)))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        let batch = match answer {
            Answer::Store(Ok(Reply::Rows(batch))) => batch,
            Answer::Store(Ok(Reply::Nothing)) => {
                self.more = false;
                return Ok(Step::Again);
            }
            Answer::Store(Err(refusal)) => return Err(refused(refusal)),
            _ => return Err(Bug::BadAnswer.into()),
        };
        let bytes = batch.rows.iter().map(|row| row.data.len().saturating_add(size_of::<Row>()));
        let bytes = bytes.fold(0, usize::saturating_add);
        context.heap.memory.charge(bytes)?;
        self.held = self.held.saturating_add(bytes);
        self.below = batch.rows.last().map(|row| row.version);
        self.more = batch.more.is_some() && self.below.is_some();
        self.rows.extend(batch.rows.drain(..));
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.versions));
        self.load.iter().for_each(|load| load.trace(visit));
    }

    fn held(&self) -> usize {
        self.held
    }
}
