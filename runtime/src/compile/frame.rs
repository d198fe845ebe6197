//! One function while its code is generated: instructions, labels, registers, what is known to be set.
//!
//! - Jump targets and handlers hold label numbers until [`Frame::finish`] turns them into positions.
//! - Nothing is emitted where control cannot come, so no unreachable instruction exists.
//! - Registers are a stack: parameters, variables of the function, then block variables and temporaries.

use super::component::Word;
use super::state::State;
use super::store::Open;
use crate::base::Span;
use crate::base::span::{to_u32, to_usize};
use crate::check::names::VarId;
use crate::code::module::{Capture, Function, Handler};
use crate::code::op::Op;
use crate::syntax::tree::NodeId;
use std::collections::HashMap;

/// A register of the frame's window.
pub(super) type Reg = u8;

/// A place in the code that jumps name before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(pub u32);

/// What has a place in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A variable of the file.
    Variable(VarId),
    /// A declared function that may capture variables.
    Function(NodeId),
    /// The row whose fields are names in the expression at hand.
    Row,
    /// What only a component has.
    Component(Word),
}

/// Where a variable lives, seen from the running function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// In a register.
    Register(Reg),
    /// In a spill slot.
    Slot(u32),
    /// In a cell that a register holds.
    Cell(Reg),
    /// In a cell that a spill slot holds.
    CellSlot(u32),
    /// In a cell that the running function captured.
    Captured(u32),
    /// In the module.
    Global(u32),
    /// Its block was not entered.
    Missing,
}

/// A loop that `break` and `continue` may leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    /// Behind the loop.
    pub exit: Label,
    /// Where the next round is prepared.
    pub next: Label,
}

/// Registers for variables that live as long as the function; further ones live in spill slots.
pub(super) const VARIABLES_MAX: u16 = 128;

/// From here on block variables go to spill slots and calls and literals are built through lists.
pub(super) const CROWDED: u16 = 200;

const REGISTERS_MAX: u16 = 256;

/// See the module.
pub(super) struct Frame {
    /// What is known where code is being added.
    pub state: State,
    /// Where the next instruction comes from.
    pub span: Span,
    /// Enclosing loops, innermost last.
    pub loops: Vec<Loop>,
    /// Transactions that are open, innermost last.
    pub transactions: Vec<Open>,
    /// Where variables are.
    pub places: HashMap<Key, Location>,
    /// Captured variables.
    pub captures: Vec<Capture>,
    /// Their numbers.
    pub captured: HashMap<Key, u32>,
    /// Registers that must hold the mark of an unset variable from the start.
    pub unset: Vec<Reg>,
    /// Markup known beforehand that was not put out yet; it comes before whatever is put out next.
    pub pending: String,
    /// The slot of the map that takes what is marked for a slot of the component whose content is compiled.
    pub slotted: Option<u32>,
    /// Is an element being compiled that no jump leaves half done?
    pub whole: bool,
    /// Is it the top level of its file, which sets the file's variables first?
    pub is_top_level: bool,
    /// Did an expression need more registers than there are?
    pub overflow: Option<Span>,
    code: Vec<Op>,
    spans: Vec<(u32, Span)>,
    handlers: Vec<Handler>,
    labels: Vec<u32>,
    used: Vec<bool>,
    /// Where the last label was bound.
    bound: u32,
    variables: [bool; 256],
    top: u16,
    high: u16,
    slots: u32,
}

impl Frame {
    /// A frame without variables.
    pub fn new(span: Span) -> Self {
        Self {
            state: State::default(),
            span,
            loops: Vec::new(),
            transactions: Vec::new(),
            places: HashMap::new(),
            captures: Vec::new(),
            captured: HashMap::new(),
            unset: Vec::new(),
            pending: String::new(),
            slotted: None,
            whole: false,
            is_top_level: false,
            overflow: None,
            code: Vec::new(),
            spans: Vec::new(),
            handlers: Vec::new(),
            labels: Vec::new(),
            used: Vec::new(),
            bound: 0,
            variables: [false; 256],
            top: 0,
            high: 1,
            slots: 0,
        }
    }

    /// Adds an instruction, unless control cannot come here.
    pub fn emit(&mut self, mut op: Op) {
        if !self.state.reachable {
            return;
        }
        if let Some(&mut target) = target(&mut op)
            && let Some(used) = self.used.get_mut(to_usize(target))
        {
            *used = true;
        }
        if self.spans.last().is_none_or(|(_, span)| *span != self.span) {
            self.spans.push((to_u32(self.code.len()), self.span));
        }
        self.code.push(op);
    }

