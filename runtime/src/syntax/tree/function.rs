//! Functions of every kind: declared, anonymous, lambdas, deferred blocks, handlers.

use super::{Body, Expr, Name, NodeId, Target, Type};
use crate::base::Span;

/// Something that can be called and has a scope of its own.
#[derive(Clone, Debug)]
pub struct Function {
    /// Identifies the function and its scope.
    pub id: NodeId,
    /// From its first token to the end of its body.
    pub span: Span,
    /// How it was written.
    pub kind: FunctionKind,
    /// Declared functions have one.
    pub name: Option<Name>,
    /// Written, without meaning: each is a dynamic type.
    pub type_params: Vec<Name>,
    /// In order; a rest parameter is last.
    pub params: Vec<Param>,
    /// After `->`.
    pub result: Option<Type>,
    /// What it runs.
    pub body: FunctionBody,
}

/// How a function was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// `fn name(…) { … }`.
    Fn,
    /// `server fn name(…) { … }`.
    ServerFn,
    /// `fn (…) { … }` or `fn (…) => …`.
    Anonymous,
    /// `x => …`, `(x, y) => …`, `{x} => …`.
    Lambda,
    /// `{ … }` as an operand: ignores its arguments.
    Deferred,
    /// `on message(data) { … }`.
    Handler,
}

/// What a function runs.
#[derive(Clone, Debug)]
pub enum FunctionBody {
    /// Statements.
    Body(Body),
    /// A lambda's expression.
    Expr(Expr),
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// From `...` or target to type or default.
    pub span: Span,
    /// `...`?
    pub rest: bool,
    /// What it binds.
    pub target: Target,
    /// After the colon.
    pub ty: Option<Type>,
    /// After `=`.
    pub default: Option<Expr>,
}
