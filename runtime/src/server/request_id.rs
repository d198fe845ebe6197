//! Names of requests: short, unique for the life of the server, and of no use to whoever guesses one.

use std::fmt::Write as _;
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
        let mut name = String::with_capacity(24);
        // Writing to a text does not fail.
        let _ = write!(name, "{:08x}-{number:x}", self.run);
        name.into()
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
