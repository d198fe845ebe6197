//! Targets of assignments, loops and parameters.

use super::trial::Group;
use super::{Parse, Parser};
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{Name, Target, TargetEntry, TargetKind};

impl Parser<'_> {
    /// `Target`.
    pub(super) fn target(&mut self) -> Parse<Target> {
        let start = self.token.start;
        let kind = match self.token.kind {
            TokenKind::LeftBracket => self.target_group(Self::list_target)?,
            TokenKind::LeftBrace => self.target_group(Self::map_target)?,
            _ => TargetKind::Name(self.name("a name")?),
        };
        Ok(Target { span: self.since(start), kind })
    }

    fn target_group(&mut self, read: fn(&mut Self) -> Parse<TargetKind>) -> Parse<TargetKind> {
        let skipped = |_: &mut Self| TargetKind::List { items: Vec::new(), rest: None };
        self.group(Group::Target, skipped, |parser| parser.nested(read))
    }

    fn list_target(&mut self) -> Parse<TargetKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let (items, rest) = self.within(self.context.brackets(), Self::list_target_inside)?;
        self.close(TokenKind::RightBracket, open, "target")?;
        Ok(TargetKind::List { items, rest })
    }

    fn list_target_inside(&mut self) -> Parse<(Vec<Target>, Option<Name>)> {
        let (mut items, mut rest) = (Vec::new(), None);
        if self.is(TokenKind::RightBracket) {
            return Ok((items, rest));
        }
        loop {
            if self.is(TokenKind::Ellipsis) && rest.is_none() {
                rest = Some(self.rest()?);
            } else {
                items.push(self.target()?);
            }
            if !self.eat(TokenKind::Comma) {
                return Ok((items, rest));
            }
        }
    }

    fn map_target(&mut self) -> Parse<TargetKind> {
        let open = self.advance();
        let open = self.token_span(open);
        let (entries, rest) = self.within(self.context.brackets(), Self::map_target_inside)?;
        self.close(TokenKind::RightBrace, open, "target")?;
        Ok(TargetKind::Map { entries, rest })
    }

    fn map_target_inside(&mut self) -> Parse<(Vec<TargetEntry>, Option<Name>)> {
        let (mut entries, mut rest) = (Vec::new(), None);
        loop {
            if !entries.is_empty() && rest.is_none() && self.is(TokenKind::Ellipsis) {
                rest = Some(self.rest()?);
            } else {
                entries.push(self.target_entry()?);
            }
            if !self.eat(TokenKind::Comma) {
                return Ok((entries, rest));
            }
        }
    }

    /// `...name` in a target or pattern; reading goes on where it is not the last, so that nothing else is said.
    pub(super) fn rest(&mut self) -> Parse<Name> {
        let start = self.advance().start;
        let name = self.name("a name for the rest")?;
        if self.is(TokenKind::Comma) {
            let found = Diagnostic::new(Code::E0103, self.since(start), "the rest stands last");
            if matches!(self.second().kind, TokenKind::RightBracket | TokenKind::RightBrace) {
                return Err(self.fail(found.help("leave out the comma behind it")));
            }
            self.report(found.help(format!("write `...{}` behind everything else", name.text)));
        }
        Ok(name)
    }

    fn target_entry(&mut self) -> Parse<TargetEntry> {
        let plain = self.is(TokenKind::Name);
        let key = self.word("a key")?;
        let shorthand = plain && !self.is(TokenKind::Colon);
        let target = if shorthand {
            let bound = Name { id: self.id(), ..key.clone() };
            Target { span: key.span, kind: TargetKind::Name(bound) }
        } else {
            self.expect(TokenKind::Colon)?;
            self.target()?
        };
        Ok(TargetEntry { key, target, shorthand })
    }
}
