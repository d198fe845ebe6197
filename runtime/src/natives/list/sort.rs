//! `sort`: a stable merge sort from the bottom up, over positions. It compares elements in their natural order, or keys
//! that a function gave for them, or asks a function of two. Whatever such a function answers, every merge moves each
//! position once, so a contradictory one gives some order and an end.

use super::Elements;
use crate::base::span::{to_u32, to_usize};
use crate::natives::callee::arguments_taken;
use crate::natives::{arguments, steps};
use crate::value::order;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Bug, Handle, Heap, List, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use std::cmp::Ordering;

pub fn sort(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let by = match arguments::given(args, 1) {
        None => By::Nature,
        Some(callee) if arguments_taken(context, callee)? >= 2 => By::Comparator(callee),
        Some(callee) => By::Key(callee),
    };
    let Elements::List(items) = listed(context.heap, arguments::value(args, 0)?)? else {
        return Err(Bug::WrongShape.into());
    };
    let count = context.heap.lists.get(items)?.items.len();
    let keys = match by {
        By::Key(_) => context.heap.new_list_with(count)?,
        By::Nature | By::Comparator(_) => items,
    };
    let sort = Sort::new(context, (items, keys), by)?;
    match by {
        By::Nature => steps::start(context, sort, count.saturating_mul(8)),
        By::Key(_) | By::Comparator(_) => Ok(Flow::Step(Box::new(sort))),
    }
}

/// A snapshot as a list, also of a range.
fn listed(heap: &mut Heap, value: Value) -> Outcome<Elements> {
    let elements = Elements::snapshot(heap, value)?;
    let Elements::Range(_) = elements else { return Ok(elements) };
    let count = elements.count(heap)?;
    let list = heap.new_list_with(count)?;
    elements.copy_to(heap, list, 0, count)?;
    Ok(Elements::List(list))
}

/// What decides.
#[derive(Clone, Copy, Debug)]
enum By {
    Nature,
    Key(Value),
    Comparator(Value),
}

/// A sort at work.
#[derive(Debug)]
pub struct Sort {
    /// The elements, which nobody else knows.
    items: Handle<List>,
    /// What is compared: the elements, or their keys.
    keys: Handle<List>,
    by: By,
    /// Largest first? Equal ones keep their order all the same.
    descending: bool,
    merge: Merge,
    held: usize,
    stage: Stage,
}

/// Positions that are sorted at once, before the merges.
const RUN: usize = 512;

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Keys are asked for; the position is how many there are.
    Keys,
    /// All keys must be of one ordered kind; up to here they are.
    Check(usize),
    /// Runs of [`RUN`] are sorted at once, up to here; only where a comparison is a few instructions.
    Runs(usize),
    Merge,
    /// All is sorted, and the result needs its room.
    Room,
    /// The list in its new order; up to here it is written.
    Write(Handle<List>, usize),
}

impl Stepped for Sort {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        match self.stage {
            Stage::Keys => {
                context.charge_fuel(1);
                if let Some(key) = answer {
                    context.heap.push(self.keys, key)?;
                }
                let at = context.heap.lists.get(self.keys)?.items.len();
                let next = context.heap.lists.get(self.items)?.items.get(at);
                if let (Some(&element), By::Key(callee)) = (next, self.by) {
                    let args = [element, Value::None, Value::None];
                    return Ok(Step::Call { callee, args, argc: 1 });
                }
                self.stage = Stage::Check(0);
                Ok(Step::Again)
            }
            Stage::Check(_) if matches!(self.by, By::Comparator(_)) => {
                self.stage = Stage::Merge;
                Ok(Step::Again)
            }
            Stage::Check(from) => self.check(context, from),
            Stage::Runs(from) => self.runs(context, from),
            Stage::Merge => self.merge(context, answer),
            Stage::Room => {
                let count = self.merge.order.len();
                self.stage = Stage::Write(context.heap.new_list_with(count)?, 0);
                Ok(Step::Again)
            }
            Stage::Write(list, from) => self.write(context, list, from),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.items));
        visit(Value::List(self.keys));
        if let By::Key(callee) | By::Comparator(callee) = self.by {
            visit(callee);
        }
        if let Stage::Write(list, _) = self.stage {
            visit(Value::List(list));
        }
    }

    fn held(&self) -> usize {
        self.held
    }

    fn calls_back(&self) -> bool {
        !matches!(self.by, By::Nature)
    }
}

