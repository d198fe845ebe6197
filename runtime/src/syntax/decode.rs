//! Bytes of a source file to text.

use crate::base::span::to_u32;
use crate::base::{Code, Diagnostic, FileId, Position, Source, Span};

/// The first byte that is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8: invalid byte at offset {offset} (line {}, column {})", position.line, position.column)]
pub struct NotUtf8 {
    /// Offset in the file's bytes, a byte order mark included.
    pub offset: usize,
    /// The same place for people.
    pub position: Position,
}

impl NotUtf8 {
    /// As a finding. Its span counts the bytes of the lossy text, which is what a source map can hold of such a file.
    pub fn diagnostic(self, file: FileId) -> Diagnostic {
        let start = to_u32(self.offset);
        let span = Span::new(file, start, start.saturating_add(1));
        let found = Diagnostic::new(Code::E0101, span, self.to_string());
        found.help("save the file as UTF-8")
    }
}

/// Text without a leading byte order mark and with line breaks as LF. Offsets in everything that follows count the
/// bytes of this text, so a source map must hold it and not the file's bytes.
pub fn decode_source(bytes: &[u8]) -> Result<String, NotUtf8> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.valid_up_to();
            let valid = std::str::from_utf8(bytes.get(..offset).unwrap_or(&[])).unwrap_or("");
            let position = Source::new("", without_mark(valid)).position(to_u32(valid.len()));
            return Err(NotUtf8 { offset, position });
        }
    };
    Ok(without_mark(text).replace("\r\n", "\n"))
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_byte_is_named() {
        let error = decode_source(b"\xEF\xBB\xBFx = 1\r\ny = \xFF\n").unwrap_err();
        assert_eq!(error.offset, 14);
        assert_eq!(error.position, Position { line: 2, column: 5 });
    }

    #[test]
    fn marks_and_carriage_returns_go() {
        assert_eq!(decode_source(b"\xEF\xBB\xBFa\r\nb\rc").unwrap(), "a\nb\rc");
    }
}
