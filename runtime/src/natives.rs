//! The built-in functions and methods: one table, one file a family.
//!
//! A family is a const slice of [`Native`] rows in a file of its own; this file joins them and knows none of them.
//! A row is made with [`define`], its function reads what it was given with [`arguments`].
//!
//! Invariants:
//!
//! - **B1** No two plain functions have one name; no two methods of one name share a kind of receiver.
//! - **B2** The position of a row is its [`NativeId`](crate::base::builtin::NativeId), for this process only.
//! - **B3** What takes longer than a slice runs in steps and charges fuel before each: see [`crate::vm::native`].
//!
//! Absences: no IO, no clock; those are effects that the driver performs.

mod arguments;
mod callee;
mod connection;
mod convert;
mod crypto;
mod define;
mod encoding;
mod error;
mod excerpt;
mod files;
mod general;
mod json;
mod list;
mod map;
mod numeric;
mod output;
mod query;
mod random;
mod request;
mod steps;
mod store;
#[cfg(test)]
mod testing;
pub mod text;
mod time;
mod versions;

pub use connection::takes_binary;
pub use list::contains as contains_element;

use crate::base::builtin::{Builtins, Signature};
use crate::vm::Native;

/// The families, in the order of the table.
const FAMILIES: &[&[Native]] = &[
    text::NATIVES,
    list::NATIVES,
    map::NATIVES,
    query::NATIVES,
    versions::NATIVES,
    json::NATIVES,
    encoding::NATIVES,
    crypto::NATIVES,
    files::NATIVES,
    numeric::NATIVES,
    time::NATIVES,
    convert::NATIVES,
    error::NATIVES,
    general::NATIVES,
    output::NATIVES,
    random::NATIVES,
    request::NATIVES,
    connection::NATIVES,
    store::NATIVES,
];

const COUNT: usize = count(FAMILIES);
static ALL: [Native; COUNT] = join(FAMILIES);
static SIGNATURES: [Signature; COUNT] = signatures(&ALL);

/// All built-ins of the process.
pub static TABLE: &[Native] = &ALL;

/// What the front end knows of them.
pub const fn builtins() -> Builtins {
    Builtins(&SIGNATURES)
}

const fn count(families: &[&[Native]]) -> usize {
    let mut sum: usize = 0;
    let mut rest = families;
    while let [family, others @ ..] = rest {
        sum = sum.saturating_add(family.len());
        rest = others;
    }
    sum
}

/// Runs at compile time; a wrong count is a compile error.
const fn join<const N: usize>(families: &[&[Native]]) -> [Native; N] {
    let mut table = [define::FILLER; N];
    let mut free: &mut [Native] = &mut table;
    let mut rest = families;
    while let [family, others @ ..] = rest {
        let (here, after) = free.split_at_mut(family.len());
        here.copy_from_slice(family);
        free = after;
        rest = others;
    }
    table
}

const fn signatures<const N: usize>(table: &[Native; N]) -> [Signature; N] {
    let mut faces = [define::FILLER.signature; N];
    let mut free: &mut [Signature] = &mut faces;
    let mut rest: &[Native] = table;
    while let [native, natives @ ..] = rest {
        let (here, after) = free.split_at_mut(1);
        here.copy_from_slice(&[native.signature]);
        free = after;
        rest = natives;
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Kind;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_per_receiver() {
        let mut seen = HashSet::new();
        for (_, signature) in builtins().entries() {
            if signature.is_function() {
                assert!(seen.insert((signature.name, None)), "two functions {}", signature.name);
            }
            for &kind in Kind::ALL {
                if signature.receiver.has(kind) {
                    assert!(
                        seen.insert((signature.name, Some(kind))),
                        "two methods {} of {}",
                        signature.name,
                        kind.name()
                    );
                }
            }
        }
    }

    #[test]
    fn rows_keep_their_order_and_required_parameters_come_first() {
        assert_eq!(TABLE.len(), COUNT);
        for (native, (_, signature)) in TABLE.iter().zip(builtins().entries()) {
            assert_eq!(native.signature.name, signature.name);
            assert_ne!(signature.name, define::FILLER.signature.name);
            let late =
                signature.params.iter().skip_while(|param| !param.optional).any(|param| !param.optional);
            assert!(!late, "{}: a required parameter after an optional one", signature.name);
        }
    }
}
