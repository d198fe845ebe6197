//! Expressions: into a register, as an operand, for their effect, or as the value of the function.

use super::body::{Dest, unparen};
use super::frame::Reg;
use super::place::Unset;
use super::program::Compiler;
use crate::base::Span;
use crate::code::op::Op;
use crate::syntax::tree::{
    BinaryOp, Expr, ExprKind, LinkRight, MapEntry, MapKey, PostfixKind, Range, TemplatePart, UnaryOp,
};

impl<'a> Compiler<'a> {
    /// The value of an expression, wherever it is to go.
    pub fn value(&mut self, value: &'a Expr, dest: Dest) {
        let value = unparen(value);
        if let Dest::Put(sink) = dest {
            self.put_pending(sink.markup);
        }
        match (&value.kind, dest) {
            (ExprKind::If(tree), _) => self.if_value(tree, dest),
            (ExprKind::Match(tree), _) => self.match_value(tree, dest),
            (ExprKind::TryCatch(tree), _) => self.try_catch_value(tree, dest),
            (ExprKind::Control(control), _) => self.control(control, dest),
            (ExprKind::Transaction(body), _) => self.transaction(body, value.span, dest),
            (ExprKind::Conditional(tree), _) => self.conditional(tree, dest),
            (ExprKind::Element(element), _) => self.element(element, dest),
            (_, Dest::Drop) => self.effect(value),
            (_, Dest::To(dst)) => self.expr_to(value, dst),
            (_, Dest::Return | Dest::Put(_)) => {
                let mark = self.frame.mark();
                let src = self.operand(value);
                self.give(src, dest);
                self.frame.release(mark);
            }
        }
    }

    /// Evaluates for the effect alone.
    fn effect(&mut self, value: &'a Expr) {
        let mark = self.frame.mark();
        match &value.kind {
            ExprKind::Assign(tree) => self.assign(tree, None),
            ExprKind::Postfix(tree) => self.postfix_effect(tree),
            _ => {
                let dst = self.frame.temp();
                self.expr_to(value, dst);
            }
        }
        self.frame.release(mark);
    }

    /// A register that holds the value until the next assignment: a variable's own, or a temporary.
    pub fn operand(&mut self, value: &'a Expr) -> Reg {
        let value = unparen(value);
        if let ExprKind::Name(name) = &value.kind
            && let Some(register) = self.name_register(name)
        {
            return register;
        }
        let dst = self.frame.temp();
        self.expr_to(value, dst);
        dst
    }

    /// An operand that keeps its value while `later` is evaluated.
    pub fn operand_before(&mut self, value: &'a Expr, later: &[&Expr]) -> Reg {
        let register = self.operand(value);
        self.keep_before(register, later)
    }

    /// A register that keeps its value while `later` is evaluated: a copy where that may assign it.
    pub fn keep_before(&mut self, register: Reg, later: &[&Expr]) -> Reg {
        if self.frame.is_temp(register) || !later.iter().any(|later| may_assign(later)) {
            return register;
        }
        let copy = self.frame.temp();
        self.move_to(copy, register);
        copy
    }

    /// An operand like [`Self::operand`], computed in `work` where it is no variable's own.
    pub fn operand_in(&mut self, value: &'a Expr, work: Reg) -> Reg {
        if let ExprKind::Name(name) = &unparen(value).kind
            && let Some(register) = self.name_register(name)
        {
            return register;
        }
        self.expr_to(value, work);
        work
    }

    /// A register for something half done: `dst` itself unless a variable lives there.
    pub fn scratch(&mut self, dst: Reg) -> Reg {
        if self.frame.is_temp(dst) { dst } else { self.frame.temp() }
    }

    /// `dst` = the value. A variable in `dst` changes last of all.
    pub fn expr_to(&mut self, value: &'a Expr, dst: Reg) {
        let value = unparen(value);
        if self.is_condition(value) {
            return self.condition(value, dst);
        }
        let mark = self.frame.mark();
        self.frame.span = value.span;
        match &value.kind {
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Regex(_) => self.constant(value, dst),
            ExprKind::Text(template) => self.template(template, dst),
            ExprKind::Name(name) => {
                let read = self.scratch(dst);
                if let Some(src) = self.name_register(name) {
                    self.move_to(dst, src);
                } else {
                    self.read(name, read, Unset::Raise);
                    self.move_to(dst, read);
                }
            }
            ExprKind::Paren(inner) => self.expr_to(inner, dst),
            ExprKind::List(items) => self.list(items, dst),
            ExprKind::Map(map) => self.map(&map.entries, dst),
            ExprKind::Function(tree) => self.closure(tree, dst),
            ExprKind::If(tree) => self.if_value(tree, Dest::To(dst)),
            ExprKind::Match(tree) => self.match_value(tree, Dest::To(dst)),
            ExprKind::Control(control) => self.control(control, Dest::To(dst)),
            ExprKind::Try(inner) => self.try_value(inner, dst),
            ExprKind::TryCatch(tree) => self.try_catch(tree, Dest::To(dst)),
            ExprKind::Conditional(tree) => self.conditional(tree, Dest::To(dst)),
            ExprKind::Pipeline(tree) => self.pipeline(tree, dst),
            ExprKind::Chain(tree) => self.chain(tree, dst),
            ExprKind::Range(range) => self.range(range, value.span, dst),
            ExprKind::Unary(op, inner) => self.unary(*op, inner, value.span, dst),
            ExprKind::Power(operands) => self.power(operands, value.span, dst),
            ExprKind::Postfix(tree) => self.postfix(tree, dst),
            ExprKind::Assign(tree) => self.assign(tree, Some(dst)),
            ExprKind::Construct(tree) => self.construct(tree, value.span, dst),
            ExprKind::Store(op, operand) => self.store_op(*op, operand, value.span, dst),
            ExprKind::Transaction(body) => self.transaction(body, value.span, Dest::To(dst)),
            ExprKind::Response(entries) => self.response(entries, value.span, dst),
            ExprKind::Element(element) => self.element(element, Dest::To(dst)),
        }
        self.frame.release(mark);
    }

