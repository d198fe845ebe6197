//! The `<style>` elements of markup: where they are, and whether there was one like it before.

use crate::value::text::seeded_hash;
use hashbrown::HashTable;

/// Charged for each element: its place here, and its share of the table, as large as both grow.
pub(super) const BYTES: usize = 96;

/// Where a `<style>` element stands, in bytes of its markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The offset of its `<`.
    pub start: usize,
    /// The offset behind its last `>`.
    pub end: usize,
}

impl Style {
    /// The element.
    pub fn of(self, markup: &str) -> &str {
        markup.get(self.start..self.end).unwrap_or_default()
    }
}

/// The elements of one piece of markup, all different.
#[derive(Debug, Default)]
pub(super) struct Styles {
    found: Vec<Style>,
    by_content: HashTable<usize>,
}

impl Styles {
    pub(super) const fn count(&self) -> usize {
        self.found.len()
    }

    /// Remembers an element; false when there is one like it.
    pub(super) fn add(&mut self, markup: &str, style: Style) -> bool {
        let Self { found, by_content } = self;
        let content = |at: usize| found.get(at).map_or("", |style: &Style| style.of(markup));
        let element = style.of(markup);
        let hash = seeded_hash(element);
        if by_content.find(hash, |&at| content(at) == element).is_some() {
            return false;
        }
        let at = found.len();
        by_content.insert_unique(hash, at, |&at| seeded_hash(content(at)));
        found.push(style);
        true
    }

    /// Forgets what does not end before an offset.
    pub(super) fn cut(&mut self, from: usize) {
        let kept = self.found.partition_point(|style| style.end <= from);
        if kept < self.found.len() {
            self.found.truncate(kept);
            self.by_content.retain(|at| *at < kept);
        }
    }

    pub(super) fn take(&mut self) -> Box<[Style]> {
        self.by_content = HashTable::new();
        std::mem::take(&mut self.found).into_boxed_slice()
    }
}
