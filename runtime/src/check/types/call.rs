//! Calls whose target is certain: how many arguments, under which names, of which types (E0004, E0003).

use super::super::names::Binding;
use super::Ty;
use super::fit::Fit;
use crate::base::builtin::Signature;
use crate::base::{Code, Diagnostic, FileId, Kind, Span};
use crate::syntax::tree::*;
use std::collections::HashSet;

/// What a call may be given.
struct Accepts<'n> {
    name: &'n str,
    /// Names of the parameters; empty where one has none.
    params: Vec<&'n str>,
    /// Which must be given.
    required: Vec<bool>,
    /// May more follow?
    more: bool,
}

impl<'t> Fit<'_, '_, 't> {
    /// Checks the call that a name, alone or behind an enum's, begins with.
    pub(super) fn check_first_call(&mut self, postfix: &'t Postfix) {
        match (&postfix.base.kind, postfix.ops.as_slice()) {
            (ExprKind::Name(name), [PostfixOp { kind: PostfixKind::Call(args), .. }, ..])
            | (
                ExprKind::Name(_),
                [
                    PostfixOp { kind: PostfixKind::Member(name), .. },
                    PostfixOp { kind: PostfixKind::Call(args), .. },
                    ..,
                ],
            ) => self.check_call(name, args, 0),
            _ => {}
        }
    }

    /// Checks a stage of a pipeline: the value before it is its first argument.
    pub(super) fn check_stage(&mut self, postfix: &'t Postfix) {
        if let (ExprKind::Name(name), [PostfixOp { kind: PostfixKind::Call(args), .. }]) =
            (&postfix.base.kind, postfix.ops.as_slice())
        {
            self.check_call(name, args, 1);
        }
    }

    fn check_call(&mut self, name: &'t Name, args: &'t Args, given: usize) {
        match self.inference.binding(name).cloned() {
            Some(Binding::Function(file, id)) => {
                let Some(function) = self.known().functions.get(&(file, id)).copied() else { return };
                // What may hold none defaults to it.
                let may_be_none = |ty: &Type| match self.known().declared(ty, file) {
                    Ty::Any => false,
                    ty => ty.kinds().has(Kind::None),
                };
                let optional =
                    |param: &Param| param.default.is_some() || param.ty.as_ref().is_some_and(may_be_none);
                let accepts = of_function(name, function, optional);
                self.check_args(&accepts, args, given);
                self.check_types(function, file, args, given);
            }
            Some(Binding::Variant(index, variant)) => {
                let Some((variant, file)) = self.known().variant(index, variant) else { return };
                self.check_args(&of_variant(variant), args, given);
                for (payload, arg) in variant.payload.iter().zip(&args.args) {
                    if arg.spread || arg.name.is_some() || given > 0 {
                        break;
                    }
                    let wanted = self.known().declared(&payload.ty, file);
                    self.expect(&wanted, &arg.value, "the payload");
                }
            }
            Some(Binding::Native(id)) => {
                if let Some(signature) = self.known().index.signature(id) {
                    self.check_args(&of_native(signature), args, given);
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, span: Span, text: String) {
        self.out.push(Diagnostic::new(Code::E0004, span, text));
    }

    fn check_args(&mut self, accepts: &Accepts<'_>, args: &'t Args, given: usize) {
        if args.args.iter().any(|arg| arg.spread) {
            return;
        }
        let positional = args.args.iter().filter(|arg| arg.name.is_none()).count().saturating_add(given);
        if positional > accepts.params.len() && !accepts.more {
            let most = accepts.params.len();
            let text = format!(
                "`{}` takes at most {}, but gets {positional}",
                accepts.name,
                count(most, "argument")
            );
            return self.report(args.span, text);
        }
        let mut named = HashSet::new();
        for name in args.args.iter().filter_map(|arg| arg.name.as_ref()) {
            let place = accepts.params.iter().position(|param| !param.is_empty() && *param == &*name.text);
            let twice = place.is_some_and(|place| place < positional) || !named.insert(&*name.text);
            if place.is_none() {
                let text = format!("`{}` has no parameter `{}`", accepts.name, name.text);
                let found = Diagnostic::new(Code::E0004, name.span, text);
                self.out.push(found.suggest(&name.text, accepts.params.iter().copied()));
            } else if twice {
                self.report(name.span, format!("`{}` is given twice", name.text));
            }
        }
        let missing = accepts
            .params
            .iter()
            .zip(&accepts.required)
            .enumerate()
            .find(|(at, (param, required))| **required && *at >= positional && !named.contains(**param));
        if let Some((at, (param, _))) = missing {
            let which = if param.is_empty() {
                format!("number {}", at.saturating_add(1))
            } else {
                format!("`{param}`")
            };
            self.report(args.span, format!("`{}` needs the argument {which}", accepts.name));
        }
    }

    fn check_types(&mut self, function: &'t Function, file: FileId, args: &'t Args, given: usize) {
        if args.args.iter().any(|arg| arg.spread) {
            return;
        }
        for (at, arg) in args.args.iter().enumerate() {
            let param = match &arg.name {
                None => function.params.get(at.saturating_add(given)),
                Some(name) => function.params.iter().find(|param| param_name(param) == Some(&name.text)),
            };
            if let Some(Param { rest: false, ty: Some(ty), target, .. }) = param {
                let wanted = self.known().declared(ty, file);
                let what = match &target.kind {
                    TargetKind::Name(name) => format!("the parameter `{}`", name.text),
                    _ => "the parameter".to_owned(),
                };
                self.expect(&wanted, &arg.value, &what);
            }
        }
    }

    /// `Circle(r)` in a pattern has as many parts as the variant carries.
    pub(super) fn check_payload_pattern(&mut self, pattern: &'t Pattern, name: &'t Name) {
        let PatternKind::Variant { payload, .. } = &pattern.kind else { return };
        let Some(Binding::Variant(index, variant)) = self.inference.binding(name).cloned() else { return };
        let Some((variant, _)) = self.known().variant(index, variant) else { return };
        let (carried, found) = (variant.payload.len(), payload.len());
        if carried != found {
            self.report(
                pattern.span,
                format!("`{}` carries {}, not {found}", name.text, count(carried, "value")),
            );
        }
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn param_name(param: &Param) -> Option<&std::sync::Arc<str>> {
    match &param.target.kind {
        TargetKind::Name(name) => Some(&name.text),
        _ => None,
    }
}

fn of_function<'n>(name: &'n Name, function: &'n Function, optional: impl Fn(&Param) -> bool) -> Accepts<'n> {
    let plain = || function.params.iter().filter(|param| !param.rest);
    Accepts {
        name: &name.text,
        params: plain().map(|param| param_name(param).map_or("", |name| name)).collect(),
        required: plain().map(|param| !optional(param)).collect(),
        more: function.params.iter().any(|param| param.rest),
    }
}

fn of_variant(variant: &Variant) -> Accepts<'_> {
    Accepts {
        name: &variant.name.text,
        params: variant
            .payload
            .iter()
            .map(|payload| payload.name.as_ref().map_or("", |name| &*name.text))
            .collect(),
        required: vec![true; variant.payload.len()],
        more: false,
    }
}

fn of_native(signature: &'static Signature) -> Accepts<'static> {
    Accepts {
        name: signature.name,
        params: signature.params.iter().map(|param| param.name).collect(),
        required: signature.params.iter().map(|param| !param.optional).collect(),
        more: signature.variadic,
    }
}
