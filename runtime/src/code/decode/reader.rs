//! Reads a stretch of a file, never past its end, and never allocates for more elements than its bytes can hold.

use super::error::{DecodeError, Tag};
use crate::base::guard::{Guard, off};
use crate::base::span::to_usize;
use std::sync::Arc;

/// A stretch of the file; `at` is the offset of `rest` in the file.
pub(super) struct Reader<'file> {
    rest: &'file [u8],
    at: usize,
}

impl<'file> Reader<'file> {
    pub(super) const fn new(bytes: &'file [u8], at: usize) -> Self {
        Self { rest: bytes, at }
    }

    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<&'file [u8], DecodeError> {
        #[cfg(feature = "knockout")]
        if off(Guard::DecodeEnd) {
            return Ok(self.take_unchecked(bytes));
        }
        let missing = DecodeError::Truncated { offset: self.at, needed: bytes, left: self.rest.len() };
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or(missing)?;
        self.rest = rest;
        self.at = self.at.saturating_add(bytes);
        Ok(taken)
    }

    #[cfg(feature = "knockout")]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "what the guard keeps from happening"
    )]
    fn take_unchecked(&mut self, bytes: usize) -> &'file [u8] {
        let taken = &self.rest[..bytes];
        self.rest = &self.rest[bytes..];
        self.at += bytes;
        taken
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let missing = DecodeError::Truncated { offset: self.at, needed: N, left: self.rest.len() };
        self.take(N)?.try_into().map_err(|_| missing)
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, DecodeError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, DecodeError> {
        self.array().map(f64::from_le_bytes)
    }

    pub(super) fn instruction(&mut self) -> Result<[u8; 8], DecodeError> {
        self.array()
    }

    fn bool(&mut self, tag: Tag) -> Result<bool, DecodeError> {
        let offset = self.at;
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(DecodeError::Tag { offset, tag, found }),
        }
    }

    pub(super) fn flag(&mut self) -> Result<bool, DecodeError> {
        self.bool(Tag::Flag)
    }

    pub(super) fn option(&mut self) -> Result<Option<u32>, DecodeError> {
        if self.bool(Tag::Option)? { self.u32().map(Some) } else { Ok(None) }
    }

    pub(super) fn pair(&mut self) -> Result<(u32, u32), DecodeError> {
        Ok((self.u32()?, self.u32()?))
    }

    pub(super) fn text(&mut self) -> Result<Arc<str>, DecodeError> {
        let bytes = to_usize(self.u32()?);
        let offset = self.at;
        let text = std::str::from_utf8(self.take(bytes)?);
        text.map(Arc::from).map_err(|error| DecodeError::Text { offset, bytes, valid: error.valid_up_to() })
    }

    /// A count and so many elements, each of at least `element_bytes`.
    pub(super) fn list<T>(
        &mut self,
        element_bytes: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let offset = self.at;
        let count = self.u32()?;
        let left = self.rest.len();
        let needed = to_usize(count).saturating_mul(element_bytes);
        if !off(Guard::DecodeCount) && needed > left {
            return Err(DecodeError::Count { offset, count, element_bytes, left });
        }
        let mut items = Vec::with_capacity(to_usize(count));
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// Nothing may be left.
    pub(super) const fn end(&self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(DecodeError::Surplus { offset: self.at, bytes }),
        }
    }
}
