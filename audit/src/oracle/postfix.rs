//! Calls, members, indices and slices, and the places that assignments write.

use super::expr::{map_key, set_pair, variant_value};
use super::value::{V, equal, range_length};
use super::{Eval, Oracle, raise, type_error, unjudged};
use crate::oracle::env::EnvRef;
use flin_runtime::syntax::tree::{Args, BinaryOp, Expr, ExprKind, Postfix, PostfixKind, Slice};

/// Where an assignment writes, its parts evaluated.
pub enum Place {
    Name(String),
    Member(V, String),
    Index(V, V),
}

type Arguments = (Vec<V>, Vec<(String, V)>);

impl Oracle {
    pub(super) fn postfix(&mut self, postfix: &Postfix, env: &EnvRef) -> Eval<V> {
        if let [.., last] = postfix.ops.as_slice()
            && matches!(last.kind, PostfixKind::Increment | PostfixKind::Decrement)
        {
            let place = self.place_of(&postfix.base, &postfix.ops[..postfix.ops.len() - 1], env)?;
            let old = self.read_place(&place, env)?;
            if !matches!(old, V::Int(_) | V::Num(_)) {
                return type_error("++");
            }
            let add = matches!(last.kind, PostfixKind::Increment);
            let op = if add { BinaryOp::Add } else { BinaryOp::Subtract };
            let new = super::arithmetic::arithmetic(op, &old, &V::Int(1))?;
            self.write_place(&place, new, env)?;
            return Ok(old);
        }
        self.ops(&postfix.base, &postfix.ops, env)
    }

    fn ops(&mut self, base: &Expr, ops: &[flin_runtime::syntax::tree::PostfixOp], env: &EnvRef) -> Eval<V> {
        let mut rest = ops;
        let mut value = match (&base.kind, ops) {
            (ExprKind::Name(name), [first, others @ ..]) if !env.has(&name.text) => {
                if let PostfixKind::Call(args) = &first.kind {
                    rest = others;
                    let callee = self.name(&name.text, env)?;
                    let (args, named) = self.arguments(args, env)?;
                    self.call(&callee, args, named)?
                } else {
                    self.expr(base, env)?
                }
            }
            _ => self.expr(base, env)?,
        };
        while let [op, others @ ..] = rest {
            rest = others;
            value = match (&op.kind, others) {
                (PostfixKind::OptionalMember(_), _) if matches!(value, V::None) => return Ok(V::None),
                (PostfixKind::Member(name) | PostfixKind::OptionalMember(name), [next, more @ ..])
                    if matches!(next.kind, PostfixKind::Call(_)) =>
                {
                    let PostfixKind::Call(args) = &next.kind else { return unjudged("call") };
                    rest = more;
                    let (args, named) = self.arguments(args, env)?;
                    self.method(value, &name.text, args, named)?
                }
                (PostfixKind::Member(name) | PostfixKind::OptionalMember(name), _) => {
                    self.member(&value, &name.text)?
                }
                (PostfixKind::Call(args), _) => {
                    let (args, named) = self.arguments(args, env)?;
                    self.call(&value, args, named)?
                }
                (PostfixKind::Index(index), _) => {
                    let index = self.expr(index, env)?;
                    index_read(&value, &index)?
                }
                (PostfixKind::Slice(slice), _) => self.slice(&value, slice, env)?,
                _ => return unjudged("postfix"),
            };
        }
        Ok(value)
    }

    /// One stage of a pipeline: the value becomes the first argument.
    pub(super) fn pipe(&mut self, value: V, stage: &Expr, env: &EnvRef) -> Eval<V> {
        let ExprKind::Postfix(postfix) = &stage.kind else {
            let callee = self.expr(stage, env)?;
            return self.call(&callee, vec![value], Vec::new());
        };
        let (ops, call) = match postfix.ops.as_slice() {
            [before @ .., last] => match &last.kind {
                PostfixKind::Call(args) => (before, Some(args)),
                _ => (postfix.ops.as_slice(), None),
            },
            [] => (postfix.ops.as_slice(), None),
        };
        let arguments = |oracle: &mut Self| -> Eval<Arguments> {
            let (args, named) =
                call.map_or_else(|| Ok((Vec::new(), Vec::new())), |args| oracle.arguments(args, env))?;
            Ok((std::iter::once(value.clone()).chain(args).collect(), named))
        };
        if let [before @ .., last] = ops
            && let PostfixKind::Member(name) = &last.kind
        {
            let object = self.ops(&postfix.base, before, env)?;
            let (args, named) = arguments(self)?;
            return self.method(object, &name.text, args, named);
        }
        let callee = self.ops(&postfix.base, ops, env)?;
        let (args, named) = arguments(self)?;
        self.call(&callee, args, named)
    }

