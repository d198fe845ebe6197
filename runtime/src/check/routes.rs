//! Routes of the whole project: no two for one method and path pattern (E0007).
//!
//! Two patterns are one when they differ only in the names of their parameters or in a trailing slash.

use super::{Project, ProjectFile, Role};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::tree::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Reports every route after the first for its method and pattern.
pub fn check(project: &Project<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut routes = Routes { known: HashMap::new(), out: diagnostics };
    for file in &project.files {
        routes.file(file);
    }
}

struct Routes<'a> {
    known: HashMap<(&'static str, String), Span>,
    out: &'a mut Vec<Diagnostic>,
}

impl Routes<'_> {
    fn file(&mut self, file: &ProjectFile<'_>) {
        let url = url_of(file);
        if let Some(url) = &url {
            self.shape(url, Span::new(file.id, 0, 0));
        }
        let own = url.map(|url| pattern(&url));
        let stmts = &file.tree.body.stmts;
        for stmt in stmts {
            let StmtKind::Server(server) = &stmt.kind else { continue };
            let (method, path, span) = match server.as_ref() {
                ServerStmt::Route(route) => (route.method.name(), &route.path, route.method_span),
                ServerStmt::Sse(path, _) => ("GET", path, stmt.span),
                ServerStmt::Ws(path, _) => ("a socket", path, stmt.span),
                _ => continue,
            };
            if let Some(path) = path {
                self.shape(&path.text, path.span);
            }
            let pattern = path.as_ref().map(|path| pattern(&path.text)).or_else(|| own.clone());
            if let Some(pattern) = pattern {
                self.add(method, pattern, span);
            }
        }
        if let (Some(own), Some(output)) = (own, stmts.iter().find(|stmt| outputs(stmt))) {
            self.add("GET", own, output.span);
        }
    }

    /// A path that no request could have, or whose parameters could not be told apart.
    fn shape(&mut self, path: &str, span: Span) {
        let mut refuse = |code, message: String| self.out.push(Diagnostic::new(code, span, message));
        if !path.starts_with('/') {
            return refuse(Code::E0103, "the path of a route begins with `/`".to_owned());
        }
        if let Some(end) = path.find(['?', '#']) {
            let rest = path.get(end..).unwrap_or_default();
            return refuse(
                Code::E0103,
                format!("`{rest}` is no part of a path: read `query` for what stands behind `?`"),
            );
        }
        let mut names = HashSet::new();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
        while let Some(segment) = segments.next() {
            let Some(name) = segment.strip_prefix([':', '*']) else { continue };
            if name.is_empty() {
                refuse(Code::E0103, format!("`{segment}` needs a name behind it"));
            } else if !names.insert(name) {
                refuse(Code::E0006, format!("the parameter `{name}` is declared twice"));
            }
            if segment.starts_with('*') && segments.peek().is_some() {
                refuse(
                    Code::E0103,
                    format!("`{segment}` takes the rest of the path, so nothing can follow it"),
                );
            }
        }
    }

    fn add(&mut self, method: &'static str, pattern: String, span: Span) {
        let text = format!("a second answer for {method} {pattern}");
        if let Some(first) = self.known.get(&(method, pattern.clone())) {
            let found = Diagnostic::new(Code::E0007, span, text).label(*first, "the first one");
            self.out.push(found.help("give one of them another path, or leave one out"));
        } else {
            self.known.insert((method, pattern), span);
        }
    }
}

/// The pattern of a page's URL, parameters with their names; none for files that have none.
pub fn url_of(file: &ProjectFile<'_>) -> Option<Arc<str>> {
    if file.role != Role::App {
        return None;
    }
    let path = file.path.strip_prefix("app/")?.strip_suffix(".flin")?;
    let stem = path.rsplit('/').next()?;
    if stem.starts_with('_') {
        return None;
    }
    let path =
        path.strip_suffix("index").filter(|rest| rest.is_empty() || rest.ends_with('/')).unwrap_or(path);
    let segment = |segment: &str| match segment.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(name) => match name.strip_prefix("...") {
            Some(rest) => format!("*{rest}"),
            None => format!(":{name}"),
        },
        None => segment.to_owned(),
    };
    Some(join(path.split('/').map(segment)).into())
}

/// Does the file answer `GET` with its top level? One that puts something out does, and one that answers nothing else.
pub fn is_page(file: &File) -> bool {
    let answers = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Server(server) => {
            matches!(**server, ServerStmt::Route(_) | ServerStmt::Ws(..) | ServerStmt::Sse(..))
        }
        _ => false,
    };
    let stmts = &file.body.stmts;
    stmts.iter().any(outputs) || !stmts.iter().any(answers)
}

fn pattern(path: &str) -> String {
    let segment = |segment: &str| match segment.chars().next() {
        Some(':') => ":".to_owned(),
        Some('*') => "*".to_owned(),
        _ => segment.to_owned(),
    };
    join(path.split('/').map(segment))
}

