//! Running a query: rows come from the store in batches, each becomes an entity, conditions are called with it, and what
//! passes goes, in order, past the offset to the goal, until there is enough.
//!
//! Invariants:
//!
//! - **Q1** A run sees one state of the store: its first batch's.
//! - **Q2** Conditions are called for each candidate, in the order in which they were added; an index only leaves out rows
//!   that they would refuse.
//! - **Q3** Nothing is kept but the batch at hand, one candidate and what the goal needs; all of it is charged.
//! - **Q4** A step that could not be done changed nothing that its repetition would change again.

use super::field::Field;
use super::rank::Rank;
use super::{hint, which};
use crate::natives::list::Fold;
use crate::record::request::Given;
use crate::record::{EntityShape, Key, Lookup, Pinned, Reply, Request, Row};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Heap, List, Object, Value};
use crate::vm::entity::fetch::{Missing, not_found};
use crate::vm::entity::load::Load;
use crate::vm::entity::{refused, shape};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Step, Stepped, truth};
use std::collections::VecDeque;

/// Bytes of rows that are asked for at once.
const BATCH_BYTES: usize = 64 << 10;
/// What a row may be expected to take.
const ROW_BYTES: u64 = 512;
/// What a row costs besides its data.
const ROW_WORK: usize = 16;

/// What the rows are for.
#[derive(Debug)]
pub enum Goal {
    /// A list of them.
    List(Handle<List>),
    /// The first one, or none.
    First(Option<Value>),
    /// The one with this id.
    Id { id: u64, missing: Missing, found: Option<Value> },
    /// How many there are.
    Count(i64),
    /// Is there none?
    Empty(bool),
    /// One value of a field's values; how many there were.
    Fold { fold: Fold, field: Field, count: usize },
}

/// See the module.
#[derive(Debug)]
pub struct Run {
    query: Handle<Object>,
    of: u32,
    goal: Goal,
    /// The only row that is looked at.
    only: Option<u64>,
    /// None where the order cannot matter.
    rank: Option<Rank>,
    /// Rows still to be left out.
    skip: u64,
    /// Rows still to be taken.
    left: Option<u64>,
    stage: Stage,
    by: Vec<(u32, Key)>,
    rows: VecDeque<Row>,
    /// Bytes charged for them.
    held: usize,
    /// Where the next batch goes on.
    more: Option<(Pinned, u64)>,
    /// The row that is becoming an entity.
    load: Option<Load>,
    candidate: Option<Value>,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The hint of this condition is asked for, or awaited.
    Hint(usize),
    /// The next batch.
    Batch,
    /// The next row of the batch.
    Row,
    /// This condition is asked about the candidate, or awaited.
    Test(usize),
    /// The ordered rows are cut, or, when there are no more, sorted.
    Rank { last: bool },
    /// The row at this place of the order.
    Ranked(usize),
}

impl Run {
    /// Will run a query.
    pub fn new(heap: &mut Heap, query: Handle<Object>, goal: Goal) -> Outcome<Self> {
        let found = heap.query(query)?;
        let (of, skip) = (found.of, found.offset);
        let is_cut = skip > 0 || found.limit.is_some();
        let left = match goal {
            Goal::First(_) | Goal::Empty(_) => Some(found.limit.unwrap_or(1).min(1)),
            _ => found.limit,
        };
        let ordered = matches!(goal, Goal::List(_) | Goal::First(_)) || is_cut;
        let rank = match (Field::ordering(found), found.order) {
            (Some(field), Some(order)) if ordered => {
                let keep = left.map(|left| left.saturating_add(skip));
                Some(Rank::new(heap, field, order.descending, keep)?)
            }
            _ => None,
        };
        let only = match goal {
            Goal::Id { id, .. } if !is_cut => Some(id),
            _ => None,
        };
        Ok(Self {
            query,
            of,
            goal,
            only,
            rank,
            skip,
            left,
            stage: if only.is_some() { Stage::Batch } else { Stage::Hint(0) },
            by: Vec::new(),
            rows: VecDeque::new(),
            held: 0,
            more: None,
            load: None,
            candidate: None,
        })
    }

    fn hint(&mut self, context: &mut Context<'_>, at: usize, answer: Option<Value>) -> Outcome<Step> {
        if let Some(answer) = answer {
            let shape = shape(context.program, self.of)?;
            let (found, is_whole) = hint::read(context.heap, context.program, shape, answer)?;
            self.by.extend(found);
            self.stage = if is_whole { Stage::Hint(at.saturating_add(1)) } else { Stage::Batch };
            return Ok(Step::Again);
        }
        let condition = context.heap.query(self.query)?.conditions.get(at);
        if let Some(callee @ (Value::Function(_) | Value::Closure(_))) =
            condition.map(|condition| condition.hint)
        {
            return Ok(Step::Call { callee, args: [Value::None; 3], argc: 0 });
        }
        self.stage = Stage::Batch;
        Ok(Step::Again)
    }

