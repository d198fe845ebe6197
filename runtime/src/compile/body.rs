//! Statements, and the value of a body.

use super::frame::Reg;
use super::program::Compiler;
use super::store::Leave;
use crate::code::op::Op;
use crate::syntax::tree::{
    Assert, BinaryOp, Body, Branch, Expr, ExprKind, Jump, LinkRight, Output, ServerStmt, Stmt, StmtKind,
};

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dest {
    /// Nowhere.
    Drop,
    /// Into a register.
    To(Reg),
    /// To the caller: what yields it ends the function.
    Return,
    /// Into markup, as a part of what a body, an element or a text yields.
    Put(Sink),
}

/// Markup that values go into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sink {
    /// The register that holds it.
    pub markup: Reg,
    /// What becomes of a value.
    pub form: Form,
}

/// What a value becomes in markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is rendered.
    Content,
    /// Its text, escaped: between the quotes of an attribute.
    Attribute,
    /// Its text as it is: a part of a text.
    Text,
}

impl Sink {
    /// Values are rendered into it.
    pub const fn content(markup: Reg) -> Self {
        Self { markup, form: Form::Content }
    }
}

impl Dest {
    /// Markup that values are rendered into, if it is that.
    const fn content(self) -> Option<Reg> {
        match self {
            Self::Put(Sink { markup, form: Form::Content }) => Some(markup),
            _ => None,
        }
    }
}

impl<'a> Compiler<'a> {
    /// A body in braces.
    pub fn body(&mut self, body: &'a Body, dest: Dest) {
        self.stmts(&body.stmts, dest);
    }

    /// Statements in a row and the value that they yield.
    #[inline(never)]
    pub fn stmts(&mut self, stmts: &'a [Stmt], dest: Dest) {
        if let Dest::Put(sink) = dest {
            self.put_pending(sink.markup);
        }
        let parts = if dest == Dest::Drop { Parts::No } else { parts_of(stmts) };
        if parts == Parts::Several {
            return self.rendered_stmts(stmts, dest);
        }
        let mark = self.frame.mark();
        let late = self.hoist_block(stmts);
        self.each(stmts, Dest::Drop, dest);
        self.unhoist(&late);
        self.frame.release(mark);
    }

    /// Statements of which those alone count that put something out: the top level of a page or a component.
    pub fn rendering(&mut self, stmts: &'a [Stmt]) {
        self.rendered_stmts(stmts, Dest::Return);
    }

    /// Statements in a row and the view of what they put out.
    fn rendered_stmts(&mut self, stmts: &'a [Stmt], dest: Dest) {
        let mark = self.frame.mark();
        let late = self.hoist_block(stmts);
        self.viewed(dest, |this, inner| this.each(stmts, inner, inner));
        self.unhoist(&late);
        self.frame.release(mark);
    }

    /// The statements of a socket. Its handlers are there before the first of them runs.
    pub fn socket_statements(&mut self, stmts: &'a [Stmt]) {
        let mark = self.frame.mark();
        let late = self.hoist_block(stmts);
        for stmt in stmts {
            if let StmtKind::On(handler) = &stmt.kind {
                self.on(handler);
            }
        }
        self.each(stmts, Dest::Drop, Dest::Drop);
        self.unhoist(&late);
        self.frame.release(mark);
    }

    /// Gives what `run` puts out to `dest`: at once where that is rendered anyway, else as a view.
    pub fn viewed(&mut self, dest: Dest, run: impl FnOnce(&mut Self, Dest)) {
        if dest.content().is_some() {
            return run(self, dest);
        }
        let mark = self.frame.mark();
        let markup = match dest {
            Dest::To(dst) => self.scratch(dst),
            _ => self.frame.temp(),
        };
        if let Dest::Put(sink) = dest {
            self.put_pending(sink.markup);
        }
        self.gather(markup, |this| run(this, Dest::Put(Sink::content(markup))));
        self.gathered(markup, false, dest);
        self.frame.release(mark);
    }

    /// Every statement; output goes to `output`, the value of the last one to `last`.
    fn each(&mut self, stmts: &'a [Stmt], output: Dest, last: Dest) {
        let Some((end, before)) = stmts.split_last() else { return self.none(last) };
        for stmt in before {
            let dest = if is_output(stmt) { output } else { Dest::Drop };
            self.stmt(stmt, dest);
        }
        let only_output = output != Dest::Drop;
        if only_output && !is_output(end) {
            self.stmt(end, Dest::Drop);
        } else {
            self.stmt(end, last);
        }
    }

    /// Yields none.
    pub fn none(&mut self, dest: Dest) {
        match dest {
            Dest::Drop | Dest::Put(_) => {}
            Dest::To(dst) => self.frame.emit(Op::LoadNone { dst }),
            Dest::Return => {
                self.frame.emit(Op::ReturnNone {});
                self.frame.state.reachable = false;
            }
        }
    }

