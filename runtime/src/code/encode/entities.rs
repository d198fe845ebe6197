//! The section of entities: shapes, rules, and which functions compute defaults and checks.

use super::Writer;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Rule, data};

impl Writer {
    pub(super) fn entity(&mut self, shape: &EntityShape) {
        self.text(&shape.name);
        self.list(&shape.fields, Self::field);
        for groups in [&shape.unique, &shape.indexes] {
            self.list(groups, |out, fields| out.list(fields, |out, field| out.u32(*field)));
        }
    }

    fn field(&mut self, field: &FieldShape) {
        self.text(&field.name);
        self.field_type(&field.ty);
        self.u8(u8::from(field.optional));
        self.u8(u8::from(field.hidden));
        self.u8(u8::from(field.constant.is_some()));
        field.constant.iter().for_each(|constant| self.datum(constant));
        self.option(field.default);
        self.list(&field.rules, Self::rule);
        self.u8(match field.on_delete {
            OnDelete::Restrict => 0,
            OnDelete::Cascade => 1,
            OnDelete::SetNone => 2,
        });
    }

    /// How many lists stand around it, then what is in the innermost.
    fn field_type(&mut self, ty: &FieldType) {
        let (mut levels, mut ty) = (0_u8, ty);
        while let FieldType::List(inner) = ty {
            levels = levels.saturating_add(1);
            ty = inner;
        }
        self.u8(levels);
        let (tag, index) = match ty {
            FieldType::Int => (0, None),
            FieldType::Number => (1, None),
            FieldType::Text => (2, None),
            FieldType::Bool => (3, None),
            FieldType::Time => (4, None),
            FieldType::Enum(of) => (5, Some(*of)),
            FieldType::AnyList => (6, None),
            FieldType::AnyMap => (7, None),
            FieldType::Reference(of) => (8, Some(*of)),
            FieldType::Any | FieldType::List(_) => (9, None),
        };
        self.u8(tag);
        index.into_iter().for_each(|index| self.u32(index));
    }

    fn datum(&mut self, datum: &Datum) {
        // Only what nests too deep cannot be written; what is empty is refused when it is read.
        let bytes = data::encode(std::slice::from_ref(datum)).unwrap_or_default();
        self.count(bytes.len());
        self.0.extend(bytes);
    }

    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Required => self.u8(0),
            Rule::Min(bound) => {
                self.u8(1);
                self.datum(bound);
            }
            Rule::Max(bound) => {
                self.u8(2);
                self.datum(bound);
            }
            Rule::Positive => self.u8(3),
            Rule::MinLength(bound) => {
                self.u8(4);
                self.0.extend(bound.to_le_bytes());
            }
            Rule::MaxLength(bound) => {
                self.u8(5);
                self.0.extend(bound.to_le_bytes());
            }
            Rule::Email => self.u8(6),
            Rule::Url => self.u8(7),
            Rule::Pattern(pattern, flags) => {
                self.u8(8);
                self.text(pattern);
                self.text(flags);
            }
            Rule::OneOf(allowed) => {
                self.u8(9);
                self.list(allowed, Self::datum);
            }
            Rule::Check(function) => {
                self.u8(10);
                self.u32(*function);
            }
            Rule::Immutable => self.u8(11),
        }
    }
}
