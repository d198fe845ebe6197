//! Expressions: operands from left to right, operators as the reference defines them.

use super::arithmetic::{arithmetic, exact_int, power};
use super::value::{V, equal, order, range_length, to_text};
use super::{Eval, Flow, Oracle, SIZE_MAX, env, raise, type_error, unjudged};
use crate::oracle::env::{Env, EnvRef};
use crate::oracle::value::Function;
use flin_runtime::syntax::tree::{
    AssignOp, BinaryOp, Branch, Expr, ExprKind, If, LinkRight, MapEntry, MapKey, StoreOp, Template,
    TemplatePart, Type, TypeKind, UnaryOp,
};
use std::rc::Rc;

/// Built-ins of other worlds than values: the clock, chance, files, digests, encodings, other spellings.
#[rustfmt::skip]
const UNJUDGED: &[&str] = &[
    "now", "today", "yesterday", "tomorrow", "time", "random", "random_int", "random_token", "uuid", "math_random",
    "read_file", "read_bytes", "write_file", "append_file", "delete_file", "list_files", "file_exists", "save_upload",
    "env", "log", "log_debug", "log_info", "log_warn", "log_error", "escape", "raw", "url_encode", "url_decode",
    "encodeURIComponent", "base64_encode", "base64_decode", "base64_bytes", "sha256", "hmac_sha256", "hash_password",
    "verify_password", "secure_equals", "String", "Number", "parseInt", "parseFloat", "Math", "Object", "Array",
    "JSON", "Date", "window", "math_pi", "math_abs", "math_floor", "math_ceil", "math_round", "math_sqrt", "math_pow",
    "math_min", "math_max",
];

impl Oracle {
    pub(super) fn expr(&mut self, e: &Expr, env: &EnvRef) -> Eval<V> {
        self.step()?;
        match &e.kind {
            ExprKind::None => Ok(V::None),
            ExprKind::Bool(b) => Ok(V::Bool(*b)),
            ExprKind::Int(n) => Ok(V::Int(*n)),
            ExprKind::Number(n) => Ok(V::Num(*n)),
            ExprKind::Duration(n) => Ok(V::Duration(*n)),
            ExprKind::Text(template) => self.template(template, env),
            ExprKind::Name(name) => self.name(&name.text, env),
            ExprKind::Paren(inner) => self.expr(inner, env),
            ExprKind::List(items) => {
                let mut out = Vec::new();
                for item in items {
                    let value = self.expr(&item.value, env)?;
                    if item.spread {
                        out.extend(self.iterate(&value)?);
                    } else {
                        out.push(value);
                    }
                }
                Ok(V::list(out))
            }
            ExprKind::Map(literal) => self.map_literal(&literal.entries, env),
            ExprKind::Function(function) => {
                Ok(V::Function(Rc::new(Function { tree: (**function).clone(), env: env.clone() })))
            }
            ExprKind::If(i) => self.if_value(i, env),
            ExprKind::Match(m) => self.match_value(m, env),
            ExprKind::Try(inner) => match self.expr(inner, env) {
                Err(Flow::Raise(error)) => Ok(V::Error(error)),
                other => other,
            },
            ExprKind::TryCatch(t) => self.try_catch(t, env),
            ExprKind::Conditional(c) => {
                for (condition, value) in &c.arms {
                    if self.expr(condition, env)?.truthy() {
                        return self.expr(value, env);
                    }
                }
                self.expr(&c.otherwise, env)
            }
            ExprKind::Pipeline(p) => {
                let mut value = self.expr(&p.first, env)?;
                for stage in &p.stages {
                    value = self.pipe(value, stage, env)?;
                }
                Ok(value)
            }
            ExprKind::Chain(chain) => {
                let mut left = match (&chain.first.kind, chain.rest.first().map(|l| l.op)) {
                    (ExprKind::Name(name), Some(BinaryOp::Coalesce | BinaryOp::Elvis)) => {
                        self.name_or_none(&name.text, env)?
                    }
                    _ => self.expr(&chain.first, env)?,
                };
                for link in &chain.rest {
                    left = self.link(left, link.op, &link.right, env)?;
                }
                Ok(left)
            }
            ExprKind::Range(r) => {
                let start = self.expr(&r.start, env)?;
                let end = self.expr(&r.end, env)?;
                match (start, end) {
                    (V::Int(a), V::Int(b)) => Ok(V::Range(a, b, !r.exclusive)),
                    _ => type_error("range bounds"),
                }
            }
            ExprKind::Unary(op, operand) => {
                let value = self.expr(operand, env)?;
                match op {
                    UnaryOp::Not => Ok(V::Bool(!value.truthy())),
                    UnaryOp::New => Ok(value),
                    UnaryOp::Typeof => Ok(V::text(type_name(&value))),
                    UnaryOp::Negate => match value {
                        V::Int(n) => {
                            n.checked_neg().map_or_else(|| raise("IntegerOverflow", ""), |n| Ok(V::Int(n)))
                        }
                        V::Duration(n) => n
                            .checked_neg()
                            .map_or_else(|| raise("IntegerOverflow", ""), |n| Ok(V::Duration(n))),
                        V::Num(n) => Ok(V::Num(-n)),
                        _ => type_error("minus"),
                    },
                }
            }
            ExprKind::Power(all) => {
                let mut values = Vec::new();
                for operand in all {
                    values.push(self.expr(operand, env)?);
                }
                let mut result = values.pop().unwrap_or(V::None);
                while let Some(base) = values.pop() {
                    result = power(&base, &result)?;
                }
                Ok(result)
            }
            ExprKind::Postfix(postfix) => self.postfix(postfix, env),
            ExprKind::Store(StoreOp::Delete, operand) => self.delete_key(operand, env),
            ExprKind::Assign(assign) => {
                // Places are evaluated once, from left to right, before the value.
                let mut places = Vec::new();
                for step in &assign.steps {
                    let place = self.place(&step.place, env)?;
                    let old =
                        if step.op == AssignOp::Set { None } else { Some(self.read_place(&place, env)?) };
                    places.push((place, step.op, old));
                }
                let mut value = self.expr(&assign.value, env)?;
                for (place, op, old) in places.into_iter().rev() {
                    if let Some(old) = old {
                        let op = match op {
                            AssignOp::Set | AssignOp::Add => BinaryOp::Add,
                            AssignOp::Subtract => BinaryOp::Subtract,
                            AssignOp::Multiply => BinaryOp::Multiply,
                            AssignOp::Divide => BinaryOp::Divide,
                            AssignOp::Remainder => BinaryOp::Remainder,
                        };
                        value = arithmetic(op, &old, &value)?;
                    }
                    self.write_place(&place, value.clone(), env)?;
                }
                Ok(value)
            }
            _ => unjudged("expression"),
        }
    }

