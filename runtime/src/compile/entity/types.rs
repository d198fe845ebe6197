//! Types of fields.

use super::super::program::Compiler;
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::check::names::{Binding, Names};
use crate::record::FieldType;
use crate::syntax::tree::{Name, Stmt, StmtKind, Type, TypeKind};

/// Names of types that stand for other types; checked programs have no cycles among them.
const ALIASES_MAX: usize = 64;

impl Compiler<'_> {
    /// The type of a field, and whether it may be none.
    pub(super) fn field_type(&mut self, ty: &Type) -> (FieldType, bool) {
        let found = self.type_of(ty, ALIASES_MAX);
        if let (FieldType::List(inner), _) = &found
            && let FieldType::List(innermost) = &**inner
            && matches!(**innermost, FieldType::Reference(_) | FieldType::List(_))
        {
            let text = "an entity cannot store lists of lists of this type";
            let found = Diagnostic::new(Code::E0003, ty.span, text);
            self.diagnostics
                .push(found.help("use a list of entities, or an entity of its own for the inner list"));
        }
        found
    }

    fn type_of(&self, ty: &Type, aliases: usize) -> (FieldType, bool) {
        match &ty.kind {
            TypeKind::Optional(inner) => (self.type_of(inner, aliases).0, true),
            TypeKind::List(inner) => (FieldType::List(Box::new(self.type_of(inner, aliases).0)), false),
            TypeKind::Map(..) => (FieldType::AnyMap, false),
            TypeKind::Function { .. } => (FieldType::Any, false),
            TypeKind::Union(parts) => self.union(parts, aliases),
            TypeKind::Named { name, .. } => self.named_type(name, aliases),
        }
    }

    /// `T | none` is `T?`; other alternatives are any value.
    fn union(&self, parts: &[Type], aliases: usize) -> (FieldType, bool) {
        let is_none =
            |part: &&Type| matches!(&part.kind, TypeKind::Named { name, .. } if is_none(&name.text));
        let optional = parts.iter().any(|part| is_none(&part));
        let mut others = parts.iter().filter(|part| !is_none(part)).map(|part| self.type_of(part, aliases));
        match (others.next(), others.next()) {
            (Some((only, inner)), None) => (only, optional || inner),
            (Some((_, first)), Some((_, second))) => {
                (FieldType::Any, optional || first || second || others.any(|(_, inner)| inner))
            }
            (None, _) => (FieldType::Any, true),
        }
    }

    fn named_type(&self, name: &Name, aliases: usize) -> (FieldType, bool) {
        let of_name = match self.names.uses.get(&name.id).map(Vec::as_slice) {
            Some([Binding::Entity(of)]) => FieldType::Reference(*of),
            Some([Binding::Enum(of)]) => FieldType::Enum(*of),
            Some([Binding::Alias(at)]) => return self.alias(*at, aliases),
            _ => match &*name.text {
                "int" => FieldType::Int,
                "number" | "float" | "decimal" => FieldType::Number,
                "text" | "string" => FieldType::Text,
                "bool" | "boolean" => FieldType::Bool,
                "time" => FieldType::Time,
                "list" | "array" => FieldType::AnyList,
                "map" | "object" => FieldType::AnyMap,
                _ => FieldType::Any,
            },
        };
        (of_name, &*name.text == "any" || is_none(&name.text))
    }

    fn alias(&self, at: u32, aliases: usize) -> (FieldType, bool) {
        let names: &Names = self.input.names;
        let found = names.aliases.get(to_usize(at)).zip(aliases.checked_sub(1)).and_then(|(alias, left)| {
            let file = self.input.project.files.iter().find(|file| file.id == alias.file)?;
            let declared =
                |stmt: &'_ Stmt| matches!(&stmt.kind, StmtKind::TypeAlias(decl) if decl.ty.id == alias.ty);
            let stmt = file.tree.body.stmts.iter().find(|stmt| declared(stmt))?;
            let StmtKind::TypeAlias(decl) = &stmt.kind else { return None };
            Some((decl, alias.file, left))
        });
        // An alias of another file is read with that file's names.
        let Some((decl, file, left)) = found else { return (FieldType::Any, true) };
        if file == self.file {
            return self.type_of(&decl.ty, left);
        }
        let names = names.files.get(&file).unwrap_or(self.names);
        let there = Self { file, names, ..Self::new(self.input) };
        there.type_of(&decl.ty, left)
    }
}

fn is_none(name: &str) -> bool {
    matches!(name, "none" | "nil" | "null")
}
