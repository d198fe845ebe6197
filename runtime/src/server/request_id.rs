//! Names of requests: short, unique for the life of the server, and of no use to whoever guesses one.

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
        name.put_hex(number, 1);
        name.put(b'-');
        name.put_hex(self.run.into(), 8);
        name.text().into()
    }
}

/// A name that is written from its end: two numbers of 32 and 64 bits, and the dash. Every request has one, and formatting
/// costs five times as much.
#[derive(Default)]
struct Name {
    bytes: [u8; 25],
    len: usize,
}

impl Name {
    fn put(&mut self, byte: u8) {
        self.len = self.len.saturating_add(1);
        let free = self.bytes.len().checked_sub(self.len);
        if let Some(place) = free.and_then(|at| self.bytes.get_mut(at)) {
            *place = byte;
        }
    }

    fn put_hex(&mut self, number: u64, digits_min: usize) {
        let (mut rest, mut digits) = (number, 0_usize);
        while rest > 0 || digits < digits_min {
            let digit = rest.to_le_bytes().first().map_or(0, |low| low & 0xF);
            self.put(b"0123456789abcdef".get(usize::from(digit)).copied().unwrap_or(b'0'));
            (rest, digits) = (rest >> 4, digits.saturating_add(1));
        }
    }

    fn text(&self) -> &str {
        let free = self.bytes.len().saturating_sub(self.len);
        self.bytes.get(free..).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
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

    #[test]
    fn the_longest_name_has_room() {
        let ids = RequestIds { run: u32::MAX, next: AtomicU64::new(u64::MAX) };
        assert_eq!(&*ids.next(), "ffffffff-ffffffffffffffff");
        let ids = RequestIds { run: 0, next: AtomicU64::new(0x1_0203) };
        assert_eq!(&*ids.next(), "00000000-10203");
    }
}
