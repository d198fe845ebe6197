//! Conditions of queries: functions of a row that may name its fields bare, and what they tell an index.
//!
//! A condition that begins with comparisons of fields to values that do not depend on the row (`email == x && …`) gets a
//! second function, its hint, which gives those values: a list of whether that is the whole condition, and of field name
//! and value in turn; none where computing them raises. It captures a prefix of what the condition captures, so that the
//! condition's own cells serve it.

use super::body::{Dest, unparen};
use super::frame::{Frame, Key, Location, Reg};
use super::program::{Compiler, variable};
use crate::base::Span;
use crate::check::names::{Binding, VarId};
use crate::code::module::ParamShape;
use crate::code::op::Op;
use crate::syntax::tree::{
    BinaryOp, Expr, ExprKind, Function, FunctionBody, LinkRight, Name, NodeId, PostfixKind, TargetKind,
};
use std::sync::Arc;

/// Fields that a hint tells of; an index has fewer.
const FIELDS_MAX: usize = 8;

/// A field that must equal a value.
struct Equal<'a> {
    field: Arc<str>,
    value: &'a Expr,
}

/// What the row is called: by its fields alone, or by a parameter.
#[derive(Clone, Copy)]
enum RowName {
    Bare,
    Parameter(VarId, NodeId),
}

impl<'a> Compiler<'a> {
    /// Is it a condition whose function is still to be made?
    pub fn is_condition(&mut self, value: &Expr) -> bool {
        let conditions = &self.names.conditions;
        !conditions.is_empty() && conditions.contains_key(&value.id) && self.row_body.take() != Some(value.id)
    }

    /// `dst` = a function of a row that gives the value of a condition.
    #[inline(never)]
    pub fn condition(&mut self, value: &'a Expr, dst: Reg) {
        if let ExprKind::Function(tree) = &value.kind {
            return self.closure_with(tree, dst, |this| this.lambda_hint(tree));
        }
        let index = self.tables.reserve_function();
        let hint = self.hint(value, RowName::Bare);
        self.enter_frame(Frame::new(value.span));
        self.share_captures(hint);
        let row = self.frame.variable();
        let place = if self.names.conditions.get(&value.id) == Some(&true) {
            self.frame.emit(Op::NewCell { dst: row, src: row });
            Location::Cell(row)
        } else {
            Location::Register(row)
        };
        self.frame.places.insert(Key::Row, place);
        self.row_body = Some(value.id);
        self.value(value, Dest::Return);
        self.row_body = None;
        let mut function = self.finish_frame(None);
        self.leave_frame();
        function.params = vec![ParamShape { name: None, optional: false }];
        function.hint = hint;
        self.made_function(index, function, dst);
    }

    /// The function at hand captures what its hint captures, first of all.
    pub fn share_captures(&mut self, hint: Option<u32>) {
        let Some((captures, captured)) = hint.and(self.hint_captures.take()) else { return };
        self.frame.captures = captures;
        self.frame.captured = captured;
    }

    /// `dst` = a query of all rows of an entity.
    pub fn all_rows(&mut self, of: u32, dst: Reg, span: Span) {
        let mark = self.frame.mark();
        let (base, argument) = (self.frame.temp(), self.frame.temp());
        self.frame.span = span;
        self.int(of.into(), argument);
        let native = self.tables.native("@query");
        self.frame.emit(Op::CallNative { base, argc: 1, dst, native });
        self.frame.release(mark);
    }

    /// `dst` = a field of the row at hand.
    pub fn row_field(&mut self, name: &Name, dst: Reg) {
        let place = self.locate(Key::Row);
        let object = if let Location::Register(row) = place {
            row
        } else {
            self.load(place, dst, true);
            dst
        };
        self.frame.span = name.span;
        let name = self.name_constant(name);
        self.frame.emit(Op::GetField { dst, object, name });
    }

    fn lambda_hint(&mut self, tree: &'a Function) -> Option<u32> {
        let ([param], FunctionBody::Expr(body)) = (tree.params.as_slice(), &tree.body) else { return None };
        let TargetKind::Name(name) = &param.target.kind else { return None };
        let row = RowName::Parameter(self.assigned(name)?, tree.id);
        if param.rest || param.default.is_some() {
            return None;
        }
        self.hint(body, row)
    }

