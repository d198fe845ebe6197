//! What every layer speaks: where something stands in the source, what is wrong with it and whose fault it is.
//!
//! Absences: this layer knows no values, no syntax and does no IO.

pub mod builtin;
pub mod cidr;
pub mod cron;
pub mod diagnostic;
pub mod event;
pub mod fault;
pub mod guard;
pub mod kind;
pub mod render;
pub mod span;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use fault::Fault;
pub use kind::{Kind, Kinds};
pub use span::{FileId, Position, Source, SourceMap, Span};
