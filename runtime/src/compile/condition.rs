//! Conditions: comparisons become jumps, without a truth value in between.

use super::body::unparen;
use super::frame::Label;
use super::program::Compiler;
use crate::code::op::Op;
use crate::syntax::tree::{BinaryOp, Chain, Expr, ExprKind, LinkRight, UnaryOp};

impl<'a> Compiler<'a> {
    /// Jumps to the label when the condition's truth is `when`, else goes on.
    pub fn jump_when(&mut self, condition: &'a Expr, when: bool, target: Label) {
        let condition = unparen(condition);
        let mark = self.frame.mark();
        match &condition.kind {
            ExprKind::Bool(value) => {
                if *value == when {
                    self.frame.jump(target);
                }
            }
            ExprKind::Unary(UnaryOp::Not, inner) => self.jump_when(inner, !when, target),
            ExprKind::Chain(chain) if self.jump_chain(chain, when, target) => {}
            _ => {
                let src = self.operand(condition);
                self.frame.span = condition.span;
                let target = target.0;
                self.frame.emit(if when {
                    Op::JumpIf { src, target }
                } else {
                    Op::JumpIfNot { src, target }
                });
            }
        }
        self.frame.release(mark);
    }

    /// False when the chain has no jumps of its own.
    fn jump_chain(&mut self, chain: &'a Chain, when: bool, target: Label) -> bool {
        let Some(first) = chain.rest.first() else { return false };
        let all = |op| chain.rest.iter().all(|link| link.op == op);
        let LinkRight::Expr(right) = &first.right else { return false };
        if all(BinaryOp::And) || all(BinaryOp::Or) {
            self.jump_logic(chain, when, target);
            return true;
        }
        if chain.rest.len() != 1 {
            return false;
        }
        self.jump_comparison((&chain.first, first.op, right), when, target)
    }

    /// `a && b && c` or `a || b || c`.
    #[inline(never)]
    fn jump_logic(&mut self, chain: &'a Chain, when: bool, target: Label) {
        let is_and = chain.rest.first().is_some_and(|link| link.op == BinaryOp::And);
        // The truth of one operand that decides for all.
        let decides = !is_and;
        let out = self.frame.label();
        let operands =
            std::iter::once(&chain.first).chain(chain.rest.iter().filter_map(|link| match &link.right {
                LinkRight::Expr(right) => Some(right),
                LinkRight::Type(_) => None,
            }));
        let last = chain.rest.len();
        let mut certain = None;
        for (at, operand) in operands.enumerate() {
            if at == last {
                self.jump_when(operand, when, target);
            } else {
                self.jump_when(operand, decides, if decides == when { target } else { out });
            }
            if at == 0 {
                certain = Some(self.frame.state.clone());
            }
        }
        if let Some(mut certain) = certain {
            certain.reachable = self.frame.state.reachable || self.frame.is_used(out);
            self.frame.state = certain;
        }
        self.frame.bind(out);
    }

    fn jump_comparison(&mut self, sides: (&'a Expr, BinaryOp, &'a Expr), when: bool, target: Label) -> bool {
        let (left, op, right) = sides;
        let small = |value| small_int(value).and_then(|value| i16::try_from(value).ok());
        let span = left.span.to(right.span);
        if let Some(value) = small(right)
            && let Some(jump) = int_jump(op, when)
        {
            let left = self.operand(left);
            self.frame.span = span;
            self.frame.emit(jump(left, value, target.0));
            return true;
        }
        if let Some(value) = small(left)
            && let Some(jump) = int_jump(mirrored(op), when)
        {
            let left = self.operand(right);
            self.frame.span = span;
            self.frame.emit(jump(left, value, target.0));
            return true;
        }
        if !matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual) {
            return false;
        }
        let left = self.operand_before(left, &[right]);
        let right = self.operand(right);
        self.frame.span = span;
        let target = target.0;
        self.frame.emit(match op {
            BinaryOp::Less => Op::JumpLt { left, right, when, target },
            BinaryOp::LessEqual => Op::JumpLe { left, right, when, target },
            BinaryOp::Greater => Op::JumpLt { left: right, right: left, when, target },
            _ => Op::JumpLe { left: right, right: left, when, target },
        });
        true
    }
}

/// The jump of a comparison with a small int. A comparison that is false is not the opposite one that is true: NaN.
fn int_jump(op: BinaryOp, when: bool) -> Option<fn(u8, i16, u32) -> Op> {
    Some(match (op, when) {
        (BinaryOp::Less, true) => |left, value, target| Op::JumpLtInt { left, value, target },
        (BinaryOp::Less, false) => |left, value, target| Op::JumpNotLtInt { left, value, target },
        (BinaryOp::LessEqual, true) => |left, value, target| Op::JumpLeInt { left, value, target },
        (BinaryOp::LessEqual, false) => |left, value, target| Op::JumpNotLeInt { left, value, target },
        (BinaryOp::Greater, true) => |left, value, target| Op::JumpGtInt { left, value, target },
        (BinaryOp::Greater, false) => |left, value, target| Op::JumpNotGtInt { left, value, target },
        (BinaryOp::GreaterEqual, true) => |left, value, target| Op::JumpGeInt { left, value, target },
        (BinaryOp::GreaterEqual, false) => |left, value, target| Op::JumpNotGeInt { left, value, target },
        (BinaryOp::Equal, true) | (BinaryOp::NotEqual, false) => {
            |left, value, target| Op::JumpEqInt { left, value, target }
        }
        (BinaryOp::Equal, false) | (BinaryOp::NotEqual, true) => {
            |left, value, target| Op::JumpNeInt { left, value, target }
        }
        _ => return None,
    })
}

/// The operator with its sides exchanged.
const fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}

/// The value of an int literal that fits an operand.
pub(super) fn small_int(value: &Expr) -> Option<i32> {
    match &unparen(value).kind {
        ExprKind::Int(n) => i32::try_from(*n).ok(),
        ExprKind::Unary(UnaryOp::Negate, inner) => match unparen(inner).kind {
            ExprKind::Int(n) => i32::try_from(n).ok().and_then(i32::checked_neg),
            _ => None,
        },
        _ => None,
    }
}
