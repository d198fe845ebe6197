//! The verifier: what a module must promise before the machine runs it, as numbered rules.
//!
//! - **B1** Indices between the module's tables (names, entry, tests, endpoints, files, globals, variants, enums and
//!   entities of types and fields) are in range and of the right kind.
//! - **B2** The entry, initialisers of files, tests and endpoints take no parameters and capture nothing.
//! - **B3** An `AnyOf` type names only types before itself, so asking for a type ends.
//! - **B4** A function has 1 to 256 registers and bounded spill slots, and enough of both for its parameters, of which
//!   200 arrive in registers and more in slots. Its hint, if it has one, takes nothing and captures the first of what
//!   it captures itself.
//! - **B5** Every operand is in range of what it indexes: registers, constants (names: texts), functions, built-ins,
//!   globals, captured variables, spill slots, instructions, types, variants.
//! - **B6** Every block of registers lies inside the function's registers.
//! - **B7** Functions loaded or called directly capture nothing; what a closure captures exists in the frame that makes it.
//! - **B8** Lengths and capacities are not negative.
//! - **B9** There is an instruction, and the last one does not fall through.
//! - **B10** A handler protects a range of instructions, goes on behind it, and is nested properly, innermost first.
//! - **B11** `ForNext` jumps to the instruction after a `ForPrepare` of the same registers.
//! - **B12** Spans rise, lie in the code, and name a source file of the module, whose places rise too.
//! - **B13** Every register that is read was written on every path to it; a call unwrites the registers from its base on.
//! - **B14** Cells, states of loops and markup that grows are in registers and slots of their own: what needs one reads one, and nothing else
//!   does, so that none reaches a program.
//! - **B15** Entities have names of their own, and so have the fields of one (and of what `validate` declares); the fields that they are unique in or
//!   looked up by exist.
//! - **B16** What computes a default takes nothing, what checks a field takes the entity, and neither captures anything.
//! - **B17** A bound is a number, a value of `one_of` is one value, and only references say what deleting does to them.
//! - **B18** A job that repeats leaves at least a second between two runs.
//!
//! What is left to the machine, which raises a `TypeError`: kinds of values and counts of arguments.
//!
//! Linear in the size of the module, but for B13 and B14, which visit a block again only while what is certain about its
//! 256 registers shrinks.

mod entities;
mod flow;
pub(crate) mod handlers;
mod operands;
mod refusal;
pub(crate) mod registers;
mod shapes;
mod tables;

pub use refusal::{Fault, Refusal, Rule, Table};

use super::module::Module;
use crate::base::guard::{Guard, off};
use crate::base::span::{to_u32, to_usize};
use std::ops::Deref;

/// Spill slots of one function, at most; the machine charges them to the memory budget at each call.
pub const SLOTS_MAX: u32 = 1 << 20;

/// A module that nobody has vouched for: fresh from the compiler or from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified(pub Module);

/// A module that keeps the rules of this module's header. Only [`verify`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified(Module);

impl Deref for Verified {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

/// Checks every rule; the first one broken is the refusal.
pub fn verify(Unverified(module): Unverified) -> Result<Verified, Refusal> {
    if off(Guard::Verifier) {
        return Ok(Verified(module));
    }
    tables::check(&module)?;
    for (index, function) in module.functions.iter().enumerate() {
        let number = to_u32(index);
        operands::check(&module, function).map_err(|at| at.within(number))?;
        let handler_of = handlers::check(function).map_err(|at| at.within(number))?;
        flow::check(&module, function, &handler_of).map_err(|at| at.within(number))?;
    }
    Ok(Verified(module))
}

/// A broken rule at an instruction (or at none) of the function being checked.
#[derive(Debug)]
struct Broken {
    pc: Option<u32>,
    fault: Fault,
}

impl Broken {
    fn at(pc: usize, fault: Fault) -> Self {
        Self { pc: Some(to_u32(pc)), fault }
    }

    fn within(self, function: u32) -> Refusal {
        Refusal { function: Some(function), pc: self.pc, fault: self.fault }
    }
}

/// Is the index one of `count`?
fn in_range(table: Table, index: u32, count: usize) -> Result<(), Fault> {
    if to_usize(index) < count { Ok(()) } else { Err(Fault::Index { table, index, count: to_u32(count) }) }
}

#[cfg(test)]
mod tests;
