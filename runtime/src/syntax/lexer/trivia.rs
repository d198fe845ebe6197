//! Blanks, line breaks and comments between tokens of code.

use super::super::tree::CommentKind;
use super::{byte_at, stands_at};

/// What stands before a token.
#[derive(Clone, Debug)]
pub struct Trivia {
    /// Where the token starts.
    pub end: usize,
    /// Was there a line break?
    pub newline: bool,
    /// Start, end and kind of each comment. Empty, and not allocated, nearly always.
    pub comments: Vec<(usize, usize, CommentKind)>,
    /// Where a comment starts that the file does not end.
    pub unterminated: Option<usize>,
}

/// Skips what stands between tokens, from `at` on.
pub fn skip_trivia(text: &str, at: usize) -> Trivia {
    // The start of a file is the start of a line.
    let mut trivia = Trivia { end: at, newline: at == 0, comments: Vec::new(), unterminated: None };
    loop {
        let at = trivia.end;
        let next = match byte_at(text, at) {
            b'\n' => {
                trivia.newline = true;
                at.saturating_add(1)
            }
            b' ' | b'\t' | b'\r' => at.saturating_add(1),
            b'/' if stands_at(text, at, "//") => {
                let end = line_end(text, at);
                trivia.comments.push((at, end, CommentKind::Line));
                end
            }
            b'/' if stands_at(text, at, "/*") => match comment(&mut trivia, text, "/*", "*/") {
                Some(end) => end,
                None => return trivia,
            },
            b'<' if stands_at(text, at, "<!--") => match comment(&mut trivia, text, "<!--", "-->") {
                Some(end) => end,
                None => return trivia,
            },
            _ => return trivia,
        };
        trivia.end = next;
    }
}

/// The offset of the line break that ends the line, or of the end of the file.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let end = at.saturating_add(end);
    // The carriage return belongs to the line break.
    if byte_at(text, end.saturating_sub(1)) == b'\r' && end > at { end.saturating_sub(1) } else { end }
}

fn comment(trivia: &mut Trivia, text: &str, open: &str, close: &str) -> Option<usize> {
    let start = trivia.end;
    let inside = start.saturating_add(open.len());
    let rest = text.as_bytes().get(inside..).unwrap_or(&[]);
    let Some(found) = memchr::memmem::find(rest, close.as_bytes()) else {
        trivia.unterminated = Some(start);
        return None;
    };
    trivia.newline |= memchr::memchr(b'\n', rest.get(..found).unwrap_or(&[])).is_some();
    let end = inside.saturating_add(found).saturating_add(close.len());
    let kind = if open == "/*" { CommentKind::Block } else { CommentKind::Markup };
    trivia.comments.push((start, end, kind));
    Some(end)
}
