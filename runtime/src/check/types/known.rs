//! What all files of a project declare, as types.

use super::super::names::{Binding, FileNames, Globals, Index, Names, TypeTest, builtin_kinds};
use super::super::walk::{Visit, walk_function};
use super::super::{Project, ProjectFile};
use super::ty::Ty;
use crate::base::builtin::Signature;
use crate::base::span::to_usize;
use crate::base::{FileId, Kind, Kinds};
use crate::syntax::tree::*;
use std::collections::HashMap;
use std::rc::Rc;

/// Longer types are cut off in messages.
const SHOWN_MAX: usize = 60;

/// The tables that every file's check reads.
pub struct Known<'a, 't> {
    /// The files.
    pub project: &'a Project<'t>,
    /// What their names mean.
    pub names: &'a Names,
    /// Their declarations.
    pub globals: &'a Globals<'t>,
    /// The built-ins.
    pub index: &'a Index,
    /// Declared functions.
    pub functions: HashMap<(FileId, NodeId), &'t Function>,
}

impl<'a, 't> Known<'a, 't> {
    /// Of a project whose names are resolved.
    pub fn new(
        project: &'a Project<'t>,
        names: &'a Names,
        globals: &'a Globals<'t>,
        index: &'a Index,
    ) -> Self {
        let mut functions = HashMap::new();
        for file in &project.files {
            Functions { file, functions: &mut functions }.body(&file.tree.body);
        }
        Self { project, names, globals, index, functions }
    }

    /// A written type of some file.
    pub fn declared(&self, ty: &Type, file: FileId) -> Ty {
        self.names.files.get(&file).map_or(Ty::Any, |names| self.read(ty, names))
    }

    fn read(&self, ty: &Type, names: &FileNames) -> Ty {
        match &ty.kind {
            TypeKind::Named { name, args } => match names.uses.get(&name.id).map(Vec::as_slice) {
                Some([Binding::Entity(index)]) => Ty::Entity(*index),
                Some([Binding::Enum(index)]) => Ty::Enum(*index),
                Some([Binding::Alias(index)]) => {
                    self.names.aliases.get(to_usize(*index)).map_or(Ty::Any, |alias| tested(&alias.test))
                }
                Some(_) => Ty::Any,
                None if args.is_empty() => builtin(&name.text),
                None => Ty::Any,
            },
            TypeKind::List(inner) => Ty::List(Rc::new(self.read(inner, names))),
            TypeKind::Map(_, value) => Ty::Map(Rc::new(self.read(value, names))),
            TypeKind::Function { .. } => Ty::one(Kind::Function),
            TypeKind::Optional(inner) => Ty::OneOf([self.read(inner, names), Ty::one(Kind::None)].into()),
            TypeKind::Union(types) => Ty::OneOf(types.iter().map(|ty| self.read(ty, names)).collect()),
        }
    }

    /// The type of an entity's field, declared or automatic; `None` when there is no such field.
    pub fn field(&self, entity: u32, name: &str) -> Option<Ty> {
        let entity = self.globals.entities.get(to_usize(entity))?;
        if let Some(field) = entity.fields.get(name) {
            return Some(self.declared(&field.ty, entity.file));
        }
        match name {
            // Until it is saved an entity has none of these.
            "id" => Some(Ty::Of(Kinds::of(&[Kind::Int, Kind::None]))),
            "version" => Some(Ty::one(Kind::Int)),
            "created_at" | "updated_at" | "deleted_at" | "valid_from" | "valid_to" => {
                Some(Ty::Of(Kinds::of(&[Kind::Time, Kind::None])))
            }
            "history" => Some(Ty::List(Rc::new(Ty::Any))),
            _ if entity.has(name) => Some(Ty::Any),
            _ => None,
        }
    }

    /// What a built-in method gives on receivers of these kinds; anything where one of them may hold it as an entry.
    pub fn results(&self, receivers: Kinds, name: &str, may: impl Fn(&Signature) -> bool) -> Ty {
        let mut found = Kinds::NONE;
        for kind in receivers.iter() {
            let mut methods = self.index.methods(name).iter();
            let method = methods.find(|method| method.receiver.has(kind) && may(method));
            found = found.or(match method {
                Some(method) if kind != Kind::Map && kind != Kind::Client => method.result,
                _ => Kinds::ANY,
            });
        }
        Ty::of(found)
    }

    /// The declaration of a variant.
    pub fn variant(&self, enumeration: u32, variant: u32) -> Option<(&'t Variant, FileId)> {
        let (decl, file) = self.globals.enums.get(to_usize(enumeration))?;
        Some((decl.variants.get(to_usize(variant))?, *file))
    }

    /// A type as written in messages.
    pub fn show(&self, ty: &Ty) -> String {
        let name = |ty: &Ty| match ty {
            Ty::Entity(index) | Ty::EntityName(index) | Ty::Query(index) => {
                self.names.entities.get(to_usize(*index)).map(ToString::to_string).unwrap_or_default()
            }
            Ty::Enum(index) | Ty::EnumName(index) => {
                self.names.enums.get(to_usize(*index)).map(|one| one.name.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        };
        let text = ty.show(&name);
        match text.char_indices().nth(SHOWN_MAX) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// A number's type is met by ints too.
fn builtin(name: &str) -> Ty {
    let Some(kinds) = builtin_kinds(name) else { return Ty::Any };
    let kinds = if kinds == Kinds::of(&[Kind::Number]) { Kinds::NUMERIC } else { kinds };
    Ty::of(kinds)
}

fn tested(test: &TypeTest) -> Ty {
    if test.kinds == Kinds::ANY {
        return Ty::Any;
    }
    let kinds = if test.kinds.has(Kind::Number) { test.kinds.or(Kinds::NUMERIC) } else { test.kinds };
    let mut types = Vec::new();
    if !kinds.is_empty() {
        types.push(Ty::Of(kinds));
    }
    types.extend(test.entities.iter().copied().map(Ty::Entity));
    types.extend(test.enums.iter().copied().map(Ty::Enum));
    Ty::OneOf(types.into())
}

struct Functions<'f, 'a, 't> {
    file: &'a ProjectFile<'t>,
    functions: &'f mut HashMap<(FileId, NodeId), &'t Function>,
}

impl<'t> Visit<'t> for Functions<'_, '_, 't> {
    fn function(&mut self, function: &'t Function) {
        if function.name.is_some() {
            self.functions.insert((self.file.id, function.id), function);
        }
        walk_function(self, function);
    }
}
