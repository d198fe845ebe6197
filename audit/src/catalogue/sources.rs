//! The bytes of a program's source, wherever `vector.toml` takes them from.

use super::input::{Part, Program};
use crate::harness::Size;
use std::path::Path;

/// Why there is no source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file beside `vector.toml` could not be read.
    #[error("cannot read {file}: {error}")]
    Read {
        /// Its name.
        file: String,
        /// Why not.
        error: std::io::Error,
    },
    /// The hexadecimal digits are none.
    #[error("{what} is not hexadecimal")]
    Hex {
        /// Of which input.
        what: String,
    },
    /// None or more than one of `source`, `file`, `parts`, `hex`.
    #[error("program {name} needs exactly one of source, file, parts and hex")]
    Ambiguous {
        /// Which.
        name: String,
    },
}

impl Program {
    /// Its source.
    pub fn bytes(&self, folder: &Path, size: Size) -> Result<Vec<u8>, SourceError> {
        match (&self.source, &self.file, self.parts.as_slice(), &self.hex) {
            (Some(source), None, [], None) => Ok(source.clone().into_bytes()),
            (None, Some(file), [], None) => std::fs::read(folder.join(file))
                .map_err(|error| SourceError::Read { file: file.clone(), error }),
            (None, None, [_, ..], None) => {
                let mut bytes = Vec::new();
                for part in &self.parts {
                    bytes.extend(part.bytes(&self.name, size)?);
                }
                Ok(bytes)
            }
            (None, None, [], Some(hex)) => from_hex(hex, &self.name),
            _ => Err(SourceError::Ambiguous { name: self.name.clone() }),
        }
    }
}

impl Part {
    pub(super) fn bytes(&self, name: &str, size: Size) -> Result<Vec<u8>, SourceError> {
        let mut bytes = self.text.clone().into_bytes();
        bytes.extend(from_hex(&self.hex, name)?);
        let quick = self.times.unwrap_or(1);
        let times = if size == Size::Full { self.times_full.unwrap_or(quick) } else { quick };
        Ok(bytes.repeat(times))
    }
}

/// Two digits a byte; blanks between bytes are ignored.
pub fn from_hex(digits: &str, what: &str) -> Result<Vec<u8>, SourceError> {
    let wrong = || SourceError::Hex { what: what.to_owned() };
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.map(|byte| byte.ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_reads_pairs_and_refuses_halves() {
        assert_eq!(from_hex("c3 28", "x").unwrap(), [0xC3, 0x28]);
        assert!(from_hex("c3 2", "x").is_err());
        assert!(from_hex("zz", "x").is_err());
    }
}
