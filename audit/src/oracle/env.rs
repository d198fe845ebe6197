//! Scopes: which names a function assigns, and what they hold.

use super::value::V;
use flin_runtime::syntax::tree::{
    ArmBody, Body, Branch, Expr, ExprKind, ForHead, FunctionBody, If, LinkRight, MapEntry, MapKey, Match,
    Pattern, PatternKind, PostfixKind, StmtKind, Target, TargetKind, TemplatePart, TryCatch,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub type EnvRef = Rc<Env>;

/// One scope: of a function or file, or of the names that a block binds.
pub struct Env {
    /// A name that is here but unset belongs to the scope all the same.
    vars: RefCell<BTreeMap<String, Option<V>>>,
    parent: Option<EnvRef>,
}

thread_local! {
    /// Every scope of the program that is running.
    static SCOPES: RefCell<Vec<std::rc::Weak<Env>>> = const { RefCell::new(Vec::new()) };
}

/// Forgets what every scope holds: functions and the scopes that they were made in hold each other.
pub fn forget_all() {
    for scope in SCOPES.take() {
        if let Some(scope) = scope.upgrade() {
            let held = scope.vars.take();
            drop(held);
        }
    }
}

fn registered(scope: Env) -> EnvRef {
    let scope = Rc::new(scope);
    SCOPES.with_borrow_mut(|scopes| scopes.push(Rc::downgrade(&scope)));
    scope
}

impl Env {
    /// The scope of a function, with the names that it assigns. Those that an enclosing scope has are that scope's.
    pub fn function(parent: Option<EnvRef>, assigned: BTreeSet<String>) -> EnvRef {
        let own = assigned.into_iter().filter(|name| !parent.as_ref().is_some_and(|p| p.has(name)));
        let vars = own.map(|name| (name, None)).collect();
        registered(Self { vars: RefCell::new(vars), parent })
    }

    /// The scope of a block that binds these names.
    pub fn block(parent: &EnvRef, bound: Vec<(String, V)>) -> EnvRef {
        let vars = bound.into_iter().map(|(name, value)| (name, Some(value))).collect();
        registered(Self { vars: RefCell::new(vars), parent: Some(parent.clone()) })
    }

    pub fn has(&self, name: &str) -> bool {
        self.vars.borrow().contains_key(name) || self.parent.as_ref().is_some_and(|p| p.has(name))
    }

    /// Binds a name here: a parameter, a declared function.
    pub fn bind(&self, name: &str, value: V) {
        self.vars.borrow_mut().insert(name.into(), Some(value));
    }

    /// Assigns the name in the nearest scope that has it.
    pub fn assign(&self, name: &str, value: V) {
        let mut vars = self.vars.borrow_mut();
        match (vars.get_mut(name), &self.parent) {
            (Some(slot), _) => *slot = Some(value),
            (None, Some(parent)) => parent.assign(name, value),
            (None, None) => {
                vars.insert(name.into(), Some(value));
            }
        }
    }

    /// The innermost value that is set.
    pub fn get(&self, name: &str) -> Option<V> {
        let here = self.vars.borrow().get(name).cloned().flatten();
        here.or_else(|| self.parent.as_ref().and_then(|p| p.get(name)))
    }
}

/// Names that the statements of a body assign, functions inside not counted.
pub fn assigned_in_body(body: &Body) -> BTreeSet<String> {
    let mut names = Names::default();
    names.body(body);
    names.found
}

/// Names that a function's body assigns.
pub fn assigned_in_function(body: &FunctionBody) -> BTreeSet<String> {
    let mut names = Names::default();
    match body {
        FunctionBody::Body(body) => names.body(body),
        FunctionBody::Expr(expr) => names.expr(expr),
    }
    names.found
}

/// Collects assigned names; those that a block around the assignment binds are the block's.
#[derive(Default)]
struct Names {
    found: BTreeSet<String>,
    bound: Vec<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        if !self.bound.iter().any(|bound| bound == name) {
            self.found.insert(name.into());
        }
    }

    fn with(&mut self, bound: Vec<String>, inside: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(bound);
        inside(self);
        self.bound.truncate(before);
    }

    fn body(&mut self, body: &Body) {
        for stmt in &body.stmts {
            self.stmt(&stmt.kind);
        }
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::Expr(e) => self.expr(e),
            StmtKind::Output(flin_runtime::syntax::tree::Output::Body(body)) => self.body(body),
            StmtKind::VarDecl(v) => {
                self.add(&v.name.text);
                self.expr(&v.value);
            }
            StmtKind::Destructure(d) => {
                let mut names = Vec::new();
                target_names(&d.target, &mut names);
                names.iter().for_each(|name| self.add(name));
                self.expr(&d.value);
            }
            StmtKind::If(i) => self.if_(i),
            StmtKind::For(f) => {
                let bound = match &f.head {
                    ForHead::In { target, position, subject } => {
                        self.expr(subject);
                        let mut names = Vec::new();
                        target_names(target, &mut names);
                        names.extend(position.iter().map(|p| p.text.to_string()));
                        names
                    }
                    ForHead::Steps { start, condition, step } => {
                        self.expr(start);
                        self.expr(condition);
                        self.expr(step);
                        Vec::new()
                    }
                };
                self.with(bound, |names| names.body(&f.body));
            }
            StmtKind::While(w) => {
                self.expr(&w.condition);
                self.body(&w.body);
            }
            StmtKind::Match(m) => self.match_(m),
            StmtKind::TryCatch(t) => self.try_catch(t),
            StmtKind::Jump(
                flin_runtime::syntax::tree::Jump::Return(Some(e))
                | flin_runtime::syntax::tree::Jump::Throw(e),
            ) => {
                self.expr(e);
            }
            _ => {}
        }
    }

    fn try_catch(&mut self, t: &TryCatch) {
        self.body(&t.body);
        let bound = t.name.iter().map(|n| n.text.to_string()).collect();
        self.with(bound, |names| names.body(&t.handler));
    }

    fn branch(&mut self, branch: &Branch) {
        match branch {
            Branch::Body(body) => self.body(body),
            Branch::Expr(e) => self.expr(e),
        }
    }

    fn if_(&mut self, i: &If) {
        for arm in &i.arms {
            self.expr(&arm.condition);
            self.branch(&arm.branch);
        }
        if let Some(branch) = &i.otherwise {
            self.branch(branch);
        }
    }

    fn match_(&mut self, m: &Match) {
        self.expr(&m.subject);
        for arm in &m.arms {
            let mut bound = Vec::new();
            arm.patterns.iter().for_each(|p| pattern_names(p, &mut bound));
            self.with(bound, |names| {
                arm.guard.iter().for_each(|g| names.expr(g));
                match &arm.body {
                    ArmBody::Body(body) => names.body(body),
                    ArmBody::Expr(e) => names.expr(e),
                    ArmBody::Jump(..) => {}
                }
            });
        }
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Assign(a) => {
                for step in &a.steps {
                    match &step.place.kind {
                        ExprKind::Name(name) => self.add(&name.text),
                        _ => self.expr(&step.place),
                    }
                }
                self.expr(&a.value);
            }
            ExprKind::Postfix(p) => {
                let counts =
                    p.ops.iter().any(|op| matches!(op.kind, PostfixKind::Increment | PostfixKind::Decrement));
                match &p.base.kind {
                    ExprKind::Name(name) if counts && p.ops.len() == 1 => self.add(&name.text),
                    _ => self.expr(&p.base),
                }
                for op in &p.ops {
                    match &op.kind {
                        PostfixKind::Call(args) => args.args.iter().for_each(|a| self.expr(&a.value)),
                        PostfixKind::Index(e) | PostfixKind::At(e) => self.expr(e),
                        PostfixKind::Slice(s) => {
                            [&s.start, &s.end, &s.step].into_iter().flatten().for_each(|e| self.expr(e));
                        }
                        _ => {}
                    }
                }
            }
            ExprKind::Text(t) => {
                for part in &t.parts {
                    if let TemplatePart::Interpolation(e) = part {
                        self.expr(e);
                    }
                }
            }
            ExprKind::Paren(e) | ExprKind::Try(e) | ExprKind::Unary(_, e) | ExprKind::Store(_, e) => {
                self.expr(e);
            }
            ExprKind::List(items) => items.iter().for_each(|i| self.expr(&i.value)),
            ExprKind::Map(m) => {
                for entry in &m.entries {
                    match entry {
                        MapEntry::Pair(key, value) => {
                            if let MapKey::Expr(k) | MapKey::Computed(k) = key {
                                self.expr(k);
                            }
                            self.expr(value);
                        }
                        MapEntry::Spread(e) => self.expr(e),
                        MapEntry::Shorthand(_) => {}
                    }
                }
            }
            ExprKind::If(i) => self.if_(i),
            ExprKind::Match(m) => self.match_(m),
            ExprKind::TryCatch(t) => self.try_catch(t),
            ExprKind::Conditional(c) => {
                for (condition, value) in &c.arms {
                    self.expr(condition);
                    self.expr(value);
                }
                self.expr(&c.otherwise);
            }
            ExprKind::Pipeline(p) => {
                self.expr(&p.first);
                p.stages.iter().for_each(|s| self.expr(s));
            }
            ExprKind::Chain(c) => {
                self.expr(&c.first);
                for link in &c.rest {
                    if let LinkRight::Expr(e) = &link.right {
                        self.expr(e);
                    }
                }
            }
            ExprKind::Range(r) => {
                self.expr(&r.start);
                self.expr(&r.end);
            }
            ExprKind::Power(all) => all.iter().for_each(|e| self.expr(e)),
            _ => {}
        }
    }
}

