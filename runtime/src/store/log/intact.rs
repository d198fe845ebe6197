//! The whole records of a segment wherever they stand, also behind damage; for whoever salvages.
//!
//! Heads have checksums of their own, so that few payloads are checked in vain. Bytes that were made to look like many
//! heads of long records use up a budget, and what is left of the segment is given up.

use super::record::{ALIGN, HEAD, Head};
use super::replay::record;
use super::segment::START;
use super::{Items, Segment};
use crate::store::Lsn;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{Window, wide};

/// Bytes that are checked in vain, for each byte of the segment, before it is given up.
const VAIN_MAX: u64 = 64;

/// A whole record.
#[derive(Clone, Copy, Debug)]
pub struct Intact<'a> {
    /// Where it begins, and where it ends.
    pub span: (u32, u32),
    /// Its number.
    pub sequence: u64,
    /// Its place.
    pub lsn: Lsn,
    payload: &'a [u8],
}

impl<'a> Intact<'a> {
    /// Where its payload ends; from there to the end of the span nothing is read.
    pub fn payload_end(&self) -> u32 {
        let bytes = HEAD.saturating_add(self.payload.len());
        u32::try_from(bytes).map_or(self.span.1, |bytes| self.span.0.saturating_add(bytes))
    }

    /// What it says.
    pub const fn items(&self) -> Items<'a> {
        Items::new(self.payload, self.lsn)
    }
}

/// Gives all whole records of a segment, in the order of their places.
pub fn intact<E: From<DiskError>>(
    disk: &dyn Disk,
    segment: &Segment,
    each: &mut dyn FnMut(Intact<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let name = segment.name();
    let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
    let mut window = Window::new(&*file, &name)?;
    let mut at = START;
    let mut vain = window.size().saturating_mul(VAIN_MAX);
    while vain > 0 {
        let head = match window.get(u64::from(at), HEAD)? {
            None => return Ok(()),
            // Most of it is zeros: not worth a checksum.
            Some(bytes) if bytes.starts_with(&[0; ALIGN]) => None,
            Some(bytes) => Head::decode(segment.salt, bytes).filter(|head| !head.is_end()),
        };
        let found = if head.is_some() { record(&mut window, segment, at)? } else { None };
        let end = found.as_ref().and_then(|(head, _)| at.checked_add(head.size()?));
        if let (Some((head, payload)), Some(end)) = (found, end) {
            let lsn = Lsn::new(segment.number, at);
            each(Intact { span: (at, end), sequence: head.sequence, lsn, payload })?;
            at = end;
        } else {
            vain = vain.saturating_sub(head.map_or(0, |head| u64::from(head.length)));
            let Some(next) = u32::try_from(wide(ALIGN)).ok().and_then(|align| at.checked_add(align)) else {
                return Ok(());
            };
            at = next;
        }
    }
    Ok(())
}
