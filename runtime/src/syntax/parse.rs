//! Text to tree, by recursive descent.
//!
//! - P1 Linear: one token of look-ahead, a second one for soft keywords. The few questions that need more (is this `(` a
//!   lambda's, is this `{` a map?) are answered by trying, and each answer is remembered by its offset, so the time is at
//!   most proportional to length times depth.
//! - P2 Bounded: every recursion passes [`Parser::nested`], which refuses what is nested deeper than the limit; that
//!   finding ends the parse, so a hostile file yields one.
//! - P3 Recovering: a statement that cannot be read becomes [`StmtKind::Error`](super::tree::StmtKind::Error), and
//!   reading goes on behind it.
//!
//! Modes: in code the parser holds one token ahead. Text templates and elements are read from [`Parser::at`], the raw
//! offset, and whoever returns to code calls [`Parser::resume`].

#![expect(
    clippy::unnecessary_box_returns,
    clippy::boxed_local,
    reason = "a pointer instead of a node keeps the frames small that recursion piles up"
)]

mod args;
mod arm;
mod attr;
mod binary;
mod brace;
mod content;
mod control;
mod decl;
mod element;
mod expr;
mod flow;
mod function;
mod list;
mod pattern;
mod postfix;
mod primary;
mod recover;
mod server;
mod soft;
mod stmt;
mod target;
mod template;
mod trial;
mod types;

use super::lexer::{self, Token, TokenKind};
use super::tree::{self, Comment, Expr, Name, NodeId};
use crate::base::guard::{Guard, off};
use crate::base::span::{to_u32, to_usize};
use crate::base::{Code, Diagnostic, FileId, Span};
use std::collections::HashMap;

/// How much a source may nest and how much is said about it.
#[derive(Clone, Copy, Debug)]
pub struct ParseLimits {
    /// Brackets, blocks, prefix operators and elements inside each other.
    pub depth_max: u32,
    /// Findings for one file.
    pub diagnostics_max: usize,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self { depth_max: 256, diagnostics_max: 100 }
    }
}

/// A tree, and what is wrong with its source.
#[derive(Debug)]
pub struct Parsed {
    /// What could be read; complete when there are no diagnostics.
    pub file: tree::File,
    /// In the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses one file. Offsets in the result count the bytes of `text`.
pub fn parse(file: FileId, text: &str, limits: ParseLimits) -> Parsed {
    let mut parser = Parser::new(file, text, limits);
    let id = parser.id();
    let stmts = parser.file_statements();
    let body = tree::Body { id, span: Span::new(file, 0, to_u32(text.len())), stmts };
    let mut diagnostics = parser.diagnostics;
    diagnostics.sort_by_key(|found| (found.span.start, found.span.end));
    let file = tree::File { body, node_count: parser.next_id, comments: parser.comments };
    Parsed { file, diagnostics }
}

/// The finding has been recorded; unwinds to the nearest place that can go on.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

/// What the surroundings change about the grammar; brackets and braces reset parts of it.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// Inside `( )` or `[ ]`: a line break is a blank.
    free: bool,
    /// In a header: `{` opens the body.
    header: bool,
    /// At the top level of a pattern or arm guard: `=>` is the arm's arrow.
    arm: bool,
    /// In the default of a field: `@` starts a decorator.
    field: bool,
    /// Directly inside a control block in code mode: `{/` and `{else` end it.
    block: bool,
    /// Inside `ws`: `on` starts a handler.
    ws: bool,
    /// Inside `sse`: `emit` and `wait` are keywords.
    sse: bool,
    /// Inside `<pre>` or `<textarea>`: `//` is text.
    verbatim: bool,
}

impl Context {
    /// As inside `( )` or `[ ]`.
    const fn brackets(self) -> Self {
        Self { free: true, header: false, arm: false, field: false, block: false, ..self }
    }

    /// As inside `{ }`.
    const fn braces(self) -> Self {
        Self { free: false, header: false, arm: false, field: false, block: false, ..self }
    }
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    limits: ParseLimits,
    /// The token to be read next, in code.
    token: Token,
    /// The raw offset: behind `token` in code, the reading position otherwise.
    at: usize,
    /// Behind what was read last.
    end: u32,
    context: Context,
    depth: u32,
    next_id: u32,
    diagnostics: Vec<Diagnostic>,
    comments: Vec<Comment>,
    /// Trials running: findings are not recorded then.
    trials: u32,
    /// Nothing more is read: too deep, or too much was found.
    stopped: bool,
    /// An operand that was read already and comes next.
    seed: Option<Box<Expr>>,
    answers: HashMap<(usize, trial::Question), bool>,
    groups: HashMap<(usize, trial::Group), Option<usize>>,
    /// Names in the tags that are open, outermost first.
    open_tags: Vec<Span>,
    /// Control blocks open in the content that is being read.
    blocks: u32,
}

