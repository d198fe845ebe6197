//! What registers and spill slots hold to the machine: values of the program, or its own cells and loop states.
//!
//! A register's shape changes along the code and is followed by the dataflow. A slot has one shape in all of a function,
//! found by reading the code once, top to bottom, and then demanded at every access; a slot that was not stored yet
//! holds the mark of an unset variable, whatever its shape.

use super::Fault;
use super::registers::{Effect, Registers};
use crate::base::span::to_usize;
use crate::code::module::{Capture, Function, Module, REGISTER_PARAMS};
use crate::code::op::Op;
use std::collections::HashMap;

/// What something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A value of the program, or the mark of an unset variable.
    Value,
    /// A captured variable.
    Cell,
    /// The state of a loop.
    Loop,
    /// Markup that grows.
    Markup,
}

/// The shapes of a function's slots.
pub(super) struct Slots(HashMap<u32, Shape>);

impl Slots {
    /// From the instruction that last wrote what is stored, in the order of the code; a slot that a parameter arrives
    /// in holds a value.
    pub(super) fn of(module: &Module, function: &Function) -> Self {
        let arrived = function.params.len().saturating_sub(REGISTER_PARAMS);
        let mut slots = Self(HashMap::new());
        let mut registers = Held::default();
        for &op in &function.code {
            let effect = super::registers::effect(module, op);
            if let Op::StoreSlot { src, slot } = op {
                let shape = registers.shape(src);
                if shape != Shape::Value && to_usize(slot) >= arrived {
                    slots.0.insert(slot, shape);
                }
            }
            let written = effect.falling.union(effect.jumping);
            registers = registers.with(written, slots.given(op));
        }
        slots
    }

    fn shape(&self, slot: u32) -> Shape {
        self.0.get(&slot).copied().unwrap_or(Shape::Value)
    }

    /// The shape of what an instruction writes.
    pub(super) fn given(&self, op: Op) -> Shape {
        match op {
            Op::NewCell { .. } => Shape::Cell,
            Op::Iterate { .. } => Shape::Loop,
            Op::NewMarkup { .. }
            | Op::PutText { .. }
            | Op::PutValue { .. }
            | Op::PutPart { .. }
            | Op::PutAttribute { .. }
            | Op::PutAttributes { .. }
            | Op::PutClasses { .. }
            | Op::PutTag { .. }
            | Op::BeginPart { .. }
            | Op::EndPart { .. } => Shape::Markup,
            Op::LoadSlot { slot, .. } => self.shape(slot),
            _ => Shape::Value,
        }
    }

    /// The registers that an instruction reads, by the shape that they must have.
    pub(super) fn reads(&self, module: &Module, op: Op, effect: &Effect) -> Result<Held, Fault> {
        let one = |register: u8, shape: Shape| Held::default().with(Registers::block(register, 1), shape);
        Ok(match op {
            Op::GetCell { cell, .. } => one(cell, Shape::Cell),
            // One register cannot have the shapes of both.
            Op::SetCell { cell, src } if cell == src => return Err(Fault::RegisterShape { register: cell }),
            Op::SetCell { cell, src } => one(cell, Shape::Cell).with(Registers::block(src, 1), Shape::Value),
            Op::Next { iterator, .. } | Op::NextPair { iterator, .. } => one(iterator, Shape::Loop),
            Op::PutText { markup, .. } | Op::BeginPart { markup, .. } | Op::EndPart { markup, .. } => {
                one(markup, Shape::Markup)
            }
            Op::PutValue { markup, src }
            | Op::PutPart { markup, src, .. }
            | Op::PutAttribute { markup, src, .. }
            | Op::PutAttributes { markup, src }
            | Op::PutClasses { markup, src }
            | Op::PutTag { markup, src, .. } => {
                if markup == src {
                    return Err(Fault::RegisterShape { register: markup });
                }
                one(markup, Shape::Markup).with(Registers::block(src, 1), Shape::Value)
            }
            Op::TakeMarkup { markup, .. } => one(markup, Shape::Markup),
            Op::StoreSlot { src, slot } => one(src, self.shape(slot)),
            Op::NewClosure { function, .. } => {
                let captures =
                    module.functions.get(to_usize(function)).map_or(&[][..], |callee| &callee.captures);
                let plain = captures.iter().find_map(|capture| match *capture {
                    Capture::Slot(slot) if self.shape(slot) != Shape::Cell => Some(slot),
                    _ => None,
                });
                if let Some(slot) = plain {
                    return Err(Fault::SlotShape { slot });
                }
                Held::default().with(effect.reads, Shape::Cell)
            }
            _ => Held::default().with(effect.reads, Shape::Value),
        })
    }
}

