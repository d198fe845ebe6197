//! A parsed file in its canonical layout.
//!
//! - F1 The result parses to the same tree, up to ids, places and comments.
//! - F2 Formatting it again changes nothing.
//! - F3 No comment is lost. One inside an expression that is joined to a line moves behind its statement.
//!
//! Line breaks are the author's where they say something: a list whose first item is on a line of its own gets a line
//! for each item, a body written on one line stays there. Text, regexes, numbers and everything between tags are copied
//! as written, since blanks mean something there.

mod decl;
mod expr;
mod part;
mod stmt;

use super::parse::{ParseLimits, parse};
use super::tree::{Comment, CommentKind, File};
use crate::base::guard::{Guard, off};
use crate::base::span::to_usize;
use crate::base::{Diagnostic, FileId, Span};
use std::collections::VecDeque;

/// Columns of a level of indentation.
const INDENT: usize = 4;

/// Formats a source. One with errors is refused: its findings come back and it is to be left as it is.
pub fn format(file: FileId, text: &str, limits: ParseLimits) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(file, text, limits);
    if parsed.diagnostics.is_empty() { Ok(format_tree(&parsed.file, text)) } else { Err(parsed.diagnostics) }
}

/// Formats a file that parsed without findings; `text` is its source.
pub fn format_tree(file: &File, text: &str) -> String {
    let mut printer = Printer {
        text,
        comments: &file.comments,
        copied: VecDeque::new(),
        out: String::with_capacity(text.len()),
        indent: 0,
        read: 0,
        line_comment: false,
        step: false,
    };
    printer.lines(&file.body.stmts, |stmt| stmt.span, (file.body.span.end, ""), Printer::stmt);
    printer.trim_line();
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

struct Printer<'a> {
    text: &'a str,
    /// Those not yet printed, in source order.
    comments: &'a [Comment],
    /// Places that were copied while comments before them were still to be printed.
    copied: VecDeque<Span>,
    out: String,
    /// Columns before the next line.
    indent: usize,
    /// Source offset behind the last item or comment of a list of lines.
    read: u32,
    /// Does the line end in a `//` comment, so that nothing may follow?
    line_comment: bool,
    /// Was a postfix `++` or `--` the last that was printed?
    step: bool,
}

impl<'a> Printer<'a> {
    fn put(&mut self, text: &str) {
        let keeps = |c: char| c.is_whitespace() || matches!(c, ')' | ']' | '}' | ',' | ';');
        if self.step && text.starts_with(|c| !keeps(c)) && !off(Guard::FormatStep) {
            self.out.push(' ');
        }
        self.step &= text.is_empty();
        self.out.push_str(text);
    }

    /// A postfix `++` or `--`; what follows must not make an operator of it.
    fn put_step(&mut self, step: &str) {
        self.put(step);
        self.step = true;
    }

    fn source(&self, span: Span) -> &'a str {
        self.text.get(to_usize(span.start)..to_usize(span.end)).unwrap_or("")
    }

    /// Copies a piece of the source, with the comments in it.
    fn verbatim(&mut self, span: Span) {
        let text = self.source(span);
        self.put(text);
        if self.comments.first().is_some_and(|comment| comment.span.start < span.end) {
            self.copied.push_back(span);
        }
    }

    /// The next comment that was not copied with what is around it.
    fn next_comment(&mut self, end: u32) -> Option<Comment> {
        loop {
            let (&comment, rest) = self.comments.split_first()?;
            while self.copied.front().is_some_and(|copied| copied.end <= comment.span.start) {
                self.copied.pop_front();
            }
            let copied = self.copied.front().is_some_and(|copied| copied.start <= comment.span.start);
            if !copied {
                return (comment.span.start < end).then_some(comment);
            }
            self.comments = rest;
        }
    }

    fn trim_line(&mut self) {
        let len = self.out.trim_end_matches([' ', '\t']).len();
        self.out.truncate(len);
    }

    fn newline(&mut self) {
        self.trim_line();
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.line_comment = false;
        self.step = false;
    }

    fn indented(&mut self, inner: impl FnOnce(&mut Self)) {
        self.indent = self.indent.saturating_add(INDENT);
        inner(self);
        self.indent = self.indent.saturating_sub(INDENT);
    }

    /// Line breaks between two places of the source.
    fn breaks(&self, from: u32, to: u32) -> usize {
        let between = self.text.as_bytes().get(to_usize(from)..to_usize(to)).unwrap_or(&[]);
        memchr::memchr_iter(b'\n', between).count()
    }

    fn on_one_line(&self, span: Span) -> bool {
        self.breaks(span.start, span.end) == 0
    }

    fn has_comment_before(&mut self, end: u32) -> bool {
        self.next_comment(end).is_some()
    }

    /// Items on lines of their own, with the comments and single blank lines around them. `end` is where the list ends
    /// in the source; the caller breaks the line before what closes it.
    fn lines<T>(
        &mut self,
        items: &[T],
        place: impl Fn(&T) -> Span,
        (end, separator): (u32, &str),
        print: impl Fn(&mut Self, &T),
    ) {
        let mut first = true;
        let last = items.len().saturating_sub(1);
        for (at, item) in items.iter().enumerate() {
            let span = place(item);
            first = self.comments_before(span.start, first);
            self.next_line(span.start, first);
            first = false;
            print(self, item);
            self.read = self.read.max(span.end);
            if at != last {
                self.put(separator);
            }
        }
        self.comments_before(end, first);
    }

    /// Starts a line for what stands at `start`, behind a blank one if the source has some.
    fn next_line(&mut self, start: u32, first: bool) {
        if first && self.out.is_empty() {
            return;
        }
        if !first && self.breaks(self.read, start) > 1 {
            self.trim_line();
            self.out.push('\n');
        }
        self.newline();
    }

    /// Prints the comments that start before `end`; gives whether nothing has been printed yet.
    fn comments_before(&mut self, end: u32, mut first: bool) -> bool {
        while let Some(comment) = self.next_comment(end) {
            self.comments = self.comments.get(1..).unwrap_or(&[]);
            let same_line = self.breaks(self.read, comment.span.start) == 0;
            if same_line && !self.line_comment && !self.out.is_empty() {
                self.put(" ");
            } else {
                self.next_line(comment.span.start, first);
            }
            let text = self.source(comment.span).trim_end();
            self.put(text);
            self.line_comment = comment.kind == CommentKind::Line;
            self.read = self.read.max(comment.span.end);
            first = false;
        }
        first
    }

    /// Items between brackets: on lines of their own if the first one was, or if there are comments among them.
    fn bracketed<T>(
        &mut self,
        (open, close, whole): (&str, &str, Span),
        items: &[T],
        place: impl Fn(&T) -> Span,
        print: impl Fn(&mut Self, &T),
    ) {
        self.put(open);
        let inside = whole.start.saturating_add(1);
        let broken = items.first().is_some_and(|item| self.breaks(inside, place(item).start) > 0);
        if broken {
            self.read = inside;
            let end = whole.end.saturating_sub(1);
            self.indented(|printer| printer.lines(items, place, (end, ","), print));
            self.newline();
        } else {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    self.put(", ");
                }
                print(self, item);
            }
        }
        self.put(close);
    }

    /// A colon, apart from a `?` before it.
    fn colon(&mut self) {
        if self.out.ends_with('?') {
            self.put(" ");
        }
        self.put(":");
    }
}
