//! Destructuring: everything is taken out before anything is bound, so a failure binds nothing.

use super::body::unparen;
use super::frame::{CROWDED, Reg};
use super::program::{Compiler, variable};
use crate::base::Span;
use crate::check::names::{VarId, VariableKind};
use crate::code::op::Op;
use crate::syntax::tree::{Expr, ExprKind, Name, Target, TargetEntry, TargetKind};

/// Where a value waits until it is bound.
#[derive(Clone, Copy)]
enum Held {
    Register(Reg),
    Slot(u32),
}

impl<'a> Compiler<'a> {
    /// `target = value`.
    #[inline(never)]
    pub fn destructure_value(&mut self, target: &'a Target, value: &'a Expr) {
        if let (TargetKind::List { items, rest: None }, ExprKind::List(values)) =
            (&target.kind, &unparen(value).kind)
            && items.len() <= values.len()
            && values.len() < self.frame.room()
            && values.iter().all(|value| !value.spread)
            && items.iter().all(|item| matches!(item.kind, TargetKind::Name(_)))
        {
            // `[a, b] = [b, a]` needs no list.
            let mut registers = Vec::with_capacity(values.len());
            for value in values {
                let register = self.frame.temp();
                self.expr_to(&value.value, register);
                registers.push(register);
            }
            for (item, register) in items.iter().zip(registers) {
                if let TargetKind::Name(name) = &item.kind {
                    self.frame.span = name.span;
                    self.bind_name(name, register);
                }
            }
            return;
        }
        let src = self.operand(value);
        self.destructure(target, src);
    }

    /// Takes the value in `src` apart and binds the parts.
    pub fn destructure(&mut self, target: &'a Target, src: Reg) {
        if let TargetKind::Name(name) = &target.kind {
            return self.bind_name(name, src);
        }
        let mut held = Vec::new();
        self.take(target, src, &mut held);
        for (name, place) in held {
            self.frame.span = name.span;
            match place {
                Held::Register(register) => self.bind_name(name, register),
                Held::Slot(slot) => {
                    let mark = self.frame.mark();
                    let register = self.frame.temp();
                    self.frame.emit(Op::LoadSlot { dst: register, slot });
                    self.bind_name(name, register);
                    self.frame.release(mark);
                }
            }
        }
    }

    /// Binds or assigns a name of a target.
    pub fn bind_name(&mut self, name: &Name, src: Reg) {
        let Some(id) = self.assigned(name) else { return };
        if self.is_new(id) {
            self.bind_block(id, src);
        } else {
            self.assign_variable(id, src);
        }
    }

    /// Does binding the variable bring a new one into being?
    fn is_new(&self, id: VarId) -> bool {
        let kind = variable(self.names, id).map(|variable| variable.kind);
        matches!(kind, Some(VariableKind::Parameter | VariableKind::Block))
    }

    /// Takes the parts of `src` out, in order, into registers or slots where they wait.
    fn take(&mut self, target: &'a Target, src: Reg, held: &mut Vec<(&'a Name, Held)>) {
        match &target.kind {
            TargetKind::Name(name) => self.hold(name, src, held),
            TargetKind::List { items, rest } => {
                self.take_list((items, rest.as_ref()), src, target.span, held);
            }
            TargetKind::Map { entries, rest } => {
                self.take_map((entries, rest.as_ref()), src, target.span, held);
            }
        }
    }

    /// Keeps a value that stands in the last register taken, or elsewhere.
    fn hold(&mut self, name: &'a Name, src: Reg, held: &mut Vec<(&'a Name, Held)>) {
        if self.frame.mark() >= CROWDED {
            let slot = self.frame.slot();
            self.frame.emit(Op::StoreSlot { src, slot });
            held.push((name, Held::Slot(slot)));
        } else {
            held.push((name, Held::Register(src)));
        }
    }

    fn take_list(
        &mut self,
        (items, rest): (&'a [Target], Option<&'a Name>),
        src: Reg,
        span: Span,
        held: &mut Vec<(&'a Name, Held)>,
    ) {
        let list = self.frame.temp();
        self.frame.span = span;
        let length = i32::try_from(items.len()).unwrap_or(i32::MAX);
        self.frame.emit(Op::TakeList { dst: list, src, length });
        for (at, item) in (0..).zip(items) {
            let dst = self.part_register();
            self.part_of(list, at, dst, item.span);
            self.take(item, dst, held);
            self.done_with(dst);
        }
        if let Some(rest) = rest {
            let dst = self.part_register();
            self.frame.span = rest.span;
            self.frame.emit(Op::ListRest { dst, src: list, from: length });
            self.hold(rest, dst, held);
            self.done_with(dst);
        }
    }

    fn take_map(
        &mut self,
        (entries, rest): (&'a [TargetEntry], Option<&'a Name>),
        src: Reg,
        span: Span,
        held: &mut Vec<(&'a Name, Held)>,
    ) {
        self.frame.span = span;
        self.frame.emit(Op::CheckMap { src });
        for entry in entries {
            let dst = self.part_register();
            self.frame.span = entry.key.span;
            let name = self.name_constant(&entry.key);
            self.frame.emit(Op::GetField { dst, object: src, name });
            self.take(&entry.target, dst, held);
            self.done_with(dst);
        }
        if let Some(rest) = rest {
            let dst = self.part_register();
            self.map_rest(entries.iter().map(|entry| &entry.key), src, dst);
            self.hold(rest, dst, held);
            self.done_with(dst);
        }
    }

    fn part_register(&mut self) -> Reg {
        self.frame.temp()
    }

    /// Where registers are scarce, parts wait in slots and their registers are free again.
    fn done_with(&mut self, register: Reg) {
        if self.frame.mark() > CROWDED && self.frame.is_last_temp(register) {
            self.frame.release(u16::from(register));
        }
    }

    /// `dst` = the element of a list at a fixed position.
    pub fn element_at(&mut self, list: Reg, at: i32, dst: Reg) {
        self.frame.emit(Op::LoadInt { dst, value: at });
        self.frame.emit(Op::GetIndex { dst, object: list, index: dst });
    }

    fn part_of(&mut self, list: Reg, at: i32, dst: Reg, span: Span) {
        self.frame.span = span;
        self.element_at(list, at, dst);
    }

    /// `dst` = the map without these keys.
    pub fn map_rest<'n>(&mut self, keys: impl Iterator<Item = &'n Name>, src: Reg, dst: Reg) {
        let mark = self.frame.mark();
        let list = self.frame.temp();
        let key = self.frame.temp();
        self.frame.emit(Op::NewList { dst: list, base: key, argc: 0 });
        for name in keys {
            self.frame.span = name.span;
            let constant = self.tables.text(&name.text);
            self.frame.emit(Op::LoadConst { dst: key, constant });
            self.frame.emit(Op::Append { list, base: key, argc: 1 });
        }
        self.frame.emit(Op::MapRest { dst, src, keys: list });
        self.frame.release(mark);
    }
}
