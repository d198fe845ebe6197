//! What every value has, and what needs no kind in particular: kinds, sizes, copies, ranges, the environment.

use super::arguments;
use super::define::{BOOL, INT, LIST, TEXT, function, method, optional, required};
use super::steps::{bulk, int};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::text::may_copy;
use crate::value::{Entity, Handle, List, Map, Object, Value};
use crate::vm::entity::shape;
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, Native, Step, Stepped};

#[cfg(test)]
mod tests;

const X: Param = required("x", Kinds::ANY);
const SIZED: Kinds = Kinds::of(&[Kind::Text, Kind::List, Kind::Map, Kind::Range, Kind::Query]);
const RANGE: &[Param] = &[required("a", INT), required("b", INT), optional("step", INT)];

/// The family.
pub const NATIVES: &[Native] = &[
    function("type_of", &[X], TEXT, type_of),
    method("type", Kinds::ANY, &[], TEXT, type_of),
    function("len", &[required("x", SIZED)], INT, len),
    function("range", RANGE, LIST, range),
    function("env", &[required("name", TEXT), optional("default", Kinds::ANY)], Kinds::ANY, env),
    method("copy", Kinds::ANY, &[], Kinds::ANY, copy),
    function("Array.isArray", &[X], BOOL, is_list),
];

fn type_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let value = arguments::value(args, 0)?;
    let name = match value {
        Value::Plain { of, variant } => context.program.variant(of, variant)?.0,
        Value::Variant(object) => match context.heap.objects.get(object)? {
            Object::Variant(found) => context.program.variant(found.of, found.variant)?.0,
            _ => return Err(Bug::WrongShape.into()),
        },
        Value::Entity(object) => {
            let of = context.heap.entity(object)?.of;
            &shape(context.program, of)?.name
        }
        _ => value.kind().name(),
    };
    Ok(Flow::Value(context.heap.new_text(name)?))
}

fn is_list(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Value(Value::Bool(matches!(arguments::value(args, 0)?, Value::List(_)))))
}

fn len(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let length = match arguments::value(args, 0)? {
        Value::Text(text) => int(context.heap.texts.get(text)?.chars()),
        Value::List(list) => int(context.heap.lists.get(list)?.items.len()),
        Value::Map(map) => int(context.heap.maps.get(map)?.len()),
        Value::Range(object) => match context.heap.objects.get(object)? {
            Object::Range(range) => Value::Int(range.count()?),
            _ => return Err(Bug::WrongShape.into()),
        },
        _ => return Err(Bug::WrongShape.into()),
    };
    Ok(Flow::Value(length))
}

/// Ints from `a` on, `b` excluded.
fn range(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (a, b) = (arguments::int(args, 0)?, arguments::int(args, 1)?);
    let step = arguments::optional_int(args, 2)?.unwrap_or(1);
    if step == 0 {
        return Err(Stop::value_error("the step of a range must not be 0"));
    }
    let ahead = if step > 0 { a < b } else { a > b };
    // The distance to the last one that may be there, and how many steps fit into it.
    let distance = if ahead { a.abs_diff(b).saturating_sub(1) } else { 0 };
    let steps = distance.checked_div(step.unsigned_abs()).unwrap_or(0);
    let count = if ahead { usize::try_from(steps).unwrap_or(usize::MAX).saturating_add(1) } else { 0 };
    let list = context.heap.new_list_with(count)?;
    let mut filling = Filling { list, next: a, step, left: count };
    if count > SLICE {
        return Ok(Flow::Step(Box::new(filling)));
    }
    filling.fill(context)?;
    Ok(Flow::Value(Value::List(list)))
}

/// Puts the ints of `range` into a list that has room for them.
#[derive(Debug)]
struct Filling {
    list: Handle<List>,
    next: i64,
    step: i64,
    left: usize,
}

impl Filling {
    fn fill(&mut self, context: &mut Context<'_>) -> Outcome<()> {
        let now = self.left.min(SLICE);
        context.charge_fuel(now);
        let items = &mut context.heap.lists.get_mut(self.list)?.items;
        for _ in 0..now {
            items.push(Value::Int(self.next));
            // Only past the last one could it saturate.
            self.next = self.next.saturating_add(self.step);
        }
        self.left = self.left.saturating_sub(now);
        Ok(())
    }
}

impl Stepped for Filling {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        self.fill(context)?;
        Ok(if self.left == 0 { Step::Done(Value::List(self.list)) } else { Step::Again })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::List(self.list));
    }
}

fn env(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    /// No system has a longer name, and nobody charges for the copy.
    const NAME_BYTES_MAX: usize = 128 << 10;
    let name = context.heap.texts.str(arguments::text(args, 0)?)?;
    let default = arguments::given(args, 1).unwrap_or(Value::None);
    if !may_copy(name, NAME_BYTES_MAX) {
        return Ok(Flow::Value(default));
    }
    Ok(Flow::Step(Box::new(Environment { name: name.to_owned(), default })))
}

/// Asks the driver for a variable of its environment.
#[derive(Debug)]
struct Environment {
    name: String,
    default: Value,
}

impl Stepped for Environment {
    fn step(&mut self, _: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        Ok(Step::Ask(Effect::Env(self.name.clone())))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match answer {
            Answer::Text(text) => Ok(Step::Done(context.heap.new_text(text)?)),
            Answer::Nothing => Ok(Step::Done(self.default)),
            _ => Err(Bug::BadAnswer.into()),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(self.default);
    }
}

/// A list, map or entity with the same elements; other values do not change, so they are their own copies.
fn copy(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match arguments::value(args, 0)? {
        Value::List(list) => {
            let length = context.heap.lists.get(list)?.items.len();
            context.charge_fuel(bulk(length.saturating_mul(size_of::<Value>())));
            let copy = context.heap.new_list_with(length)?;
            let items = context.heap.lists.get(list)?.items.clone();
            context.heap.lists.get_mut(copy)?.items = items;
            Ok(Flow::Value(Value::List(copy)))
        }
        Value::Map(from) => {
            let count = context.heap.maps.get(from)?.len();
            let to = context.heap.new_map(count)?;
            Ok(Flow::Step(Box::new(Copying { from, to, place: 0 })))
        }
        Value::Entity(object) => {
            let fields = context.heap.entity(object)?.fields.len();
            context.charge_fuel(fields);
            let bytes = fields.saturating_mul(size_of::<Value>()).saturating_add(size_of::<Entity>());
            context.heap.reserve_object(bytes)?;
            let copy = context.heap.entity(object)?.clone();
            Ok(Flow::Value(Value::Entity(context.heap.put_object(Object::Entity(Box::new(copy))))))
        }
        other => Ok(Flow::Value(other)),
    }
}

/// Copies the entries of a map.
#[derive(Debug)]
struct Copying {
    from: Handle<Map>,
    to: Handle<Map>,
    place: usize,
}

impl Stepped for Copying {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(SLICE.min(context.heap.maps.get(self.from)?.len()));
        for _ in 0..SLICE {
            let Some((&entry, after)) = context.heap.maps.get(self.from)?.entry_from(self.place) else {
                return Ok(Step::Done(Value::Map(self.to)));
            };
            context.heap.set_key(self.to, entry.key, entry.value)?;
            self.place = after;
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Map(self.from));
        visit(Value::Map(self.to));
    }
}
