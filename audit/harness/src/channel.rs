//! The child's side of the protocol: it says what it tries and what it finds, and never what that amounts to.

use super::protocol::{Fact, Wrong};
use std::fmt::Display;
use std::io::Write as _;

/// Long texts are cut; the input's name says how to get them again.
const SHOWN_CHARS_MAX: usize = 400;

/// Talks to the parent through standard output.
#[derive(Debug, Default)]
pub struct Channel {
    inputs: u64,
}

impl Channel {
    /// Opens the channel: from now on every panic is told before it unwinds. A parent that asked for backtraces gets
    /// the ordinary report on standard error besides.
    pub fn open() -> Self {
        let ordinary = std::panic::take_hook();
        let backtrace = std::env::var_os("RUST_BACKTRACE").is_some();
        std::panic::set_hook(Box::new(move |info| {
            if backtrace {
                ordinary(info);
            }
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
            let message = shown(&info.payload_as_str().unwrap_or("a panic without a message"));
            say(&Fact::Panicked { message, place: place.unwrap_or_default() });
        }));
        Self::default()
    }

    /// Counts an input and names it, so that the parent knows which one ended the process.
    pub fn trying(&mut self, input: impl Display) {
        self.inputs += 1;
        say(&Fact::Trying { input: shown(&input) });
    }

    /// Counts inputs that were tried under the name given last.
    pub fn tried(&mut self, count: u64) {
        self.inputs += count;
    }

    /// Tells a wrong answer.
    pub fn wrong(&mut self, input: impl Display, expected: impl Display, found: impl Display) {
        say(&Fact::Wrong(Wrong { input: shown(&input), expected: shown(&expected), found: shown(&found) }));
    }

    /// Tells that something was not given back.
    pub fn leaked(&mut self, what: impl Display) {
        say(&Fact::Leaked { what: shown(&what) });
    }

    /// Tells that somebody waits for a descriptor that nobody gives back.
    pub fn exhausted(&mut self, what: impl Display) {
        say(&Fact::NoDescriptor { what: shown(&what) });
    }

    /// Tells that something acknowledged is gone.
    pub fn lost(&mut self, what: impl Display) {
        say(&Fact::Lost { what: shown(&what) });
    }

    /// Tells that something is not as it was stored.
    pub fn corrupted(&mut self, what: impl Display) {
        say(&Fact::Corrupted { what: shown(&what) });
    }

    /// Tells that all wait for each other in an order of steps that a model checker tried.
    pub fn stuck(&mut self, what: impl Display) {
        say(&Fact::Stuck { what: shown(&what) });
    }

    /// Tells that the probe was answered correctly.
    pub fn alive(&mut self) {
        say(&Fact::Alive);
    }

    /// Tells that the case could not be set up.
    pub fn unusable(&mut self, why: impl Display) {
        say(&Fact::Unusable { why: shown(&why) });
    }

    /// Tells that the case came to its end.
    pub fn end(self) {
        say(&Fact::Inputs { count: self.inputs });
        say(&Fact::End);
    }
}

fn shown(text: &impl Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}

fn say(fact: &Fact) {
    let mut line = serde_json::to_vec(fact).unwrap_or_default();
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    // A parent that is gone ends this process by signal; there is nobody to tell.
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