    fn template(&mut self, template: &Template, env: &EnvRef) -> Eval<V> {
        let mut out = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Literal(literal) => out.push_str(&literal.text),
                TemplatePart::Interpolation(e) => out.push_str(&to_text(&self.expr(e, env)?)?),
                TemplatePart::Control(_) => return unjudged("control block"),
            }
        }
        Ok(V::text(out))
    }

    fn map_literal(&mut self, entries: &[MapEntry], env: &EnvRef) -> Eval<V> {
        let map = V::map(Vec::new());
        let V::Map(pairs) = &map else { return Ok(map) };
        for entry in entries {
            match entry {
                MapEntry::Pair(key, value) => {
                    let key = match key {
                        MapKey::Word(word) => V::text(&word.text),
                        MapKey::Expr(e) | MapKey::Computed(e) => self.expr(e, env)?,
                    };
                    let value = self.expr(value, env)?;
                    let key = map_key(&key)?;
                    set_pair(&mut pairs.borrow_mut(), key, value)?;
                }
                MapEntry::Shorthand(name) => {
                    let value = self.name(&name.text, env)?;
                    set_pair(&mut pairs.borrow_mut(), V::text(&name.text), value)?;
                }
                MapEntry::Spread(e) => match self.expr(e, env)? {
                    V::None => {}
                    V::Map(more) => {
                        for (key, value) in more.borrow().clone() {
                            set_pair(&mut pairs.borrow_mut(), key, value)?;
                        }
                    }
                    _ => return unjudged("spread of another kind into a map"),
                },
            }
        }
        Ok(map)
    }

    pub(super) fn name(&mut self, name: &str, env: &EnvRef) -> Eval<V> {
        if let Some(value) = self.lookup(name, env) {
            return Ok(value);
        }
        if env.has(name) {
            return raise("NameError", name);
        }
        if UNJUDGED.contains(&name) {
            return unjudged(name);
        }
        Ok(if name == "pi" { V::Num(std::f64::consts::PI) } else { V::Builtin(name.into()) })
    }

    fn name_or_none(&mut self, name: &str, env: &EnvRef) -> Eval<V> {
        match self.lookup(name, env) {
            None if env.has(name) => Ok(V::None),
            Some(value) => Ok(value),
            None => self.name(name, env),
        }
    }

    fn lookup(&self, name: &str, env: &EnvRef) -> Option<V> {
        env.get(name).or_else(|| {
            if env.has(name) {
                return None;
            }
            let of = self.enums.iter().find(|e| e.name == name).map(|e| V::Enum(e.clone()));
            of.or_else(|| self.enums.iter().find_map(|e| variant_value(e, name)))
        })
    }

    pub(super) fn if_value(&mut self, i: &If, env: &EnvRef) -> Eval<V> {
        for arm in &i.arms {
            if self.expr(&arm.condition, env)?.truthy() {
                return self.branch(&arm.branch, env);
            }
        }
        match &i.otherwise {
            Some(branch) => self.branch(branch, env),
            None => Ok(V::None),
        }
    }

    fn branch(&mut self, branch: &Branch, env: &EnvRef) -> Eval<V> {
        match branch {
            Branch::Body(body) => self.body_value(body, env),
            Branch::Expr(e) => self.expr(e, env),
        }
    }

    fn link(&mut self, left: V, op: BinaryOp, right: &LinkRight, env: &EnvRef) -> Eval<V> {
        let right = match right {
            LinkRight::Type(ty) => return Ok(V::Bool(self.is_type(&left, ty)?)),
            LinkRight::Expr(e) => e,
        };
        match op {
            BinaryOp::Or if left.truthy() => return Ok(left),
            BinaryOp::And if !left.truthy() => return Ok(left),
            BinaryOp::Coalesce | BinaryOp::Elvis if !matches!(left, V::None) => return Ok(left),
            _ => {}
        }
        let right = self.expr(right, env)?;
        match op {
            BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce | BinaryOp::Elvis => Ok(right),
            BinaryOp::Equal => Ok(V::Bool(equal(&left, &right)?)),
            BinaryOp::NotEqual => Ok(V::Bool(!equal(&left, &right)?)),
            BinaryOp::Less => Ok(V::Bool(order(&left, &right)?.is_some_and(std::cmp::Ordering::is_lt))),
            BinaryOp::LessEqual => Ok(V::Bool(order(&left, &right)?.is_some_and(std::cmp::Ordering::is_le))),
            BinaryOp::Greater => Ok(V::Bool(order(&left, &right)?.is_some_and(std::cmp::Ordering::is_gt))),
            BinaryOp::GreaterEqual => {
                Ok(V::Bool(order(&left, &right)?.is_some_and(std::cmp::Ordering::is_ge)))
            }
            BinaryOp::In => Ok(V::Bool(contains(&right, &left)?)),
            BinaryOp::NotIn => Ok(V::Bool(!contains(&right, &left)?)),
            BinaryOp::Is => unjudged("is without a type"),
            _ => arithmetic(op, &left, &right),
        }
    }

    pub(super) fn is_type(&self, value: &V, ty: &Type) -> Eval<bool> {
        Ok(match &ty.kind {
            TypeKind::Named { name, .. } => match name.text.as_ref() {
                "any" => true,
                "float" | "decimal" => matches!(value, V::Num(_)),
                "string" => matches!(value, V::Text(_)),
                "boolean" => matches!(value, V::Bool(_)),
                "array" => matches!(value, V::List(_)),
                "object" => matches!(value, V::Map(_)),
                name => match value {
                    V::Variant(of, ..) if self.enums.iter().any(|e| e.name == name) => of.name == name,
                    _ => value.kind() == name,
                },
            },
            TypeKind::List(_) => matches!(value, V::List(_)),
            TypeKind::Map(..) => matches!(value, V::Map(_)),
            TypeKind::Function { .. } => value.kind() == "function",
            TypeKind::Optional(inner) => matches!(value, V::None) || self.is_type(value, inner)?,
            TypeKind::Union(all) => {
                for one in all {
                    if self.is_type(value, one)? {
                        return Ok(true);
                    }
                }
                false
            }
        })
    }

    /// Elements as a loop sees them.
    pub(super) fn iterate(&self, value: &V) -> Eval<Vec<V>> {
        Ok(match value {
            V::None => Vec::new(),
            V::List(items) => items.borrow().clone(),
            V::Range(a, b, inclusive) => range_items(*a, *b, *inclusive)?,
            V::Text(t) => t.chars().map(|c| V::text(c.to_string())).collect(),
            V::Map(pairs) => {
                pairs.borrow().iter().map(|(k, v)| V::list(vec![k.clone(), v.clone()])).collect()
            }
            _ => return type_error("iteration"),
        })
    }

    /// Calls a function value.
    pub(super) fn call(&mut self, callee: &V, args: Vec<V>, named: Vec<(String, V)>) -> Eval<V> {
        self.step()?;
        match callee {
            V::Function(function) => {
                self.calls += 1;
                if self.calls > super::CALLS_MAX {
                    return unjudged("deep calls");
                }
                let result = self.call_function(function, args, named);
                self.calls -= 1;
                result
            }
            V::Builtin(name) if named.is_empty() => self.builtin(name, args),
            V::Builtin(_) => unjudged("named arguments of a built-in"),
            V::Constructor(of, variant) => {
                if args.len() == of.variants[*variant].1.len() && named.is_empty() {
                    return Ok(V::Variant(of.clone(), *variant, Rc::new(args)));
                }
                if named.is_empty() { type_error("payload") } else { unjudged("named payload") }
            }
            V::Enum(_) => unjudged("call of an enum"),
            _ => type_error("not a function"),
        }
    }

    fn call_function(&mut self, function: &Function, args: Vec<V>, named: Vec<(String, V)>) -> Eval<V> {
        let tree = &function.tree;
        let env = Env::function(Some(function.env.clone()), env::assigned_in_function(&tree.body));
        self.bind_arguments(tree, args, named, &env)?;
        let result = match &tree.body {
            flin_runtime::syntax::tree::FunctionBody::Body(body) => {
                self.hoist(body, &env)?;
                self.body_value(body, &env)
            }
            flin_runtime::syntax::tree::FunctionBody::Expr(e) => self.expr(e, &env),
        };
        match result {
            Err(Flow::Return(value)) => Ok(value),
            other => other,
        }
    }

    /// How many positional arguments a callback takes; none for any number.
    pub(super) fn arity(callee: &V) -> Option<usize> {
        match callee {
            V::Function(f) if f.tree.params.iter().any(|p| p.rest) => None,
            V::Function(f) => Some(f.tree.params.len()),
            _ => Some(1),
        }
    }

    /// Calls a callback with as many of these arguments as it declares.
    pub(super) fn callback(&mut self, callee: &V, args: &[V]) -> Eval<V> {
        let count = Self::arity(callee).unwrap_or(args.len()).min(args.len());
        self.call(callee, args[..count].to_vec(), Vec::new())
    }
}

