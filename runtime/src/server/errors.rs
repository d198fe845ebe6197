//! What went wrong lately, for the log and for whoever looks at the console.

use crate::value::text::shortened;
use crate::vm::{Cause, Uncaught};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Errors that are remembered.
const ERRORS_MAX: usize = 100;
/// Bytes of a message that are remembered.
const MESSAGE_BYTES_MAX: usize = 1024;
/// Places of a chain that are logged, and further ones that have a note.
const PLACES_MAX: usize = 12;
const NOTED_MAX: usize = 4;
/// Bytes of a note that are remembered.
const NOTE_BYTES_MAX: usize = 256;

/// An error that nothing caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The request, event or job that it ended.
    pub id: Arc<str>,
    /// Its kind.
    pub kind: String,
    /// Its message, perhaps cut.
    pub message: String,
    /// `function (file:line:column)` and the note there, innermost first, then its causes.
    pub chain: Vec<String>,
}

/// The last errors.
#[derive(Debug, Default)]
pub struct Errors(Mutex<VecDeque<Recent>>);

impl Errors {
    /// Logs an error, and remembers it.
    pub fn log(&self, id: &Arc<str>, error: &Uncaught) {
        let chain = chain(error);
        tracing::error!(
            request = &**id,
            kind = error.kind.as_str(),
            chain = chain.join(" < ").as_str(),
            "{}",
            error.message
        );
        let message = error.message.get(..error.message.floor_char_boundary(MESSAGE_BYTES_MAX));
        let recent = Recent {
            at: crate::app::machine::now_millis(),
            id: Arc::clone(id),
            kind: error.kind.clone(),
            message: message.unwrap_or_default().to_owned(),
            chain,
        };
        let mut errors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if errors.len() >= ERRORS_MAX {
            errors.pop_front();
        }
        errors.push_back(recent);
    }

    /// The last errors, the newest first.
    pub fn recent(&self) -> Vec<Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

/// The calls that an error came through, innermost first, and its causes.
pub(super) fn chain(error: &Uncaught) -> Vec<String> {
    let first = error.chain.iter().take(PLACES_MAX);
    let noted = error.chain.iter().skip(PLACES_MAX).filter(|place| place.note.is_some()).take(NOTED_MAX);
    first.chain(noted).map(place).chain(error.causes.iter().map(cause)).collect()
}

fn cause(cause: &Cause) -> String {
    let mut text = format!("caused by {}: {}", cause.kind, cause.message);
    for at in &cause.places {
        let _ = write!(text, " at {}", place(at));
    }
    text
}

fn place(place: &crate::vm::Place) -> String {
    let mut text = place.function.clone();
    if place.line > 0 {
        // Writing to a text does not fail.
        let _ = write!(text, " ({}:{}:{})", place.file, place.line, place.column);
    }
    if let Some(note) = &place.note {
        let _ = write!(text, ": {}", shortened(note, NOTE_BYTES_MAX));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_errors_are_remembered_and_no_more() {
        let errors = Errors::default();
        for number in 0..=ERRORS_MAX {
            let message = format!("{number} {}", "é".repeat(MESSAGE_BYTES_MAX));
            errors.log(&"id".into(), &Uncaught { kind: "K".to_owned(), message, ..Uncaught::default() });
        }
        let recent = errors.recent();
        assert_eq!(recent.len(), ERRORS_MAX);
        assert!(recent[0].message.starts_with("100 ") && recent[0].message.len() <= MESSAGE_BYTES_MAX);
        assert!(recent[ERRORS_MAX - 1].message.starts_with("1 "));
    }
}
