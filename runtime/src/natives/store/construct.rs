//! `Name { … }`: a new entity, and the fields that a map gives it.

use crate::natives::arguments;
use crate::record::EntityShape;
use crate::value::entity::Entity;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Handle, Map, Object, Value};
use crate::vm::entity::{member, shape};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// An unsaved entity that was given nothing yet.
pub fn new(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let of = u32::try_from(arguments::int(args, 0)?).unwrap_or(u32::MAX);
    let Some(shape) = context.program.entity_shape(of) else {
        return Err(Stop::type_error("there is no such entity"));
    };
    let count = shape.fields.len();
    let bytes = count.saturating_mul(size_of::<Value>());
    context.heap.reserve_object(size_of::<Entity>().saturating_add(bytes))?;
    let fields = vec![Value::Unset; count].into_boxed_slice();
    let made = Object::Entity(Box::new(Entity { of, stored: None, fields }));
    Ok(Flow::Value(Value::Entity(context.heap.put_object(made))))
}

/// Takes over the fields that a map, or another entity, has; everything else in it is ignored.
pub fn fill(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let Value::Entity(entity) = arguments::value(args, 0)? else { return Err(Bug::WrongShape.into()) };
    match arguments::value(args, 1)? {
        Value::None | Value::Client => Ok(Flow::Value(Value::None)),
        Value::Map(from) => Ok(Flow::Step(Box::new(Filling { entity, from, place: 0 }))),
        Value::Entity(from) => {
            copy(context, entity, from)?;
            Ok(Flow::Value(Value::None))
        }
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("only a map or an entity can be spread into an entity, not {kind}")))
        }
    }
}

fn copy(context: &mut Context<'_>, to: Handle<Object>, from: Handle<Object>) -> Outcome<()> {
    let source = shape(context.program, context.heap.entity(from)?.of)?;
    let target = shape(context.program, context.heap.entity(to)?.of)?;
    for (field, at) in source.fields.iter().zip(0..) {
        let value = member::field(context.heap.entity(from)?, at);
        put(context, to, target, &field.name, value)?;
    }
    Ok(())
}

fn put(
    context: &mut Context<'_>,
    entity: Handle<Object>,
    shape: &EntityShape,
    name: &str,
    value: Value,
) -> Outcome<()> {
    let Some(at) = shape.fields.iter().position(|field| *field.name == *name) else { return Ok(()) };
    if let Some(place) = context.heap.entity_mut(entity)?.fields.get_mut(at) {
        *place = value;
    }
    Ok(())
}

/// Takes over the entries of a map.
#[derive(Debug)]
struct Filling {
    entity: Handle<Object>,
    from: Handle<Map>,
    place: usize,
}

impl Stepped for Filling {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let shape = shape(context.program, context.heap.entity(self.entity)?.of)?;
        for _ in 0..SLICE {
            let Some((&entry, after)) = context.heap.maps.get(self.from)?.entry_from(self.place) else {
                return Ok(Step::Done(Value::None));
            };
            self.place = after;
            if let Value::Text(name) = entry.key {
                context.charge_fuel(shape.fields.len());
                let name = context.heap.texts.str(name)?;
                let at = shape.fields.iter().position(|field| *field.name == *name);
                let fields = &mut context.heap.entity_mut(self.entity)?.fields;
                if let Some(place) = at.and_then(|at| fields.get_mut(at)) {
                    *place = entry.value;
                }
            }
        }
        context.charge_fuel(SLICE);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Entity(self.entity));
        visit(Value::Map(self.from));
    }
}
