//! The header of a frame (RFC 6455, section 5.2), two to fourteen bytes.

use super::fault::FaultKind;
use super::{CONTROL_BYTES_MAX, Opcode};
use crate::base::guard::{Guard, off};

/// The longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

/// A header that is complete and lawful by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Does it end its message?
    pub fin: bool,
    pub opcode: Opcode,
    pub bytes: u64,
    pub mask: [u8; 4],
}

/// A header that arrives byte by byte.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    bytes: [u8; HEADER_BYTES_MAX],
    len: usize,
}

impl Partial {
    pub const fn new() -> Self {
        Self { bytes: [0; HEADER_BYTES_MAX], len: 0 }
    }

    /// Takes one more byte; the header, when that was its last.
    pub fn push(&mut self, byte: u8) -> Result<Option<Header>, FaultKind> {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len = self.len.saturating_add(1);
        match self.len {
            1 => first(byte).map(|_| None),
            2 => {
                let control = first(self.bytes[0])?.1.is_control();
                second(control, self.bytes[0], byte).map(|()| None)
            }
            len => {
                let length_bytes = extended(self.bytes[1] & 0x7F);
                let length_end = length_bytes.saturating_add(2);
                if len < length_end {
                    return Ok(None);
                }
                let bytes = self.length(length_bytes)?;
                if len < length_end.saturating_add(4) {
                    return Ok(None);
                }
                let (fin, opcode) = first(self.bytes[0])?;
                let mut mask = [0; 4];
                let given = self.bytes.get(length_end..length_end.saturating_add(4)).unwrap_or(&[0; 4]);
                mask.copy_from_slice(given);
                *self = Self::new();
                Ok(Some(Header { fin, opcode, bytes, mask }))
            }
        }
    }

    /// Nothing has arrived yet.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn length(&self, length_bytes: usize) -> Result<u64, FaultKind> {
        let short = u64::from(self.bytes[1] & 0x7F);
        let [_, _, length @ ..] = &self.bytes;
        let (length, least) = match length_bytes {
            0 => return Ok(short),
            2 => (length.first_chunk::<2>().map_or(0, |b| u64::from(u16::from_be_bytes(*b))), 126),
            _ => (length.first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b)), 1 << 16),
        };
        if off(Guard::FrameLength) {
            return Ok(length);
        }
        if length < least {
            return Err(FaultKind::LongLength(length));
        }
        if length > i64::MAX.unsigned_abs() {
            return Err(FaultKind::HugeLength);
        }
        Ok(length)
    }
}

/// Bytes of the extended length.
const fn extended(short: u8) -> usize {
    match short {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

fn first(byte: u8) -> Result<(bool, Opcode), FaultKind> {
    if byte & 0x70 != 0 && !off(Guard::FrameBits) {
        return Err(FaultKind::ReservedBits);
    }
    let number = byte & 0x0F;
    let opcode = Opcode::of(number);
    #[cfg(feature = "knockout")]
    let opcode = opcode.or_else(|| off(Guard::FrameBits).then_some(Opcode::Binary));
    Ok((byte & 0x80 != 0, opcode.ok_or(FaultKind::Opcode(number))?))
}

fn second(control: bool, head: u8, byte: u8) -> Result<(), FaultKind> {
    if byte & 0x80 == 0 && !off(Guard::FrameMask) {
        return Err(FaultKind::NotMasked);
    }
    let short = byte & 0x7F;
    if control && !off(Guard::ControlFrame) {
        if usize::from(short) > CONTROL_BYTES_MAX {
            // The length itself has not arrived; the least that it can be is known.
            return Err(FaultKind::LongControl(if short == 126 { 126 } else { 1 << 16 }));
        }
        if head & 0x80 == 0 {
            return Err(FaultKind::FragmentedControl);
        }
    }
    Ok(())
}
