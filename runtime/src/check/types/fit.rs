//! Walks a file and compares what is known at every place where a type is declared (E0003).

use super::super::ProjectFile;
use super::super::names::{Binding, FileNames};
use super::super::routes::outputs;
use super::super::walk::{Visit, Write, walk_expr, walk_function, walk_stmt};
use super::infer::Inference;
use super::variables::Variable;
use super::{Known, Ty};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, Kind, Kinds, Span};
use crate::syntax::tree::*;

/// Reports the mismatches of a file.
pub fn check<'t>(
    known: &Known<'_, 't>,
    file: &ProjectFile<'t>,
    names: &FileNames,
    variables: &[Variable],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let inference = Inference { known, names, variables, file: file.id };
    let mut fit = Fit { inference, results: Vec::new(), entity: None, out: diagnostics };
    fit.body(&file.tree.body);
}

/// The pass over one file.
pub struct Fit<'a, 'k, 't> {
    pub(super) inference: Inference<'a, 'k, 't>,
    /// What the functions around declare to return, innermost last.
    results: Vec<Ty>,
    /// The entity whose fields are declared here.
    entity: Option<u32>,
    pub(super) out: &'a mut Vec<Diagnostic>,
}

impl<'t> Fit<'_, '_, 't> {
    pub(super) const fn known(&self) -> &Known<'_, 't> {
        self.inference.known
    }

    /// Reports a value that can never be of the type that is wanted.
    pub(super) fn expect(&mut self, wanted: &Ty, value: &'t Expr, what: &str) {
        let found = self.inference.of(value);
        if found.never_fits(wanted) {
            self.mismatch(wanted, &found, value.span, what);
        }
    }

    fn mismatch(&mut self, wanted: &Ty, found: &Ty, span: Span, what: &str) {
        let (wanted, found) = (self.known().show(wanted), self.known().show(found));
        self.out.push(Diagnostic::new(
            Code::E0003,
            span,
            format!("{what} is `{wanted}`, but this is `{found}`"),
        ));
    }

    /// A field takes what saving converts: text for a time or a variant, an id for a reference; and none, until it is saved.
    fn expect_field(&mut self, wanted: &Ty, value: &'t Expr, name: &str) {
        let mut kinds = wanted.kinds();
        if kinds.has(Kind::Time) || kinds.has(Kind::Variant) {
            kinds = kinds.or(Kinds::of(&[Kind::Text]));
        }
        if kinds.has(Kind::Entity) {
            kinds = kinds.or(Kinds::of(&[Kind::Int]));
        }
        let converted = Ty::of(kinds.or(Kinds::of(&[Kind::None])));
        let found = self.inference.of(value);
        if found.never_fits(wanted) && found.never_fits(&converted) {
            self.mismatch(wanted, &found, value.span, &format!("the field `{name}`"));
        }
    }

    fn construct(&mut self, construct: &'t Construct) {
        let entity = match self.inference.binding(&construct.name) {
            Some(Binding::Entity(index)) => *index,
            Some(Binding::Unknown) | None => return,
            Some(_) => {
                let text = format!("`{}` is no entity and cannot be built with fields", construct.name.text);
                self.out.push(Diagnostic::new(Code::E0003, construct.name.span, text));
                return;
            }
        };
        for entry in &construct.entries {
            let (name, value) = match entry {
                MapEntry::Pair(MapKey::Word(name), value) => (name, Some(value)),
                MapEntry::Shorthand(name) => (name, None),
                MapEntry::Pair(..) | MapEntry::Spread(_) => continue,
            };
            match (self.known().field(entity, &name.text), value) {
                (Some(wanted), Some(value)) => self.expect_field(&wanted, value, &name.text),
                (Some(_), None) => {}
                (None, _) => self.unknown_field(entity, name),
            }
        }
    }

    fn place(&mut self, step: &'t AssignStep, value: Option<&'t Expr>) {
        let ExprKind::Postfix(postfix) = &step.place.kind else { return };
        let mut owner = Ty::Any;
        let last = postfix.ops.len().saturating_sub(1);
        self.inference.postfix(postfix, |at, ty| {
            if at == last {
                owner = ty.clone();
            }
        });
        let (Ty::Entity(entity), Some(PostfixOp { kind: PostfixKind::Member(name), .. })) =
            (owner, postfix.ops.last())
        else {
            return;
        };
        if let (Some(wanted), Some(value)) = (self.known().field(entity, &name.text), value) {
            self.expect_field(&wanted, value, &name.text);
        }
    }

