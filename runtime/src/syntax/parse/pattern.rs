//! Patterns.

use super::primary::is_upper;
use super::{Context, Parse, Parser};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{ExprKind, Name, Pattern, PatternEntry, PatternKind};

impl Parser<'_> {
    /// Alternatives at the top of an arm, separated by `|` or `,`.
    pub(super) fn arm_patterns(&mut self) -> Parse<Vec<Pattern>> {
        let mut patterns = vec![*self.pattern()?];
        while self.eat(TokenKind::Bar) || self.eat(TokenKind::Comma) {
            patterns.push(*self.pattern()?);
        }
        Ok(patterns)
    }

    /// A pattern inside brackets, braces or a payload: `|` separates alternatives.
    fn sub_pattern(&mut self) -> Parse<Box<Pattern>> {
        let start = self.token.start;
        let first = self.pattern()?;
        if !self.is(TokenKind::Bar) {
            return Ok(first);
        }
        let mut patterns = vec![*first];
        while self.eat(TokenKind::Bar) {
            patterns.push(*self.pattern()?);
        }
        Ok(self.pattern_node(start, PatternKind::Alternatives(patterns)))
    }

    fn pattern_node(&mut self, start: u32, kind: PatternKind) -> Box<Pattern> {
        Box::new(Pattern { id: self.id(), span: self.since(start), kind })
    }

    /// `Pattern`.
    fn pattern(&mut self) -> Parse<Box<Pattern>> {
        let start = self.token.start;
        let kind = match self.token.kind {
            TokenKind::Keyword(Keyword::Is) => {
                self.advance();
                PatternKind::Is(self.arm_type()?)
            }
            TokenKind::LeftBracket => self.nested(Self::list_pattern)?,
            TokenKind::LeftBrace => self.nested(Self::map_pattern)?,
            TokenKind::Name if self.at_variant() => self.nested(Self::variant_pattern)?,
            _ => self.compared()?,
        };
        Ok(self.pattern_node(start, kind))
    }

    /// `_`, a name, or an expression.
    fn compared(&mut self) -> Parse<PatternKind> {
        let context = Context { arm: true, ..self.context };
        let expr = *self.within(context, Self::binary)?;
        Ok(match expr.kind {
            ExprKind::Name(name) if &*name.text == "_" => PatternKind::Wildcard,
            ExprKind::Name(name) => PatternKind::Name(name),
            _ => PatternKind::Expr(expr),
        })
    }

    /// `Upper(` or `Upper.Upper(`.
    fn at_variant(&self) -> bool {
        let upper = |token: crate::syntax::lexer::Token| {
            token.kind == TokenKind::Name && is_upper(token.text(self.text))
        };
        if !upper(self.token) {
            return false;
        }
        let behind = |token: crate::syntax::lexer::Token| {
            crate::syntax::lexer::token_at(self.text, crate::base::span::to_usize(token.end)).0
        };
        let second = self.second();
        if second.kind == TokenKind::LeftParen {
            return !second.blank;
        }
        if second.kind != TokenKind::Dot {
            return false;
        }
        let third = behind(second);
        let fourth = behind(third);
        upper(third) && fourth.kind == TokenKind::LeftParen && !fourth.blank
    }

    fn variant_pattern(&mut self) -> Parse<PatternKind> {
        let mut name = self.name("a variant")?;
        let mut enumeration = None;
        if self.eat(TokenKind::Dot) {
            enumeration = Some(std::mem::replace(&mut name, self.name("a variant")?));
        }
        let open = self.expect(TokenKind::LeftParen)?;
        let open = self.token_span(open);
        let payload = self.within(self.context.brackets(), Self::payload_patterns)?;
        self.close(TokenKind::RightParen, open, "pattern")?;
        Ok(PatternKind::Variant { enumeration, name, payload })
    }

    fn payload_patterns(&mut self) -> Parse<Vec<Pattern>> {
        let mut payload = vec![*self.sub_pattern()?];
        while self.eat(TokenKind::Comma) {
            payload.push(*self.sub_pattern()?);
        }
        Ok(payload)
    }

    fn list_pattern(&mut self) -> Parse<PatternKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let (items, rest) = self.within(self.context.brackets(), Self::list_pattern_inside)?;
        self.close(TokenKind::RightBracket, open, "pattern")?;
        Ok(PatternKind::List { items, rest })
    }

    fn list_pattern_inside(&mut self) -> Parse<(Vec<Pattern>, Option<Name>)> {
        let (mut items, mut rest) = (Vec::new(), None);
        if self.is(TokenKind::RightBracket) {
            return Ok((items, rest));
        }
        loop {
            if self.is(TokenKind::Ellipsis) && rest.is_none() {
                rest = Some(self.rest()?);
            } else {
                items.push(*self.sub_pattern()?);
            }
            if !self.eat(TokenKind::Comma) {
                return Ok((items, rest));
            }
        }
    }

    fn map_pattern(&mut self) -> Parse<PatternKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let (entries, rest) = self.within(self.context.brackets(), Self::map_pattern_inside)?;
        self.close(TokenKind::RightBrace, open, "pattern")?;
        Ok(PatternKind::Map { entries, rest })
    }

    fn map_pattern_inside(&mut self) -> Parse<(Vec<PatternEntry>, Option<Name>)> {
        let (mut entries, mut rest) = (Vec::new(), None);
        if self.is(TokenKind::RightBrace) {
            return Ok((entries, rest));
        }
        loop {
            if self.is(TokenKind::Ellipsis) && rest.is_none() {
                rest = Some(self.rest()?);
            } else {
                entries.push(*self.pattern_entry()?);
            }
            if !self.eat(TokenKind::Comma) {
                return Ok((entries, rest));
            }
        }
    }

    fn pattern_entry(&mut self) -> Parse<Box<PatternEntry>> {
        let plain = self.is(TokenKind::Name);
        let key = self.word("a key")?;
        let shorthand = plain && !self.is(TokenKind::Colon);
        let pattern = if shorthand {
            let bound = Name { id: self.id(), ..key.clone() };
            self.pattern_node(key.span.start, PatternKind::Name(bound))
        } else {
            self.expect(TokenKind::Colon)?;
            self.sub_pattern()?
        };
        Ok(Box::new(PatternEntry { key, pattern: *pattern, shorthand }))
    }
}
