//! Where statements may stand: jumps in loops, events in streams, declarations and handlers at file level (E0008).

use super::walk::{Visit, walk_element, walk_expr, walk_function, walk_server, walk_stmt};
use super::{ProjectFile, Role};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::tree::*;
use std::collections::HashMap;

/// Reports what is out of place in a file.
pub fn check(file: &ProjectFile<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut places = Places { role: file.role, around: Around::default(), out: diagnostics };
    for stmt in &file.tree.body.stmts {
        places.at_file_level(stmt);
    }
}

/// What surrounds a statement.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    loops: u32,
    in_stream: bool,
    in_transaction: bool,
}

struct Places<'a> {
    role: Role,
    around: Around,
    out: &'a mut Vec<Diagnostic>,
}

impl Places<'_> {
    fn report(&mut self, span: Span, what: &str, help: &str) {
        self.out.push(Diagnostic::new(Code::E0008, span, what).help(help));
    }

    fn within(&mut self, around: Around, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.around, around);
        visit(self);
        self.around = outer;
    }

    /// A statement directly in the file: declarations and handlers may stand here.
    fn at_file_level(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Entity(_) | StmtKind::Enum(_) | StmtKind::TypeAlias(_) => walk_stmt(self, stmt),
            StmtKind::Server(server) => match server.as_ref() {
                ServerStmt::Route(route) => self.handler(&route.body, Around::default(), true, false),
                ServerStmt::Ws(_, body) => self.handler(body, Around::default(), false, true),
                ServerStmt::Sse(_, body) => {
                    self.handler(body, Around { in_stream: true, ..Around::default() }, false, false);
                }
                ServerStmt::Middleware(_) if self.role != Role::Middleware => self.report(
                    stmt.span,
                    "`middleware` stands only in a file named `_middleware.flin`",
                    "move it to the `_middleware.flin` of its folder",
                ),
                ServerStmt::Validate(_) => self.misplaced_validate(stmt.span),
                ServerStmt::Every(_) | ServerStmt::Cron(..) if self.role == Role::Test => self.report(
                    stmt.span,
                    "a file of tests runs no jobs",
                    "move the job to `jobs/`, and call what it does from the test",
                ),
                other => self.inside(other),
            },
            _ => self.stmt(stmt),
        }
    }

    fn inside(&mut self, stmt: &ServerStmt) {
        self.within(Around::default(), |places| walk_server(places, stmt));
    }

    fn misplaced_validate(&mut self, span: Span) {
        self.report(
            span,
            "`validate` stands only in a route",
            "put it after the route's guards, before all else",
        );
    }

    /// A route, socket or stream: guards come first, then in a route `validate`.
    fn handler(&mut self, body: &Body, around: Around, validates: bool, is_socket: bool) {
        self.within(around, |places| {
            let mut may_guard = true;
            let mut may_validate = validates;
            let mut events = HashMap::new();
            for stmt in &body.stmts {
                match &stmt.kind {
                    StmtKind::Server(server) if may_guard && matches!(**server, ServerStmt::Guards(_)) => {
                        walk_server(places, server);
                    }
                    StmtKind::Server(server)
                        if may_validate && matches!(**server, ServerStmt::Validate(_)) =>
                    {
                        walk_server(places, server);
                        may_guard = false;
                        may_validate = false;
                    }
                    StmtKind::On(handler) if is_socket => {
                        places.event(handler.event, stmt.span, &mut events);
                        places.function(&handler.function);
                        may_guard = false;
                    }
                    _ => {
                        may_guard = false;
                        may_validate = false;
                        places.stmt(stmt);
                    }
                }
            }
        });
    }

    fn event(&mut self, event: WsEvent, span: Span, seen: &mut HashMap<WsEvent, Span>) {
        if let Some(first) = seen.insert(event, span) {
            let text = format!("a second `on {}`: only the last one would run", event.name());
            let found = Diagnostic::new(Code::E0006, span, text).label(first, "the first one");
            self.out.push(found.help("put both into one"));
        }
    }

    /// A statement anywhere but directly in a file or handler.
    fn nested_server(&mut self, stmt: &ServerStmt, span: Span) {
        let what = match stmt {
            ServerStmt::View(_) | ServerStmt::Lifecycle(..) => return self.inside_view(stmt),
            ServerStmt::Validate(_) => return self.misplaced_validate(span),
            ServerStmt::Guards(_) => {
                return self.report(
                    span,
                    "guards stand at file level or first in a route, `ws` or `sse`",
                    "move them before the block's other statements",
                );
            }
            ServerStmt::Route(_) => "a route",
            ServerStmt::Middleware(_) => "`middleware`",
            ServerStmt::Ws(..) => "`ws`",
            ServerStmt::Sse(..) => "`sse`",
            ServerStmt::Every(_) | ServerStmt::Cron(..) => "a job",
            ServerStmt::Test(..) => "a test",
        };
        self.report(span, &format!("{what} stands only at file level"), "move it out of the block");
    }

    fn inside_view(&mut self, stmt: &ServerStmt) {
        match stmt {
            ServerStmt::View(body) => self.body(body),
            other => self.inside(other),
        }
    }
}

