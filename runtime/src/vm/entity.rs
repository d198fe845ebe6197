//! Entities in the machine: rows of the store as values, their members, and what is fetched for operations that stop for
//! it.
//!
//! Absences: nothing is written to the store here; the built-ins that `save` and its kin compile to do that.

pub mod fetch;
pub mod load;
pub mod member;
pub mod saved;

use super::program::Program;
use crate::record::{EntityShape, Refusal};
use crate::value::stop::{Bug, ErrorKind, Stop};

/// The shape of an entity; whoever made the value took its number from the program.
pub fn shape(program: &Program, of: u32) -> Result<&EntityShape, Bug> {
    program.entity_shape(of).ok_or(Bug::BadIndex)
}

/// What a program is told when the store refuses.
#[cold]
pub fn refused(refusal: &Refusal) -> Stop {
    let kind = match refusal {
        Refusal::NotFound { .. } => ErrorKind::EntityNotFound,
        Refusal::Unique { .. } => ErrorKind::UniqueViolation,
        Refusal::ForeignKey(_) => ErrorKind::ForeignKeyViolation,
        Refusal::Conflict { .. } => ErrorKind::VersionConflict,
        Refusal::Unavailable(_) => ErrorKind::StoreError,
    };
    let taken = match refusal {
        Refusal::Unique { fields, .. } => {
            fields.split(", ").map(|field| (field.to_owned(), "is already taken".to_owned())).collect()
        }
        _ => Vec::new(),
    };
    Stop::with_data(kind, refusal.to_string(), taken)
}
