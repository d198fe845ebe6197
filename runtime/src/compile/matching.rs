//! `match`: arms in order, alternatives left to right, guards last.

use super::body::Dest;
use super::expr::may_assign;
use super::frame::{Key, Label, Reg};
use super::program::{Compiler, variable};
use super::state::State;
use crate::check::names::VarId;
use crate::code::op::Op;
use crate::syntax::tree::{Arm, ArmBody, Match, Name, Pattern, PatternKind};

impl<'a> Compiler<'a> {
    /// A `match` and its value.
    #[inline(never)]
    pub fn match_value(&mut self, tree: &'a Match, dest: Dest) {
        let mark = self.frame.mark();
        let subject = self.subject(tree);
        // Where registers are scarce the subject waits in a slot while an arm runs.
        let sheltered = (self.frame.is_crowded() && self.frame.is_temp(subject)).then(|| self.frame.slot());
        if let Some(slot) = sheltered {
            self.frame.emit(Op::StoreSlot { src: subject, slot });
        }
        let end = self.frame.label();
        let mut joined = State::nowhere();
        for arm in &tree.arms {
            let mark = self.frame.mark();
            let next = self.frame.label();
            let mut missed = self.frame.state.clone();
            if let Some(slot) = sheltered {
                self.frame.emit(Op::LoadSlot { dst: subject, slot });
            }
            self.arm_patterns(arm, subject, next);
            if let Some(guard) = &arm.guard {
                self.jump_when(guard, false, next);
            }
            missed.reachable &= self.frame.is_used(next);
            if sheltered.is_some() {
                self.frame.release(u16::from(subject));
            }
            match &arm.body {
                ArmBody::Body(body) => self.body(body, dest),
                ArmBody::Expr(value) => self.value(value, dest),
                ArmBody::Jump(jump, span) => {
                    self.frame.span = *span;
                    self.leave(jump);
                }
            }
            joined.meet(&self.frame.state);
            self.frame.jump(end);
            self.frame.retake(mark);
            self.frame.state = missed;
            self.frame.bind(next);
        }
        self.frame.span = tree.subject.span;
        if let Some(slot) = sheltered {
            self.frame.emit(Op::LoadSlot { dst: subject, slot });
        }
        self.frame.emit(Op::MatchFailed { src: subject });
        self.frame.state = joined;
        self.frame.bind(end);
        self.frame.release(mark);
    }

    /// The subject keeps its value until an arm is chosen.
    fn subject(&mut self, tree: &'a Match) -> Reg {
        let register = self.operand(&tree.subject);
        let assigns = |pattern: &Pattern| match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Name(_) | PatternKind::Is(_) => false,
            PatternKind::Expr(value) => may_assign(value),
            _ => true,
        };
        let changes = tree
            .arms
            .iter()
            .any(|arm| arm.guard.as_ref().is_some_and(may_assign) || arm.patterns.iter().any(assigns));
        if self.frame.is_temp(register) || !changes {
            return register;
        }
        let copy = self.frame.temp();
        self.move_to(copy, register);
        copy
    }

    fn arm_patterns(&mut self, arm: &'a Arm, subject: Reg, next: Label) {
        if let [only] = arm.patterns.as_slice() {
            return self.pattern(only, subject, next);
        }
        self.alternatives(&arm.patterns, subject, next);
    }

    /// Goes on when one of the patterns matches.
    pub fn alternatives(&mut self, patterns: &'a [Pattern], subject: Reg, fail: Label) {
        // A name that only some of them bind is unset after the others.
        let mut names = Vec::new();
        patterns.iter().for_each(|pattern| bound_names(pattern, &mut names));
        for name in names {
            if !self.names.uses.contains_key(&name.id)
                && let Some(id) = self.assigned(name)
                && !self.frame.places.contains_key(&Key::Variable(id))
            {
                self.unset_block(id);
            }
        }
        let matched = self.frame.label();
        let mut joined = State::nowhere();
        let before = self.frame.state.clone();
        for (at, pattern) in patterns.iter().enumerate() {
            let is_last = at.saturating_add(1) == patterns.len();
            let next = if is_last { fail } else { self.frame.label() };
            self.pattern(pattern, subject, next);
            joined.meet(&self.frame.state);
            if !is_last {
                self.frame.jump(matched);
                let reachable = before.reachable && self.frame.is_used(next);
                self.frame.state.clone_from(&before);
                self.frame.state.reachable = reachable;
                self.frame.bind(next);
            }
        }
        self.frame.state = joined;
        self.frame.bind(matched);
    }

    fn unset_block(&mut self, id: VarId) {
        if variable(self.names, id).is_some_and(|variable| variable.captured) {
            self.new_cell(Key::Variable(id), None);
        } else if let Some(dst) = self.block_register(id) {
            self.frame.emit(Op::LoadUnset { dst });
        } else {
            let mark = self.frame.mark();
            let src = self.frame.temp();
            self.frame.emit(Op::LoadUnset { dst: src });
            self.frame.release(mark);
            self.bind_block(id, src);
        }
    }
}

fn bound_names<'p>(pattern: &'p Pattern, found: &mut Vec<&'p Name>) {
    match &pattern.kind {
        PatternKind::Name(name) => found.push(name),
        PatternKind::Variant { payload, .. } | PatternKind::Alternatives(payload) => {
            payload.iter().for_each(|part| bound_names(part, found));
        }
        PatternKind::List { items, rest } => {
            items.iter().for_each(|part| bound_names(part, found));
            found.extend(rest);
        }
        PatternKind::Map { entries, rest } => {
            entries.iter().for_each(|entry| bound_names(&entry.pattern, found));
            found.extend(rest);
        }
        PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Expr(_) => {}
    }
}
