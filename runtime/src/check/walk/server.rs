//! Server statements and entities: what they hold runs apart from the file's top level.

use super::{Visit, walk_args};
use crate::syntax::tree::*;

/// Visits what a server statement holds.
pub fn walk_server<'t, V: Visit<'t>>(visit: &mut V, stmt: &'t ServerStmt) {
    match stmt {
        ServerStmt::Route(Route { body, .. })
        | ServerStmt::Middleware(body)
        | ServerStmt::Ws(_, body)
        | ServerStmt::Sse(_, body)
        | ServerStmt::Every(Every { body, .. })
        | ServerStmt::Cron(_, body)
        | ServerStmt::Test(_, body)
        | ServerStmt::Lifecycle(_, body) => {
            visit.open_unit();
            visit.body(body);
            visit.close_unit();
        }
        ServerStmt::View(body) => visit.body(body),
        ServerStmt::Guards(guards) => {
            visit.open_unit();
            for args in guards.guards.iter().filter_map(|guard| guard.args.as_ref()) {
                walk_args(visit, args);
            }
            visit.close_unit();
        }
        ServerStmt::Validate(fields) => fields.iter().for_each(|field| walk_field(visit, field)),
    }
}

/// Visits the fields and decorators of an entity.
pub fn walk_entity<'t, V: Visit<'t>>(visit: &mut V, entity: &'t EntityDecl) {
    for member in &entity.members {
        match member {
            EntityMember::Field(field) => walk_field(visit, field),
            EntityMember::Decorator(decorator) => visit.decorator(decorator),
        }
    }
}

/// Visits a field's type, default and decorators.
fn walk_field<'t, V: Visit<'t>>(visit: &mut V, field: &'t Field) {
    visit.ty(&field.ty);
    if let Some(default) = &field.default {
        visit.open_unit();
        visit.expr(default);
        visit.close_unit();
    }
    field.decorators.iter().for_each(|decorator| visit.decorator(decorator));
}

/// Visits the arguments of a decorator.
pub fn walk_decorator<'t, V: Visit<'t>>(visit: &mut V, decorator: &'t Decorator) {
    if let Some(args) = &decorator.args {
        visit.open_unit();
        walk_args(visit, args);
        visit.close_unit();
    }
}
