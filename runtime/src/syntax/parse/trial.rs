//! Questions that look-ahead cannot answer: the parser tries, forgets what it read, and remembers the answer.

use super::{Context, Failed, Parse, Parser};
use crate::base::span::to_usize;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Expr, ExprKind};

/// What is asked about an offset. The answer depends on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Do parameters start here, with `=>` or `-> Type =>` behind them?
    ParamsArrow,
    /// Does a list or map target start here, with `=>` behind it?
    TargetArrow,
    /// Does a list or map target start here, with `=` behind it?
    TargetEqual,
    /// Does a list or map target start here, with `in` or `,` behind it?
    TargetIn,
    /// Does a text or `[expr]` start here, with `:` behind it?
    MapKey,
}

/// What a trial reads at most once: where it ended is remembered, or that it cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Params,
    Target,
    Text,
    List,
    Paren,
}

impl Parser<'_> {
    /// Reads a group that starts at the token. In a trial one that an inner trial has been through is skipped, so that
    /// trials inside each other take no longer than one.
    pub(super) fn group<T>(
        &mut self,
        group: Group,
        skipped: impl FnOnce(&mut Self) -> T,
        read: impl FnOnce(&mut Self) -> Parse<T>,
    ) -> Parse<T> {
        if self.trials == 0 {
            return read(self);
        }
        let at = to_usize(self.token.start);
        match self.groups.get(&(at, group)) {
            Some(Some(end)) => {
                self.leave_raw(*end);
                return Ok(skipped(self));
            }
            Some(None) => return Err(Failed),
            None => {}
        }
        let result = read(self);
        let end = result.is_ok().then_some(to_usize(self.end));
        self.groups.insert((at, group), end);
        result
    }

    /// Stands for an operand that was skipped.
    pub(super) fn skipped_operand(&mut self) -> Box<Expr> {
        self.node(self.end, ExprKind::None)
    }

    /// Answers a question about the next token.
    pub(super) fn asks(&mut self, question: Question) -> bool {
        let at = to_usize(self.token.start);
        if let Some(&known) = self.answers.get(&(at, question)) {
            return known;
        }
        let answer = self.try_out(|parser| match question {
            Question::ParamsArrow => parser.tries_params(),
            Question::TargetArrow => parser.tries_target(&[TokenKind::FatArrow]),
            Question::TargetEqual => parser.tries_target(&[TokenKind::Equal]),
            Question::TargetIn => {
                use crate::syntax::lexer::Keyword;
                parser.tries_target(&[TokenKind::Comma, TokenKind::Keyword(Keyword::In)])
            }
            Question::MapKey => parser.tries_map_key(),
        });
        self.answers.insert((at, question), answer);
        answer
    }

    /// Runs `trial`, then puts everything back but the answers.
    fn try_out(&mut self, trial: impl FnOnce(&mut Self) -> Parse<bool>) -> bool {
        let before = Before {
            token: self.token,
            at: self.at,
            end: self.end,
            context: self.context,
            depth: self.depth,
            next_id: self.next_id,
            comments: self.comments.len(),
            open_tags: self.open_tags.len(),
        };
        let seed = self.seed.take();
        self.trials = self.trials.saturating_add(1);
        self.context = self.context.braces();
        let answer = trial(self).unwrap_or(false);
        self.trials = self.trials.saturating_sub(1);
        self.seed = seed;
        self.token = before.token;
        self.at = before.at;
        self.end = before.end;
        self.context = before.context;
        self.depth = before.depth;
        self.next_id = before.next_id;
        self.comments.truncate(before.comments);
        self.open_tags.truncate(before.open_tags);
        answer
    }

    fn tries_params(&mut self) -> Parse<bool> {
        self.params()?;
        if self.eat(TokenKind::Arrow) {
            self.type_()?;
        }
        Ok(self.is(TokenKind::FatArrow))
    }

    fn tries_target(&mut self, followers: &[TokenKind]) -> Parse<bool> {
        self.target()?;
        Ok(followers.contains(&self.token.kind))
    }

    fn tries_map_key(&mut self) -> Parse<bool> {
        if self.is(TokenKind::LeftBracket) {
            self.list_group()?;
        } else {
            self.primary()?;
        }
        Ok(self.is(TokenKind::Colon))
    }
}

struct Before {
    token: Token,
    at: usize,
    end: u32,
    context: Context,
    depth: u32,
    next_id: u32,
    comments: usize,
    open_tags: usize,
}
