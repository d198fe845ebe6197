//! Types as written.

use super::{Name, NodeId};
use crate::base::Span;

/// A type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Identifies the type.
    pub id: NodeId,
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TypeKind,
}

/// The kinds of types.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `int`, `User`, `Box<T>`.
    Named {
        /// The name; `none` is one.
        name: Name,
        /// Written, without meaning.
        args: Vec<Type>,
    },
    /// `[T]`.
    List(Box<Type>),
    /// `[K: V]`.
    Map(Box<Type>, Box<Type>),
    /// `(A, B) -> R`.
    Function {
        /// In order.
        params: Vec<Type>,
        /// After the arrow.
        result: Box<Type>,
    },
    /// `T?`.
    Optional(Box<Type>),
    /// `A | B`, flat; at least two.
    Union(Vec<Type>),
}
