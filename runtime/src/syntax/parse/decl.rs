//! Declarations: entities, enums, types, `server fn`, imports.

use super::{Context, Parse, Parser};
use crate::base::span::to_usize;
use crate::syntax::lexer::{self, Keyword, TokenKind};
use crate::syntax::tree::{
    Decorator, EntityDecl, EntityMember, EnumDecl, Field, Payload, StmtKind, TypeAlias, Variant,
};

impl Parser<'_> {
    /// A declaration, if the name that comes next starts one.
    pub(super) fn declaration(&mut self) -> Parse<Option<StmtKind>> {
        let name = |kind| kind == TokenKind::Name;
        let import = |kind| name(kind) || kind == TokenKind::LeftBrace || Self::is_quote(kind);
        let kind = match self.token.text(self.text) {
            "entity" if self.second_on_line(name) => self.entity()?,
            "enum" if self.second_on_line(name) => self.enumeration()?,
            "type" if self.second_on_line(name) => self.type_alias()?,
            "server" if self.second_on_line(|kind| kind == TokenKind::Keyword(Keyword::Fn)) => {
                self.fn_statement()?
            }
            "import" | "export" if self.second_on_line(import) => self.import(),
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    /// To the end of the line, whatever stands there.
    fn import(&mut self) -> StmtKind {
        let end = lexer::line_end(self.text, to_usize(self.token.start));
        self.leave_raw(end);
        StmtKind::Import
    }

    fn type_alias(&mut self) -> Parse<StmtKind> {
        self.advance();
        let name = self.name("a name for the type")?;
        self.expect(TokenKind::Equal)?;
        let ty = self.type_()?;
        Ok(StmtKind::TypeAlias(Box::new(TypeAlias { name, ty })))
    }

    fn enumeration(&mut self) -> Parse<StmtKind> {
        self.advance();
        let name = self.name("a name for the enum")?;
        let type_params = self.type_params()?;
        let open = self.expect(TokenKind::LeftBrace)?;
        let open = self.token_span(open);
        let context = self.context.braces();
        let variants = self.within(context, |parser| parser.nested(Self::variants))?;
        self.close(TokenKind::RightBrace, open, "enum")?;
        Ok(StmtKind::Enum(Box::new(EnumDecl { name, type_params, variants })))
    }

    fn variants(&mut self) -> Parse<Vec<Variant>> {
        let mut variants = Vec::new();
        while self.is(TokenKind::Name) {
            let start = self.token.start;
            let name = self.name("a variant")?;
            let payload = if self.is(TokenKind::LeftParen) { self.payload()? } else { Vec::new() };
            variants.push(Variant { span: self.since(start), name, payload });
            self.eat(TokenKind::Comma);
        }
        Ok(variants)
    }

    fn payload(&mut self) -> Parse<Vec<Payload>> {
        let open = self.advance();
        let open = self.token_span(open);
        let context = self.context.brackets();
        let payload = self.within(context, |parser| {
            let mut payload = vec![parser.payload_value()?];
            while parser.eat(TokenKind::Comma) {
                payload.push(parser.payload_value()?);
            }
            Ok(payload)
        })?;
        self.close(TokenKind::RightParen, open, "payload")?;
        Ok(payload)
    }

    fn payload_value(&mut self) -> Parse<Payload> {
        let mut name = None;
        if self.is(TokenKind::Name) && self.second().kind == TokenKind::Colon {
            name = Some(self.name("a name")?);
            self.advance();
        }
        Ok(Payload { name, ty: self.type_()? })
    }

    fn entity(&mut self) -> Parse<StmtKind> {
        self.advance();
        let name = self.name("a name for the entity")?;
        let open = self.expect(TokenKind::LeftBrace)?;
        let open = self.token_span(open);
        let context = self.context.braces();
        let members = self.within(context, |parser| parser.nested(Self::members))?;
        self.close(TokenKind::RightBrace, open, "entity")?;
        Ok(StmtKind::Entity(Box::new(EntityDecl { name, members })))
    }

    fn members(&mut self) -> Parse<Vec<EntityMember>> {
        let mut members = Vec::new();
        loop {
            if self.is(TokenKind::At) {
                members.push(EntityMember::Decorator(self.decorator()?));
            } else if self.at_word() {
                members.push(EntityMember::Field(self.field()?));
            } else {
                return Ok(members);
            }
            self.eat(TokenKind::Comma);
        }
    }

    /// Fields up to something that is none.
    pub(super) fn fields(&mut self) -> Parse<Vec<Field>> {
        let mut fields = Vec::new();
        while self.at_word() {
            fields.push(self.field()?);
            self.eat(TokenKind::Comma);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Parse<Field> {
        let start = self.token.start;
        let name = self.word("a field's name")?;
        self.expect(TokenKind::Colon)?;
        let ty = self.type_()?;
        let mut decorators = Vec::new();
        self.decorators(&mut decorators)?;
        let mut default = None;
        if self.eat(TokenKind::Equal) {
            let context = Context { field: true, ..self.context };
            default = Some(*self.within(context, Self::binary)?);
            self.decorators(&mut decorators)?;
        }
        Ok(Field { id: self.id(), span: self.since(start), name, ty, default, decorators })
    }

    /// Decorators of the field, those on lines of their own included.
    fn decorators(&mut self, decorators: &mut Vec<Decorator>) -> Parse<()> {
        while self.is(TokenKind::At) && !self.at_entity_decorator() {
            decorators.push(self.decorator()?);
        }
        Ok(())
    }

    /// `@unique(…)` or `@index(…)` on a line of its own belongs to the entity.
    fn at_entity_decorator(&self) -> bool {
        let second = self.second();
        self.token.newline
            && matches!(second.text(self.text), "unique" | "index")
            && self.third_kind(second) == TokenKind::LeftParen
    }

    fn decorator(&mut self) -> Parse<Decorator> {
        let start = self.advance().start;
        let name = self.word("a decorator's name")?;
        let args = if self.is(TokenKind::LeftParen) { Some(self.args()?) } else { None };
        Ok(Decorator { span: self.since(start), name, args })
    }
}
