//! Walks one file with a table of what is visible and writes down what each name means.

use super::super::walk::{Visit, Write, walk_entity, walk_server, walk_stmt, walk_target};
use super::super::{ProjectFile, Role};
use super::builtins::{Index, Surrounding};
use super::collect::{self, Declared};
use super::globals::{Entity, Globals, duplicate};
use super::query::{self, Clause};
use super::symbols::{Entry, Meaning, Symbols};
use super::{AliasNames, Binding, FileNames, VarId, Variable, VariableKind};
use crate::base::Span;
use crate::base::span::{to_u32, to_usize};
use crate::base::{Code, Diagnostic};
use crate::syntax::tree::*;
use std::collections::{HashMap, HashSet};

/// What the file sees of everything else.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a, 't> {
    /// The project's tables.
    pub globals: &'a Globals<'t>,
    /// The built-ins.
    pub index: &'a Index,
    /// The declared types.
    pub aliases: &'a [AliasNames],
}

/// What bare names stand for first, where fields may be named.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a, 't> {
    /// Fields of this entity.
    Of(&'a Entity<'t>),
    /// Fields of a `validate` block.
    Validated(&'t [Field]),
    /// Fields of an entity that is not known.
    Unknown,
}

/// What becomes of an expression whose bare names may be fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// The place where it stands gets a function of the row.
    AsFunction,
    /// It is evaluated where it stands.
    InPlace,
}

/// An expression that runs once a row.
#[derive(Clone, Copy, Debug)]
pub struct Condition<'a, 't> {
    /// What its bare names stand for first.
    pub row: Row<'a, 't>,
    /// The unit that it is.
    unit: u32,
    /// The id of its expression.
    id: NodeId,
}

impl Condition<'_, '_> {
    /// The unit that it is: what is bound inside has it, or a later one.
    pub const fn unit(&self) -> u32 {
        self.unit
    }
}

/// The pass over one file.
pub struct Resolver<'a, 't> {
    pub(super) around: Surroundings<'a, 't>,
    pub(super) input: ProjectFile<'t>,
    pub(super) out: FileNames,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Innermost last.
    pub(super) rows: Vec<Condition<'a, 't>>,
    pub(super) type_params: Vec<&'t str>,
    /// What the arguments with fields at hand are.
    pub(super) clause: Clause,
    /// The entities that variables query, by the variable's name.
    pub(super) queries: HashMap<&'t str, Option<u32>>,
    /// The fields that decorators stand beside.
    pub(super) declaring: Option<Row<'a, 't>>,
    pub(super) symbols: Symbols<'t>,
    scopes: Vec<NodeId>,
    units: Vec<u32>,
    units_made: u32,
    pub(super) context: Surrounding,
    pub(super) suggestions: u32,
    /// Where each variable is first named.
    pub(super) definitions: HashMap<VarId, Span>,
}

impl<'a, 't> Resolver<'a, 't> {
    /// For one file; at most so many unknown names get a suggestion.
    pub fn new(around: Surroundings<'a, 't>, input: ProjectFile<'t>, suggestions: u32) -> Self {
        Self {
            around,
            input,
            out: FileNames { is_global: input.role == Role::Global, ..FileNames::default() },
            diagnostics: Vec::new(),
            rows: Vec::new(),
            type_params: Vec::new(),
            clause: Clause::Condition,
            queries: query::variables(input.tree, around.globals),
            declaring: None,
            symbols: Symbols::default(),
            scopes: vec![input.tree.body.id],
            units: vec![0],
            units_made: 0,
            context: Surrounding::default(),
            suggestions,
            definitions: HashMap::new(),
        }
    }

    /// How many suggestions are left for other files.
    pub const fn suggestions_left(&self) -> u32 {
        self.suggestions
    }

    /// Resolves the file.
    pub fn run(&mut self) -> (FileNames, Vec<Diagnostic>) {
        self.symbols.open();
        if let Some(declared) = self.around.globals.declared.get(&self.input.id) {
            self.declare(declared);
        }
        self.body(&self.input.tree.body);
        self.symbols.close();
        (std::mem::take(&mut self.out), std::mem::take(&mut self.diagnostics))
    }

