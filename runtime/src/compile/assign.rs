//! Assignments: places from left to right, then the value, then the writes from right to left.
//!
//! A compound assignment reads its place before the value is evaluated, and evaluates the place once.

use super::body::unparen;
use super::condition::small_int;
use super::frame::Reg;
use super::place::Unset;
use super::program::Compiler;
use crate::base::Span;
use crate::code::op::Op;
use crate::syntax::tree::{
    Assign, AssignOp, AssignStep, BinaryOp, Expr, ExprKind, Name, Postfix, PostfixKind, PostfixOp,
};

/// A place whose receiver and index are evaluated.
#[derive(Clone, Copy)]
enum Place<'a> {
    Name(&'a Name),
    Field(Reg, &'a Name),
    Index(Reg, Reg),
    /// A diagnostic was given.
    Nothing,
}

impl<'a> Compiler<'a> {
    /// An assignment; its value goes to `dst` where there is one.
    #[inline(never)]
    pub fn assign(&mut self, tree: &'a Assign, dst: Option<Reg>) {
        let value = match tree.steps.as_slice() {
            [step] => self.assign_one(step, &tree.value),
            steps => self.assign_many(steps, &tree.value),
        };
        if let Some(dst) = dst {
            self.move_to(dst, value);
        }
    }

    /// `name = value`: computed in the variable's own register where it has one. Gives where the value is.
    pub fn assign_value(&mut self, name: &'a Name, value: &'a Expr) -> Reg {
        if let Some(register) = self.assigned_register(name) {
            self.expr_to(value, register);
            self.assign_name(name, register);
            return register;
        }
        let src = self.operand(value);
        self.frame.span = name.span;
        self.assign_name(name, src);
        src
    }

    /// Object and key of `object[key]`; nothing is evaluated of any other expression.
    pub fn indexed(&mut self, operand: &'a Expr) -> Option<(Reg, Reg)> {
        let ExprKind::Postfix(postfix) = &operand.kind else { return None };
        let PostfixKind::Index(_) = postfix.ops.last()?.kind else { return None };
        match self.place(operand, &[]) {
            Place::Index(object, key) => Some((object, key)),
            _ => None,
        }
    }

    fn assign_one(&mut self, step: &'a AssignStep, value: &'a Expr) -> Reg {
        let name = match &unparen(&step.place).kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        };
        match (name, binary(step.op)) {
            (Some(name), None) => self.assign_value(name, value),
            (Some(name), Some(op)) => self.assign_compound(name, op, step, value),
            (None, op) => {
                let place = self.place(&step.place, &[value]);
                let span = step.place.span;
                let Some(op) = op else {
                    let src = self.operand(value);
                    self.write(place, src, span);
                    return src;
                };
                let left = self.frame.temp();
                self.read_place(place, left, span);
                self.compute(op, (left, left), value, step.op_span);
                self.write(place, left, span);
                left
            }
        }
    }

    /// `name += value`, in the variable's own register where it has one.
    fn assign_compound(
        &mut self,
        name: &'a Name,
        op: BinaryOp,
        step: &'a AssignStep,
        value: &'a Expr,
    ) -> Reg {
        let own = self.assigned_register(name);
        if let (Some(own), Some(read)) = (own, self.name_register(name))
            && own == read
        {
            let left = self.keep_before(own, &[value]);
            self.compute(op, (own, left), value, step.place.span.to(value.span));
            self.assign_name(name, own);
            return own;
        }
        let left = self.frame.temp();
        self.read(name, left, Unset::Raise);
        self.compute(op, (left, left), value, step.place.span.to(value.span));
        self.assign_name(name, left);
        left
    }

    /// `dst = left op value`.
    fn compute(&mut self, op: BinaryOp, (dst, left): (Reg, Reg), value: &'a Expr, span: Span) {
        if let Some(value) = small_int(value) {
            self.frame.span = span;
            self.int_operator(op, dst, left, value);
            return;
        }
        let right = self.operand(value);
        self.frame.span = span;
        self.operator(op, dst, left, right);
    }

    fn assign_many(&mut self, steps: &'a [AssignStep], value: &'a Expr) -> Reg {
        // Receivers, indices and old values may live in variables that a step further right assigns: copies are kept.
        let mut places = Vec::with_capacity(steps.len());
        for step in steps {
            let place = self.copied_place(&step.place);
            let old = binary(step.op).map(|op| {
                let left = self.frame.temp();
                self.read_place(place, left, step.place.span);
                (op, left)
            });
            places.push((step, place, old));
        }
        let result = self.frame.temp();
        self.expr_to(value, result);
        for (step, place, old) in places.into_iter().rev() {
            if let Some((op, left)) = old {
                self.frame.span = step.op_span;
                self.operator(op, result, left, result);
            }
            self.write(place, result, step.place.span);
        }
        result
    }

    /// Evaluates receiver and index of a place.
    fn place(&mut self, place: &'a Expr, later: &[&Expr]) -> Place<'a> {
        let place = unparen(place);
        match &place.kind {
            ExprKind::Name(name) => Place::Name(name),
            ExprKind::Postfix(tree) => match tree.ops.split_last() {
                Some((last, before)) => self.postfix_place(&tree.base, before, last, later),
                None => Place::Nothing,
            },
            _ => Place::Nothing,
        }
    }

    fn copied_place(&mut self, place: &'a Expr) -> Place<'a> {
        let copy = |this: &mut Self, register: Reg| {
            if this.frame.is_temp(register) {
                return register;
            }
            let copy = this.frame.temp();
            this.move_to(copy, register);
            copy
        };
        match self.place(place, &[]) {
            Place::Field(object, name) => Place::Field(copy(self, object), name),
            Place::Index(object, index) => Place::Index(copy(self, object), copy(self, index)),
            other => other,
        }
    }

    fn postfix_place(
        &mut self,
        base: &'a Expr,
        before: &'a [PostfixOp],
        last: &'a PostfixOp,
        later: &[&Expr],
    ) -> Place<'a> {
        let mut later = later.to_vec();
        if let PostfixKind::Index(index) = &last.kind {
            later.push(index);
        }
        let object = if before.is_empty() {
            self.operand_before(base, &later)
        } else {
            let object = self.frame.temp();
            self.postfix_with(base, before, None, object);
            object
        };
        match &last.kind {
            PostfixKind::Member(name) => Place::Field(object, name),
            PostfixKind::Index(index) => {
                let written = later.split_last().map_or(&[][..], |(_, value)| value);
                let register = self.operand(index);
                Place::Index(object, self.keep_before(register, written))
            }
            _ => Place::Nothing,
        }
    }

    fn read_place(&mut self, place: Place<'a>, dst: Reg, span: Span) {
        self.frame.span = span;
        match place {
            Place::Name(name) => self.read(name, dst, Unset::Raise),
            Place::Field(object, name) => {
                let name = self.name_constant(name);
                self.frame.emit(Op::GetField { dst, object, name });
            }
            Place::Index(object, index) => self.frame.emit(Op::GetIndex { dst, object, index }),
            Place::Nothing => self.frame.emit(Op::LoadNone { dst }),
        }
    }

    fn write(&mut self, place: Place<'a>, src: Reg, span: Span) {
        self.frame.span = span;
        match place {
            Place::Name(name) => self.assign_name(name, src),
            Place::Field(object, name) => {
                let name = self.name_constant(name);
                self.frame.emit(Op::SetField { object, value: src, name });
            }
            Place::Index(object, index) => self.frame.emit(Op::SetIndex { object, index, value: src }),
            Place::Nothing => {}
        }
    }

    /// `place++` and `place--`: the old value goes to `dst`.
    #[inline(never)]
    pub fn step(&mut self, tree: &'a Postfix, dst: Option<Reg>) {
        let Some((last, before)) = tree.ops.split_last() else { return };
        let value = if matches!(last.kind, PostfixKind::Increment) { 1 } else { -1 };
        let span = tree.base.span.to(last.span);
        let place = match before.split_last() {
            None => match &unparen(&tree.base).kind {
                ExprKind::Name(name) => Place::Name(name),
                _ => Place::Nothing,
            },
            Some((end, before)) => self.postfix_place(&tree.base, before, end, &[]),
        };
        if let (Place::Name(name), None) = (place, dst)
            && let (Some(own), Some(read)) = (self.assigned_register(name), self.name_register(name))
            && own == read
        {
            self.frame.span = span;
            self.frame.emit(Op::Step { dst: own, left: own, value });
            return;
        }
        let old = self.frame.temp();
        self.read_place(place, old, span);
        let new = self.frame.temp();
        self.frame.span = span;
        self.frame.emit(Op::Step { dst: new, left: old, value });
        self.write(place, new, span);
        if let Some(dst) = dst {
            self.move_to(dst, old);
        }
    }
}

const fn binary(op: AssignOp) -> Option<BinaryOp> {
    Some(match op {
        AssignOp::Set => return None,
        AssignOp::Add => BinaryOp::Add,
        AssignOp::Subtract => BinaryOp::Subtract,
        AssignOp::Multiply => BinaryOp::Multiply,
        AssignOp::Divide => BinaryOp::Divide,
        AssignOp::Remainder => BinaryOp::Remainder,
    })
}
