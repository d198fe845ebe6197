//! What an execution asks of the store, and what it is told.

use super::Key;
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

/// A request of an execution. Entities are named by their index in the program's [`Schema`](super::Schema).
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Writes an entity. Reply: [`Reply::Row`], which has the version that is current now (the one before, if nothing
    /// changed).
    Save {
        /// The entity.
        entity: u32,
        /// None inserts.
        id: Option<u64>,
        /// The version that the program read; must be the current one unless `over` is set.
        version: u64,
        /// Is this the data of an older version, to be written over the current one?
        over: bool,
        /// Declared fields, encoded by [`super::data`]: all of them, in the order of the declaration.
        data: Arc<[u8]>,
    },
    /// Marks as deleted, with what cascades. Reply: [`Reply::Row`].
    Delete(Given),
    /// Undoes that, for this row alone. Reply: [`Reply::Row`].
    Restore(Given),
    /// Removes it and its versions, with what cascades. Reply: [`Reply::Done`].
    Destroy(Given),
    /// What a change would write, cascade included; nothing is changed. Reply: [`Reply::Reach`].
    Reach(Given, Fate),
    /// Opens a transaction, inside the one that is open, if any. Reply: [`Reply::Done`].
    Begin,
    /// Ends the innermost transaction; the outermost becomes visible and durable. Refused, it is undone and closed.
    /// Reply: [`Reply::Rows`], for the outermost one: the rows that it wrote as they are now, without their data.
    Commit,
    /// Undoes the innermost transaction. Reply: [`Reply::Done`].
    Rollback,
    /// One row. Reply: [`Reply::Row`] or [`Reply::Nothing`].
    Find {
        /// Which.
        given: Given,
        /// Deleted ones too?
        which: Which,
    },
    /// Rows by rising id. Reply: [`Reply::Rows`].
    Scan {
        /// The entity.
        entity: u32,
        /// Deleted ones too?
        which: Which,
        /// Rows that have these values, where an index knows them; otherwise all.
        by: Option<Lookup>,
        /// Go on in what an earlier batch saw, behind this id.
        from: Option<(Pinned, u64)>,
        /// Stop after rows of so many bytes (one row at least).
        bytes_max: usize,
    },
    /// How many rows there are. Reply: [`Reply::Count`].
    Count {
        /// The entity.
        entity: u32,
        /// Deleted ones too?
        which: Which,
    },
    /// A version of a row. Reply: [`Reply::Row`] or [`Reply::Nothing`]; or, where many versions lie before it, no rows in
    /// [`Reply::Rows`], and what to ask on from.
    Version {
        /// Which row.
        given: Given,
        /// Which version.
        at: VersionAt,
        /// Where the search got to.
        from: Option<Pinned>,
    },
    /// Versions of a row, newest first, so many bytes at a time. Reply: [`Reply::Rows`], with more where there are older
    /// ones.
    History {
        /// Which row.
        given: Given,
        /// Only those below this version.
        below: Option<u64>,
        /// Stop after versions of so many bytes (one at least).
        bytes_max: usize,
    },
}

/// What may become of a row besides being saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// [`Request::Delete`].
    Delete,
    /// [`Request::Restore`].
    Restore,
    /// [`Request::Destroy`].
    Destroy,
}

/// How much a change would write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Rows.
    pub rows: usize,
    /// Bytes of their data as it is now.
    pub bytes: usize,
}

/// A row by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Given {
    /// The entity, by index.
    pub entity: u32,
    /// Its id, from 1.
    pub id: u64,
}

/// Rows in which state?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Not deleted.
    #[default]
    Live,
    /// All.
    All,
    /// Deleted.
    Deleted,
}

/// Values that the rows looked for have: field (index in the declaration) and key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lookup(pub Vec<(u32, Key)>);

/// Which version of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionAt {
    /// So many before the current stored one; 0 is the current one.
    Back(u64),
    /// By number, from 1.
    Number(u64),
    /// In force at this time, in milliseconds since 1970-01-01 UTC; none when deleted then.
    Time(i64),
}

/// A row, or a version of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Whose.
    pub given: Given,
    /// From 1.
    pub version: u64,
    /// Times in milliseconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// When this version was written.
    pub updated_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// When the next version was written; none for the current one.
    pub valid_to: Option<i64>,
    /// Declared fields in the order of the declaration, encoded by [`super::data`]; a field that the row was saved
    /// without has its constant default, or none.
    pub data: Arc<[u8]>,
}

/// Rows, and where the rest is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In order.
    pub rows: Vec<Row>,
    /// What the next batch must see; none behind the last row.
    pub more: Option<Pinned>,
}

/// A state of the store that a reader goes on reading, whatever is written meanwhile. Only the store looks inside.
#[derive(Clone)]
pub struct Pinned(pub Arc<dyn Any + Send + Sync>);

impl std::fmt::Debug for Pinned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pinned")
    }
}

impl PartialEq for Pinned {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What the store says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Done.
    Done,
    /// There is none.
    Nothing,
    /// A row.
    Row(Row),
    /// Rows.
    Rows(Batch),
    /// A number of rows.
    Count(u64),
    /// How much a change would write.
    Reach(Reach),
}

/// Why the store did not do what was asked. Nothing changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The row is not there.
    #[error("no {entity} with id {id}")]
    NotFound {
        /// Name of the entity.
        entity: Arc<str>,
        /// Its id.
        id: u64,
    },
    /// Somebody else has the value.
    #[error("{fields} is already taken")]
    Unique {
        /// Name of the entity.
        entity: Arc<str>,
        /// Names of the fields, joined by `, `.
        fields: String,
        /// The fields, by index in the declaration.
        at: Vec<u32>,
    },
    /// A reference to nothing, or a row that is still referred to.
    #[error("{0}")]
    ForeignKey(String),
    /// It changed since it was read.
    #[error("{entity} {id} has version {current}, but {read} was read")]
    Conflict {
        /// Name of the entity.
        entity: Arc<str>,
        /// Its id.
        id: u64,
        /// The version that the store has.
        current: u64,
        /// The version that was read.
        read: u64,
    },
    /// The store cannot: full, read-only, failing. The detail is for the log, never for a client.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
}
