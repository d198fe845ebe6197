//! Statements: which one starts here, and lists of them.

use super::trial::Question;
use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::{self, Keyword, TokenKind};
use crate::syntax::tree::{
    Assert, Body, Destructure, Emit, Jump, Output, StaticText, Stmt, StmtKind, VarDecl,
};

impl Parser<'_> {
    /// Every statement of the file, to its very end.
    pub(super) fn file_statements(&mut self) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        loop {
            // Only a statement list inside a trial can fail, and none is running.
            if let Ok(more) = self.statements() {
                stmts.extend(more);
            }
            if self.is(TokenKind::Eof) {
                return stmts;
            }
            // A brace on the line of something that could not be read is an echo of that.
            let echo =
                !self.token.newline && matches!(stmts.last(), Some(Stmt { kind: StmtKind::Error, .. }));
            if !echo {
                let _ = self.unexpected("a statement");
            }
            self.advance();
        }
    }

    /// `Body`: statements in braces.
    pub(super) fn body(&mut self, what: &'static str) -> Parse<Body> {
        self.enter()?;
        let before = self.set_context(self.context.braces());
        let body = self.body_inside(what);
        self.context = before;
        self.leave();
        body
    }

    fn body_inside(&mut self, what: &str) -> Parse<Body> {
        let open = self.expect(TokenKind::LeftBrace)?;
        let open_span = self.token_span(open);
        let id = self.id();
        let (first, told) = (self.token.kind, self.diagnostics.len());
        let keyed = first == TokenKind::Name && self.second().kind == TokenKind::Colon;
        let stmts = self.statements()?;
        if stmts.iter().take(2).any(|stmt| matches!(stmt.kind, StmtKind::Error)) {
            self.hint_at_map(told, keyed || first == TokenKind::Ellipsis, Self::is_quote(first));
        }
        self.close(TokenKind::RightBrace, open_span, what)?;
        Ok(Body { id, span: self.since(open.start), stmts })
    }

    /// A body that could not be read, and that may have been meant for a map: certainly by its beginning, or by a text
    /// there if it is the colon behind it that nothing was expected of.
    fn hint_at_map(&mut self, told: usize, certain: bool, by_text: bool) {
        if let Some(found) = self.diagnostics.get_mut(told)
            && found.help.is_none()
            && (certain || by_text && found.message.ends_with("found `:`"))
        {
            found.help = Some("these braces hold statements; a map there is written `({ … })`".to_owned());
        }
    }

    /// Statements up to a `}`, the end of the file or, in a control block, its next tag.
    pub(super) fn statements(&mut self) -> Parse<Vec<Stmt>> {
        let mut stmts = Vec::new();
        loop {
            while self.eat(TokenKind::Semicolon) {}
            if self.at_statements_end() {
                return Ok(stmts);
            }
            let start = self.token.start;
            let depth = self.depth;
            match self.statement(&mut stmts) {
                Ok(()) => {}
                Err(failed) if self.trials > 0 => return Err(failed),
                Err(_) => {
                    self.depth = depth;
                    stmts.push(self.error_statement(start));
                }
            }
        }
    }

    fn at_statements_end(&self) -> bool {
        match self.token.kind {
            TokenKind::Eof | TokenKind::RightBrace => true,
            TokenKind::LeftBrace => {
                self.context.block && self.at_block_tag(crate::base::span::to_usize(self.token.start))
            }
            _ => false,
        }
    }

    fn error_statement(&mut self, start: u32) -> Stmt {
        self.seed = None;
        if self.token.start == start && !self.token.newline && !self.is(TokenKind::Eof) {
            // Nothing was read: make sure that something is.
            self.advance();
        }
        self.skip_statement(start);
        Stmt { id: self.id(), span: self.since(start), kind: StmtKind::Error }
    }

    /// `Term`.
    pub(super) fn terminated(&mut self) -> Parse<()> {
        if self.eat(TokenKind::Semicolon) || self.token.newline || self.at_statements_end() {
            return Ok(());
        }
        let last = lexer::byte_at(self.text, crate::base::span::to_usize(self.end).saturating_sub(1));
        if matches!(last, b'}' | b'>') {
            return Ok(());
        }
        Err(self.unexpected("a line break or `;` to end the statement"))
    }

    fn statement(&mut self, stmts: &mut Vec<Stmt>) -> Parse<()> {
        let start = self.token.start;
        let kind = self.statement_kind()?;
        stmts.push(self.statement_node(start, kind));
        self.terminated()
    }

    fn statement_kind(&mut self) -> Parse<StmtKind> {
        let first = self.token.kind;
        match first {
            TokenKind::Keyword(keyword) => self.keyword_statement(keyword),
            TokenKind::Name => self.name_statement(),
            TokenKind::LeftBrace => self.brace_statement(),
            TokenKind::LeftBracket if self.may_be_target() && self.asks(Question::TargetEqual) => {
                self.destructure()
            }
            TokenKind::Less if self.at_element() => self.element_statement(),
            _ => self.simple_statement(),
        }
    }

    pub(super) fn statement_node(&mut self, start: u32, kind: StmtKind) -> Stmt {
        Stmt { id: self.id(), span: self.since(start), kind }
    }

    pub(super) fn simple_statement(&mut self) -> Parse<StmtKind> {
        Ok(StmtKind::Expr(*self.simple()?))
    }

    fn element_statement(&mut self) -> Parse<StmtKind> {
        let element = self.element_in_code()?;
        Ok(StmtKind::Output(Output::Element(Box::new(element))))
    }

    fn keyword_statement(&mut self, keyword: Keyword) -> Parse<StmtKind> {
        match keyword {
            Keyword::If => self.if_parts().map(StmtKind::If),
            Keyword::Match => self.match_parts().map(StmtKind::Match),
            Keyword::For => self.for_parts().map(StmtKind::For),
            Keyword::While => self.while_parts().map(StmtKind::While),
            Keyword::Try if self.second().kind == TokenKind::LeftBrace => {
                self.advance();
                self.try_catch_parts().map(StmtKind::TryCatch)
            }
            Keyword::Fn if self.second().kind == TokenKind::Name => self.fn_statement(),
            Keyword::Return | Keyword::Break | Keyword::Continue | Keyword::Throw => {
                self.jump().map(StmtKind::Jump)
            }
            _ => self.simple_statement(),
        }
    }

    /// `Jump`.
    pub(super) fn jump(&mut self) -> Parse<Jump> {
        let keyword = self.advance();
        Ok(match keyword.kind {
            TokenKind::Keyword(Keyword::Return) => {
                if self.at_value_end() {
                    Jump::Return(None)
                } else {
                    Jump::Return(Some(self.simple()?))
                }
            }
            TokenKind::Keyword(Keyword::Throw) => Jump::Throw(self.expr()?),
            TokenKind::Keyword(Keyword::Break) => Jump::Break,
            _ => Jump::Continue,
        })
    }

    /// Is there nothing for a `return` to take?
    fn at_value_end(&self) -> bool {
        self.token.newline
            || matches!(self.token.kind, TokenKind::Semicolon | TokenKind::Comma)
            || self.at_statements_end()
    }

    fn name_statement(&mut self) -> Parse<StmtKind> {
        if self.second().kind == TokenKind::Colon {
            return self.var_decl();
        }
        match self.token.text(self.text) {
            "emit" if self.second_is_operand(self.context.sse) => self.emit(),
            "wait" if self.second_is_operand(self.context.sse) => {
                self.advance();
                Ok(StmtKind::Wait(*self.expr()?))
            }
            "assert" if self.second_is_operand(true) => self.assert(),
            _ => self.soft_statement(),
        }
    }

    fn soft_statement(&mut self) -> Parse<StmtKind> {
        if let Some(kind) = self.declaration()? {
            return Ok(kind);
        }
        if let Some(kind) = self.server_statement()? {
            return Ok(kind);
        }
        self.simple_statement()
    }

    fn var_decl(&mut self) -> Parse<StmtKind> {
        let name = self.name("a name")?;
        self.expect(TokenKind::Colon)?;
        let ty = self.type_()?;
        self.expect(TokenKind::Equal)?;
        let value = self.expr()?;
        Ok(StmtKind::VarDecl(Box::new(VarDecl { name, ty, value: *value })))
    }

    fn emit(&mut self) -> Parse<StmtKind> {
        self.advance();
        let value = self.expr()?;
        let mut name = None;
        if self.is_word("as") && !self.token.newline {
            self.advance();
            let TokenKind::Quote(quote) = self.token.kind else {
                return Err(self.unexpected("the event's name as text"));
            };
            name = Some(self.text_in_code(quote)?);
        }
        Ok(StmtKind::Emit(Box::new(Emit { value: *value, name })))
    }

    fn assert(&mut self) -> Parse<StmtKind> {
        self.advance();
        let condition = self.expr()?;
        let note = if self.eat(TokenKind::Comma) { Some(*self.expr()?) } else { None };
        Ok(StmtKind::Assert(Box::new(Assert { condition: *condition, note })))
    }

    fn destructure(&mut self) -> Parse<StmtKind> {
        let target = self.target()?;
        self.expect(TokenKind::Equal)?;
        let value = self.expr()?;
        Ok(StmtKind::Destructure(Box::new(Destructure { target, value: *value })))
    }

    /// A statement that starts with `{`.
    fn brace_statement(&mut self) -> Parse<StmtKind> {
        if self.at_control() {
            let control = self.control_in_code()?;
            return Ok(StmtKind::Output(Output::Control(control)));
        }
        let word = matches!(self.second().kind, TokenKind::Name | TokenKind::Keyword(_));
        if word && self.asks(Question::TargetEqual) {
            return self.destructure();
        }
        if self.at_target_lambda() || self.at_map_entry() {
            return self.simple_statement();
        }
        Ok(StmtKind::Output(Output::Body(self.body("block")?)))
    }

    /// The first statement between braces in content: a `{` that comes first is in operand position.
    pub(super) fn braced_statements(&mut self) -> Parse<Vec<Stmt>> {
        let mut stmts = Vec::new();
        if self.is(TokenKind::LeftBrace) && !self.at_control() {
            let start = self.token.start;
            match self.operand_statement(&mut stmts) {
                Ok(()) => {}
                Err(failed) if self.trials > 0 => return Err(failed),
                Err(_) => stmts.push(self.error_statement(start)),
            }
        }
        stmts.extend(self.statements()?);
        Ok(stmts)
    }

    fn operand_statement(&mut self, stmts: &mut Vec<Stmt>) -> Parse<()> {
        let start = self.token.start;
        let kind = self.simple_statement()?;
        stmts.push(self.statement_node(start, kind));
        self.terminated()
    }

    /// Text that may not compute anything.
    pub(super) fn static_text(&mut self, what: &str) -> Parse<StaticText> {
        let TokenKind::Quote(quote) = self.token.kind else { return Err(self.unexpected(what)) };
        let template = self.text_in_code(quote)?;
        if let Some(text) = template.as_static() {
            return Ok(StaticText { span: template.span, text });
        }
        let found = Diagnostic::new(Code::E0103, template.span, format!("{what} cannot be computed"));
        Err(self.fail(found.help("a literal `{` is written `{{` or `\\{`")))
    }
}