impl Sort {
    fn new(context: &mut Context<'_>, (items, keys): (Handle<List>, Handle<List>), by: By) -> Outcome<Self> {
        let count = context.heap.lists.get(items)?.items.len();
        if u32::try_from(count).is_err() {
            return Err(context.heap.memory.exhausted());
        }
        let held = count.saturating_mul(size_of::<u32>()).saturating_mul(2);
        context.heap.memory.charge(held)?;
        context.charge_fuel(count);
        let order = (0..to_u32(count)).collect();
        let merge = Merge { order, merged: Vec::with_capacity(count), width: 1, left: 0, right: 1, start: 0 };
        let stage = if let By::Key(_) = by { Stage::Keys } else { Stage::Check(0) };
        Ok(Self { items, keys, by, descending: false, merge, held, stage })
    }

    /// Will sort the elements of a list by the natural order of keys that another one holds; nobody may change either
    /// until it is done.
    pub fn by_keys(
        context: &mut Context<'_>,
        lists: (Handle<List>, Handle<List>),
        descending: bool,
    ) -> Outcome<Self> {
        Ok(Self { descending, ..Self::new(context, lists, By::Nature)? })
    }

    /// Turned round where the largest comes first.
    const fn directed(&self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }

    fn check(&mut self, context: &mut Context<'_>, from: usize) -> Outcome<Step> {
        let keys = &context.heap.lists.get(self.keys)?.items;
        let (first, rest) = (keys.first().copied(), keys.get(from..).unwrap_or_default());
        let mut checked = 0_usize;
        for &key in rest.iter().take(SLICE) {
            order::compare(context.heap, first.unwrap_or(key), key)?;
            checked = checked.saturating_add(1);
            if context.is_out_of_fuel() {
                break;
            }
        }
        let over = checked == rest.len();
        let begin = if matches!(first, Some(Value::Text(_))) { Stage::Merge } else { Stage::Runs(0) };
        self.stage = if over { begin } else { Stage::Check(from.saturating_add(checked)) };
        context.charge_fuel(checked);
        Ok(Step::Again)
    }

    /// Sorts the next run, and leaves the merges to start with runs of that width.
    fn runs(&mut self, context: &mut Context<'_>, from: usize) -> Outcome<Step> {
        let keys = &context.heap.lists.get(self.keys)?.items;
        let at = |position: u32| keys.get(to_usize(position)).copied().unwrap_or(Value::Unset);
        let count = self.merge.order.len();
        let end = from.saturating_add(RUN).min(count);
        let mut failed = None;
        let descending = self.descending;
        let run = self.merge.order.get_mut(from..end).unwrap_or_default();
        run.sort_by(|&left, &right| {
            let order = match (at(left), at(right)) {
                (Value::Int(left), Value::Int(right)) => left.cmp(&right),
                (left, right) => natural(context.heap, left, right).unwrap_or_else(|stop| {
                    failed = Some(stop);
                    Ordering::Equal
                }),
            };
            if descending { order.reverse() } else { order }
        });
        if let Some(stop) = failed {
            return Err(stop);
        }
        context.charge_fuel(RUN.saturating_mul(8));
        self.stage = Stage::Runs(end);
        if end == count {
            self.merge.width = RUN;
            self.merge.right = self.merge.middle();
            self.stage = Stage::Merge;
        }
        Ok(Step::Again)
    }