/// What a variant's bare name stands for.
pub fn variant_value(of: &Rc<super::value::Enum>, name: &str) -> Option<V> {
    let at = of.variants.iter().position(|(variant, _)| variant == name)?;
    Some(if of.variants[at].1.is_empty() {
        V::Variant(of.clone(), at, Rc::new(Vec::new()))
    } else {
        V::Constructor(of.clone(), at)
    })
}

/// `type_of`.
pub fn type_name(value: &V) -> &str {
    match value {
        V::Variant(of, ..) => &of.name,
        other => other.kind(),
    }
}

/// All ints of a range, when there are not too many.
pub fn range_items(a: i64, b: i64, inclusive: bool) -> Eval<Vec<V>> {
    let length = range_length(a, b, inclusive);
    if length > SIZE_MAX as i128 {
        return unjudged("long range");
    }
    Ok((0..length as i64).map(|n| V::Int(a + n)).collect())
}

/// The key that a value stands for in a map.
pub fn map_key(key: &V) -> Eval<V> {
    match key {
        V::None | V::Bool(_) | V::Int(_) | V::Text(_) => Ok(key.clone()),
        V::Num(n) => match exact_int(*n) {
            Some(n) => Ok(V::Int(n)),
            None => type_error("key"),
        },
        V::Variant(_, _, payload) if payload.is_empty() => Ok(key.clone()),
        _ => type_error("key"),
    }
}

