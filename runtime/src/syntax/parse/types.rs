//! Types.

use super::{Parse, Parser};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{Name, Type, TypeKind};

impl Parser<'_> {
    /// `Type`.
    pub(super) fn type_(&mut self) -> Parse<Type> {
        self.union(false)
    }

    /// The type behind `is` in an arm: `|` goes on with the type only while a type's name follows.
    pub(super) fn arm_type(&mut self) -> Parse<Type> {
        self.union(true)
    }

    /// The type behind the operator `is`.
    pub(super) fn is_operand(&mut self) -> Parse<Type> {
        self.union(self.context.arm)
    }

    fn union(&mut self, in_arm: bool) -> Parse<Type> {
        let start = self.token.start;
        let first = self.single_type()?;
        if !self.at_alternative(in_arm) {
            return Ok(first);
        }
        let mut types = vec![first];
        while self.at_alternative(in_arm) {
            self.advance();
            types.push(self.single_type()?);
        }
        Ok(self.type_node(start, TypeKind::Union(types)))
    }

    fn at_alternative(&self, in_arm: bool) -> bool {
        if !self.is(TokenKind::Bar) || self.line_ended() {
            return false;
        }
        let second = self.second();
        !in_arm || (names_type(second.kind) && second.text(self.text) != "_")
    }

    fn type_node(&mut self, start: u32, kind: TypeKind) -> Type {
        Type { id: self.id(), span: self.since(start), kind }
    }

    fn single_type(&mut self) -> Parse<Type> {
        let start = self.token.start;
        let kind = match self.token.kind {
            TokenKind::LeftBracket => self.nested(Self::list_type)?,
            TokenKind::LeftParen => self.nested(Self::function_type)?,
            _ => self.named_type()?,
        };
        let ty = self.type_node(start, kind);
        // A function's result has taken the `?` behind it.
        if self.is(TokenKind::Question) && !self.token.blank {
            self.advance();
            return Ok(self.type_node(start, TypeKind::Optional(Box::new(ty))));
        }
        Ok(ty)
    }

    fn named_type(&mut self) -> Parse<TypeKind> {
        if !names_type(self.token.kind) {
            return Err(self.unexpected("a type"));
        }
        let token = self.advance();
        let mut name = self.name_of(token);
        match token.kind {
            TokenKind::Keyword(Keyword::Fn) => name.text = "function".into(),
            TokenKind::Keyword(Keyword::None) => name.text = "none".into(),
            _ => {}
        }
        let generic = token.kind == TokenKind::Name && self.is(TokenKind::Less) && !self.token.newline;
        let args = if generic { self.nested(Self::type_args)? } else { Vec::new() };
        Ok(TypeKind::Named { name, args })
    }

    fn type_args(&mut self) -> Parse<Vec<Type>> {
        let open = self.advance();
        let open = self.token_span(open);
        let mut args = vec![self.type_()?];
        while self.eat(TokenKind::Comma) {
            args.push(self.type_()?);
        }
        self.close_angle(open)?;
        Ok(args)
    }

    /// `>`, or the first half of `>=`.
    fn close_angle(&mut self, open: crate::base::Span) -> Parse<()> {
        if self.is(TokenKind::GreaterEqual) {
            self.token.kind = TokenKind::Equal;
            self.token.start = self.token.start.saturating_add(1);
            self.token.blank = false;
            self.end = self.token.start;
            return Ok(());
        }
        self.close(TokenKind::Greater, open, "type arguments")
    }

    fn list_type(&mut self) -> Parse<TypeKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let (key, value) = self.within(self.context.brackets(), |parser| {
            let key = parser.type_()?;
            let value = if parser.eat(TokenKind::Colon) { Some(parser.type_()?) } else { None };
            Ok((key, value))
        })?;
        self.close(TokenKind::RightBracket, open, "type")?;
        Ok(match value {
            Some(value) => TypeKind::Map(Box::new(key), Box::new(value)),
            None => TypeKind::List(Box::new(key)),
        })
    }

    fn function_type(&mut self) -> Parse<TypeKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let params = self.within(self.context.brackets(), Self::param_types)?;
        self.close(TokenKind::RightParen, open, "type")?;
        self.expect(TokenKind::Arrow)?;
        let result = Box::new(self.type_()?);
        Ok(TypeKind::Function { params, result })
    }

    fn param_types(&mut self) -> Parse<Vec<Type>> {
        let mut params = Vec::new();
        while !self.is(TokenKind::RightParen) {
            params.push(self.type_()?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(params)
    }

    /// `TypeParams`, where they may stand.
    pub(super) fn type_params(&mut self) -> Parse<Vec<Name>> {
        if !self.is(TokenKind::Less) {
            return Ok(Vec::new());
        }
        let open = self.advance();
        let open = self.token_span(open);
        let mut names = vec![self.name("a type parameter")?];
        while self.eat(TokenKind::Comma) {
            names.push(self.name("a type parameter")?);
        }
        self.close(TokenKind::Greater, open, "type parameters")?;
        Ok(names)
    }
}

/// The keywords are the kinds `none` and `function`.
fn names_type(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Name | TokenKind::Keyword(Keyword::Fn | Keyword::None))
}
