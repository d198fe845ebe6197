//! Members of entities: declared fields, what a reference's id is called, and what the store keeps of every row.

use super::super::native::Context;
use super::shape;
use crate::base::span::to_usize;
use crate::record::{EntityShape, FieldType};
use crate::value::entity::{Entity, Stored};
use crate::value::stop::{Bug, Need, Outcome, Stop};
use crate::value::{Handle, Heap, Object, Value};

/// What a name means for an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// A declared field, by index.
    Field(u32),
    /// The id that such a field refers to.
    IdOf(u32),
    /// What the store keeps.
    Automatic(Automatic),
}

/// What the store keeps of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automatic {
    /// `id`
    Id,
    /// `version`
    Version,
    /// `created_at`
    CreatedAt,
    /// `updated_at`
    UpdatedAt,
    /// `deleted_at`
    DeletedAt,
    /// `valid_from`
    ValidFrom,
    /// `valid_to`
    ValidTo,
}

impl Automatic {
    /// By name.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "version" => Self::Version,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "deleted_at" => Self::DeletedAt,
            "valid_from" => Self::ValidFrom,
            "valid_to" => Self::ValidTo,
            _ => return None,
        })
    }

    /// As a program reads it.
    pub fn read(self, of: Option<&Stored>) -> Value {
        let Some(stored) = of else {
            return if self == Self::Version { Value::Int(0) } else { Value::None };
        };
        let int = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        match self {
            Self::Id => int(stored.id),
            Self::Version => int(stored.version),
            Self::CreatedAt => Value::Time(stored.created_at),
            Self::UpdatedAt | Self::ValidFrom => Value::Time(stored.updated_at),
            Self::DeletedAt => stored.deleted_at.map_or(Value::None, Value::Time),
            Self::ValidTo => stored.valid_to.map_or(Value::None, Value::Time),
        }
    }
}

impl Member {
    /// By name: a declared field hides whatever else has its name.
    pub fn by_name(shape: &EntityShape, name: &str) -> Option<Self> {
        let field = |name: &str| (0..).zip(&shape.fields).find(|(_, field)| *field.name == *name);
        if let Some((at, _)) = field(name) {
            return Some(Self::Field(at));
        }
        if let Some(automatic) = Automatic::by_name(name) {
            return Some(Self::Automatic(automatic));
        }
        let (at, referring) = field(name.strip_suffix("_id")?)?;
        matches!(referring.ty, FieldType::Reference(_)).then_some(Self::IdOf(at))
    }
}

/// Charges what finding a name costs.
pub fn search(context: &mut Context<'_>, shape: &EntityShape) {
    /// Fields that are part of what an instruction costs.
    const FEW: usize = 16;
    if shape.fields.len() > FEW {
        context.charge_fuel(shape.fields.len());
    }
}

/// A member of an entity; none when it has no such member.
pub fn read(context: &mut Context<'_>, object: Handle<Object>, name: &str) -> Outcome<Option<Value>> {
    let entity = context.heap.entity(object)?;
    let shape = shape(context.program, entity.of)?;
    search(context, shape);
    let Some(member) = Member::by_name(shape, name) else { return Ok(None) };
    let entity = context.heap.entity(object)?;
    match member {
        Member::Automatic(automatic) => Ok(Some(automatic.read(entity.stored.as_ref()))),
        Member::IdOf(at) => id_of(context.heap, field(entity, at)).map(Some),
        Member::Field(at) => read_field(context, object, at).map(Some),
    }
}

/// A declared field of an entity; what it refers to is fetched.
pub fn read_field(context: &mut Context<'_>, object: Handle<Object>, at: u32) -> Outcome<Value> {
    match field(context.heap.entity(object)?, at) {
        Value::Reference { of, id } => context.heap.needed(Need::Entity { of, id }),
        Value::List(list) => {
            /// Elements that are looked at for what an instruction costs.
            const AT_ONCE: usize = 8;
            context.charge_fuel(context.heap.lists.get(list)?.items.len() / AT_ONCE);
            let items = &context.heap.lists.get(list)?.items;
            if !items.iter().any(|item| matches!(item, Value::Reference { .. })) {
                return Ok(Value::List(list));
            }
            // Kept, so that what the program does to the list is there the next time.
            let found = context.heap.needed(Need::Entities(list))?;
            if let Some(place) = context.heap.entity_mut(object)?.fields.get_mut(to_usize(at)) {
                *place = found;
            }
            Ok(found)
        }
        value => Ok(value),
    }
}

/// A field as it stands; none when nothing was given for it.
pub fn field(entity: &Entity, at: u32) -> Value {
    match entity.fields.get(to_usize(at)) {
        None | Some(Value::Unset) => Value::None,
        Some(&value) => value,
    }
}

/// The id of what a field refers to.
pub fn id_of(heap: &Heap, value: Value) -> Outcome<Value> {
    let int = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    Ok(match value {
        Value::Reference { id, .. } => int(id),
        Value::Entity(object) => heap.entity(object)?.stored.map_or(Value::None, |stored| int(stored.id)),
        Value::Int(_) => value,
        _ => Value::None,
    })
}

/// `entity.name = value`
pub fn write(context: &mut Context<'_>, object: Handle<Object>, name: &str, value: Value) -> Outcome<()> {
    let of = context.heap.entity(object)?.of;
    let shape = shape(context.program, of)?;
    search(context, shape);
    let refused = match Member::by_name(shape, name) {
        Some(Member::Field(at)) => {
            if let Some(place) = context.heap.entity_mut(object)?.fields.get_mut(to_usize(at)) {
                *place = value;
            }
            return Ok(());
        }
        Some(Member::Automatic(_)) => format!("`{name}` of {} is the store's and cannot be set", shape.name),
        Some(Member::IdOf(_)) => {
            let field = name.trim_end_matches("_id");
            format!("`{name}` of {} cannot be set; set `{field}`, which takes an id too", shape.name)
        }
        None => return Err(unknown(context, object, name)?),
    };
    Err(Stop::type_error(refused))
}

/// The error of a member that an entity does not have.
#[cold]
pub fn unknown(context: &Context<'_>, object: Handle<Object>, name: &str) -> Result<Stop, Bug> {
    let of = context.heap.entity(object)?.of;
    Ok(Stop::type_error(format!("{} has no field `{name}`", shape(context.program, of)?.name)))
}
