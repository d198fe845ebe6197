//! Infix operators: chains of one level, from left to right in a loop; powers from right to left.

use super::body::unparen;
use super::condition::small_int;
use super::expr::is_lazy;
use super::frame::Reg;
use super::place::Unset;
use super::program::Compiler;
use crate::base::Span;
use crate::code::op::Op;
use crate::syntax::tree::{BinaryOp, Chain, Expr, ExprKind, LinkRight, Type};

impl<'a> Compiler<'a> {
    /// `dst` = the chain's value.
    #[inline(never)]
    pub fn chain(&mut self, chain: &'a Chain, dst: Reg) {
        let Some(first) = chain.rest.first() else { return self.expr_to(&chain.first, dst) };
        if is_lazy(first.op) {
            return self.lazy_chain(chain, dst);
        }
        let work = self.scratch(dst);
        let mark = self.frame.mark();
        let mut left = None;
        for (at, link) in chain.rest.iter().enumerate() {
            let is_last = at.saturating_add(1) == chain.rest.len();
            let to = if is_last { dst } else { work };
            let span = chain.first.span.to(link_end(&link.right, link.op_span));
            match &link.right {
                LinkRight::Type(ty) => {
                    let src = left.unwrap_or_else(|| self.operand_in(&chain.first, work));
                    self.frame.span = span;
                    self.is(to, src, ty);
                }
                LinkRight::Expr(right) => {
                    let left = left.map_or(Left::First(&chain.first, work), Left::Done);
                    self.link(left, link.op, right, (to, span));
                }
            }
            left = Some(to);
            self.frame.release(mark);
        }
    }

    /// One step.
    fn link(&mut self, left: Left<'a>, op: BinaryOp, right: &'a Expr, (dst, span): (Reg, Span)) {
        if let Some(value) = small_int(right)
            && is_arithmetic(op)
        {
            let left = match left {
                Left::First(first, work) => self.operand_in(first, work),
                Left::Done(left) => left,
            };
            self.frame.span = span;
            self.int_operator(op, dst, left, value);
            return;
        }
        if let Left::First(first, work) = left
            && op == BinaryOp::Multiply
            && let Some(value) = small_int(first)
        {
            // Products of numerics do not depend on their order.
            let left = self.operand_in(right, work);
            self.frame.span = span;
            self.frame.emit(Op::MulInt { dst, left, value });
            return;
        }
        let left = match left {
            Left::First(first, work) => {
                let register = self.operand_in(first, work);
                self.keep_before(register, &[right])
            }
            Left::Done(left) => left,
        };
        let (left, right) = self.right_of(left, right);
        self.frame.span = span;
        self.operator(op, dst, left, right);
    }

    /// The right side beside a left one that is there; where registers are scarce the left one waits in a slot.
    pub fn right_of(&mut self, left: Reg, right: &'a Expr) -> (Reg, Reg) {
        if !self.frame.is_crowded() || !self.frame.is_temp(left) {
            return (left, self.operand(right));
        }
        let slot = self.frame.slot();
        self.frame.emit(Op::StoreSlot { src: left, slot });
        let right = self.operand_in(right, left);
        let again = self.frame.temp();
        self.frame.emit(Op::LoadSlot { dst: again, slot });
        (again, right)
    }

    /// An operator with a small int on its right.
    pub fn int_operator(&mut self, op: BinaryOp, dst: Reg, left: Reg, value: i32) {
        self.frame.emit(match op {
            BinaryOp::Add => Op::AddInt { dst, left, value },
            BinaryOp::Subtract => Op::SubInt { dst, left, value },
            BinaryOp::Multiply => Op::MulInt { dst, left, value },
            BinaryOp::Divide => Op::DivInt { dst, left, value },
            _ => Op::RemInt { dst, left, value },
        });
    }

    /// An operator that evaluates both sides.
    pub fn operator(&mut self, op: BinaryOp, dst: Reg, left: Reg, right: Reg) {
        let op = match op {
            BinaryOp::Equal => Op::Eq { dst, left, right },
            BinaryOp::NotEqual => Op::Ne { dst, left, right },
            BinaryOp::Less => Op::Lt { dst, left, right },
            BinaryOp::LessEqual => Op::Le { dst, left, right },
            BinaryOp::Greater => Op::Lt { dst, left: right, right: left },
            BinaryOp::GreaterEqual => Op::Le { dst, left: right, right: left },
            BinaryOp::In => Op::In { dst, left, right },
            BinaryOp::NotIn => {
                // In a variable's register nothing half done may stand.
                let found = self.scratch(dst);
                self.frame.emit(Op::In { dst: found, left, right });
                Op::Not { dst, src: found }
            }
            BinaryOp::Add => Op::Add { dst, left, right },
            BinaryOp::Subtract => Op::Sub { dst, left, right },
            BinaryOp::Concat => Op::Concat { dst, left, right },
            BinaryOp::Multiply => Op::Mul { dst, left, right },
            BinaryOp::Divide => Op::Div { dst, left, right },
            BinaryOp::Remainder => Op::Rem { dst, left, right },
            BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Elvis | BinaryOp::And | BinaryOp::Is => return,
        };
        self.frame.emit(op);
    }

