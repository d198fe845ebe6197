//! Entities as plain data: what crosses between an execution and the store, and what lies on disk.
//!
//! The machine knows handles into its own heap, the store knows bytes; both know this. An execution asks with a
//! [`Request`] and gets a [`Reply`] or a [`Refusal`]; fields travel encoded ([`data`]), so that the store keeps a row
//! compactly and only whoever reads a field decodes it.
//!
//! Invariants:
//!
//! - **R1** One value has one encoding: rows are equal exactly when their bytes are.
//! - **R2** Decoding takes any bytes, nests at most [`DEPTH_MAX`] levels, and allocates no more than a small multiple of
//!   what it reads.
//! - **R3** Fields are named on disk by number; which numbers mean what, the store's catalogue says, never a program.
//!
//! Absences: no IO, no clock, no locks, nothing of the machine.

pub mod data;
pub mod exchange;
pub mod headers;
mod key;
pub mod request;
pub mod shape;
pub mod translations;
pub mod varint;

pub use data::{DataError, DataFault, Datum, Reader, Token, Writer, split_uint, split_value, text_bytes};
pub use exchange::{
    Body, FRAMING_HEADERS, Failure, Inbound, Message, Outbound, Pairs, Part, SameSite, SessionChange,
    SetCookie,
};
pub use headers::Headers;
pub use key::{Key, KeyView, Whole};
pub use request::{Batch, Given, Lookup, Pinned, Refusal, Reply, Request, Row, VersionAt, Which};
pub use shape::{EntityShape, FieldShape, FieldType, OnDelete, Rule, Schema};
pub use translations::{TranslationError, Translations};

/// Levels of lists and maps that a stored value may nest.
pub const DEPTH_MAX: usize = 256;
