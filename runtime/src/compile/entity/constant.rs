//! What can be computed while compiling: literals, lists and maps of them, variants without payload.

use super::super::program::Compiler;
use crate::base::span::to_usize;
use crate::check::names::Binding;
use crate::record::{Datum, FieldType};
use crate::syntax::tree::{Expr, ExprKind, MapEntry, MapKey, Name, PostfixKind, UnaryOp};
use crate::value::{calendar, number};

impl Compiler<'_> {
    /// The value of an expression that is a constant.
    pub(super) fn constant_value(&self, value: &Expr) -> Option<Datum> {
        Some(match &value.kind {
            ExprKind::None => Datum::None,
            ExprKind::Bool(b) => Datum::Bool(*b),
            ExprKind::Int(n) => Datum::Int(*n),
            ExprKind::Number(n) => Datum::Number(*n),
            ExprKind::Text(template) => Datum::Text(template.as_static()?),
            ExprKind::Paren(inner) => self.constant_value(inner)?,
            ExprKind::Unary(UnaryOp::Negate, inner) => match self.constant_value(inner)? {
                Datum::Int(n) => Datum::Int(n.checked_neg()?),
                Datum::Number(n) => Datum::Number(-n),
                _ => return None,
            },
            ExprKind::List(items) => {
                let item = |item: &crate::syntax::tree::ListItem| {
                    if item.spread { None } else { self.constant_value(&item.value) }
                };
                Datum::List(items.iter().map(item).collect::<Option<_>>()?)
            }
            ExprKind::Map(map) => {
                let entry = |entry: &MapEntry| match entry {
                    MapEntry::Pair(MapKey::Word(name), value) => {
                        Some((Datum::Text(name.text.clone()), self.constant_value(value)?))
                    }
                    _ => None,
                };
                Datum::Map(map.entries.iter().map(entry).collect::<Option<_>>()?)
            }
            ExprKind::Name(name) => self.constant_variant(name)?,
            ExprKind::Postfix(postfix) => match (&postfix.base.kind, postfix.ops.as_slice()) {
                (ExprKind::Name(_), [op]) => match &op.kind {
                    PostfixKind::Member(name) => self.constant_variant(name)?,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        })
    }

    fn constant_variant(&self, name: &Name) -> Option<Datum> {
        let &Binding::Variant(of, at) = self.certain(name)? else { return None };
        let (name, payload) = self.input.names.enums.get(to_usize(of))?.variants.get(to_usize(at))?;
        payload.is_empty().then(|| Datum::Variant(name.clone(), Vec::new()))
    }

    /// A constant as a field of this type keeps it; none when it does not fit, or is none.
    pub(super) fn fitted(&self, constant: Datum, ty: &FieldType) -> Option<Datum> {
        Some(match (constant, ty) {
            (Datum::Int(n), FieldType::Number) => Datum::Number(number::to_number(n)),
            (Datum::Text(text), FieldType::Time) => Datum::Time(calendar::parse_time(&text)?),
            (Datum::Text(name), FieldType::Enum(of)) => {
                let variants = &self.input.names.enums.get(to_usize(*of))?.variants;
                let known = variants.iter().any(|(known, payload)| *known == name && payload.is_empty());
                known.then_some(Datum::Variant(name, Vec::new()))?
            }
            (Datum::List(items), FieldType::List(inner)) => {
                let items = items.into_iter().map(|item| self.fitted(item, inner));
                Datum::List(items.collect::<Option<_>>()?)
            }
            (found @ Datum::Int(_), FieldType::Int)
            | (found @ Datum::Number(_), FieldType::Number)
            | (found @ Datum::Text(_), FieldType::Text)
            | (found @ Datum::Bool(_), FieldType::Bool)
            | (found @ Datum::Variant(..), FieldType::Enum(_))
            | (found @ Datum::List(_), FieldType::AnyList)
            | (found @ Datum::Map(_), FieldType::AnyMap) => found,
            (found, FieldType::Any) if !matches!(found, Datum::None | Datum::Variant(..)) => found,
            _ => return None,
        })
    }
}
