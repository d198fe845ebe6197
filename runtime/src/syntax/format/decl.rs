//! Declarations and statements of the server.

use super::Printer;
use crate::base::Span;
use crate::syntax::tree::*;
use std::collections::HashSet;

impl Printer<'_> {
    pub(super) fn entity(&mut self, entity: &EntityDecl, whole: Span) {
        self.put("entity ");
        self.put(&entity.name.text);
        self.put(" ");
        let place = |member: &EntityMember| match member {
            EntityMember::Field(field) => field.span,
            EntityMember::Decorator(decorator) => decorator.span,
        };
        // A decorator of the entity behind a field needs a line of its own.
        let plain = entity.decorators().next().is_none();
        let parted = parted_by_comma(&entity.members);
        let rest = Span { start: entity.name.span.end, ..whole };
        self.members(&entity.members, place, (rest, plain), |printer, member| match member {
            EntityMember::Field(field) => {
                printer.field(field);
                if parted.contains(&field.id) {
                    printer.put(",");
                }
            }
            EntityMember::Decorator(decorator) => printer.decorator(decorator),
        });
    }

    /// Items in braces: on one line where the author had them so, and it may be.
    fn members<T>(
        &mut self,
        items: &[T],
        place: impl Fn(&T) -> Span,
        (rest, may_join): (Span, bool),
        print: impl Fn(&mut Self, &T),
    ) {
        self.put("{");
        if may_join && self.on_one_line(rest) && !self.has_comment_before(rest.end) {
            for (at, item) in items.iter().enumerate() {
                self.put(if at == 0 { " " } else { ", " });
                print(self, item);
            }
            self.put(if items.is_empty() { "}" } else { " }" });
            return;
        }
        self.read = rest.start;
        let end = rest.end.saturating_sub(1);
        self.indented(|printer| printer.lines(items, place, (end, ""), print));
        self.newline();
        self.put("}");
    }

    fn field(&mut self, field: &Field) {
        self.put(&field.name.text);
        self.put(": ");
        self.ty(&field.ty);
        if let Some(default) = &field.default {
            self.put(" = ");
            self.expr(default);
        }
        for decorator in &field.decorators {
            self.put(" ");
            self.decorator(decorator);
        }
    }

    fn decorator(&mut self, decorator: &Decorator) {
        self.put("@");
        self.put(&decorator.name.text);
        if let Some(args) = &decorator.args {
            self.args(args);
        }
    }

    pub(super) fn enumeration(&mut self, parts: &EnumDecl, whole: Span) {
        self.put("enum ");
        self.put(&parts.name.text);
        self.type_params(&parts.type_params);
        self.put(" ");
        let rest = Span { start: parts.name.span.end, ..whole };
        self.members(
            &parts.variants,
            |variant| variant.span,
            (rest, true),
            |printer, variant| {
                printer.put(&variant.name.text);
                for (at, value) in variant.payload.iter().enumerate() {
                    printer.put(if at == 0 { "(" } else { ", " });
                    if let Some(name) = &value.name {
                        printer.put(&name.text);
                        printer.put(": ");
                    }
                    printer.ty(&value.ty);
                }
                if !variant.payload.is_empty() {
                    printer.put(")");
                }
            },
        );
    }

    pub(super) fn server(&mut self, stmt: &ServerStmt, whole: Span) {
        match stmt {
            ServerStmt::Route(route) => {
                self.put("route ");
                self.put(route.method.name());
                self.path(route.path.as_ref());
                self.put(" ");
                self.body(&route.body);
            }
            ServerStmt::Guards(guards) if guards.braced => {
                self.put("guards ");
                let start = whole.start.saturating_add(6);
                let rest = Span { start, ..whole };
                self.members(&guards.guards, |guard| guard.span, (rest, true), Self::guard);
            }
            ServerStmt::Guards(guards) => {
                for (at, guard) in guards.guards.iter().enumerate() {
                    self.put(if at == 0 { "guard " } else { ", " });
                    self.guard(guard);
                }
            }
            ServerStmt::Validate(fields) => {
                self.put("validate ");
                let start = whole.start.saturating_add(8);
                self.members(fields, |field| field.span, (Span { start, ..whole }, true), Self::field);
            }
            ServerStmt::Middleware(body) => self.titled("middleware", None, body),
            ServerStmt::Ws(path, body) => self.titled("ws", path.as_ref(), body),
            ServerStmt::Sse(path, body) => self.titled("sse", path.as_ref(), body),
            ServerStmt::Every(every) => {
                self.put("every ");
                self.verbatim(every.interval_span);
                self.put(" ");
                self.body(&every.body);
            }
            ServerStmt::Cron(schedule, body) => self.titled("cron", Some(schedule), body),
            ServerStmt::Test(name, body) => self.titled("test", Some(name), body),
            ServerStmt::View(body) => self.titled("view", None, body),
            ServerStmt::Lifecycle(LifecycleEvent::Mount, body) => self.titled("onMount", None, body),
            ServerStmt::Lifecycle(LifecycleEvent::Unmount, body) => self.titled("onUnmount", None, body),
            ServerStmt::Lifecycle(LifecycleEvent::Destroy, body) => self.titled("onDestroy", None, body),
        }
    }

    fn titled(&mut self, word: &str, title: Option<&StaticText>, body: &Body) {
        self.put(word);
        self.path(title);
        self.put(" ");
        self.body(body);
    }

    fn path(&mut self, path: Option<&StaticText>) {
        if let Some(path) = path {
            self.put(" ");
            self.verbatim(path.span);
        }
    }

    fn guard(&mut self, guard: &Guard) {
        self.put(&guard.name.text);
        if let Some(args) = &guard.args {
            self.args(args);
        }
        if let Some(value) = &guard.value {
            self.put(": ");
            self.put(&value.text);
        }
    }
}

/// The fields before a decorator of the entity that, on a line of its own, would be read as one of the field.
fn parted_by_comma(members: &[EntityMember]) -> HashSet<NodeId> {
    let before = |pair: &[EntityMember]| match pair {
        [EntityMember::Field(field), EntityMember::Decorator(after)] => {
            let of_entity = after.args.is_some() && matches!(&*after.name.text, "unique" | "index");
            (!of_entity).then_some(field.id)
        }
        _ => None,
    };
    members.windows(2).filter_map(before).collect()
}
