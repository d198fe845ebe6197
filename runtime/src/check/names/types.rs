//! Names in types, and what `is` asks of a type.

use super::globals::Globals;
use super::resolver::Resolver;
use super::{AliasNames, Binding, TypeTest};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, FileId, Kind, Kinds};
use crate::syntax::tree::*;
use std::collections::HashMap;

/// What a built-in type's name tests; synonyms included.
pub fn builtin_kinds(name: &str) -> Option<Kinds> {
    let kind = match name {
        "any" => return Some(Kinds::ANY),
        "float" | "decimal" => Kind::Number,
        "string" => Kind::Text,
        "boolean" => Kind::Bool,
        "array" => Kind::List,
        "object" => Kind::Map,
        "nil" | "null" => Kind::None,
        _ => *Kind::ALL.iter().find(|kind| kind.name() == name)?,
    };
    Some(Kinds::of(&[kind]))
}

/// Is it a type that a declaration may hide? Kinds that only `is` knows do not count.
pub fn is_builtin_type(name: &str) -> bool {
    const ONLY_TESTED: &[&str] =
        &["entity", "variant", "query", "range", "regex", "response", "client", "any"];
    builtin_kinds(name).is_some() && !ONLY_TESTED.contains(&name)
}

/// Is it a type whose name nobody would give to a value? Others, such as `text` or `time`, make good names of variables,
/// so that assigning them only warns.
pub fn is_only_type(name: &str) -> bool {
    matches!(name, "int" | "bool" | "boolean" | "float")
}

/// What a type's name refers to.
#[derive(Clone, Copy, Debug)]
enum Named {
    Builtin(Kinds),
    Param,
    Alias(u32),
    Enum(u32),
    Entity(u32),
    /// Another generic type: anything.
    Dynamic,
    Unknown,
}

fn named(globals: &Globals<'_>, file: FileId, params: &[&str], ty: &Name, generic: bool) -> Named {
    let name = &*ty.text;
    if params.contains(&name) {
        return Named::Param;
    }
    if let Some(kinds) = builtin_kinds(name) {
        return Named::Builtin(kinds);
    }
    if let Some(index) = globals.private_types.get(&(file, name)) {
        return Named::Alias(*index);
    }
    match globals.names.get(name).map(|global| &global.binding) {
        Some(Binding::Alias(index)) => Named::Alias(*index),
        Some(Binding::Enum(index)) => Named::Enum(*index),
        Some(Binding::Entity(index)) => Named::Entity(*index),
        _ if generic => Named::Dynamic,
        _ => Named::Unknown,
    }
}

/// Gathers what a type tests; `alias` gives the test of a declared type.
fn gather(ty: &Type, test: &mut TypeTest, look: &mut impl FnMut(&Name, bool, &mut TypeTest)) {
    let one = |kind| Kinds::of(&[kind]);
    match &ty.kind {
        TypeKind::Named { name, args } => look(name, !args.is_empty(), test),
        TypeKind::List(_) => test.kinds = test.kinds.or(one(Kind::List)),
        TypeKind::Map(..) => test.kinds = test.kinds.or(one(Kind::Map)),
        TypeKind::Function { .. } => test.kinds = test.kinds.or(one(Kind::Function)),
        TypeKind::Optional(inner) => {
            test.kinds = test.kinds.or(one(Kind::None));
            gather(inner, test, look);
        }
        TypeKind::Union(types) => types.iter().for_each(|ty| gather(ty, test, look)),
    }
}

fn add(test: &mut TypeTest, named: Named, alias: impl FnOnce(u32) -> TypeTest) {
    let include = |list: &mut Vec<u32>, index| {
        if !list.contains(&index) {
            list.push(index);
        }
    };
    match named {
        Named::Builtin(kinds) => test.kinds = test.kinds.or(kinds),
        Named::Enum(index) => include(&mut test.enums, index),
        Named::Entity(index) => include(&mut test.entities, index),
        Named::Alias(index) => {
            let other = alias(index);
            test.kinds = test.kinds.or(other.kinds);
            other.enums.into_iter().for_each(|index| include(&mut test.enums, index));
            other.entities.into_iter().for_each(|index| include(&mut test.entities, index));
        }
        Named::Param | Named::Dynamic | Named::Unknown => test.kinds = Kinds::ANY,
    }
}