    /// A label that is not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        self.used.push(false);
        Label(to_u32(self.labels.len()).saturating_sub(1))
    }

    /// Binds a label to the next instruction. A jump that would only lead there goes away.
    pub fn bind(&mut self, label: Label) {
        if self.code.last() == Some(&Op::Jump { target: label.0 }) && self.bound < to_u32(self.code.len()) {
            self.code.pop();
            let end = to_u32(self.code.len());
            self.spans.pop_if(|(at, _)| *at >= end);
        }
        self.bound = to_u32(self.code.len());
        if let Some(place) = self.labels.get_mut(to_usize(label.0)) {
            *place = to_u32(self.code.len());
        }
    }

    /// A label of the next instruction.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Does a jump name the label?
    pub fn is_used(&self, label: Label) -> bool {
        self.used.get(to_usize(label.0)).copied().unwrap_or(false)
    }

    /// Goes on at the label.
    pub fn jump(&mut self, label: Label) {
        self.emit(Op::Jump { target: label.0 });
        self.state.reachable = false;
    }

    /// Protects what was emitted since `start`: errors go on at `target`. False when nothing was.
    pub fn protect(&mut self, start: Label, target: Label, register: Reg) -> bool {
        let end = self.here();
        if self.labels.get(to_usize(start.0)) == self.labels.get(to_usize(end.0)) {
            return false;
        }
        self.handlers.push(Handler { start: start.0, end: end.0, target: target.0, register });
        true
    }

    /// The next free register.
    pub fn temp(&mut self) -> Reg {
        let register = self.top;
        self.top = self.top.saturating_add(1);
        if self.top > REGISTERS_MAX {
            self.overflow.get_or_insert(self.span);
            return Reg::MAX;
        }
        self.high = self.high.max(self.top);
        Reg::try_from(register).unwrap_or(Reg::MAX)
    }

    /// A register for a variable.
    pub fn variable(&mut self) -> Reg {
        let register = self.temp();
        if let Some(place) = self.variables.get_mut(usize::from(register)) {
            *place = true;
        }
        register
    }

    /// Is the register free to hold something half done? A variable's is not.
    pub fn is_temp(&self, register: Reg) -> bool {
        !self.variables.get(usize::from(register)).copied().unwrap_or(true)
    }

    /// How many registers are taken.
    pub fn mark(&self) -> u16 {
        self.top
    }

    /// Frees the registers taken since the mark.
    pub fn release(&mut self, mark: u16) {
        let freed = self.variables.iter_mut().skip(usize::from(mark));
        freed.take(usize::from(self.top.saturating_sub(mark))).for_each(|place| *place = false);
        self.top = mark;
    }

    /// Frees or takes registers again so that as many are taken as at the mark; those taken again are no variable's.
    pub fn retake(&mut self, mark: u16) {
        if mark < self.top {
            self.release(mark);
        }
        self.top = mark;
        self.high = self.high.max(mark);
    }

    /// Is it the last register taken, and no variable's? Then a block may start at it.
    pub fn is_last_temp(&self, register: Reg) -> bool {
        u16::from(register).saturating_add(1) == self.top && self.is_temp(register)
    }

    /// Are there few registers left?
    pub fn is_crowded(&self) -> bool {
        self.top >= CROWDED
    }

    /// How many more registers a block may take here.
    pub fn room(&self) -> usize {
        usize::from(REGISTERS_MAX.saturating_sub(16).saturating_sub(self.top))
    }

    /// A new spill slot.
    pub fn slot(&mut self) -> u32 {
        self.slots = self.slots.saturating_add(1);
        self.slots.saturating_sub(1)
    }

    /// Ends the code and gives the function; name and parameters are the caller's to fill in.
    pub fn finish(mut self) -> Function {
        self.emit(Op::ReturnNone {});
        self.unset.sort_unstable();
        self.unset.dedup();
        let shift = to_u32(self.unset.len());
        let place = |label: u32| {
            self.labels.get(to_usize(label)).map_or(u32::MAX, |position| position.saturating_add(shift))
        };
        let mut code: Vec<Op> = self.unset.iter().map(|&dst| Op::LoadUnset { dst }).collect();
        code.append(&mut self.code);
        for op in code.iter_mut().skip(to_usize(shift)) {
            if let Some(target) = target(op) {
                *target = place(*target);
            }
        }
        let handlers = self.handlers.iter().map(|handler| Handler {
            start: place(handler.start),
            end: place(handler.end),
            target: place(handler.target),
            register: handler.register,
        });
        let spans = self.spans.iter().enumerate().map(|(nth, (at, span))| {
            // The instructions before the first one belong to it.
            (if nth == 0 { 0 } else { at.saturating_add(shift) }, *span)
        });
        Function {
            registers: self.high,
            slots: self.slots,
            captures: self.captures,
            handlers: handlers.collect(),
            spans: spans.collect(),
            code,
            ..Function::default()
        }
    }
}

/// The jump target of an instruction that has one.
fn target(op: &mut Op) -> Option<&mut u32> {
    match op {
        Op::Jump { target }
        | Op::JumpIf { target, .. }
        | Op::JumpIfNot { target, .. }
        | Op::JumpIfNone { target, .. }
        | Op::JumpIfSome { target, .. }
        | Op::JumpIfSet { target, .. }
        | Op::JumpLt { target, .. }
        | Op::JumpLe { target, .. }
        | Op::JumpLtInt { target, .. }
        | Op::JumpLeInt { target, .. }
        | Op::JumpGtInt { target, .. }
        | Op::JumpGeInt { target, .. }
        | Op::JumpEqInt { target, .. }
        | Op::JumpNeInt { target, .. }
        | Op::JumpNotLtInt { target, .. }
        | Op::JumpNotLeInt { target, .. }
        | Op::JumpNotGtInt { target, .. }
        | Op::JumpNotGeInt { target, .. }
        | Op::Next { target, .. }
        | Op::NextPair { target, .. }
        | Op::ForPrepare { target, .. }
        | Op::ForNext { target, .. } => Some(target),
        _ => None,
    }
}
