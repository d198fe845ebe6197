//! What each fuzz target does with its bytes. A target is one line of glue over a function of this module, so whatever a
//! fuzzer finds is replayed by plain `cargo test`, on stable and without libFuzzer.
//!
//! Each function states its oracle and panics when it does not hold.

pub mod bytecode;
pub mod bytecode_verified;
pub mod dictionary;
pub mod machine;
pub mod program_differential;
pub mod source;
pub mod unicode_text;

/// A target: takes any bytes, and panics when its oracle does not hold.
pub type Target = fn(&[u8]);

/// All targets by name, but for the canary, which crashes on purpose.
pub const TARGETS: &[(&str, Target)] = &[
    ("bytecode", bytecode::target),
    ("bytecode_verified", bytecode_verified::target),
    ("program_differential", program_differential::target),
    ("source", source::target),
    ("unicode_text", unicode_text::target),
];

/// The canary: a crash that every fuzzer finds within seconds, so that one which finds nothing is known to be blind.
pub fn canary(bytes: &[u8]) {
    assert!(!bytes.starts_with(b"FLIN"), "the canary was found");
}