    /// Makes the functions and then the variables of a scope visible.
    fn declare(&mut self, declared: &Declared<'t>) {
        let is_file = self.scopes.len() == 1;
        let mut own = HashSet::new();
        for function in &declared.functions {
            let Some(name) = &function.name else { continue };
            if !own.insert(&*name.text) {
                // Two of a global file were reported for the whole project, but only when the files differ.
                self.diagnostics.push(duplicate(name, "function"));
                continue;
            }
            self.warn_if_hiding(name);
            self.symbols
                .add(&name.text, Entry { meaning: Meaning::Function(function.id), unit: self.unit() });
        }
        for name in &declared.assigned {
            let has_one = self.symbols.innermost(&name.text).is_some();
            let is_own = is_file && self.input.role == Role::Global;
            let is_free = is_own || self.other_global(&name.text).is_none();
            if !has_one && is_free && !super::types::is_only_type(&name.text) {
                self.variable(name, VariableKind::Assigned);
            }
        }
    }

    pub(super) fn unit(&self) -> u32 {
        self.units.last().copied().unwrap_or_default()
    }

    fn scope(&self) -> NodeId {
        self.scopes.last().copied().unwrap_or(self.input.tree.body.id)
    }

    /// A new variable of the current scope, visible from here on.
    fn variable(&mut self, name: &'t Name, kind: VariableKind) -> VarId {
        let id = VarId(to_u32(self.out.variables.len()));
        self.definitions.insert(id, name.span);
        let scope = self.scope();
        self.out.variables.push(Variable {
            name: name.text.clone(),
            kind,
            scope,
            captured: false,
            first: name.id,
        });
        self.out.scopes.entry(scope).or_default().push(id);
        self.symbols.add(&name.text, Entry { meaning: Meaning::Variable(id, kind), unit: self.unit() });
        id
    }

    pub(super) fn bound(&mut self, name: &Name, variable: VarId) {
        self.out.bindings.insert(name.id, variable);
    }

    /// Binds a name in the current block; again in the same block it is the same variable.
    pub(super) fn bind_in_block(&mut self, name: &'t Name, kind: VariableKind) {
        let variable = match self.symbols.in_this_block(&name.text) {
            Some(Entry { meaning: Meaning::Variable(id, known), .. }) if known == kind => id,
            _ => self.variable(name, kind),
        };
        self.bound(name, variable);
    }

    fn enter_unit(&mut self) {
        self.units_made = self.units_made.saturating_add(1);
        self.units.push(self.units_made);
    }

    /// Visits code whose bare names may be fields of a row, and which runs once a row.
    pub(super) fn with_row(&mut self, row: Row<'a, 't>, condition: &'t Expr, runs: Runs) {
        let mut inner = condition;
        while let ExprKind::Paren(within) = &inner.kind {
            inner = within;
        }
        self.enter_unit();
        self.rows.push(Condition { row, unit: self.unit(), id: inner.id });
        if runs == Runs::AsFunction {
            self.out.conditions.insert(inner.id, false);
        }
        self.expr(condition);
        self.rows.pop();
        self.units.pop();
    }

    /// A field of the row at hand is read: by the condition itself, or by a function inside.
    pub(super) fn reads_row(&mut self) {
        if let Some(&Condition { unit, id, .. }) = self.rows.last()
            && unit != self.unit()
            && let Some(captured) = self.out.conditions.get_mut(&id)
        {
            *captured = true;
        }
    }

    fn params(&mut self, function: &'t Function) {
        let mut seen = HashSet::new();
        let before_last = function.params.len().saturating_sub(1);
        for param in function.params.iter().take(before_last).filter(|param| param.rest) {
            let text = "a parameter with `...` stands last: it takes all arguments that are left";
            self.diagnostics.push(Diagnostic::new(Code::E0103, param.span, text));
        }
        for param in &function.params {
            if let Some(ty) = &param.ty {
                self.ty(ty);
            }
            if let Some(default) = &param.default {
                self.expr(default);
            }
            walk_target(self, &param.target, &mut |resolver: &mut Self, name: &'t Name| {
                if seen.insert(&*name.text) || &*name.text == "_" {
                    let variable = resolver.variable(name, VariableKind::Parameter);
                    resolver.bound(name, variable);
                } else {
                    resolver.diagnostics.push(duplicate(name, "parameter"));
                }
            });
        }
    }
}