    /// The function that gives the values that fields must have; its captures wait in `hint_captures`.
    fn hint(&mut self, condition: &'a Expr, row: RowName) -> Option<u32> {
        let condition = unparen(condition);
        let conjuncts: Vec<&'a Expr> = match &condition.kind {
            ExprKind::Chain(chain) if chain.rest.iter().all(|link| link.op == BinaryOp::And) => {
                let rest = chain.rest.iter().filter_map(|link| match &link.right {
                    LinkRight::Expr(right) => Some(right),
                    LinkRight::Type(_) => None,
                });
                std::iter::once(&chain.first).chain(rest).collect()
            }
            _ => vec![condition],
        };
        let leading = conjuncts.iter().map_while(|conjunct| self.equal(conjunct, row)).take(FIELDS_MAX);
        let equal: Vec<Equal<'a>> = leading.collect();
        if equal.is_empty() {
            return None;
        }
        let is_whole = equal.len() == conjuncts.len();
        let index = self.tables.reserve_function();
        self.enter_frame(Frame::new(condition.span));
        self.hint_body(&equal, is_whole);
        self.hint_captures = Some((self.frame.captures.clone(), self.frame.captured.clone()));
        let function = self.finish_frame(None);
        self.leave_frame();
        self.tables.set_function(index, function);
        Some(index)
    }

    fn hint_body(&mut self, equal: &[Equal<'a>], is_whole: bool) {
        let (list, item) = (self.frame.temp(), self.frame.temp());
        let start = self.frame.here();
        let before = self.frame.state.clone();
        self.frame.emit(Op::LoadBool { dst: item, value: is_whole });
        self.frame.emit(Op::NewList { dst: list, base: item, argc: 1 });
        for Equal { field, value } in equal {
            let constant = self.tables.text(field);
            self.frame.emit(Op::LoadConst { dst: item, constant });
            self.frame.emit(Op::Append { list, base: item, argc: 1 });
            self.expr_to(value, item);
            self.frame.emit(Op::Append { list, base: item, argc: 1 });
        }
        self.frame.emit(Op::Return { src: list });
        let handler = self.frame.label();
        self.frame.state = before;
        self.frame.state.reachable = self.frame.protect(start, handler, item);
        self.frame.bind(handler);
    }

    /// `field == value` or the other way round, where the value does not depend on the row.
    fn equal(&self, conjunct: &'a Expr, row: RowName) -> Option<Equal<'a>> {
        let ExprKind::Chain(chain) = &unparen(conjunct).kind else { return None };
        let [link] = chain.rest.as_slice() else { return None };
        let (BinaryOp::Equal, LinkRight::Expr(right)) = (link.op, &link.right) else { return None };
        let left = &chain.first;
        let pair = |field, value| {
            let field = self.field(field, row)?;
            self.is_simple(value, row).then_some(Equal { field, value })
        };
        pair(left, right).or_else(|| pair(right, left))
    }

    /// The field that an expression reads: `email`, `u.email`, `author.id` for `author_id`.
    fn field(&self, value: &'a Expr, row: RowName) -> Option<Arc<str>> {
        let value = unparen(value);
        let (base, members) = match &value.kind {
            ExprKind::Name(name) => (name, Vec::new()),
            ExprKind::Postfix(postfix) => {
                let ExprKind::Name(base) = &postfix.base.kind else { return None };
                let member = |kind: &'a PostfixKind| match kind {
                    PostfixKind::Member(name) => Some(name),
                    _ => None,
                };
                (base, postfix.ops.iter().map(|op| member(&op.kind)).collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        };
        let (field, rest) = match (row, self.candidates(base)) {
            (RowName::Bare, [Binding::Field]) => (base, members.as_slice()),
            (RowName::Parameter(id, _), [Binding::Variable(found)]) if *found == id => {
                let (field, rest) = members.split_first()?;
                (*field, rest)
            }
            _ => return None,
        };
        match rest {
            [] => Some(field.text.clone()),
            [id] if &*id.text == "id" => Some(format!("{}_id", field.text).into()),
            _ => None,
        }
    }

    /// Is it a literal, a variable that is not the row's, a variant, or a member of one of these?
    fn is_simple(&self, value: &Expr, row: RowName) -> bool {
        let value = unparen(value);
        match &value.kind {
            ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Number(_) => true,
            ExprKind::Text(template) => template.as_static().is_some(),
            ExprKind::Name(name) => self.is_outside(name, row),
            ExprKind::Postfix(postfix) => {
                let ExprKind::Name(base) = &postfix.base.kind else { return false };
                let is_member = postfix.ops.iter().all(|op| matches!(op.kind, PostfixKind::Member(_)));
                let is_enum = matches!(self.candidates(base), [Binding::Enum(_)]);
                is_member && (is_enum || self.is_outside(base, row))
            }
            _ => false,
        }
    }

    /// Does the name mean the same for every row?
    fn is_outside(&self, name: &Name, row: RowName) -> bool {
        let is_own = |id: VarId| {
            matches!(row, RowName::Parameter(_, scope)
                if variable(self.names, id).is_none_or(|variable| variable.scope == scope))
        };
        let candidates = self.candidates(name);
        !candidates.is_empty()
            && candidates.iter().all(|candidate| match candidate {
                Binding::Variable(id) => !is_own(*id),
                Binding::Global(..) | Binding::Variant(..) => true,
                _ => false,
            })
    }
}
