//! Bytes as a `.flinc` file: raw ones, and mutants of real modules whose checksum is made right again.
//!
//! For `code`.
//!
//! Oracle: the loader refuses with an offset or gives a module that can be listed, the verifier refuses with a rule or vouches for it, and
//! what it vouched for runs without an internal error.

use super::machine;
use crate::generate::Choices;
use crate::generate::module::{Names, module};
use flin_runtime::app::SourceFile;
use flin_runtime::check::project::Role;
use flin_runtime::code::op::{Operand, OperandValue};
use flin_runtime::code::{Listing, Module, Op, decode, encode, seal, verify};
use std::sync::LazyLock;

/// What it is for.
pub const MODULES: &[&str] = &["code"];

/// How far a mutant came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// The loader refused it.
    Refused,
    /// It decodes.
    Decoded,
    /// The verifier vouched for it, and it ran.
    Verified,
}

/// The target: the first byte says whether the rest is a file or a recipe for a mutant.
pub fn target(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let file = if mode % 2 == 0 {
        let mut file = rest.to_vec();
        seal(&mut file);
        file
    } else {
        mutant(rest)
    };
    judge(&file);
}

/// Loads, verifies and runs.
pub fn judge(file: &[u8]) -> Reached {
    let Ok(module) = decode(file) else { return Reached::Refused };
    assert!(encode(&module.0) == file, "one module, two spellings");
    let _ = Listing(&module.0).to_string();
    match verify(module) {
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            Reached::Decoded
        }
        Ok(module) => {
            machine::run_briefly(&module, false);
            Reached::Verified
        }
    }
}

const PROGRAMS: &[&str] = &[
    "fn fib(n) { if n < 2 { return n } return fib(n - 1) + fib(n - 2) }\nprint(fib(9))",
    "xs = [3, 1, 2]\nfor x, i in xs { xs[i] = x * 2 }\nprint(xs.sort((a, b) => b - a), xs.map(x => x + 1).sum())",
    "fn counter(step) { n = 0\n return () => { n += step; n } }\nc = counter(2)\nc()\nprint(c(), \"{c()} é\".upper())",
    "enum S { A, B(w: int) }\nf = s => match s { A -> 1, B(w) if w > 1 -> w, _ -> 0 }\nprint(f(A), f(B(3)), [1, 2][1:])",
    "fn f(a: int | text, b: number?, s: S) { return match a { is int -> /a+/i, _ -> 1.5 } }\nenum S { A }\nprint(f(1, none, A), f(\"x\", 2.0, S.A), 90s)",
    "m = [\"a\": 1]\nm.b = try int(\"x\")\ntry { throw error(\"Odd\", \"no\") } catch e { print(e.kind, m.keys()) }\n[a, ...r] = [1, 2]\nprint(a, r, 1..3, none ?? 2)",
];

/// A file of tests: scripts have no table of them.
const TESTS: &str = "test \"adds\" { assert 1 + 1 == 2 }\ntest \"spans\" { assert (2s).to_ms() == 2000 }";

/// Modules to change: what the compiler made, and generated ones, whose tables hold what no script leads to.
pub static MODULES_TO_CHANGE: LazyLock<Vec<Module>> = LazyLock::new(|| {
    let tests = [SourceFile::in_memory("tests/a.flin", Role::Test, TESTS)];
    let compiled = PROGRAMS.iter().filter_map(|source| machine::compile(source));
    let compiled = compiled.chain(machine::compile_files(&tests)).map(|module| (*module).clone());
    let names = Names { functions: vec!["len"], methods: vec!["push"] };
    let generated = (1..4_u8).map(|n| module(&[n.wrapping_mul(59); 40], &names));
    compiled.chain(generated).collect()
});

/// A real module with some instructions changed, as the bytes say, sealed.
pub fn mutant(bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let modules = &*MODULES_TO_CHANGE;
    let mut module = modules[choices.below(modules.len())].clone();
    for _ in 0..=choices.below(3) {
        let at = choices.below(module.functions.len());
        change(&mut module, at, &mut choices);
    }
    let mut file = encode(&module);
    // Some mutants are damaged as files, too.
    if choices.once_in(6) {
        let at = choices.below(file.len());
        file[at] ^= 1 << choices.below(8);
        seal(&mut file);
    }
    file
}

fn change(module: &mut Module, function: usize, choices: &mut Choices<'_>) {
    let function = &mut module.functions[function];
    if function.code.is_empty() {
        return;
    }
    let at = choices.below(function.code.len());
    let other = function.code[choices.below(function.code.len())];
    match choices.below(10) {
        0 => function.code[at] = other,
        1 => {
            function.code.remove(at);
        }
        2 => function.code.insert(at, other),
        3 => function.registers = choices.below(300) as u16,
        4 => {
            if let Some(handler) = function.handlers.first_mut() {
                handler.target = choices.below(40) as u32;
            }
        }
        _ => {
            let which = choices.below(4);
            let value = choices.below(20) as i64 - 2;
            function.code[at] = with_operand(function.code[at], which, value);
        }
    }
}

/// The instruction with one operand changed.
fn with_operand(op: Op, which: usize, value: i64) -> Op {
    let mut operands = Vec::new();
    op.operands(|kind, old| operands.push((kind, old)));
    if let Some((kind, old)) = operands.get_mut(which) {
        *old = match kind {
            Operand::Target => OperandValue(old.0 + value - 5),
            _ => OperandValue(value.max(0)),
        };
    }
    let mut operands = operands.into_iter();
    match Op::build(op.code(), |_| operands.next().map(|(_, value)| value).ok_or(())) {
        Some(Ok(op)) => op,
        _ => op,
    }
}
