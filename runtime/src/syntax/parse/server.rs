//! Statements of the server. Where they may stand is checked later.

use super::{Context, Parse, Parser};
use crate::base::span::to_usize;
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{
    Body, Every, Guard, Guards, LifecycleEvent, Method, OnHandler, Route, ServerStmt, StaticText, StmtKind,
    WsEvent,
};

impl Parser<'_> {
    /// A statement of the server, if the name that comes next starts one.
    pub(super) fn server_statement(&mut self) -> Parse<Option<StmtKind>> {
        let brace = |kind| kind == TokenKind::LeftBrace;
        let text_or_brace = |kind| brace(kind) || Self::is_quote(kind);
        match self.token.text(self.text) {
            "route" if self.method().is_some() => self.route(),
            "guards" if self.second_on_line(brace) => self.guards(),
            "guard" if self.second_on_line(|kind| kind == TokenKind::Name) => self.guard_list(),
            "validate" if self.second_on_line(brace) => self.validate(),
            "middleware" if self.second_on_line(brace) => self.block_statement(ServerStmt::Middleware),
            "ws" if self.second_on_line(text_or_brace) => self.ws(),
            "sse" if self.second_on_line(text_or_brace) => self.sse(),
            "every" if self.second_on_line(is_digits) => self.every(),
            "cron" if self.second_on_line(Self::is_quote) => {
                self.titled("a cron expression", ServerStmt::Cron)
            }
            "test" if self.second_on_line(Self::is_quote) => self.titled("a test's name", ServerStmt::Test),
            "view" if self.second_on_line(brace) => self.block_statement(ServerStmt::View),
            "onMount" if self.second_on_line(brace) => self.lifecycle(LifecycleEvent::Mount),
            "onUnmount" if self.second_on_line(brace) => self.lifecycle(LifecycleEvent::Unmount),
            "onDestroy" if self.second_on_line(brace) => self.lifecycle(LifecycleEvent::Destroy),
            "on" if self.context.ws && self.event().is_some() => self.on(),
            _ => Ok(None),
        }
    }

    /// A word and a body.
    fn block_statement(&mut self, make: fn(Body) -> ServerStmt) -> Parse<Option<StmtKind>> {
        self.advance();
        let body = self.body("block")?;
        Ok(Some(server(make(body))))
    }

    /// A word, a text and a body.
    fn titled(&mut self, what: &str, make: fn(StaticText, Body) -> ServerStmt) -> Parse<Option<StmtKind>> {
        self.advance();
        let title = self.static_text(what)?;
        let body = self.body("block")?;
        Ok(Some(server(make(title, body))))
    }

    fn lifecycle(&mut self, event: LifecycleEvent) -> Parse<Option<StmtKind>> {
        self.advance();
        let body = self.body("block")?;
        Ok(Some(server(ServerStmt::Lifecycle(event, body))))
    }

    /// The method behind `route`.
    fn method(&self) -> Option<Method> {
        let second = self.second();
        if second.newline { None } else { Method::by_name(second.text(self.text)) }
    }

    fn route(&mut self) -> Parse<Option<StmtKind>> {
        let method = self.method().unwrap_or(Method::Any);
        self.advance();
        let word = self.advance();
        let method_span = self.token_span(word);
        let path = match self.token.kind {
            TokenKind::LeftBrace => None,
            TokenKind::Slash | TokenKind::SlashEqual => Some(self.bare_path()),
            _ => Some(self.static_text("a path")?),
        };
        let body = self.body("route")?;
        Ok(Some(server(ServerStmt::Route(Route { method, method_span, path, body }))))
    }

    /// A path without quotes, up to a blank or `{`.
    fn bare_path(&mut self) -> StaticText {
        let start = to_usize(self.token.start);
        let rest = self.text.get(start..).unwrap_or("");
        let len = rest.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(rest.len());
        let text = rest.get(..len).unwrap_or("");
        let span = self.span(start, start.saturating_add(len));
        let path = StaticText { span, text: text.into() };
        self.leave_raw(to_usize(span.end));
        path
    }

    fn guards(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let open = self.advance();
        let open = self.token_span(open);
        let context = self.context.braces();
        let guards = self.within(context, |parser| {
            let mut guards = Vec::new();
            while parser.is(TokenKind::Name) {
                guards.push(parser.guard()?);
                parser.eat(TokenKind::Comma);
            }
            Ok(guards)
        })?;
        self.close(TokenKind::RightBrace, open, "guards")?;
        Ok(Some(server(ServerStmt::Guards(Guards { braced: true, guards }))))
    }

    fn guard_list(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let mut guards = vec![self.guard()?];
        while self.eat(TokenKind::Comma) {
            guards.push(self.guard()?);
        }
        Ok(Some(server(ServerStmt::Guards(Guards { braced: false, guards }))))
    }

    fn guard(&mut self) -> Parse<Guard> {
        let start = self.token.start;
        let name = self.name("a guard")?;
        let args = if self.is(TokenKind::LeftParen) && !self.token.blank { Some(self.args()?) } else { None };
        let value = if self.eat(TokenKind::Colon) { Some(self.name("a name")?) } else { None };
        Ok(Guard { span: self.since(start), name, args, value })
    }

    fn validate(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let open = self.advance();
        let open = self.token_span(open);
        let context = self.context.braces();
        let fields = self.within(context, |parser| parser.nested(Self::fields))?;
        self.close(TokenKind::RightBrace, open, "validate")?;
        Ok(Some(server(ServerStmt::Validate(fields))))
    }

    fn optional_path(&mut self) -> Parse<Option<StaticText>> {
        if self.is(TokenKind::LeftBrace) { Ok(None) } else { self.static_text("a path").map(Some) }
    }

    fn ws(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let path = self.optional_path()?;
        let context = Context { ws: true, ..self.context };
        let body = self.within(context, |parser| parser.body("ws"))?;
        Ok(Some(server(ServerStmt::Ws(path, body))))
    }

    fn sse(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let path = self.optional_path()?;
        let context = Context { sse: true, ..self.context };
        let body = self.within(context, |parser| parser.body("sse"))?;
        Ok(Some(server(ServerStmt::Sse(path, body))))
    }

    fn every(&mut self) -> Parse<Option<StmtKind>> {
        self.advance();
        let TokenKind::Duration(interval_ms) = self.token.kind else {
            return Err(self.unexpected("a duration such as `5m`"));
        };
        let token = self.advance();
        let interval_span = self.token_span(token);
        let body = self.body("job")?;
        Ok(Some(server(ServerStmt::Every(Every { interval_ms, interval_span, body }))))
    }

    /// The event behind `on`.
    fn event(&self) -> Option<WsEvent> {
        let second = self.second();
        if second.newline { None } else { WsEvent::by_name(second.text(self.text)) }
    }

    fn on(&mut self) -> Parse<Option<StmtKind>> {
        let event = self.event().unwrap_or(WsEvent::Message);
        let start = self.advance().start;
        self.advance();
        let function = self.handler(start)?;
        Ok(Some(StmtKind::On(Box::new(OnHandler { event, function }))))
    }
}

fn server(stmt: ServerStmt) -> StmtKind {
    StmtKind::Server(Box::new(stmt))
}

fn is_digits(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Duration(_) | TokenKind::Int(_) | TokenKind::Number(_) | TokenKind::Bad(_))
}