/// The declared types, each with what `is` asks of it. Those that lead back to themselves are reported.
pub fn aliases(globals: &Globals<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<AliasNames> {
    let order = dependencies_first(globals, diagnostics);
    let mut tests: HashMap<u32, TypeTest> = HashMap::new();
    for index in order {
        let Some(alias) = globals.aliases.get(to_usize(index)) else { continue };
        let mut test = TypeTest::default();
        gather(&alias.decl.ty, &mut test, &mut |name, generic, test| {
            let found = named(globals, alias.file, &[], name, generic);
            add(test, found, |inner| tests.get(&inner).cloned().unwrap_or_else(anything));
        });
        tests.insert(index, test);
    }
    let aliases = (0u32..).zip(&globals.aliases);
    let names = aliases.map(|(index, alias)| AliasNames {
        name: alias.decl.name.text.clone(),
        file: alias.file,
        ty: alias.decl.ty.id,
        test: tests.remove(&index).unwrap_or_else(anything),
    });
    names.collect()
}

fn anything() -> TypeTest {
    TypeTest { kinds: Kinds::ANY, ..TypeTest::default() }
}

/// Orders the declared types so that each comes after those that it names; without recursion, for a program may chain
/// thousands. What is left over is on a circle or leads to one.
pub fn dependencies_first(globals: &Globals<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<u32> {
    let mut waiting: HashMap<u32, usize> = HashMap::new();
    let mut users: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ready = Vec::new();
    for (index, alias) in (0u32..).zip(&globals.aliases) {
        let mut inner = Vec::new();
        mentioned(&alias.decl.ty, &mut |name| {
            if let Named::Alias(other) = named(globals, alias.file, &[], name, false) {
                inner.push(other);
            }
        });
        if inner.is_empty() {
            ready.push(index);
        }
        waiting.insert(index, inner.len());
        for other in inner {
            users.entry(other).or_default().push(index);
        }
    }
    let mut order = Vec::new();
    while let Some(index) = ready.pop() {
        waiting.remove(&index);
        order.push(index);
        for user in users.remove(&index).unwrap_or_default() {
            if let Some(left) = waiting.get_mut(&user) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(user);
                }
            }
        }
    }
    for (index, alias) in (0u32..).zip(&globals.aliases) {
        if waiting.contains_key(&index) {
            let name = &alias.decl.name;
            let text = format!("the type `{}` leads back to itself", name.text);
            diagnostics
                .push(Diagnostic::new(Code::E0003, name.span, text).help("write out what it stands for"));
        }
    }
    order
}

/// Gives every name in a type to `found`.
pub fn mentioned<'t>(ty: &'t Type, found: &mut impl FnMut(&'t Name)) {
    match &ty.kind {
        TypeKind::Named { name, args } => {
            found(name);
            args.iter().for_each(|arg| mentioned(arg, found));
        }
        TypeKind::List(inner) | TypeKind::Optional(inner) => mentioned(inner, found),
        TypeKind::Map(key, value) => {
            mentioned(key, found);
            mentioned(value, found);
        }
        TypeKind::Function { params, result } => {
            params.iter().for_each(|param| mentioned(param, found));
            mentioned(result, found);
        }
        TypeKind::Union(types) => types.iter().for_each(|ty| mentioned(ty, found)),
    }
}

impl<'t> Resolver<'_, 't> {
    /// Resolves the names in a type.
    pub(super) fn resolve_type(&mut self, ty: &'t Type) {
        match &ty.kind {
            TypeKind::Named { name, args } => {
                self.resolve_type_name(name, !args.is_empty());
                args.iter().for_each(|arg| self.resolve_type(arg));
            }
            TypeKind::List(inner) | TypeKind::Optional(inner) => self.resolve_type(inner),
            TypeKind::Map(key, value) => {
                self.resolve_type(key);
                self.resolve_type(value);
            }
            TypeKind::Function { params, result } => {
                params.iter().for_each(|param| self.resolve_type(param));
                self.resolve_type(result);
            }
            TypeKind::Union(types) => types.iter().for_each(|ty| self.resolve_type(ty)),
        }
    }

    fn resolve_type_name(&mut self, name: &'t Name, generic: bool) {
        let found = named(self.around.globals, self.input.id, &self.type_params, name, generic);
        let binding = match found {
            Named::Builtin(_) | Named::Dynamic => return,
            Named::Param => Binding::TypeParam,
            Named::Alias(index) => Binding::Alias(index),
            Named::Enum(index) => Binding::Enum(index),
            Named::Entity(index) => Binding::Entity(index),
            Named::Unknown => {
                let found = Diagnostic::new(Code::E0001, name.span, format!("unknown type `{}`", name.text));
                let found = self.suggest_type(name, found);
                self.diagnostics.push(found);
                Binding::Unknown
            }
        };
        self.out.uses.insert(name.id, vec![binding]);
    }

    /// What `is` asks of a type.
    pub(super) fn test_of(&self, ty: &Type) -> TypeTest {
        let mut test = TypeTest::default();
        gather(ty, &mut test, &mut |name, generic, test| {
            let found = named(self.around.globals, self.input.id, &self.type_params, name, generic);
            let alias =
                |index| self.around.aliases.get(to_usize(index)).map_or_else(anything, |a| a.test.clone());
            add(test, found, alias);
        });
        test
    }
}
