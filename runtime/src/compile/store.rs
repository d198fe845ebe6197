//! What a program does with entities: constructions, `save` and its kin, transactions.
//!
//! They are calls of built-ins that no program can name. A transaction's body is protected: an error rolls it back and
//! goes on. Every jump that leaves it commits first, where no handler of the body sees what the commit raises.

use super::body::{Dest, unparen};
use super::frame::{Label, Reg};
use super::place::Unset;
use super::program::Compiler;
use super::state::State;
use crate::base::{Kind, Span};
use crate::check::names::Binding;
use crate::code::op::Op;
use crate::syntax::tree::{Body, Construct, Expr, MapEntry, MapKey, StoreOp};

/// A transaction that is open where code is being added.
#[derive(Debug)]
pub(super) struct Open {
    /// Takes what a `return` inside it gives.
    result: Reg,
    /// How many loops stand around it.
    loops: usize,
    /// Where jumps that leave it go, and what is known there: it is committed outside of whatever its body protects.
    exits: Vec<(Leave, Label, State)>,
}

/// How a transaction is left before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The function ends, with what the transaction's register for it holds.
    Return,
    /// The innermost loop ends.
    Break,
    /// Its next round begins.
    Continue,
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
        self.frame.transactions.push(Open { result, loops, exits: Vec::new() });
        self.body(body, Dest::To(result));
        let exits = self.frame.transactions.pop().map_or(Vec::new(), |open| open.exits);
        let (handler, end) = (self.frame.label(), self.frame.label());
        let error = self.frame.temp();
        before.reachable = self.frame.protect(start, handler, error);
        self.end_transaction("@commit", depth, span);
        let joined = self.frame.state.clone();
        self.frame.jump(end);
        self.frame.state = before;
        self.frame.bind(handler);
        self.end_transaction("@rollback", depth, span);
        self.frame.emit(Op::Throw { src: error });
        for (leave, label, state) in exits {
            self.frame.state = state;
            self.frame.bind(label);
            self.end_transaction("@commit", depth, span);
            self.leave_by(leave, Some(result));
        }
        self.frame.state = joined;
        self.frame.bind(end);
        self.give(result, dest);
        self.frame.release(mark);
    }

    fn end_transaction(&mut self, name: &str, depth: Reg, span: Span) {
        let mark = self.frame.mark();
        let done = self.frame.temp();
        self.frame.span = span;
        self.call_native(name, &[depth], done);
        self.frame.release(mark);
    }

    /// The register that a `return` here computes its value in, when it leaves a transaction.
    pub fn returned(&self) -> Option<Reg> {
        self.frame.transactions.last().map(|open| open.result)
    }

    /// Leaves the function with what `result` holds (or none), or the innermost loop; by way of the transaction that this
    /// leaves first.
    pub fn leave_by(&mut self, leave: Leave, result: Option<Reg>) {
        let loops = self.frame.loops.len();
        let left =
            self.frame.transactions.last().filter(|open| leave == Leave::Return || open.loops >= loops);
        if let Some(to) = left.map(|open| open.result) {
            if let (Leave::Return, Some(result)) = (leave, result) {
                self.move_to(to, result);
            }
            return self.exit(leave);
        }
        match (leave, self.frame.loops.last().copied()) {
            (Leave::Return, _) => match result {
                Some(result) => self.give(result, Dest::Return),
                None => self.none(Dest::Return),
            },
            (Leave::Break, Some(around)) => self.frame.jump(around.exit),
            (Leave::Continue, Some(around)) => self.frame.jump(around.next),
            (Leave::Break | Leave::Continue, None) => {}
        }
    }

    /// Goes to where the innermost transaction is left in this way.
    fn exit(&mut self, leave: Leave) {
        let label = self.frame.label();
        let state = self.frame.state.clone();
        let Some(open) = self.frame.transactions.last_mut() else { return };
        let known = open.exits.iter_mut().find(|(known, ..)| *known == leave);
        let label = if let Some((_, known, joined)) = known {
            joined.meet(&state);
            *known
        } else {
            open.exits.push((leave, label, state));
            label
        };
        self.frame.jump(label);
    }
}