    fn range(&mut self, range: &'a Range, span: Span, dst: Reg) {
        let start = self.operand_before(&range.start, &[&range.end]);
        let end = self.operand(&range.end);
        self.frame.span = span;
        self.frame.emit(if range.exclusive {
            Op::RangeExcl { dst, start, end }
        } else {
            Op::RangeIncl { dst, start, end }
        });
    }

    #[inline(never)]
    fn unary(&mut self, op: UnaryOp, inner: &'a Expr, span: Span, dst: Reg) {
        match op {
            UnaryOp::New => self.expr_to(inner, dst),
            UnaryOp::Negate => match inner.kind {
                ExprKind::Int(n) if n != i64::MIN => self.int(n.wrapping_neg(), dst),
                ExprKind::Number(n) => self.number(-n, dst),
                _ => {
                    let work = self.scratch(dst);
                    let src = self.operand_in(inner, work);
                    self.frame.span = span;
                    self.frame.emit(Op::Neg { dst, src });
                }
            },
            UnaryOp::Not => {
                let work = self.scratch(dst);
                let src = self.operand_in(inner, work);
                self.frame.span = span;
                self.frame.emit(Op::Not { dst, src });
            }
            UnaryOp::Typeof => {
                let work = self.scratch(dst);
                let value = self.operand_in(inner, work);
                let base = self.frame.temp();
                let argument = self.frame.temp();
                self.move_to(argument, value);
                self.frame.span = span;
                let native = self.tables.native("type_of");
                self.frame.emit(Op::CallNative { base, argc: 1, dst, native });
            }
        }
    }
}

/// May evaluating the expression assign a variable of the running function? Errs on the side of yes; functions inside
/// do not count, since what they assign lives in cells.
pub(super) fn may_assign(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Number(_)
        | ExprKind::Duration(_)
        | ExprKind::Regex(_)
        | ExprKind::Name(_)
        | ExprKind::Function(_) => false,
        ExprKind::Text(template) => template.parts.iter().any(|part| match part {
            TemplatePart::Literal(_) => false,
            TemplatePart::Interpolation(value) => may_assign(value),
            TemplatePart::Control(_) => true,
        }),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Try(inner) => may_assign(inner),
        ExprKind::List(items) => items.iter().any(|item| may_assign(&item.value)),
        ExprKind::Map(map) => map.entries.iter().any(|entry| match entry {
            MapEntry::Pair(MapKey::Word(_), value) | MapEntry::Spread(value) => may_assign(value),
            MapEntry::Pair(MapKey::Expr(key) | MapKey::Computed(key), value) => {
                may_assign(key) || may_assign(value)
            }
            MapEntry::Shorthand(_) => false,
        }),
        ExprKind::Chain(chain) => {
            may_assign(&chain.first)
                || chain.rest.iter().any(|link| match &link.right {
                    LinkRight::Expr(right) => may_assign(right),
                    LinkRight::Type(_) => false,
                })
        }
        ExprKind::Range(range) => may_assign(&range.start) || may_assign(&range.end),
        ExprKind::Power(operands) => operands.iter().any(may_assign),
        ExprKind::Conditional(tree) => {
            may_assign(&tree.otherwise) || tree.arms.iter().any(|(c, v)| may_assign(c) || may_assign(v))
        }
        ExprKind::Pipeline(tree) => may_assign(&tree.first) || tree.stages.iter().any(may_assign),
        ExprKind::Postfix(tree) => {
            may_assign(&tree.base)
                || tree.ops.iter().any(|op| match &op.kind {
                    PostfixKind::Call(args) => args.args.iter().any(|arg| may_assign(&arg.value)),
                    PostfixKind::Index(index) => may_assign(index),
                    PostfixKind::Member(_) | PostfixKind::OptionalMember(_) => false,
                    PostfixKind::Slice(_)
                    | PostfixKind::At(_)
                    | PostfixKind::Increment
                    | PostfixKind::Decrement => true,
                })
        }
        _ => true,
    }
}

/// Is it an operator that evaluates its right side only when needed?
pub(super) const fn is_lazy(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Elvis)
}
