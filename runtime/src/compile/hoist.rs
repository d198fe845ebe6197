//! When declared functions come into being.
//!
//! - **F1** A function is there in its whole scope: it is made when the scope is entered, wherever in it the declaration
//!   stands.
//! - **F2** Only one that needs a variable of a block around it, or another such function, is made when that block is
//!   entered, and again each time.

use super::frame::Key;
use super::program::{Compiler, variable};
use crate::check::names::{Binding, FileNames, VarId, VariableKind};
use crate::check::walk::{Visit, Write, walk_function, walk_stmt};
use crate::syntax::tree::{Body, Function, FunctionBody, Name, NodeId, ServerStmt, Stmt, StmtKind};
use std::collections::{HashMap, HashSet};

impl<'a> Compiler<'a> {
    /// Makes the functions of the scope that a function's body is. It has its variables already.
    pub fn hoist_scope(&mut self, tree: &'a Function) {
        let mut found = Declared::default();
        match &tree.body {
            FunctionBody::Body(body) => found.body(body),
            FunctionBody::Expr(value) => found.expr(value),
        }
        let functions = unbound(self.names, tree.id, found.functions);
        self.make(&functions);
    }

    /// Makes the functions of a file that is itself run like a function. It has its variables already.
    pub fn hoist_file(&mut self, body: &'a Body) {
        let functions = of_file(self.names, body);
        self.make(&functions);
    }

    /// Makes the functions that stand in a block and need its variables; `unhoist` takes what this gives.
    pub fn hoist_block(&mut self, stmts: &'a [Stmt]) -> Vec<NodeId> {
        let file = self.file;
        let declared = stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Function(tree) => Some(&**tree),
            _ => None,
        });
        let late = declared.filter(|tree| {
            let is_made = self.frame.places.contains_key(&Key::Function(tree.id));
            !is_made && !self.statics.contains_key(&(file, tree.id))
        });
        let late: Vec<&Function> = late.collect();
        self.make(&late);
        late.iter().map(|tree| tree.id).collect()
    }

    /// Behind its block a function that was made there has no place any more.
    pub fn unhoist(&mut self, late: &[NodeId]) {
        for id in late {
            self.frame.places.remove(&Key::Function(*id));
        }
    }

    /// All have their cells first, so that they can name each other.
    fn make(&mut self, functions: &[&'a Function]) {
        for tree in functions {
            self.new_cell(Key::Function(tree.id), None);
        }
        for tree in functions {
            let mark = self.frame.mark();
            let src = self.frame.temp();
            self.closure(tree, src);
            let place = self.locate(Key::Function(tree.id));
            self.store(place, src);
            self.frame.release(mark);
        }
    }
}

/// The functions of a file, in its blocks and tests too, that are there whenever the file is: what they share with the
/// code around them are globals.
pub(super) fn of_file<'t>(names: &FileNames, body: &'t Body) -> Vec<&'t Function> {
    let mut found = Declared::default();
    found.body(body);
    unbound(names, body.id, found.functions)
}

/// Of the functions of a scope, those that need no variable of a block, nor another function that does.
fn unbound<'t>(names: &FileNames, scope: NodeId, mut functions: Vec<&'t Function>) -> Vec<&'t Function> {
    let mut bound = HashSet::new();
    let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    let mut work = Vec::new();
    for function in &functions {
        let mut needs = Needs { names, scope, block: false, functions: Vec::new() };
        walk_function(&mut needs, function);
        if needs.block {
            work.push(function.id);
        }
        for needed in needs.functions {
            users.entry(needed).or_default().push(function.id);
        }
    }
    while let Some(id) = work.pop() {
        if bound.insert(id) {
            work.extend(users.get(&id).into_iter().flatten());
        }
    }
    functions.retain(|function| !bound.contains(&function.id));
    functions
}

#[derive(Default)]
struct Declared<'t> {
    functions: Vec<&'t Function>,
}

impl<'t> Visit<'t> for Declared<'t> {
    fn stmt(&mut self, stmt: &'t Stmt) {
        if let StmtKind::Function(function) = &stmt.kind {
            self.functions.push(function);
        } else {
            walk_stmt(self, stmt);
        }
    }

    fn function(&mut self, _function: &'t Function) {}

    fn server(&mut self, stmt: &'t ServerStmt) {
        if let ServerStmt::View(body) | ServerStmt::Test(_, body) = stmt {
            self.body(body);
        }
    }
}

/// What one function of a scope needs of it.
struct Needs<'n> {
    names: &'n FileNames,
    scope: NodeId,
    /// A variable of a block of the scope.
    block: bool,
    /// Functions of the file, those of the scope among them.
    functions: Vec<NodeId>,
}

impl Needs<'_> {
    fn variable(&mut self, id: VarId) {
        self.block |= variable(self.names, id)
            .is_some_and(|variable| variable.kind == VariableKind::Block && variable.scope == self.scope);
    }

    fn name(&mut self, name: &Name) {
        for binding in self.names.uses.get(&name.id).into_iter().flatten() {
            match *binding {
                Binding::Variable(id) => self.variable(id),
                Binding::Function(_, id) => self.functions.push(id),
                _ => {}
            }
        }
    }
}

impl<'t> Visit<'t> for Needs<'_> {
    fn read(&mut self, name: &'t Name) {
        self.name(name);
    }

    fn assign(&mut self, name: &'t Name, _write: Write<'t>) {
        if let Some(&id) = self.names.bindings.get(&name.id) {
            self.variable(id);
        }
    }

    fn pattern_name(&mut self, name: &'t Name, _nested: bool) {
        self.name(name);
    }

    fn component(&mut self, tag: &'t Name) {
        self.name(tag);
    }
}
