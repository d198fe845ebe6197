//! What starts with `[`: lists, bracket maps, lambdas with a list target.

use super::trial::{Group, Question};
use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{Expr, ExprKind, ListItem, MapEntry, MapKey, MapLiteral, MapStyle};

struct Item {
    spread: bool,
    value: Box<Expr>,
    /// Behind a colon.
    mapped: Option<Box<Expr>>,
}

impl Parser<'_> {
    /// An operand that starts with `[`.
    pub(super) fn bracket_operand(&mut self) -> Parse<Box<Expr>> {
        if !self.context.arm && self.may_be_target() && self.asks(Question::TargetArrow) {
            return self.target_lambda();
        }
        self.list_group()
    }

    pub(super) fn list_group(&mut self) -> Parse<Box<Expr>> {
        self.group(Group::List, Self::skipped_operand, |parser| parser.nested(Self::list_or_map))
    }

    /// A cheap no for most lists: a target starts with a name, a bracket or its end.
    pub(super) fn may_be_target(&self) -> bool {
        matches!(
            self.second().kind,
            TokenKind::Name
                | TokenKind::Keyword(_)
                | TokenKind::LeftBracket
                | TokenKind::LeftBrace
                | TokenKind::RightBracket
                | TokenKind::Ellipsis
        )
    }

    fn list_or_map(&mut self) -> Parse<Box<Expr>> {
        let open = self.advance();
        let open_span = self.token_span(open);
        if self.is(TokenKind::Colon) && self.second().kind == TokenKind::RightBracket {
            self.advance();
            self.advance();
            let empty = MapLiteral { style: MapStyle::Bracket, entries: Vec::new() };
            return Ok(self.node(open.start, ExprKind::Map(Box::new(empty))));
        }
        let items = self.within(self.context.brackets(), Self::items)?;
        self.close(TokenKind::RightBracket, open_span, "list")?;
        let kind = self.list_of(items)?;
        Ok(self.node(open.start, kind))
    }

    fn items(&mut self) -> Parse<Vec<Item>> {
        let mut items = Vec::new();
        while !self.is(TokenKind::RightBracket) && !self.is(TokenKind::Eof) {
            let spread = self.eat(TokenKind::Ellipsis);
            let value = self.expr()?;
            let mapped = if !spread && self.eat(TokenKind::Colon) { Some(self.expr()?) } else { None };
            items.push(Item { spread, value, mapped });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(items)
    }

    /// One colon makes it a map, and then each item needs one.
    fn list_of(&mut self, items: Vec<Item>) -> Parse<ExprKind> {
        if items.iter().all(|item| item.mapped.is_none()) {
            let items = items.into_iter().map(|item| ListItem { spread: item.spread, value: *item.value });
            return Ok(ExprKind::List(items.collect()));
        }
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            entries.push(match item.mapped {
                Some(value) => MapEntry::Pair(MapKey::Expr(*item.value), *value),
                None if item.spread => MapEntry::Spread(*item.value),
                None => {
                    let found =
                        Diagnostic::new(Code::E0103, item.value.span, "this entry of a map has no value");
                    return Err(self.fail(found.help("write `key: value`")));
                }
            });
        }
        Ok(ExprKind::Map(Box::new(MapLiteral { style: MapStyle::Bracket, entries })))
    }

    /// `[expr]`, the computed key of a brace map; the token is `[`.
    pub(super) fn bracketed_expr(&mut self) -> Parse<Box<Expr>> {
        let open = self.advance();
        let open = self.token_span(open);
        let key = self.within(self.context.brackets(), Self::expr)?;
        self.close(TokenKind::RightBracket, open, "key")?;
        Ok(key)
    }
}
