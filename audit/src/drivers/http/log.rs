//! What the server writes into its log while a vector runs: entries of one line each, without control characters, and
//! without what was told to the server alone.

use crate::catalogue::exchange::Logged;
use flin_runtime::config;
use flin_runtime::server::log::{self, Flush};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The log of this process, from here on.
#[derive(Debug)]
pub struct Log {
    lines: Lines,
    flush: Flush,
}

#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// A process has one log: this is once for each.
    pub fn kept() -> Self {
        let lines = Lines::default();
        let flush = log::install(&config::Log::default(), lines.clone());
        Self { lines, flush }
    }

    /// All of it, once it was written.
    pub fn text(self) -> String {
        drop(self.flush);
        let bytes = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What was expected of the log, and what was found instead.
pub fn faults(text: &str, logged: &Logged) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    for line in text.split_terminator('\n') {
        if !begins(line) || line.contains(char::is_control) {
            faults.push(("an entry on a line".to_owned(), format!("{line:?}")));
        }
    }
    for wanted in logged.holds.iter().filter(|wanted| !text.contains(wanted.as_str())) {
        faults.push((format!("{wanted:?}"), format!("{text:?}")));
    }
    for secret in &logged.never {
        if let Some(line) = text.lines().find(|line| line.contains(secret.as_str())) {
            faults.push((format!("no {secret:?}"), format!("{line:?}")));
        }
    }
    faults
}

/// Does it begin as every entry does, with its time?
fn begins(line: &str) -> bool {
    let time = line.split(' ').next().unwrap_or_default();
    time.ends_with('Z') && time.contains('T') && time.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_breaks_out_of_its_line_or_tells_a_secret_is_found() {
        let logged = Logged { holds: vec!["said".into()], never: vec!["hidden".into()] };
        let line = "2026-01-01T00:00:00.000Z info  said";
        assert!(faults(line, &logged).is_empty());
        for bad in ["", &format!("{line}\nand more"), &format!("{line}\u{1b}[2J"), &format!("{line} hidden")]
        {
            assert_eq!(faults(bad, &logged).len(), 1, "{bad:?}");
        }
    }
}
