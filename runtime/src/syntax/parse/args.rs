//! Arguments of calls, guards and decorators.

use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{Arg, Args};

impl Parser<'_> {
    /// `Args`; the token is `(`.
    pub(super) fn args(&mut self) -> Parse<Args> {
        self.nested(Self::args_parenthesised)
    }

    fn args_parenthesised(&mut self) -> Parse<Args> {
        let open = self.advance();
        let open_span = self.token_span(open);
        let args = self.within(self.context.brackets(), Self::args_inside)?;
        self.close(TokenKind::RightParen, open_span, "call")?;
        Ok(Args { span: self.since(open.start), args })
    }

    fn args_inside(&mut self) -> Parse<Vec<Arg>> {
        let mut args: Vec<Arg> = Vec::new();
        let mut named = false;
        while !self.is(TokenKind::RightParen) && !self.is(TokenKind::Eof) {
            let arg = self.arg()?;
            if named && arg.name.is_none() {
                let found =
                    Diagnostic::new(Code::E0103, arg.value.span, "a positional argument behind a named one");
                self.report(found.help("put named arguments last"));
            }
            named |= arg.name.is_some();
            args.push(arg);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(args)
    }

    fn arg(&mut self) -> Parse<Arg> {
        if self.eat(TokenKind::Ellipsis) {
            return Ok(Arg { name: None, spread: true, value: *self.expr()? });
        }
        let mut name = None;
        if self.at_word() && self.second().kind == TokenKind::Colon {
            name = Some(self.word("an argument's name")?);
            self.advance();
        }
        Ok(Arg { name, spread: false, value: *self.simple()? })
    }
}
