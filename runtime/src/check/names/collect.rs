//! Which names a scope assigns and which functions it declares, before anything is resolved.
//!
//! A name assigned inside a block that binds it is that binding and not collected. Functions inside the scope are scopes
//! of their own and left alone, so that collecting every scope of a file visits each node once.

use super::super::walk::{Visit, Write, walk_stmt, walk_target};
use crate::syntax::tree::*;
use std::collections::{HashMap, HashSet};

/// What a scope declares.
#[derive(Debug, Default)]
pub struct Declared<'t> {
    /// First plain assignment of each name, in source order.
    pub assigned: Vec<&'t Name>,
    /// Functions declared with a name, in source order.
    pub functions: Vec<&'t Function>,
}

/// What the top level of a file declares.
pub fn of_file(file: &File) -> Declared<'_> {
    let mut collector = Collector::default();
    collector.body(&file.body);
    collector.declared
}

/// What a function declares, its parameters left out.
pub fn of_function(function: &Function) -> Declared<'_> {
    let mut collector = Collector::default();
    for param in &function.params {
        walk_target(&mut collector, &param.target, &mut |collector: &mut Collector<'_>, name| {
            collector.bind(name);
        });
    }
    for default in function.params.iter().filter_map(|param| param.default.as_ref()) {
        collector.expr(default);
    }
    match &function.body {
        FunctionBody::Body(body) => collector.body(body),
        FunctionBody::Expr(expr) => collector.expr(expr),
    }
    collector.declared
}

#[derive(Default)]
struct Collector<'t> {
    declared: Declared<'t>,
    seen: HashSet<&'t str>,
    /// How many open blocks bind a name.
    bound: HashMap<&'t str, u32>,
    /// Names bound by open blocks; `marks` says where each block begins.
    open: Vec<&'t str>,
    marks: Vec<usize>,
}

impl<'t> Visit<'t> for Collector<'t> {
    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        let binds = !write.reads() && self.bound.get(&*name.text).is_none_or(|open| *open == 0);
        if binds && self.seen.insert(&name.text) {
            self.declared.assigned.push(name);
        }
    }

    fn bind(&mut self, name: &'t Name) {
        self.open.push(&name.text);
        let open = self.bound.entry(&name.text).or_default();
        *open = open.saturating_add(1);
    }

    /// Whether a name at the top of an arm is compared or binds is not known yet. If it is compared, a variable of that
    /// name is assigned elsewhere, so leaving out an assignment in the arm loses nothing.
    fn pattern_name(&mut self, name: &'t Name, _nested: bool) {
        self.bind(name);
    }

    fn open_block(&mut self) {
        self.marks.push(self.open.len());
    }

    fn close_block(&mut self) {
        let mark = self.marks.pop().unwrap_or_default();
        for name in self.open.drain(mark..) {
            if let Some(open) = self.bound.get_mut(name) {
                *open = open.saturating_sub(1);
            }
        }
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        if let StmtKind::Function(function) = &stmt.kind {
            self.declared.functions.push(function);
        } else {
            walk_stmt(self, stmt);
        }
    }

    fn function(&mut self, _function: &'t Function) {}
}
