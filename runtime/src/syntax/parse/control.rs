//! Control blocks, in every mode.

use super::template::TextStyle;
use super::{Context, Parse, Parser};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::lexer::{self, TokenKind};
use crate::syntax::tree::{
    Block, Body, Control, ControlArm, ControlKind, Expr, ExprKind, For, ForHead, Mode, Stmt, StmtKind,
    Target, TargetKind, While,
};

/// Where a control block stands: its mode, and in text how that text ends.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Code,
    Content,
    Text(TextStyle),
}

impl Place {
    const fn mode(self) -> Mode {
        match self {
            Self::Code => Mode::Code,
            Self::Content => Mode::Content,
            Self::Text(_) => Mode::Text,
        }
    }
}

/// The tag that a block's body ended at.
enum BlockTag {
    ElseIf,
    Else,
    End,
}

/// What is open: the word, and the place of `{word`.
#[derive(Clone, Copy)]
struct Opened {
    word: &'static str,
    span: Span,
}

impl Parser<'_> {
    /// A control block in code; the token is its `{`.
    pub(super) fn control_in_code(&mut self) -> Parse<Box<Control>> {
        self.at = to_usize(self.token.start);
        let control = self.control(Place::Code)?;
        self.leave_raw(self.at);
        Ok(control)
    }

    /// A control block; its `{` stands at the raw offset, which moves behind its last `}`.
    pub(super) fn control(&mut self, place: Place) -> Parse<Box<Control>> {
        self.enter()?;
        let context = Context { ..self.context.braces() };
        let before = self.set_context(context);
        let control = self.control_inside(place);
        self.context = before;
        self.leave();
        control
    }

    fn control_inside(&mut self, place: Place) -> Parse<Box<Control>> {
        let start = self.at;
        self.at = start.saturating_add(1);
        self.resume();
        let kind = self.control_kind(place, self.span(start, to_usize(self.token.end)))?;
        let span = self.span(start, self.at);
        Ok(Box::new(Control { id: self.id(), span, mode: place.mode(), kind: *kind }))
    }

    fn control_kind(&mut self, place: Place, span: Span) -> Parse<Box<ControlKind>> {
        match self.token.text(self.text) {
            "if" => self.if_control(place, Opened { word: "if", span }),
            "for" => self.for_control(place, Opened { word: "for", span }),
            "each" => self.each_control(place, Opened { word: "each", span }),
            "while" => self.while_control(place, Opened { word: "while", span }),
            _ => {
                let stmt = self.match_statement()?;
                self.braced_form(Opened { word: "match", span }, stmt)
            }
        }
    }

    /// A `match` as the first operand of a statement.
    fn match_statement(&mut self) -> Parse<Stmt> {
        let start = self.token.start;
        let parts = self.match_parts()?;
        let operand = self.node(start, ExprKind::Match(parts));
        self.seeded_statement(operand)
    }

    fn if_control(&mut self, place: Place, opened: Opened) -> Parse<Box<ControlKind>> {
        let start = self.advance().start;
        let first = self.head()?;
        if !self.is(TokenKind::RightBrace) {
            let parts = self.if_behind(first)?;
            let operand = self.node(start, ExprKind::If(parts));
            let stmt = self.seeded_statement(operand)?;
            return self.braced_form(opened, stmt);
        }
        let mut arms = Vec::new();
        let mut condition = first;
        loop {
            self.at = to_usize(self.token.end);
            let body = self.block(place)?;
            arms.push(ControlArm { condition: *condition, body });
            match self.block_tag(opened)? {
                BlockTag::End => return Ok(Box::new(ControlKind::If { arms, otherwise: None })),
                BlockTag::ElseIf => {
                    self.resume();
                    condition = self.head()?;
                    if !self.is(TokenKind::RightBrace) {
                        return Err(self.unexpected("`}` behind the condition"));
                    }
                }
                BlockTag::Else => {
                    let otherwise = Some(self.last_block(place, opened)?);
                    return Ok(Box::new(ControlKind::If { arms, otherwise }));
                }
            }
        }
    }

    fn for_control(&mut self, place: Place, opened: Opened) -> Parse<Box<ControlKind>> {
        let start = self.advance().start;
        let head = self.for_head()?;
        if self.is(TokenKind::LeftBrace) {
            let body = self.body("loop")?;
            let stmt = self.statement_node(start, StmtKind::For(Box::new(For { head: *head, body })));
            return self.braced_form(opened, stmt);
        }
        let body = self.loop_block(place, opened)?;
        Ok(Box::new(ControlKind::For { head: *head, body }))
    }

    fn each_control(&mut self, place: Place, opened: Opened) -> Parse<Box<ControlKind>> {
        self.advance();
        let subject = self.head()?;
        if !self.is_word("as") {
            return Err(self.unexpected("`as` and a name"));
        }
        self.advance();
        let name = self.name("a name")?;
        let position =
            if self.eat(TokenKind::Comma) { Some(self.name("a name for the position")?) } else { None };
        let target = Target { span: name.span, kind: TargetKind::Name(name) };
        let body = self.loop_block(place, opened)?;
        Ok(Box::new(ControlKind::Each { head: ForHead::In { target, position, subject: *subject }, body }))
    }

    fn while_control(&mut self, place: Place, opened: Opened) -> Parse<Box<ControlKind>> {
        let start = self.advance().start;
        let condition = self.head()?;
        if self.is(TokenKind::LeftBrace) {
            let body = self.body("loop")?;
            let stmt =
                self.statement_node(start, StmtKind::While(Box::new(While { condition: *condition, body })));
            return self.braced_form(opened, stmt);
        }
        let body = self.loop_block(place, opened)?;
        Ok(Box::new(ControlKind::While { condition: *condition, body }))
    }

    /// A braced form behind its first statement.
    fn braced_form(&mut self, opened: Opened, first: Stmt) -> Parse<Box<ControlKind>> {
        let mut stmts = vec![first];
        stmts.extend(self.statements()?);
        let id = self.id();
        self.end_of_braces(opened.span, "braces")?;
        let span = self.since(opened.span.start);
        Ok(Box::new(ControlKind::Braced(Body { id, span, stmts })))
    }

    /// The only body of a loop, behind its head.
    fn loop_block(&mut self, place: Place, opened: Opened) -> Parse<Block> {
        if !self.is(TokenKind::RightBrace) {
            return Err(self.unexpected("`}` or `{` behind the head"));
        }
        self.at = to_usize(self.token.end);
        self.last_block(place, opened)
    }

    /// A body that only an end tag may follow. What stands behind an `{else}` is read too, so that one mistake is told
    /// once.
    fn last_block(&mut self, place: Place, opened: Opened) -> Parse<Block> {
        let body = self.block(place)?;
        let mut told = false;
        loop {
            let at = self.at;
            let tag = self.block_tag(opened)?;
            if matches!(tag, BlockTag::End) {
                return Ok(body);
            }
            let word = opened.word;
            let message = format!("expected `{{/{word}}}` here");
            let found = Diagnostic::new(Code::E0103, self.span(at, self.at), message)
                .label(opened.span, "of this block")
                .help("only an `{if}` has an `{else}`, and it comes last");
            if !matches!(tag, BlockTag::Else) {
                return Err(self.fail(found));
            }
            if !told {
                told = true;
                self.report(found);
            }
            self.block(place)?;
        }
    }

    /// A body; the raw offset moves to the tag that ends it.
    fn block(&mut self, place: Place) -> Parse<Block> {
        match place {
            Place::Code => self.code_block().map(Block::Code),
            Place::Content => self.content(true).map(Block::Content),
            Place::Text(style) => self.template_parts(style, true).map(Block::Text),
        }
    }

    fn code_block(&mut self) -> Parse<Body> {
        let start = self.at;
        self.resume();
        let id = self.id();
        let context = Context { block: true, ..self.context.braces() };
        let stmts = self.within(context, Self::statements)?;
        self.at = to_usize(self.token.start);
        Ok(Body { id, span: self.span(start, self.at), stmts })
    }

    /// Does a tag that ends or divides a control block stand at the offset?
    pub(super) fn at_block_tag(&self, at: usize) -> bool {
        if lexer::byte_at(self.text, at) != b'{' {
            return false;
        }
        let inside = at.saturating_add(1);
        match lexer::byte_at(self.text, inside) {
            b'/' => {
                let word = inside.saturating_add(1);
                let end = lexer::name_end(self.text, word);
                matches!(self.text.get(word..end), Some("if" | "for" | "each" | "while"))
                    && lexer::byte_at(self.text, self.blanks_end(end)) == b'}'
            }
            b':' => self.word_at(inside.saturating_add(1), "else"),
            b'e' => self.word_at(inside, "else") || self.word_at(inside, "elif"),
            _ => false,
        }
    }

    fn word_at(&self, at: usize, word: &str) -> bool {
        let end = lexer::name_end(self.text, at);
        self.text.get(at..end) == Some(word)
    }

    pub(super) fn blanks_end(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
        let len = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        at.saturating_add(len)
    }

    /// Reads the tag at the raw offset, which moves behind it, for `{else if` behind the `if`.
    fn block_tag(&mut self, opened: Opened) -> Parse<BlockTag> {
        let start = self.at;
        if !self.at_block_tag(start) {
            return self.missing_end(opened);
        }
        let mut at = start.saturating_add(1);
        let ends = lexer::byte_at(self.text, at) == b'/';
        if ends || lexer::byte_at(self.text, at) == b':' {
            at = at.saturating_add(1);
        }
        let end = lexer::name_end(self.text, at);
        let word = self.text.get(at..end).unwrap_or("");
        let behind = self.blanks_end(end);
        if ends {
            self.at = behind.saturating_add(1);
            self.end = crate::base::span::to_u32(self.at);
            if word != opened.word {
                let message = format!("expected `{{/{}}}`, found `{{/{word}}}`", opened.word);
                let found = Diagnostic::new(Code::E0104, self.span(start, self.at), message);
                self.report(found.label(opened.span, "this block is open"));
            }
            return Ok(BlockTag::End);
        }
        if word == "elif" || self.word_at(behind, "if") {
            self.at = if word == "elif" { end } else { behind.saturating_add(2) };
            return Ok(BlockTag::ElseIf);
        }
        if lexer::byte_at(self.text, behind) == b'}' {
            self.at = behind.saturating_add(1);
            return Ok(BlockTag::Else);
        }
        let found =
            Diagnostic::new(Code::E0103, self.span(start, behind), "expected `{else}` or `{else if …}`");
        Err(self.fail(found))
    }

    /// In content the element's end tag ends the block too, so that reading can go on there.
    fn missing_end(&mut self, opened: Opened) -> Parse<BlockTag> {
        let word = opened.word;
        let found = Diagnostic::new(Code::E0102, opened.span, format!("unterminated `{{{word}}}` block"));
        let failed = self.fail(found.help(format!("end it with `{{/{word}}}`")));
        if lexer::stands_at(self.text, self.at, "</") { Ok(BlockTag::End) } else { Err(failed) }
    }

    /// A statement made of an operand that was read already, and what follows that operand.
    fn seeded_statement(&mut self, seed: Box<Expr>) -> Parse<Stmt> {
        let start = seed.span.start;
        self.seed = Some(seed);
        let kind = match *self.simple()? {
            Expr { kind: ExprKind::If(parts), .. } => StmtKind::If(parts),
            Expr { kind: ExprKind::Match(parts), .. } => StmtKind::Match(parts),
            expr => StmtKind::Expr(expr),
        };
        let stmt = self.statement_node(start, kind);
        self.terminated()?;
        Ok(stmt)
    }
}
