//! Sockets, streams and jobs.
//!
//! A socket's handler in the pipeline answers with the functions of the block and of its events; the driver opens the
//! connection and runs them. A stream's answers with its generator. A job is its file's statements and its body.

use super::body::Dest;
use super::frame::{Frame, Reg};
use super::program::Compiler;
use crate::base::Span;
use crate::check::project::ProjectFile;
use crate::code::module::EndpointKind;
use crate::code::op::Op;
use crate::syntax::tree::{Body, Emit, Expr, OnHandler};
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// The last function of a socket's pipeline.
    pub fn socket(&mut self, file: &ProjectFile<'a>, path: &Arc<str>, body: &'a Body) -> u32 {
        let name: Arc<str> = format!("ws {path}").into();
        self.frame = Frame::new(body.span);
        self.enter_scope(body.id);
        self.socket_statements(&body.stmts);
        let block = self.finished(Some(&name));
        self.frame = Frame::new(body.span);
        let result = self.frame.temp();
        self.call_native("@event", &[], result);
        let event = self.finished(Some(&name));
        self.opening(file, (body, &name), ("@upgrade", &[block, event]))
    }

    /// The last function of a stream's pipeline.
    pub fn stream(&mut self, file: &ProjectFile<'a>, path: &Arc<str>, body: &'a Body) -> u32 {
        let name: Arc<str> = format!("sse {path}").into();
        self.frame = Frame::new(body.span);
        self.enter_scope(body.id);
        self.stmts(&body.stmts, Dest::Drop);
        let block = self.finished(Some(&name));
        self.opening(file, (body, &name), ("@stream", &[block]))
    }

    /// Answers with what a built-in makes of these functions, after all that comes before a handler.
    fn opening(
        &mut self,
        file: &ProjectFile<'a>,
        (body, name): (&'a Body, &Arc<str>),
        (native, functions): (&str, &[u32]),
    ) -> u32 {
        self.frame = Frame::new(body.span);
        self.before_handler(file, body, name);
        let result = self.frame.temp();
        let mut args: Vec<Reg> = Vec::new();
        for &function in functions {
            let dst = self.frame.temp();
            self.frame.emit(Op::LoadFunction { dst, function });
            args.push(dst);
        }
        self.call_native(native, &args, result);
        self.give(result, Dest::Return);
        self.finished(None)
    }

    /// A job.
    pub fn job(&mut self, file: &ProjectFile<'a>, kind: EndpointKind, name: &str, body: &'a Body) {
        self.frame = Frame::new(body.span);
        self.own_statements(file);
        self.enter_scope(body.id);
        self.stmts(&body.stmts, Dest::Drop);
        let path: Arc<str> = file.path.into();
        let function = self.finished(Some(&name.into()));
        self.endpoint_of(kind, &path, function);
    }

    /// A socket's handler is there from now on.
    pub fn on(&mut self, handler: &'a OnHandler) {
        let mark = self.frame.mark();
        let function = self.frame.temp();
        self.closure(&handler.function, function);
        let native = format!("@on_{}", handler.event.name());
        self.call_native(&native, &[function], function);
        self.frame.release(mark);
    }

    /// `emit value as "name"`
    #[inline(never)]
    pub fn emit_event(&mut self, emit: &'a Emit, span: Span) {
        let mark = self.frame.mark();
        let value = self.frame.temp();
        self.expr_to(&emit.value, value);
        let mut args = vec![value];
        if let Some(name) = &emit.name {
            let text = self.frame.temp();
            self.template(name, text);
            args.push(text);
        }
        self.frame.span = span;
        self.call_native("@emit", &args, value);
        self.frame.release(mark);
    }

    /// `wait duration`
    #[inline(never)]
    pub fn wait(&mut self, duration: &'a Expr, span: Span) {
        let mark = self.frame.mark();
        let value = self.frame.temp();
        self.expr_to(duration, value);
        self.frame.span = span;
        self.call_native("@wait", &[value], value);
        self.frame.release(mark);
    }
}
