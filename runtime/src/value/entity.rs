//! Entities and queries as values: what a program holds of the store.
//!
//! Invariants:
//!
//! - **E1** A field holds what a program may see, [`Value::Unset`] where nothing was given yet, or, where it refers to an
//!   entity, a [`Value::Reference`]; in a list of references each element may be one. Whoever reads a field makes an
//!   entity of it first: no program ever sees a reference.
//! - **E2** An entity has as many fields as its shape declares.
//!
//! Absences: nothing is read or written here; the names of entities and fields are the program's.

use super::Value;

/// An entity, saved or not.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Index in the program's schema.
    pub of: u32,
    /// What the store knows of it; none until it is saved.
    pub stored: Option<Stored>,
    /// Declared fields, in order.
    pub fields: Box<[Value]>,
}

/// Which version of which row an entity is. Times are milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// From 1.
    pub id: u64,
    /// From 1.
    pub version: u64,
    /// When it was inserted.
    pub created_at: i64,
    /// When this version was written.
    pub updated_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// When the next version was written; none for the current one.
    pub valid_to: Option<i64>,
    /// Was it read by time travel? Saving it writes over the current version without looking at the number.
    pub old: bool,
}

/// A query: which rows, in which order. Reading it asks the store.
#[derive(Clone, Debug)]
pub struct Query {
    /// Index of the entity in the program's schema.
    pub of: u32,
    /// Deleted rows too, or only those.
    pub deleted: Deleted,
    /// All of them must hold.
    pub conditions: Box<[Condition]>,
    /// Ascending id otherwise.
    pub order: Option<Order>,
    /// Rows left out at the beginning.
    pub offset: u64,
    /// How many rows at most.
    pub limit: Option<u64>,
}

/// What a query does with deleted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deleted {
    /// Leaves them out.
    #[default]
    Without,
    /// Takes all.
    With,
    /// Takes nothing else.
    Only,
}

/// A condition of a query.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// A function of the entity.
    pub holds: Value,
    /// A function that gives the values that some fields must have for it to hold, or none: what an index is asked with.
    pub hint: Value,
}

/// How a query's rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The field: an index in the declaration, or behind it one of the automatic fields.
    pub field: u32,
    /// Largest first?
    pub descending: bool,
}

impl Query {
    /// The value at a place, for whoever marks.
    pub fn held(&self, at: usize) -> Option<Value> {
        let condition = self.conditions.get(at >> 1)?;
        Some(if at & 1 == 0 { condition.holds } else { condition.hint })
    }
}
