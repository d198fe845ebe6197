//! What is known of an expression's value. Nothing is reported here.

use super::super::names::{BUILDERS, Binding, FileNames};
use super::variables::Variable;
use super::{Known, Ty};
use crate::base::span::to_usize;
use crate::base::{FileId, Kind};
use crate::syntax::tree::*;
use std::rc::Rc;

/// Longer literals are lists and maps of anything.
const ELEMENTS_MAX: usize = 32;

/// What inference reads: the project's declarations and the file's variables.
#[derive(Clone, Copy)]
pub struct Inference<'a, 'k, 't> {
    /// What all files declare.
    pub known: &'a Known<'k, 't>,
    /// The file's names.
    pub names: &'a FileNames,
    /// The file's variables.
    pub variables: &'a [Variable],
    /// The file.
    pub file: FileId,
}

impl<'t> Inference<'_, '_, 't> {
    /// The type of an expression's value.
    pub fn of(&self, expr: &'t Expr) -> Ty {
        match &expr.kind {
            ExprKind::None => Ty::one(Kind::None),
            ExprKind::Bool(_) => Ty::one(Kind::Bool),
            ExprKind::Int(_) => Ty::one(Kind::Int),
            ExprKind::Number(_) => Ty::one(Kind::Number),
            ExprKind::Duration(_) => Ty::one(Kind::Duration),
            ExprKind::Text(_) => Ty::one(Kind::Text),
            ExprKind::Regex(_) => Ty::one(Kind::Regex),
            ExprKind::Range(_) => Ty::one(Kind::Range),
            ExprKind::Response(_) => Ty::one(Kind::Response),
            ExprKind::Function(_) => Ty::one(Kind::Function),
            ExprKind::Element(_) => Ty::one(Kind::View),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Paren(inner)
            | ExprKind::Store(StoreOp::Save, inner)
            | ExprKind::Unary(UnaryOp::New, inner) => self.of(inner),
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(map) => self.map(&map.entries),
            ExprKind::Construct(construct) => match self.binding(&construct.name) {
                Some(Binding::Entity(index)) => Ty::Entity(*index),
                _ => Ty::Any,
            },
            ExprKind::Conditional(conditional) => {
                let mut all = self.of(&conditional.otherwise);
                for (_, value) in &conditional.arms {
                    all = all.agreed(&self.of(value));
                }
                all
            }
            ExprKind::Chain(chain) => self.chain(chain),
            ExprKind::Unary(UnaryOp::Not, _) => Ty::one(Kind::Bool),
            ExprKind::Unary(UnaryOp::Typeof, _) => Ty::one(Kind::Text),
            ExprKind::Unary(UnaryOp::Negate, inner) => match self.of(inner) {
                ty if ty.is(Kind::Int) || ty.is(Kind::Number) || ty.is(Kind::Duration) => ty,
                _ => Ty::Any,
            },
            ExprKind::Postfix(postfix) => self.postfix(postfix, |_, _| {}),
            ExprKind::Assign(assign) if assign.steps.iter().all(|step| step.op == AssignOp::Set) => {
                self.of(&assign.value)
            }
            ExprKind::Assign(_)
            | ExprKind::Power(_)
            | ExprKind::If(_)
            | ExprKind::Match(_)
            | ExprKind::Control(_)
            | ExprKind::Transaction(_)
            | ExprKind::Try(_)
            | ExprKind::TryCatch(_)
            | ExprKind::Store(..)
            | ExprKind::Pipeline(_) => Ty::Any,
        }
    }

