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
use std::sync::Arc;

/// Reports the literals of the files that do not compile; gives what they come to, for those that are still to come.
pub fn check(project: &Project<'_>, diagnostics: &mut Vec<Diagnostic>) -> Patterns {
    let bytes_max = project.patterns_bytes_max;
    let patterns = Patterns { known: HashMap::new(), bytes_max, room: Some(bytes_max) };
    let mut literals = Literals { patterns, out: diagnostics };
    for file in &project.files {
        literals.body(&file.tree.body);
    }
    literals.patterns
}

/// The patterns of a program, bounded together: literals, and texts that stand for patterns, which only the compiler
/// knows.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// What is wrong with each pattern under its flags; a pattern that occurs again is not compiled again.
    known: HashMap<(Arc<str>, Arc<str>), Option<PatternError>>,
    /// How many bytes all may compile to.
    bytes_max: usize,
    /// How many bytes the further patterns may compile to; none when that was passed.
    room: Option<usize>,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not compile.
    Pattern(PatternError),
    /// With those before it, it is more than so many bytes.
    Together(usize),
}

impl Patterns {
    /// Counts one more. Those behind the first that was too many are neither looked at nor reported.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn add(&mut self, pattern: &Arc<str>, flags: &Arc<str>) -> Result<(), Fault> {
        let key = (Arc::clone(pattern), Arc::clone(flags));
        if let Some(known) = self.known.get(&key) {
            return known.clone().map_or(Ok(()), |error| Err(Fault::Pattern(error)));
        }
        let Some(room) = self.room else { return Ok(()) };
        let compiled = Pattern::compile(pattern, flags);
        // One that is too large took as much work as the largest.
        let bytes = compiled.as_ref().map_or(PATTERN_BYTES_MAX, |pattern| pattern.bytes);
        self.room = if off(Guard::PatternTotal) { Some(room) } else { room.checked_sub(bytes) };
        let error = compiled.err();
        self.known.insert(key, error.clone());
        if self.room.is_none() {
            return Err(Fault::Together(self.bytes_max));
        }
        error.map_or(Ok(()), |error| Err(Fault::Pattern(error)))
    }
}

/// What is said of patterns that are too many, at the one that was.
pub fn too_many(bytes_max: usize, span: Span) -> Diagnostic {
    let text = format!("the patterns of the program compile to more than {bytes_max} bytes together");
    let found = Diagnostic::new(Code::E0103, span, text);
    found.help("repeat less, or build patterns from text where they are needed")
}

struct Literals<'t> {
    patterns: Patterns,
    out: &'t mut Vec<Diagnostic>,
}

impl Literals<'_> {
    fn literal(&mut self, regex: &Regex, span: Span) {
        match self.patterns.add(&regex.pattern, &regex.flags) {
            Ok(()) => {}
            Err(Fault::Pattern(error)) => self.out.push(finding(&error, span)),
            Err(Fault::Together(bytes_max)) => self.out.push(too_many(bytes_max, span)),
        }
    }
}

impl<'t> Visit<'t> for Literals<'_> {
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
