//! A text that grows step by step outside the heap's slots, each growth charged before it is made.
//!
//! What a builder holds is charged until [`TextBuilder::finish`] turns it into a value or [`TextBuilder::discard`] gives
//! it up. A stepped built-in reports it as held, so that the VM gives it back when the frame is dropped.

use super::stop::{Bug, Outcome};
use super::{Handle, Heap, Text, Value};
use std::ops::Range;

/// The least that a growth makes room for, in bytes.
const GROWTH_MIN_BYTES: usize = 64;

/// A growing text.
#[derive(Debug, Default)]
pub struct TextBuilder {
    content: String,
    charged: usize,
}

impl TextBuilder {
    /// What was written so far.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// Its length in bytes.
    pub const fn len(&self) -> usize {
        self.content.len()
    }

    /// Bytes charged for it: what a stepped built-in that owns one adds to its `held`.
    pub const fn charged(&self) -> usize {
        self.charged
    }

    /// Was nothing written yet?
    pub const fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Makes room for so many more bytes; capacity at least doubles, or grows by an eighth where the budget is short.
    pub fn reserve(&mut self, heap: &mut Heap, more: usize) -> Outcome<()> {
        let wanted = self.content.len().saturating_add(more);
        let held = self.content.capacity();
        if wanted > held {
            let capacity = heap.memory.grow(held, wanted.max(GROWTH_MIN_BYTES), Text::payload)?;
            self.set_capacity(capacity);
        }
        Ok(())
    }

    /// Makes room for exactly so many bytes in all, where that is known.
    pub fn reserve_total(&mut self, heap: &mut Heap, bytes: usize) -> Outcome<()> {
        let held = self.content.capacity();
        if bytes > held {
            heap.memory.grow_to(held, bytes, Text::payload)?;
            self.set_capacity(bytes);
        }
        Ok(())
    }

    /// Takes a capacity that was charged.
    fn set_capacity(&mut self, capacity: usize) {
        self.charged = Text::payload(capacity);
        self.content.reserve_exact(capacity.saturating_sub(self.content.len()));
    }

    /// Appends a text.
    pub fn push_str(&mut self, heap: &mut Heap, text: &str) -> Outcome<()> {
        self.reserve(heap, text.len())?;
        self.content.push_str(text);
        Ok(())
    }

    /// Appends a part of a heap's text, given in bytes; a range that is none of its parts is our fault.
    pub fn push_part(&mut self, heap: &mut Heap, text: Handle<Text>, bytes: Range<usize>) -> Outcome<()> {
        self.reserve(heap, bytes.len())?;
        let part = heap.texts.uncharged(text)?.get(bytes).ok_or(Bug::WrongShape)?;
        self.content.push_str(part);
        Ok(())
    }

    /// Appends a character so many times.
    pub fn fill(&mut self, heap: &mut Heap, c: char, count: usize) -> Outcome<()> {
        self.reserve(heap, count.saturating_mul(c.len_utf8()))?;
        self.content.extend(std::iter::repeat_n(c, count));
        Ok(())
    }

    /// Appends a text that [`Self::reserve`] made room for.
    pub fn push_reserved(&mut self, text: &str) {
        self.content.push_str(text);
    }

    /// Appends a character.
    pub fn push(&mut self, heap: &mut Heap, c: char) -> Outcome<()> {
        self.reserve(heap, c.len_utf8())?;
        self.content.push(c);
        Ok(())
    }

    /// The text as a value; the builder is empty again.
    pub fn finish(&mut self, heap: &mut Heap) -> Outcome<Value> {
        heap.texts.arena.reserve(&mut heap.memory)?;
        let payload = Text::payload(self.content.len());
        heap.memory.charge(payload.saturating_sub(self.charged))?;
        heap.memory.release(self.charged.saturating_sub(payload))?;
        self.charged = 0;
        Ok(heap.put_text(std::mem::take(&mut self.content)))
    }

    /// Takes the text out to hand it to the driver; it stays charged until [`Self::discard`].
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.content)
    }

    /// Gives up what was written.
    pub fn discard(&mut self, heap: &mut Heap) -> Outcome<()> {
        self.content = String::new();
        Ok(heap.memory.release(std::mem::take(&mut self.charged))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Memory, Pool, Stop};
    use std::sync::Arc;

    fn heap() -> Heap {
        Heap::new(Arc::new([]), Memory::new(1 << 20, Pool::new(1 << 30)))
    }

    #[test]
    fn a_finished_text_is_charged_by_its_own_bytes() {
        let mut heap = heap();
        let expected = {
            let mut other = self::heap();
            other.new_text(&"é".repeat(1000)).unwrap();
            other.memory.used()
        };
        let mut builder = TextBuilder::default();
        for _ in 0..1000 {
            builder.push(&mut heap, 'é').unwrap();
        }
        let Value::Text(text) = builder.finish(&mut heap).unwrap() else { panic!("no text") };
        assert_eq!(heap.texts.str(text).unwrap(), "é".repeat(1000));
        assert_eq!(heap.memory.used(), expected);
        heap.collect(0, |_| ()).unwrap();
        assert!(heap.memory.used() < expected - 2000);
    }

    #[test]
    fn a_discarded_builder_gives_back_what_it_held() {
        let mut heap = heap();
        let mut builder = TextBuilder::default();
        builder.push_str(&mut heap, &"x".repeat(5000)).unwrap();
        assert!(heap.memory.used() >= 5000);
        builder.discard(&mut heap).unwrap();
        assert_eq!(heap.memory.used(), 0);
    }

    #[test]
    fn growth_past_the_budget_asks_for_a_collection_and_changes_nothing() {
        let mut heap = heap();
        let mut builder = TextBuilder::default();
        builder.push_str(&mut heap, "kept").unwrap();
        let before = heap.memory.used();
        let big = "x".repeat(2 << 20);
        assert!(matches!(builder.push_str(&mut heap, &big), Err(Stop::Collect { .. })));
        assert_eq!((builder.as_str(), heap.memory.used()), ("kept", before));
    }
}
