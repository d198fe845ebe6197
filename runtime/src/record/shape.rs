//! What a program declares of its entities: fields, types, rules, indexes.

use super::Datum;
use std::sync::Arc;

/// The entities of a program; operands, requests and references name them by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// In the order of the checker's table of entities.
    pub entities: Vec<EntityShape>,
}

/// An entity.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityShape {
    /// Its name.
    pub name: Arc<str>,
    /// Declared fields in order; the automatic ones are not among them.
    pub fields: Vec<FieldShape>,
    /// Fields (indices into `fields`) that no two live rows may share; none of them equal to none.
    pub unique: Vec<Vec<u32>>,
    /// Fields that rows are looked up by.
    pub indexes: Vec<Vec<u32>>,
}

/// A declared field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldShape {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub ty: FieldType,
    /// May it be none?
    pub optional: bool,
    /// Left out of JSON?
    pub hidden: bool,
    /// What an old record without this field reads, where the declared default is a constant.
    pub constant: Option<Datum>,
    /// The function of the program that computes the default at insert.
    pub default: Option<u32>,
    /// Rules in source order, checked at save when the value is not none (`Required` also when it is).
    pub rules: Vec<Rule>,
    /// For references: what deleting the target does.
    pub on_delete: OnDelete,
}

impl FieldShape {
    /// A field that may be none, without default and rules; what refers to it restricts.
    pub fn plain(name: &str, ty: FieldType) -> Self {
        Self {
            name: name.into(),
            ty,
            optional: true,
            hidden: false,
            constant: None,
            default: None,
            rules: Vec::new(),
            on_delete: OnDelete::Restrict,
        }
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// An int.
    Int,
    /// A double; ints fit.
    Number,
    /// A text.
    Text,
    /// A truth value.
    Bool,
    /// A time; ISO text fits.
    Time,
    /// An enum of the program, by index; a variant's name fits.
    Enum(u32),
    /// A list of one of these.
    List(Box<FieldType>),
    /// Any JSON-like list.
    AnyList,
    /// Any JSON-like map with text keys.
    AnyMap,
    /// An entity, by index; a row's id fits.
    Reference(u32),
    /// Any storable value.
    Any,
}

impl FieldType {
    /// What the lists hold, and lists of lists; any other type itself.
    pub fn leaf(&self) -> &Self {
        let mut ty = self;
        while let Self::List(inner) = ty {
            ty = inner;
        }
        ty
    }
}

/// What deleting (or destroying) a row does to a live one that refers to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDelete {
    /// It is refused.
    #[default]
    Restrict,
    /// The same happens to the referring row.
    Cascade,
    /// The reference becomes none; a list loses the element.
    SetNone,
}

/// A rule of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Text not blank, list not empty.
    Required,
    /// At least.
    Min(Datum),
    /// At most.
    Max(Datum),
    /// Above zero.
    Positive,
    /// So many code points or elements at least.
    MinLength(u64),
    /// So many at most.
    MaxLength(u64),
    /// An address: one `@`, local part and dotted domain, no blanks, at most 254 code points.
    Email,
    /// `http(s)://host…`.
    Url,
    /// Found anywhere: pattern and flags.
    Pattern(Arc<str>, Arc<str>),
    /// One of these.
    OneOf(Vec<Datum>),
    /// A function of the program over the entity; truthy.
    Check(u32),
    /// Unchanged after insert.
    Immutable,
}
