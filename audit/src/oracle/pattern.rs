//! `match`: arms in order, alternatives from left to right, guards last.

use super::expr::{in_range, variant_value};
use super::value::{V, equal};
use super::{Eval, Oracle, raise, unjudged};
use crate::oracle::env::{Env, EnvRef};
use flin_runtime::syntax::tree::{ArmBody, Match, Pattern, PatternKind};

type Bound = Vec<(String, V)>;

impl Oracle {
    pub(super) fn match_value(&mut self, m: &Match, env: &EnvRef) -> Eval<V> {
        let subject = self.expr(&m.subject, env)?;
        for arm in &m.arms {
            for pattern in &arm.patterns {
                let mut bound = Vec::new();
                if !self.matches(pattern, &subject, true, (env, &mut bound))? {
                    continue;
                }
                let inner = Env::block(env, bound);
                if let Some(guard) = &arm.guard
                    && !self.expr(guard, &inner)?.truthy()
                {
                    continue;
                }
                return match &arm.body {
                    ArmBody::Body(body) => self.body_value(body, &inner),
                    ArmBody::Expr(e) => self.expr(e, &inner),
                    ArmBody::Jump(jump, _) => self.jump(jump, &inner),
                };
            }
        }
        raise("MatchFailed", "")
    }

    fn matches(&mut self, p: &Pattern, subject: &V, top: bool, scope: (&EnvRef, &mut Bound)) -> Eval<bool> {
        let (env, bound) = scope;
        match &p.kind {
            PatternKind::Wildcard => Ok(true),
            PatternKind::Name(name) => {
                let upper = name.text.chars().next().is_some_and(char::is_uppercase);
                let variant = self.enums.iter().find_map(|of| variant_value(of, &name.text));
                match variant {
                    Some(V::Variant(of, at, _)) => Ok(
                        matches!(subject, V::Variant(other, v, _) if std::rc::Rc::ptr_eq(other, &of) && *v == at),
                    ),
                    Some(_) => unjudged("bare name of a variant with payload"),
                    None if upper => unjudged("uppercase name"),
                    None if top && env.has(&name.text) => {
                        let value = self.name(&name.text, env)?;
                        compare(subject, &value)
                    }
                    None => {
                        bound.push((name.text.to_string(), subject.clone()));
                        Ok(true)
                    }
                }
            }
            PatternKind::Is(ty) => self.is_type(subject, ty),
            PatternKind::Variant { name, payload, .. } => {
                let V::Variant(of, at, values) = subject else { return Ok(false) };
                if *of.variants[*at].0 != *name.text {
                    return Ok(false);
                }
                if values.len() != payload.len() {
                    return unjudged("payload of another size");
                }
                for (pattern, value) in payload.iter().zip(values.iter()) {
                    if !self.matches(pattern, value, false, (env, bound))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            PatternKind::List { items, rest } => {
                let V::List(values) = subject else { return Ok(false) };
                let values = values.borrow().clone();
                if values.len() < items.len() || (rest.is_none() && values.len() != items.len()) {
                    return Ok(false);
                }
                for (pattern, value) in items.iter().zip(&values) {
                    if !self.matches(pattern, value, false, (env, bound))? {
                        return Ok(false);
                    }
                }
                if let Some(rest) = rest {
                    bound.push((rest.text.to_string(), V::list(values[items.len()..].to_vec())));
                }
                Ok(true)
            }
            PatternKind::Map { entries, rest } => {
                if rest.is_some() {
                    return unjudged("rest of a map pattern");
                }
                let V::Map(pairs) = subject else { return Ok(false) };
                let pairs = pairs.borrow().clone();
                for entry in entries {
                    let is = |key: &V| matches!(key, V::Text(t) if t.as_ref() == entry.key.text.as_ref());
                    let Some((_, value)) = pairs.iter().find(|(key, _)| is(key)) else { return Ok(false) };
                    if !self.matches(&entry.pattern, value, false, (env, bound))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            PatternKind::Expr(e) => {
                let value = self.expr(e, env)?;
                compare(subject, &value)
            }
            PatternKind::Alternatives(all) => {
                for one in all {
                    let before = bound.len();
                    if self.matches(one, subject, false, (env, bound))? {
                        return Ok(true);
                    }
                    bound.truncate(before);
                }
                Ok(false)
            }
        }
    }
}

/// Equal, or a member when the pattern is a range.
fn compare(subject: &V, value: &V) -> Eval<bool> {
    if let V::Range(a, b, inclusive) = value
        && matches!(subject, V::Int(_) | V::Num(_))
    {
        return Ok(in_range(*a, *b, *inclusive, subject));
    }
    equal(subject, value)
}