    /// Yields what a register holds.
    pub fn give(&mut self, src: Reg, dest: Dest) {
        match dest {
            Dest::Drop => {}
            Dest::To(dst) => self.move_to(dst, src),
            Dest::Return => {
                self.frame.emit(Op::Return { src });
                self.frame.state.reachable = false;
            }
            Dest::Put(sink) => self.put(sink, src),
        }
    }

    #[inline(never)]
    fn stmt(&mut self, stmt: &'a Stmt, dest: Dest) {
        let mark = self.frame.mark();
        match &stmt.kind {
            StmtKind::Expr(value) => self.value(value, dest),
            StmtKind::Output(Output::Body(body)) => self.output_body(body, dest),
            StmtKind::Output(Output::Control(control)) => self.control(control, dest),
            StmtKind::Output(Output::Element(element)) => self.element(element, dest),
            StmtKind::VarDecl(decl) => {
                let value = self.assign_value(&decl.name, &decl.value);
                self.give(value, dest);
            }
            StmtKind::Destructure(pair) => {
                self.destructure_value(&pair.target, &pair.value);
                self.none(dest);
            }
            StmtKind::If(tree) => self.if_value(tree, dest),
            StmtKind::For(tree) => self.collect(is_output(stmt), dest, |this, dest| {
                this.for_loop(&tree.head, &|this| this.body(&tree.body, dest));
            }),
            StmtKind::While(tree) => self.collect(is_output(stmt), dest, |this, dest| {
                this.while_loop(&tree.condition, &|this| this.body(&tree.body, dest));
            }),
            StmtKind::Match(tree) => self.match_value(tree, dest),
            StmtKind::TryCatch(tree) => self.try_catch_value(tree, dest),
            StmtKind::Jump(jump) => self.leave(jump),
            StmtKind::Assert(assert) => {
                self.assert(assert);
                self.none(dest);
            }
            StmtKind::Emit(emit) => {
                self.emit_event(emit, stmt.span);
                self.none(dest);
            }
            StmtKind::Wait(duration) => {
                self.wait(duration, stmt.span);
                self.none(dest);
            }
            StmtKind::Server(server) => self.server(server, dest),
            StmtKind::Function(_)
            | StmtKind::Entity(_)
            | StmtKind::Enum(_)
            | StmtKind::TypeAlias(_)
            | StmtKind::Import
            | StmtKind::On(_)
            | StmtKind::Error => self.none(dest),
        }
        self.frame.release(mark);
    }

    /// Runs a loop and yields what its rounds put out, or none.
    fn collect(&mut self, puts_out: bool, dest: Dest, run: impl FnOnce(&mut Self, Dest)) {
        if puts_out && dest != Dest::Drop {
            self.viewed(dest, run);
        } else {
            run(self, Dest::Drop);
            self.none(dest);
        }
    }

    /// A body that runs where it stands; one that ends in an assignment renders nothing.
    pub fn output_body(&mut self, body: &'a Body, dest: Dest) {
        let assigns = body.stmts.last().is_some_and(|last| match &last.kind {
            StmtKind::Expr(value) => matches!(value.kind, ExprKind::Assign(_)),
            StmtKind::VarDecl(_) | StmtKind::Destructure(_) => true,
            _ => false,
        });
        let renders_nothing = assigns && dest.content().is_some();
        self.body(body, if renders_nothing { Dest::Drop } else { dest });
    }

    /// Routes, jobs and the like act when a server or scheduler runs; `view { … }` is its statements.
    fn server(&mut self, server: &'a ServerStmt, dest: Dest) {
        match server {
            ServerStmt::View(body) => self.body(body, dest),
            ServerStmt::Route(_)
            | ServerStmt::Guards(_)
            | ServerStmt::Validate(_)
            | ServerStmt::Middleware(_)
            | ServerStmt::Ws(..)
            | ServerStmt::Sse(..)
            | ServerStmt::Every(_)
            | ServerStmt::Cron(..)
            | ServerStmt::Test(..)
            | ServerStmt::Lifecycle(..) => self.none(dest),
        }
    }

    /// `return`, `break`, `continue`, `throw`.
    pub fn leave(&mut self, jump: &'a Jump) {
        match jump {
            Jump::Return(value) => match (value, self.returned()) {
                (value, Some(result)) => {
                    match value {
                        Some(value) => self.expr_to(value, result),
                        None => self.frame.emit(Op::LoadNone { dst: result }),
                    }
                    self.leave_by(Leave::Return, None);
                }
                (Some(value), None) => self.value(value, Dest::Return),
                (None, None) => self.none(Dest::Return),
            },
            Jump::Break => self.leave_by(Leave::Break, None),
            Jump::Continue => self.leave_by(Leave::Continue, None),
            Jump::Throw(value) => {
                let mark = self.frame.mark();
                let src = self.operand(value);
                self.frame.span = value.span;
                self.frame.emit(Op::Throw { src });
                self.frame.state.reachable = false;
                self.frame.release(mark);
            }
        }
    }

