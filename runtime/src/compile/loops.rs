//! Loops: over ints without any object, over snapshots of everything else, and on conditions.
//!
//! A loop's condition stands behind its body, so that a round takes one jump. What the body sets is not counted as set
//! behind the loop: it may run no round.

use super::body::unparen;
use super::frame::Loop;
use super::program::Compiler;
use crate::code::op::Op;
use crate::syntax::tree::{Expr, ExprKind, ForHead, Name, Range, Target, TargetKind};

/// What a loop runs in each round.
type Round<'r, 'a> = &'r dyn Fn(&mut Compiler<'a>);

impl<'a> Compiler<'a> {
    /// `for head { … }`.
    #[inline(never)]
    pub fn for_loop(&mut self, head: &'a ForHead, round: Round<'_, 'a>) {
        let mark = self.frame.mark();
        match head {
            ForHead::Steps { start, condition, step } => {
                self.value(start, super::body::Dest::Drop);
                self.condition_loop(condition, round, Some(step));
            }
            ForHead::In { target, position, subject } => {
                match (&target.kind, position, &unparen(subject).kind) {
                    (TargetKind::Name(name), None, ExprKind::Range(range)) if !self.frame.is_crowded() => {
                        self.count_loop(name, range, round);
                    }
                    _ => self.element_loop((target, position.as_ref()), subject, round),
                }
            }
        }
        self.frame.release(mark);
    }

    /// `while condition { … }`.
    #[inline(never)]
    pub fn while_loop(&mut self, condition: &'a Expr, round: Round<'_, 'a>) {
        self.condition_loop(condition, round, None);
    }

    fn condition_loop(&mut self, condition: &'a Expr, round: Round<'_, 'a>, step: Option<&'a Expr>) {
        if !self.frame.state.reachable {
            return;
        }
        let (exit, next, test) = (self.frame.label(), self.frame.label(), self.frame.label());
        let entered = self.frame.state.clone();
        let endless = matches!(unparen(condition).kind, ExprKind::Bool(true));
        if !endless {
            self.frame.jump(test);
        }
        self.frame.state.clone_from(&entered);
        let top = self.frame.here();
        self.round(round, Loop { exit, next });
        let falls = self.frame.state.reachable;
        self.frame.state.clone_from(&entered);
        self.frame.state.reachable = falls || self.frame.is_used(next);
        self.frame.bind(next);
        if let Some(step) = step {
            self.value(step, super::body::Dest::Drop);
            self.frame.state.set_like(&entered);
        }
        self.frame.bind(test);
        self.frame.state.reachable |= self.frame.is_used(test);
        self.frame.span = condition.span;
        self.jump_when(condition, true, top);
        if self.frame.is_used(exit) {
            self.frame.state.meet(&entered);
            self.frame.state.set_like(&entered);
            self.frame.state.reachable = true;
        }
        self.frame.bind(exit);
    }

    /// `for name in a..b`.
    fn count_loop(&mut self, name: &'a Name, range: &'a Range, round: Round<'_, 'a>) {
        let base = self.frame.temp();
        let last = self.frame.temp();
        self.expr_to(&range.start, base);
        self.expr_to(&range.end, last);
        let Some(id) = self.assigned(name) else { return };
        let own = self.block_register(id);
        let dst = own.unwrap_or_else(|| self.frame.temp());
        let (exit, next) = (self.frame.label(), self.frame.label());
        self.frame.span = range.start.span.to(range.end.span);
        self.frame.emit(Op::ForPrepare { base, dst, inclusive: !range.exclusive, target: exit.0 });
        let entered = self.frame.state.clone();
        let top = self.frame.here();
        if own.is_some() {
            self.frame.state.set(id);
        } else {
            self.bind_block(id, dst);
        }
        self.round(round, Loop { exit, next });
        self.frame.state.reachable |= self.frame.is_used(next);
        self.frame.bind(next);
        self.frame.span = name.span;
        self.frame.emit(Op::ForNext { base, dst, target: top.0 });
        self.frame.state = entered;
        self.frame.bind(exit);
    }

    /// `for target, position in subject`.
    fn element_loop(
        &mut self,
        (target, position): (&'a Target, Option<&'a Name>),
        subject: &'a Expr,
        round: Round<'_, 'a>,
    ) {
        let mark = self.frame.mark();
        let iterator = self.frame.temp();
        let src = self.operand_in(subject, iterator);
        self.frame.span = subject.span;
        self.frame.emit(Op::Iterate { dst: iterator, src });
        // Where registers are scarce the loop's state waits in a slot.
        let sheltered = self.frame.is_crowded().then(|| self.frame.slot());
        if let Some(slot) = sheltered {
            self.frame.emit(Op::StoreSlot { src: iterator, slot });
        }
        let (exit, next) = (self.frame.label(), self.frame.label());
        let entered = self.frame.state.clone();
        self.frame.bind(next);
        if let Some(slot) = sheltered {
            self.frame.emit(Op::LoadSlot { dst: iterator, slot });
        }
        let first = self.loop_register(target);
        match position {
            None => {
                let (value, target) = (first.0, exit.0);
                self.frame.emit(Op::Next { iterator, value, target });
            }
            Some(name) => {
                let place = self.assigned(name).and_then(|id| self.block_register(id));
                let second = place.unwrap_or_else(|| self.frame.temp());
                self.frame.emit(Op::NextPair { iterator, first: first.0, second, target: exit.0 });
                self.bind_round(name, second, place.is_some());
            }
        }
        match &target.kind {
            TargetKind::Name(name) => self.bind_round(name, first.0, first.1),
            TargetKind::List { .. } | TargetKind::Map { .. } => self.destructure(target, first.0),
        }
        if sheltered.is_some() {
            self.frame.release(mark);
        }
        self.round(round, Loop { exit, next });
        self.frame.jump(next);
        self.frame.state = entered;
        self.frame.bind(exit);
    }

    /// Where a round's element arrives, and whether that is the variable itself.
    fn loop_register(&mut self, target: &Target) -> (u8, bool) {
        let own = match &target.kind {
            TargetKind::Name(name) => self.assigned(name).and_then(|id| self.block_register(id)),
            TargetKind::List { .. } | TargetKind::Map { .. } => None,
        };
        (own.unwrap_or_else(|| self.frame.temp()), own.is_some())
    }

    fn bind_round(&mut self, name: &Name, src: u8, is_own: bool) {
        match self.assigned(name) {
            Some(id) if is_own => self.frame.state.set(id),
            Some(id) => self.bind_block(id, src),
            None => {}
        }
    }

    fn round(&mut self, round: Round<'_, 'a>, labels: Loop) {
        self.frame.loops.push(labels);
        let whole = std::mem::take(&mut self.frame.whole);
        round(self);
        self.frame.whole = whole;
        self.frame.loops.pop();
    }
}
