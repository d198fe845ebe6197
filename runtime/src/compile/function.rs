//! Functions: parameters, defaults, closures.

use super::body::Dest;
use super::frame::{Frame, Key, Location, Reg};
use super::program::{Compiler, variable};
use crate::code::module::{self, ParamShape, REGISTER_PARAMS};
use crate::code::op::Op;
use crate::syntax::tree::{Function, FunctionBody, FunctionKind, Name, Param, TargetKind, Type, TypeKind};

impl<'a> Compiler<'a> {
    /// Compiles a function in a frame of its own; also says whether it captures anything.
    pub fn function(&mut self, tree: &'a Function) -> (module::Function, bool) {
        self.function_with(tree, None)
    }

    fn function_with(&mut self, tree: &'a Function, hint: Option<u32>) -> (module::Function, bool) {
        self.enter_frame(Frame::new(tree.span));
        self.share_captures(hint);
        self.function_body(tree);
        let name = tree.name.as_ref().map(|name| &name.text);
        let mut function = self.finish_frame(name);
        self.leave_frame();
        function.params = tree.params.iter().map(|param| self.param_shape(param)).collect();
        function.rest = tree.params.last().is_some_and(|param| param.rest);
        function.ignores_arguments = tree.kind == FunctionKind::Deferred;
        function.hint = hint;
        let captures = !function.captures.is_empty();
        (function, captures)
    }

    #[inline(never)]
    fn function_body(&mut self, tree: &'a Function) {
        let (in_registers, in_slots) = tree.params.split_at(tree.params.len().min(REGISTER_PARAMS));
        let registers: Vec<Reg> = in_registers.iter().map(|_| self.frame.variable()).collect();
        let slots: Vec<u32> = in_slots.iter().map(|_| self.frame.slot()).collect();
        for (param, &register) in in_registers.iter().zip(&registers) {
            self.default(param, register);
            self.bind_param(param, register);
        }
        for (param, &slot) in in_slots.iter().zip(&slots) {
            self.bind_spilled(param, slot);
        }
        self.enter_scope(tree.id);
        self.hoist_scope(tree);
        match &tree.body {
            FunctionBody::Body(body) => self.stmts(&body.stmts, Dest::Return),
            FunctionBody::Expr(value) => self.value(value, Dest::Return),
        }
    }

    fn default(&mut self, param: &'a Param, register: Reg) {
        if !may_be_left_out(param) {
            return;
        }
        self.frame.span = param.span;
        let given = self.frame.label();
        self.frame.emit(Op::JumpIfSet { src: register, target: given.0 });
        let before = self.frame.state.clone();
        match &param.default {
            Some(value) => self.expr_to(value, register),
            None => self.frame.emit(Op::LoadNone { dst: register }),
        }
        self.frame.state.meet(&before);
        self.frame.bind(given);
    }

    fn bind_param(&mut self, param: &'a Param, register: Reg) {
        let TargetKind::Name(name) = &param.target.kind else {
            self.destructure(&param.target, register);
            return;
        };
        let Some(id) = self.assigned(name) else { return };
        if variable(self.names, id).is_some_and(|variable| variable.captured) {
            self.frame.emit(Op::NewCell { dst: register, src: register });
            self.frame.places.insert(Key::Variable(id), Location::Cell(register));
        } else {
            self.frame.places.insert(Key::Variable(id), Location::Register(register));
        }
        self.frame.state.set(id);
    }

    /// A parameter that arrives in a slot stays there, unless closures share it or it is taken apart.
    fn bind_spilled(&mut self, param: &'a Param, slot: u32) {
        let mark = self.frame.mark();
        let src = self.frame.temp();
        self.frame.span = param.span;
        self.frame.emit(Op::LoadSlot { dst: src, slot });
        self.default(param, src);
        if let TargetKind::Name(name) = &param.target.kind {
            self.bind_spilled_name(name, may_be_left_out(param), (src, slot));
        } else {
            self.destructure(&param.target, src);
        }
        self.frame.release(mark);
    }

    fn bind_spilled_name(&mut self, name: &Name, changed: bool, (src, slot): (Reg, u32)) {
        let Some(id) = self.assigned(name) else { return };
        if variable(self.names, id).is_some_and(|variable| variable.captured) {
            self.new_cell(Key::Variable(id), Some(src));
        } else {
            if changed {
                self.frame.emit(Op::StoreSlot { src, slot });
            }
            self.frame.places.insert(Key::Variable(id), Location::Slot(slot));
        }
        self.frame.state.set(id);
    }

    fn param_shape(&mut self, param: &Param) -> ParamShape {
        let name = match &param.target.kind {
            TargetKind::Name(name) => Some(self.tables.text(&name.text)),
            TargetKind::List { .. } | TargetKind::Map { .. } => None,
        };
        ParamShape { name, optional: may_be_left_out(param) }
    }

    /// `dst` = a lambda, an anonymous function or a deferred block.
    #[inline(never)]
    pub fn closure(&mut self, tree: &'a Function, dst: Reg) {
        self.closure_with(tree, dst, |_| None);
    }

    /// The same for a condition, which may have a hint.
    pub fn closure_with(
        &mut self,
        tree: &'a Function,
        dst: Reg,
        hint: impl FnOnce(&mut Self) -> Option<u32>,
    ) {
        let index = self.tables.reserve_function();
        let hint = hint(self);
        let (function, _) = self.function_with(tree, hint);
        self.frame.span = tree.span;
        self.made_function(index, function, dst);
    }

    /// `dst` = the function that was compiled for its place in the module.
    pub fn made_function(&mut self, index: u32, function: module::Function, dst: Reg) {
        let captures = !function.captures.is_empty();
        self.tables.set_function(index, function);
        self.frame.emit(if captures {
            Op::NewClosure { dst, function: index }
        } else {
            Op::LoadFunction { dst, function: index }
        });
    }
}

/// Has the parameter a default, or a type `T?`, so that it defaults to none?
pub(super) fn may_be_left_out(param: &Param) -> bool {
    fn optional(ty: &Type) -> bool {
        match &ty.kind {
            TypeKind::Optional(_) => true,
            TypeKind::Union(parts) => parts.iter().any(optional),
            _ => false,
        }
    }
    param.default.is_some() || param.ty.as_ref().is_some_and(optional)
}