/// Sets a key, in its place when it is there.
pub fn set_pair(pairs: &mut Vec<(V, V)>, key: V, value: V) -> Eval<()> {
    for pair in pairs.iter_mut() {
        if equal(&pair.0, &key)? {
            pair.1 = value;
            return Ok(());
        }
    }
    if pairs.len() >= 2000 {
        return unjudged("large map");
    }
    pairs.push((key, value));
    Ok(())
}

/// `item in of`.
pub fn contains(of: &V, item: &V) -> Eval<bool> {
    match (of, item) {
        (V::List(items), _) => {
            let items = items.borrow().clone();
            for other in &items {
                if equal(other, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (V::Map(pairs), _) => {
            let Ok(key) = map_key(item) else { return Ok(false) };
            let pairs = pairs.borrow().clone();
            for (other, _) in &pairs {
                if equal(other, &key)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (V::Text(t), V::Text(part)) => Ok(t.contains(part.as_ref())),
        (V::Range(a, b, inclusive), item) => Ok(in_range(*a, *b, *inclusive, item)),
        _ => type_error("in"),
    }
}

/// Is the value one of the range's ints?
pub fn in_range(a: i64, b: i64, inclusive: bool, item: &V) -> bool {
    let n = match item {
        V::Int(n) => *n,
        V::Num(n) => match exact_int(*n) {
            Some(n) => n,
            None => return false,
        },
        _ => return false,
    };
    a <= n && (n < b || inclusive && n == b)
}
