//! Modules that no compiler makes: each breaks one numbered rule of the verifier, in an otherwise lawful program.

use super::{Bench, SAMPLES, must_break};
use crate::drivers::engine::sample;
use flin_runtime::base::{FileId, Span};
use flin_runtime::code::Module;
use flin_runtime::code::module::{Capture, Function, Handler, ParamShape, TypeShape};
use flin_runtime::code::op::Op;

/// A name, the rule that must refuse it, and the change.
type Lie = (&'static str, u8, fn(&mut Module));

/// The first instruction of the entry is replaced.
fn first(module: &mut Module, op: Op) {
    let entry = module.entry as usize;
    if let Some(slot) = module.functions.get_mut(entry).and_then(|function| function.code.first_mut()) {
        *slot = op;
    }
}

fn entry(module: &mut Module) -> &mut Function {
    let entry = module.entry as usize;
    &mut module.functions[entry]
}

const LIES: &[Lie] = &[
    ("an entry that is not there", 1, |m| m.entry = u32::MAX),
    ("a name that is no constant", 1, |m| m.functions[0].name = Some(u32::MAX)),
    ("a global of no file", 1, |m| m.globals.push((9_999, 0))),
    ("a test that is no function", 1, |m| m.tests.push((0, 9_999))),
    ("a variant of no enum", 1, |m| m.variants.push((9_999, 0))),
    ("an entry with a parameter", 2, |m| entry(m).params.push(ParamShape { name: None, optional: false })),
    ("an entry that captures", 2, |m| entry(m).captures.push(Capture::Register(0))),
    ("a type made of itself", 3, |m| {
        let own = u32::try_from(m.types.len()).unwrap_or(0);
        m.types.push(TypeShape::AnyOf(vec![own]));
    }),
    ("a function without registers", 4, |m| entry(m).registers = 0),
    ("a function of 257 registers", 4, |m| entry(m).registers = 257),
    ("four thousand million spill slots", 4, |m| entry(m).slots = u32::MAX),
    ("a jump out of the code", 5, |m| first(m, Op::Jump { target: u32::MAX })),
    ("a jump one past the end", 5, |m| {
        let target = u32::try_from(entry(m).code.len()).unwrap_or(0);
        first(m, Op::Jump { target });
    }),
    ("a constant that is not there", 5, |m| first(m, Op::LoadConst { dst: 0, constant: u32::MAX })),
    ("a function that is not there", 5, |m| first(m, Op::LoadFunction { dst: 0, function: u32::MAX })),
    ("a built-in that is not there", 5, |m| first(m, Op::LoadNative { dst: 0, native: u32::MAX })),
    ("a global that is not there", 5, |m| first(m, Op::GetGlobal { dst: 0, global: u32::MAX })),
    ("a captured variable that is not there", 5, |m| {
        first(m, Op::GetCaptured { dst: 0, captured: u32::MAX });
    }),
    ("a spill slot that is not there", 5, |m| first(m, Op::LoadSlot { dst: 0, slot: u32::MAX })),
    ("a variant that is not there", 5, |m| first(m, Op::LoadVariant { dst: 0, variant: u32::MAX })),
    ("a register beyond the frame", 5, |m| {
        entry(m).registers = 200;
        first(m, Op::LoadNone { dst: 255 });
    }),
    ("a block beyond the frame", 6, |m| {
        let base = u8::try_from(entry(m).registers - 1).unwrap_or(255);
        first(m, Op::NewList { dst: 0, base, argc: 200 });
    }),
    ("a list of a negative length", 8, |m| first(m, Op::NewMap { dst: 0, capacity: -1 })),
    ("a function without code", 9, |m| m.functions.push(Function { registers: 1, ..Function::default() })),
    ("code that runs off its end", 9, |m| {
        let code = vec![Op::LoadNone { dst: 0 }];
        m.functions.push(Function { registers: 1, code, ..Function::default() });
    }),
    ("a missing return", 9, |m| {
        entry(m).code.pop();
        entry(m).code.push(Op::LoadNone { dst: 0 });
    }),
    ("a handler of nothing", 10, |m| {
        entry(m).handlers.insert(0, Handler { start: 5, end: 2, target: 3, register: 0 });
    }),
    ("a handler that leads out of the code", 10, |m| {
        entry(m).handlers.insert(0, Handler { start: 0, end: 1, target: u32::MAX, register: 0 });
    }),
    ("the end of a loop that never began", 11, |m| {
        entry(m).registers = 256;
        let op = Op::ForNext { base: 0, dst: 2, target: 0 };
        entry(m).code.insert(0, op);
    }),
    ("a span of no file", 12, |m| {
        let span = Span::new(FileId(9_999), 0, 1);
        entry(m).spans = vec![(0, span)];
    }),
    ("a register that nothing wrote", 13, |m| {
        entry(m).registers = 256;
        first(m, Op::Move { dst: 0, src: 255 });
    }),
];

pub(super) fn run(bench: &mut Bench) {
    for source in SAMPLES {
        let Ok(module) = sample(source) else { continue };
        for (name, rule, change) in LIES {
            let mut lying = module.clone();
            change(&mut lying);
            must_break(bench, name, *rule, lying);
        }
    }
}
