//! Names of requests: short, unique for the life of the server, and of no use to whoever guesses one.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives out names.
#[derive(Debug)]
pub struct RequestIds {
    /// Tells this run of the server from others.
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// Names of a run.
    pub const fn new(run: u32) -> Self {
        Self { run, next: AtomicU64::new(0) }
    }

    /// The next name.
    pub fn next(&self) -> Arc<str> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut name = Name::default();
        // Writing to the room that it has does not fail.
        let _ = write!(name, "{:08x}-{number:x}", self.run);
        name.text().into()
    }
}

/// Room for a name: two numbers of 32 and 64 bits, and the dash.
#[derive(Default)]
struct Name {
    bytes: [u8; 25],
    len: usize,
}

impl Name {
    fn text(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.saturating_add(text.len());
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ() {
        let ids = RequestIds::new(0xabc);
        assert_eq!((&*ids.next(), &*ids.next()), ("00000abc-0", "00000abc-1"));
    }
}
