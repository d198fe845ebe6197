//! Sets of a frame's 256 registers, and what each instruction reads, writes and loses.

use crate::base::span::to_usize;
use crate::code::module::{Capture, Module};
use crate::code::op::{Block, Op, Operand, OperandValue, TABLE};

/// A set of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Registers([u64; 4]);

impl Registers {
    pub(crate) const fn none() -> Self {
        Self([0; 4])
    }

    /// The registers from `base` on, `count` of them; those past the last are ignored.
    pub(crate) fn block(base: u8, count: u16) -> Self {
        let mut set = Self::none();
        for register in (base..=u8::MAX).take(usize::from(count)) {
            set.insert(register);
        }
        set
    }

    pub(crate) fn insert(&mut self, register: u8) {
        if let Some(word) = self.0.get_mut(usize::from(register >> 6)) {
            *word |= 1 << (register & 63);
        }
    }

    pub(crate) fn union(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
        self
    }

    pub(crate) fn intersection(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine &= theirs);
        self
    }

    pub(crate) fn without(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine &= !theirs);
        self
    }

    pub(crate) fn has(self, register: u8) -> bool {
        self.0.get(usize::from(register >> 6)).is_some_and(|word| word & (1 << (register & 63)) != 0)
    }

    pub(crate) fn first(self) -> Option<u8> {
        (0..=u8::MAX).find(|&register| self.has(register))
    }
}

/// What an instruction does to the registers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Effect {
    /// Must have been written before.
    pub reads: Registers,
    /// No longer counts as written, on every way out of the instruction.
    pub loses: Registers,
    /// Written when it goes on with the next instruction.
    pub falling: Registers,
    /// Written when it jumps.
    pub jumping: Registers,
}

/// What it does, from the opcode table; the few instructions whose result depends on the way they take stand here.
pub(crate) fn effect(module: &Module, op: Op) -> Effect {
    let mut effect = Effect::default();
    let mut writes = Registers::none();
    let (mut base, mut argc) = (0, 0);
    op.operands(|kind, value| match kind {
        Operand::Read => effect.reads.insert(value.into()),
        Operand::Write => writes.insert(value.into()),
        Operand::Update => {
            effect.reads.insert(value.into());
            writes.insert(value.into());
        }
        Operand::Base => base = u8::from(value),
        Operand::Count => argc = u16::from(u8::from(value)),
        _ => {}
    });
    effect.reads = effect.reads.union(Registers::block(base, block_reads(op, argc)));
    let after = base.checked_add(1);
    match op {
        Op::CallFunction { .. } | Op::CallNative { .. } => {
            effect.reads = after.map_or(Registers::none(), |first| Registers::block(first, argc));
            effect.loses = Registers::block(base, 256);
        }
        Op::Call { .. }
        | Op::CallMethod { .. }
        | Op::CallComponent { .. }
        | Op::CallWith { .. }
        | Op::CallMethodWith { .. } => {
            effect.loses = Registers::block(base, 256);
        }
        Op::NewClosure { function, .. } => {
            let captures =
                module.functions.get(to_usize(function)).map_or(&[][..], |callee| &callee.captures);
            for capture in captures {
                if let Capture::Register(register) = capture {
                    effect.reads.insert(*register);
                }
            }
        }
        _ => {}
    }
    match op {
        Op::Next { .. } | Op::NextPair { .. } | Op::ForPrepare { .. } => effect.falling = writes,
        Op::ForNext { .. } => effect.jumping = writes,
        _ => (effect.falling, effect.jumping) = (writes, writes),
    }
    effect
}

/// How many registers from its base on the instruction reads.
pub(crate) fn block_reads(op: Op, argc: u16) -> u16 {
    match block_of(op) {
        Block::No => 0,
        Block::Call => argc.saturating_add(1),
        Block::Take => argc,
        Block::Fixed(count) => u16::from(count),
    }
}

fn block_of(op: Op) -> Block {
    let code = op.code();
    let at = TABLE.binary_search_by_key(&code, |info| info.code);
    at.ok().and_then(|at| TABLE.get(at)).map_or(Block::No, |info| info.block)
}

/// Where the instruction may jump.
pub(crate) fn target(op: Op) -> Option<u32> {
    let mut target = None;
    op.operands(|kind, value: OperandValue| {
        if kind == Operand::Target {
            target = Some(value.into());
        }
    });
    target
}

/// May the next instruction follow?
pub(crate) const fn falls_through(op: Op) -> bool {
    !matches!(
        op,
        Op::Jump { .. }
            | Op::Return { .. }
            | Op::ReturnNone {}
            | Op::Throw { .. }
            | Op::MatchFailed { .. }
            | Op::AssertFailed { .. }
    )
}
