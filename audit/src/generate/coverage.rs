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

/// At most; it ends as soon as all have occurred.
const PROGRAMS: u64 = 12_000;
const LOOK_EVERY: u64 = 500;

/// Opcodes that no generated program has.
const OPCODES_LEFT_OUT: &[(&str, &str)] = &[
    ("AssertFailed", "only tests assert, and the programs are scripts"),
    // The oracle renders no markup, and programs have little of it; generated modules have these, and golden tests say what they write.
    ("BeginPart", "markup"),
    ("CallComponent", "markup"),
    ("EndPart", "markup"),
    ("PutAttribute", "markup"),
    ("PutAttributes", "markup"),
    ("PutClasses", "markup"),
    ("PutPart", "markup"),
    ("PutTag", "markup"),
];

/// Built-ins that no generated program names.
const BUILTINS_LEFT_OUT: &[(&str, &str)] = &[
    ("csrf_token", "needs a request"),
    ("hash_password", "slow on purpose"),
    ("redirect", "answers a request"),
    ("set_cookie", "needs a request"),
    ("t", "needs a project's translations"),
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

    /// Opcodes and built-ins that have not occurred.
    fn missing(&self) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let opcodes = TABLE.iter().filter(|info| !self.opcodes.contains(&info.code)).map(|info| info.name);
        let builtins = natives::builtins()
            .entries()
            .filter(|(_, signature)| !is_of_the_store(signature))
            .map(|(_, signature)| signature.name)
            .filter(|name| !self.names.contains(*name));
        (opcodes.collect(), builtins.collect())
    }
}

#[test]
fn every_opcode_and_built_in_occurs_but_for_those_listed() {
    let mut occurring = Occurring::default();
    let (mut compiled, mut made) = (0, 0);
    let left_out =
        |list: &[(&'static str, &str)]| list.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let (opcodes, builtins) = (left_out(OPCODES_LEFT_OUT), left_out(BUILTINS_LEFT_OUT));
    while made < PROGRAMS && occurring.missing() != (opcodes.clone(), builtins.clone()) {
        for seed in made..made + LOOK_EVERY {
            if let Some(module) = machine::compile(&program(&bytes(seed, 400))) {
                occurring.count(&module);
                compiled += 1;
            }
        }
        made += LOOK_EVERY;
    }
    assert!(compiled * 10 > made * 9, "{compiled} of {made} compile");
    assert_eq!(occurring.missing(), (opcodes, builtins), "opcodes and built-ins that no program has");
}
