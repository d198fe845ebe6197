//! FLIN: a small full-stack language in one binary, built so that no input takes the process down.
//!
//! The modules are layers, lowest first. Each knows only those above it in this list:
//!
//! 1. `base`: spans, diagnostics, faults, the clock, the named guards.
//! 2. `value`: values, the heap and its collector, text, lists, maps, arithmetic.
//! 3. `syntax`: lexer, parser, tree, formatter.
//! 4. `check`: names, gradual types, the diagnostics of a program.
//! 5. `code`: the opcode table; encode, decode, disassemble, verify.
//! 6. `compile`: tree to code, the only bridge between `syntax` and `code`.
//! 7. `vm`: the dispatch loop, frames, limits, traps, effects.
//! 8. `natives`: the built-in functions and methods.
//! 9. `app`: loading a project, running one execution to its end.
//! 10. `config`: `flin.config`.
//! 11. `cli`: the command line.

#![cfg_attr(
    test,
    expect(clippy::arithmetic_side_effects, reason = "tests compute freely; a panic there is a finding")
)]

pub mod app;
pub mod base;
pub mod check;
pub mod cli;
pub mod code;

pub mod compile;
pub mod config;
pub mod natives;
pub mod syntax;
pub mod value;
pub mod vm;
