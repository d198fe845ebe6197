//! `if`, `for`, `while`, `try`.

use super::trial::Question;
use super::{Context, Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{Branch, Expr, For, ForHead, If, IfArm, Name, Target, TargetKind, TryCatch, While};

impl Parser<'_> {
    /// `Head`: an expression in which `{` opens the body.
    pub(super) fn head(&mut self) -> Parse<Box<Expr>> {
        self.enter()?;
        let context = Context { header: true, arm: false, ..self.context };
        let before = self.set_context(context);
        let head = self.expr();
        self.context = before;
        self.leave();
        head
    }

    /// `If`; the token is `if`.
    pub(super) fn if_parts(&mut self) -> Parse<Box<If>> {
        self.advance();
        let condition = self.head()?;
        self.if_behind(condition)
    }

    /// `If` behind its first condition; `else if` does not nest.
    pub(super) fn if_behind(&mut self, first: Box<Expr>) -> Parse<Box<If>> {
        let mut arms = Vec::new();
        let mut condition = first;
        loop {
            let branch = self.arm_branch()?;
            arms.push(IfArm { condition: *condition, branch });
            if !self.eat(TokenKind::Keyword(Keyword::Else)) {
                return Ok(Box::new(If { arms, otherwise: None }));
            }
            if !self.is(TokenKind::Keyword(Keyword::If)) {
                let otherwise = Some(self.else_branch()?);
                return Ok(Box::new(If { arms, otherwise }));
            }
            self.advance();
            condition = self.head()?;
        }
    }

    fn arm_branch(&mut self) -> Parse<Branch> {
        if self.is(TokenKind::LeftBrace) {
            return self.body("block").map(Branch::Body);
        }
        if self.is_word("then") {
            self.advance();
            return self.nested(Self::simple).map(|expr| Branch::Expr(*expr));
        }
        Err(self.unexpected("`{` or `then` behind the condition"))
    }

    fn else_branch(&mut self) -> Parse<Branch> {
        if self.is(TokenKind::LeftBrace) {
            self.body("block").map(Branch::Body)
        } else {
            self.nested(Self::simple).map(|expr| Branch::Expr(*expr))
        }
    }

    /// `For`; the token is `for`.
    pub(super) fn for_parts(&mut self) -> Parse<Box<For>> {
        self.advance();
        let head = self.for_head()?;
        let body = self.body("loop")?;
        Ok(Box::new(For { head: *head, body }))
    }

    /// `While`; the token is `while`.
    pub(super) fn while_parts(&mut self) -> Parse<Box<While>> {
        self.advance();
        let condition = self.head()?;
        let body = self.body("loop")?;
        Ok(Box::new(While { condition: *condition, body }))
    }

    /// `ForHead`.
    pub(super) fn for_head(&mut self) -> Parse<Box<ForHead>> {
        self.enter()?;
        let context = Context { header: true, arm: false, ..self.context };
        let before = self.set_context(context);
        let head = self.for_head_inside();
        self.context = before;
        self.leave();
        head
    }

    fn for_head_inside(&mut self) -> Parse<Box<ForHead>> {
        if self.at_target_in() {
            let target = self.target()?;
            let position =
                if self.eat(TokenKind::Comma) { Some(self.name("a name for the position")?) } else { None };
            return self.for_in(target, position);
        }
        if let Some((target, position)) = self.parenthesised_names()? {
            return self.for_in(target, Some(position));
        }
        let start = self.simple()?;
        self.expect(TokenKind::Semicolon)?;
        let condition = self.expr()?;
        self.expect(TokenKind::Semicolon)?;
        let step = self.simple()?;
        Ok(Box::new(ForHead::Steps { start: *start, condition: *condition, step: *step }))
    }

    fn at_target_in(&mut self) -> bool {
        match self.token.kind {
            TokenKind::Name => {
                matches!(self.second().kind, TokenKind::Comma | TokenKind::Keyword(Keyword::In))
            }
            TokenKind::LeftBracket | TokenKind::LeftBrace => {
                self.may_be_target() && self.asks(Question::TargetIn)
            }
            _ => false,
        }
    }

    fn for_in(&mut self, target: Target, position: Option<Name>) -> Parse<Box<ForHead>> {
        self.expect(TokenKind::Keyword(Keyword::In))?;
        let subject = self.expr()?;
        Ok(Box::new(ForHead::In { target, position, subject: *subject }))
    }

    /// `(a, b)` of a loop's head.
    fn parenthesised_names(&mut self) -> Parse<Option<(Target, Name)>> {
        let second = self.second();
        let pair = self.is(TokenKind::LeftParen)
            && second.kind == TokenKind::Name
            && self.third_kind(second) == TokenKind::Comma;
        if !pair {
            return Ok(None);
        }
        self.advance();
        let name = self.name("a name")?;
        self.expect(TokenKind::Comma)?;
        let position = self.name("a name")?;
        self.expect(TokenKind::RightParen)?;
        let target = Target { span: name.span, kind: TargetKind::Name(name) };
        Ok(Some((target, position)))
    }

    /// Behind `try`: two bodies.
    pub(super) fn try_catch_parts(&mut self) -> Parse<Box<TryCatch>> {
        let body = self.body("`try` block")?;
        if !self.is(TokenKind::Keyword(Keyword::Catch)) {
            let end = crate::base::Span { start: body.span.end.saturating_sub(1), ..body.span };
            let found = Diagnostic::new(Code::E0102, end, "`try { … }` needs a `catch` block");
            return Err(
                self.fail(found.help("write `catch err { … }` behind it, or `try` before an expression"))
            );
        }
        self.advance();
        let name = if self.is(TokenKind::Name) { Some(self.name("a name")?) } else { None };
        let handler = self.body("`catch` block")?;
        Ok(Box::new(TryCatch { body, name, handler }))
    }
}
