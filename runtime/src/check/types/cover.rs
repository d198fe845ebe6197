//! Matches on an enum or a bool that miss cases (W0001).

use super::super::names::Binding;
use super::Ty;
use super::fit::Fit;
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, Kind};
use crate::syntax::tree::*;
use std::collections::HashSet;

/// What the arms without guard handle.
#[derive(Default)]
struct Handled {
    /// Variants, whatever they carry.
    variants: HashSet<(u32, u32)>,
    /// `true` and `false`.
    bools: HashSet<bool>,
    /// Is there an arm for everything?
    all: bool,
}

impl<'t> Fit<'_, '_, 't> {
    /// Warns when a case is missing.
    pub(super) fn check_cover(&mut self, matching: &'t Match) {
        let subject = self.inference.of(&matching.subject);
        let mut handled = Handled::default();
        let mut enums = HashSet::new();
        let mut plain = true;
        for arm in &matching.arms {
            for pattern in &arm.patterns {
                plain &= self.cover(pattern, arm.guard.is_none(), &mut handled, &mut enums);
            }
        }
        if handled.all || matching.arms.is_empty() {
            return;
        }
        let enumeration = match (&subject, enums.len()) {
            (Ty::Enum(index), _) => Some(*index),
            // The arms name variants of one enum and nothing else: that is what is matched.
            (Ty::Any, 1) if plain => enums.iter().next().copied(),
            _ => None,
        };
        let missing = match enumeration {
            Some(index) => self.missing_variants(index, &handled),
            None if plain && enums.is_empty() && (subject.is(Kind::Bool) || !handled.bools.is_empty()) => {
                let cases = [true, false].into_iter().filter(|case| !handled.bools.contains(case));
                cases.map(|case| format!("`{case}`")).collect()
            }
            None => return,
        };
        if !missing.is_empty() {
            let text = format!("no arm for {}", missing.join(", "));
            let found = Diagnostic::new(Code::W0001, matching.subject.span, text);
            self.out.push(found.help("add an arm, or `_` for everything else"));
        }
    }

    fn missing_variants(&self, index: u32, handled: &Handled) -> Vec<String> {
        let Some(names) = self.known().names.enums.get(to_usize(index)) else { return Vec::new() };
        let variants = (0u32..).zip(&names.variants);
        let missing = variants.filter(|(variant, _)| !handled.variants.contains(&(index, *variant)));
        missing.map(|(_, (name, _))| format!("`{name}`")).collect()
    }

    /// Adds what a pattern handles when `counts`; is it a variant, a truth value or everything?
    fn cover(
        &self,
        pattern: &'t Pattern,
        counts: bool,
        handled: &mut Handled,
        enums: &mut HashSet<u32>,
    ) -> bool {
        let mut variant = |name: &Name, whole: bool| {
            let Some(Binding::Variant(index, variant)) = self.inference.binding(name) else { return false };
            enums.insert(*index);
            if counts && whole {
                handled.variants.insert((*index, *variant));
            }
            true
        };
        match &pattern.kind {
            PatternKind::Wildcard => handled.all |= counts,
            PatternKind::Name(name) if self.inference.names.bindings.contains_key(&name.id) => {
                handled.all |= counts;
            }
            PatternKind::Name(name) => return variant(name, true),
            PatternKind::Variant { name, payload, .. } => {
                return variant(name, payload.iter().all(|p| self.takes_all(p)));
            }
            PatternKind::Expr(Expr { kind: ExprKind::Bool(case), .. }) => {
                if counts {
                    handled.bools.insert(*case);
                }
            }
            PatternKind::Expr(Expr { kind: ExprKind::Postfix(postfix), .. }) => {
                return match postfix.ops.as_slice() {
                    [PostfixOp { kind: PostfixKind::Member(name), .. }] => variant(name, true),
                    _ => false,
                };
            }
            PatternKind::Is(_)
            | PatternKind::List { .. }
            | PatternKind::Map { .. }
            | PatternKind::Expr(_)
            | PatternKind::Alternatives(_) => {
                // `is T` may take everything that is left.
                handled.all |= counts && matches!(pattern.kind, PatternKind::Is(_));
                return false;
            }
        }
        true
    }

    fn takes_all(&self, pattern: &Pattern) -> bool {
        match &pattern.kind {
            PatternKind::Wildcard => true,
            PatternKind::Name(name) => self.inference.names.bindings.contains_key(&name.id),
            PatternKind::Alternatives(patterns) => patterns.iter().any(|pattern| self.takes_all(pattern)),
            _ => false,
        }
    }
}
