//! Declarations of entities, enums and types.

use super::{Args, Expr, Name, NodeId, Type};
use crate::base::Span;

/// `entity Name { … }`.
#[derive(Clone, Debug)]
pub struct EntityDecl {
    /// The entity's name.
    pub name: Name,
    /// In source order.
    pub members: Vec<EntityMember>,
}

impl EntityDecl {
    /// The fields alone.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.members.iter().filter_map(|member| match member {
            EntityMember::Field(field) => Some(field),
            EntityMember::Decorator(_) => None,
        })
    }

    /// The decorators of the entity itself.
    pub fn decorators(&self) -> impl Iterator<Item = &Decorator> {
        self.members.iter().filter_map(|member| match member {
            EntityMember::Field(_) => None,
            EntityMember::Decorator(decorator) => Some(decorator),
        })
    }
}

/// What stands in an entity.
#[derive(Clone, Debug)]
pub enum EntityMember {
    /// A field.
    Field(Field),
    /// `@unique(a, b)` or `@index(a, b)` on a line of its own.
    Decorator(Decorator),
}

/// A field of an entity or of `validate`.
#[derive(Clone, Debug)]
pub struct Field {
    /// Identifies the field.
    pub id: NodeId,
    /// From its name to its last decorator.
    pub span: Span,
    /// Its name; any word.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// After `=`.
    pub default: Option<Expr>,
    /// Before and after the default, in order.
    pub decorators: Vec<Decorator>,
}

/// `@name(args)`.
#[derive(Clone, Debug)]
pub struct Decorator {
    /// From the `@` to the end of the arguments.
    pub span: Span,
    /// After the `@`.
    pub name: Name,
    /// In parentheses.
    pub args: Option<Args>,
}

/// `enum Name { … }`.
#[derive(Clone, Debug)]
pub struct EnumDecl {
    /// The enum's name.
    pub name: Name,
    /// Written, without meaning.
    pub type_params: Vec<Name>,
    /// In source order.
    pub variants: Vec<Variant>,
}

/// `Circle(radius: number)`.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Where it stands.
    pub span: Span,
    /// The variant's name.
    pub name: Name,
    /// Empty for a plain variant.
    pub payload: Vec<Payload>,
}

/// One value that a variant carries.
#[derive(Clone, Debug)]
pub struct Payload {
    /// Before the colon.
    pub name: Option<Name>,
    /// Its type.
    pub ty: Type,
}

/// `type Name = Type`.
#[derive(Clone, Debug)]
pub struct TypeAlias {
    /// What is declared.
    pub name: Name,
    /// What it stands for.
    pub ty: Type,
}
