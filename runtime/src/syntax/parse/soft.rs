//! Soft keywords: names, unless what follows on their line makes them more.

use super::Parser;
use crate::syntax::lexer::{Keyword, Token, TokenKind};
use crate::syntax::tree::{Quote, StoreOp, UnaryOp};

impl Parser<'_> {
    /// Is the token an operator of the store?
    pub(super) fn store_op(&self) -> Option<StoreOp> {
        if self.token.kind != TokenKind::Name {
            return None;
        }
        let op = match self.token.text(self.text) {
            "save" => StoreOp::Save,
            "delete" => StoreOp::Delete,
            "restore" => StoreOp::Restore,
            "destroy" => StoreOp::Destroy,
            _ => return None,
        };
        self.second_is_operand_name().then_some(op)
    }

    /// A name on the same line that is no word of an enclosing construct.
    fn second_is_operand_name(&self) -> bool {
        let second = self.second();
        second.kind == TokenKind::Name
            && !second.newline
            && !matches!(second.text(self.text), "then" | "as" | "not")
    }

    /// Is the token `typeof` or `new` as an operator? Either takes any operand; `new(x)` is a call.
    pub(super) fn word_prefix(&self) -> Option<UnaryOp> {
        let op = match self.token.text(self.text) {
            "typeof" => UnaryOp::Typeof,
            "new" => UnaryOp::New,
            _ => return None,
        };
        let second = self.second();
        if second.newline {
            return None;
        }
        let operand = match second.kind {
            TokenKind::Name => self.second_is_operand_name(),
            TokenKind::LeftParen => second.blank || op == UnaryOp::Typeof,
            TokenKind::LeftBracket | TokenKind::Minus | TokenKind::Slash => {
                second.blank && self.stands_alone_before(second)
            }
            TokenKind::Less => second.blank && self.element_at(second.start),
            kind => starts_operand(kind),
        };
        operand.then_some(op)
    }

    /// Is nothing between the token and what follows it? A `-` or `/` with blanks on both sides is infix.
    fn stands_alone_before(&self, token: Token) -> bool {
        let behind = crate::syntax::lexer::byte_at(self.text, crate::base::span::to_usize(token.end));
        !matches!(token.kind, TokenKind::Minus | TokenKind::Slash) || !matches!(behind, b' ' | b'\t' | b'\n')
    }

    /// Is an operand of `emit`, `wait` or `assert` behind the token?
    pub(super) fn second_is_operand(&self, call_is_keyword: bool) -> bool {
        let second = self.second();
        if second.newline {
            return false;
        }
        match second.kind {
            TokenKind::Name => !matches!(second.text(self.text), "then" | "as" | "not"),
            TokenKind::LeftParen => call_is_keyword,
            TokenKind::LeftBracket | TokenKind::Minus => second.blank && self.stands_alone_before(second),
            TokenKind::Less => second.blank && self.element_at(second.start),
            kind => starts_operand(kind),
        }
    }

    /// Does the name have that kind of token behind it on its line?
    pub(super) fn second_on_line(&self, wanted: impl Fn(TokenKind) -> bool) -> bool {
        let second = self.second();
        !second.newline && wanted(second.kind)
    }

    /// A double- or single-quoted text.
    pub(super) const fn is_quote(kind: TokenKind) -> bool {
        matches!(kind, TokenKind::Quote(Quote::Double | Quote::Single | Quote::Backtick))
    }
}

/// Kinds that only an operand starts with; names, brackets and `-` need a closer look.
fn starts_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Int(_)
            | TokenKind::Number(_)
            | TokenKind::Duration(_)
            | TokenKind::Quote(_)
            | TokenKind::LeftBrace
            | TokenKind::Bang
            | TokenKind::Keyword(
                Keyword::True
                    | Keyword::False
                    | Keyword::None
                    | Keyword::If
                    | Keyword::Match
                    | Keyword::Fn
                    | Keyword::Try
            )
    )
}
