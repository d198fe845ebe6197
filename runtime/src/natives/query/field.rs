//! Fields as queries name them: by a text, which the compiler makes of a bare name.

use super::super::excerpt::excerpt;
use super::arguments;
use crate::record::{EntityShape, FieldType};
use crate::value::entity::Query;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Heap, Object, Value};
use crate::vm::Context;
use crate::vm::entity::member::{self, Automatic, Member};
use crate::vm::entity::shape;

/// Automatic fields in the order of their codes.
const AUTOMATIC: &[Automatic] =
    &[Automatic::Id, Automatic::Version, Automatic::CreatedAt, Automatic::UpdatedAt, Automatic::DeletedAt];

/// A field of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Whose.
    of: u32,
    /// Declared fields by index, then automatic ones, then the ids of references by the index of their field.
    pub code: u32,
}

impl Field {
    /// The field that the argument after the receiver names.
    pub fn given(context: &Context<'_>, query: Handle<Object>, args: &[Value]) -> Outcome<Self> {
        let of = context.heap.query(query)?.of;
        let shape = shape(context.program, of)?;
        let name = context.heap.texts.str(arguments::text(args, 1)?)?;
        let code = code(shape, name).ok_or_else(|| unknown(shape, name))?;
        Ok(Self { of, code })
    }

    /// The field that a query is ordered by.
    pub fn ordering(query: &Query) -> Option<Self> {
        query.order.map(|order| Self { of: query.of, code: order.field })
    }

    /// The value of an entity's field as it is stored: what refers to an entity is not loaded.
    pub fn read(self, heap: &Heap, shape: &EntityShape, entity: Handle<Object>) -> Outcome<Value> {
        let entity = heap.entity(entity)?;
        Ok(match member(shape, self.code).ok_or(Bug::BadIndex)? {
            Member::Field(at) => member::field(entity, at),
            Member::Automatic(automatic) => automatic.read(entity.stored.as_ref()),
            Member::IdOf(at) => member::id_of(heap, member::field(entity, at))?,
        })
    }

    /// `TypeError` where its values have no order.
    pub fn check_ordered(self, context: &Context<'_>) -> Outcome<()> {
        self.check(context, "ordered", |ty| {
            matches!(
                ty,
                FieldType::Int | FieldType::Number | FieldType::Text | FieldType::Time | FieldType::Any
            )
        })
    }

    /// `TypeError` where its values are no numbers.
    pub fn check_numeric(self, context: &Context<'_>) -> Outcome<()> {
        let numeric = |ty: &FieldType| matches!(ty, FieldType::Int | FieldType::Number | FieldType::Any);
        self.check(context, "added up or compared as numbers", numeric)?;
        let shape = shape(context.program, self.of)?;
        match member(shape, self.code) {
            Some(Member::Automatic(field)) if !matches!(field, Automatic::Id | Automatic::Version) => {
                Err(Stop::type_error("times cannot be added up or compared as numbers"))
            }
            _ => Ok(()),
        }
    }

    fn check(self, context: &Context<'_>, what: &str, fits: impl FnOnce(&FieldType) -> bool) -> Outcome<()> {
        let shape = shape(context.program, self.of)?;
        let Some(Member::Field(at)) = member(shape, self.code) else { return Ok(()) };
        let field = shape.fields.get(crate::base::span::to_usize(at)).ok_or(Bug::BadIndex)?;
        if fits(&field.ty) {
            return Ok(());
        }
        let (entity, name) = (&shape.name, &field.name);
        Err(Stop::type_error(format!("the values of the field `{name}` of {entity} cannot be {what}")))
    }
}

fn count(shape: &EntityShape) -> u32 {
    u32::try_from(shape.fields.len()).unwrap_or(u32::MAX)
}

fn code(shape: &EntityShape, name: &str) -> Option<u32> {
    let declared = count(shape);
    let automatic = u32::try_from(AUTOMATIC.len()).ok()?;
    match Member::by_name(shape, name)? {
        Member::Field(at) => Some(at),
        Member::Automatic(field) => {
            let at = AUTOMATIC.iter().position(|known| *known == field)?;
            declared.checked_add(u32::try_from(at).ok()?)
        }
        Member::IdOf(at) => declared.checked_add(automatic)?.checked_add(at),
    }
}

fn member(shape: &EntityShape, code: u32) -> Option<Member> {
    let Some(behind) = code.checked_sub(count(shape)) else { return Some(Member::Field(code)) };
    match AUTOMATIC.get(crate::base::span::to_usize(behind)) {
        Some(&field) => Some(Member::Automatic(field)),
        None => behind.checked_sub(u32::try_from(AUTOMATIC.len()).ok()?).map(Member::IdOf),
    }
}

#[cold]
fn unknown(shape: &EntityShape, name: &str) -> Stop {
    Stop::raise(ErrorKind::NameError, format!("{} has no field {}", shape.name, excerpt(name)))
}
