//! Blocks: what snapshots and the archive are made of behind their first sector.
//!
//! A block is the length of its content, a checksum over the file's salt, its own offset and the content, and the
//! content. So a block that was moved, or is another file's, is as bad as one with a flipped bit.

use super::{Fault, FileError, Window, crc, wide};
use crate::base::guard::{Guard, off};

/// About how large a block is made; one entry may make it larger.
pub const BLOCK_BYTES: usize = 1 << 16;

/// Length and checksum.
pub const BLOCK_HEAD: usize = 8;

/// A block that will lie at `offset`. None when the content is longer than a block may be, 4 GiB.
pub fn block(salt: u64, offset: u64, content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?;
    let mut bytes = Vec::with_capacity(content.len().saturating_add(BLOCK_HEAD));
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&sum(salt, offset, content).to_le_bytes());
    bytes.extend_from_slice(content);
    Some(bytes)
}

fn sum(salt: u64, offset: u64, content: &[u8]) -> u32 {
    crc(&[&salt.to_le_bytes(), &offset.to_le_bytes(), content])
}

/// The content of the block at `offset`, and where the next one lies.
pub fn read_block<'a>(
    window: &'a mut Window<'_>,
    salt: u64,
    offset: u64,
) -> Result<(&'a [u8], u64), FileError> {
    let name = window.name();
    let damaged = |fault| FileError::damaged(name, offset, fault);
    let head = window.get(offset, BLOCK_HEAD)?.and_then(|head| head.as_chunks::<4>().0.try_into().ok());
    let [length, stored]: [[u8; 4]; 2] = head.ok_or_else(|| damaged(Fault::End))?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| damaged(Fault::End))?;
    let start = offset.saturating_add(wide(BLOCK_HEAD));
    let content = window.get(start, length)?.ok_or_else(|| damaged(Fault::End))?;
    if !off(Guard::RecordChecksum) && sum(salt, offset, content) != u32::from_le_bytes(stored) {
        return Err(damaged(Fault::Checksum));
    }
    Ok((content, start.saturating_add(wide(length))))
}
