//! Regex literals compile, each and all together (E0103).

use super::Project;
use super::walk::{Visit, walk_expr};
use crate::base::guard::{Guard, off};
use crate::base::span::to_u32;
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::tree::{Expr, ExprKind, Regex};
use crate::value::Pattern;
use crate::value::pattern::{PATTERN_BYTES_MAX, PatternError};
use std::collections::HashMap;

/// Reports the literals of the files that do not compile.
pub fn check(project: &Project<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let bytes_max = project.patterns_bytes_max;
    let mut literals = Literals { known: HashMap::new(), bytes_max, room: Some(bytes_max), out: diagnostics };
    for file in &project.files {
        literals.body(&file.tree.body);
    }
}

struct Literals<'a, 't> {
    /// What is wrong with each pattern under its flags; a pattern that occurs again is not compiled again.
    known: HashMap<(&'t str, &'t str), Option<PatternError>>,
    /// How many bytes all may compile to.
    bytes_max: usize,
    /// How many bytes the further patterns may compile to; none when that was passed.
    room: Option<usize>,
    out: &'a mut Vec<Diagnostic>,
}

impl<'t> Literals<'_, 't> {
    fn literal(&mut self, regex: &'t Regex, span: Span) {
        let key = (&*regex.pattern, &*regex.flags);
        if !self.known.contains_key(&key) {
            let Some(room) = self.room else { return };
            let compiled = Pattern::compile(&regex.pattern, &regex.flags);
            // One that is too large took as much work as the largest.
            let bytes = compiled.as_ref().map_or(PATTERN_BYTES_MAX, |pattern| pattern.bytes);
            self.room = if off(Guard::PatternTotal) { Some(room) } else { room.checked_sub(bytes) };
            self.known.insert(key, compiled.err());
            if self.room.is_none() {
                let most = self.bytes_max;
                let text = format!("the patterns of the program compile to more than {most} bytes together");
                let found = Diagnostic::new(Code::E0103, span, text);
                self.out.push(found.help("repeat less, or build patterns from text where they are needed"));
                return;
            }
        }
        if let Some(Some(error)) = self.known.get(&key) {
            self.out.push(finding(error, span));
        }
    }
}

impl<'t> Visit<'t> for Literals<'_, 't> {
    fn expr(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Regex(regex) => self.literal(regex, expr.span),
            _ => walk_expr(self, expr),
        }
    }
}

/// `span` is the literal's, whose pattern begins behind a slash.
fn finding(error: &PatternError, span: Span) -> Diagnostic {
    match error {
        PatternError::Syntax { what, at } => {
            let place =
                |offset: usize| span.start.saturating_add(1).saturating_add(to_u32(offset)).min(span.end);
            let place = Span { start: place(at.start), end: place(at.end), ..span };
            Diagnostic::new(Code::E0103, place, format!("invalid regex: {what}"))
        }
        PatternError::TooLarge => Diagnostic::new(Code::E0103, span, error.to_string())
            .help("repeat less, or name fewer characters"),
        PatternError::Flag(_) => Diagnostic::new(Code::E0103, span, error.to_string()),
    }
}