    /// The only thing that a name can mean.
    pub fn binding(&self, name: &Name) -> Option<&Binding> {
        match self.names.uses.get(&name.id)?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn name(&self, name: &Name) -> Ty {
        match self.binding(name) {
            Some(Binding::Variable(id)) => {
                self.variables.get(to_usize(id.0)).map_or(Ty::Any, |variable| variable.ty.clone())
            }
            Some(Binding::Function(..)) => Ty::one(Kind::Function),
            Some(Binding::Entity(index)) => Ty::EntityName(*index),
            Some(Binding::Enum(index)) => Ty::EnumName(*index),
            Some(Binding::Variant(index, variant)) => self.variant(*index, *variant),
            _ => Ty::Any,
        }
    }

    fn variant(&self, index: u32, variant: u32) -> Ty {
        match self.known.variant(index, variant) {
            Some((variant, _)) if variant.payload.is_empty() => Ty::Enum(index),
            _ => Ty::one(Kind::Function),
        }
    }

    fn list(&self, items: &'t [ListItem]) -> Ty {
        let plain = items.len() <= ELEMENTS_MAX && items.iter().all(|item| !item.spread);
        let element = if plain { self.agreed(items.iter().map(|item| &item.value)) } else { Ty::Any };
        Ty::List(Rc::new(element))
    }

    fn map(&self, entries: &'t [MapEntry]) -> Ty {
        let mut values = Vec::new();
        for entry in entries.iter().take(ELEMENTS_MAX.saturating_add(1)) {
            match entry {
                MapEntry::Pair(_, value) => values.push(value),
                MapEntry::Shorthand(_) | MapEntry::Spread(_) => return Ty::one(Kind::Map),
            }
        }
        let value = if values.len() <= ELEMENTS_MAX { self.agreed(values.into_iter()) } else { Ty::Any };
        Ty::Map(Rc::new(value))
    }

    fn agreed(&self, mut values: impl Iterator<Item = &'t Expr>) -> Ty {
        let Some(first) = values.next() else { return Ty::Any };
        values
            .fold(self.of(first), |all, value| if all == Ty::Any { all } else { all.agreed(&self.of(value)) })
    }

    fn chain(&self, chain: &'t Chain) -> Ty {
        // All operators of a chain share a level, so the last one says whether it is a truth value.
        let Some(last) = chain.rest.last() else { return Ty::Any };
        match last.op {
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::Is
            | BinaryOp::In
            | BinaryOp::NotIn => Ty::one(Kind::Bool),
            BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Elvis | BinaryOp::And => Ty::Any,
            _ => {
                let mut ty = self.of(&chain.first);
                for link in &chain.rest {
                    let LinkRight::Expr(right) = &link.right else { return Ty::Any };
                    if ty == Ty::Any {
                        break;
                    }
                    ty = arithmetic(&ty, link.op, &self.of(right));
                }
                ty
            }
        }
    }

    /// The type after each operation; `before` is shown every operation with the type in front of it.
    pub fn postfix(&self, postfix: &'t Postfix, mut before: impl FnMut(usize, &Ty)) -> Ty {
        let mut ty = self.of(&postfix.base);
        let mut receiver = Ty::Any;
        for (at, op) in postfix.ops.iter().enumerate() {
            before(at, &ty);
            let next = match &op.kind {
                PostfixKind::Member(name) => self.member(&ty, name),
                PostfixKind::Call(_) => self.call(postfix, at, &receiver),
                PostfixKind::Index(_) => match &ty {
                    Ty::List(element) => (**element).clone(),
                    ty if ty.is(Kind::Text) => Ty::one(Kind::Text),
                    _ => Ty::Any,
                },
                PostfixKind::Slice(_) => match &ty {
                    Ty::List(_) => ty.clone(),
                    ty if ty.is(Kind::Text) => Ty::one(Kind::Text),
                    _ => Ty::Any,
                },
                PostfixKind::OptionalMember(_)
                | PostfixKind::At(_)
                | PostfixKind::Increment
                | PostfixKind::Decrement => Ty::Any,
            };
            receiver = std::mem::replace(&mut ty, next);
        }
        ty
    }

    fn member(&self, ty: &Ty, name: &Name) -> Ty {
        match ty {
            Ty::EntityName(entity) | Ty::Query(entity) if BUILDERS.contains(&&*name.text) => {
                Ty::Query(*entity)
            }
            Ty::Entity(entity) => self.known.field(*entity, &name.text).unwrap_or(Ty::Any),
            Ty::EnumName(index) => match self.binding(name) {
                Some(Binding::Variant(_, variant)) => self.variant(*index, *variant),
                _ => Ty::Any,
            },
            Ty::Of(kinds) => self.known.results(*kinds, &name.text, |method| method.property),
            Ty::List(_) => self.known.results(ty.kinds(), &name.text, |method| method.property),
            _ => Ty::Any,
        }
    }

    fn call(&self, postfix: &'t Postfix, at: usize, receiver: &Ty) -> Ty {
        let before = at.checked_sub(1).and_then(|at| postfix.ops.get(at));
        match (before.map(|op| &op.kind), &postfix.base.kind) {
            (None, ExprKind::Name(name)) => match self.binding(name) {
                Some(Binding::Function(file, id)) => {
                    let result =
                        self.known.functions.get(&(*file, *id)).and_then(|function| function.result.as_ref());
                    result.map_or(Ty::Any, |result| self.known.declared(result, *file))
                }
                Some(Binding::Native(_)) => {
                    self.known.index.function(&name.text).map_or(Ty::Any, |(_, native)| Ty::of(native.result))
                }
                Some(Binding::Variant(index, _)) => Ty::Enum(*index),
                _ => Ty::Any,
            },
            (Some(PostfixKind::Member(method)), _) => match receiver {
                Ty::EntityName(entity) | Ty::Query(entity) => match &*method.text {
                    name if BUILDERS.contains(&name) => Ty::Query(*entity),
                    "get" => Ty::Entity(*entity),
                    _ => Ty::Any,
                },
                Ty::EnumName(index) if matches!(self.binding(method), Some(Binding::Variant(..))) => {
                    Ty::Enum(*index)
                }
                Ty::Of(kinds) => self.known.results(*kinds, &method.text, |_| true),
                Ty::List(_) => self.known.results(receiver.kinds(), &method.text, |_| true),
                _ => Ty::Any,
            },
            _ => Ty::Any,
        }
    }
}

/// What an operator gives for operands of known kinds; errors give anything.
fn arithmetic(left: &Ty, op: BinaryOp, right: &Ty) -> Ty {
    let numeric = |ty: &Ty| ty.is(Kind::Int) || ty.is(Kind::Number);
    if numeric(left) && numeric(right) && op != BinaryOp::Concat {
        let both_int = left.is(Kind::Int) && right.is(Kind::Int);
        return Ty::one(if both_int { Kind::Int } else { Kind::Number });
    }
    let scalar = |ty: &Ty| numeric(ty) || ty.is(Kind::Text) || ty.is(Kind::Bool);
    let text = left.is(Kind::Text) || right.is(Kind::Text) || op == BinaryOp::Concat;
    let joins = matches!(op, BinaryOp::Add | BinaryOp::Concat);
    if joins && text && scalar(left) && scalar(right) { Ty::one(Kind::Text) } else { Ty::Any }
}
