//! Attributes.

use super::{Parse, Parser};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{self, TokenKind};
use crate::syntax::tree::{Attr, AttrKind, AttrValue, Body, Expr, Literal, Name, Quote};

impl Parser<'_> {
    /// An attribute at the raw offset, which moves behind it.
    pub(super) fn attr(&mut self) -> Parse<Attr> {
        let start = self.at;
        let kind =
            if lexer::byte_at(self.text, start) == b'{' { self.spread_attr()? } else { self.named_attr()? };
        Ok(Attr { span: self.span(start, self.at), kind })
    }

    fn spread_attr(&mut self) -> Parse<AttrKind> {
        let open = self.span(self.at, self.at.saturating_add(1));
        self.at = self.at.saturating_add(1);
        self.resume();
        self.expect(TokenKind::Ellipsis)?;
        let context = self.context.braces();
        let expr = self.within(context, |parser| parser.nested(Self::expr))?;
        self.end_of_braces(open, "attribute")?;
        Ok(AttrKind::Spread(*expr))
    }

    fn named_attr(&mut self) -> Parse<AttrKind> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        let starts = rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@' | ':'));
        if !starts {
            let len = rest.chars().next().map_or(0, char::len_utf8);
            let found = self.span(start, start.saturating_add(len));
            self.at = start.saturating_add(len);
            self.resume();
            let found = Diagnostic::new(Code::E0103, found, "expected an attribute, `>` or `/>`");
            return Err(self.fail(found));
        }
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '@');
        let len = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
        self.at = start.saturating_add(len);
        let name = Name {
            id: self.id(),
            span: self.span(start, self.at),
            text: rest.get(..len).unwrap_or("").into(),
        };
        let equals = self.blanks_end(self.at);
        if lexer::byte_at(self.text, equals) != b'=' {
            return Ok(AttrKind::Named(name, AttrValue::Bare));
        }
        self.at = self.blanks_end(equals.saturating_add(1));
        Ok(AttrKind::Named(name, self.attr_value()?))
    }

    fn attr_value(&mut self) -> Parse<AttrValue> {
        match lexer::byte_at(self.text, self.at) {
            b'"' => self.text(Quote::Double, true).map(AttrValue::Text),
            b'\'' => self.text(Quote::Single, true).map(AttrValue::Text),
            b'{' if self.control_word_at(self.at.saturating_add(1)) => {
                Ok(AttrValue::Control(self.control(super::control::Place::Code)?))
            }
            b'{' => self.braced("attribute").map(AttrValue::Braced),
            _ => self.unquoted(),
        }
    }

    fn unquoted(&mut self) -> Parse<AttrValue> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        let ends = |c: char| c.is_whitespace() || "\"'=<>`{}".contains(c);
        let len = rest.find(ends).unwrap_or(rest.len());
        self.at = start.saturating_add(len);
        let span = self.span(start, self.at);
        if len == 0 {
            self.resume();
            return Err(self.fail(Diagnostic::new(
                Code::E0103,
                span,
                "expected the attribute's value behind `=`",
            )));
        }
        Ok(AttrValue::Unquoted(Literal { span, text: rest.get(..len).unwrap_or("").into() }))
    }

    /// Statements in braces at the raw offset, which moves behind the `}`.
    pub(super) fn braced(&mut self, what: &str) -> Parse<Body> {
        self.enter()?;
        let before = self.set_context(self.context.braces());
        let body = self.braced_inside(what);
        self.context = before;
        self.leave();
        body
    }

    fn braced_inside(&mut self, what: &str) -> Parse<Body> {
        let start = self.at;
        let open = self.span(start, start.saturating_add(1));
        self.at = start.saturating_add(1);
        self.resume();
        let id = self.id();
        let stmts = self.braced_statements()?;
        self.end_of_braces(open, what)?;
        Ok(Body { id, span: self.span(start, self.at), stmts })
    }

    /// An expression in braces at the raw offset, which moves behind the `}`.
    pub(super) fn braced_operand(&mut self, what: &str) -> Parse<Box<Expr>> {
        let open = self.span(self.at, self.at.saturating_add(1));
        self.at = to_usize(open.end);
        self.resume();
        let context = self.context.braces();
        let expr = self.within(context, |parser| parser.nested(Self::expr))?;
        self.end_of_braces(open, what)?;
        Ok(expr)
    }
}
