//! Findings, and where reading goes on after one.

use super::{Failed, Parser};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::lexer::{self, Bad, Token, TokenKind};
use crate::syntax::tree::Quote;

impl Parser<'_> {
    /// Records a finding; reading may go on.
    pub(super) fn report(&mut self, found: Diagnostic) {
        if self.trials > 0 || self.stopped {
            return;
        }
        // A second finding at the same place is an echo of the first.
        if self.diagnostics.iter().rev().take(4).any(|known| known.span.start == found.span.start) {
            return;
        }
        self.diagnostics.push(found);
        if self.diagnostics.len() >= self.limits.diagnostics_max {
            self.stop();
        }
    }

    /// Records a finding and unwinds.
    pub(super) fn fail(&mut self, found: Diagnostic) -> Failed {
        self.report(found);
        Failed
    }

    /// Nothing more is read.
    pub(super) fn stop(&mut self) {
        if self.trials > 0 {
            return;
        }
        self.stopped = true;
        self.at = self.text.len();
        self.resume();
    }

    /// The next token is not what must stand here.
    pub(super) fn unexpected(&mut self, wanted: &str) -> Failed {
        let token = self.token;
        let found = self.bad_token(token).unwrap_or_else(|| {
            // At the end of the file something is open if anything nests here.
            let ended = token.kind == TokenKind::Eof;
            let code = if ended && self.depth > 0 { Code::E0102 } else { Code::E0103 };
            let span = if ended { self.since(self.end) } else { self.token_span(token) };
            let shown = self.describe(token);
            let found = Diagnostic::new(code, span, format!("expected {wanted}, found {shown}"));
            match token.kind {
                TokenKind::MinusMinus => found.help("`--` stands behind a place; write `a - -b` to subtract"),
                TokenKind::Plus => found.help("there is no prefix `+`"),
                TokenKind::Equal if wanted.ends_with("behind the condition") => found.help("`==` compares"),
                TokenKind::LeftBrace if self.context.header && wanted == "an expression" => {
                    found.help("in a header `{` opens the body; a map there is written `({ … })`")
                }
                TokenKind::Comma if self.is_behind_first_name(token) => found
                    .help("a `{` that begins a statement begins a block; a map there is written `({ … })`"),
                TokenKind::Comma | TokenKind::RightBrace if wanted == TokenKind::Equal.name() => {
                    found.help("this `{` begins a block, as behind `=>`; a map there is written `({ … })`")
                }
                TokenKind::Colon if let Some(key) = self.number_behind_brace(token) => {
                    found.help(format!("a map with keys that are no texts is written `[{key}: …]`"))
                }
                _ => match self.foreign(token, wanted) {
                    Some(help) => found.help(help),
                    None => found,
                },
            }
        });
        self.fail(found)
    }

    /// How other languages spell what may have been meant, and what is written here.
    fn foreign(&self, token: Token, wanted: &str) -> Option<&'static str> {
        let before = self.text.get(..to_usize(token.start)).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        let in_for = wanted == TokenKind::Semicolon.name() && line.starts_with("for");
        match token.kind {
            TokenKind::Equal if before.ends_with("==") || before.ends_with("!=") => {
                Some("`==` and `!=` already compare without converting")
            }
            TokenKind::Name if in_for && self.is_word("of") => Some("write `for x in list { … }`"),
            TokenKind::LeftBrace if in_for => Some("without parentheses: `for x in list { … }`"),
            TokenKind::LeftParen if line.ends_with("catch") => {
                Some("without parentheses: `catch error { … }`")
            }
            _ => None,
        }
    }

    /// Stands nothing but a name between the last `{` and this token?
    fn is_behind_first_name(&self, token: Token) -> bool {
        let before = self.text.get(..to_usize(token.start)).unwrap_or_default();
        let name = before.rsplit_once('{').map_or("", |(_, name)| name.trim());
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    /// The number that stands alone between the last `{` and this token.
    fn number_behind_brace(&self, token: Token) -> Option<&str> {
        const SHOWN_MAX: usize = 20;
        let before = self.text.get(..to_usize(token.start))?;
        let (_, key) = before.rsplit_once('{')?;
        let key = key.trim();
        let (number, _) = lexer::token_at(key, 0);
        let is_number = matches!(number.kind, TokenKind::Int(_));
        (is_number && to_usize(number.end) == key.len() && key.len() <= SHOWN_MAX).then_some(key)
    }

    /// A bracket or block was opened at `open` and does not end.
    pub(super) fn unterminated(&mut self, open: Span, what: &str) -> Failed {
        let found = Diagnostic::new(Code::E0102, open, format!("unterminated {what}"));
        let place = self.token_span(self.token);
        self.fail(found.label(place, "not closed before here"))
    }

    /// Takes the closing bracket of what was opened at `open`.
    pub(super) fn close(&mut self, kind: TokenKind, open: Span, what: &str) -> Result<(), Failed> {
        if self.is(kind) {
            self.advance();
            return Ok(());
        }
        if self.is(TokenKind::Eof) {
            return Err(self.unterminated(open, what));
        }
        let token = self.token;
        let found = self.bad_token(token).unwrap_or_else(|| {
            let message =
                format!("expected {} to end the {what}, found {}", kind.name(), self.describe(token));
            Diagnostic::new(Code::E0103, self.token_span(token), message).label(open, "opened here")
        });
        Err(self.fail(found))
    }

    fn describe(&self, token: Token) -> String {
        const SHOWN_MAX: usize = 40;
        let text = token.text(self.text);
        match token.kind {
            TokenKind::Name | TokenKind::Int(_) | TokenKind::Number(_) | TokenKind::Duration(_)
                if text.len() <= SHOWN_MAX =>
            {
                format!("`{text}`")
            }
            kind => kind.name().to_owned(),
        }
    }

    /// What is wrong with a token that is wrong by itself.
    fn bad_token(&self, token: Token) -> Option<Diagnostic> {
        let TokenKind::Bad(bad) = token.kind else { return None };
        let span = self.token_span(token);
        let found = |code, message: &str| Diagnostic::new(code, span, message);
        Some(match bad {
            Bad::Character => {
                let c = token.text(self.text).chars().next().unwrap_or('\u{FFFD}');
                let code_point = u32::from(c);
                let shown = if c.is_ascii_graphic() || c.is_alphanumeric() {
                    format!("`{c}` ")
                } else {
                    String::new()
                };
                let message = format!("the character {shown}(U+{code_point:04X}) has no meaning here");
                Diagnostic::new(Code::E0103, span, message)
            }
            Bad::IntTooLarge => found(Code::E0103, "this int is too large: at most 9223372036854775807")
                .help("write it as a number, with a dot"),
            Bad::NumberTooLarge => found(Code::E0103, "this number is too large for a double"),
            Bad::DurationTooLarge => found(Code::E0103, "this duration is too long"),
            Bad::DurationFraction => found(Code::E0103, "a duration is a whole number of units")
                .help("write it in a smaller unit, such as 500ms"),
            Bad::NumberSuffix => found(Code::E0103, "letters right behind a number")
                .help("the units of durations are ms, s, m, h and d; underscores stand between digits"),
            Bad::Digits => found(Code::E0103, "0x, 0b and 0o need digits of their base behind them"),
            Bad::UnterminatedComment => {
                let open = Span { end: span.start.saturating_add(2), ..span };
                Diagnostic::new(Code::E0102, open, "unterminated comment")
            }
        })
    }

    /// Skips to where the next statement can start: behind a line break, at `;`, or at the brace that ends the block.
    /// A line that is indented no deeper than the failed statement starts a new one, whatever was left open.
    pub(super) fn skip_statement(&mut self, start: u32) {
        let column = self.column(to_usize(start));
        self.rewind_to_line(start, column);
        if self.token.newline && self.token.start > start && self.column(to_usize(self.token.start)) <= column
        {
            return;
        }
        let mut open = 0_u32;
        let mut first = true;
        loop {
            let token = self.token;
            match token.kind {
                TokenKind::Eof => return,
                TokenKind::Semicolon if open == 0 => return,
                TokenKind::RightBrace if open == 0 => return,
                _ if token.newline && !first && self.starts_statement(token, open, column) => return,
                TokenKind::LeftBrace | TokenKind::LeftParen | TokenKind::LeftBracket => {
                    open = open.saturating_add(1);
                }
                TokenKind::RightBrace | TokenKind::RightParen | TokenKind::RightBracket => {
                    open = open.saturating_sub(1);
                }
                TokenKind::Quote(quote) => self.skip_text(quote),
                _ => {}
            }
            first = false;
            self.advance();
        }
    }

    fn starts_statement(&self, token: Token, open: u32, column: usize) -> bool {
        let closes =
            matches!(token.kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace);
        open == 0 || (!closes && self.column(to_usize(token.start)) <= column)
    }

    /// Back to the start of the token's line, if that line is no part of the failed statement.
    fn rewind_to_line(&mut self, start: u32, column: usize) {
        let token = to_usize(self.token.start);
        let line = token.saturating_sub(self.column(token));
        let first = lexer::skip_trivia(self.text, line);
        if line > to_usize(start)
            && first.end < token
            && first.unterminated.is_none()
            && self.column(first.end) <= column
        {
            let closes = matches!(lexer::byte_at(self.text, first.end), b')' | b']' | b'}');
            if !closes && !self.stopped {
                self.at = line;
                self.resume();
                self.token.newline = true;
            }
        }
    }

    /// Bytes between the start of the line and the offset.
    fn column(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or(&[]);
        memchr::memrchr(b'\n', before).map_or(at, |line| at.saturating_sub(line).saturating_sub(1))
    }

    /// Reading goes on behind a text that could not be read, or where reading it came to if that is further.
    pub(super) fn skip_failed_text(&mut self, token: Token, quote: Quote) {
        let reached = self.token;
        self.token = token;
        self.skip_text(quote);
        let end = self.token.end;
        self.token = reached;
        if !self.stopped && end > reached.start {
            self.at = to_usize(end);
            self.resume();
        }
    }

    /// Moves the raw offset behind a text whose opening quote is the token, so that `advance` goes on there.
    fn skip_text(&mut self, quote: Quote) {
        let close = match quote {
            Quote::Double => b'"',
            Quote::Single => b'\'',
            Quote::Backtick => b'`',
        };
        let mut at = to_usize(self.token.end);
        loop {
            match lexer::byte_at(self.text, at) {
                b'\n' if quote != Quote::Backtick => break,
                0 if at >= self.text.len() => break,
                b'\\' if lexer::byte_at(self.text, at.saturating_add(1)) != b'\n' => {
                    at = at.saturating_add(1);
                }
                byte if byte == close => {
                    at = at.saturating_add(1);
                    break;
                }
                _ => {}
            }
            at = at.saturating_add(1);
        }
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        self.token.end = crate::base::span::to_u32(at);
    }
}
