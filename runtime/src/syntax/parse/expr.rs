//! Expressions from assignment down to the conditional; operators of one level do not nest.

use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{
    Assign, AssignOp, AssignStep, Conditional, Expr, ExprKind, Pipeline, PostfixKind, StoreOp,
};

impl Parser<'_> {
    /// A node from `start` to what was read last.
    pub(super) fn node(&mut self, start: u32, kind: ExprKind) -> Box<Expr> {
        Box::new(Expr { id: self.id(), span: self.since(start), kind })
    }

    /// `Simple`: an expression, or assignments and the value assigned.
    pub(super) fn simple(&mut self) -> Parse<Box<Expr>> {
        let first = self.expr()?;
        match self.assign_op() {
            None => Ok(first),
            Some(_) => self.assignment(first),
        }
    }

    fn assign_op(&self) -> Option<AssignOp> {
        if self.line_ended() {
            return None;
        }
        Some(match self.token.kind {
            TokenKind::Equal => AssignOp::Set,
            TokenKind::PlusEqual => AssignOp::Add,
            TokenKind::MinusEqual => AssignOp::Subtract,
            TokenKind::StarEqual => AssignOp::Multiply,
            TokenKind::SlashEqual => AssignOp::Divide,
            TokenKind::PercentEqual => AssignOp::Remainder,
            _ => return None,
        })
    }

    fn assignment(&mut self, first: Box<Expr>) -> Parse<Box<Expr>> {
        let start = first.span.start;
        let mut steps = Vec::new();
        let mut value = first;
        while let Some(op) = self.assign_op() {
            let token = self.advance();
            let op_span = self.token_span(token);
            if !is_place(&value) {
                let found = Diagnostic::new(
                    Code::E0103,
                    value.span,
                    "only a name, a member or an index can be assigned",
                );
                return Err(self.fail(found.help("`==` compares")));
            }
            steps.push(AssignStep { place: *value, op, op_span });
            value = self.expr()?;
        }
        Ok(self.node(start, ExprKind::Assign(Box::new(Assign { steps, value: *value }))))
    }

    /// `Expr`.
    pub(super) fn expr(&mut self) -> Parse<Box<Expr>> {
        if self.seed.is_none() {
            match self.token.kind {
                TokenKind::Keyword(Keyword::Try) => return self.try_expr(),
                TokenKind::Name => {
                    if let Some(op) = self.store_op() {
                        return self.store_expr(op);
                    }
                }
                _ => {}
            }
        }
        self.conditional()
    }

    fn try_expr(&mut self) -> Parse<Box<Expr>> {
        let start = self.advance().start;
        if self.is(TokenKind::LeftBrace) {
            let parts = self.try_catch_parts()?;
            return Ok(self.node(start, ExprKind::TryCatch(parts)));
        }
        let operand = self.nested(Self::expr)?;
        Ok(self.node(start, ExprKind::Try(operand)))
    }

    fn store_expr(&mut self, op: StoreOp) -> Parse<Box<Expr>> {
        let start = self.advance().start;
        let operand = self.nested(Self::expr)?;
        Ok(self.node(start, ExprKind::Store(op, operand)))
    }

    /// `Cond`.
    fn conditional(&mut self) -> Parse<Box<Expr>> {
        let first = self.pipeline()?;
        if self.is(TokenKind::Question) { self.conditional_arms(first) } else { Ok(first) }
    }

    fn conditional_arms(&mut self, first: Box<Expr>) -> Parse<Box<Expr>> {
        let start = first.span.start;
        let mut arms = Vec::new();
        let mut condition = first;
        while self.eat(TokenKind::Question) {
            let then = self.nested(Self::expr)?;
            self.expect(TokenKind::Colon)?;
            arms.push((*condition, *then));
            condition = if self.at_prefix_keyword() { self.nested(Self::expr)? } else { self.pipeline()? };
        }
        let otherwise = *condition;
        Ok(self.node(start, ExprKind::Conditional(Box::new(Conditional { arms, otherwise }))))
    }

    /// Does `try` or an operator of the store come next, which take all that follows?
    fn at_prefix_keyword(&self) -> bool {
        self.is(TokenKind::Keyword(Keyword::Try)) || self.store_op().is_some()
    }

    fn pipeline(&mut self) -> Parse<Box<Expr>> {
        let first = self.binary()?;
        if self.is(TokenKind::Pipe) { self.pipeline_stages(first) } else { Ok(first) }
    }

    fn pipeline_stages(&mut self, first: Box<Expr>) -> Parse<Box<Expr>> {
        let start = first.span.start;
        let mut stages = Vec::new();
        while self.eat(TokenKind::Pipe) {
            let stage = self.binary()?;
            if !is_stage(&stage) {
                let found = Diagnostic::new(
                    Code::E0103,
                    stage.span,
                    "the right side of `|>` must be a name, a member or a call",
                );
                self.report(found.help("name the function first, then write `x |> name`"));
            }
            stages.push(*stage);
        }
        Ok(self.node(start, ExprKind::Pipeline(Box::new(Pipeline { first: *first, stages }))))
    }
}

/// May it stand left of an assignment operator?
pub(super) fn is_place(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Postfix(postfix) => postfix
            .ops
            .last()
            .is_some_and(|op| matches!(op.kind, PostfixKind::Member(_) | PostfixKind::Index(_))),
        _ => false,
    }
}

fn is_stage(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Postfix(postfix) => postfix.ops.last().is_some_and(|op| {
            matches!(op.kind, PostfixKind::Member(_) | PostfixKind::OptionalMember(_) | PostfixKind::Call(_))
        }),
        _ => false,
    }
}
