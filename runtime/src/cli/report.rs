//! What goes to stderr: errors, diagnostics, the chain of an uncaught error. Nothing in it can steer a terminal.

use super::Exit;
use crate::app::{End, LoadError};
use crate::base::render::{Style, printable, render};
use crate::base::span::to_usize;
use crate::base::{Diagnostic, SourceMap};
use crate::vm::{Place, Uncaught};
use std::fmt::{self, Display};
use std::io::{IsTerminal as _, Write as _};
use std::panic::PanicHookInfo;

/// Findings that are shown; warnings give way to errors.
const FINDINGS_MAX: usize = 200;
/// Places of a chain that are shown at each end.
const CHAIN_ENDS: usize = 12;

/// Does the user want no colours?
pub(super) fn colourless() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes to stderr. That nobody reads it is no reason to end differently, so failures are ignored.
#[derive(Debug)]
pub(super) struct Report {
    style: Style,
}

impl Report {
    /// Excerpts on a terminal, in colour unless `NO_COLOR` is set.
    pub fn new() -> Self {
        let style = match (std::io::stderr().is_terminal(), colourless()) {
            (false, _) => Style::Line,
            (true, true) => Style::Plain,
            (true, false) => Style::Colour,
        };
        Self { style }
    }

    /// Text that was made printable where it has to be.
    pub fn raw(&mut self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// `error: …`
    pub fn error(&mut self, text: impl Display) {
        self.raw(&format!("error: {}\n", printable(&text.to_string())));
    }

    /// `warn: …`, as the entries of a log begin.
    pub fn warning(&mut self, text: impl Display) {
        self.raw(&format!("warn: {}\n", printable(&text.to_string())));
    }

    /// `error: file: …`
    pub fn file_error(&mut self, file: impl Display, text: impl Display) {
        self.error(format_args!("{file}: {text}"));
    }

    /// The findings in their order, and how many more there are.
    pub fn diagnostics(&mut self, found: &[Diagnostic], sources: &SourceMap) {
        let (shown, hidden) = shown(found);
        let text: String = shown.map(|diagnostic| render(diagnostic, sources, self.style)).collect();
        self.raw(&text);
        self.hidden(hidden);
    }

    /// How many findings are not shown, if there are any.
    pub fn hidden(&mut self, count: usize) {
        if count > 0 {
            self.raw(&format!("and {count} more that are not shown\n"));
        }
    }

    /// Why a project could not be read.
    pub fn load(&mut self, error: &LoadError) -> Exit {
        match error {
            LoadError::Config(problems) => {
                problems.iter().take(FINDINGS_MAX).for_each(|problem| self.raw(&problem.render()));
                self.hidden(problems.len().saturating_sub(FINDINGS_MAX));
            }
            other => self.error(other),
        }
        Exit::Usage
    }

    /// How an execution ended, where that is not as it should.
    pub fn end(&mut self, end: &End) -> Exit {
        match end {
            End::Done | End::Gone => return Exit::Success,
            End::Uncaught(error) => self.raw(&ErrorText(error).to_string()),
            End::Timeout => self.error("Timeout: the deadline passed"),
            End::NoEntropy => self.error("the system gives no random numbers"),
            End::Panicked => {
                self.error(boundary_text());
                return Exit::Internal;
            }
            End::Bug(bug) => {
                self.error(format_args!("internal error: {bug}; this is a fault in flin itself"));
                return Exit::Internal;
            }
        }
        Exit::Failure
    }
}

/// What is shown of the findings, in their order, and how many are not.
fn shown(found: &[Diagnostic]) -> (impl Iterator<Item = &Diagnostic>, usize) {
    let errors = found.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let mut errors_left = errors.min(FINDINGS_MAX);
    let mut warnings_left = FINDINGS_MAX.saturating_sub(errors_left);
    let takes = move |diagnostic: &&Diagnostic| {
        let left = if diagnostic.is_error() { &mut errors_left } else { &mut warnings_left };
        let takes = *left > 0;
        *left = left.saturating_sub(1);
        takes
    };
    (found.iter().filter(takes), found.len().saturating_sub(FINDINGS_MAX))
}

fn boundary_text() -> impl Display {
    crate::app::boundary::Panicked
}

/// An uncaught error as it is shown: kind, message, and the calls that it came through.
pub(super) struct ErrorText<'e>(pub &'e Uncaught);

impl Display for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        writeln!(f, "error: {}: {}", printable(&error.kind), printable(&error.message))?;
        let hidden = error.chain.len().saturating_sub(CHAIN_ENDS.saturating_mul(2));
        let first = if hidden == 0 { error.chain.len() } else { CHAIN_ENDS };
        error.chain.iter().take(first).try_for_each(|place| write_place(f, place))?;
        let left_out = hidden.saturating_add(to_usize(error.left_out));
        if left_out > 0 {
            writeln!(f, "  … {left_out} more calls")?;
        }
        let rest = first.saturating_add(hidden);
        error.chain.iter().skip(rest).try_for_each(|place| write_place(f, place))?;
        for cause in &error.causes {
            writeln!(f, "caused by: {}: {}", printable(&cause.kind), printable(&cause.message))?;
            cause.places.iter().try_for_each(|place| write_place(f, place))?;
        }
        Ok(())
    }
}

fn write_place(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    write!(f, "  at {}", printable(&place.function))?;
    if place.line > 0 {
        write!(f, " ({}:{}:{})", printable(&place.file), place.line, place.column)?;
    }
    match &place.note {
        Some(note) => writeln!(f, ": {}", printable(note)),
        None => writeln!(f),
    }
}

/// What is left of a panic of ours: one line, no backtrace.
pub(super) fn panicked(info: &PanicHookInfo<'_>) {
    let place =
        info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let text = format!("flin: internal error{place}; please report it\n");
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Code, Span};

    #[test]
    fn warnings_give_way_to_errors_where_findings_are_too_many() {
        let of = |code, count| vec![Diagnostic::new(code, Span::default(), ""); count];
        let count = |found: &[Diagnostic]| {
            let (shown, hidden) = shown(found);
            (shown.filter(|found| found.is_error()).count(), hidden)
        };
        let (max, all) = (FINDINGS_MAX, [of(Code::W0002, 300), of(Code::E0001, FINDINGS_MAX)].concat());
        assert_eq!(count(&all), (max, 300));
        assert_eq!(shown(&all).0.count(), max);
        assert_eq!((count(&of(Code::W0002, max)), shown(&of(Code::W0002, max)).0.count()), ((0, 0), max));
        assert_eq!(count(&of(Code::E0001, max + 1)), (max, 1));
    }

    #[test]
    fn long_chains_show_both_ends() {
        let place =
            |line| Place { function: "f".to_owned(), file: "a.flin".to_owned(), line, ..Place::default() };
        let chain = (1..=513).map(place).collect();
        let error =
            Uncaught { kind: "K".to_owned(), message: "m\u{1b}[0m".to_owned(), chain, ..Uncaught::default() };
        let text = ErrorText(&error).to_string();
        assert!(text.starts_with("error: K: m\\u{1b}[0m\n  at f (a.flin:1:0)\n"), "{text}");
        assert!(text.contains("  … 489 more calls\n") && text.ends_with("  at f (a.flin:513:0)\n"), "{text}");
        assert_eq!(text.lines().count(), 26);
        let longer = ErrorText(&Uncaught { left_out: 1_000, ..error }).to_string();
        assert!(longer.contains("  … 1489 more calls\n"), "{longer}");
    }
}