/// Registers that were written, and what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    written: Registers,
    cells: Registers,
    loops: Registers,
    markups: Registers,
}

impl Held {
    /// These registers hold something of the shape from now on.
    pub(super) fn with(self, registers: Registers, shape: Shape) -> Self {
        let mut held = self.without(registers);
        held.written = held.written.union(registers);
        match shape {
            Shape::Value => {}
            Shape::Cell => held.cells = held.cells.union(registers),
            Shape::Loop => held.loops = held.loops.union(registers),
            Shape::Markup => held.markups = held.markups.union(registers),
        }
        held
    }

    /// The same done to each of the sets.
    fn each(self, other: Self, change: impl Fn(Registers, Registers) -> Registers) -> Self {
        Self {
            written: change(self.written, other.written),
            cells: change(self.cells, other.cells),
            loops: change(self.loops, other.loops),
            markups: change(self.markups, other.markups),
        }
    }

    /// These registers no longer count as written.
    pub(super) fn without(self, registers: Registers) -> Self {
        self.each(self, |mine, _| mine.without(registers))
    }

    /// What the other holds counts, where it holds something.
    pub(super) fn overlaid(self, other: Self) -> Self {
        self.without(other.written).each(other, Registers::union)
    }

    /// What is certain when either may be the case.
    pub(super) fn meet(self, other: Self) -> Self {
        let differs = |mine: Registers, theirs: Registers| mine.without(theirs).union(theirs.without(mine));
        let shapes = self.each(other, differs);
        let differs = shapes.cells.union(shapes.loops).union(shapes.markups);
        let both = Self { written: self.written.intersection(other.written), ..self };
        let only_mine = self.written.without(other.written);
        both.without(differs.union(only_mine))
    }

    fn values(self) -> Registers {
        self.written.without(self.cells).without(self.loops).without(self.markups)
    }

    fn shape(self, register: u8) -> Shape {
        if self.cells.has(register) {
            Shape::Cell
        } else if self.loops.has(register) {
            Shape::Loop
        } else if self.markups.has(register) {
            Shape::Markup
        } else {
            Shape::Value
        }
    }

    /// Is everything that `wanted` reads held, and of the shape that it wants?
    pub(super) fn satisfies(self, wanted: Self) -> Result<(), Fault> {
        if let Some(register) = wanted.written.without(self.written).first() {
            return Err(Fault::Unwritten { register });
        }
        let missing = wanted.each(self, Registers::without);
        let wrong = missing.cells.union(missing.loops).union(missing.markups);
        let wrong = wrong.union(wanted.values().without(self.values()));
        wrong.first().map_or(Ok(()), |register| Err(Fault::RegisterShape { register }))
    }
}

/// All shapes that registers are given anywhere in a block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given {
    values: Registers,
    cells: Registers,
    loops: Registers,
    markups: Registers,
}

impl Given {
    pub(super) fn add(&mut self, registers: Registers, shape: Shape) {
        let set = match shape {
            Shape::Value => &mut self.values,
            Shape::Cell => &mut self.cells,
            Shape::Loop => &mut self.loops,
            Shape::Markup => &mut self.markups,
        };
        *set = set.union(registers);
    }

    /// What is certain anywhere in the block of what was held before it.
    pub(super) fn keeps(&self, held: Held) -> Held {
        let given = |shape: Shape| match shape {
            Shape::Value => self.values,
            Shape::Cell => self.cells,
            Shape::Loop => self.loops,
            Shape::Markup => self.markups,
        };
        let held_as = [
            (held.values(), Shape::Value),
            (held.cells, Shape::Cell),
            (held.loops, Shape::Loop),
            (held.markups, Shape::Markup),
        ];
        let mut changed = Registers::none();
        for (registers, shape) in held_as {
            for (_, other) in held_as.iter().filter(|(_, other)| *other != shape) {
                changed = changed.union(registers.intersection(given(*other)));
            }
        }
        held.without(changed)
    }
}