    /// A branch of an `if`.
    pub fn branch(&mut self, branch: &'a Branch, dest: Dest) {
        match branch {
            Branch::Body(body) => self.body(body, dest),
            Branch::Expr(value) => self.value(value, dest),
        }
    }

    #[inline(never)]
    fn assert(&mut self, assert: &'a Assert) {
        let mark = self.frame.mark();
        let holds = self.frame.label();
        let condition = unparen(&assert.condition);
        let (left, right) = (self.frame.temp(), self.frame.temp());
        if let Some((first, op, second)) = comparison(condition) {
            self.expr_to(first, left);
            self.expr_to(second, right);
            let dst = self.frame.temp();
            self.frame.span = condition.span;
            self.operator(op, dst, left, right);
            self.frame.emit(Op::JumpIf { src: dst, target: holds.0 });
        } else {
            self.jump_when(condition, true, holds);
            self.frame.emit(Op::LoadUnset { dst: left });
            self.frame.emit(Op::LoadUnset { dst: right });
        }
        let passed = self.frame.state.clone();
        let note = self.frame.temp();
        match &assert.note {
            Some(value) => self.expr_to(value, note),
            None => self.frame.emit(Op::LoadUnset { dst: note }),
        }
        self.frame.span = assert.condition.span;
        let source = self.source_text(assert.condition.span);
        self.frame.emit(Op::AssertFailed { left, right, note, source });
        self.frame.state = passed;
        self.frame.state.reachable |= self.frame.is_used(holds);
        self.frame.bind(holds);
        self.frame.release(mark);
    }

    fn source_text(&mut self, span: crate::base::Span) -> u32 {
        let source = self.input.sources.get(span.file);
        let (start, end) = (crate::base::span::to_usize(span.start), crate::base::span::to_usize(span.end));
        let text = source.and_then(|source| source.text.get(start..end)).unwrap_or_default();
        self.tables.text(&text.into())
    }
}

/// Does a body yield the parts that its statements put out?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parts {
    No,
    Last,
    Several,
}

fn parts_of(stmts: &[Stmt]) -> Parts {
    let count = stmts.iter().filter(|stmt| is_output(stmt)).count();
    match (count, stmts.last()) {
        (0, _) => Parts::No,
        (1, Some(last)) if is_output(last) => Parts::Last,
        _ => Parts::Several,
    }
}

/// Elements and bodies put out their value, and so do the blocks around them.
pub(super) fn is_output(stmt: &Stmt) -> bool {
    use crate::syntax::tree::{ArmBody, Block, Control, ControlKind};
    fn any(body: &Body) -> bool {
        body.stmts.iter().any(is_output)
    }
    fn branch(branch: &Branch) -> bool {
        match branch {
            Branch::Body(body) => any(body),
            Branch::Expr(value) => matches!(value.kind, ExprKind::Element(_)),
        }
    }
    fn block(block: &Block) -> bool {
        match block {
            Block::Code(body) => any(body),
            Block::Content(_) => true,
            Block::Text(_) => false,
        }
    }
    fn control(control: &Control) -> bool {
        match &control.kind {
            ControlKind::If { arms, otherwise } => {
                arms.iter().any(|arm| block(&arm.body)) || otherwise.as_ref().is_some_and(block)
            }
            ControlKind::For { body, .. }
            | ControlKind::Each { body, .. }
            | ControlKind::While { body, .. } => block(body),
            ControlKind::Braced(body) => any(body),
        }
    }
    match &stmt.kind {
        StmtKind::Output(Output::Element(_) | Output::Body(_)) => true,
        StmtKind::Output(Output::Control(tree)) => control(tree),
        StmtKind::If(tree) => {
            tree.arms.iter().any(|arm| branch(&arm.branch)) || tree.otherwise.as_ref().is_some_and(branch)
        }
        StmtKind::Server(server) => match &**server {
            ServerStmt::View(body) => any(body),
            _ => false,
        },
        StmtKind::For(tree) => any(&tree.body),
        StmtKind::While(tree) => any(&tree.body),
        StmtKind::Match(tree) => tree.arms.iter().any(|arm| match &arm.body {
            ArmBody::Body(body) => any(body),
            ArmBody::Expr(value) => matches!(value.kind, ExprKind::Element(_)),
            ArmBody::Jump(..) => false,
        }),
        _ => false,
    }
}

/// The expression inside parentheses.
pub(super) fn unparen(mut value: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) = &value.kind {
        value = inner;
    }
    value
}

/// Both sides of a comparison.
fn comparison(value: &Expr) -> Option<(&Expr, BinaryOp, &Expr)> {
    let ExprKind::Chain(chain) = &value.kind else { return None };
    let [link] = chain.rest.as_slice() else { return None };
    let LinkRight::Expr(right) = &link.right else { return None };
    let compares = matches!(
        link.op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::In
            | BinaryOp::NotIn
    );
    compares.then_some((&chain.first, link.op, right))
}
