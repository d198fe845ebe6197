//! Statements and the value of a body.

use super::value::V;
use super::{Eval, Flow, Oracle, raise, type_error, unjudged};
use crate::oracle::env::{Env, EnvRef};
use crate::oracle::value::{ErrorValue, Function};
use flin_runtime::syntax::tree::{
    Body, ForHead, Function as FunctionTree, Jump, Name, Output, Stmt, StmtKind, Target, TargetKind, TryCatch,
};
use std::rc::Rc;

impl Oracle {
    /// Declares the functions of a scope before anything runs.
    pub(super) fn hoist(&mut self, body: &Body, env: &EnvRef) -> Eval<()> {
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Function(function) => {
                    if let Some(name) = &function.name {
                        let made = Function { tree: (**function).clone(), env: env.clone() };
                        env.bind(&name.text, V::Function(Rc::new(made)));
                    }
                }
                StmtKind::If(i) => {
                    for arm in &i.arms {
                        if let flin_runtime::syntax::tree::Branch::Body(body) = &arm.branch {
                            self.hoist(body, env)?;
                        }
                    }
                }
                StmtKind::For(f) => self.hoist_none(&f.body)?,
                StmtKind::While(w) => self.hoist(&w.body, env)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A function declared where names are new each time is not judged.
    fn hoist_none(&mut self, body: &Body) -> Eval<()> {
        match body.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Function(_))) {
            true => unjudged("function in a loop"),
            false => Ok(()),
        }
    }

    /// Runs a body; its value is that of its last statement.
    pub(super) fn body_value(&mut self, body: &Body, env: &EnvRef) -> Eval<V> {
        let mut value = V::None;
        for stmt in &body.stmts {
            value = self.stmt(stmt, env)?;
        }
        Ok(value)
    }

    fn stmt(&mut self, stmt: &Stmt, env: &EnvRef) -> Eval<V> {
        self.step()?;
        match &stmt.kind {
            StmtKind::Expr(e) => self.expr(e, env),
            StmtKind::VarDecl(v) => {
                let value = self.expr(&v.value, env)?;
                env.assign(&v.name.text, value.clone());
                Ok(value)
            }
            StmtKind::Destructure(d) => {
                let value = self.expr(&d.value, env)?;
                let mut bound = Vec::new();
                self.take_apart(&d.target, &value, &mut bound)?;
                for (name, value) in bound {
                    env.assign(&name, value);
                }
                Ok(V::None)
            }
            StmtKind::If(i) => self.if_value(i, env),
            StmtKind::Match(m) => self.match_value(m, env),
            StmtKind::TryCatch(t) => self.try_catch(t, env),
            StmtKind::For(f) => self.for_loop(&f.head, &f.body, env),
            StmtKind::While(w) => {
                while self.expr(&w.condition, env)?.truthy() {
                    if self.round(&w.body, env)? {
                        break;
                    }
                }
                Ok(V::None)
            }
            StmtKind::Jump(jump) => self.jump(jump, env),
            StmtKind::Function(_) | StmtKind::Enum(_) | StmtKind::TypeAlias(_) | StmtKind::Import => {
                Ok(V::None)
            }
            StmtKind::Output(Output::Body(_)) => unjudged("output"),
            StmtKind::Assert(a) => match self.expr(&a.condition, env)?.truthy() {
                true => Ok(V::None),
                false => raise("AssertionFailed", ""),
            },
            _ => unjudged("statement"),
        }
    }

    pub(super) fn jump(&mut self, jump: &Jump, env: &EnvRef) -> Eval<V> {
        Err(match jump {
            Jump::Return(None) => Flow::Return(V::None),
            Jump::Return(Some(e)) => Flow::Return(self.expr(e, env)?),
            Jump::Break => Flow::Break,
            Jump::Continue => Flow::Continue,
            Jump::Throw(e) => match self.expr(e, env)? {
                V::Error(error) => Flow::Raise(error),
                V::Text(message) => Flow::Raise(Rc::new(ErrorValue::new("Error", message.to_string()))),
                _ => return type_error("throw"),
            },
        })
    }

    /// One round of a loop; true when it ends the loop.
    fn round(&mut self, body: &Body, env: &EnvRef) -> Eval<bool> {
        self.step()?;
        match self.body_value(body, env) {
            Ok(_) | Err(Flow::Continue) => Ok(false),
            Err(Flow::Break) => Ok(true),
            Err(other) => Err(other),
        }
    }

    fn for_loop(&mut self, head: &ForHead, body: &Body, env: &EnvRef) -> Eval<V> {
        match head {
            ForHead::Steps { start, condition, step } => {
                self.expr(start, env)?;
                while self.expr(condition, env)?.truthy() {
                    if self.round(body, env)? {
                        break;
                    }
                    self.expr(step, env)?;
                }
            }
            ForHead::In { target, position, subject } => {
                let subject = self.expr(subject, env)?;
                let is_map = matches!(subject, V::Map(_));
                for (at, item) in self.iterate(&subject)?.into_iter().enumerate() {
                    let mut bound = Vec::new();
                    match (position, &item) {
                        (Some(position), V::List(pair)) if is_map => {
                            let pair = pair.borrow().clone();
                            self.take_apart(target, &pair[0], &mut bound)?;
                            bound.push((position.text.to_string(), pair[1].clone()));
                        }
                        (Some(position), item) => {
                            self.take_apart(target, item, &mut bound)?;
                            bound.push((position.text.to_string(), V::Int(at as i64)));
                        }
                        (None, item) => self.take_apart(target, item, &mut bound)?,
                    }
                    let inner = Env::block(env, bound);
                    if self.round(body, &inner)? {
                        break;
                    }
                }
            }
        }
        Ok(V::None)
    }

    pub(super) fn try_catch(&mut self, t: &TryCatch, env: &EnvRef) -> Eval<V> {
        match self.body_value(&t.body, env) {
            Err(Flow::Raise(error)) => {
                let bound =
                    t.name.iter().map(|name| (name.text.to_string(), V::Error(error.clone()))).collect();
                self.body_value(&t.handler, &Env::block(env, bound))
            }
            other => other,
        }
    }

    /// What each name of a target is bound to.
    pub(super) fn take_apart(
        &mut self,
        target: &Target,
        value: &V,
        bound: &mut Vec<(String, V)>,
    ) -> Eval<()> {
        let mut rest_of = |rest: &Option<Name>, value: V| {
            if let Some(rest) = rest {
                bound.push((rest.text.to_string(), value));
            }
        };
        match &target.kind {
            TargetKind::Name(name) => bound.push((name.text.to_string(), value.clone())),
            TargetKind::List { items, rest } => {
                let values = self.iterate(value)?;
                if values.len() < items.len() {
                    return raise("IndexOutOfBounds", "");
                }
                rest_of(rest, V::list(values[items.len()..].to_vec()));
                for (item, value) in items.iter().zip(&values) {
                    self.take_apart(item, value, bound)?;
                }
            }
            TargetKind::Map { entries, rest } => {
                let V::Map(pairs) = value else { return type_error("destructuring") };
                let pairs = pairs.borrow().clone();
                let is = |key: &V, name: &Name| matches!(key, V::Text(t) if t.as_ref() == name.text.as_ref());
                let left = pairs.iter().filter(|(key, _)| !entries.iter().any(|e| is(key, &e.key))).cloned();
                rest_of(rest, V::map(left.collect()));
                for entry in entries {
                    let found = pairs.iter().find(|(key, _)| is(key, &entry.key));
                    let value = found.map_or(V::None, |(_, value)| value.clone());
                    self.take_apart(&entry.target, &value, bound)?;
                }
            }
        }
        Ok(())
    }

    /// Binds parameters: positional, named, defaults, rest.
    pub(super) fn bind_arguments(
        &mut self,
        tree: &FunctionTree,
        args: Vec<V>,
        named: Vec<(String, V)>,
        env: &EnvRef,
    ) -> Eval<()> {
        if tree.kind == flin_runtime::syntax::tree::FunctionKind::Deferred {
            return Ok(());
        }
        let has_rest = tree.params.iter().any(|p| p.rest);
        if args.len() > tree.params.len() && !has_rest {
            return type_error("too many arguments");
        }
        let mut args = args.into_iter();
        let mut used = 0;
        for param in &tree.params {
            if param.rest {
                let mut bound = Vec::new();
                let rest: Vec<V> = args.by_ref().collect();
                self.take_apart(&param.target, &V::list(rest), &mut bound)?;
                bound.into_iter().for_each(|(name, value)| env.bind(&name, value));
                continue;
            }
            let by_name = match &param.target.kind {
                TargetKind::Name(name) => {
                    named.iter().find(|(n, _)| *n == *name.text).map(|(_, v)| v.clone())
                }
                _ => None,
            };
            let positional = args.next();
            used += usize::from(by_name.is_some());
            let value = match (positional, by_name, &param.default) {
                (Some(_), Some(_), _) => return type_error("argument given twice"),
                (Some(value), None, _) | (None, Some(value), _) => value,
                (None, None, Some(default)) => self.expr(default, env)?,
                (None, None, None) => {
                    let optional = param.ty.as_ref().is_some_and(|ty| {
                        matches!(ty.kind, flin_runtime::syntax::tree::TypeKind::Optional(_))
                    });
                    if !optional {
                        return type_error("missing argument");
                    }
                    V::None
                }
            };
            let mut bound = Vec::new();
            self.take_apart(&param.target, &value, &mut bound)?;
            bound.into_iter().for_each(|(name, value)| env.bind(&name, value));
        }
        if used < named.len() { type_error("unknown argument") } else { Ok(()) }
    }
}
