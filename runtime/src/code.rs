//! Bytecode: the one opcode table, modules, their file format, and the verifier that turns one into a trusted program.
//!
//! Absences: no syntax, no values, no execution. What a module means is up to the VM; that it cannot lie is up to
//! [`verify`](verify()) and its rules.

pub mod decode;
pub mod disasm;
pub mod encode;
pub mod format;
pub mod module;
pub mod op;
pub mod verify;

#[cfg(test)]
mod reference;

pub use decode::{DecodeError, decode, is_bytecode};
pub use disasm::Listing;
pub use encode::encode;
pub use format::seal;
pub use module::{Capture, Const, EnumShape, Function, GlobalFile, Handler, Module, ParamShape};
pub use op::Op;
pub use verify::{Unverified, Verified, verify};
