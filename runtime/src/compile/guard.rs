//! Guards and validation: what stands between a request and its handler.

use super::frame::Reg;
use super::program::Compiler;
use crate::base::span::to_u32;
use crate::code::op::Op;
use crate::record::EntityShape;
use crate::syntax::tree::{Body, Field, Guard, ServerStmt, Stmt, StmtKind};
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// The guards of a file, which apply to all that it answers.
    pub fn guards_of_file(&mut self, body: &'a Body, place: &Arc<str>) {
        for stmt in &body.stmts {
            if let StmtKind::Server(server) = &stmt.kind
                && let ServerStmt::Guards(guards) = &**server
            {
                guards.guards.iter().for_each(|guard| self.guard(guard, place));
            }
        }
    }

    /// The guards and the validation that a block begins with; gives the statements behind them.
    pub fn guarded(&mut self, body: &'a Body, place: &Arc<str>) -> &'a [Stmt] {
        let mut rest = body.stmts.as_slice();
        while let Some((stmt, behind)) = rest.split_first()
            && let StmtKind::Server(server) = &stmt.kind
        {
            match &**server {
                ServerStmt::Guards(guards) => {
                    guards.guards.iter().for_each(|guard| self.guard(guard, place));
                }
                ServerStmt::Validate(fields) => self.validate(fields, place),
                _ => break,
            }
            rest = behind;
        }
        rest
    }

    /// Goes on if the guard lets the request through, else throws what it says.
    fn guard(&mut self, guard: &'a Guard, place: &Arc<str>) {
        let mark = self.frame.mark();
        let said = self.frame.temp();
        let (first, second): (Reg, Reg) = (self.frame.temp(), self.frame.temp());
        let args = guard.args.as_ref().map_or(&[][..], |args| &args.args);
        self.frame.span = guard.span;
        match &*guard.name.text {
            "auth" => {
                self.call_native("@session", &[], first);
                self.call_native("@auth", &[first], said);
            }
            "role" => {
                self.call_native("@session", &[], first);
                self.list_of(args.iter().map(|arg| (arg.spread, &arg.value)), second);
                self.frame.span = guard.span;
                self.call_native("@role", &[first, second], said);
            }
            "ip_whitelist" => {
                self.list_of(args.iter().map(|arg| (arg.spread, &arg.value)), first);
                self.frame.span = guard.span;
                self.call_native("@ip_whitelist", &[first], said);
            }
            "owner" => {
                self.call_native("@session", &[], first);
                args.iter().take(1).for_each(|arg| self.expr_to(&arg.value, second));
                self.frame.span = guard.span;
                self.call_native("@owner", &[first, second], said);
            }
            "rate_limit" => {
                let third = self.frame.temp();
                let constant = self.tables.text(place);
                self.frame.emit(Op::LoadConst { dst: first, constant });
                for (arg, dst) in args.iter().zip([second, third]) {
                    self.expr_to(&arg.value, dst);
                }
                self.frame.span = guard.span;
                self.call_native("@rate_limit", &[first, second, third], said);
            }
            "csrf" => {
                self.call_native("@body", &[], first);
                self.call_native("@csrf", &[first], said);
            }
            // The checker said that there is no other.
            _ => self.frame.emit(Op::LoadNone { dst: said }),
        }
        let passes = self.frame.label();
        self.frame.emit(Op::JumpIfNone { src: said, target: passes.0 });
        let passed = self.frame.state.clone();
        self.frame.emit(Op::Throw { src: said });
        self.frame.state = passed;
        self.frame.bind(passes);
        self.frame.release(mark);
    }

    /// Checks and converts what the request brought.
    fn validate(&mut self, fields: &'a [Field], place: &Arc<str>) {
        let mut shape = EntityShape {
            name: Arc::clone(place),
            fields: Vec::new(),
            unique: Vec::new(),
            indexes: Vec::new(),
        };
        for field in fields {
            let made = self.declared_field(field);
            shape.fields.push(made);
        }
        let form = to_u32(self.tables.module.forms.len());
        self.tables.module.forms.push(shape);
        let mark = self.frame.mark();
        let number = self.frame.temp();
        self.int(form.into(), number);
        self.call_native("@validate", &[number], number);
        self.frame.release(mark);
    }
}
