//! The names that the whole project sees: entities, enums and their variants wherever they stand; functions, types and
//! top-level variables of `entities/` and `lib/`.

use super::super::Project;
use super::collect::{self, Declared};
use super::{Binding, VarId};
use crate::base::span::to_u32;
use crate::base::{Code, Diagnostic, FileId, Span};
use crate::syntax::tree::*;
use std::collections::{HashMap, HashSet};

/// Fields that every entity has.
pub const AUTOMATIC_FIELDS: &[&str] = &["id", "created_at", "updated_at", "deleted_at", "version"];

/// A global declaration and where it stands.
#[derive(Clone, Debug)]
pub struct Global {
    /// What the name stands for.
    pub binding: Binding,
    /// Where it is declared.
    pub span: Span,
}

/// An entity and what it may be asked for by name.
#[derive(Debug)]
pub struct Entity<'t> {
    /// Its declaration.
    pub decl: &'t EntityDecl,
    /// Where it stands.
    pub file: FileId,
    /// Where a declared field is in `decl.fields()`.
    pub fields: HashMap<&'t str, &'t Field>,
}

impl Entity<'_> {
    /// May the name stand for a field, an automatic one or the id behind a reference?
    pub fn has(&self, name: &str) -> bool {
        AUTOMATIC_FIELDS.contains(&name)
            || self.fields.contains_key(name)
            || name.strip_suffix("_id").is_some_and(|reference| self.fields.contains_key(reference))
    }
}

/// A declared type and the file that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Alias<'t> {
    /// Its declaration.
    pub decl: &'t TypeAlias,
    /// Where its own names are resolved.
    pub file: FileId,
}

/// The project's tables.
#[derive(Debug, Default)]
pub struct Globals<'t> {
    /// By name: functions, variables, entities, enums, types. Variants are apart, since anything hides them.
    pub names: HashMap<&'t str, Global>,
    /// Bare variants; `None` where several enums have the name.
    pub variants: HashMap<&'t str, Option<(u32, u32)>>,
    /// In file and source order.
    pub entities: Vec<Entity<'t>>,
    /// In file and source order, each with its file.
    pub enums: Vec<(&'t EnumDecl, FileId)>,
    /// For each enum, its variants by name.
    pub variants_of: Vec<HashMap<&'t str, u32>>,
    /// In file and source order.
    pub aliases: Vec<Alias<'t>>,
    /// Types private to a file.
    pub private_types: HashMap<(FileId, &'t str), u32>,
    /// What the top level of each file declares.
    pub declared: HashMap<FileId, Declared<'t>>,
}

impl<'t> Globals<'t> {
    /// Gathers the tables; a name that is declared twice is reported and keeps its first meaning.
    pub fn gather(project: &Project<'t>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut globals = Self::default();
        for file in &project.files {
            let is_global = file.role == super::super::Role::Global;
            for stmt in &file.tree.body.stmts {
                globals.declaration(stmt, file.id, is_global, diagnostics);
            }
            let declared = collect::of_file(file.tree);
            if is_global {
                globals.functions_and_variables(file.id, &declared, diagnostics);
            }
            globals.declared.insert(file.id, declared);
        }
        globals
    }

    fn declaration(&mut self, stmt: &'t Stmt, file: FileId, is_global: bool, out: &mut Vec<Diagnostic>) {
        match &stmt.kind {
            StmtKind::Entity(decl) => {
                let index = to_u32(self.entities.len());
                self.declare(&decl.name, Binding::Entity(index), out);
                let fields = decl.fields().map(|field| (&*field.name.text, field)).collect();
                self.entities.push(Entity { decl, file, fields });
            }
            StmtKind::Enum(decl) => self.enumeration(decl, file, out),
            StmtKind::TypeAlias(decl) => {
                let index = to_u32(self.aliases.len());
                self.aliases.push(Alias { decl, file });
                if is_global {
                    self.declare(&decl.name, Binding::Alias(index), out);
                } else if self.private_types.insert((file, &decl.name.text), index).is_some() {
                    out.push(duplicate(&decl.name, "type"));
                }
            }
            _ => {}
        }
    }

    fn enumeration(&mut self, decl: &'t EnumDecl, file: FileId, out: &mut Vec<Diagnostic>) {
        let index = to_u32(self.enums.len());
        self.declare(&decl.name, Binding::Enum(index), out);
        let mut own = HashMap::new();
        for (at, variant) in (0..).zip(&decl.variants) {
            let name = &*variant.name.text;
            if own.insert(name, at).is_some() {
                out.push(duplicate(&variant.name, "variant"));
                continue;
            }
            let several = self.variants.contains_key(name);
            self.variants.insert(name, if several { None } else { Some((index, at)) });
        }
        self.enums.push((decl, file));
        self.variants_of.push(own);
    }

    fn functions_and_variables(&mut self, file: FileId, declared: &Declared<'t>, out: &mut Vec<Diagnostic>) {
        let mut own = HashSet::new();
        for function in &declared.functions {
            if let Some(name) = &function.name
                && own.insert(&*name.text)
            {
                self.declare(name, Binding::Function(file, function.id), out);
            }
        }
        let variables = declared.assigned.iter().filter(|name| !own.contains(&*name.text));
        for (index, name) in (0..).map(VarId).zip(variables) {
            self.declare(name, Binding::Global(file, index), out);
        }
    }

    fn declare(&mut self, name: &'t Name, binding: Binding, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.names.get(&*name.text) {
            let text = format!("`{}` is declared twice for the whole project", name.text);
            let found = Diagnostic::new(Code::E0006, name.span, text);
            out.push(found.label(first.span, "first declared here").help("give one of them another name"));
        } else {
            self.names.insert(&name.text, Global { binding, span: name.span });
        }
    }
}

/// A second declaration of one name where one is allowed.
pub fn duplicate(name: &Name, what: &str) -> Diagnostic {
    Diagnostic::new(Code::E0006, name.span, format!("the {what} `{}` is declared twice", name.text))
}