/// All names that a target binds.
pub fn target_names(target: &Target, names: &mut Vec<String>) {
    match &target.kind {
        TargetKind::Name(name) => names.push(name.text.to_string()),
        TargetKind::List { items, rest } => {
            items.iter().for_each(|t| target_names(t, names));
            names.extend(rest.iter().map(|r| r.text.to_string()));
        }
        TargetKind::Map { entries, rest } => {
            entries.iter().for_each(|e| target_names(&e.target, names));
            names.extend(rest.iter().map(|r| r.text.to_string()));
        }
    }
}

/// All names that a pattern could bind (a bare name at the top of an arm may turn out to be compared).
pub fn pattern_names(pattern: &Pattern, names: &mut Vec<String>) {
    match &pattern.kind {
        PatternKind::Name(name) => names.push(name.text.to_string()),
        PatternKind::Variant { payload, .. } => payload.iter().for_each(|p| pattern_names(p, names)),
        PatternKind::List { items, rest } => {
            items.iter().for_each(|p| pattern_names(p, names));
            names.extend(rest.iter().map(|r| r.text.to_string()));
        }
        PatternKind::Map { entries, rest } => {
            entries.iter().for_each(|e| pattern_names(&e.pattern, names));
            names.extend(rest.iter().map(|r| r.text.to_string()));
        }
        PatternKind::Alternatives(all) => all.iter().for_each(|p| pattern_names(p, names)),
        PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Expr(_) => {}
    }
}