    fn batch(&self, context: &Context<'_>) -> Outcome<Step> {
        let query = context.heap.query(self.query)?;
        let which = which(query.deleted);
        if let Some(id) = self.only {
            let given = Given { entity: self.of, id };
            return Ok(Step::Ask(Effect::Store(Request::Find { given, which })));
        }
        let by = (!self.by.is_empty()).then(|| Lookup(self.by.clone()));
        let is_plain = query.conditions.is_empty() && self.rank.is_none();
        let wanted = self.left.map(|left| left.saturating_add(self.skip).saturating_mul(ROW_BYTES));
        let bytes_max = match wanted.and_then(|bytes| usize::try_from(bytes).ok()) {
            Some(bytes) if is_plain => bytes.min(BATCH_BYTES),
            _ => BATCH_BYTES,
        };
        let request = Request::Scan { entity: self.of, which, by, from: self.more.clone(), bytes_max };
        Ok(Step::Ask(Effect::Store(request)))
    }

    /// Makes an entity of the next row, and asks the first condition about it.
    fn row(&mut self, context: &mut Context<'_>) -> Outcome<Step> {
        for _ in 0..SLICE / ROW_WORK {
            let load = match (&mut self.load, self.rows.front()) {
                (Some(load), _) => load,
                (None, Some(row)) => {
                    context.charge_fuel(ROW_WORK.saturating_add(row.data.len() >> 3));
                    self.load.insert(Load::new(row, false))
                }
                (None, None) => return self.batch_ended(context),
            };
            let Some(entity) = load.step(context.heap, context.program, SLICE)? else {
                return Ok(Step::Again);
            };
            self.load = None;
            self.rows.pop_front();
            self.candidate = Some(entity);
            self.stage = Stage::Test(0);
            let conditions = &context.heap.query(self.query)?.conditions;
            if let Some(condition) = conditions.first()
                && let Value::Function(_) | Value::Closure(_) | Value::Native(_) | Value::Method(_) =
                    condition.holds
            {
                return Ok(ask(condition.holds, entity));
            }
            match self.test(context, 0, None)? {
                Step::Again if matches!(self.stage, Stage::Row) => {}
                step => return Ok(step),
            }
        }
        Ok(Step::Again)
    }

    fn batch_ended(&mut self, context: &mut Context<'_>) -> Outcome<Step> {
        context.heap.memory.release(std::mem::take(&mut self.held))?;
        if self.more.is_some() {
            self.stage = Stage::Batch;
        } else if self.rank.is_some() {
            self.stage = Stage::Rank { last: true };
        } else {
            return self.end(context);
        }
        Ok(Step::Again)
    }

    /// Goes on behind the answer of a condition, or asks it.
    fn test(&mut self, context: &mut Context<'_>, at: usize, answer: Option<Value>) -> Outcome<Step> {
        let Some(candidate) = self.candidate else { return Err(Bug::BadFrame.into()) };
        let holds = |at: usize, heap: &Heap| -> Outcome<Option<Value>> {
            Ok(heap.query(self.query)?.conditions.get(at).map(|condition| condition.holds))
        };
        let (mut at, mut answer) = (at, answer);
        // Each round is one condition that is no function; a query has as many as the program made.
        loop {
            if let Some(answer) = answer {
                if !truth(context.heap, answer)? {
                    self.candidate = None;
                    self.stage = Stage::Row;
                    return Ok(Step::Again);
                }
                at = at.saturating_add(1);
            }
            context.charge_fuel(1);
            match holds(at, context.heap)? {
                None => return self.accept(context, candidate),
                Some(
                    callee @ (Value::Function(_)
                    | Value::Closure(_)
                    | Value::Native(_)
                    | Value::Method(_)
                    | Value::Constructor { .. }),
                ) => {
                    self.stage = Stage::Test(at);
                    return Ok(ask(callee, candidate));
                }
                constant => answer = constant,
            }
        }
    }

    /// Takes a row that passed. What can fail comes first.
    fn accept(&mut self, context: &mut Context<'_>, row: Value) -> Outcome<Step> {
        let shape = shape(context.program, self.of)?;
        if let Some(rank) = &mut self.rank {
            rank.add(context.heap, shape, row)?;
            self.candidate = None;
            let is_full = rank.is_full(context.heap)?;
            self.stage = if is_full { Stage::Rank { last: false } } else { Stage::Row };
            return Ok(Step::Again);
        }
        let is_enough = self.take(context.heap, shape, row)?;
        self.candidate = None;
        self.stage = Stage::Row;
        if is_enough { self.end(context) } else { Ok(Step::Again) }
    }