impl<'a> Parser<'a> {
    fn new(file: FileId, text: &'a str, limits: ParseLimits) -> Self {
        let token = Token { kind: TokenKind::Eof, start: 0, end: 0, newline: true, blank: false };
        let mut parser = Self {
            file,
            text,
            limits,
            token,
            at: 0,
            end: 0,
            context: Context::default(),
            depth: 0,
            next_id: 0,
            diagnostics: Vec::new(),
            comments: Vec::new(),
            trials: 0,
            stopped: false,
            seed: None,
            answers: HashMap::new(),
            groups: HashMap::new(),
            open_tags: Vec::new(),
            blocks: 0,
        };
        parser.resume();
        parser
    }

    fn id(&mut self) -> NodeId {
        let id = NodeId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        id
    }

    /// Reads the token at the raw offset: back to code.
    fn resume(&mut self) {
        if self.stopped {
            self.at = self.text.len();
        }
        let (token, trivia) = lexer::token_at(self.text, self.at);
        for (start, end, kind) in trivia.comments {
            let span = self.span(start, end);
            if self.comments.last().is_none_or(|last| last.span.start < span.start) {
                self.comments.push(Comment { span, kind });
            }
        }
        self.at = to_usize(token.end);
        self.token = token;
    }

    /// Takes the token and reads the next.
    fn advance(&mut self) -> Token {
        let taken = self.token;
        self.end = taken.end;
        self.at = to_usize(taken.end);
        self.resume();
        taken
    }

    /// The token behind the next one.
    fn second(&self) -> Token {
        lexer::token_at(self.text, to_usize(self.token.end)).0
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Takes the token if it is of that kind.
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        }
        found
    }

    /// Takes a token that must come next.
    fn expect(&mut self, kind: TokenKind) -> Parse<Token> {
        if self.is(kind) { Ok(self.advance()) } else { Err(self.unexpected(kind.name())) }
    }

    /// Is the token a name of that text? Soft keywords are.
    fn is_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Name && self.token.text(self.text) == word
    }

    /// The byte behind the token.
    fn byte_behind(&self) -> u8 {
        lexer::byte_at(self.text, to_usize(self.token.end))
    }

    /// Does a line break end the statement before the token?
    fn line_ended(&self) -> bool {
        self.token.newline && !self.context.free
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, to_u32(start), to_u32(end))
    }

    /// The character at an offset; empty at the end of the file.
    fn char_span(&self, at: usize) -> Span {
        let len = lexer::char_at(self.text, at).map_or(0, char::len_utf8);
        self.span(at, at.saturating_add(len))
    }

    fn token_span(&self, token: Token) -> Span {
        Span::new(self.file, token.start, token.end)
    }

    /// From `start` to the end of what was read last.
    fn since(&self, start: u32) -> Span {
        Span::new(self.file, start, self.end.max(start))
    }

    fn name_of(&mut self, token: Token) -> Name {
        let id = self.id();
        Name { id, span: self.token_span(token), text: token.text(self.text).into() }
    }

    fn name(&mut self, what: &str) -> Parse<Name> {
        if !self.is(TokenKind::Name) {
            return Err(self.unexpected(what));
        }
        let token = self.advance();
        Ok(self.name_of(token))
    }

    /// A name or a keyword.
    fn at_word(&self) -> bool {
        matches!(self.token.kind, TokenKind::Name | TokenKind::Keyword(_))
    }

    fn word(&mut self, what: &str) -> Parse<Name> {
        if !self.at_word() {
            return Err(self.unexpected(what));
        }
        let token = self.advance();
        Ok(self.name_of(token))
    }

    /// Runs `inner` one level deeper, or refuses.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.enter()?;
        let result = inner(self);
        self.leave();
        result
    }

    fn enter(&mut self) -> Parse<()> {
        if self.depth >= self.limits.depth_max && !off(Guard::NestingLimit) {
            return Err(self.too_deep());
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    #[cold]
    fn too_deep(&mut self) -> Failed {
        let limit = self.limits.depth_max;
        let found = Diagnostic::new(
            Code::E0110,
            self.token_span(self.token),
            format!("nested too deep: at most {limit} levels of brackets, blocks, operators and elements"),
        );
        let failed = self.fail(found.help("name an inner part, in a variable or a function of its own"));
        self.stop();
        failed
    }

    /// Changes the surroundings and gives the former ones.
    fn set_context(&mut self, context: Context) -> Context {
        std::mem::replace(&mut self.context, context)
    }

    /// Runs `inner` under other surroundings.
    fn within<T>(&mut self, context: Context, inner: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let before = self.set_context(context);
        let result = inner(self);
        self.context = before;
        result
    }
}
