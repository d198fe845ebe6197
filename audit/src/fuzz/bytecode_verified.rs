//! Modules that mostly verify, doing what no compiler would ask for: plausible ones made from nothing, and whole
//! programs of which a little was changed.
//!
//! For `vm`, `app::script`, `value::memory`, `value::heap`, `value::arena` and `value::collect`.
//!
//! Oracle: whatever verifies runs without an internal error, with and without collecting before every instruction, and
//! leaves its books right, also when the pool is nearly empty or the time is up.

use super::bytecode::changed;
use super::specimens::SPECIMENS;
use super::{Target, machine};
use crate::generate::Choices;
use crate::generate::module::{Names, module};
use flin_runtime::app::End;
use flin_runtime::base::builtin::Signature;
use flin_runtime::code::{Unverified, decode, encode, verify};
use flin_runtime::natives;
use std::sync::LazyLock;

/// The built-ins that a module can name.
static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let (functions, methods): (Vec<_>, Vec<_>) =
        natives::builtins().entries().partition(|(_, signature)| signature.is_function());
    let names =
        |of: Vec<(_, &'static Signature)>| of.into_iter().map(|(_, signature)| signature.name).collect();
    Names { functions: names(functions), methods: names(methods) }
});

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "bytecode_verified",
    modules: &["vm", "app::script", "value::memory", "value::heap", "value::arena", "value::collect"],
    input_bytes_max: 400,
    judge: target,
};

/// What others have left in the pool: nothing, the least that a machine takes, a little more.
const POOLS: [usize; 3] = [64 << 10, 128 << 10, 256 << 10];

/// From this first byte on, the rest changes a specimen.
const SPECIMENS_FROM: u8 = 128;

/// The target. One input in four also runs with a pool that is nearly empty; of those that run for long, one in two
/// runs out of time.
pub fn target(bytes: &[u8]) {
    let made = match bytes.split_first() {
        Some((&first, rest)) if first >= SPECIMENS_FROM => changed(&SPECIMENS, &mut Choices::new(rest)),
        _ => module(bytes, &NAMES),
    };
    let file = encode(&made);
    match decode(&file) {
        // By bytes: a constant may be NaN, which equals nothing.
        Ok(read) => assert!(encode(&read.0) == file, "a module changes when it is written and read"),
        Err(refusal) => panic!("what was encoded does not decode: {refusal}"),
    }
    if let Ok(verified) = verify(Unverified(made)) {
        let ran = machine::run_briefly(&verified, false);
        machine::run_briefly(&verified, true);
        machine::run_endpoints(&verified);
        let way = bytes.first().map_or(0, |byte| usize::from(*byte >> 3));
        if way.is_multiple_of(4) {
            machine::run_in_pool(&verified, false, POOLS[way / 4 % POOLS.len()]);
        }
        if ran.end == End::Timeout && way % 2 == 1 {
            machine::run_out_of_time(&verified);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::bytes;
    use flin_runtime::app::build::link;

    #[test]
    fn most_modules_verify_and_link() {
        let runs =
            |seed| verify(Unverified(module(&bytes(seed, 300), &NAMES))).is_ok_and(|v| link(v).is_ok());
        let running = (0..300).filter(|seed| runs(*seed)).count();
        assert!(running > 180, "{running} of 300");
    }
}
