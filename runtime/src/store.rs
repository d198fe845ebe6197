//! The store: entities in memory, every change on disk before it is acknowledged.
//!
//! One committer thread takes transactions from a queue, stages each against what the ones before it made, writes them
//! to the log, syncs once, publishes once, and replies. Readers hold an immutable state, which costs a reference
//! count. A checkpoint writes a snapshot of a published state beside a new segment of the log; nobody waits for it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`disk`] | the only file IO, and its twin in memory that fails, tears and forgets |
//! | [`sync`] | the only threads and locks, `std`'s or a model checker's |
//! | [`schema`] | the catalogue of all entities ever, and a program's schema bound to it |
//! | [`state`] | rows, indexes, constraints; staging a transaction |
//! | [`format`] | what the files have in common: first sectors, blocks, rows, faults |
//! | [`log`] | segments, records, checksums |
//! | [`snapshot`] | snapshot files, and what they replace |
//! | [`archive`] | older versions of rows |
//! | [`recover`] | from files to a state, exactly what was acknowledged |
//! | `commit` | the committer, checkpoints, health |
//! | `session` | one execution's view: open transactions, requests and replies |
//! | `offline` | check, dump, repair, compact |
//!
//! Invariants:
//!
//! - **S1** A reply of success is sent after the records were synced (under `sync = "always"`).
//! - **S2** A refused or failed transaction leaves nothing: not in memory, not in an index, not on disk after a recovery.
//! - **S3** What readers see is a state that some prefix of the acknowledged transactions made.
//! - **S4** No live row refers to a row that is gone or deleted; no two live rows share a unique value.
//! - **S5** No lock is held while a file is read or written, and never two at a time.
//! - **S6** Memory stays below `memory_max`; older versions are on disk alone.
//!
//! Absences: no async runtime; nothing here reads a clock, the caller brings the time.

#![deny(clippy::disallowed_types)]

pub mod archive;
pub mod disk;
pub mod format;
pub mod log;
pub mod recover;
pub mod row;
pub mod schema;
pub mod snapshot;
pub mod state;
pub mod sync;

pub use row::{FieldId, Lsn, Row, RowEffect, TypeId};