    fn arguments(&mut self, args: &Args, env: &EnvRef) -> Eval<Arguments> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for arg in &args.args {
            let value = self.expr(&arg.value, env)?;
            match &arg.name {
                Some(name) => named.push((name.text.to_string(), value)),
                None if arg.spread => positional.extend(self.iterate(&value)?),
                None => positional.push(value),
            }
        }
        Ok((positional, named))
    }

    fn method(&mut self, receiver: V, name: &str, args: Vec<V>, named: Vec<(String, V)>) -> Eval<V> {
        if let V::Map(pairs) = &receiver {
            let found =
                pairs.borrow().iter().find(|(k, _)| matches!(k, V::Text(t) if t.as_ref() == name)).cloned();
            if let Some((_, function @ (V::Function(_) | V::Builtin(_)))) = found {
                return self.call(&function, args, named);
            }
        }
        if let V::Enum(of) = &receiver {
            return match variant_value(of, name) {
                Some(callee) => self.call(&callee, args, named),
                None => unjudged("unknown variant"),
            };
        }
        if !named.is_empty() {
            return unjudged("named arguments of a method");
        }
        let mut all = vec![receiver];
        all.extend(args);
        self.call_method(name, all)
    }

    fn member(&mut self, value: &V, name: &str) -> Eval<V> {
        match value {
            V::None => Ok(V::None),
            V::Map(pairs) => {
                let found = pairs
                    .borrow()
                    .iter()
                    .find(|(k, _)| matches!(k, V::Text(t) if t.as_ref() == name))
                    .cloned();
                Ok(found.map_or(V::None, |(_, v)| v))
            }
            V::Enum(of) => match variant_value(of, name) {
                Some(value) => Ok(value),
                None => unjudged("property of an enum"),
            },
            V::Error(e) => match name {
                "kind" => Ok(V::text(&e.kind)),
                "message" => unjudged("message of an error"),
                "status" => Ok(V::Int(e.status)),
                "cause" => Ok(e.cause.clone()),
                "data" => Ok(if matches!(e.data, V::None) { V::map(Vec::new()) } else { e.data.clone() }),
                _ => unjudged("property of an error"),
            },
            V::Variant(of, variant, payload) => match name {
                "name" => Ok(V::text(&of.variants[*variant].0)),
                "values" => Ok(V::list(payload.to_vec())),
                _ => unjudged("property of a variant"),
            },
            _ if super::builtin::is_property(value, name) => self.call_method(name, vec![value.clone()]),
            _ => type_error("no such property"),
        }
    }

    fn slice(&mut self, value: &V, slice: &Slice, env: &EnvRef) -> Eval<V> {
        let mut given = [V::None, V::None, V::None];
        for (bound, e) in given.iter_mut().zip([&slice.start, &slice.end, &slice.step]) {
            if let Some(e) = e {
                *bound = self.expr(e, env)?;
            }
        }
        let mut bounds = [None, None, None];
        for (bound, value) in bounds.iter_mut().zip(given) {
            match value {
                V::None => {}
                V::Int(n) => *bound = Some(n),
                _ => return type_error("slice bound"),
            }
        }
        slice_value(value, bounds)
    }

    pub(super) fn place(&mut self, e: &Expr, env: &EnvRef) -> Eval<Place> {
        match &e.kind {
            ExprKind::Name(name) => Ok(Place::Name(name.text.to_string())),
            ExprKind::Postfix(postfix) => self.place_of(&postfix.base, &postfix.ops, env),
            _ => unjudged("place"),
        }
    }

    fn place_of(
        &mut self,
        base: &Expr,
        ops: &[flin_runtime::syntax::tree::PostfixOp],
        env: &EnvRef,
    ) -> Eval<Place> {
        let [before @ .., last] = ops else { return self.place(base, env) };
        let object = self.ops(base, before, env)?;
        match &last.kind {
            PostfixKind::Member(name) => Ok(Place::Member(object, name.text.to_string())),
            PostfixKind::Index(index) => Ok(Place::Index(object, self.expr(index, env)?)),
            _ => unjudged("place"),
        }
    }

    /// `delete m[key]`; the store, which `delete` is for otherwise, is not judged.
    pub(super) fn delete_key(&mut self, operand: &Expr, env: &EnvRef) -> Eval<V> {
        match self.place(operand, env)? {
            Place::Index(map @ V::Map(_), key) => {
                self.map_method("remove", &[map, key])?;
                Ok(V::None)
            }
            Place::Index(..) => type_error("delete"),
            Place::Name(_) | Place::Member(..) => unjudged("delete"),
        }
    }

    pub(super) fn read_place(&mut self, place: &Place, env: &EnvRef) -> Eval<V> {
        match place {
            Place::Name(name) => self.name(name, env),
            Place::Member(object, name) => self.member(object, name),
            Place::Index(object, index) => index_read(object, index),
        }
    }

    pub(super) fn write_place(&mut self, place: &Place, value: V, env: &EnvRef) -> Eval<()> {
        match place {
            Place::Name(name) => env.assign(name, value),
            Place::Member(V::Map(pairs), name) => set_pair(&mut pairs.borrow_mut(), V::text(name), value)?,
            Place::Index(V::Map(pairs), key) => {
                let key = map_key(key)?;
                set_pair(&mut pairs.borrow_mut(), key, value)?;
            }
            Place::Index(V::List(items), index) => {
                let V::Int(n) = index else { return type_error("index") };
                let mut items = items.borrow_mut();
                let at = resolve(*n, items.len());
                match at {
                    Some(at) => items[at] = value,
                    None => return raise("IndexOutOfBounds", ""),
                }
            }
            Place::Member(..) | Place::Index(..) => return type_error("write"),
        }
        Ok(())
    }
}

