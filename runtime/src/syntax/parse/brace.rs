//! What starts with `{` where an operand, a statement or an arm's body is expected.

use super::trial::Question;
use super::{Parse, Parser};
use crate::syntax::lexer::{self, TokenKind};
use crate::syntax::tree::{
    Construct, Expr, ExprKind, Function, FunctionBody, FunctionKind, MapEntry, MapKey, MapLiteral, MapStyle,
};

impl Parser<'_> {
    /// An operand that starts with `{`.
    pub(super) fn brace_operand(&mut self) -> Parse<Box<Expr>> {
        if self.context.header {
            return Err(self.unexpected("an expression"));
        }
        if self.at_control() {
            return self.control_operand();
        }
        if self.at_target_lambda() {
            return self.target_lambda();
        }
        let second = self.second();
        let shorthand = second.kind == TokenKind::Name
            && matches!(self.third_kind(second), TokenKind::RightBrace | TokenKind::Comma);
        if second.kind == TokenKind::RightBrace || shorthand || self.at_map_entry() {
            return self.brace_map();
        }
        self.deferred()
    }

    pub(super) fn at_target_lambda(&mut self) -> bool {
        let word = matches!(self.second().kind, TokenKind::Name | TokenKind::Keyword(_));
        word && !self.context.arm && self.asks(Question::TargetArrow)
    }

    /// The kind of the token behind `second`.
    pub(super) fn third_kind(&self, second: lexer::Token) -> TokenKind {
        lexer::token_at(self.text, crate::base::span::to_usize(second.end)).0.kind
    }

    /// Is the first item behind `{` one that only a map has: `Word :`, `Text :`, `[Expr] :` or `...`?
    pub(super) fn at_map_entry(&mut self) -> bool {
        let second = self.second();
        match second.kind {
            TokenKind::Ellipsis => true,
            TokenKind::Name | TokenKind::Keyword(_) => self.third_kind(second) == TokenKind::Colon,
            TokenKind::Quote(_) | TokenKind::LeftBracket => self.asks_behind_brace(),
            _ => false,
        }
    }

    /// Asks about what stands behind the `{` that is the next token.
    fn asks_behind_brace(&mut self) -> bool {
        let (token, at, end, comments) = (self.token, self.at, self.end, self.comments.len());
        self.advance();
        let answer = self.asks(Question::MapKey);
        (self.token, self.at, self.end) = (token, at, end);
        self.comments.truncate(comments);
        answer
    }

    /// A map in braces as an operand.
    pub(super) fn brace_map(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let entries = self.nested(Self::entries)?;
        Ok(self.node(start, ExprKind::Map(Box::new(MapLiteral { style: MapStyle::Brace, entries }))))
    }

    /// `Name { … }` behind its name, or `response { … }`.
    pub(super) fn construct(&mut self, name: lexer::Token) -> Parse<Box<Expr>> {
        let entries = self.nested(Self::entries)?;
        let kind = if name.text(self.text) == "response" {
            ExprKind::Response(entries)
        } else {
            ExprKind::Construct(Box::new(Construct { name: self.name_of(name), entries }))
        };
        Ok(self.node(name.start, kind))
    }

    fn entries(&mut self) -> Parse<Vec<MapEntry>> {
        let open = self.advance();
        let open = self.token_span(open);
        let entries = self.within(self.context.braces(), Self::entries_inside)?;
        self.close(TokenKind::RightBrace, open, "map")?;
        Ok(entries)
    }

    fn entries_inside(&mut self) -> Parse<Vec<MapEntry>> {
        let mut entries = Vec::new();
        while !self.is(TokenKind::RightBrace) && !self.is(TokenKind::Eof) {
            entries.push(self.entry()?);
            if !self.eat(TokenKind::Comma) && !self.token.newline {
                break;
            }
        }
        Ok(entries)
    }

    fn entry(&mut self) -> Parse<MapEntry> {
        let key = match self.token.kind {
            TokenKind::Ellipsis => {
                self.advance();
                return Ok(MapEntry::Spread(*self.expr()?));
            }
            TokenKind::Quote(_) => MapKey::Expr(*self.primary()?),
            TokenKind::LeftBracket => MapKey::Computed(*self.nested(Self::bracketed_expr)?),
            TokenKind::Name if self.second().kind != TokenKind::Colon => {
                return self.name("a key").map(MapEntry::Shorthand);
            }
            _ => MapKey::Word(self.word("a key")?),
        };
        self.expect(TokenKind::Colon)?;
        Ok(MapEntry::Pair(key, *self.expr()?))
    }

    /// A block that runs when it is called.
    fn deferred(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let id = self.id();
        let body = FunctionBody::Body(self.body("block")?);
        let function = Function {
            id,
            span: self.since(start),
            kind: FunctionKind::Deferred,
            name: None,
            type_params: Vec::new(),
            params: Vec::new(),
            result: None,
            body,
        };
        Ok(self.node(start, ExprKind::Function(Box::new(function))))
    }

    /// Is the token a `{` with `if`, `for`, `each`, `while` or `match` right behind it?
    pub(super) fn at_control(&self) -> bool {
        self.is(TokenKind::LeftBrace) && self.control_word_at(crate::base::span::to_usize(self.token.end))
    }

    /// Does one of the words that open a control block stand at the offset?
    pub(super) fn control_word_at(&self, at: usize) -> bool {
        let end = lexer::name_end(self.text, at);
        matches!(self.text.get(at..end), Some("if" | "for" | "each" | "while" | "match"))
    }

    fn control_operand(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let control = self.control_in_code()?;
        Ok(self.node(start, ExprKind::Control(control)))
    }
}