    /// `dst = src is type`.
    pub fn is(&mut self, dst: Reg, src: Reg, ty: &Type) {
        let Some(test) = self.names.tests.get(&ty.id) else { return self.frame.emit(Op::LoadNone { dst }) };
        let type_ = self.tables.test(test);
        self.frame.emit(Op::Is { dst, src, type_ });
    }

    /// `a || b ?? c`: each step may end the chain or go on with the next.
    fn lazy_chain(&mut self, chain: &'a Chain, dst: Reg) {
        let work = self.scratch(dst);
        let first_op = chain.rest.first().map(|link| link.op);
        match &unparen(&chain.first).kind {
            ExprKind::Name(name) if matches!(first_op, Some(BinaryOp::Coalesce | BinaryOp::Elvis)) => {
                self.read(name, work, Unset::IsNone);
            }
            _ => self.expr_to(&chain.first, work),
        }
        let certain = self.frame.state.clone();
        let mut end = self.frame.label();
        let mut before = first_op;
        for link in &chain.rest {
            let LinkRight::Expr(right) = &link.right else { continue };
            if before != Some(link.op) {
                // What ended the steps before is an operand of this one.
                self.frame.bind(end);
                self.frame.state.clone_from(&certain);
                end = self.frame.label();
                before = Some(link.op);
            }
            let target = end.0;
            self.frame.span = link.op_span;
            self.frame.emit(match link.op {
                BinaryOp::And => Op::JumpIfNot { src: work, target },
                BinaryOp::Or => Op::JumpIf { src: work, target },
                _ => Op::JumpIfSome { src: work, target },
            });
            self.expr_to(right, work);
        }
        self.frame.state = certain;
        self.frame.bind(end);
        self.move_to(dst, work);
    }

    /// `a ** b ** c`: operands from left to right, operators from right to left.
    #[inline(never)]
    pub fn power(&mut self, operands: &'a [Expr], span: Span, dst: Reg) {
        if operands.len() >= self.frame.room().min(32) {
            return self.long_power(operands, span, dst);
        }
        let mut registers = Vec::with_capacity(operands.len());
        for operand in operands {
            let register = self.frame.temp();
            self.expr_to(operand, register);
            registers.push(register);
        }
        self.frame.span = span;
        let Some(mut right) = registers.pop() else { return };
        while let Some(left) = registers.pop() {
            let to = if registers.is_empty() { dst } else { left };
            self.frame.emit(Op::Pow { dst: to, left, right });
            right = to;
        }
    }

    /// More operands than registers wait in a list.
    fn long_power(&mut self, operands: &'a [Expr], span: Span, dst: Reg) {
        let list = self.scratch(dst);
        self.list_of(operands.iter().map(|operand| (false, operand)), list);
        let (left, right, index) = (self.frame.temp(), self.frame.temp(), self.frame.temp());
        self.frame.span = span;
        let last = i32::try_from(operands.len()).unwrap_or(i32::MAX).saturating_sub(1);
        self.frame.emit(Op::LoadInt { dst: index, value: last });
        self.frame.emit(Op::GetIndex { dst: right, object: list, index });
        let again = self.frame.here();
        self.frame.emit(Op::SubInt { dst: index, left: index, value: 1 });
        self.frame.emit(Op::GetIndex { dst: left, object: list, index });
        self.frame.emit(Op::Pow { dst: right, left, right });
        self.frame.emit(Op::JumpGtInt { left: index, value: 0, target: again.0 });
        self.move_to(dst, right);
    }
}

/// The left side of a step: the chain's first operand and where to work on it, or what the steps before gave.
#[derive(Clone, Copy)]
enum Left<'a> {
    First(&'a Expr, Reg),
    Done(Reg),
}

const fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder
    )
}

fn link_end(right: &LinkRight, op_span: Span) -> Span {
    match right {
        LinkRight::Expr(right) => right.span,
        LinkRight::Type(ty) => op_span.to(ty.span),
    }
}