    /// Gives a row that is next in order to the goal; is it the last one wanted?
    fn take(&mut self, heap: &mut Heap, shape: &EntityShape, row: Value) -> Outcome<bool> {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(1);
            return Ok(false);
        }
        let is_enough = self.goal.take(heap, shape, row)?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(is_enough || self.left == Some(0))
    }

    fn rank(&mut self, context: &mut Context<'_>, last: bool) -> Outcome<Step> {
        let shape = shape(context.program, self.of)?;
        let Some(rank) = &mut self.rank else { return Err(Bug::BadFrame.into()) };
        if rank.step(context, shape)? {
            self.stage = if last { Stage::Ranked(0) } else { Stage::Row };
        }
        Ok(Step::Again)
    }

    fn ranked(&mut self, context: &mut Context<'_>, mut at: usize) -> Outcome<Step> {
        let shape = shape(context.program, self.of)?;
        for _ in 0..SLICE {
            let Some(rank) = &self.rank else { return Err(Bug::BadFrame.into()) };
            let Some(row) = rank.get(context.heap, at)? else { return self.end(context) };
            let is_enough = self.take(context.heap, shape, row)?;
            at = at.saturating_add(1);
            self.stage = Stage::Ranked(at);
            if is_enough {
                return self.end(context);
            }
        }
        context.charge_fuel(SLICE);
        Ok(Step::Again)
    }

    /// The answer.
    fn end(&self, context: &Context<'_>) -> Outcome<Step> {
        Ok(Step::Done(match &self.goal {
            Goal::List(list) => Value::List(*list),
            Goal::Id { id, missing: Missing::Raises, found: None } => {
                return Err(not_found(context.program, Given { entity: self.of, id: *id }));
            }
            Goal::First(found) | Goal::Id { found, .. } => found.unwrap_or(Value::None),
            Goal::Count(count) => Value::Int(*count),
            Goal::Empty(empty) => Value::Bool(*empty),
            Goal::Fold { fold, count, .. } => fold.end(*count),
        }))
    }

    /// Takes what the store gave.
    fn received(&mut self, context: &mut Context<'_>, reply: &mut Reply) -> Outcome<Step> {
        let (rows, more) = match reply {
            Reply::Row(row) => (std::slice::from_ref(row), None),
            Reply::Nothing => (&[][..], None),
            Reply::Rows(batch) => (batch.rows.as_slice(), batch.more.clone()),
            Reply::Done | Reply::Count(_) | Reply::Reach(_) => return Err(Bug::BadAnswer.into()),
        };
        let bytes = rows.iter().map(|row| row.data.len().saturating_add(size_of::<Row>()));
        let bytes = bytes.fold(0, usize::saturating_add);
        context.heap.memory.charge(bytes)?;
        self.held = self.held.saturating_add(bytes);
        context.charge_fuel(rows.len());
        // Without a last row there is nothing to go on behind.
        self.more = more.zip(rows.last().map(|row| row.given.id));
        self.rows.extend(rows.iter().cloned());
        self.stage = Stage::Row;
        Ok(Step::Again)
    }
}

/// Calls a condition.
const fn ask(callee: Value, row: Value) -> Step {
    Step::Call { callee, args: [row, Value::None, Value::None], argc: 1 }
}

impl Goal {
    /// Takes a row; is it enough?
    fn take(&mut self, heap: &mut Heap, shape: &EntityShape, row: Value) -> Outcome<bool> {
        let Value::Entity(entity) = row else { return Err(Bug::WrongShape.into()) };
        match self {
            Self::List(list) => heap.push(*list, row)?,
            Self::First(found) => *found = Some(row),
            Self::Id { id, found, .. } => {
                let is_it = heap.entity(entity)?.stored.is_some_and(|stored| stored.id == *id);
                if is_it {
                    *found = Some(row);
                }
                return Ok(is_it);
            }
            Self::Count(count) => *count = count.saturating_add(1),
            Self::Empty(empty) => *empty = false,
            Self::Fold { fold, field, count } => {
                let value = field.read(heap, shape, entity)?;
                match value {
                    Value::None | Value::Unset => {}
                    Value::Int(_) | Value::Number(_) => {
                        fold.add(heap, value)?;
                        *count = count.saturating_add(1);
                    }
                    other => {
                        let kind = other.kind().name();
                        let text = format!("only ints and numbers add up or compare here, not {kind}");
                        return Err(Stop::type_error(text));
                    }
                }
            }
        }
        Ok(false)
    }
}

impl Stepped for Run {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        if self.left == Some(0) {
            return self.end(context);
        }
        match self.stage {
            Stage::Hint(at) => self.hint(context, at, answer),
            Stage::Batch => self.batch(context),
            Stage::Row => self.row(context),
            Stage::Test(at) => self.test(context, at, answer),
            Stage::Rank { last } => self.rank(context, last),
            Stage::Ranked(at) => self.ranked(context, at),
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match answer {
            Answer::Store(Ok(reply)) => self.received(context, reply),
            Answer::Store(Err(refusal)) => Err(refused(refusal)),
            _ => Err(Bug::BadAnswer.into()),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Query(self.query));
        match &self.goal {
            Goal::List(list) => visit(Value::List(*list)),
            Goal::First(found) | Goal::Id { found, .. } => {
                found.iter().for_each(|&row| visit(row));
            }
            // Folds hold numerics alone.
            Goal::Count(_) | Goal::Empty(_) | Goal::Fold { .. } => {}
        }
        self.candidate.iter().for_each(|&row| visit(row));
        self.load.iter().for_each(|load| load.trace(visit));
        self.rank.iter().for_each(|rank| rank.trace(visit));
    }

    fn held(&self) -> usize {
        self.held.saturating_add(self.rank.as_ref().map_or(0, Rank::held))
    }

    fn calls_back(&self) -> bool {
        true
    }
}
