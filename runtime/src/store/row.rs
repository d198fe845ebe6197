//! What the parts of the store pass to each other: rows as they are kept, and what happens to them.

use std::sync::Arc;

/// An entity in the catalogue of a store, from 0; never given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// A field of an entity in the catalogue, from 0; never given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u32);

/// Where a record lies in the log, for ever: number of its segment and offset in it. Rises with time, also after the
/// segment was recycled and the record's old versions moved to the archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Of a row that no record made yet.
    pub const NONE: Self = Self(0);

    /// The place at `offset` of a segment.
    pub fn new(segment: u32, offset: u32) -> Self {
        Self((u64::from(segment) << 32) | u64::from(offset))
    }

    /// Number of the segment.
    pub fn segment(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(u32::MAX)
    }

    /// Offset of the record in its segment, in bytes.
    pub fn offset(self) -> u32 {
        u32::try_from(self.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
    }
}

/// A version of a row as it is kept. Times are milliseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1.
    pub version: u64,
    /// When the first version was written.
    pub created_at: i64,
    /// When this version was written.
    pub updated_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// The record that made this version; it also carries the version before, if there was one.
    pub lsn: Lsn,
    /// Fields in the stored form: count, then number of the field and value, rising by number.
    pub data: Arc<[u8]>,
}

/// A row where a state keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// As in [`Row`], like all the others.
    pub version: u64,
    /// When the first version was written.
    pub created_at: i64,
    /// When this version was written.
    pub updated_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// The record that made this version.
    pub lsn: Lsn,
    /// Fields in the stored form.
    pub data: &'a [u8],
}

impl RowRef<'_> {
    /// A copy to keep.
    pub fn to_row(self) -> Row {
        let Self { version, created_at, updated_at, deleted_at, lsn, data } = self;
        Row { version, created_at, updated_at, deleted_at, lsn, data: data.into() }
    }
}

impl Row {
    /// The same, borrowed.
    pub fn view(&self) -> RowRef<'_> {
        let Self { version, created_at, updated_at, deleted_at, lsn, ref data } = *self;
        RowRef { version, created_at, updated_at, deleted_at, lsn, data }
    }
}

/// What a transaction does to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowEffect {
    /// It is `row` now; it was `before`.
    Put {
        /// Whose.
        ty: TypeId,
        /// Its id.
        id: u64,
        /// As it is now.
        row: Row,
        /// The version that this one replaces; its `lsn` leads to the one before it.
        before: Option<Row>,
    },
    /// It is gone, with all its versions.
    Remove {
        /// Whose.
        ty: TypeId,
        /// Its id.
        id: u64,
    },
}
