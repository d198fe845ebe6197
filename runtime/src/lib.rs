//! FLIN: a small full-stack language in one binary, built so that no input takes the process down.
//!
//! The modules are layers, lowest first. Each knows only those above it in this list:
//!
//! 1. `base`: spans, diagnostics, faults, the clock, the named guards.
//! 2. `value`: values, the heap and its collector, text, lists, maps, arithmetic.
//! 3. `record`: entities as plain data, between executions and the store.
//! 4. `syntax`: lexer, parser, tree, formatter.
//! 5. `check`: names, gradual types, the diagnostics of a program.
//! 6. `code`: the opcode table; encode, decode, disassemble, verify.
//! 7. `compile`: tree to code, the only bridge between `syntax` and `code`.
//! 8. `vm`: the dispatch loop, frames, limits, traps, effects.
//! 9. `natives`: the built-in functions and methods.
//! 10. `store`: entities in memory, every change on disk before it is acknowledged.
//! 11. `app`: loading a project, running one execution to its end.
//! 12. `config`: `flin.config`.
//! 13. `cron`: when jobs run.
//! 14. `server`: HTTP, WebSockets and streams; limits, tasks, the orderly end.
//! 15. `cli`: the command line.

#![cfg_attr(
    test,
    expect(clippy::arithmetic_side_effects, reason = "tests compute freely; a panic there is a finding")
)]

pub mod admin;
pub mod app;
pub mod base;
pub mod check;
pub mod cli;
pub mod code;

pub mod compile;
pub mod config;
pub mod cron;
pub mod natives;
pub mod record;
pub mod server;
pub mod store;
pub mod syntax;
pub mod value;
pub mod vm;
