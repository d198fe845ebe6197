//! A whole program: which functions it has, which variables are global, and what runs first.

use super::Input;
use super::component::Components;
use super::frame::{Frame, Key, Reg};
use super::hoist;
use super::tables::Tables;
use crate::base::span::to_u32;
use crate::base::{Code, Diagnostic, FileId, Span};
use crate::check::names::{FileNames, VarId, Variable, VariableKind};
use crate::check::project::{ProjectFile, Role};
use crate::check::regex::Patterns;
use crate::code::Module;
use crate::code::module::{Capture, GlobalFile};
use crate::code::op::Op;
use crate::syntax::tree::{Body, Function, NodeId, ServerStmt, StmtKind};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// A function that captures nothing and has its place in the module.
#[derive(Clone, Copy)]
pub(super) struct Static<'a> {
    /// Index in the module.
    pub index: u32,
    /// Its tree, for parameters.
    pub tree: &'a Function,
}

/// The compiler at work: the module so far, the file and the function that code is generated for.
pub(super) struct Compiler<'a> {
    /// What is compiled.
    pub input: &'a Input<'a>,
    /// The module so far.
    pub tables: Tables,
    /// The file at hand.
    pub file: FileId,
    /// Its names.
    pub names: &'a FileNames,
    /// The function at hand.
    pub frame: Frame,
    /// The functions around it, outermost first.
    pub outer: Vec<Frame>,
    /// Functions that are called directly.
    pub statics: HashMap<(FileId, NodeId), Static<'a>>,
    /// The functions that run the top levels of files.
    pub top_levels: HashMap<FileId, u32>,
    /// Folders with middleware, and its function.
    pub middleware: Vec<(String, u32)>,
    /// Global variables.
    pub globals: HashMap<(FileId, VarId), u32>,
    /// The condition whose function is being made.
    pub row_body: Option<NodeId>,
    /// What the hint that was made last captures: see [`super::query`].
    pub hint_captures: Option<(Vec<Capture>, HashMap<Key, u32>)>,
    /// The component file that is compiled.
    pub component: Option<FileId>,
    /// Functions of the component files that tags named.
    pub components: Components,
    /// Those that are not compiled yet.
    pub waiting: Vec<FileId>,
    /// The patterns of the program, bounded together.
    pub patterns: Patterns,
    /// Findings.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    /// A compiler that has done nothing yet.
    pub fn new(input: &'a Input<'a>) -> Self {
        static EMPTY: LazyLock<FileNames> = LazyLock::new(FileNames::default);
        Self {
            input,
            tables: Tables::new(input.names),
            file: input.entry.unwrap_or(FileId(0)),
            names: &EMPTY,
            frame: Frame::new(Span::default()),
            outer: Vec::new(),
            statics: HashMap::new(),
            top_levels: HashMap::new(),
            middleware: Vec::new(),
            globals: HashMap::new(),
            row_body: None,
            hint_captures: None,
            component: None,
            components: Components::new(),
            waiting: Vec::new(),
            patterns: input.patterns.clone(),
            diagnostics: Vec::new(),
        }
    }

    /// Compiles all of it.
    pub fn program(mut self) -> Result<Module, Vec<Diagnostic>> {
        let files: Vec<ProjectFile<'a>> = self.input.project.files.clone();
        let served = self.input.served;
        let in_use = |file: &&ProjectFile<'_>| {
            Some(file.id) == self.input.entry
                || file.role == Role::Global
                || served && !matches!(file.role, Role::Test | Role::Script | Role::Component)
        };
        let files: Vec<ProjectFile<'a>> = files.iter().filter(in_use).copied().collect();
        for file in &files {
            self.declare_file(file);
        }
        self.entities();
        if self.input.entry.is_none() {
            self.tables.module.entry = self.nothing();
        }
        for file in &files {
            self.compile_file(file);
        }
        if served {
            for file in files.iter().filter(|file| file.role == Role::Middleware) {
                self.declare_middleware(file);
            }
            for file in &files {
                self.endpoints(file);
            }
        }
        self.component_files();
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            self.diagnostics.sort_by_key(|found| (found.span.file, found.span.start));
            return Err(self.diagnostics);
        }
        self.tables.module.sources = super::positions::of(&self.tables.module, self.input.sources);
        Ok(self.tables.module)
    }

    /// Gives the file's functions and global variables their numbers, so that every file can name them.
    fn declare_file(&mut self, file: &ProjectFile<'a>) {
        let Some(names) = self.input.names.files.get(&file.id) else { return };
        for tree in hoist::of_file(names, &file.tree.body) {
            let index = self.tables.reserve_function();
            self.statics.insert((file.id, tree.id), Static { index, tree });
        }
        let index = self.tables.reserve_function();
        if Some(file.id) == self.input.entry {
            self.tables.module.entry = index;
        }
        self.top_levels.insert(file.id, index);
        let globals = to_u32(self.tables.module.files.len());
        // A file that others cannot read runs before they could.
        let initialiser = if self.is_lazy(file) { Some(index) } else { None };
        self.tables.module.files.push(GlobalFile { name: file.path.into(), initialiser });
        for id in scope_variables(names, file.tree.body.id) {
            if let Some(variable) = variable(names, id)
                && variable.kind == VariableKind::Assigned
                && (variable.captured || names.is_global)
            {
                let name = self.tables.text(&variable.name);
                let global = to_u32(self.tables.module.globals.len());
                self.tables.module.globals.push((globals, name));
                self.globals.insert((file.id, id), global);
            }
        }
    }

    fn compile_file(&mut self, file: &ProjectFile<'a>) {
        let Some(names) = self.input.names.files.get(&file.id) else { return };
        self.file = file.id;
        self.names = names;
        for tree in hoist::of_file(names, &file.tree.body) {
            if let Some(&Static { index, tree }) = self.statics.get(&(file.id, tree.id)) {
                let function = self.function(tree).0;
                self.tables.set_function(index, function);
            }
        }
        let is_entry = Some(file.id) == self.input.entry;
        let top_level = if is_entry || self.is_lazy(file) {
            self.top_level(&file.tree.body)
        } else {
            self.silent_top_level(&file.tree.body)
        };
        if let Some(&index) = self.top_levels.get(&file.id) {
            self.tables.set_function(index, top_level);
        }
        if is_entry {
            for stmt in &file.tree.body.stmts {
                if let StmtKind::Server(server) = &stmt.kind
                    && let ServerStmt::Test(name, body) = &**server
                {
                    self.test(&name.text, body);
                }
            }
        }
    }

    /// Does its top level run when one of its variables is first read?
    fn is_lazy(&self, file: &ProjectFile<'_>) -> bool {
        file.role == Role::Global && Some(file.id) != self.input.entry
    }

    /// The statements of a file as a function.
    fn top_level(&mut self, body: &'a Body) -> crate::code::module::Function {
        self.frame = Frame::new(body.span);
        self.frame.is_top_level = true;
        self.enter_scope(body.id);
        self.stmts(&body.stmts, super::body::Dest::Drop);
        self.finish_frame(None)
    }

    /// A test: the file's top level first, then its own statements.
    fn test(&mut self, name: &Arc<str>, body: &'a Body) {
        self.frame = Frame::new(body.span);
        let mark = self.frame.mark();
        let base: Reg = self.frame.temp();
        let function = self.tables.module.entry;
        self.frame.emit(Op::CallFunction { base, argc: 0, dst: base, function });
        self.frame.release(mark);
        self.enter_scope(body.id);
        self.stmts(&body.stmts, super::body::Dest::Drop);
        let function = self.finish_frame(Some(name));
        let index = self.tables.reserve_function();
        self.tables.set_function(index, function);
        let name = self.tables.text(name);
        self.tables.module.tests.push((name, index));
    }

    /// Takes the finished function out of the frame.
    pub fn finish_frame(&mut self, name: Option<&Arc<str>>) -> crate::code::module::Function {
        let frame = std::mem::replace(&mut self.frame, Frame::new(Span::default()));
        if let Some(span) = frame.overflow {
            let found = Diagnostic::new(Code::E0110, span, "this expression needs too many values at once");
            self.diagnostics.push(found.help("give a name to a part of it"));
        }
        let mut function = frame.finish();
        function.name = name.map(|name| self.tables.text(name));
        function
    }

    /// Refuses what this version cannot run: at once in the program's own file, when it is reached in a library.
    pub fn unsupported(&mut self, span: Span, message: &str) {
        if Some(self.file) == self.input.entry {
            self.diagnostics.push(Diagnostic::new(Code::E0008, span, message));
            return;
        }
        let mark = self.frame.mark();
        let src = self.frame.temp();
        let constant = self.tables.text(&message.into());
        self.frame.emit(Op::LoadConst { dst: src, constant });
        self.frame.emit(Op::Throw { src });
        self.frame.state.reachable = false;
        self.frame.release(mark);
    }
}

/// The variables of a scope.
pub(super) fn scope_variables(names: &FileNames, scope: NodeId) -> Vec<VarId> {
    names.scopes.get(&scope).cloned().unwrap_or_default()
}

/// A variable of the file.
pub(super) fn variable(names: &FileNames, id: VarId) -> Option<&Variable> {
    names.variables.get(crate::base::span::to_usize(id.0))
}
