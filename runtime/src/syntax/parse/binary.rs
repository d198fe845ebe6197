//! Infix and prefix operators, by precedence, on an explicit stack.

use super::{Parse, Parser};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::lexer::{Keyword, TokenKind};
use crate::syntax::tree::{BinaryOp, Chain, Expr, ExprKind, Link, LinkRight, Range, UnaryOp};

/// Levels of the reference, turned so that a higher one binds tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Equality,
    Comparison,
    Range,
    Sum,
    Product,
}

#[derive(Clone, Copy)]
enum Infix {
    Link(BinaryOp),
    Range { exclusive: bool },
}

/// Operands and operators of one level whose last right side is not yet complete.
struct Open {
    level: Level,
    infix: Infix,
    infix_span: Span,
    /// What stands left of `infix`.
    first: Box<Expr>,
    rest: Vec<Link>,
}

impl Parser<'_> {
    /// `Binary`.
    pub(super) fn binary(&mut self) -> Parse<Box<Expr>> {
        let operand = self.unary()?;
        if self.infix().is_none() { Ok(operand) } else { self.binary_rest(operand) }
    }

    fn binary_rest(&mut self, first: Box<Expr>) -> Parse<Box<Expr>> {
        let mut open: Vec<Open> = Vec::new();
        let mut operand = first;
        while let Some((infix, level)) = self.infix() {
            while let Some(inner) = open.pop_if(|inner| inner.level > level) {
                operand = self.finish(inner, operand);
            }
            let infix_span = self.take_infix(infix);
            if matches!(infix, Infix::Link(BinaryOp::Is)) {
                operand = self.is_type(&mut open, operand, infix_span)?;
                continue;
            }
            let next = match open.pop_if(|same| same.level == level) {
                Some(same) => self.extend(same, operand, infix, infix_span)?,
                None if level == Level::Comparison => {
                    let (first, rest) = reopen(operand);
                    Open { level, infix, infix_span, first, rest }
                }
                None => Open { level, infix, infix_span, first: operand, rest: Vec::new() },
            };
            open.push(next);
            operand = self.unary()?;
        }
        while let Some(inner) = open.pop() {
            operand = self.finish(inner, operand);
        }
        Ok(operand)
    }

    /// Takes the operator's tokens.
    fn take_infix(&mut self, infix: Infix) -> Span {
        let start = self.advance().start;
        if matches!(infix, Infix::Link(BinaryOp::NotIn)) {
            self.advance();
        }
        self.since(start)
    }

    /// `operand is Type`: complete at once, and itself the left side of what follows.
    fn is_type(&mut self, open: &mut Vec<Open>, operand: Box<Expr>, op_span: Span) -> Parse<Box<Expr>> {
        let ty = self.is_operand()?;
        let link = Link { id: self.id(), op: BinaryOp::Is, op_span, right: LinkRight::Type(ty) };
        let (first, mut rest) = match open.pop_if(|same| same.level == Level::Comparison) {
            Some(same) => self.extend_links(same, operand),
            None => reopen(operand),
        };
        rest.push(link);
        let start = first.span.start;
        Ok(self.node(start, ExprKind::Chain(Box::new(Chain { first: *first, rest }))))
    }

    fn extend(&mut self, same: Open, operand: Box<Expr>, infix: Infix, infix_span: Span) -> Parse<Open> {
        let level = same.level;
        if level == Level::Range {
            let found = Diagnostic::new(Code::E0103, infix_span, "ranges do not chain");
            return Err(self.fail(found.help("put the inner range in parentheses")));
        }
        let (first, rest) = self.extend_links(same, operand);
        Ok(Open { level, infix, infix_span, first, rest })
    }

    fn extend_links(&mut self, same: Open, operand: Box<Expr>) -> (Box<Expr>, Vec<Link>) {
        let Open { infix, infix_span, first, mut rest, .. } = same;
        if let Infix::Link(op) = infix {
            rest.push(Link { id: self.id(), op, op_span: infix_span, right: LinkRight::Expr(*operand) });
        }
        (first, rest)
    }

    fn finish(&mut self, inner: Open, operand: Box<Expr>) -> Box<Expr> {
        let start = inner.first.span.start;
        match inner.infix {
            Infix::Range { exclusive } => {
                let range = Range { start: *inner.first, end: *operand, exclusive };
                self.node(start, ExprKind::Range(Box::new(range)))
            }
            Infix::Link(_) => {
                let (first, rest) = self.extend_links(inner, operand);
                self.node(start, ExprKind::Chain(Box::new(Chain { first: *first, rest })))
            }
        }
    }

    /// The infix operator that the next token is, unless it starts a new statement.
    fn infix(&self) -> Option<(Infix, Level)> {
        let (op, level) = match self.token.kind {
            TokenKind::OrOr => (BinaryOp::Or, Level::Or),
            TokenKind::QuestionQuestion => (BinaryOp::Coalesce, Level::Or),
            TokenKind::QuestionColon => (BinaryOp::Elvis, Level::Or),
            TokenKind::AndAnd => (BinaryOp::And, Level::And),
            _ if self.line_ended() => return None,
            TokenKind::DotDot => return Some((Infix::Range { exclusive: false }, Level::Range)),
            TokenKind::DotDotLess => return Some((Infix::Range { exclusive: true }, Level::Range)),
            TokenKind::EqualEqual => (BinaryOp::Equal, Level::Equality),
            TokenKind::BangEqual => (BinaryOp::NotEqual, Level::Equality),
            TokenKind::Less => (BinaryOp::Less, Level::Comparison),
            TokenKind::LessEqual => (BinaryOp::LessEqual, Level::Comparison),
            TokenKind::Greater => (BinaryOp::Greater, Level::Comparison),
            TokenKind::GreaterEqual => (BinaryOp::GreaterEqual, Level::Comparison),
            TokenKind::Keyword(Keyword::Is) => (BinaryOp::Is, Level::Comparison),
            TokenKind::Keyword(Keyword::In) => (BinaryOp::In, Level::Comparison),
            TokenKind::Name if self.at_not_in() => (BinaryOp::NotIn, Level::Comparison),
            TokenKind::Plus => (BinaryOp::Add, Level::Sum),
            TokenKind::Minus => (BinaryOp::Subtract, Level::Sum),
            TokenKind::PlusPlus => (BinaryOp::Concat, Level::Sum),
            TokenKind::Star => (BinaryOp::Multiply, Level::Product),
            TokenKind::Slash => (BinaryOp::Divide, Level::Product),
            TokenKind::Percent => (BinaryOp::Remainder, Level::Product),
            _ => return None,
        };
        Some((Infix::Link(op), level))
    }

    fn at_not_in(&self) -> bool {
        let second = if self.is_word("not") { Some(self.second()) } else { None };
        second.is_some_and(|second| second.kind == TokenKind::Keyword(Keyword::In) && !second.newline)
    }

    /// `Unary`.
    pub(super) fn unary(&mut self) -> Parse<Box<Expr>> {
        if self.seed.is_none()
            && let Some(op) = self.prefix()
        {
            return self.prefixed(op);
        }
        let operand = self.postfix()?;
        if self.is(TokenKind::StarStar) && !self.line_ended() { self.power(operand) } else { Ok(operand) }
    }

    fn prefix(&self) -> Option<UnaryOp> {
        match self.token.kind {
            TokenKind::Bang => Some(UnaryOp::Not),
            TokenKind::Minus => Some(UnaryOp::Negate),
            TokenKind::Name => self.word_prefix(),
            _ => None,
        }
    }

    fn prefixed(&mut self, op: UnaryOp) -> Parse<Box<Expr>> {
        let start = self.advance().start;
        if op == UnaryOp::Negate && self.is(TokenKind::Int(i64::MIN.unsigned_abs())) && !self.token.blank {
            return self.least_int(start);
        }
        let operand = self.nested(Self::unary)?;
        Ok(self.node(start, ExprKind::Unary(op, operand)))
    }

    /// -2^63, whose digits alone are no int: so nothing that binds closer than the `-` may follow.
    fn least_int(&mut self, start: u32) -> Parse<Box<Expr>> {
        self.advance();
        let literal = self.node(start, ExprKind::Int(i64::MIN));
        let is_base = self.is(TokenKind::StarStar) && !self.line_ended();
        if !is_base && !self.at_postfix() {
            return Ok(literal);
        }
        let found = Diagnostic::new(Code::E0103, literal.span, "this int is too large for what follows it");
        self.report(found.help("write `(-9223372036854775808)`: what follows binds closer than the `-`"));
        if is_base { self.power(literal) } else { self.postfix_ops(literal) }
    }

    fn power(&mut self, first: Box<Expr>) -> Parse<Box<Expr>> {
        let start = first.span.start;
        let mut operands = vec![*first];
        while self.is(TokenKind::StarStar) && !self.line_ended() {
            self.advance();
            if self.prefix().is_some() {
                // It takes the rest of the run as its own operand.
                operands.push(*self.nested(Self::unary)?);
                break;
            }
            operands.push(*self.postfix()?);
        }
        Ok(self.node(start, ExprKind::Power(operands)))
    }
}

/// A comparison that ended in `is Type` goes on in the same chain.
fn reopen(operand: Box<Expr>) -> (Box<Expr>, Vec<Link>) {
    match *operand {
        Expr { kind: ExprKind::Chain(chain), .. }
            if matches!(chain.rest.last(), Some(Link { right: LinkRight::Type(_), .. })) =>
        {
            (Box::new(chain.first), chain.rest)
        }
        operand => (Box::new(operand), Vec::new()),
    }
}
