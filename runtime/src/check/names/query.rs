//! Which variables hold a query of an entity, by their assignments alone; and the bare field names that its methods take.

use super::super::walk::{Visit, Write, walk_args};
use super::globals::{Entity, Globals};
use super::resolver::{Resolver, Row, Runs};
use super::{Binding, VariableKind};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::tree::*;
use std::collections::HashMap;

/// Give a query from a query.
pub const BUILDERS: &[&str] = &["all", "where", "order", "limit", "offset", "with_deleted", "only_deleted"];
/// Take fields by their bare names.
pub const FIELD_METHODS: &[&str] = &["where", "order", "sum", "min", "max", "avg"];

/// What the arguments at hand are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// A condition: fields and anything else.
    Condition,
    /// A field and a direction.
    Order,
    /// A field.
    Aggregate,
}

/// For each name of a file, the entity that every assignment to it queries.
pub fn variables<'t>(file: &'t File, globals: &Globals<'t>) -> HashMap<&'t str, Option<u32>> {
    let mut queries = Queries { globals, found: HashMap::new() };
    queries.body(&file.body);
    queries.found
}

struct Queries<'a, 't> {
    globals: &'a Globals<'t>,
    found: HashMap<&'t str, Option<u32>>,
}

impl<'t> Visit<'t> for Queries<'_, 't> {
    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        let entity = match write {
            Write::Set(Some(value)) => self.queried(value),
            _ => None,
        };
        let known = self.found.entry(&name.text).or_insert(entity);
        if *known != entity {
            *known = None;
        }
    }
}

/// Does the operation keep a query a query?
fn builds(op: &PostfixOp) -> bool {
    match &op.kind {
        PostfixKind::Member(name) => BUILDERS.contains(&&*name.text),
        PostfixKind::Call(_) => true,
        _ => false,
    }
}

impl Queries<'_, '_> {
    /// `Entity.all.where(…)` and the like.
    fn queried(&self, value: &Expr) -> Option<u32> {
        let ExprKind::Postfix(postfix) = &value.kind else { return None };
        let ExprKind::Name(base) = &postfix.base.kind else { return None };
        match self.globals.names.get(&*base.text).map(|global| &global.binding) {
            Some(Binding::Entity(index)) if postfix.ops.iter().all(builds) => Some(*index),
            _ => None,
        }
    }
}

impl<'a, 't> Resolver<'a, 't> {
    /// The entity that the base of an expression names or holds a query of.
    pub(super) fn queried(&self, base: &Expr) -> Option<&'a Entity<'t>> {
        let ExprKind::Name(name) = &base.kind else { return None };
        let index = match self.out.uses.get(&name.id)?.as_slice() {
            [Binding::Entity(index)] => *index,
            [Binding::Variable(id)] => {
                let variable = self.out.variables.get(to_usize(id.0))?;
                let is_assigned = variable.kind == VariableKind::Assigned;
                self.queries.get(&*name.text).copied().flatten().filter(|_| is_assigned)?
            }
            _ => return None,
        };
        self.around.globals.entities.get(to_usize(index))
    }

    /// The entity that a whole expression queries.
    pub(super) fn queried_by(&self, expr: &Expr) -> Option<&'a Entity<'t>> {
        match &expr.kind {
            ExprKind::Postfix(postfix) if postfix.ops.iter().all(builds) => self.queried(&postfix.base),
            _ => self.queried(expr),
        }
    }

    /// Arguments that may name fields. Where the receiver is not known, only a condition can be nothing else.
    pub(super) fn resolve_field_args(
        &mut self,
        method: &Name,
        args: &'t Args,
        entity: Option<&'a Entity<'t>>,
    ) {
        let clause = match &*method.text {
            "where" => Clause::Condition,
            "order" => Clause::Order,
            _ => Clause::Aggregate,
        };
        let row = match entity {
            Some(entity) => Row::Of(entity),
            None if clause == Clause::Condition => Row::Unknown,
            None => return walk_args(self, args),
        };
        for (at, arg) in args.args.iter().enumerate() {
            if let ExprKind::Function(_) = &arg.value.kind {
                if clause == Clause::Condition {
                    self.out.conditions.insert(arg.value.id, false);
                }
                self.expr(&arg.value);
            } else if clause == Clause::Condition && self.is_variable(row, &arg.value) {
                // A condition that was made elsewhere.
                self.expr(&arg.value);
            } else {
                if let (Row::Of(entity), true) = (row, at == 0 && clause != Clause::Condition) {
                    self.check_quoted_field(entity, &arg.value);
                }
                let outer = std::mem::replace(&mut self.clause, clause);
                let is_condition = clause == Clause::Condition;
                let runs = if is_condition { Runs::AsFunction } else { Runs::InPlace };
                self.with_row(row, &arg.value, runs);
                self.clause = outer;
            }
        }
    }

    /// Is it the name of a variable, and of no field?
    fn is_variable(&self, row: Row<'_, '_>, value: &Expr) -> bool {
        let ExprKind::Name(name) = &value.kind else { return false };
        let is_field = matches!(row, Row::Of(entity) if entity.has(&name.text));
        !is_field && self.sees_variable(&name.text)
    }

    fn check_quoted_field(&mut self, entity: &Entity<'t>, value: &Expr) {
        let ExprKind::Text(template) = &value.kind else { return };
        let Some(name) = template.as_static() else { return };
        if !entity.has(&name) {
            let found = no_field(entity, &name, Diagnostic::new(Code::E0002, value.span, ""));
            self.diagnostics.push(found);
        }
    }
}

/// The finding for a field that an entity does not have.
pub fn no_field(entity: &Entity<'_>, name: &str, mut found: Diagnostic) -> Diagnostic {
    found.message = format!("the entity `{}` has no field `{name}`", entity.decl.name.text);
    found.suggest(name, entity.fields.keys().copied().chain(super::AUTOMATIC_FIELDS.iter().copied()))
}
