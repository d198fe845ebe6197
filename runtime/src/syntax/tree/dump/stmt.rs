//! Statements and declarations.

use super::Dump;
use crate::syntax::tree::*;

impl Dump {
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Output(Output::Element(element)) => self.node("output", |d| d.element(element)),
            StmtKind::Output(Output::Control(control)) => self.node("output", |d| d.control(control)),
            StmtKind::Output(Output::Body(body)) => self.node("output body", |d| d.body(body)),
            StmtKind::VarDecl(decl) => self.node(format_args!("var {}", decl.name.text), |d| {
                d.ty(&decl.ty);
                d.expr(&decl.value);
            }),
            StmtKind::Destructure(parts) => self.node("destructure", |d| {
                d.target(&parts.target);
                d.expr(&parts.value);
            }),
            StmtKind::Function(function) => self.function(function),
            StmtKind::If(parts) => self.node("statement", |d| d.if_(parts)),
            StmtKind::For(parts) => self.node("for", |d| {
                d.for_head(&parts.head);
                d.body(&parts.body);
            }),
            StmtKind::While(parts) => self.node("while", |d| {
                d.expr(&parts.condition);
                d.body(&parts.body);
            }),
            StmtKind::Match(parts) => self.node("statement", |d| d.match_(parts)),
            StmtKind::TryCatch(parts) => self.node("statement", |d| d.try_catch(parts)),
            StmtKind::Jump(jump) => self.jump(jump),
            StmtKind::Emit(emit) => self.node("emit", |d| {
                d.expr(&emit.value);
                if let Some(name) = &emit.name {
                    d.node("as", |d| d.template(name));
                }
            }),
            StmtKind::Wait(expr) => self.node("wait", |d| d.expr(expr)),
            StmtKind::Assert(assert) => self.node("assert", |d| {
                d.expr(&assert.condition);
                if let Some(note) = &assert.note {
                    d.node("note", |d| d.expr(note));
                }
            }),
            StmtKind::Entity(entity) => self.entity(entity),
            StmtKind::Enum(parts) => self.enumeration(parts),
            StmtKind::TypeAlias(alias) => {
                self.node(format_args!("type {}", alias.name.text), |d| d.ty(&alias.ty));
            }
            StmtKind::Import => self.line("import"),
            StmtKind::Server(stmt) => self.server(stmt),
            StmtKind::On(on) => {
                self.node(format_args!("on {}", on.event.name()), |d| d.function(&on.function));
            }
            StmtKind::Error => self.line("error"),
        }
    }

    pub(super) fn jump(&mut self, jump: &Jump) {
        match jump {
            Jump::Return(None) => self.line("return"),
            Jump::Return(Some(value)) => self.node("return", |d| d.expr(value)),
            Jump::Break => self.line("break"),
            Jump::Continue => self.line("continue"),
            Jump::Throw(value) => self.node("throw", |d| d.expr(value)),
        }
    }

    pub(super) fn for_head(&mut self, head: &ForHead) {
        match head {
            ForHead::In { target, position, subject } => self.node("in", |d| {
                d.target(target);
                if let Some(position) = position {
                    d.line(format_args!("position {}", position.text));
                }
                d.expr(subject);
            }),
            ForHead::Steps { start, condition, step } => self.node("steps", |d| {
                d.expr(start);
                d.expr(condition);
                d.expr(step);
            }),
        }
    }

    fn entity(&mut self, entity: &EntityDecl) {
        self.node(format_args!("entity {}", entity.name.text), |d| {
            for member in &entity.members {
                match member {
                    EntityMember::Field(field) => d.field(field),
                    EntityMember::Decorator(decorator) => d.decorator(decorator),
                }
            }
        });
    }

    fn field(&mut self, field: &Field) {
        self.node(format_args!("field {}", field.name.text), |d| {
            d.ty(&field.ty);
            if let Some(default) = &field.default {
                d.node("default", |d| d.expr(default));
            }
            for decorator in &field.decorators {
                d.decorator(decorator);
            }
        });
    }

    fn decorator(&mut self, decorator: &Decorator) {
        self.node(format_args!("@{}", decorator.name.text), |d| d.optional_args(decorator.args.as_ref()));
    }

    fn optional_args(&mut self, args: Option<&Args>) {
        if let Some(args) = args {
            self.node("args", |d| d.args(args));
        }
    }

    fn enumeration(&mut self, parts: &EnumDecl) {
        self.node(format_args!("enum {}", parts.name.text), |d| {
            d.names("type parameters", &parts.type_params);
            for variant in &parts.variants {
                d.node(format_args!("variant {}", variant.name.text), |d| {
                    for value in &variant.payload {
                        d.node(
                            format_args!("payload {}", value.name.as_ref().map_or("-", |name| &name.text)),
                            |d| {
                                d.ty(&value.ty);
                            },
                        );
                    }
                });
            }
        });
    }

    pub(super) fn names(&mut self, label: &str, names: &[Name]) {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
            self.line(format_args!("{label} {}", names.join(" ")));
        }
    }

    fn server(&mut self, stmt: &ServerStmt) {
        let path =
            |path: &Option<StaticText>| path.as_ref().map_or_else(|| "-".into(), |path| path.text.clone());
        match stmt {
            ServerStmt::Route(route) => {
                let label = format!("route {} {:?}", route.method.name(), path(&route.path));
                self.node(label, |d| d.body(&route.body));
            }
            ServerStmt::Guards(guards) => self.node(format_args!("guards braced={}", guards.braced), |d| {
                for guard in &guards.guards {
                    let value = guard.value.as_ref().map_or("-", |value| &value.text);
                    d.node(format_args!("guard {} {value}", guard.name.text), |d| {
                        d.optional_args(guard.args.as_ref());
                    });
                }
            }),
            ServerStmt::Validate(fields) => {
                self.node("validate", |d| fields.iter().for_each(|field| d.field(field)));
            }
            ServerStmt::Middleware(body) => self.node("middleware", |d| d.body(body)),
            ServerStmt::Ws(at, body) => self.node(format_args!("ws {:?}", path(at)), |d| d.body(body)),
            ServerStmt::Sse(at, body) => self.node(format_args!("sse {:?}", path(at)), |d| d.body(body)),
            ServerStmt::Every(every) => {
                self.node(format_args!("every {}ms", every.interval_ms), |d| d.body(&every.body));
            }
            ServerStmt::Cron(schedule, body) => {
                self.node(format_args!("cron {:?}", schedule.text), |d| d.body(body));
            }
            ServerStmt::Test(name, body) => self.node(format_args!("test {:?}", name.text), |d| d.body(body)),
            ServerStmt::View(body) => self.node("view", |d| d.body(body)),
            ServerStmt::Lifecycle(event, body) => self.node(format_args!("{event:?}"), |d| d.body(body)),
        }
    }
}
