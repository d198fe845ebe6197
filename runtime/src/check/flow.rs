//! Statements that nothing can reach (W0002).
//!
//! Only what is certain counts: a jump, a choice whose every branch jumps, an endless loop that nothing breaks.

use super::walk::{Visit, walk_expr, walk_function, walk_stmt};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::tree::*;

/// Reports the first unreachable statement of every body.
pub fn check(file: &File, diagnostics: &mut Vec<Diagnostic>) {
    Flow { ended: false, broken: false, out: diagnostics }.body(&file.body);
}

struct Flow<'a> {
    /// Does what was visited last never go on behind itself?
    ended: bool,
    /// Was there a `break` for the innermost loop?
    broken: bool,
    out: &'a mut Vec<Diagnostic>,
}

impl Flow<'_> {
    /// Visits a part; does it end?
    fn ends(&mut self, visit: impl FnOnce(&mut Self)) -> bool {
        self.ended = false;
        visit(self);
        std::mem::replace(&mut self.ended, false)
    }

    fn branch(&mut self, branch: &Branch) -> bool {
        match branch {
            Branch::Body(body) => self.ends(|flow| flow.body(body)),
            Branch::Expr(expr) => self.ends(|flow| flow.expr(expr)),
        }
    }

    fn choice(&mut self, choice: &If) -> bool {
        let mut all = choice.otherwise.is_some();
        for arm in &choice.arms {
            self.expr(&arm.condition);
            all &= self.branch(&arm.branch);
        }
        all & choice.otherwise.as_ref().is_none_or(|otherwise| self.branch(otherwise))
    }

    fn arms(&mut self, matching: &Match) -> bool {
        self.expr(&matching.subject);
        let mut all = !matching.arms.is_empty();
        let takes_all = |arm: &Arm| {
            arm.guard.is_none()
                && arm.patterns.iter().any(|pattern| matches!(pattern.kind, PatternKind::Wildcard))
        };
        let last = matching.arms.iter().position(takes_all).and_then(|at| at.checked_add(1));
        if let Some(arm) = last.and_then(|last| matching.arms.get(last)) {
            let text = "unreachable: an arm before takes everything";
            self.out.push(Diagnostic::new(Code::W0002, arm.span, text));
        }
        for arm in &matching.arms {
            arm.guard.iter().for_each(|guard| self.expr(guard));
            all &= match &arm.body {
                ArmBody::Body(body) => self.ends(|flow| flow.body(body)),
                ArmBody::Expr(expr) => self.ends(|flow| flow.expr(expr)),
                ArmBody::Jump(jump, span) => self.ends(|flow| flow.jump(jump, *span)),
            };
        }
        all
    }

    fn attempt(&mut self, attempt: &TryCatch) -> bool {
        let body = self.ends(|flow| flow.body(&attempt.body));
        let handler = self.ends(|flow| flow.body(&attempt.handler));
        body && handler
    }

    fn endless(&mut self, stmt: &While) -> bool {
        self.expr(&stmt.condition);
        let outer = std::mem::replace(&mut self.broken, false);
        self.body(&stmt.body);
        let broken = std::mem::replace(&mut self.broken, outer);
        matches!(stmt.condition.kind, ExprKind::Bool(true)) && !broken
    }

    /// Declarations are seen from everywhere, so it does not matter where they stand.
    fn is_declaration(stmt: &Stmt) -> bool {
        matches!(
            stmt.kind,
            StmtKind::Function(_)
                | StmtKind::Entity(_)
                | StmtKind::Enum(_)
                | StmtKind::TypeAlias(_)
                | StmtKind::Import
                | StmtKind::Server(_)
                | StmtKind::On(_)
                | StmtKind::Error
        )
    }
}

impl<'t> Visit<'t> for Flow<'_> {
    fn body(&mut self, body: &'t Body) {
        let mut ended = false;
        let mut reported = false;
        for stmt in &body.stmts {
            if ended && !reported && !Self::is_declaration(stmt) {
                let text = "unreachable: what stands before never goes on to here";
                self.out.push(Diagnostic::new(Code::W0002, stmt.span, text));
                reported = true;
            }
            ended |= self.ends(|flow| flow.stmt(stmt));
        }
        self.ended = ended;
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        self.ended = match &stmt.kind {
            StmtKind::If(choice) => self.choice(choice),
            StmtKind::Match(matching) => self.arms(matching),
            StmtKind::TryCatch(attempt) => self.attempt(attempt),
            StmtKind::While(stmt) => self.endless(stmt),
            StmtKind::Output(Output::Body(body)) => self.ends(|flow| flow.body(body)),
            StmtKind::Jump(jump) => self.ends(|flow| flow.jump(jump, stmt.span)),
            _ => {
                walk_stmt(self, stmt);
                false
            }
        };
    }

    fn jump(&mut self, jump: &'t Jump, _span: Span) {
        match jump {
            Jump::Return(Some(value)) | Jump::Throw(value) => self.expr(value),
            Jump::Break => self.broken = true,
            Jump::Return(None) | Jump::Continue => {}
        }
        self.ended = true;
    }

    fn expr(&mut self, expr: &'t Expr) {
        self.ended = match &expr.kind {
            ExprKind::If(choice) => self.choice(choice),
            ExprKind::Match(matching) => self.arms(matching),
            ExprKind::TryCatch(attempt) => self.attempt(attempt),
            ExprKind::Paren(inner) => self.ends(|flow| flow.expr(inner)),
            _ => {
                walk_expr(self, expr);
                false
            }
        };
    }

    fn function(&mut self, function: &'t Function) {
        let outer = std::mem::replace(&mut self.broken, false);
        walk_function(self, function);
        self.broken = outer;
        self.ended = false;
    }
}
