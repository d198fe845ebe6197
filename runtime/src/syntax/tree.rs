//! The tree of one source file: the whole grammar, nothing resolved.
//!
//! Invariants, kept by the parser and relied upon by whoever walks the tree:
//!
//! - Depth is bounded by the parser's nesting limit, so plain recursion over a tree is safe, its drop included. What a
//!   program may repeat without nesting (operators, members, calls, pipeline stages, conditionals, assignments,
//!   `else if`) is a flat list in one node.
//! - Every [`NodeId`] occurs once in its file and is below [`File::node_count`], so side tables can be vectors.
//! - A span covers the node's source text, from its first byte to the one past its last.

mod decl;
mod dump;
mod expr;
mod function;
mod pattern;
mod server;
mod types;
mod view;

pub use decl::*;
pub use dump::{dump, same_shape};
pub use expr::*;
pub use function::*;
pub use pattern::*;
pub use server::*;
pub use types::*;
pub use view::*;

use crate::base::Span;
use std::sync::Arc;

/// Identifies a node within its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A name or word where it stands: a use, a binding, a member or a key. Each has an id of its own.
#[derive(Clone, Debug)]
pub struct Name {
    /// Identifies this occurrence.
    pub id: NodeId,
    /// Where it stands.
    pub span: Span,
    /// The name itself.
    pub text: Arc<str>,
}

/// Text without interpolation: a route's path, a test's name, a cron expression.
#[derive(Clone, Debug)]
pub struct StaticText {
    /// With its quotes.
    pub span: Span,
    /// Escapes resolved.
    pub text: Arc<str>,
}

/// One parsed file.
#[derive(Clone, Debug)]
pub struct File {
    /// The top-level statements; its id names the file's scope.
    pub body: Body,
    /// One more than the largest [`NodeId`].
    pub node_count: u32,
    /// Comments outside view content, in source order; they have no meaning.
    pub comments: Vec<Comment>,
}

/// A comment in code.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// From its first to its last character, without the line break that ends a `//` comment.
    pub span: Span,
    /// Which delimiters.
    pub kind: CommentKind,
}

/// The ways to write a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/* … */`
    Block,
    /// `<!-- … -->`
    Markup,
}

/// Statements in braces, or those of a file, of a control block in code mode, or between the braces of view content.
#[derive(Clone, Debug)]
pub struct Body {
    /// Identifies the body.
    pub id: NodeId,
    /// Its braces included, where it has any.
    pub span: Span,
    /// In source order.
    pub stmts: Vec<Stmt>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// Identifies the statement.
    pub id: NodeId,
    /// Without its terminator.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// Every kind of statement.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// An expression or assignment.
    Expr(Expr),
    /// An element, control block or body in statement position: its value may be output.
    Output(Output),
    /// `name: Type = value`.
    VarDecl(Box<VarDecl>),
    /// `[a, b] = value` or `{a, b} = value`.
    Destructure(Box<Destructure>),
    /// `fn name(…) { … }`; the function has a name.
    Function(Box<Function>),
    /// `if` at the start of a statement.
    If(Box<If>),
    /// `for`.
    For(Box<For>),
    /// `while`.
    While(Box<While>),
    /// `match` at the start of a statement.
    Match(Box<Match>),
    /// `try { … } catch e { … }` at the start of a statement.
    TryCatch(Box<TryCatch>),
    /// `return`, `break`, `continue` or `throw`.
    Jump(Jump),
    /// `emit value as "name"`.
    Emit(Box<Emit>),
    /// `wait duration`.
    Wait(Expr),
    /// `assert condition, note`.
    Assert(Box<Assert>),
    /// `entity Name { … }`.
    Entity(Box<EntityDecl>),
    /// `enum Name { … }`.
    Enum(Box<EnumDecl>),
    /// `type Name = Type`.
    TypeAlias(Box<TypeAlias>),
    /// `import …` or `export …`: without meaning.
    Import,
    /// Routes, guards, sockets, jobs, tests and the like.
    Server(Box<ServerStmt>),
    /// `on message(data) { … }` inside `ws`.
    On(Box<OnHandler>),
    /// Source that could not be read; a diagnostic says why.
    Error,
}

/// A statement that may produce output by standing where it stands.
#[derive(Clone, Debug)]
pub enum Output {
    /// `<p>…</p>`.
    Element(Box<Element>),
    /// `{if c} … {/if}` and its kin, or a braced form.
    Control(Box<Control>),
    /// `{ … }`, which runs at once.
    Body(Body),
}

/// `name: Type = value`.
#[derive(Clone, Debug)]
pub struct VarDecl {
    /// What is declared.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its first value.
    pub value: Expr,
}

/// `Target = value`; the target is a list or a map.
#[derive(Clone, Debug)]
pub struct Destructure {
    /// What is bound.
    pub target: Target,
    /// What is taken apart.
    pub value: Expr,
}

/// Leaves a loop, a function or an execution.
#[derive(Clone, Debug)]
pub enum Jump {
    /// `return value`.
    Return(Option<Box<Expr>>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `throw value`.
    Throw(Box<Expr>),
}

/// `for head { … }`.
#[derive(Clone, Debug)]
pub struct For {
    /// What is iterated.
    pub head: ForHead,
    /// What runs for each.
    pub body: Body,
}

/// What a `for` or `each` iterates.
#[derive(Clone, Debug)]
pub enum ForHead {
    /// `target, position in subject`, `(target, position) in subject`, or an `each` block's `subject as target, position`.
    In {
        /// Bound to each element.
        target: Target,
        /// Bound to its position, or for a map to its value.
        position: Option<Name>,
        /// What is iterated.
        subject: Expr,
    },
    /// `start; condition; step`.
    Steps {
        /// Runs once.
        start: Expr,
        /// Tested before each round.
        condition: Expr,
        /// Runs after each round.
        step: Expr,
    },
}

/// `while condition { … }`.
#[derive(Clone, Debug)]
pub struct While {
    /// Tested before each round.
    pub condition: Expr,
    /// What runs.
    pub body: Body,
}

/// `emit value as "name"`.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The event's data.
    pub value: Expr,
    /// The event's name.
    pub name: Option<Template>,
}

/// `assert condition, note`.
#[derive(Clone, Debug)]
pub struct Assert {
    /// Must be truthy.
    pub condition: Expr,
    /// Added to the message.
    pub note: Option<Expr>,
}
