//! `match` and its arms.

use super::{Context, Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{Arm, ArmBody, ExprKind, Match};

impl Parser<'_> {
    /// `Match`; the token is `match`.
    pub(super) fn match_parts(&mut self) -> Parse<Box<Match>> {
        self.advance();
        let subject = self.head()?;
        self.enter()?;
        let before = self.set_context(self.context.braces());
        let arms = self.arms();
        self.context = before;
        self.leave();
        Ok(Box::new(Match { subject: *subject, arms: arms? }))
    }

    fn arms(&mut self) -> Parse<Vec<Arm>> {
        let open = self.expect(TokenKind::LeftBrace)?;
        let open = self.token_span(open);
        let mut arms = Vec::new();
        while !self.is(TokenKind::RightBrace) {
            if self.is(TokenKind::Eof) {
                return Err(self.unterminated(open, "match"));
            }
            arms.push(*self.arm()?);
            if self.is(TokenKind::Semicolon) {
                let found =
                    Diagnostic::new(Code::E0103, self.token_span(self.token), "an arm ends without a `;`");
                self.report(found.help("put a comma or a line break between two arms"));
                while self.eat(TokenKind::Semicolon) || self.eat(TokenKind::Comma) {}
            } else {
                self.eat(TokenKind::Comma);
            }
        }
        self.advance();
        Ok(arms)
    }

    fn arm(&mut self) -> Parse<Box<Arm>> {
        let start = self.token.start;
        let context = Context { arm: true, ..self.context };
        let patterns = self.within(context, Self::arm_patterns)?;
        let guard = if self.eat(TokenKind::Keyword(Keyword::If)) {
            let context = Context { arm: true, header: true, ..self.context };
            Some(*self.within(context, Self::expr)?)
        } else {
            None
        };
        if !self.eat(TokenKind::Arrow) {
            if !self.is(TokenKind::FatArrow) {
                return Err(self.unexpected("`->` behind the pattern"));
            }
            self.advance();
        }
        let body = self.arm_body()?;
        Ok(Box::new(Arm { id: self.id(), span: self.since(start), patterns, guard, body }))
    }

    fn arm_body(&mut self) -> Parse<ArmBody> {
        let first = self.token.kind;
        match first {
            TokenKind::Keyword(Keyword::Return | Keyword::Break | Keyword::Continue | Keyword::Throw) => {
                let start = self.token.start;
                let jump = self.jump()?;
                Ok(ArmBody::Jump(jump, self.since(start)))
            }
            TokenKind::LeftBrace if self.at_control() => {
                let start = self.token.start;
                let control = self.control_in_code()?;
                Ok(ArmBody::Expr(*self.node(start, ExprKind::Control(control))))
            }
            TokenKind::LeftBrace if !self.at_map_entry() => self.body("arm").map(ArmBody::Body),
            _ => Ok(ArmBody::Expr(*self.simple()?)),
        }
    }
}
