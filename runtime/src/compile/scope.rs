//! Where variables live: registers, spill slots, cells that closures share, globals.

use super::frame::{Frame, Key, Location, Reg, VARIABLES_MAX};
use super::program::{Compiler, scope_variables, variable};
use crate::base::span::to_u32;
use crate::check::names::{VarId, VariableKind};
use crate::code::module::Capture;
use crate::code::op::Op;
use crate::syntax::tree::NodeId;
use std::mem;

impl Compiler<'_> {
    /// Gives the variables that assignments create in this scope their places.
    pub fn enter_scope(&mut self, scope: NodeId) {
        for id in scope_variables(self.names, scope) {
            let Some(variable) = variable(self.names, id) else { continue };
            if variable.kind != VariableKind::Assigned || self.globals.contains_key(&(self.file, id)) {
                continue;
            }
            if variable.captured {
                self.new_cell(Key::Variable(id), None);
            } else if self.frame.mark() < VARIABLES_MAX {
                let register = self.frame.variable();
                self.frame.places.insert(Key::Variable(id), Location::Register(register));
            } else {
                let slot = self.frame.slot();
                self.frame.places.insert(Key::Variable(id), Location::Slot(slot));
            }
        }
    }

    /// Makes a cell for a variable that closures share; it holds `src`, or is unset.
    pub fn new_cell(&mut self, key: Key, src: Option<Reg>) {
        if self.frame.mark() < VARIABLES_MAX {
            let dst = self.frame.variable();
            if src.is_none() {
                self.frame.emit(Op::LoadUnset { dst });
            }
            self.frame.emit(Op::NewCell { dst, src: src.unwrap_or(dst) });
            self.frame.places.insert(key, Location::Cell(dst));
        } else {
            let mark = self.frame.mark();
            let dst = self.frame.temp();
            if src.is_none() {
                self.frame.emit(Op::LoadUnset { dst });
            }
            self.frame.emit(Op::NewCell { dst, src: src.unwrap_or(dst) });
            let slot = self.frame.slot();
            self.frame.emit(Op::StoreSlot { src: dst, slot });
            self.frame.release(mark);
            self.frame.places.insert(key, Location::CellSlot(slot));
        }
    }

    /// Where a variable lives; captures it when it is an enclosing function's.
    pub fn locate(&mut self, key: Key) -> Location {
        if let Some(&place) = self.frame.places.get(&key) {
            return place;
        }
        if let Key::Variable(id) = key
            && let Some(&global) = self.globals.get(&(self.file, id))
        {
            return Location::Global(global);
        }
        if let Some(&captured) = self.frame.captured.get(&key) {
            return Location::Captured(captured);
        }
        self.capture(key)
    }

    fn capture(&mut self, key: Key) -> Location {
        let holder = self.outer.iter().rposition(|frame| holds(frame, key).is_some());
        let Some(holder) = holder else { return Location::Missing };
        let mut source = self.outer.get(holder).and_then(|frame| holds(frame, key));
        let between = self.outer.iter_mut().skip(holder.saturating_add(1));
        for frame in between.chain(std::iter::once(&mut self.frame)) {
            let Some(from) = source else { break };
            let at = to_u32(frame.captures.len());
            frame.captures.push(from);
            frame.captured.insert(key, at);
            source = Some(Capture::Captured(at));
        }
        match source {
            Some(Capture::Captured(at)) => Location::Captured(at),
            _ => Location::Missing,
        }
    }

    /// A block variable that holds `value` from here on: new on every entry.
    pub fn bind_block(&mut self, id: VarId, value: Reg) {
        let key = Key::Variable(id);
        let captured = variable(self.names, id).is_some_and(|variable| variable.captured);
        match self.frame.places.get(&key) {
            // An alternative of the same pattern bound it before.
            Some(&Location::Register(dst)) => self.move_to(dst, value),
            Some(&Location::Cell(dst)) => self.frame.emit(Op::NewCell { dst, src: value }),
            Some(&Location::Slot(slot)) => self.frame.emit(Op::StoreSlot { src: value, slot }),
            Some(&Location::CellSlot(slot)) => self.store_new_cell(value, slot),
            _ if self.frame.is_crowded() => {
                let slot = self.frame.slot();
                if captured {
                    self.frame.places.insert(key, Location::CellSlot(slot));
                    self.store_new_cell(value, slot);
                } else {
                    self.frame.places.insert(key, Location::Slot(slot));
                    self.frame.emit(Op::StoreSlot { src: value, slot });
                }
            }
            _ => {
                let dst = self.frame.variable();
                if captured {
                    self.frame.places.insert(key, Location::Cell(dst));
                    self.frame.emit(Op::NewCell { dst, src: value });
                } else {
                    self.frame.places.insert(key, Location::Register(dst));
                    self.move_to(dst, value);
                }
            }
        }
        self.frame.state.set(id);
    }

    fn store_new_cell(&mut self, value: Reg, slot: u32) {
        let mark = self.frame.mark();
        let dst = self.frame.temp();
        self.frame.emit(Op::NewCell { dst, src: value });
        self.frame.emit(Op::StoreSlot { src: dst, slot });
        self.frame.release(mark);
    }

    /// A register that is the block variable itself, when it may live in one.
    pub fn block_register(&mut self, id: VarId) -> Option<Reg> {
        let captured = variable(self.names, id).is_none_or(|variable| variable.captured);
        if captured || self.frame.is_crowded() {
            return None;
        }
        let dst = self.frame.variable();
        self.frame.places.insert(Key::Variable(id), Location::Register(dst));
        Some(dst)
    }

    /// Copies unless it is the same register.
    pub fn move_to(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.frame.emit(Op::Move { dst, src });
        }
    }

    /// Starts a function inside the one at hand.
    pub fn enter_frame(&mut self, mut frame: Frame) {
        // What is set where the function is made is set whenever it runs.
        frame.state = self.frame.state.clone();
        frame.state.reachable = true;
        self.outer.push(mem::replace(&mut self.frame, frame));
    }

    /// Goes on with the function around, once [`Compiler::finish_frame`] took the inner one.
    pub fn leave_frame(&mut self) {
        if let Some(frame) = self.outer.pop() {
            self.frame = frame;
        }
    }
}

fn holds(frame: &Frame, key: Key) -> Option<Capture> {
    match frame.places.get(&key) {
        Some(&Location::Cell(register)) => Some(Capture::Register(register)),
        Some(&Location::CellSlot(slot)) => Some(Capture::Slot(slot)),
        _ => frame.captured.get(&key).map(|&at| Capture::Captured(at)),
    }
}
