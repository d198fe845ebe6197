//! Names before a dot, and bare field names in the conditions of queries and checks.

use super::super::walk::{Visit, walk_args, walk_decorator, walk_expr, walk_ops};
use super::Binding;
use super::query::{BUILDERS, Clause, FIELD_METHODS};
use super::resolver::{Resolver, Runs};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::tree::*;

impl<'t> Resolver<'_, 't> {
    /// Resolves an expression.
    pub(super) fn resolve_expr(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Postfix(postfix) => match (&postfix.base.kind, postfix.ops.first()) {
                (_, Some(PostfixOp { kind: PostfixKind::Increment | PostfixKind::Decrement, .. })) => {
                    walk_expr(self, expr);
                }
                (ExprKind::Name(name), Some(PostfixOp { kind: PostfixKind::Member(member), .. })) => {
                    self.resolve_before_dot(name, member);
                    self.resolve_ops(postfix);
                }
                (base, op) => {
                    self.expr(&postfix.base);
                    if let (ExprKind::Name(callee), Some(PostfixOp { kind: PostfixKind::Call(_), .. })) =
                        (base, op)
                    {
                        self.warn_if_callee_hides(callee);
                    }
                    self.resolve_ops(postfix);
                }
            },
            ExprKind::Pipeline(pipeline) => self.resolve_pipeline(pipeline),
            _ => walk_expr(self, expr),
        }
    }

    /// `query |> where(cond)` is `query.where(cond)`.
    fn resolve_pipeline(&mut self, pipeline: &'t Pipeline) {
        self.expr(&pipeline.first);
        let mut entity = self.queried_by(&pipeline.first);
        for stage in &pipeline.stages {
            let (method, args) = match &stage.kind {
                ExprKind::Name(name) => (Some(name), None),
                ExprKind::Postfix(postfix) => match (&postfix.base.kind, postfix.ops.as_slice()) {
                    (ExprKind::Name(name), [PostfixOp { kind: PostfixKind::Call(args), .. }]) => {
                        (Some(name), Some(args))
                    }
                    _ => (None, None),
                },
                _ => (None, None),
            };
            match (method, args) {
                (Some(method), Some(args)) if self.takes_fields(method) => {
                    self.read(method);
                    self.resolve_field_args(method, args, entity);
                }
                _ => self.expr(stage),
            }
            if let (Some(callee), ExprKind::Name(_)) = (method, &stage.kind) {
                self.warn_if_callee_hides(callee);
            }
            entity = entity.filter(|_| method.is_some_and(|method| BUILDERS.contains(&&*method.text)));
        }
    }

    /// Is it the bare name of a query's method, and nothing else?
    fn takes_fields(&mut self, method: &Name) -> bool {
        FIELD_METHODS.contains(&&*method.text) && self.declared_candidates(&method.text).0.is_empty()
    }

    /// `name.member`: a built-in such as `Math.floor`, an enum's variant, or a member of a value.
    fn resolve_before_dot(&mut self, name: &'t Name, member: &'t Name) {
        let (found, _) = self.declared_candidates(&name.text);
        if let [Binding::Enum(index)] = found.as_slice() {
            let variants = self.around.globals.variants_of.get(to_usize(*index));
            if let Some(variant) = variants.and_then(|variants| variants.get(&*member.text)) {
                self.out.uses.insert(member.id, vec![Binding::Variant(*index, *variant)]);
            }
        }
        let space = self.around.index.namespace(&name.text).filter(|_| found.is_empty());
        let Some(space) = space else { return self.read(name) };
        if let Some(native) = space.get(&*member.text) {
            self.out.uses.insert(name.id, vec![Binding::Namespace]);
            self.out.uses.insert(member.id, vec![Binding::Native(*native)]);
            return;
        }
        if !self.candidates(&name.text).is_empty() {
            return self.read(name);
        }
        self.out.uses.insert(name.id, vec![Binding::Unknown]);
        let text = format!("`{}` has no `{}`", name.text, member.text);
        let found = Diagnostic::new(Code::E0002, member.span, text);
        self.diagnostics.push(found.suggest(&member.text, space.keys().copied()));
    }

    fn resolve_ops(&mut self, postfix: &'t Postfix) {
        let entity = self.queried(&postfix.base);
        let mut is_query = entity.is_some();
        let mut method: Option<&Name> = None;
        for op in &postfix.ops {
            match &op.kind {
                PostfixKind::Call(args) => match method {
                    Some(method) if FIELD_METHODS.contains(&&*method.text) => {
                        self.resolve_field_args(method, args, entity.filter(|_| is_query));
                        is_query &= BUILDERS.contains(&&*method.text);
                    }
                    _ => {
                        is_query &= method.is_some_and(|method| BUILDERS.contains(&&*method.text));
                        walk_args(self, args);
                    }
                },
                PostfixKind::Member(name) | PostfixKind::OptionalMember(name) => {
                    is_query &= method.is_none_or(|before| BUILDERS.contains(&&*before.text));
                    method = Some(name);
                    continue;
                }
                _ => {
                    is_query = false;
                    walk_ops(self, std::slice::from_ref(op));
                }
            }
            method = None;
        }
    }

    /// Decorators name fields, words or values, each by its own rule.
    pub(super) fn resolve_decorator(&mut self, decorator: &'t Decorator) {
        match (&*decorator.name.text, self.declaring, &decorator.args) {
            // Their arguments are names of fields and rules, not values.
            ("unique" | "index" | "on_delete", ..) => {}
            ("check", Some(row), Some(args)) => {
                let outer = std::mem::replace(&mut self.clause, Clause::Condition);
                args.args.iter().for_each(|arg| self.with_row(row, &arg.value, Runs::InPlace));
                self.clause = outer;
            }
            _ => walk_decorator(self, decorator),
        }
    }
}
