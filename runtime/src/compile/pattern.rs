//! Patterns: tests that jump away, and the names that they bind on the way.

use super::condition::small_int;
use super::frame::{Key, Label, Reg};
use super::place::Unset;
use super::program::{Compiler, variable};
use crate::base::Kind;
use crate::check::names::Binding;
use crate::code::op::Op;
use crate::syntax::tree::{Name, Pattern, PatternEntry, PatternKind};

impl<'a> Compiler<'a> {
    /// Goes on when the subject matches, jumps to `fail` when it does not.
    pub fn pattern(&mut self, pattern: &'a Pattern, subject: Reg, fail: Label) {
        self.frame.span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Name(name) => self.name_pattern(name, subject, fail),
            PatternKind::Is(ty) => self.jump_unless(fail, |this, dst| this.is(dst, subject, ty)),
            PatternKind::Variant { name, payload, .. } => {
                let Some(&Binding::Variant(enumeration, at)) = self.certain(name) else { return };
                self.variant_test((enumeration, at), subject, fail);
                for (index, part) in (0..).zip(payload) {
                    self.part(part, fail, |this, dst| {
                        this.frame.emit(Op::GetPayload { dst, src: subject, index });
                    });
                }
            }
            PatternKind::List { items, rest } => {
                self.list_pattern((items, rest.as_ref()), subject, fail);
            }
            PatternKind::Map { entries, rest } => self.map_pattern((entries, rest.as_ref()), subject, fail),
            PatternKind::Expr(value) => {
                if let Some(value) = small_int(value).and_then(|value| i16::try_from(value).ok()) {
                    self.frame.emit(Op::JumpNeInt { left: subject, value, target: fail.0 });
                    return;
                }
                let mark = self.frame.mark();
                let src = self.operand(value);
                self.frame.span = pattern.span;
                self.jump_unless(fail, |this, dst| this.frame.emit(Op::Matches { dst, subject, src }));
                self.frame.release(mark);
            }
            PatternKind::Alternatives(patterns) => self.alternatives(patterns, subject, fail),
        }
    }

    /// A test with a truth value, and the jump that it decides.
    fn jump_unless(&mut self, fail: Label, run: impl FnOnce(&mut Self, Reg)) {
        let mark = self.frame.mark();
        let src = self.frame.temp();
        run(self, src);
        self.frame.emit(Op::JumpIfNot { src, target: fail.0 });
        self.frame.release(mark);
    }

    fn variant_test(&mut self, (enumeration, at): (u32, u32), src: Reg, fail: Label) {
        let variant = self.tables.variant(enumeration, at);
        self.jump_unless(fail, |this, dst| this.frame.emit(Op::IsVariant { dst, src, variant }));
    }

    fn name_pattern(&mut self, name: &'a Name, subject: Reg, fail: Label) {
        if !self.names.uses.contains_key(&name.id) {
            return self.bind_name(name, subject);
        }
        if let Some(&Binding::Variant(enumeration, at)) = self.certain(name) {
            return self.variant_test((enumeration, at), subject, fail);
        }
        let mark = self.frame.mark();
        let src = self.name_register(name).unwrap_or_else(|| {
            let src = self.frame.temp();
            self.read(name, src, Unset::Raise);
            src
        });
        self.jump_unless(fail, |this, dst| this.frame.emit(Op::Matches { dst, subject, src }));
        self.frame.release(mark);
    }

    /// A pattern for a part of the subject, which `load` puts into a register.
    fn part(&mut self, pattern: &'a Pattern, fail: Label, load: impl FnOnce(&mut Self, Reg)) {
        self.frame.span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Name(name) if !self.names.uses.contains_key(&name.id) => self.bind_part(name, load),
            _ => {
                let register = self.frame.temp();
                load(self, register);
                self.pattern(pattern, register, fail);
                self.free(register);
            }
        }
    }

    /// A name for a part of the subject; in its own register at once where it has none yet.
    fn bind_part(&mut self, name: &'a Name, load: impl FnOnce(&mut Self, Reg)) {
        let Some(id) = self.assigned(name) else { return };
        let is_fresh = !self.frame.places.contains_key(&Key::Variable(id));
        let captured = variable(self.names, id).is_none_or(|variable| variable.captured);
        if is_fresh
            && !captured
            && let Some(own) = self.block_register(id)
        {
            load(self, own);
            self.frame.state.set(id);
            return;
        }
        let register = self.frame.temp();
        load(self, register);
        self.bind_name(name, register);
        self.free(register);
    }

    /// Frees a register unless a bound name took one after it.
    fn free(&mut self, register: Reg) {
        if self.frame.is_last_temp(register) {
            self.frame.release(u16::from(register));
        }
    }

    fn list_pattern(&mut self, (items, rest): (&'a [Pattern], Option<&'a Name>), src: Reg, fail: Label) {
        let length = i32::try_from(items.len()).unwrap_or(i32::MAX);
        let open = rest.is_some();
        self.jump_unless(fail, |this, dst| this.frame.emit(Op::IsListOf { dst, src, rest: open, length }));
        for (at, item) in (0..).zip(items) {
            self.part(item, fail, |this, dst| this.element_at(src, at, dst));
        }
        if let Some(rest) = rest {
            self.frame.span = rest.span;
            self.bind_part(rest, |this, dst| this.frame.emit(Op::ListRest { dst, src, from: length }));
        }
    }

    fn map_pattern(
        &mut self,
        (entries, rest): (&'a [PatternEntry], Option<&'a Name>),
        src: Reg,
        fail: Label,
    ) {
        if entries.is_empty() {
            let type_ = self.tables.kind(Kind::Map);
            self.jump_unless(fail, |this, dst| this.frame.emit(Op::Is { dst, src, type_ }));
        }
        for entry in entries {
            let name = self.name_constant(&entry.key);
            self.frame.span = entry.key.span;
            self.jump_unless(fail, |this, dst| this.frame.emit(Op::HasKey { dst, src, name }));
        }
        for entry in entries {
            let name = self.name_constant(&entry.key);
            self.part(&entry.pattern, fail, |this, dst| {
                this.frame.emit(Op::GetField { dst, object: src, name });
            });
        }
        if let Some(rest) = rest {
            self.frame.span = rest.span;
            self.bind_part(rest, |this, dst| {
                this.map_rest(entries.iter().map(|entry| &entry.key), src, dst);
            });
        }
    }
}
