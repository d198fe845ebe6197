//! Functions: parameters, defaults, closures.

use super::body::Dest;
use super::frame::{Frame, Key, Location, Reg};
use super::program::{Compiler, variable};
use crate::base::{Code, Diagnostic};
use crate::code::module::{self, ParamShape};
use crate::code::op::Op;
use crate::syntax::tree::{Function, FunctionBody, FunctionKind, Param, TargetKind, Type, TypeKind};

/// Parameters beyond this leave no registers to work with.
const PARAMS_MAX: usize = 200;

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
        if let Some(first) = tree.params.get(PARAMS_MAX) {
            let count = tree.params.len();
            let text = format!("a function has at most {PARAMS_MAX} parameters, and this one has {count}");
            let found = Diagnostic::new(Code::E0110, first.span, text);
            self.diagnostics.push(found.help("take them as one map or list"));
            return;
        }
        let registers: Vec<Reg> = tree.params.iter().map(|_| self.frame.variable()).collect();
        for (param, &register) in tree.params.iter().zip(&registers) {
            self.default(param, register);
            self.bind_param(param, register);
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
