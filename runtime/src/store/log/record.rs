//! The frame around a transaction: 24 bytes before it, zeros behind it up to a multiple of 8.
//!
//! | bytes | |
//! |---|---|
//! | 0..4 | length of the payload |
//! | 4..8 | checksum over the segment's salt and the rest of the head |
//! | 8..16 | sequence number, from 1, each one more than the one before |
//! | 16..20 | how far behind it the last record is that was durable when this one was written |
//! | 20..24 | checksum over salt, sequence number and payload |
//!
//! The head has a checksum of its own so that a reader can find later records behind a bad one; and it says what was
//! durable, so that the reader can tell a tail that a crash tore from damage (W3, W4). Behind the last record stands a
//! head without one, the end mark, so that a log that ends without it is known to have been torn or damaged.

use crate::store::format::{Fault, crc};

/// Bytes of a head.
pub const HEAD: usize = 24;

/// The same, as sizes in a segment are counted.
pub const HEAD_BYTES: u32 = 24;

/// The length in an end mark, which no payload has.
const END: u32 = u32::MAX;

/// Records begin at multiples of this, in bytes.
pub const ALIGN: usize = 8;

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the payload, in bytes.
    pub length: u32,
    /// Of the transaction.
    pub sequence: u64,
    /// `sequence` minus that of the last durable record.
    pub behind: u32,
    /// Over the payload.
    pub sum: u32,
}

impl Head {
    /// For a payload, which has less than 4 GiB.
    pub fn of(salt: u64, sequence: u64, behind: u32, payload: &[u8]) -> Self {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        Self { length, sequence, behind, sum: sum(salt, sequence, payload) }
    }

    /// An end mark: behind it stands no record yet, and the next has that sequence number (W4).
    pub const fn end(next: u64, behind: u32) -> Self {
        Self { length: END, sequence: next, behind, sum: 0 }
    }

    /// Is it no record, but an end mark?
    pub const fn is_end(&self) -> bool {
        self.length == END
    }

    /// Writes head, payload and padding.
    pub fn put(&self, salt: u64, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.encode(salt));
        out.extend_from_slice(payload);
        out.extend(std::iter::repeat_n(0, padding(payload.len())));
    }

    /// The bytes of the head.
    pub fn encode(&self, salt: u64) -> [u8; HEAD] {
        let length = self.length.to_le_bytes();
        let rest = self.rest();
        let check = crc(&[&salt.to_le_bytes(), &length, &rest]).to_le_bytes();
        let mut bytes = [0; HEAD];
        for (place, byte) in bytes.iter_mut().zip(length.into_iter().chain(check).chain(rest)) {
            *place = byte;
        }
        bytes
    }

    fn rest(&self) -> [u8; 16] {
        let (behind, sum) = (self.behind.to_le_bytes(), self.sum.to_le_bytes());
        let mut bytes = [0; 16];
        let all = self.sequence.to_le_bytes().into_iter().chain(behind).chain(sum);
        bytes.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
        bytes
    }

    /// The head that these bytes are in a segment with that salt.
    pub fn decode(salt: u64, bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (check, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, tail) = rest.split_first_chunk::<8>()?;
        let (behind, tail) = tail.split_first_chunk::<4>()?;
        let (sum, rest_of_file) = tail.split_first_chunk::<4>()?;
        if !rest_of_file.is_empty() || *sequence == [0; 8] {
            return None;
        }
        let head = Self {
            length: u32::from_le_bytes(*length),
            sequence: u64::from_le_bytes(*sequence),
            behind: u32::from_le_bytes(*behind),
            sum: u32::from_le_bytes(*sum),
        };
        let fits = crc(&[&salt.to_le_bytes(), length, rest]) == u32::from_le_bytes(*check);
        fits.then_some(head)
    }

    /// Sequence number of the last record that was durable when this one was written.
    pub fn durable(&self) -> u64 {
        if self.behind == u32::MAX { 0 } else { self.sequence.saturating_sub(u64::from(self.behind)) }
    }

    /// Refuses another payload.
    pub fn check(&self, salt: u64, payload: &[u8]) -> Result<(), Fault> {
        if sum(salt, self.sequence, payload) == self.sum { Ok(()) } else { Err(Fault::Checksum) }
    }

    /// Bytes that the whole record takes.
    pub fn size(&self) -> Option<u32> {
        framed(usize::try_from(self.length).ok()?)
    }
}

fn sum(salt: u64, sequence: u64, payload: &[u8]) -> u32 {
    crc(&[&salt.to_le_bytes(), &sequence.to_le_bytes(), payload])
}

const fn padding(length: usize) -> usize {
    length.wrapping_neg() % ALIGN
}

/// Bytes that a record with a payload of that length takes; none above 4 GiB.
pub fn framed(length: usize) -> Option<u32> {
    let size = length.checked_add(padding(length))?.checked_add(HEAD)?;
    u32::try_from(size).ok()
}
