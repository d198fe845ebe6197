//! Text templates: quoted text with interpolations and control blocks.

use super::control::Place;
use super::{Parse, Parser};
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::base::span::{to_u32, to_usize};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::lexer::{self, TokenKind};
use crate::syntax::tree::{Literal, Quote, Template, TemplatePart};

/// How a text was opened.
#[derive(Clone, Copy)]
pub(super) struct TextStyle {
    quote: Quote,
    /// In an attribute: line breaks are allowed and `\` is an ordinary character.
    attribute: bool,
    open: Span,
}

/// Literal text that is being gathered.
struct Gathering {
    text: String,
    start: usize,
}

impl Parser<'_> {
    /// A text in code; the token is its quote.
    pub(super) fn text_in_code(&mut self, quote: Quote) -> Parse<Template> {
        let token = self.token;
        self.at = to_usize(token.start);
        match self.text(quote, false) {
            Ok(template) => {
                self.leave_raw(self.at);
                Ok(template)
            }
            Err(failed) => {
                self.skip_failed_text(token, quote);
                Err(failed)
            }
        }
    }

    /// A text; its quote stands at the raw offset, which moves behind the closing one.
    pub(super) fn text(&mut self, quote: Quote, attribute: bool) -> Parse<Template> {
        let start = self.at;
        self.at = start.saturating_add(1);
        let style = TextStyle { quote, attribute, open: self.span(start, self.at) };
        let parts = self.template_parts(style, false)?;
        self.at = self.at.saturating_add(1);
        self.end = to_u32(self.at);
        Ok(Template { span: self.span(start, self.at), quote, parts })
    }

    /// Parts up to the closing quote, or inside a block up to its next tag. Neither is taken.
    pub(super) fn template_parts(&mut self, style: TextStyle, block: bool) -> Parse<Vec<TemplatePart>> {
        let mut parts = Vec::new();
        let mut literal = Gathering { text: String::new(), start: self.at };
        loop {
            self.gather_plain(&mut literal);
            if self.at_text_end(style)? || (block && self.at_block_tag(self.at)) {
                self.flush(&mut parts, &mut literal);
                return Ok(parts);
            }
            if let Some(part) = self.computed_part(style, &mut parts, &mut literal)? {
                parts.push(part);
                literal.start = self.at;
            } else {
                self.gather_special(style, &mut literal);
            }
        }
    }

    /// Takes what means itself.
    fn gather_plain(&mut self, literal: &mut Gathering) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let special =
            |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'{' | b'}' | b'$' | b'\n' | b'\r');
        let len = rest.iter().position(special).unwrap_or(rest.len());
        let end = self.at.saturating_add(len);
        literal.text.push_str(self.text.get(self.at..end).unwrap_or(""));
        self.at = end;
    }

    fn flush(&self, parts: &mut Vec<TemplatePart>, literal: &mut Gathering) {
        if literal.start < self.at {
            let text = std::mem::take(&mut literal.text);
            parts.push(TemplatePart::Literal(Literal {
                span: self.span(literal.start, self.at),
                text: text.into(),
            }));
        }
    }

    fn at_text_end(&mut self, style: TextStyle) -> Parse<bool> {
        let byte = lexer::byte_at(self.text, self.at);
        let close = match style.quote {
            Quote::Double => b'"',
            Quote::Single => b'\'',
            Quote::Backtick => b'`',
        };
        if byte == close {
            return Ok(true);
        }
        let one_line = !style.attribute && style.quote != Quote::Backtick;
        if self.at >= self.text.len() || (byte == b'\n' && one_line) {
            let found = Diagnostic::new(Code::E0102, style.open, "unterminated text");
            let found =
                if one_line { found.help("text over several lines is written in backticks") } else { found };
            let failed = self.fail(found);
            self.resume();
            return Err(failed);
        }
        Ok(false)
    }

    /// An interpolation or a control block, if one starts here.
    fn computed_part(
        &mut self,
        style: TextStyle,
        parts: &mut Vec<TemplatePart>,
        literal: &mut Gathering,
    ) -> Parse<Option<TemplatePart>> {
        let next = self.at.saturating_add(1);
        if style.quote == Quote::Backtick {
            if !lexer::stands_at(self.text, self.at, "${") {
                return Ok(None);
            }
            self.flush(parts, literal);
            self.at = next;
            return self.interpolation().map(Some);
        }
        if lexer::byte_at(self.text, self.at) != b'{' {
            return Ok(None);
        }
        if self.control_word_at(next) {
            self.flush(parts, literal);
            let control = self.control(Place::Text(style))?;
            return Ok(Some(TemplatePart::Control(control)));
        }
        let opens =
            lexer::char_at(self.text, next).is_some_and(|c| matches!(c, '(' | '!') || lexer::starts_name(c));
        if !opens {
            return Ok(None);
        }
        self.flush(parts, literal);
        self.interpolation().map(Some)
    }

    /// `{expr}`; the brace stands at the raw offset, which moves behind its match.
    fn interpolation(&mut self) -> Parse<TemplatePart> {
        let open = self.span(self.at, self.at.saturating_add(1));
        self.at = self.at.saturating_add(1);
        self.resume();
        let context = self.context.braces();
        let expr = self.within(context, |parser| parser.nested(Self::simple))?;
        if matches!(self.token.kind, TokenKind::Quote(_) | TokenKind::Eof) {
            let found =
                Diagnostic::new(Code::E0102, open, "this `{` opens an interpolation, which does not end");
            let found = found.label(self.token_span(self.token), "not closed before here");
            return Err(
                self.fail(found.help("write `}` behind its value; a brace in a text is written `{{`"))
            );
        }
        self.end_of_braces(open, "interpolation")?;
        Ok(TemplatePart::Interpolation(*expr))
    }

    /// The token must be a `}`; the raw offset moves behind it.
    pub(super) fn end_of_braces(&mut self, open: Span, what: &str) -> Parse<()> {
        if !self.is(TokenKind::RightBrace) {
            return self.close(TokenKind::RightBrace, open, what);
        }
        self.at = to_usize(self.token.end);
        self.end = self.token.end;
        Ok(())
    }

    /// A character that may be special, but opens nothing.
    fn gather_special(&mut self, style: TextStyle, literal: &mut Gathering) {
        let byte = lexer::byte_at(self.text, self.at);
        if byte == b'\\' && !style.attribute {
            return self.gather_escape(style, literal);
        }
        let next = self.at.saturating_add(1);
        let doubled = style.quote != Quote::Backtick
            && matches!(byte, b'{' | b'}')
            && lexer::byte_at(self.text, next) == byte;
        // A carriage return belongs to the line break behind it.
        if byte != b'\r' || lexer::byte_at(self.text, next) != b'\n' {
            literal.text.push(char::from(byte));
        }
        self.at = if doubled { next.saturating_add(1) } else { next };
    }

    fn gather_escape(&mut self, style: TextStyle, literal: &mut Gathering) {
        let start = self.at;
        let c = lexer::char_at(self.text, start.saturating_add(1));
        let backtick = style.quote == Quote::Backtick;
        let meant = match c {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('0') => '\0',
            Some(c @ ('\\' | '"' | '\'' | '{' | '}')) => c,
            Some(c @ ('`' | '$')) if backtick => c,
            Some('u') => return self.gather_code_point(start, literal),
            Some(c) if c != '\n' => {
                return self.bad_escape(start, start.saturating_add(1).saturating_add(c.len_utf8()));
            }
            _ => return self.bad_escape(start, start.saturating_add(1)),
        };
        literal.text.push(meant);
        self.at = start.saturating_add(2);
    }

    fn bad_escape(&mut self, start: usize, end: usize) {
        let found = Diagnostic::new(Code::E0103, self.span(start, end), "unknown escape");
        self.report(found.help(
            "the escapes are \\n \\t \\r \\0 \\\\ \\\" \\' \\{ \\} and \\u{HEX}; a backslash is written \\\\",
        ));
        self.at = end;
    }

    /// `\u{HEX}`.
    fn gather_code_point(&mut self, start: usize, literal: &mut Gathering) {
        let digits = start.saturating_add(3);
        let rest = self.text.get(digits..).unwrap_or("");
        let len = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let hex = rest.get(..len).unwrap_or("");
        let end = digits.saturating_add(len);
        let framed = lexer::stands_at(self.text, start, "\\u{") && lexer::byte_at(self.text, end) == b'}';
        #[cfg(feature = "knockout")]
        if off(Guard::CodePointEscape) {
            literal.text.push(naive::code_point(hex));
            self.at = end.saturating_add(1);
            return;
        }
        let value = if framed { u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) } else { None };
        if let Some(c) = value {
            literal.text.push(c);
            self.at = end.saturating_add(1);
            return;
        }
        let end = if framed { end.saturating_add(1) } else { start.saturating_add(2) };
        let found = Diagnostic::new(Code::E0103, self.span(start, end), "this escape names no character");
        self.report(found.help("write \\u{HEX} with a code point up to 10FFFF that is no surrogate"));
        self.at = end;
    }
}

#[cfg(feature = "knockout")]
mod naive {
    //! The obvious wrong code: whatever the digits say is a character.

    #[expect(
        clippy::unwrap_used,
        reason = "what the guard holds back; compiled into the knock-out build only"
    )]
    pub fn code_point(hex: &str) -> char {
        char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap()
    }
}
