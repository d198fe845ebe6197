//! The blocks of a file, also those behind a bad one.
//!
//! Behind a block that does not check the next one is where its length says, most often, or where the lengths of some
//! more lead. Else a length is wrong, and the next block is looked for byte by byte. A checksum covers the offset, so
//! nothing that only looks like a block is taken for one; and most places are no beginning by their length alone, so that
//! this is about as fast as reading. Bytes that look like many long blocks use up a budget, and what is left of the file
//! is given up.

use super::OfflineError;
use crate::store::disk::DiskError;
use crate::store::format::{BLOCK_HEAD, Fault, FileError, Window, read_block, wide};
use std::ops::ControlFlow;

/// Bytes that are checked in vain, for each byte of the file, before it is given up.
const VAIN_MAX: u64 = 64;
/// Bad blocks, one behind the other, whose lengths are followed.
const BAD_MAX: usize = 64;

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
        let next = match follow(window, salt, (offset, to))? {
            Some(next) => next,
            None => resume(window, salt, (offset.saturating_add(1), to), &mut vain)?,
        };
        if each(Piece::Gap(offset, next, fault))?.is_break() {
            break;
        }
        offset = next;
    }
    Ok(offset)
}

/// The first whole block to which the lengths of bad ones lead, if they do.
fn follow(
    window: &mut Window<'_>,
    salt: u64,
    (mut offset, to): (u64, u64),
) -> Result<Option<u64>, DiskError> {
    for _ in 0..BAD_MAX {
        let Some(end) = end_at(window, offset)?.filter(|end| *end < to) else { return Ok(None) };
        if read_block(window, salt, end).is_ok() {
            return Ok(Some(end));
        }
        offset = end;
    }
    Ok(None)
}

/// Where the block at `offset` ends, as its length says; none where there is no length.
fn end_at(window: &mut Window<'_>, offset: u64) -> Result<Option<u64>, DiskError> {
    let head = window.get(offset, BLOCK_HEAD)?.and_then(|head| head.first_chunk::<4>().copied());
    let length = head.map(|head| u64::from(u32::from_le_bytes(head))).filter(|length| *length > 0);
    Ok(length.map(|length| offset.saturating_add(wide(BLOCK_HEAD)).saturating_add(length)))
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
