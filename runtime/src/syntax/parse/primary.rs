//! Operands. Each kind is read by a function of its own, which keeps the frame that all of them share small.

use super::trial::{Group, Question};
use super::{Parse, Parser};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{self, Keyword, TokenKind};
use crate::syntax::tree::{Expr, ExprKind, Quote, Regex};

impl Parser<'_> {
    /// `Primary`.
    pub(super) fn primary(&mut self) -> Parse<Box<Expr>> {
        if let Some(seed) = self.seed.take() {
            return Ok(seed);
        }
        match self.token.kind {
            TokenKind::Name => self.name_operand(),
            TokenKind::LeftParen => self.paren_operand(),
            TokenKind::LeftBracket => self.bracket_operand(),
            TokenKind::LeftBrace => self.brace_operand(),
            TokenKind::Quote(quote) => self.text_operand(quote),
            TokenKind::Keyword(keyword) => self.keyword_operand(keyword),
            TokenKind::Less => self.element_operand(),
            TokenKind::Slash | TokenKind::SlashEqual => self.regex_operand(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Parse<Box<Expr>> {
        let kind = match self.token.kind {
            TokenKind::Int(value) => ExprKind::Int(self.int(value)),
            TokenKind::Number(value) => ExprKind::Number(value),
            TokenKind::Duration(ms) => ExprKind::Duration(ms),
            _ => return Err(self.unexpected("an expression")),
        };
        let start = self.advance().start;
        Ok(self.node(start, kind))
    }

    fn int(&mut self, value: u64) -> i64 {
        i64::try_from(value).unwrap_or_else(|_| {
            let span = self.token_span(self.token);
            let found =
                Diagnostic::new(Code::E0103, span, "this int is too large: at most 9223372036854775807");
            self.report(found.help("2^63 may stand right behind a `-` only"));
            i64::MAX
        })
    }

    fn keyword_operand(&mut self, keyword: Keyword) -> Parse<Box<Expr>> {
        let kind = match keyword {
            Keyword::True => ExprKind::Bool(true),
            Keyword::False => ExprKind::Bool(false),
            Keyword::None => ExprKind::None,
            Keyword::If => return self.if_operand(),
            Keyword::Match => return self.match_operand(),
            Keyword::Fn => return self.anonymous_fn(),
            _ => return Err(self.unexpected("an expression")),
        };
        let start = self.advance().start;
        Ok(self.node(start, kind))
    }

    fn if_operand(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let parts = self.if_parts()?;
        Ok(self.node(start, ExprKind::If(parts)))
    }

    fn match_operand(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let parts = self.match_parts()?;
        Ok(self.node(start, ExprKind::Match(parts)))
    }

    fn name_operand(&mut self) -> Parse<Box<Expr>> {
        let second = self.second();
        if second.kind == TokenKind::FatArrow && !self.context.arm {
            return self.name_lambda();
        }
        if second.kind == TokenKind::LeftBrace && !second.newline {
            if self.is_word("transaction") {
                return self.transaction();
            }
            let name = self.token.text(self.text);
            if !self.context.header && (name == "response" || is_upper(name)) {
                let name = self.advance();
                return self.construct(name);
            }
        }
        let token = self.advance();
        let name = self.name_of(token);
        Ok(self.node(token.start, ExprKind::Name(name)))
    }

    fn transaction(&mut self) -> Parse<Box<Expr>> {
        let start = self.advance().start;
        let body = self.body("transaction")?;
        Ok(self.node(start, ExprKind::Transaction(body)))
    }

    fn paren_operand(&mut self) -> Parse<Box<Expr>> {
        let lambda = !self.context.arm && self.may_be_params() && self.asks(Question::ParamsArrow);
        if lambda {
            return self.params_lambda();
        }
        self.group(Group::Paren, Self::skipped_operand, |parser| parser.nested(Self::parenthesised))
    }

    /// A cheap no for most parentheses.
    fn may_be_params(&self) -> bool {
        let second = self.second();
        match second.kind {
            TokenKind::RightParen | TokenKind::Ellipsis | TokenKind::LeftBracket | TokenKind::LeftBrace => {
                true
            }
            TokenKind::Name => matches!(
                self.third_kind(second),
                TokenKind::RightParen | TokenKind::Comma | TokenKind::Colon | TokenKind::Equal
            ),
            _ => false,
        }
    }

    fn parenthesised(&mut self) -> Parse<Box<Expr>> {
        let open = self.advance();
        let open_span = self.token_span(open);
        let inner = self.within(self.context.brackets(), Self::simple)?;
        self.close(TokenKind::RightParen, open_span, "parenthesis")?;
        Ok(self.node(open.start, ExprKind::Paren(inner)))
    }

    fn text_operand(&mut self, quote: Quote) -> Parse<Box<Expr>> {
        let start = self.token.start;
        self.group(Group::Text, Self::skipped_operand, |parser| {
            let template = parser.text_in_code(quote)?;
            Ok(parser.node(start, ExprKind::Text(Box::new(template))))
        })
    }

    fn element_operand(&mut self) -> Parse<Box<Expr>> {
        if !self.at_element() {
            return Err(self.unexpected("an expression"));
        }
        let start = self.token.start;
        let element = self.element_in_code()?;
        Ok(self.node(start, ExprKind::Element(Box::new(element))))
    }

    fn regex_operand(&mut self) -> Parse<Box<Expr>> {
        let start = to_usize(self.token.start);
        let Some(ends) = lexer::regex_at(self.text, start) else {
            let span = self.token_span(self.token);
            let found = Diagnostic::new(
                Code::E0102,
                span,
                "expected an expression; as a regex this one does not end on its line",
            );
            return Err(self.fail(found));
        };
        let pattern = self.text.get(start.saturating_add(1)..ends.pattern).unwrap_or("");
        let first = ends.pattern.saturating_add(1);
        let mut flags = self.text.get(first..ends.flags).unwrap_or("");
        if let Some((at, wrong)) = flags.char_indices().find(|(_, c)| !"imsg".contains(*c)) {
            let place = first.saturating_add(at);
            // Told here; the check of the pattern goes without it.
            flags = flags.get(..at).unwrap_or("");
            let span = self.span(place, place.saturating_add(wrong.len_utf8()));
            let found = Diagnostic::new(Code::E0103, span, format!("unknown regex flag `{wrong}`"));
            self.report(found.help("the flags are i, m, s and g"));
        }
        let regex = Regex { pattern: pattern.into(), flags: flags.into() };
        self.leave_raw(ends.flags);
        Ok(self.node(crate::base::span::to_u32(start), ExprKind::Regex(Box::new(regex))))
    }

    /// Back to code behind something that was read raw and ended at `at`.
    pub(super) fn leave_raw(&mut self, at: usize) {
        self.at = at;
        self.end = crate::base::span::to_u32(at);
        self.resume();
    }
}

/// Starts it with an uppercase letter?
pub(super) fn is_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
