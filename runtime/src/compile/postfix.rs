//! Calls, members, indices and slices after an operand, from left to right in a loop.

use super::body::unparen;
use super::call::Given;
use super::frame::{Label, Reg};
use super::program::Compiler;
use super::state::State;
use crate::base::Span;
use crate::base::span::{to_u32, to_usize};
use crate::check::names::Binding;
use crate::code::op::Op;
use crate::syntax::tree::{Expr, ExprKind, Name, Pipeline, Postfix, PostfixKind, PostfixOp, Slice};

/// A postfix expression at work.
struct Walk<'a> {
    ops: &'a [PostfixOp],
    /// The next operation.
    at: usize,
    /// A pipeline's value, first argument of the last call.
    lead: Option<Reg>,
    /// Where the operand starts.
    start: Span,
    /// Where values on the way are computed.
    work: Reg,
    /// Where the last one goes.
    dst: Reg,
    /// Where `?.` goes on none, and what is known there.
    none: Option<(Label, State)>,
}

impl<'a> Walk<'a> {
    /// The arguments of a call that comes next.
    fn call(&self, at: usize) -> Option<Given<'a>> {
        match self.ops.get(at).map(|op| &op.kind) {
            Some(PostfixKind::Call(args)) => {
                let is_last = at.saturating_add(1) == self.ops.len();
                Some(Given { lead: self.lead.filter(|_| is_last), args: &args.args })
            }
            Some(_) => None,
            // `x |> f` and `x |> o.m` call what stands there.
            None => {
                let called = matches!(self.ops.last().map(|op| &op.kind), Some(PostfixKind::Call(_)));
                let lead = self.lead.filter(|_| at == self.ops.len() && !called)?;
                Some(Given { lead: Some(lead), args: &[] })
            }
        }
    }

    /// Where the value goes when `next` is the operation after it.
    fn target(&self, next: usize) -> Reg {
        let ends = next > self.ops.len() || (next == self.ops.len() && self.call(next).is_none());
        if ends { self.dst } else { self.work }
    }

    /// The source up to the operation.
    fn span(&self, at: usize) -> Span {
        self.ops.get(at).or_else(|| self.ops.last()).map_or(self.start, |op| self.start.to(op.span))
    }
}

impl<'a> Compiler<'a> {
    /// `dst` = the postfix expression's value.
    #[inline(never)]
    pub fn postfix(&mut self, tree: &'a Postfix, dst: Reg) {
        if let Some(last) = tree.ops.last()
            && matches!(last.kind, PostfixKind::Increment | PostfixKind::Decrement)
        {
            return self.step(tree, Some(dst));
        }
        self.postfix_with(&tree.base, &tree.ops, None, dst);
    }

    /// Evaluates a postfix expression for its effect.
    pub fn postfix_effect(&mut self, tree: &'a Postfix) {
        if let Some(last) = tree.ops.last()
            && matches!(last.kind, PostfixKind::Increment | PostfixKind::Decrement)
        {
            return self.step(tree, None);
        }
        let dst = self.frame.temp();
        self.postfix_with(&tree.base, &tree.ops, None, dst);
    }

    /// `dst = first |> stage |> stage`.
    #[inline(never)]
    pub fn pipeline(&mut self, tree: &'a Pipeline, dst: Reg) {
        let work = self.frame.temp();
        self.expr_to(&tree.first, work);
        for stage in &tree.stages {
            let mark = self.frame.mark();
            match &unparen(stage).kind {
                ExprKind::Postfix(postfix) => {
                    self.postfix_with(&postfix.base, &postfix.ops, Some(work), work);
                }
                _ => self.postfix_with(stage, &[], Some(work), work),
            }
            self.frame.release(mark);
        }
        self.move_to(dst, work);
    }

    /// A base and the operations after it; `lead` becomes the first argument of the last call.
    pub fn postfix_with(&mut self, base: &'a Expr, ops: &'a [PostfixOp], lead: Option<Reg>, dst: Reg) {
        // What leads is needed until the last call.
        let work = if lead.is_some() { self.frame.temp() } else { self.scratch(dst) };
        let mut walk = Walk { ops, at: 0, lead, start: base.span, work, dst, none: None };
        let mut value = self.walk_base(base, &mut walk);
        while walk.at < ops.len() || walk.call(walk.at).is_some() {
            let mark = self.frame.mark();
            value = self.walk_op(value, &mut walk);
            self.frame.release(mark);
        }
        self.move_to(dst, value);
        if let Some((none, known)) = walk.none {
            let end = self.frame.label();
            self.frame.jump(end);
            self.frame.state = known;
            self.frame.bind(none);
            self.frame.emit(Op::LoadNone { dst });
            self.frame.bind(end);
        }
    }

    /// The base, with the operations that belong to its name.
    fn walk_base(&mut self, base: &'a Expr, walk: &mut Walk<'a>) -> Reg {
        let base = unparen(base);
        if let ExprKind::Name(name) = &base.kind {
            if let Some(given) = walk.call(0) {
                walk.at = 1;
                let to = walk.target(1);
                let span = walk.span(0);
                self.named_call(name, given, to, span);
                return to;
            }
            if let (Some(&Binding::Entity(of)), Some(PostfixKind::Member(_))) =
                (self.certain(name), walk.ops.first().map(|op| &op.kind))
            {
                self.all_rows(of, walk.work, name.span);
                return walk.work;
            }
            if let Some(PostfixKind::Member(member)) = walk.ops.first().map(|op| &op.kind)
                && let Some(found) = self.qualified(name, member, walk)
            {
                return found;
            }
        }
        match walk.ops.first().map(|op| &op.kind) {
            Some(PostfixKind::Index(index)) => {
                let register = self.operand_in(base, walk.work);
                self.keep_before(register, &[index])
            }
            Some(PostfixKind::Slice(slice)) => {
                let parts = [&slice.start, &slice.end, &slice.step];
                let later: Vec<&Expr> = parts.into_iter().flatten().collect();
                let register = self.operand_in(base, walk.work);
                self.keep_before(register, &later)
            }
            _ => self.operand_in(base, walk.work),
        }
    }

