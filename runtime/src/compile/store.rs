//! What a program does with entities: constructions, `save` and its kin, transactions.
//!
//! They are calls of built-ins that no program can name. A transaction's body is protected: an error rolls it back and
//! goes on, and every jump that leaves it commits first.

use super::body::{Dest, unparen};
use super::frame::Reg;
use super::place::Unset;
use super::program::Compiler;
use crate::base::{Kind, Span};
use crate::check::names::Binding;
use crate::code::op::Op;
use crate::syntax::tree::{Body, Construct, Expr, MapEntry, MapKey, StoreOp};

/// A transaction that is open where code is being added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Holds which one it is.
    depth: Reg,
    /// How many loops stand around it.
    loops: usize,
}

impl<'a> Compiler<'a> {
    /// `dst` = what a built-in gives for these registers.
    pub fn call_native(&mut self, name: &str, args: &[Reg], dst: Reg) {
        let mark = self.frame.mark();
        let base = self.frame.temp();
        let mut argc = 0_u8;
        for &arg in args {
            let place = self.frame.temp();
            self.move_to(place, arg);
            argc = argc.saturating_add(1);
        }
        let native = self.tables.native(name);
        self.frame.emit(Op::CallNative { base, argc, dst, native });
        self.frame.release(mark);
    }

    /// `dst` = `Name { field: value, ...map }`.
    #[inline(never)]
    pub fn construct(&mut self, tree: &'a Construct, span: Span, dst: Reg) {
        let Some(&Binding::Entity(of)) = self.certain(&tree.name) else {
            self.frame.emit(Op::LoadNone { dst });
            return;
        };
        let (made, number) = (self.frame.temp(), self.frame.temp());
        self.int(of.into(), number);
        self.frame.span = span;
        self.call_native("@new", &[number], made);
        for entry in &tree.entries {
            let mark = self.frame.mark();
            match entry {
                MapEntry::Pair(MapKey::Word(name), value) => {
                    let value = self.operand(value);
                    self.set_field(made, &name.text, value, name.span);
                }
                MapEntry::Shorthand(name) => {
                    let value = self.frame.temp();
                    self.read(name, value, Unset::Raise);
                    self.set_field(made, &name.text, value, name.span);
                }
                MapEntry::Pair(MapKey::Expr(key) | MapKey::Computed(key), value) => {
                    let key = self.operand_before(key, &[value]);
                    let value = self.operand(value);
                    let map = self.frame.temp();
                    self.frame.emit(Op::NewMap { dst: map, capacity: 1 });
                    self.frame.emit(Op::MapSet { map, key, value });
                    self.call_native("@fill", &[made, map], map);
                }
                MapEntry::Spread(from) => {
                    let from = self.operand(from);
                    let filled = self.frame.temp();
                    self.frame.span = span;
                    self.call_native("@fill", &[made, from], filled);
                }
            }
            self.frame.release(mark);
        }
        self.move_to(dst, made);
    }

    fn set_field(&mut self, object: Reg, name: &std::sync::Arc<str>, value: Reg, span: Span) {
        let name = self.tables.text(name);
        self.frame.span = span;
        self.frame.emit(Op::SetField { object, value, name });
    }

    /// `dst` = `save operand` and its kin.
    #[inline(never)]
    pub fn store_op(&mut self, op: StoreOp, operand: &'a Expr, span: Span, dst: Reg) {
        if op == StoreOp::Delete && self.delete_key(unparen(operand), span, dst) {
            return;
        }
        let name = match op {
            StoreOp::Save => "@save",
            StoreOp::Delete => "@delete",
            StoreOp::Restore => "@restore",
            StoreOp::Destroy => "@destroy",
        };
        let value = self.operand(operand);
        self.frame.span = span;
        self.call_native(name, &[value], dst);
    }

    /// `delete object[key]`: removes the key when the object is a map, else deletes the entity that is there.
    fn delete_key(&mut self, operand: &'a Expr, span: Span, dst: Reg) -> bool {
        let Some((object, key)) = self.indexed(operand) else { return false };
        let is_map = self.frame.temp();
        let (other, end) = (self.frame.label(), self.frame.label());
        self.frame.span = span;
        let type_ = self.tables.kind(Kind::Map);
        self.frame.emit(Op::Is { dst: is_map, src: object, type_ });
        self.frame.emit(Op::JumpIfNot { src: is_map, target: other.0 });
        let before = self.frame.state.clone();
        self.frame.emit(Op::DeleteKey { map: object, key });
        self.frame.emit(Op::LoadNone { dst });
        self.frame.jump(end);
        self.frame.state = before;
        self.frame.bind(other);
        let found = self.frame.temp();
        self.frame.emit(Op::GetIndex { dst: found, object, index: key });
        self.call_native("@delete", &[found], dst);
        self.frame.bind(end);
        true
    }

    /// `transaction { … }`.
    #[inline(never)]
    pub fn transaction(&mut self, body: &'a Body, span: Span, dest: Dest) {
        let mark = self.frame.mark();
        let (depth, result) = (self.frame.temp(), self.frame.temp());
        self.frame.span = span;
        self.call_native("@begin", &[], depth);
        let start = self.frame.here();
        let mut before = self.frame.state.clone();
        let loops = self.frame.loops.len();
        self.frame.transactions.push(Open { depth, loops });
        self.body(body, Dest::To(result));
        self.frame.transactions.pop();
        self.commit(depth, span);
        let (handler, end) = (self.frame.label(), self.frame.label());
        let error = self.frame.temp();
        before.reachable = self.frame.protect(start, handler, error);
        let joined = self.frame.state.clone();
        self.frame.jump(end);
        self.frame.state = before;
        self.frame.bind(handler);
        self.frame.span = span;
        let done = self.frame.temp();
        self.call_native("@rollback", &[depth], done);
        self.frame.emit(Op::Throw { src: error });
        self.frame.state = joined;
        self.frame.bind(end);
        self.give(result, dest);
        self.frame.release(mark);
    }

    fn commit(&mut self, depth: Reg, span: Span) {
        let done = self.frame.temp();
        self.frame.span = span;
        self.call_native("@commit", &[depth], done);
    }

    /// Commits what a jump leaves that goes out of all but so many loops, innermost first.
    pub fn commit_inside(&mut self, loops: usize) {
        let open: Vec<Open> = self.frame.transactions.clone();
        let left = open.iter().rev().take_while(|open| open.loops >= loops);
        let span = self.frame.span;
        for transaction in left {
            let mark = self.frame.mark();
            self.commit(transaction.depth, span);
            self.frame.release(mark);
        }
    }
}
