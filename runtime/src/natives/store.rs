//! What `save` and its kin compile to: built-ins that no program can name.
//!
//! A failed step changes neither the store nor the entity; the entity takes over its new id, version and times, and what
//! saving converted, only when the store has said that it is done.

mod change;
mod construct;
pub(in crate::natives) mod encode;
mod formats;
pub(in crate::natives) mod rules;
mod save;
pub(in crate::natives) mod searching;
#[cfg(test)]
mod tests;
mod transaction;

use super::define::{INT, NOTHING, function, required};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::record::Row;
use crate::value::Value;
use crate::value::entity::Stored;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Object};
use crate::vm::{Context, Flow, Native};

const ENTITY: Kinds = Kinds::of(&[Kind::Entity]);
const OPERAND: &[Param] = &[required("entity", Kinds::ANY)];
const FILL: &[Param] = &[required("entity", ENTITY), required("from", Kinds::ANY)];
const DEPTH: &[Param] = &[required("depth", INT)];

/// The family.
pub const NATIVES: &[Native] = &[
    function("@new", &[required("entity", INT)], ENTITY, construct::new),
    function("@fill", FILL, NOTHING, construct::fill),
    function("@save", OPERAND, ENTITY, save),
    function("@delete", OPERAND, ENTITY, change::delete),
    function("@restore", OPERAND, ENTITY, change::restore),
    function("@destroy", OPERAND, ENTITY, change::destroy),
    function("@begin", &[], INT, transaction::begin),
    function("@commit", DEPTH, NOTHING, transaction::commit),
    function("@rollback", DEPTH, NOTHING, transaction::rollback),
];

fn save(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let entity = operand(args, "saved")?;
    Ok(Flow::Step(Box::new(save::Saving::new(context, entity)?)))
}

/// The entity that something is done with.
fn operand(args: &[Value], done: &str) -> Outcome<Handle<Object>> {
    match args.first() {
        Some(&Value::Entity(entity)) => Ok(entity),
        other => {
            let kind = other.map_or(Kind::None, |value| value.kind());
            let hint = if done == "deleted" { "; a key of a map goes with `delete map[key]`" } else { "" };
            Err(Stop::type_error(format!("only entities can be {done}, not {}{hint}", kind.name())))
        }
    }
}

/// What the store keeps of a row.
fn stored(row: &Row) -> Stored {
    Stored {
        id: row.given.id,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        deleted_at: row.deleted_at,
        valid_to: None,
        old: false,
    }
}