    /// A stage is called with one argument more than is written.
    fn pipeline(&mut self, pipeline: &'t Pipeline) {
        self.expr(&pipeline.first);
        for stage in &pipeline.stages {
            match &stage.kind {
                ExprKind::Postfix(postfix) => {
                    self.check_members(postfix);
                    self.check_stage(postfix);
                    walk_expr(self, stage);
                }
                _ => self.expr(stage),
            }
        }
    }

    fn variable(&mut self, name: &Name, value: &'t Expr) {
        let Some(id) = self.inference.names.bindings.get(&name.id) else { return };
        let Some(variable) = self.inference.variables.get(to_usize(id.0)) else { return };
        if variable.declared {
            self.expect(&variable.ty, value, &format!("`{}`", name.text));
        }
    }

    fn field(&mut self, field: &'t Field) {
        let Some(entity) = self.entity else { return };
        let Some(wanted) = self.known().field(entity, &field.name.text) else { return };
        if let Some(default) = &field.default {
            self.expect_field(&wanted, default, &field.name.text);
        }
    }
}

impl<'t> Visit<'t> for Fit<'_, '_, 't> {
    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        if let Write::Set(Some(value)) | Write::Declare(_, value) = write {
            self.variable(name, value);
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Construct(construct) => self.construct(construct),
            ExprKind::Postfix(postfix) => {
                self.check_members(postfix);
                self.check_first_call(postfix);
            }
            ExprKind::Pipeline(pipeline) => return self.pipeline(pipeline),
            ExprKind::Assign(assign) => {
                for (at, step) in assign.steps.iter().enumerate() {
                    let rest = assign.steps.get(at..).unwrap_or_default();
                    let set = rest.len() <= 2 && rest.iter().all(|step| step.op == AssignOp::Set);
                    self.place(step, Some(&assign.value).filter(|_| set));
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        if let StmtKind::Entity(entity) = &stmt.kind {
            let outer = self.entity;
            let index = self.known().names.entities.iter().position(|name| *name == entity.name.text);
            self.entity = index.and_then(|index| u32::try_from(index).ok());
            entity.fields().for_each(|field| self.field(field));
            self.entity = outer;
        }
        walk_stmt(self, stmt);
    }

    fn matching(&mut self, matching: &'t Match) {
        self.check_cover(matching);
        super::super::walk::walk_match(self, matching);
    }

    fn variant_pattern(&mut self, pattern: &'t Pattern, _enumeration: Option<&'t Name>, name: &'t Name) {
        self.check_payload_pattern(pattern, name);
    }

    fn jump(&mut self, jump: &'t Jump, _span: Span) {
        if let (Jump::Return(Some(value)), Some(wanted)) = (jump, self.results.last().cloned()) {
            self.expect(&wanted, value, "the declared result");
        }
        if let Jump::Return(Some(value)) | Jump::Throw(value) = jump {
            self.expr(value);
        }
    }

    fn function(&mut self, function: &'t Function) {
        let file = self.inference.file;
        for param in &function.params {
            if let (Some(ty), Some(default)) = (&param.ty, &param.default) {
                let wanted = self.known().declared(ty, file);
                self.expect(&wanted, default, "the parameter");
            }
        }
        let result = function.result.as_ref().map_or(Ty::Any, |result| self.known().declared(result, file));
        match &function.body {
            FunctionBody::Expr(value) => self.expect(&result, value, "the declared result"),
            FunctionBody::Body(body) => {
                // A body that renders something yields that instead.
                let renders = body.stmts.iter().any(outputs);
                if let (Some(Stmt { kind: StmtKind::Expr(value), .. }), false) = (body.stmts.last(), renders)
                {
                    self.expect(&result, value, "the declared result");
                }
            }
        }
        self.results.push(result);
        walk_function(self, function);
        self.results.pop();
    }
}