impl<'t> Visit<'t> for Places<'_> {
    fn open_loop(&mut self) {
        self.around.loops = self.around.loops.saturating_add(1);
    }

    fn close_loop(&mut self) {
        self.around.loops = self.around.loops.saturating_sub(1);
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        match &stmt.kind {
            StmtKind::Entity(_) | StmtKind::Enum(_) | StmtKind::TypeAlias(_) => {
                self.report(
                    stmt.span,
                    "this declaration stands only at file level",
                    "move it out of the block",
                );
            }
            StmtKind::Server(server) => self.nested_server(server, stmt.span),
            StmtKind::On(_) => {
                self.report(stmt.span, "`on` stands only directly in `ws`", "move it out of the inner block");
            }
            StmtKind::Emit(_) if !self.around.in_stream => {
                self.report(
                    stmt.span,
                    "`emit` stands only in `sse`",
                    "put it into an `sse` block, or write `emit(…)` for a function",
                );
            }
            StmtKind::Wait(_) if !self.around.in_stream => {
                self.report(stmt.span, "`wait` stands only in `sse`", "put it into an `sse` block");
            }
            StmtKind::Wait(_) if self.around.in_transaction => {
                self.report(
                    stmt.span,
                    "`wait` cannot stand in a transaction",
                    "end the transaction before waiting",
                );
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn element(&mut self, element: &'t Element) {
        if let ElementKind::Tagged(tagged) = &element.kind
            && let Tag::Html(name) = &tagged.tag
            && &*name.text == "slot"
            && self.role != Role::Component
        {
            self.report(
                name.span,
                "`<slot>` stands only in a component file",
                "a function gets the content of its tag as `children` of its argument",
            );
        }
        walk_element(self, element);
    }

    fn jump(&mut self, jump: &'t Jump, span: Span) {
        match jump {
            Jump::Return(Some(value)) | Jump::Throw(value) => self.expr(value),
            Jump::Break if self.around.loops == 0 => {
                self.report(span, "`break` stands only in a loop", "leave a function with `return`");
            }
            Jump::Continue if self.around.loops == 0 => {
                self.report(span, "`continue` stands only in a loop", "leave a function with `return`");
            }
            Jump::Return(None) | Jump::Break | Jump::Continue => {}
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        let outer = self.around.in_transaction;
        self.around.in_transaction |= matches!(expr.kind, ExprKind::Transaction(_));
        walk_expr(self, expr);
        self.around.in_transaction = outer;
    }

    fn function(&mut self, function: &'t Function) {
        let around = Around { in_stream: self.around.in_stream, ..Around::default() };
        self.within(around, |places| walk_function(places, function));
    }
}
