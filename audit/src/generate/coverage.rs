//! Which opcodes and built-ins occur in generated programs: all, but for a list with reasons.

use super::program;
use super::tests::bytes;
use crate::fuzz::machine;
use flin_runtime::base::Kind;
use flin_runtime::base::builtin::Signature;
use flin_runtime::code::op::TABLE;
use flin_runtime::code::{Const, Module, Op};
use flin_runtime::natives;
use std::collections::BTreeSet;

const PROGRAMS: u64 = 3500;

/// Opcodes that no generated program has.
const OPCODES_LEFT_OUT: &[(&str, &str)] =
    &[("AssertFailed", "only tests assert, and the programs are scripts")];

/// Built-ins that no generated program names.
const BUILTINS_LEFT_OUT: &[(&str, &str)] = &[
    ("hash_password", "slow on purpose"),
    ("history", "scripts have no entities"),
    ("limit", "scripts have no entities"),
    ("offset", "scripts have no entities"),
    ("only_deleted", "scripts have no entities"),
    ("order", "scripts have no entities"),
    ("where", "scripts have no entities"),
    ("with_deleted", "scripts have no entities"),
];

/// Does it belong to the store? The oracle has none, so generated programs make no entities: the store's own model does.
fn is_of_the_store(signature: &Signature) -> bool {
    let of_rows = |kind: Kind| matches!(kind, Kind::Entity | Kind::Query);
    signature.name.starts_with('@') || (!signature.is_function() && signature.receiver.iter().all(of_rows))
}

/// What occurs: opcodes, and names of built-ins as functions, methods or members.
#[derive(Default)]
struct Occurring {
    opcodes: BTreeSet<u8>,
    names: BTreeSet<String>,
}

impl Occurring {
    fn count(&mut self, module: &Module) {
        self.names.extend(module.natives.iter().map(|native| native.name.to_string()));
        for op in module.functions.iter().flat_map(|function| &function.code) {
            self.opcodes.insert(op.code());
            if let Op::CallMethod { name, .. }
            | Op::CallMethodWith { name, .. }
            | Op::GetField { name, .. }
            | Op::LoadMethod { name, .. } = op
                && let Some(Const::Text(name)) = module.constants.get(*name as usize)
            {
                self.names.insert(name.to_string());
            }
        }
    }
}

#[test]
fn every_opcode_and_built_in_occurs_but_for_those_listed() {
    let mut occurring = Occurring::default();
    let mut compiled = 0;
    for seed in 0..PROGRAMS {
        if let Some(module) = machine::compile(&program(&bytes(seed, 400))) {
            occurring.count(&module);
            compiled += 1;
        }
    }
    assert!(compiled * 10 > PROGRAMS * 9, "{compiled} of {PROGRAMS} compile");
    let opcodes: Vec<&str> =
        TABLE.iter().filter(|info| !occurring.opcodes.contains(&info.code)).map(|info| info.name).collect();
    let builtins: BTreeSet<&str> = natives::builtins()
        .entries()
        .filter(|(_, signature)| !is_of_the_store(signature))
        .map(|(_, signature)| signature.name)
        // A name with `@` is the compiler's own, for entities.
        .filter(|name| !name.starts_with('@') && !occurring.names.contains(*name))
        .collect();
    let left_out: Vec<&str> = OPCODES_LEFT_OUT.iter().map(|(name, _)| *name).collect();
    assert_eq!(opcodes, left_out, "opcodes");
    let left_out: BTreeSet<&str> = BUILTINS_LEFT_OUT.iter().map(|(name, _)| *name).collect();
    assert_eq!(builtins, left_out, "built-ins");
}
