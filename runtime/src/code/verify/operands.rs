//! Rules B5 to B9 and B11: each instruction on its own.

use super::registers::{block_reads, falls_through};
use super::{Broken, Fault, Table, in_range};
use crate::base::span::{to_u32, to_usize};
use crate::code::module::{Capture, Const, Function, Module};
use crate::code::op::{Op, Operand, OperandValue};

pub(super) fn check(module: &Module, function: &Function) -> Result<(), Broken> {
    for (pc, op) in function.code.iter().copied().enumerate() {
        instruction(module, function, op).map_err(|fault| Broken::at(pc, fault))?;
    }
    match function.code.last() {
        Some(&op) if !falls_through(op) => Ok(()),
        _ => Err(Broken { pc: None, fault: Fault::FallsOff }),
    }
}

fn instruction(module: &Module, function: &Function, op: Op) -> Result<(), Fault> {
    let mut broken = None;
    let (mut base, mut argc) = (None, 0);
    op.operands(|kind, value| {
        match kind {
            Operand::Base => base = Some(u8::from(value)),
            Operand::Count => argc = u16::from(u8::from(value)),
            _ => {}
        }
        if broken.is_none() {
            broken = operand(module, function, kind, value).err();
        }
    });
    if let Some(fault) = broken {
        return Err(fault);
    }
    if let Some(base) = base {
        block(function, base, block_reads(op, argc))?;
    }
    match op {
        Op::LoadFunction { function, .. } | Op::CallFunction { function, .. } => bare(module, function),
        Op::NewClosure { function: made, .. } => closure(module, function, made),
        Op::NewMap { capacity: n, .. } | Op::IsListOf { length: n, .. } => not_negative(n),
        Op::ListRest { from: n, .. } | Op::TakeList { length: n, .. } => not_negative(n),
        Op::ForNext { base, dst, target } => loop_pair(function, base, dst, target),
        _ => Ok(()),
    }
}

fn operand(module: &Module, function: &Function, kind: Operand, value: OperandValue) -> Result<(), Fault> {
    let index = u32::from(value);
    let (table, count) = match kind {
        Operand::Read | Operand::Write | Operand::Update | Operand::Base => {
            (Table::Registers, usize::from(function.registers))
        }
        Operand::Count | Operand::Flag | Operand::Small | Operand::Imm => return Ok(()),
        Operand::Constant | Operand::Name => (Table::Constants, module.constants.len()),
        Operand::Function => (Table::Functions, module.functions.len()),
        Operand::Native => (Table::Natives, module.natives.len()),
        Operand::Global => (Table::Globals, module.globals.len()),
        Operand::Captured => (Table::Captures, function.captures.len()),
        Operand::Slot => (Table::Slots, to_usize(function.slots)),
        Operand::Target => (Table::Instructions, function.code.len()),
        Operand::Type => (Table::Types, module.types.len()),
        Operand::Variant => (Table::Variants, module.variants.len()),
    };
    in_range(table, index, count)?;
    let is_text = || matches!(module.constants.get(to_usize(index)), Some(Const::Text(_)));
    if kind == Operand::Name && !is_text() { Err(Fault::Name { constant: index }) } else { Ok(()) }
}

fn block(function: &Function, base: u8, length: u16) -> Result<(), Fault> {
    let registers = function.registers;
    if u16::from(base).saturating_add(length) <= registers {
        Ok(())
    } else {
        Err(Fault::Block { base, length, registers })
    }
}

fn bare(module: &Module, index: u32) -> Result<(), Fault> {
    match module.functions.get(to_usize(index)) {
        Some(function) if !function.captures.is_empty() => {
            Err(Fault::NeedsClosure { function: index, captures: to_u32(function.captures.len()) })
        }
        _ => Ok(()),
    }
}

fn closure(module: &Module, maker: &Function, made: u32) -> Result<(), Fault> {
    let captures = module.functions.get(to_usize(made)).map_or(&[][..], |function| &function.captures);
    for capture in captures {
        let (table, index, count) = match *capture {
            Capture::Register(register) => {
                (Table::Registers, u32::from(register), u32::from(maker.registers))
            }
            Capture::Slot(slot) => (Table::Slots, slot, maker.slots),
            Capture::Captured(captured) => (Table::Captures, captured, to_u32(maker.captures.len())),
        };
        if index >= count {
            return Err(Fault::CaptureSource { function: made, table, index, count });
        }
    }
    Ok(())
}

fn not_negative(length: i32) -> Result<(), Fault> {
    if length < 0 { Err(Fault::NegativeLength(length)) } else { Ok(()) }
}

fn loop_pair(function: &Function, base: u8, dst: u8, target: u32) -> Result<(), Fault> {
    let start = to_usize(target).checked_sub(1).and_then(|at| function.code.get(at));
    match start {
        Some(Op::ForPrepare { base: b, dst: d, .. }) if (*b, *d) == (base, dst) => Ok(()),
        _ => Err(Fault::LoopPair { target }),
    }
}