    fn merge(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        if let Some(answer) = answer {
            let right_first = is_positive(answer)?;
            self.merge.take(right_first);
        }
        while work == SLICE || (work > 0 && !context.is_out_of_fuel()) {
            work = work.saturating_sub(1);
            let Some((left, right)) = self.merge.pair() else {
                if self.merge.next_run() {
                    continue;
                }
                self.stage = Stage::Room;
                break;
            };
            let keys = &context.heap.lists.get(self.keys)?.items;
            let at = |position: u32| keys.get(to_usize(position)).copied().unwrap_or(Value::Unset);
            let (left, right) = (at(left), at(right));
            if let By::Comparator(callee) = self.by {
                context.charge_fuel(SLICE.saturating_sub(work));
                return Ok(Step::Call { callee, args: [left, right, Value::None], argc: 2 });
            }
            let order = match (left, right) {
                (Value::Int(left), Value::Int(right)) => left.cmp(&right),
                _ => natural(context.heap, left, right)?,
            };
            let right_first = self.directed(order) == Ordering::Greater;
            self.merge.take(right_first);
        }
        context.charge_fuel(SLICE.saturating_sub(work));
        Ok(Step::Again)
    }

    fn write(&mut self, context: &mut Context<'_>, list: Handle<List>, from: usize) -> Outcome<Step> {
        let mut made = std::mem::take(&mut context.heap.lists.get_mut(list)?.items);
        let items = &context.heap.lists.get(self.items)?.items;
        let order = self.merge.order.get(from..).unwrap_or_default();
        let element = |&at: &u32| items.get(to_usize(at)).copied().unwrap_or(Value::None);
        made.extend(order.iter().take(SLICE).map(element));
        context.heap.lists.get_mut(list)?.items = made;
        context.charge_fuel(order.len().min(SLICE));
        if order.len() <= SLICE {
            return Ok(Step::Done(Value::List(list)));
        }
        self.stage = Stage::Write(list, from.saturating_add(SLICE));
        Ok(Step::Again)
    }
}

/// Ascending, NaN after everything else.
fn natural(heap: &Heap, left: Value, right: Value) -> Outcome<Ordering> {
    let nan = |value: Value| matches!(value, Value::Number(n) if n.is_nan());
    let order = order::compare(heap, left, right)?;
    Ok(order.unwrap_or_else(|| nan(left).cmp(&nan(right))))
}

/// Does a comparator's answer put the right one first? NaN says that both are equal.
fn is_positive(answer: Value) -> Outcome<bool> {
    match answer {
        Value::Int(n) => Ok(n > 0),
        Value::Number(n) => Ok(n > 0.0),
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("a comparator must give an int or a number, not {kind}")))
        }
    }
}

/// The state of the merges. Runs of `width` are sorted; the two from `start` on are being merged.
#[derive(Debug)]
struct Merge {
    order: Vec<u32>,
    /// What the next wider runs are, as far as they are merged.
    merged: Vec<u32>,
    width: usize,
    start: usize,
    /// The next of the left run.
    left: usize,
    /// The next of the right run.
    right: usize,
}

impl Merge {
    /// Where the left run of the pair ends and the right one starts.
    fn middle(&self) -> usize {
        self.start.saturating_add(self.width).min(self.order.len())
    }

    fn end(&self) -> usize {
        self.middle().saturating_add(self.width).min(self.order.len())
    }

    /// The two positions to be compared; none when one of the runs is used up.
    fn pair(&self) -> Option<(u32, u32)> {
        if self.left >= self.middle() || self.right >= self.end() {
            return None;
        }
        Some((*self.order.get(self.left)?, *self.order.get(self.right)?))
    }

    /// Moves the one that comes first.
    fn take(&mut self, right_first: bool) {
        let next = if right_first { &mut self.right } else { &mut self.left };
        self.merged.extend(self.order.get(*next));
        *next = next.saturating_add(1);
    }

    /// Moves what is left of the runs, and goes to the next two; false when all is one run.
    fn next_run(&mut self) -> bool {
        if self.width >= self.order.len().max(1) {
            return false;
        }
        let (middle, end) = (self.middle(), self.end());
        self.merged.extend_from_slice(self.order.get(self.left..middle).unwrap_or_default());
        self.merged.extend_from_slice(self.order.get(self.right..end).unwrap_or_default());
        self.start = end;
        if end == self.order.len() {
            std::mem::swap(&mut self.order, &mut self.merged);
            self.merged.clear();
            self.width = self.width.saturating_mul(2);
            self.start = 0;
        }
        self.left = self.start;
        self.right = self.middle();
        true
    }
}
