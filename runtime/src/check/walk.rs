//! One traversal of the tree for every pass of the checker: hooks where names occur, where blocks and units of code begin
//! and end, and where a pass may want to take over.
//!
//! Invariants:
//!
//! - Every name that is read, assigned or bound reaches exactly one hook, after the hooks of what is evaluated before it
//!   in the same construct; names of members, keys, arguments and tags reach none.
//! - What lies between [`Visit::open_block`] and [`Visit::close_block`] is where the names bound in between are visible.
//! - What lies between [`Visit::open_unit`] and [`Visit::close_unit`] runs apart from the code around it.

mod code;
mod server;
mod view;

pub use code::{walk_args, walk_expr, walk_function, walk_ops, walk_stmt, walk_target};
pub use server::{walk_decorator, walk_entity, walk_server};

pub use code::walk_match;
pub use view::walk_element;
use view::{walk_control, walk_template};

use crate::base::Span;
use crate::syntax::tree::*;

/// How a name is written to.
#[derive(Clone, Copy, Debug)]
pub enum Write<'t> {
    /// `name = value`; the value where it is what the name gets, and not a part of it.
    Set(Option<&'t Expr>),
    /// `name: Type = value`.
    Declare(&'t Type, &'t Expr),
    /// `name += value`: reads first, so it needs a binding that is there already.
    Update,
    /// `name++`, which keeps what kind of numeric the name holds.
    Step,
}

impl Write<'_> {
    /// Does it need a binding that is there already?
    pub const fn reads(self) -> bool {
        matches!(self, Self::Update | Self::Step)
    }
}

/// A pass over the tree. The defaults visit everything below.
pub trait Visit<'t>: Sized {
    /// A name is read.
    fn read(&mut self, _name: &'t Name) {}
    /// A name is assigned.
    fn assign(&mut self, _name: &'t Name, _write: Write<'t>) {}
    /// A loop variable or catch name.
    fn bind(&mut self, _name: &'t Name) {}
    /// A bare name in a pattern, at the top of an arm or nested in another pattern.
    fn pattern_name(&mut self, _name: &'t Name, _nested: bool) {}
    /// `Shape.Circle(…)` in a pattern; its payload is visited apart.
    fn variant_pattern(&mut self, _pattern: &'t Pattern, _enumeration: Option<&'t Name>, _name: &'t Name) {}
    /// From here on bound names are new.
    fn open_block(&mut self) {}
    /// The names of the block end.
    fn close_block(&mut self) {}
    /// From here on code runs apart: a handler, a default, an event's expression.
    fn open_unit(&mut self) {}
    /// The unit ends.
    fn close_unit(&mut self) {}
    /// A type, wherever it is written; those inside it are visited by whoever resolves it.
    fn ty(&mut self, _ty: &'t Type) {}
    /// What a variant carries.
    fn payload(&mut self, payload: &'t Payload) {
        self.ty(&payload.ty);
    }
    /// The type after `is`.
    fn tested_type(&mut self, ty: &'t Type) {
        self.ty(ty);
    }
    /// An element.
    fn element(&mut self, element: &'t Element) {
        walk_element(self, element);
    }
    /// A component's tag.
    fn component(&mut self, _tag: &'t Name) {}
    /// A statement.
    fn stmt(&mut self, stmt: &'t Stmt) {
        walk_stmt(self, stmt);
    }
    /// An expression.
    fn expr(&mut self, expr: &'t Expr) {
        walk_expr(self, expr);
    }
    /// A jump.
    fn jump(&mut self, jump: &'t Jump, _span: Span) {
        if let Jump::Return(Some(value)) | Jump::Throw(value) = jump {
            self.expr(value);
        }
    }
    /// Statements that run in order.
    fn body(&mut self, body: &'t Body) {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
    }
    /// A function of any kind.
    fn function(&mut self, function: &'t Function) {
        walk_function(self, function);
    }
    /// From here on code runs once a round.
    fn open_loop(&mut self) {}
    /// The loop's body ends.
    fn close_loop(&mut self) {}
    /// A match.
    fn matching(&mut self, matching: &'t Match) {
        walk_match(self, matching);
    }
    /// A server statement.
    fn server(&mut self, stmt: &'t ServerStmt) {
        walk_server(self, stmt);
    }
    /// An entity's declaration.
    fn entity(&mut self, entity: &'t EntityDecl) {
        walk_entity(self, entity);
    }
    /// A decorator of a field or entity.
    fn decorator(&mut self, decorator: &'t Decorator) {
        walk_decorator(self, decorator);
    }
}
