//! Source text and places in it. Spans are byte offsets; people see 1-based lines and columns of code points.

use std::sync::Arc;

/// Index of a file in its [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file that the offsets are in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end` in `file`.
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that covers both; of the first's file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A 1-based line and column; columns count code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in code points.
    pub column: u32,
}

/// One source file: its name as shown to people, its text, and where its lines start.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path relative to the project's root, `/`-separated.
    pub name: Arc<str>,
    /// The text, after a leading byte order mark was dropped.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
    /// Code points before each block of [`BLOCK_BYTES`], so that a place on a line of megabytes is found soon.
    counted: Vec<u32>,
}

const BLOCK_BYTES: usize = 1024;

impl Source {
    /// Takes a text of at most `u32::MAX` bytes; the loader refuses larger ones before.
    pub fn new(name: &str, text: &str) -> Self {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes());
        let mut line_starts = vec![0];
        line_starts.extend(starts.filter_map(|at| u32::try_from(at.saturating_add(1)).ok()));
        let mut sum: u32 = 0;
        let counted = text.as_bytes().chunks(BLOCK_BYTES).map(|block| {
            let before = sum;
            sum = sum.saturating_add(code_points(block));
            before
        });
        let counted = counted.collect();
        Self { name: name.into(), text: text.into(), line_starts, counted }
    }

    /// The line and column of a byte offset; offsets inside a character count as its start, offsets past the end as the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let column = self.code_points_before(offset).saturating_sub(self.code_points_before(start));
        Position { line: to_u32(line).saturating_add(1), column: column.saturating_add(1) }
    }

    fn code_points_before(&self, offset: u32) -> u32 {
        let offset = to_usize(offset).min(self.text.len());
        let block = (offset >> BLOCK_BYTES.trailing_zeros()).min(self.counted.len().saturating_sub(1));
        let begin = block.saturating_mul(BLOCK_BYTES);
        let counted = self.counted.get(block).copied().unwrap_or(0);
        let rest = self.text.as_bytes().get(begin..offset).unwrap_or_default();
        counted.saturating_add(code_points(rest))
    }
}

/// A code point starts at every byte that is not a continuation byte.
fn code_points(bytes: &[u8]) -> u32 {
    to_u32(bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count())
}

/// The files of one program, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

impl SourceMap {
    /// Adds a file and gives its index.
    pub fn add(&mut self, source: Source) -> FileId {
        let id = FileId(to_u32(self.files.len()));
        self.files.push(source);
        id
    }

    /// The file, if it is one of these.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(to_usize(file.0))
    }

    /// All files in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(to_u32(at)), source))
    }

    /// File name and position of the start of a span.
    pub fn locate(&self, span: Span) -> Option<(&Source, Position)> {
        let source = self.get(span.file)?;
        Some((source, source.position(span.start)))
    }
}

/// `usize` holds every `u32` on the platforms that FLIN runs on.
pub const fn to_usize(n: u32) -> usize {
    n as usize
}

/// Saturates: callers bound their counts far below `u32::MAX`.
pub fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_code_points() {
        let source = Source::new("a.flin", "é = 1\n🎉x = 2\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(11), Position { line: 2, column: 2 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn places_on_long_lines_are_those_that_counting_gives() {
        let text = "é漢🎉a".repeat(2_000) + "\n" + &"🎉".repeat(1_000);
        let source = Source::new("a.flin", &text);
        for (at, _) in text.char_indices().step_by(7) {
            let before = text.get(..at).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let expected = Position { line: to_u32(line), column: to_u32(column) };
            assert_eq!(source.position(to_u32(at)), expected, "at {at}");
        }
    }
}
