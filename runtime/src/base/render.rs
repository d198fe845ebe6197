//! Diagnostics as people see them: one line for a file, a source excerpt with a caret for a terminal.

use super::diagnostic::{Diagnostic, Severity};
use super::span::{SourceMap, to_usize};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt::Write as _;

/// How much of the source is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `file:line:column: error[E0102]: message`, and the help on a line of its own.
    Line,
    /// The line, then an excerpt; without colour.
    Plain,
    /// The line, then an excerpt; with ANSI colour.
    Colour,
}

/// Excerpts of longer lines would fill the terminal; the position is said all the same.
const EXCERPT_LINE_BYTES_MAX: usize = 400;

/// Renders one finding, ending in a line break.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = String::new();
    let message = printable(&diagnostic.message);
    match sources.locate(diagnostic.span) {
        Some((source, at)) => {
            let _ = write!(out, "{}:{}:{}: ", printable(&source.name), at.line, at.column);
        }
        None => out.push_str("program: "),
    }
    let _ = writeln!(out, "{severity}[{}]: {message}", diagnostic.code);
    let excerpt = if style == Style::Line { None } else { excerpt(diagnostic, sources, style) };
    match (&excerpt, &diagnostic.help) {
        (Some(excerpt), _) => out.push_str(excerpt),
        (None, Some(help)) => {
            let _ = writeln!(out, "  help: {}", printable(help));
        }
        (None, None) => {}
    }
    out
}

fn excerpt(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> Option<String> {
    let source = sources.get(diagnostic.span.file)?;
    let text: &str = &source.text;
    let range = |start: u32, end: u32| {
        let start = floor(text, to_usize(start));
        start..floor(text, to_usize(end)).max(start)
    };
    let span = range(diagnostic.span.start, diagnostic.span.end);
    let line = text.get(..span.start)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let line_len = text.get(line..)?.find('\n').unwrap_or(text.len().saturating_sub(line));
    if line_len > EXCERPT_LINE_BYTES_MAX {
        return None;
    }
    let mut snippet = Snippet::source(text).annotation(AnnotationKind::Primary.span(span));
    for label in diagnostic.labels.iter().filter(|label| label.span.file == diagnostic.span.file) {
        let place = range(label.span.start, label.span.end);
        snippet = snippet.annotation(AnnotationKind::Context.span(place).label(label.text.as_str()));
    }
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = annotate_snippets::Group::with_level(level).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if style == Style::Colour { Renderer::styled() } else { Renderer::plain() };
    let mut drawn = renderer.render(&[group]);
    drawn.push('\n');
    Some(drawn)
}

/// The last character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// Text that cannot move the cursor, change colours or reorder the line: control and bidi characters are escaped.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}');
        if c.is_control() || bidi {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Code;
    use super::super::span::{Source, Span};
    use super::*;

    fn sample() -> (Diagnostic, SourceMap) {
        let mut sources = SourceMap::default();
        let file = sources.add(Source::new("a.flin", "x = 1\nprint(xs)\n"));
        let found = Diagnostic::new(Code::E0001, Span::new(file, 12, 14), "unknown name `xs`");
        (found.suggest("xs", ["x"]), sources)
    }

    #[test]
    fn a_line_says_where_what_and_what_to_do() {
        let (found, sources) = sample();
        let line = render(&found, &sources, Style::Line);
        assert_eq!(line, "a.flin:2:7: error[E0001]: unknown name `xs`\n  help: did you mean `x`?\n");
    }

    #[test]
    fn an_excerpt_has_a_caret_under_the_span() {
        let (found, sources) = sample();
        let text = render(&found, &sources, Style::Plain);
        assert!(text.contains("print(xs)") && text.contains("^^"), "{text}");
    }

    #[test]
    fn terminal_control_is_escaped() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}"), "a\\u{1b}[31m\\u{202e}");
    }
}