    /// `Math.floor`, `Shape.Circle`, `Shape.all`: names whose base is no value.
    fn qualified(&mut self, base: &Name, member: &Name, walk: &mut Walk<'a>) -> Option<Reg> {
        let first = self.certain(base);
        if let (Some(&Binding::Enum(at)), "all") = (first, &*member.text)
            && !matches!(self.certain(member), Some(Binding::Variant(..)))
        {
            walk.at = 1;
            let to = walk.target(1);
            self.all_variants(at, to);
            return Some(to);
        }
        match self.certain(member) {
            Some(&Binding::Native(id)) => {
                if let Some(given) = walk.call(1) {
                    walk.at = 2;
                    let to = walk.target(2);
                    let span = walk.span(1);
                    self.native_call(id, given, to, span);
                    return Some(to);
                }
                walk.at = 1;
                let to = walk.target(1);
                self.frame.span = walk.span(0);
                self.read_native(id, to);
                Some(to)
            }
            Some(&Binding::Variant(enumeration, at)) => {
                walk.at = 1;
                let to = walk.target(1);
                let variant = self.tables.variant(enumeration, at);
                self.frame.emit(Op::LoadVariant { dst: to, variant });
                Some(to)
            }
            _ => None,
        }
    }

    /// The variants without payload, as a list.
    fn all_variants(&mut self, enumeration: u32, dst: Reg) {
        let Some(names) = self.input.names.enums.get(to_usize(enumeration)) else { return };
        let plain = names.variants.iter().enumerate().filter(|(_, (_, payload))| payload.is_empty());
        let plain: Vec<u32> = plain.map(|(at, _)| to_u32(at)).collect();
        let list = self.frame.temp();
        let item = self.frame.temp();
        self.frame.emit(Op::NewList { dst: list, base: item, argc: 0 });
        for at in plain {
            let variant = self.tables.variant(enumeration, at);
            self.frame.emit(Op::LoadVariant { dst: item, variant });
            self.frame.emit(Op::Append { list, base: item, argc: 1 });
        }
        self.move_to(dst, list);
    }

    /// One operation, or a member and the call after it.
    fn walk_op(&mut self, value: Reg, walk: &mut Walk<'a>) -> Reg {
        let at = walk.at;
        let next = at.saturating_add(1);
        if let Some(given) = walk.call(at) {
            walk.at = next;
            let to = walk.target(next);
            let span = walk.span(at);
            self.value_call(value, given, to, span);
            return to;
        }
        let Some(op) = walk.ops.get(at) else { return value };
        walk.at = next;
        let span = walk.span(at);
        match &op.kind {
            PostfixKind::Index(index) => {
                let to = walk.target(next);
                let (object, index) = self.right_of(value, index);
                self.frame.span = span;
                self.frame.emit(Op::GetIndex { dst: to, object, index });
                to
            }
            PostfixKind::Slice(slice) => {
                let to = walk.target(next);
                self.slice(value, slice, to, span);
                to
            }
            PostfixKind::Member(name) => self.member(value, name, walk),
            PostfixKind::OptionalMember(name) => {
                let (none, known) =
                    walk.none.take().unwrap_or_else(|| (self.frame.label(), self.frame.state.clone()));
                self.frame.emit(Op::JumpIfNone { src: value, target: none.0 });
                walk.none = Some((none, known));
                self.member(value, name, walk)
            }
            PostfixKind::At(when) => {
                let to = walk.target(next);
                let value = self.keep_before(value, &[when]);
                let (entity, when) = self.right_of(value, when);
                let base = self.frame.temp();
                for src in [entity, when] {
                    let argument = self.frame.temp();
                    self.move_to(argument, src);
                }
                self.frame.span = span;
                let native = self.tables.native("@version");
                self.frame.emit(Op::CallNative { base, argc: 2, dst: to, native });
                to
            }
            // The parser allows these last only, where `step` has seen them; a call was handled above.
            PostfixKind::Call(_) | PostfixKind::Increment | PostfixKind::Decrement => value,
        }
    }

    fn member(&mut self, object: Reg, name: &'a Name, walk: &mut Walk<'a>) -> Reg {
        if let Some(given) = walk.call(walk.at) {
            let span = walk.span(walk.at);
            walk.at = walk.at.saturating_add(1);
            let to = walk.target(walk.at);
            self.method_call(object, name, given, (to, span));
            return to;
        }
        let to = walk.target(walk.at);
        self.frame.span = name.span;
        let name = self.name_constant(name);
        self.frame.emit(Op::GetField { dst: to, object, name });
        to
    }

    #[inline(never)]
    fn slice(&mut self, object: Reg, slice: &'a Slice, dst: Reg, span: Span) {
        let mut base = None;
        for bound in [&slice.start, &slice.end, &slice.step] {
            let register = self.frame.temp();
            base.get_or_insert(register);
            match bound {
                Some(bound) => self.expr_to(bound, register),
                None => self.frame.emit(Op::LoadNone { dst: register }),
            }
        }
        let Some(base) = base else { return };
        self.frame.span = span;
        self.frame.emit(Op::Slice { dst, object, base });
    }
}