impl<'t> Visit<'t> for Resolver<'_, 't> {
    fn read(&mut self, name: &'t Name) {
        let found = self.candidates(&name.text);
        if found.is_empty() {
            self.unknown(name);
        } else {
            self.out.uses.insert(name.id, found);
        }
    }

    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        match self.symbols.innermost(&name.text) {
            Some(entry @ Entry { meaning: Meaning::Variable(id, _), .. }) => {
                self.touch(entry);
                self.bound(name, id);
                if write.reads() {
                    let found = self.candidates(&name.text);
                    self.out.uses.insert(name.id, found);
                }
            }
            Some(_) => self.refuse_assignment(name, "the function", "use another name"),
            None => self.assign_elsewhere(name, write),
        }
    }

    fn bind(&mut self, name: &'t Name) {
        self.bind_in_block(name, VariableKind::Block);
    }

    fn pattern_name(&mut self, name: &'t Name, nested: bool) {
        self.resolve_pattern_name(name, nested);
    }

    fn variant_pattern(&mut self, _pattern: &'t Pattern, enumeration: Option<&'t Name>, name: &'t Name) {
        self.resolve_variant_pattern(enumeration, name);
    }

    fn open_block(&mut self) {
        self.symbols.open();
    }

    fn close_block(&mut self) {
        self.symbols.close();
    }

    fn open_unit(&mut self) {
        self.enter_unit();
    }

    fn close_unit(&mut self) {
        self.units.pop();
    }

    fn ty(&mut self, ty: &'t Type) {
        self.resolve_type(ty);
    }

    fn payload(&mut self, payload: &'t Payload) {
        let before = self.diagnostics.len();
        self.resolve_type(&payload.ty);
        if payload.name.is_none()
            && let TypeKind::Named { name, .. } = &payload.ty.kind
            && let Some(unknown) = self.diagnostics.get_mut(before)
        {
            // What stands alone is a type, and was perhaps meant as a name.
            let named = format!("a payload with a name is written `{}: type`", name.text);
            unknown.help = Some(match unknown.help.take() {
                Some(help) => format!("{help} {named}"),
                None => named,
            });
        }
    }

    fn tested_type(&mut self, ty: &'t Type) {
        self.resolve_type(ty);
        let test = self.test_of(ty);
        self.out.tests.insert(ty.id, test);
    }

    fn component(&mut self, tag: &'t Name) {
        let (found, _) = self.declared_candidates(&tag.text);
        let callable = |binding: &Binding| {
            matches!(binding, Binding::Variable(_) | Binding::Function(..) | Binding::Global(..))
        };
        if found.first().is_some_and(callable) {
            self.out.uses.insert(tag.id, found);
        }
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        match &stmt.kind {
            StmtKind::Entity(decl) => self.warn_if_hiding(&decl.name),
            StmtKind::Enum(decl) => self.warn_if_hiding(&decl.name),
            StmtKind::TypeAlias(decl) => self.warn_if_hiding(&decl.name),
            _ => {}
        }
        if let StmtKind::Enum(decl) = &stmt.kind {
            let outer = self.type_params.len();
            self.type_params.extend(decl.type_params.iter().map(|name| &*name.text));
            walk_stmt(self, stmt);
            self.type_params.truncate(outer);
        } else {
            walk_stmt(self, stmt);
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        self.resolve_expr(expr);
    }

    fn function(&mut self, function: &'t Function) {
        self.enter_unit();
        self.scopes.push(function.id);
        self.symbols.open();
        let outer = self.type_params.len();
        self.type_params.extend(function.type_params.iter().map(|name| &*name.text));
        self.declare(&collect::of_function(function));
        self.params(function);
        if let Some(result) = &function.result {
            self.ty(result);
        }
        match &function.body {
            FunctionBody::Body(body) => self.body(body),
            FunctionBody::Expr(expr) => self.expr(expr),
        }
        self.type_params.truncate(outer);
        self.symbols.close();
        self.scopes.pop();
        self.units.pop();
    }

    fn server(&mut self, stmt: &'t ServerStmt) {
        let (declaring, context) = (self.declaring, self.context);
        let deeper = |count: u32, here: bool| count.saturating_add(u32::from(here));
        let handles = matches!(
            stmt,
            ServerStmt::Route(_) | ServerStmt::Guards(_) | ServerStmt::Ws(..) | ServerStmt::Sse(..)
        );
        self.context = Surrounding {
            handlers: deeper(context.handlers, handles),
            sockets: deeper(context.sockets, matches!(stmt, ServerStmt::Ws(..))),
            tests: deeper(context.tests, matches!(stmt, ServerStmt::Test(..))),
        };
        if let ServerStmt::Validate(fields) = stmt {
            self.declaring = Some(Row::Validated(fields));
        }
        walk_server(self, stmt);
        (self.declaring, self.context) = (declaring, context);
    }

    fn entity(&mut self, entity: &'t EntityDecl) {
        let outer = self.declaring;
        if let Some(Binding::Entity(index)) = self.global(&entity.name.text) {
            self.declaring = self.around.globals.entities.get(to_usize(*index)).map(Row::Of);
        }
        walk_entity(self, entity);
        self.declaring = outer;
    }

    fn decorator(&mut self, decorator: &'t Decorator) {
        self.resolve_decorator(decorator);
    }
}
