//! What declarations say beyond their names: fields, decorators, guards, schedules, tests.

mod decorator;
mod guard;

use super::ProjectFile;
use super::names::{Binding, FileNames};
use super::walk::{Visit, walk_decorator, walk_server, walk_stmt};
use crate::base::cron::Expression;
use crate::base::guard::{Guard, off};
use crate::base::{Code, Diagnostic, Span};
use crate::syntax::tree::*;
use decorator::Owner;
use std::collections::HashMap;

/// Jobs run at most once a second.
const INTERVAL_MS_MIN: i64 = 1000;

/// Reports what is wrong with the declarations of a file.
pub fn check(file: &ProjectFile<'_>, names: &FileNames, diagnostics: &mut Vec<Diagnostic>) {
    let mut declarations = Declarations {
        names,
        owner: Owner::Validate,
        fields: HashMap::new(),
        tests: HashMap::new(),
        out: diagnostics,
    };
    declarations.body(&file.tree.body);
}

struct Declarations<'a, 't> {
    names: &'a FileNames,
    /// What the decorators at hand stand on.
    owner: Owner<'t>,
    /// Fields of the entity at hand.
    fields: HashMap<&'t str, Span>,
    tests: HashMap<&'t str, Span>,
    out: &'a mut Vec<Diagnostic>,
}

impl<'t> Declarations<'_, 't> {
    fn field_names(&mut self, fields: impl Iterator<Item = &'t Field>, is_entity: bool) {
        self.fields.clear();
        for field in fields {
            let name = &field.name;
            if is_entity && super::names::AUTOMATIC_FIELDS.contains(&&*name.text) {
                let text = format!("every entity has the field `{}` already", name.text);
                self.out.push(Diagnostic::new(Code::E0006, name.span, text).help("leave it out"));
            }
            if let Some(first) = self.fields.insert(&name.text, name.span) {
                let text = format!("the field `{}` is declared twice", name.text);
                self.out
                    .push(Diagnostic::new(Code::E0006, name.span, text).label(first, "first declared here"));
            }
        }
    }

    /// The store keeps data: what runs, is drawn or lives in one execution has no place in it.
    fn storable(&mut self, ty: &Type) {
        const NEVER: &[&str] = &[
            "function", "view", "error", "duration", "bytes", "range", "regex", "query", "response", "client",
        ];
        match &ty.kind {
            TypeKind::Optional(inner) | TypeKind::List(inner) => self.storable(inner),
            TypeKind::Named { name, .. } if NEVER.contains(&&*name.text) => self.unstorable(name, ty.span),
            TypeKind::Function { .. } => {
                let text = "an entity cannot store a function";
                self.out.push(Diagnostic::new(Code::E0003, ty.span, text));
            }
            TypeKind::Named { .. } | TypeKind::Map(..) | TypeKind::Union(_) => {}
        }
    }

    fn unstorable(&mut self, name: &Name, span: Span) {
        let found = Diagnostic::new(Code::E0003, span, format!("an entity cannot store `{}`", name.text));
        self.out
            .push(found.help("use int, number, text, bool, time, map, an enum, an entity or lists of these"));
    }

    fn test(&mut self, name: &'t StaticText) {
        if let Some(first) = self.tests.insert(&name.text, name.span) {
            let text = format!("two tests of this file are called \"{}\"", name.text);
            self.out.push(Diagnostic::new(Code::E0006, name.span, text).label(first, "the first one"));
        }
    }

    fn job(&mut self, every: &Every) {
        if every.interval_ms < INTERVAL_MS_MIN && !off(Guard::JobInterval) {
            let text = "a job runs at most once a second";
            self.out.push(Diagnostic::new(Code::E0009, every.interval_span, text).help("write `1s` or more"));
        }
    }

    fn schedule(&mut self, expression: &StaticText) {
        if let Err(fault) = Expression::parse(&expression.text) {
            let found =
                Diagnostic::new(Code::E0009, expression.span, format!("bad cron expression: {fault}"));
            self.out.push(found.help("write five fields: minute, hour, day of month, month, day of week"));
        }
    }

    /// The entity that a type refers to, and whether the reference may be none; `None` where that is not known.
    fn reference(&self, ty: &Type) -> Option<Reference> {
        match &ty.kind {
            TypeKind::Optional(inner) => match self.reference(inner)? {
                Reference::Required => Some(Reference::Optional),
                other => Some(other),
            },
            TypeKind::List(inner) => match self.reference(inner)? {
                Reference::None => Some(Reference::None),
                Reference::Required | Reference::Optional => Some(Reference::Optional),
            },
            TypeKind::Named { name, .. } => match self.names.uses.get(&name.id).map(Vec::as_slice) {
                Some([Binding::Entity(_)]) => Some(Reference::Required),
                Some([Binding::Enum(_)]) | None => Some(Reference::None),
                Some(_) => None,
            },
            TypeKind::Map(..) | TypeKind::Function { .. } => Some(Reference::None),
            TypeKind::Union(_) => None,
        }
    }
}

/// Does a field refer to an entity, and may it be without one?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reference {
    None,
    Required,
    Optional,
}

impl<'t> Visit<'t> for Declarations<'_, 't> {
    fn entity(&mut self, entity: &'t EntityDecl) {
        self.field_names(entity.fields(), true);
        for member in &entity.members {
            match member {
                EntityMember::Field(field) => {
                    self.storable(&field.ty);
                    self.owner = Owner::Field(field);
                    field.decorators.iter().for_each(|decorator| self.decorator(decorator));
                }
                EntityMember::Decorator(decorator) => {
                    self.owner = Owner::Entity;
                    self.decorator(decorator);
                }
            }
        }
        self.owner = Owner::Validate;
    }

    fn decorator(&mut self, decorator: &'t Decorator) {
        self.check_decorator(decorator);
        walk_decorator(self, decorator);
    }

    fn server(&mut self, stmt: &'t ServerStmt) {
        match stmt {
            ServerStmt::Validate(fields) => self.field_names(fields.iter(), false),
            ServerStmt::Guards(guards) => {
                guards.guards.iter().for_each(|guard| guard::check(guard, self.out));
            }
            ServerStmt::Every(every) => self.job(every),
            ServerStmt::Cron(expression, _) => self.schedule(expression),
            ServerStmt::Test(name, _) => self.test(name),
            _ => {}
        }
        walk_server(self, stmt);
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        if let StmtKind::Enum(decl) = &stmt.kind {
            for variant in &decl.variants {
                let mut seen = HashMap::new();
                for name in variant.payload.iter().filter_map(|payload| payload.name.as_ref()) {
                    if let Some(first) = seen.insert(&*name.text, name.span) {
                        let text = format!("`{}` carries `{}` twice", variant.name.text, name.text);
                        self.out
                            .push(Diagnostic::new(Code::E0006, name.span, text).label(first, "first here"));
                    }
                }
            }
        }
        walk_stmt(self, stmt);
    }
}
