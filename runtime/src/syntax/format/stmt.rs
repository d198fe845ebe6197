//! Statements.

use super::Printer;
use crate::base::Span;
use crate::syntax::tree::*;

impl Printer<'_> {
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Output(Output::Element(element)) => self.verbatim(element.span),
            StmtKind::Output(Output::Control(control)) => self.control(control),
            StmtKind::Output(Output::Body(body)) => self.body(body),
            StmtKind::VarDecl(decl) => {
                self.put(&decl.name.text);
                self.put(": ");
                self.ty(&decl.ty);
                self.put(" = ");
                self.expr(&decl.value);
            }
            StmtKind::Destructure(parts) => {
                self.target(&parts.target);
                self.put(" = ");
                self.expr(&parts.value);
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::If(parts) => self.if_(parts),
            StmtKind::For(parts) => {
                self.put("for ");
                self.for_head(&parts.head);
                self.put(" ");
                self.body(&parts.body);
            }
            StmtKind::While(parts) => {
                self.put("while ");
                self.expr(&parts.condition);
                self.put(" ");
                self.body(&parts.body);
            }
            StmtKind::Match(parts) => self.match_(parts, stmt.span),
            StmtKind::TryCatch(parts) => self.try_catch(parts),
            StmtKind::Jump(jump) => self.jump(jump),
            StmtKind::Emit(emit) => {
                self.put("emit ");
                self.expr(&emit.value);
                if let Some(name) = &emit.name {
                    self.put(" as ");
                    self.verbatim(name.span);
                }
            }
            StmtKind::Wait(expr) => {
                self.put("wait ");
                self.expr(expr);
            }
            StmtKind::Assert(assert) => {
                self.put("assert ");
                self.expr(&assert.condition);
                if let Some(note) = &assert.note {
                    self.put(", ");
                    self.expr(note);
                }
            }
            StmtKind::Entity(entity) => self.entity(entity, stmt.span),
            StmtKind::Enum(parts) => self.enumeration(parts, stmt.span),
            StmtKind::TypeAlias(alias) => {
                self.put("type ");
                self.put(&alias.name.text);
                self.put(" = ");
                self.ty(&alias.ty);
            }
            StmtKind::Import | StmtKind::Error => self.verbatim(stmt.span),
            StmtKind::Server(server) => self.server(server, stmt.span),
            StmtKind::On(on) => {
                self.put("on ");
                self.put(on.event.name());
                if !on.function.params.is_empty() {
                    self.params(&on.function.params);
                }
                self.put(" ");
                self.function_body(&on.function.body);
            }
        }
    }

    pub(super) fn jump(&mut self, jump: &Jump) {
        match jump {
            Jump::Return(None) => self.put("return"),
            Jump::Return(Some(value)) => {
                self.put("return ");
                self.expr(value);
            }
            Jump::Break => self.put("break"),
            Jump::Continue => self.put("continue"),
            Jump::Throw(value) => {
                self.put("throw ");
                self.expr(value);
            }
        }
    }

    pub(super) fn body(&mut self, body: &Body) {
        self.statements_in_braces(&body.stmts, body.span, false);
    }

    /// A deferred block; nothing, or one bare name alone, would read as a map.
    pub(super) fn deferred(&mut self, body: &Body) {
        let as_map = matches!(
            body.stmts.as_slice(),
            [] | [Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Name(_), .. }), .. }]
        );
        self.statements_in_braces(&body.stmts, body.span, as_map);
    }

    fn statements_in_braces(&mut self, stmts: &[Stmt], span: Span, semicolon: bool) {
        self.put("{");
        let import = stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Import));
        let empty = stmts.is_empty();
        if (self.on_one_line(span) || empty && semicolon) && !self.has_comment_before(span.end) && !import {
            self.statements_on_one_line(stmts, semicolon);
        } else {
            self.read = span.start.saturating_add(1);
            let end = span.end.saturating_sub(1);
            self.indented(|printer| {
                printer.lines(stmts, |stmt| stmt.span, (end, ""), Self::stmt);
                if semicolon {
                    printer.put_behind_comment(";", empty);
                }
            });
            self.newline();
        }
        self.put("}");
    }

    /// Behind the last statement, on a line of its own where there is none or a comment follows it.
    fn put_behind_comment(&mut self, text: &str, alone: bool) {
        if alone || self.line_comment || self.out.ends_with("*/") || self.out.ends_with("-->") {
            self.newline();
        }
        self.put(text);
    }

    fn statements_on_one_line(&mut self, stmts: &[Stmt], semicolon: bool) {
        for (at, stmt) in stmts.iter().enumerate() {
            self.put(if at == 0 { " " } else { "; " });
            self.stmt(stmt);
        }
        if semicolon {
            self.put(if stmts.is_empty() { " ;" } else { ";" });
        }
        if semicolon || !stmts.is_empty() {
            self.put(" ");
        }
    }

    pub(super) fn for_head(&mut self, head: &ForHead) {
        match head {
            ForHead::In { target, position, subject } => {
                self.target(target);
                if let Some(position) = position {
                    self.put(", ");
                    self.put(&position.text);
                }
                self.put(" in ");
                self.expr(subject);
            }
            ForHead::Steps { start, condition, step } => {
                self.expr(start);
                self.put("; ");
                self.expr(condition);
                self.put("; ");
                self.expr(step);
            }
        }
    }

    /// A control block in statement position: its bodies indented, unless it stands on one line.
    pub(super) fn control(&mut self, control: &Control) {
        if control.mode != Mode::Code || self.on_one_line(control.span) {
            return self.verbatim(control.span);
        }
        match &control.kind {
            ControlKind::If { arms, otherwise } => {
                for (at, arm) in arms.iter().enumerate() {
                    self.put(if at == 0 { "{if " } else { "{else if " });
                    self.expr(&arm.condition);
                    self.put("}");
                    self.block(&arm.body);
                }
                if let Some(otherwise) = otherwise {
                    self.put("{else}");
                    self.block(otherwise);
                }
                self.put("{/if}");
            }
            ControlKind::For { head, body } => {
                self.put("{for ");
                self.for_head(head);
                self.put("}");
                self.block(body);
                self.put("{/for}");
            }
            ControlKind::Each { head, body } => {
                self.put("{each ");
                self.each_head(head);
                self.put("}");
                self.block(body);
                self.put("{/each}");
            }
            ControlKind::While { condition, body } => {
                self.put("{while ");
                self.expr(condition);
                self.put("}");
                self.block(body);
                self.put("{/while}");
            }
            ControlKind::Braced(_) => self.verbatim(control.span),
        }
    }

    fn each_head(&mut self, head: &ForHead) {
        if let ForHead::In { target, position, subject } = head {
            self.expr(subject);
            self.put(" as ");
            self.target(target);
            if let Some(position) = position {
                self.put(", ");
                self.put(&position.text);
            }
        }
    }

    /// The statements of a block and the line break before its next tag.
    fn block(&mut self, block: &Block) {
        if let Block::Code(body) = block {
            self.read = body.span.start;
            let end = body.span.end;
            self.indented(|printer| printer.lines(&body.stmts, |stmt| stmt.span, (end, ""), Self::stmt));
            self.newline();
        }
    }
}
