//! Types as the checker reasons about them.

use crate::base::{Kind, Kinds};
use std::rc::Rc;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Nothing.
    Any,
    /// It is of one of these kinds.
    Of(Kinds),
    /// A list of such elements.
    List(Rc<Ty>),
    /// A map of such values.
    Map(Rc<Ty>),
    /// An entity, by index.
    Entity(u32),
    /// A value of an enum, by index.
    Enum(u32),
    /// A query of an entity.
    Query(u32),
    /// An entity's own name.
    EntityName(u32),
    /// An enum's own name.
    EnumName(u32),
    /// One of these.
    OneOf(Rc<[Ty]>),
}

impl Ty {
    /// One kind.
    pub const fn one(kind: Kind) -> Self {
        Self::Of(Kinds::of(&[kind]))
    }

    /// What a set of kinds says; all of them say nothing.
    pub fn of(kinds: Kinds) -> Self {
        if kinds == Kinds::ANY || kinds.is_empty() { Self::Any } else { Self::Of(kinds) }
    }

    /// The kinds that it may be of.
    pub fn kinds(&self) -> Kinds {
        match self {
            Self::Any | Self::EntityName(_) | Self::EnumName(_) => Kinds::ANY,
            Self::Of(kinds) => *kinds,
            Self::List(_) => Kinds::of(&[Kind::List]),
            Self::Map(_) => Kinds::of(&[Kind::Map]),
            Self::Entity(_) => Kinds::of(&[Kind::Entity]),
            Self::Enum(_) => Kinds::of(&[Kind::Variant]),
            Self::Query(_) => Kinds::of(&[Kind::Query]),
            Self::OneOf(types) => types.iter().fold(Kinds::NONE, |kinds, ty| kinds.or(ty.kinds())),
        }
    }

    /// Is it certainly of that kind and no other?
    pub fn is(&self, kind: Kind) -> bool {
        self.kinds() == Kinds::of(&[kind])
    }

    /// Could no value of this type stand where `wanted` is declared? Queries and ranges serve as lists, ints as numbers.
    pub fn never_fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Any, _) | (_, Self::Any) => false,
            (Self::OneOf(types), _) => types.iter().all(|ty| ty.never_fits(wanted)),
            (_, Self::OneOf(types)) => types.iter().all(|ty| self.never_fits(ty)),
            (Self::List(found), Self::List(wanted)) | (Self::Map(found), Self::Map(wanted)) => {
                found.never_fits(wanted)
            }
            (Self::Entity(found), Self::Entity(wanted)) | (Self::Enum(found), Self::Enum(wanted)) => {
                found != wanted
            }
            _ => {
                let mut kinds = self.kinds();
                if kinds.has(Kind::Int) {
                    kinds = kinds.or(Kinds::of(&[Kind::Number]));
                }
                if kinds.has(Kind::Query) || kinds.has(Kind::Range) {
                    kinds = kinds.or(Kinds::of(&[Kind::List]));
                }
                // A browser-only value goes anywhere.
                !kinds.has(Kind::Client) && kinds.and(wanted.kinds()).is_empty()
            }
        }
    }

    /// What a variable that was given this holds later: lists and maps may have changed.
    pub fn later(self) -> Self {
        match self {
            Self::List(_) => Self::one(Kind::List),
            Self::Map(_) => Self::one(Kind::Map),
            other => other,
        }
    }

    /// Both, if they agree.
    pub fn agreed(self, other: &Self) -> Self {
        if self == *other { self } else { Self::Any }
    }

    /// As written in messages; `name` gives the names of entities and enums.
    pub fn show(&self, name: &impl Fn(&Self) -> String) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Of(kinds) if *kinds == Kinds::NUMERIC => "number".to_owned(),
            Self::Of(kinds) => kinds.iter().map(Kind::name).collect::<Vec<_>>().join(" | "),
            Self::List(inner) => format!("[{}]", inner.show(name)),
            Self::Map(inner) => format!("[any: {}]", inner.show(name)),
            Self::Query(_) => format!("query of {}", name(self)),
            Self::Entity(_) | Self::Enum(_) | Self::EntityName(_) | Self::EnumName(_) => name(self),
            Self::OneOf(types) => types.iter().map(|ty| ty.show(name)).collect::<Vec<_>>().join(" | "),
        }
    }
}
