//! What a server answers with and what a scheduler runs: each endpoint is one function that does all of it.
//!
//! A request's function hands the functions of its pipeline to the machine: middleware from the root's to the leaf's, then
//! the one that has guards, validation, the file's own statements and the handler in it. What they share with each other
//! and with the file are global variables.

use super::body::{self, Dest};
use super::frame::{Frame, Reg};
use super::program::Compiler;
use crate::base::Span;
use crate::check::project::{ProjectFile, Role};
use crate::check::routes;
use crate::code::module::{self, Endpoint, EndpointKind, Function};
use crate::code::op::Op;
use crate::syntax::tree::{Body, ServerStmt, Stmt, StmtKind};
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// A function that does nothing: the entry of a program that has none.
    pub fn nothing(&mut self) -> u32 {
        self.frame = Frame::new(Span::default());
        let function = self.finish_frame(None);
        let index = self.tables.reserve_function();
        // It stands in no file, and the project may have none.
        self.tables.set_function(index, Function { spans: Vec::new(), ..function });
        index
    }

    /// The endpoints of a file.
    pub fn endpoints(&mut self, file: &ProjectFile<'a>) {
        let Some(names) = self.input.names.files.get(&file.id) else { return };
        self.file = file.id;
        self.names = names;
        let own = routes::url_of(file);
        for stmt in &file.tree.body.stmts {
            let StmtKind::Server(server) = &stmt.kind else { continue };
            match &**server {
                ServerStmt::Route(route) => {
                    let path = route.path.as_ref().map(|path| path.text.clone());
                    let Some(path) = path.or_else(|| own.clone()) else { continue };
                    let name: Arc<str> = format!("{} {path}", route.method.name()).into();
                    let handler = self.handler(file, &name, &route.body);
                    self.served(file, EndpointKind::Route(route.method), &path, (handler, route.body.span));
                }
                ServerStmt::Ws(path, body) => {
                    let path = path.as_ref().map(|path| path.text.clone());
                    let Some(path) = path.or_else(|| own.clone()) else { continue };
                    let opening = self.socket(file, &path, body);
                    self.served(file, EndpointKind::Socket, &path, (opening, body.span));
                }
                ServerStmt::Sse(path, body) => {
                    let path = path.as_ref().map(|path| path.text.clone());
                    let Some(path) = path.or_else(|| own.clone()) else { continue };
                    let opening = self.stream(file, &path, body);
                    self.served(file, EndpointKind::Stream, &path, (opening, body.span));
                }
                ServerStmt::Every(every) => {
                    let kind = EndpointKind::Every { millis: every.interval_ms };
                    self.job(file, kind, "every", &every.body);
                }
                ServerStmt::Cron(expression, body) => {
                    let kind = EndpointKind::Cron(self.tables.text(&expression.text));
                    self.job(file, kind, "cron", body);
                }
                ServerStmt::Guards(_)
                | ServerStmt::Validate(_)
                | ServerStmt::Middleware(_)
                | ServerStmt::Test(..)
                | ServerStmt::View(_)
                | ServerStmt::Lifecycle(..) => {}
            }
        }
        if let Some(path) = own.filter(|_| routes::is_page(file.tree)) {
            let page = self.page(file, &path);
            self.served(file, EndpointKind::Page, &path, (page, file.tree.body.span));
        }
    }

    /// The endpoint of a request whose pipeline ends in this function. What fails behind it fails at its place.
    fn served(
        &mut self,
        file: &ProjectFile<'a>,
        kind: EndpointKind,
        path: &Arc<str>,
        (handler, place): (u32, Span),
    ) {
        let mut steps = self.middleware_around(file.path);
        steps.push(handler);
        self.frame = Frame::new(place);
        let base: Reg = self.frame.temp();
        for &function in &steps {
            let dst = self.frame.temp();
            self.frame.emit(Op::LoadFunction { dst, function });
        }
        let argc = u8::try_from(steps.len()).unwrap_or(u8::MAX);
        let native = self.tables.native("@serve");
        self.frame.emit(Op::CallNative { base, argc, dst: base, native });
        self.endpoint(kind, path);
    }

    /// The endpoint whose function is in the frame.
    pub fn endpoint(&mut self, kind: EndpointKind, path: &Arc<str>) {
        let function = self.finished(Some(path));
        self.endpoint_of(kind, path, function);
    }

    /// The endpoint that a function of the module is.
    pub fn endpoint_of(&mut self, kind: EndpointKind, path: &Arc<str>, function: u32) {
        let path = self.tables.text(path);
        self.tables.module.endpoints.push(Endpoint { kind, path, function });
    }

    /// The functions of the middleware that applies to a file, the root's first.
    fn middleware_around(&mut self, path: &str) -> Vec<u32> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let applies = |at: &str| {
            let rest = folder.strip_prefix(at);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut around: Vec<(usize, u32)> = Vec::new();
        for (at, function) in &self.middleware {
            if applies(at) {
                around.push((at.len(), *function));
            }
        }
        around.sort_unstable();
        around.into_iter().map(|(_, function)| function).collect()
    }

    /// Compiles the middleware of a file.
    pub fn declare_middleware(&mut self, file: &ProjectFile<'a>) {
        let Some(names) = self.input.names.files.get(&file.id) else { return };
        self.file = file.id;
        self.names = names;
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for stmt in &file.tree.body.stmts {
            if let StmtKind::Server(server) = &stmt.kind
                && let ServerStmt::Middleware(body) = &**server
            {
                let function = self.handler(file, &file.path.into(), body);
                self.middleware.push((folder.to_owned(), function));
            }
        }
    }

    /// A function that does what comes before a handler, and then the handler.
    fn handler(&mut self, file: &ProjectFile<'a>, name: &Arc<str>, body: &'a Body) -> u32 {
        self.frame = Frame::new(body.span);
        let rest = self.before_handler(file, body, name);
        self.stmts(rest, Dest::Return);
        self.finished(Some(name))
    }

    /// What comes before a handler, and the statements behind that: guards, validation, the statements of its file.
    pub fn before_handler(&mut self, file: &ProjectFile<'a>, body: &'a Body, name: &Arc<str>) -> &'a [Stmt] {
        self.guards_of_file(&file.tree.body, name);
        let rest = self.guarded(body, name);
        self.own_statements(file);
        rest
    }

    /// The function that is in the frame gets its place in the module.
    pub fn finished(&mut self, name: Option<&Arc<str>>) -> u32 {
        let function = self.finish_frame(name);
        let index = self.tables.reserve_function();
        self.tables.set_function(index, function);
        index
    }

    /// Runs the statements of the file that put nothing out. What they return is the answer, and nothing comes after it:
    /// whoever turns a client away there relies on that.
    pub fn own_statements(&mut self, file: &ProjectFile<'a>) {
        if file.role == Role::Global || !file.tree.body.stmts.iter().any(runs) {
            return;
        }
        let Some(&function) = self.top_levels.get(&file.id) else { return };
        let mark = self.frame.mark();
        let base: Reg = self.frame.temp();
        self.frame.emit(Op::CallFunction { base, argc: 0, dst: base, function });
        let goes_on = self.frame.label();
        self.frame.emit(Op::JumpIfNone { src: base, target: goes_on.0 });
        let before = self.frame.state.clone();
        self.frame.emit(Op::Return { src: base });
        self.frame.state = before;
        self.frame.bind(goes_on);
        self.frame.release(mark);
    }

    /// A function that renders the top level of a file.
    fn page(&mut self, file: &ProjectFile<'a>, path: &Arc<str>) -> u32 {
        let body = &file.tree.body;
        self.frame = Frame::new(body.span);
        self.guards_of_file(body, path);
        self.enter_scope(body.id);
        self.rendering(&body.stmts);
        let function = self.finish_frame(Some(path));
        let index = self.tables.reserve_function();
        self.tables.set_function(index, function);
        index
    }

    /// The statements of a file that put nothing out, as a function.
    pub fn silent_top_level(&mut self, body: &'a Body) -> module::Function {
        self.frame = Frame::new(body.span);
        self.enter_scope(body.id);
        for stmt in body.stmts.iter().filter(|stmt| runs(stmt)) {
            self.stmts(std::slice::from_ref(stmt), Dest::Drop);
        }
        self.finish_frame(None)
    }
}

/// Does the statement do something when the top level runs, without putting anything out?
fn runs(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Function(_)
        | StmtKind::Entity(_)
        | StmtKind::Enum(_)
        | StmtKind::TypeAlias(_)
        | StmtKind::Import
        | StmtKind::On(_)
        | StmtKind::Error => false,
        StmtKind::Server(server) => matches!(**server, ServerStmt::View(_)) && !body::is_output(stmt),
        _ => !body::is_output(stmt),
    }
}
