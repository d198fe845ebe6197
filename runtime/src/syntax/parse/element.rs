//! Elements: tags and what is between them.

use super::{Context, Parse, Parser};
use crate::base::span::{to_u32, to_usize};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::lexer;
use crate::syntax::tree::{
    Attr, Closing, Content, ContentPart, Element, ElementKind, Literal, Name, Tag, Tagged,
};

/// Elements without content and end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

impl Parser<'_> {
    /// Is the token a `<` that opens an element, where an operand or statement may start?
    pub(super) fn at_element(&self) -> bool {
        self.element_at(self.token.start)
    }

    /// Does the `<` at the offset open an element?
    pub(super) fn element_at(&self, at: u32) -> bool {
        let at = to_usize(at);
        lexer::byte_at(self.text, at) == b'<'
            && lexer::char_at(self.text, at.saturating_add(1))
                .is_some_and(|c| c.is_alphabetic() || matches!(c, '>' | '{' | '!'))
    }

    /// An element in code; the token is its `<`.
    pub(super) fn element_in_code(&mut self) -> Parse<Element> {
        self.at = to_usize(self.token.start);
        let blocks = std::mem::take(&mut self.blocks);
        let element = self.element();
        self.blocks = blocks;
        let element = element?;
        self.leave_raw(self.at);
        Ok(element)
    }

    /// An element; its `<` stands at the raw offset, which moves behind its last `>`.
    pub(super) fn element(&mut self) -> Parse<Element> {
        self.enter()?;
        let tags = self.open_tags.len();
        let element = self.element_inside();
        self.open_tags.truncate(tags);
        self.leave();
        element
    }

    fn element_inside(&mut self) -> Parse<Element> {
        let start = self.at;
        let kind = match lexer::byte_at(self.text, start.saturating_add(1)) {
            b'!' => self.declaration_element(start)?,
            b'>' => self.fragment(start)?,
            _ => self.tagged(start)?,
        };
        self.end = to_u32(self.at);
        Ok(Element { id: self.id(), span: self.span(start, self.at), kind })
    }

    fn declaration_element(&mut self, start: usize) -> Parse<ElementKind> {
        let rest = self.text.as_bytes().get(start..).unwrap_or(&[]);
        let Some(len) = memchr::memchr(b'>', rest) else {
            return Err(self.unterminated_raw(self.span(start, start.saturating_add(2)), "declaration"));
        };
        self.at = start.saturating_add(len).saturating_add(1);
        Ok(ElementKind::Declaration(self.text.get(start..self.at).unwrap_or("").into()))
    }

    fn fragment(&mut self, start: usize) -> Parse<ElementKind> {
        self.at = start.saturating_add(2);
        let open = self.span(start, self.at);
        self.open_tags.push(Span { start: open.end, ..open });
        let content = self.content(false)?;
        self.end_tag(open)?;
        Ok(ElementKind::Fragment(content))
    }

    fn tagged(&mut self, start: usize) -> Parse<ElementKind> {
        self.at = start.saturating_add(1);
        let (tag, name) = self.tag()?;
        let open = Span { end: name.end, ..self.span(start, start) };
        let name_text = self.text.get(to_usize(name.start)..to_usize(name.end)).unwrap_or("");
        let void = VOID.contains(&name_text);
        let raw = matches!(name_text, "script" | "style");
        let verbatim = self.context.verbatim || matches!(name_text, "pre" | "textarea");
        let (attrs, closed) = self.attrs(open)?;
        let nothing = |parser: &Self| Content { span: parser.span(parser.at, parser.at), parts: Vec::new() };
        let (content, closing) = if closed {
            (nothing(self), Closing::SelfClosed)
        } else if void {
            (nothing(self), Closing::Void)
        } else {
            self.open_tags.push(name);
            let context = Context { verbatim, ..self.context };
            let content = if raw {
                self.raw_content(name, open)?
            } else {
                self.within(context, |parser| parser.content(false))?
            };
            self.end_tag(open)?;
            (content, Closing::EndTag)
        };
        Ok(ElementKind::Tagged(Box::new(Tagged { tag, attrs, content, closing })))
    }

    /// The tag's name, and the span that its end tag must repeat.
    fn tag(&mut self) -> Parse<(Tag, Span)> {
        let start = self.at;
        if lexer::byte_at(self.text, start) == b'{' {
            let expr = self.braced_operand("tag")?;
            return Ok((Tag::Dynamic(*expr), self.span(start, self.at)));
        }
        self.at = self.tag_name_end(start);
        let span = self.span(start, self.at);
        let text = self.text.get(start..self.at).unwrap_or("");
        let name = Name { id: self.id(), span, text: text.into() };
        let tag = if super::primary::is_upper(text) { Tag::Component(name) } else { Tag::Html(name) };
        Ok((tag, span))
    }

    fn tag_name_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or("");
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':');
        at.saturating_add(rest.find(|c| !goes_on(c)).unwrap_or(rest.len()))
    }

    /// Attributes up to `>` (then false) or `/>` (then true). One that cannot be read is skipped with the rest of its tag.
    fn attrs(&mut self, open: Span) -> Parse<(Vec<Attr>, bool)> {
        let mut attrs = Vec::new();
        loop {
            self.at = self.blanks_end(self.at);
            if self.at >= self.text.len() {
                return Err(self.unterminated_raw(open, "tag"));
            }
            if lexer::stands_at(self.text, self.at, "/>") {
                self.at = self.at.saturating_add(2);
                return Ok((attrs, true));
            }
            if lexer::byte_at(self.text, self.at) == b'>' {
                self.at = self.at.saturating_add(1);
                return Ok((attrs, false));
            }
            let before = self.at;
            match self.attr() {
                Ok(attr) => attrs.push(attr),
                Err(failed) if self.trials > 0 || self.stopped => return Err(failed),
                Err(_) => self.skip_attr(before),
            }
        }
    }

    fn skip_attr(&mut self, before: usize) {
        let from = to_usize(self.token.start).clamp(before, self.text.len());
        let rest = self.text.as_bytes().get(from..).unwrap_or(&[]);
        self.at = from.saturating_add(memchr::memchr2(b'>', b'\n', rest).unwrap_or(rest.len()));
    }

    /// The end tag of `open`, at the raw offset. One of an element further out ends this one too and is left there.
    fn end_tag(&mut self, open: Span) -> Parse<()> {
        let start = self.at;
        let Some(expected) = self.open_tags.last().copied() else { return Ok(()) };
        if !lexer::stands_at(self.text, start, "</") {
            let failed = self.unterminated_raw(open, "element");
            // In content the tag of a control block ends the element too.
            return if self.at_block_tag(start) { Ok(()) } else { Err(failed) };
        }
        let inside = start.saturating_add(2);
        let end = if lexer::byte_at(self.text, inside) == b'{' {
            self.at = inside;
            self.braced_operand("tag")?;
            self.at
        } else {
            self.tag_name_end(inside)
        };
        let found = self.span(inside, end);
        let close = self.blanks_end(end);
        if self.slice(found) != self.slice(expected) {
            let place = Span { end: self.char_span(close).end, ..self.span(start, close) };
            let message = format!("expected `</{}>`, found `</{}>`", self.slice(expected), self.slice(found));
            self.report(Diagnostic::new(Code::E0104, place, message).label(open, "this element is open"));
            let outer =
                self.open_tags.iter().rev().skip(1).any(|&outer| self.slice(outer) == self.slice(found));
            if outer {
                self.at = start;
                return Ok(());
            }
        }
        if lexer::byte_at(self.text, close) != b'>' {
            let found = Diagnostic::new(Code::E0103, self.char_span(close), "expected `>` to end the tag");
            self.report(found);
            self.at = close;
            return Ok(());
        }
        self.at = close.saturating_add(1);
        Ok(())
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(to_usize(span.start)..to_usize(span.end)).unwrap_or("")
    }

    /// Content of `<script>` and `<style>`: text up to the end tag of that name.
    fn raw_content(&mut self, name: Span, open: Span) -> Parse<Content> {
        let start = self.at;
        let name_text = self.slice(name);
        let rest = self.text.get(start..).unwrap_or("");
        let ends = |at: usize| {
            let behind = at.saturating_add(2);
            let word = rest.as_bytes().get(behind..behind.saturating_add(name_text.len()));
            let next = lexer::char_at(rest, behind.saturating_add(name_text.len()));
            word.is_some_and(|word| word.eq_ignore_ascii_case(name_text.as_bytes()))
                && next.is_some_and(|c| c == '>' || c.is_whitespace())
        };
        let Some(len) = memchr::memmem::find_iter(rest.as_bytes(), b"</").find(|&at| ends(at)) else {
            return Err(self.unterminated_raw(open, "element"));
        };
        self.at = start.saturating_add(len);
        let span = self.span(start, self.at);
        let text = Literal { span, text: rest.get(..len).unwrap_or("").into() };
        let parts = if len == 0 { Vec::new() } else { vec![ContentPart::Text(text)] };
        Ok(Content { span, parts })
    }

    /// Something read raw does not end: nothing is left to read.
    pub(super) fn unterminated_raw(&mut self, open: Span, what: &str) -> super::Failed {
        let found = Diagnostic::new(Code::E0102, open, format!("unterminated {what}"));
        let failed = self.fail(found);
        self.resume();
        failed
    }
}