fn join(segments: impl Iterator<Item = String>) -> String {
    let mut path = String::new();
    for segment in segments.filter(|segment| !segment.is_empty()) {
        path.push('/');
        path.push_str(&segment);
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Is it an output statement, or one that contains one?
pub fn outputs(stmt: &Stmt) -> bool {
    let body = |body: &Body| body.stmts.iter().any(outputs);
    let branch = |branch: &Branch| match branch {
        Branch::Body(inner) => body(inner),
        Branch::Expr(expr) => matches!(expr.kind, ExprKind::Element(_)),
    };
    match &stmt.kind {
        StmtKind::Output(Output::Element(_) | Output::Body(_)) => true,
        StmtKind::Output(Output::Control(control)) => match &control.kind {
            ControlKind::Braced(inner) => body(inner),
            // In a file these hold statements, which may print nothing.
            ControlKind::If { arms, otherwise } => {
                arms.iter().map(|arm| &arm.body).chain(otherwise).any(block_outputs)
            }
            ControlKind::For { body, .. }
            | ControlKind::Each { body, .. }
            | ControlKind::While { body, .. } => block_outputs(body),
        },
        StmtKind::If(choice) => {
            choice.arms.iter().any(|arm| branch(&arm.branch)) || choice.otherwise.as_ref().is_some_and(branch)
        }
        StmtKind::For(stmt) => body(&stmt.body),
        StmtKind::While(stmt) => body(&stmt.body),
        StmtKind::Match(matching) => matching.arms.iter().any(|arm| match &arm.body {
            ArmBody::Body(inner) => body(inner),
            ArmBody::Expr(expr) => matches!(expr.kind, ExprKind::Element(_)),
            ArmBody::Jump(..) => false,
        }),
        StmtKind::Server(server) => matches!(server.as_ref(), ServerStmt::View(inner) if body(inner)),
        _ => false,
    }
}

fn block_outputs(block: &Block) -> bool {
    match block {
        Block::Code(body) => body.stmts.iter().any(outputs),
        Block::Content(_) | Block::Text(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::findings_of;

    #[test]
    fn parameters_differ_only_in_name() {
        let files =
            [("app/users/[id].flin", "route GET { 1 }"), ("app/a.flin", "route GET \"/users/:name/\" { 2 }")];
        insta::assert_snapshot!(findings_of(&files), @r#"
        app/a.flin:1:7: error[E0007]: a second answer for GET /users/:
          help: give one of them another path, or leave one out
          1:7: the first one
        "#);
    }

    #[test]
    fn paths_have_a_form() {
        let routes = "route GET \"a\" { 1 }\nroute GET \"/a/:x/:x\" { 1 }\nroute GET \"/b/*x/c\" { 1 }\nroute GET \"/c/:\" { 1 }\nroute GET \"/d?x=1\" { 1 }";
        insta::assert_snapshot!(findings_of(&[("app/_parts.flin", routes)]), @r#"
        app/_parts.flin:1:11: error[E0103]: the path of a route begins with `/`
        app/_parts.flin:2:11: error[E0006]: the parameter `x` is declared twice
        app/_parts.flin:3:11: error[E0103]: `*x` takes the rest of the path, so nothing can follow it
        app/_parts.flin:4:11: error[E0103]: `:` needs a name behind it
        app/_parts.flin:5:11: error[E0103]: `?x=1` is no part of a path: read `query` for what stands behind `?`
        "#);
        let files = [("app/a/[].flin", "1"), ("app/b/[...rest]/c.flin", "1"), ("app/c/[x]/[x].flin", "1")];
        insta::assert_snapshot!(findings_of(&files), @r"
        app/a/[].flin:1:1: error[E0103]: `:` needs a name behind it
        app/b/[...rest]/c.flin:1:1: error[E0103]: `*rest` takes the rest of the path, so nothing can follow it
        app/c/[x]/[x].flin:1:1: error[E0006]: the parameter `x` is declared twice
        ");
    }

    #[test]
    fn a_page_answers_get_itself() {
        let page = "route GET { 1 }\n<p>hello</p>";
        assert!(findings_of(&[("app/index.flin", page)]).contains("E0007"));
        let form = "route POST { 1 }\nroute GET \"/other\" { 2 }\n<p>hello</p>";
        assert_eq!(findings_of(&[("app/index.flin", form)]), "");
    }

    #[test]
    fn methods_and_literals_tell_routes_apart() {
        let routes = "route GET \"/a\" { 1 }\nroute PUT \"/a\" { 1 }\nroute GET \"/a/:x\" { 1 }\nroute GET \"/a/*x\" { 1 }";
        assert_eq!(findings_of(&[("app/_parts.flin", routes)]), "");
    }
}