/// The position that an index means, counted from the end when negative.
pub fn resolve(index: i64, length: usize) -> Option<usize> {
    let at = if index < 0 { i128::from(index) + length as i128 } else { i128::from(index) };
    usize::try_from(at).ok().filter(|&at| at < length)
}

/// `value[index]`.
pub fn index_read(value: &V, index: &V) -> Eval<V> {
    let at = |length: usize| match index {
        V::Int(n) => resolve(*n, length).map_or_else(|| raise("IndexOutOfBounds", ""), Ok),
        _ => type_error("index"),
    };
    match value {
        V::List(items) => {
            let items = items.borrow();
            Ok(items[at(items.len())?].clone())
        }
        V::Text(t) => {
            let chars: Vec<char> = t.chars().collect();
            Ok(V::text(chars[at(chars.len())?].to_string()))
        }
        V::Range(a, b, inclusive) => {
            let length = range_length(*a, *b, *inclusive);
            let V::Int(n) = index else { return type_error("index") };
            let at = if *n < 0 { i128::from(*n) + length } else { i128::from(*n) };
            if (0..length).contains(&at) {
                Ok(V::Int((i128::from(*a) + at) as i64))
            } else {
                raise("IndexOutOfBounds", "")
            }
        }
        V::Map(pairs) => {
            let Ok(key) = map_key(index) else { return Ok(V::None) };
            for (other, value) in pairs.borrow().iter() {
                if equal(other, &key)? {
                    return Ok(value.clone());
                }
            }
            Ok(V::None)
        }
        _ => Ok(V::None),
    }
}

/// `value[start:end:step]`.
pub fn slice_value(value: &V, [start, end, step]: [Option<i64>; 3]) -> Eval<V> {
    let step = step.unwrap_or(1);
    let items: Vec<V> = match value {
        V::List(items) => items.borrow().clone(),
        V::Text(t) => t.chars().map(|c| V::text(c.to_string())).collect(),
        V::Range(a, b, inclusive) => super::expr::range_items(*a, *b, *inclusive)?,
        _ => return type_error("slice"),
    };
    if step == 0 {
        return super::value_error("step");
    }
    let length = items.len() as i128;
    let from_end = |n: i64| if n < 0 { i128::from(n) + length } else { i128::from(n) };
    let mut taken = Vec::new();
    if step > 0 {
        let end = end.map_or(length, from_end).clamp(0, length);
        let mut at = start.map_or(0, from_end).clamp(0, length);
        while at < end {
            taken.push(items[at as usize].clone());
            at += i128::from(step);
        }
    } else {
        let end = end.map_or(-1, |n| from_end(n).clamp(-1, length - 1));
        let mut at = start.map_or(length - 1, from_end).clamp(-1, length - 1);
        while at > end {
            taken.push(items[at as usize].clone());
            at += i128::from(step);
        }
    }
    if matches!(value, V::Text(_)) {
        let mut out = String::new();
        for c in &taken {
            if let V::Text(c) = c {
                out.push_str(c);
            }
        }
        return Ok(V::text(out));
    }
    Ok(V::list(taken))
}
