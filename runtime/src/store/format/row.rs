//! Rows and numbers in bytes, as records, snapshots and the archive hold them.
//!
//! A row is its version, a byte that says whether it is deleted, its times (each but the first as the distance to the
//! one before), its Lsn, and its data with its length.

use super::Fault;
use crate::record::{DataError, DataFault, Reader, varint};
use crate::store::{Lsn, Row, RowRef, TypeId};

/// Writes a number.
pub fn put_uint(out: &mut Vec<u8>, number: u64) {
    varint::put(out, number);
}

/// Writes a row.
pub fn put_row(out: &mut Vec<u8>, row: RowRef<'_>) {
    put_uint(out, row.version);
    out.push(u8::from(row.deleted_at.is_some()));
    put_uint(out, varint::zigzag(row.created_at));
    put_uint(out, varint::zigzag(row.updated_at.wrapping_sub(row.created_at)));
    if let Some(deleted_at) = row.deleted_at {
        put_uint(out, varint::zigzag(deleted_at.wrapping_sub(row.updated_at)));
    }
    put_uint(out, row.lsn.0);
    put_uint(out, super::wide(row.data.len()));
    out.extend_from_slice(row.data);
}

/// Reads what was written so.
#[derive(Clone, Debug)]
pub struct RowReader<'a> {
    rest: &'a [u8],
}

impl<'a> RowReader<'a> {
    /// A reader of all of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Is everything read?
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    /// A byte.
    pub fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.rest.split_first().ok_or(Fault::End)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// A number.
    pub fn uint(&mut self) -> Result<u64, Fault> {
        let fault = if varint::ends(self.rest) { Fault::End } else { Fault::Number64 };
        let (number, rest) = varint::take(self.rest).ok_or(fault)?;
        self.rest = rest;
        Ok(number)
    }

    /// A number from 1, as versions and ids are.
    pub fn count(&mut self) -> Result<u64, Fault> {
        self.uint().and_then(|number| if number == 0 { Err(Fault::Number64) } else { Ok(number) })
    }

    /// An entity's number.
    pub fn ty(&mut self) -> Result<TypeId, Fault> {
        u32::try_from(self.uint()?).map(TypeId).map_err(|_| Fault::Number64)
    }

    fn int(&mut self) -> Result<i64, Fault> {
        self.uint().map(varint::unzigzag)
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(self.uint()?).map_err(|_| Fault::End)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Fault::End)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// A row, its data looked through.
    pub fn row(&mut self) -> Result<Row, Fault> {
        let version = self.count()?;
        let deleted = match self.byte()? {
            0 => false,
            1 => true,
            tag => return Err(Fault::Tag(tag)),
        };
        let created_at = self.int()?;
        let updated_at = created_at.wrapping_add(self.int()?);
        let deleted_at = if deleted { Some(updated_at.wrapping_add(self.int()?)) } else { None };
        let lsn = Lsn(self.uint()?);
        let data = self.bytes()?;
        stored_form(data)?;
        Ok(Row { version, created_at, updated_at, deleted_at, lsn, data: data.into() })
    }
}

/// Refuses data that is not: a count, and so many times a field's number and a value, rising by number.
fn stored_form(data: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(data);
    let count = reader.uint()?;
    let mut next = 0_u64;
    for _ in 0..count {
        let offset = reader.offset();
        let field = reader.uint()?;
        if field < next || u32::try_from(field).is_err() {
            return Err(Fault::Order);
        }
        next = field.saturating_add(1);
        if reader.encoded()?.is_none() {
            return Err(Fault::Data(DataError { offset, fault: DataFault::End }));
        }
    }
    Ok(reader.finish()?)
}
