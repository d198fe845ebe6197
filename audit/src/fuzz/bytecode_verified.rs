//! Plausible modules, most of which verify, doing what no compiler would ask for.
//!
//! Oracle: whatever verifies runs without an internal error, with and without collecting before every instruction.

use super::machine;
use crate::generate::module::module;
use flin_runtime::code::{Unverified, decode, encode, verify};
use flin_runtime::natives;
use std::sync::LazyLock;

/// The names of all built-ins.
static NATIVES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| natives::builtins().entries().map(|(_, signature)| signature.name).collect());

/// The target.
pub fn target(bytes: &[u8]) {
    let made = module(bytes, &NATIVES);
    let file = encode(&made);
    match decode(&file) {
        // By bytes: a constant may be NaN, which equals nothing.
        Ok(read) => assert!(encode(&read.0) == file, "a module changes when it is written and read"),
        Err(refusal) => panic!("what was encoded does not decode: {refusal}"),
    }
    if let Ok(verified) = verify(Unverified(made)) {
        machine::run_briefly(&verified, false);
        machine::run_briefly(&verified, true);
    }
}
