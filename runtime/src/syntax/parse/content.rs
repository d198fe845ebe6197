//! View content: what stands between tags.

use super::control::Place;
use super::{Failed, Parse, Parser};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::lexer;
use crate::syntax::tree::{Content, ContentPart, Literal};

impl Parser<'_> {
    /// Content up to an end tag, inside a block also up to the block's next tag, or up to the end of the file. None of
    /// them is taken.
    pub(super) fn content(&mut self, block: bool) -> Parse<Content> {
        let opened = u32::from(block);
        self.blocks = self.blocks.saturating_add(opened);
        let content = self.content_inside();
        self.blocks = self.blocks.saturating_sub(opened);
        content
    }

    fn content_inside(&mut self) -> Parse<Content> {
        let start = self.at;
        let mut parts = Vec::new();
        while self.at < self.text.len() {
            if self.gather_text(&mut parts) {
                break;
            }
            let before = self.at;
            match self.content_part() {
                Ok(Some(part)) => parts.push(part),
                Ok(None) => break,
                Err(failed) => self.recover_content(failed, before)?,
            }
        }
        Ok(Content { span: self.span(start, self.at), parts })
    }

    /// After a part that could not be read, goes on behind what was read of it.
    fn recover_content(&mut self, failed: Failed, before: usize) -> Parse<()> {
        if self.trials > 0 || self.stopped {
            return Err(failed);
        }
        self.seed = None;
        let reached = to_usize(self.token.start).min(self.text.len());
        self.at = reached.max(before.saturating_add(1));
        self.at = self.text.floor_char_boundary(self.at);
        if self.at <= before {
            self.at = self.text.len();
        }
        Ok(())
    }

    /// Text and `//` comments up to something that opens, or the end of the file (then true).
    fn gather_text(&mut self, parts: &mut Vec<ContentPart>) -> bool {
        let mut start = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
            let Some(len) = memchr::memchr3(b'<', b'{', b'\n', rest) else {
                self.at = self.text.len();
                self.push_text(parts, start);
                return true;
            };
            self.at = self.at.saturating_add(len);
            match lexer::byte_at(self.text, self.at) {
                b'\n' => {
                    self.at = self.at.saturating_add(1);
                    if let Some(comment) = self.line_comment() {
                        self.push_text(parts, start);
                        parts.push(ContentPart::Comment(self.span(self.at, comment)));
                        self.at = comment;
                        start = comment;
                    }
                }
                b'<' if !self.opens_in_content() => self.at = self.at.saturating_add(1),
                _ => break,
            }
        }
        self.push_text(parts, start);
        false
    }

    fn push_text(&self, parts: &mut Vec<ContentPart>, start: usize) {
        let text = self.text.get(start..self.at).unwrap_or("");
        if !text.is_empty() {
            let text = if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() };
            parts.push(ContentPart::Text(Literal { span: self.span(start, self.at), text }));
        }
    }

    /// At the start of a line: moves to a `//` that is its first non-blank, and gives the comment's end.
    fn line_comment(&mut self) -> Option<usize> {
        if self.context.verbatim {
            return None;
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let at = self.at.saturating_add(blanks);
        self.at = at;
        lexer::stands_at(self.text, at, "//").then(|| lexer::line_end(self.text, at))
    }

    /// Is the `<` at the raw offset more than text?
    fn opens_in_content(&self) -> bool {
        lexer::char_at(self.text, self.at.saturating_add(1))
            .is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '!' | '>' | '{'))
    }

    /// What opens at the raw offset; none at a tag that ends the content.
    fn content_part(&mut self) -> Parse<Option<ContentPart>> {
        let start = self.at;
        if lexer::byte_at(self.text, start) == b'<' {
            if lexer::stands_at(self.text, start, "</") {
                return Ok(None);
            }
            if lexer::stands_at(self.text, start, "<!--") {
                self.at = self.comment_end(start, "-->")?;
                return Ok(Some(ContentPart::Comment(self.span(start, self.at))));
            }
            return Ok(Some(ContentPart::Element(Box::new(self.element()?))));
        }
        if lexer::stands_at(self.text, start, "{/*") {
            let end = self.comment_end(start.saturating_add(1), "*/")?;
            let brace = self.blanks_end(end);
            // Else the comment is the beginning of what the braces hold.
            if lexer::byte_at(self.text, brace) == b'}' {
                self.at = brace.saturating_add(1);
                return Ok(Some(ContentPart::Comment(self.span(start, self.at))));
            }
        }
        if self.at_block_tag(start) {
            if self.blocks > 0 {
                return Ok(None);
            }
            let found = Diagnostic::new(
                Code::E0104,
                self.span(start, start.saturating_add(2)),
                "no block is open here",
            );
            return Err(self.fail(found.help("a literal `{` is written `{\"{\"}` or `&#123;`")));
        }
        let blocks = std::mem::take(&mut self.blocks);
        let part = if self.control_word_at(start.saturating_add(1)) {
            self.control(Place::Content).map(ContentPart::Control)
        } else {
            self.braced("interpolation").map(ContentPart::Braced)
        };
        self.blocks = blocks;
        part.map(Some)
    }

    /// Where a comment ends that opens at `start`.
    fn comment_end(&mut self, start: usize, close: &str) -> Parse<usize> {
        let rest = self.text.as_bytes().get(start..).unwrap_or(&[]);
        if let Some(len) = memchr::memmem::find(rest, close.as_bytes()) {
            return Ok(start.saturating_add(len).saturating_add(close.len()));
        }
        let span = self.span(start, start.saturating_add(2));
        let failed = self.fail(Diagnostic::new(Code::E0102, span, "unterminated comment"));
        self.at = self.text.len();
        self.resume();
        Err(failed)
    }
}
