//! What follows an operand without a gap: calls, indices, members, `@`, `++` and `--`.

use super::expr::is_place;
use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{Expr, ExprKind, Postfix, PostfixKind, PostfixOp, Slice, UnaryOp};

impl Parser<'_> {
    /// `Postfix`.
    pub(super) fn postfix(&mut self) -> Parse<Box<Expr>> {
        let base = self.primary()?;
        if self.at_postfix() { self.postfix_ops(base) } else { Ok(base) }
    }

    pub(super) fn at_postfix(&self) -> bool {
        match self.token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => !self.token.blank,
            TokenKind::Dot | TokenKind::QuestionDot => true,
            TokenKind::At => !self.token.newline && !self.context.field,
            TokenKind::PlusPlus | TokenKind::MinusMinus => self.at_step(),
            _ => false,
        }
    }

    /// Is this `++` or `--` postfix?
    fn at_step(&self) -> bool {
        let behind = self.byte_behind();
        let ended = matches!(behind, b' ' | b'\t' | b'\r' | b'\n' | b')' | b']' | b'}' | b',' | b';');
        !self.token.blank && (ended || crate::base::span::to_usize(self.token.end) == self.text.len())
    }

    pub(super) fn postfix_ops(&mut self, base: Box<Expr>) -> Parse<Box<Expr>> {
        let start = base.span.start;
        let mut postfix = Box::new(Postfix { base: *base, ops: Vec::new() });
        while self.at_postfix() {
            let op = self.postfix_op()?;
            let stepped = matches!(op.kind, PostfixKind::Increment | PostfixKind::Decrement);
            if stepped && !steps_place(&postfix) {
                let found =
                    Diagnostic::new(Code::E0103, op.span, "only a name, a member or an index can be stepped");
                return Err(self.fail(found));
            }
            postfix.ops.push(op);
        }
        Ok(self.node(start, ExprKind::Postfix(postfix)))
    }

    fn postfix_op(&mut self) -> Parse<PostfixOp> {
        let start = self.token.start;
        let kind = match self.token.kind {
            TokenKind::LeftParen => PostfixKind::Call(self.args()?),
            TokenKind::LeftBracket => self.nested(Self::index)?,
            TokenKind::PlusPlus => {
                self.advance();
                PostfixKind::Increment
            }
            TokenKind::MinusMinus => {
                self.advance();
                PostfixKind::Decrement
            }
            TokenKind::At => {
                self.advance();
                PostfixKind::At(*self.at_operand()?)
            }
            TokenKind::QuestionDot => {
                self.advance();
                PostfixKind::OptionalMember(self.word("a member's name")?)
            }
            _ => {
                self.advance();
                PostfixKind::Member(self.word("a member's name")?)
            }
        };
        Ok(PostfixOp { id: self.id(), span: self.since(start), kind })
    }

    /// `[ "-" ] Primary` behind `@`.
    fn at_operand(&mut self) -> Parse<Box<Expr>> {
        if !self.is(TokenKind::Minus) {
            return self.primary();
        }
        let start = self.advance().start;
        let operand = self.primary()?;
        Ok(self.node(start, ExprKind::Unary(UnaryOp::Negate, operand)))
    }

    fn index(&mut self) -> Parse<PostfixKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let kind = self.within(self.context.brackets(), Self::index_inside)?;
        self.close(TokenKind::RightBracket, open, "index")?;
        Ok(kind)
    }

    fn index_inside(&mut self) -> Parse<PostfixKind> {
        let start = if self.is(TokenKind::Colon) { None } else { Some(self.expr()?) };
        if !self.eat(TokenKind::Colon) {
            return match start {
                Some(index) => Ok(PostfixKind::Index(*index)),
                None => Err(self.unexpected("an index")),
            };
        }
        let end = self.slice_bound()?;
        let step = if self.eat(TokenKind::Colon) { self.slice_bound()? } else { None };
        Ok(PostfixKind::Slice(Box::new(Slice {
            start: start.map(unbox),
            end: end.map(unbox),
            step: step.map(unbox),
        })))
    }

    fn slice_bound(&mut self) -> Parse<Option<Box<Expr>>> {
        if self.is(TokenKind::Colon) || self.is(TokenKind::RightBracket) {
            return Ok(None);
        }
        self.expr().map(Some)
    }
}

fn steps_place(postfix: &Postfix) -> bool {
    match postfix.ops.last() {
        Some(op) => matches!(op.kind, PostfixKind::Member(_) | PostfixKind::Index(_)),
        None => is_place(&postfix.base),
    }
}

fn unbox(expr: Box<Expr>) -> Expr {
    *expr
}
