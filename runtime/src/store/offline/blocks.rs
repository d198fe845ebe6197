//! The blocks of a file, also those behind a bad one.
//!
//! A block that does not check may have a wrong length, so the next one is looked for byte by byte. A checksum covers the
//! offset, so nothing that only looks like a block is taken for one; and most places are no beginning by their length
//! alone, so that this is about as fast as reading. Bytes that were made to look like many long blocks use up a budget,
//! and what is left of the file is given up.

use super::OfflineError;
use crate::store::disk::DiskError;
use crate::store::format::{BLOCK_HEAD, Fault, FileError, Window, read_block, wide};
use std::ops::ControlFlow;

/// Bytes that are checked in vain, for each byte of the file, before it is given up.
const VAIN_MAX: u64 = 64;

/// A piece of a file, as it is handed out.
pub enum Piece<'a> {
    /// The content of a block that begins here; what comes of it decides whether the walk goes on.
    Block(u64, &'a [u8]),
    /// No block until that offset.
    Gap(u64, u64, Fault),
}

/// Gives all blocks between two offsets and the gaps between them. Ends where it is told to, and says where that is.
pub fn walk(
    window: &mut Window<'_>,
    salt: u64,
    (from, to): (u64, u64),
    each: &mut dyn FnMut(Piece<'_>) -> Result<ControlFlow<()>, OfflineError>,
) -> Result<u64, OfflineError> {
    let mut offset = from;
    let mut vain = to.saturating_sub(from).saturating_mul(VAIN_MAX);
    while offset < to {
        let fault = match read_block(window, salt, offset) {
            Ok((content, next)) => {
                let flow = each(Piece::Block(offset, content))?;
                offset = next;
                if flow.is_break() {
                    break;
                }
                continue;
            }
            Err(FileError::Damaged { fault, .. }) => fault,
            Err(error) => return Err(error.into()),
        };
        let next = resume(window, salt, (offset.saturating_add(1), to), &mut vain)?;
        if each(Piece::Gap(offset, next, fault))?.is_break() {
            break;
        }
        offset = next;
    }
    Ok(offset)
}

/// The first place from `offset` on where a whole block stands; `to` if there is none.
fn resume(
    window: &mut Window<'_>,
    salt: u64,
    (mut offset, to): (u64, u64),
    vain: &mut u64,
) -> Result<u64, DiskError> {
    while offset < to && *vain > 0 {
        let head = window.get(offset, BLOCK_HEAD)?.and_then(|head| head.first_chunk::<4>().copied());
        let Some(length) = head.map(u32::from_le_bytes) else { return Ok(to) };
        let end = offset.saturating_add(wide(BLOCK_HEAD)).saturating_add(u64::from(length));
        if length > 0 && end <= to {
            if read_block(window, salt, offset).is_ok() {
                return Ok(offset);
            }
            *vain = vain.saturating_sub(u64::from(length));
        }
        offset = offset.saturating_add(1);
    }
    Ok(to)
}
