//! What a store holds and what a program declares: the catalogue on disk, and a program's schema bound to it.
//!
//! The catalogue numbers entities and their fields once and for ever (R3). A program that starts brings its own
//! declaration; [`bind()`] finds the numbers, adds what is new, and refuses what the rows on disk cannot mean, before
//! anything is touched. What the program no longer declares stays as it is: entities untouched, fields carried along.
//!
//! Absences: no rows; whether they keep the rules of a new declaration, `state` looks.

mod bind;
mod convert;
#[cfg(test)]
mod tests;

pub use bind::{Binding, Bound, BoundField, Referrer, bind};
pub use convert::{Fields, each_reference, field};
pub(crate) use convert::{store, widened};

use super::{FieldId, TypeId};
use crate::record::{DataError, DataFault, Datum, FieldType, Reader, Token, Writer};
use std::sync::Arc;

/// All entities that a store ever had, by [`TypeId`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// The entities; the index is the id.
    pub entities: Vec<StoredEntity>,
}

/// An entity of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEntity {
    /// Its name.
    pub name: Arc<str>,
    /// Its fields, those no longer declared included; the index is the [`FieldId`].
    pub fields: Vec<StoredField>,
}

/// A field of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredField {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds. Enums have no number here, references that of the catalogue's entity.
    pub ty: FieldType,
    /// May it be none?
    pub optional: bool,
}

/// Why a program cannot use a store. Nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SchemaError {
    /// A field became something that its rows are not.
    #[error(
        "{entity}.{field} is stored as {stored} and declared as {declared}; declare it as {stored}, or give the field another name"
    )]
    Type {
        /// Name of the entity.
        entity: Arc<str>,
        /// Name of the field.
        field: Arc<str>,
        /// The type in the catalogue.
        stored: String,
        /// The type in the program.
        declared: String,
    },
    /// A field lost its `?` while a live row holds none there.
    #[error(
        "{entity}.{field} is declared without `?`, but {entity} {id} holds none there; give it a value first"
    )]
    None {
        /// Name of the entity.
        entity: Arc<str>,
        /// Name of the field.
        field: Arc<str>,
        /// Id of the first such row.
        id: u64,
    },
    /// Fields became unique while two live rows share their values.
    #[error(
        "{entity}: {fields} cannot be unique, {entity} {first} and {second} both have {value}; change one of them first"
    )]
    Duplicate {
        /// Name of the entity.
        entity: Arc<str>,
        /// Names of the fields.
        fields: String,
        /// Their values.
        value: String,
        /// Id of a row that has them.
        first: u64,
        /// Id of another.
        second: u64,
    },
    /// A row whose data cannot be read.
    #[error("{entity} {id}: {error}; run `flin store check`")]
    Row {
        /// Name of the entity.
        entity: Arc<str>,
        /// Id of the row.
        id: u64,
        /// What is wrong with it.
        error: DataError,
    },
    /// More entities or fields than there are numbers, or a reference to an entity that the schema has not.
    #[error("the schema has too many entities or fields, or refers to one that it has not")]
    Schema,
}

/// How a type is written in a message.
pub(crate) fn type_name(ty: &FieldType, entity: &dyn Fn(u32) -> Arc<str>) -> String {
    match ty {
        FieldType::Int => "int".into(),
        FieldType::Number => "number".into(),
        FieldType::Text => "text".into(),
        FieldType::Bool => "bool".into(),
        FieldType::Time => "time".into(),
        FieldType::Enum(_) => "an enum".into(),
        FieldType::List(inner) => format!("[{}]", type_name(inner, entity)),
        FieldType::AnyList => "list".into(),
        FieldType::AnyMap => "map".into(),
        FieldType::Reference(to) => entity(*to).to_string(),
        FieldType::Any => "any".into(),
    }
}

impl Catalogue {
    /// Name of an entity; empty when there is none.
    pub fn name(&self, ty: TypeId) -> Arc<str> {
        self.entity(ty).map_or_else(|| "".into(), |entity| entity.name.clone())
    }

    /// An entity.
    pub fn entity(&self, ty: TypeId) -> Option<&StoredEntity> {
        self.entities.get(usize::try_from(ty.0).ok()?)
    }

    /// A field of an entity.
    pub fn field(&self, ty: TypeId, field: FieldId) -> Option<&StoredField> {
        self.entity(ty)?.fields.get(usize::try_from(field.0).ok()?)
    }

    /// All of it in bytes, as the log and the snapshots keep it: values of [`crate::record::data`].
    ///
    /// # Errors
    ///
    /// [`DataFault::Depth`] when a type nests too deep; [`DataFault::Kind`] when it has no number.
    pub fn encode(&self) -> Result<Vec<u8>, DataFault> {
        let mut out = Writer::new();
        for entity in &self.entities {
            out.token(Token::Variant(&entity.name, entity.fields.len()))?;
            for field in &entity.fields {
                out.token(Token::Variant(&field.name, 2))?;
                encode_type(&mut out, &field.ty)?;
                out.token(Token::Bool(field.optional))?;
            }
        }
        out.finish()
    }

    /// What [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DataError> {
        let mut reader = Reader::new(bytes);
        let mut entities = Vec::new();
        loop {
            let offset = reader.offset();
            let refused = DataError { offset, fault: DataFault::Kind };
            let (name, items) = match reader.datum()? {
                None => return Ok(Self { entities }),
                Some(Datum::Variant(name, items)) => (name, items),
                Some(_) => return Err(refused),
            };
            let fields =
                items.iter().map(|item| decode_field(item).ok_or(refused)).collect::<Result<_, _>>()?;
            entities.push(StoredEntity { name, fields });
        }
    }
}

fn encode_type(out: &mut Writer, ty: &FieldType) -> Result<(), DataFault> {
    match ty {
        FieldType::List(inner) => {
            out.token(Token::List(1))?;
            encode_type(out, inner)
        }
        FieldType::Reference(to) => out.token(Token::Reference(u64::from(*to))),
        plain => {
            let number = plain_types().position(|ty| ty == *plain).and_then(|at| i64::try_from(at).ok());
            out.token(Token::Int(number.ok_or(DataFault::Kind)?))
        }
    }
}

/// The types that are a number in a catalogue, in the order of their numbers. New ones go to the end.
fn plain_types() -> impl Iterator<Item = FieldType> {
    use FieldType::*;
    [Int, Number, Text, Bool, Time, Enum(0), AnyList, AnyMap, Any].into_iter()
}

fn decode_field(item: &Datum) -> Option<StoredField> {
    match item {
        Datum::Variant(name, parts) => match parts.as_slice() {
            [ty, Datum::Bool(optional)] => {
                Some(StoredField { name: name.clone(), ty: decode_type(ty)?, optional: *optional })
            }
            _ => None,
        },
        _ => None,
    }
}

fn decode_type(item: &Datum) -> Option<FieldType> {
    match item {
        Datum::Int(n) => plain_types().nth(usize::try_from(*n).ok()?),
        Datum::Reference(to) => Some(FieldType::Reference(u32::try_from(*to).ok()?)),
        Datum::List(items) => match items.as_slice() {
            [inner] => Some(FieldType::List(Box::new(decode_type(inner)?))),
            _ => None,
        },
        _ => None,
    }
}
