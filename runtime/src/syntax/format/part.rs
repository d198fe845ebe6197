//! What expressions and statements are made of: branches, arms, functions, targets, patterns, types.

use super::Printer;
use crate::base::Span;
use crate::syntax::tree::*;

impl Printer<'_> {
    pub(super) fn if_(&mut self, parts: &If) {
        for (at, arm) in parts.arms.iter().enumerate() {
            self.put(if at == 0 { "if " } else { " else if " });
            self.expr(&arm.condition);
            if matches!(arm.branch, Branch::Expr(_)) {
                self.put(" then");
            }
            self.put(" ");
            self.branch(&arm.branch);
        }
        if let Some(otherwise) = &parts.otherwise {
            self.put(" else ");
            self.branch(otherwise);
        }
    }

    fn branch(&mut self, branch: &Branch) {
        match branch {
            Branch::Body(body) => self.body(body),
            Branch::Expr(expr) => self.expr(expr),
        }
    }

    pub(super) fn match_(&mut self, parts: &Match, whole: Span) {
        self.put("match ");
        self.expr(&parts.subject);
        self.put(" {");
        let rest = Span { start: parts.subject.span.end, ..whole };
        if self.on_one_line(rest) && !self.has_comment_before(whole.end) {
            for (at, arm) in parts.arms.iter().enumerate() {
                self.put(if at == 0 { " " } else { ", " });
                self.arm(arm);
            }
            self.put(if parts.arms.is_empty() { "}" } else { " }" });
            return;
        }
        self.read = parts.subject.span.end;
        let end = whole.end.saturating_sub(1);
        self.indented(|printer| printer.lines(&parts.arms, |arm| arm.span, (end, ""), Self::arm));
        self.newline();
        self.put("}");
    }

    fn arm(&mut self, arm: &Arm) {
        let mut after_type = false;
        for (at, pattern) in arm.patterns.iter().enumerate() {
            // Behind a type `|` would go on with the type.
            match (at, after_type) {
                (0, _) => {}
                (_, true) => self.put(", "),
                (_, false) => self.put(" | "),
            }
            self.pattern(pattern);
            after_type = matches!(pattern.kind, PatternKind::Is(_));
        }
        if let Some(guard) = &arm.guard {
            self.put(" if ");
            self.expr(guard);
        }
        self.put(" -> ");
        match &arm.body {
            ArmBody::Body(body) => self.body(body),
            ArmBody::Expr(expr) => self.expr(expr),
            ArmBody::Jump(jump, _) => self.jump(jump),
        }
    }

    pub(super) fn try_catch(&mut self, parts: &TryCatch) {
        self.put("try ");
        self.body(&parts.body);
        self.put(" catch ");
        if let Some(name) = &parts.name {
            self.put(&name.text);
            self.put(" ");
        }
        self.body(&parts.handler);
    }

    pub(super) fn function(&mut self, function: &Function) {
        match function.kind {
            FunctionKind::Fn => self.put("fn "),
            FunctionKind::ServerFn => self.put("server fn "),
            FunctionKind::Anonymous => self.put("fn "),
            FunctionKind::Lambda | FunctionKind::Handler => {}
            FunctionKind::Deferred => {
                if let FunctionBody::Body(body) = &function.body {
                    self.deferred(body);
                }
                return;
            }
        }
        if let Some(name) = &function.name {
            self.put(&name.text);
            self.type_params(&function.type_params);
        }
        match function.params.as_slice() {
            [param]
                if function.kind == FunctionKind::Lambda && function.result.is_none() && is_plain(param) =>
            {
                self.target(&param.target);
            }
            params => self.params(params),
        }
        if let Some(result) = &function.result {
            self.put(" -> ");
            self.ty(result);
        }
        let arrow = function.kind == FunctionKind::Lambda || matches!(function.body, FunctionBody::Expr(_));
        self.put(if arrow { " => " } else { " " });
        self.function_body(&function.body);
    }

    pub(super) fn function_body(&mut self, body: &FunctionBody) {
        match body {
            FunctionBody::Body(body) => self.body(body),
            FunctionBody::Expr(expr) => self.expr(expr),
        }
    }

    pub(super) fn params(&mut self, params: &[Param]) {
        self.put("(");
        for (at, param) in params.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            if param.rest {
                self.put("...");
            }
            self.target(&param.target);
            if let Some(ty) = &param.ty {
                self.put(": ");
                self.ty(ty);
            }
            if let Some(default) = &param.default {
                self.put(" = ");
                self.expr(default);
            }
        }
        self.put(")");
    }

    pub(super) fn type_params(&mut self, names: &[Name]) {
        if names.is_empty() {
            return;
        }
        let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
        self.put("<");
        self.put(&names.join(", "));
        self.put(">");
    }

    fn separated<T>(&mut self, items: &[T], print: impl Fn(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            print(self, item);
        }
    }

    fn rest(&mut self, rest: Option<&Name>, others: bool) {
        if let Some(rest) = rest {
            self.put(if others { ", ..." } else { "..." });
            self.put(&rest.text);
        }
    }

    pub(super) fn target(&mut self, target: &Target) {
        match &target.kind {
            TargetKind::Name(name) => self.put(&name.text),
            TargetKind::List { items, rest } => {
                self.put("[");
                self.separated(items, Self::target);
                self.rest(rest.as_ref(), !items.is_empty());
                self.put("]");
            }
            TargetKind::Map { entries, rest } => {
                self.put("{ ");
                self.separated(entries, |printer, entry| {
                    printer.put(&entry.key.text);
                    if !entry.shorthand {
                        printer.put(": ");
                        printer.target(&entry.target);
                    }
                });
                self.rest(rest.as_ref(), !entries.is_empty());
                self.put(" }");
            }
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => self.put("_"),
            PatternKind::Name(name) => self.put(&name.text),
            PatternKind::Is(ty) => {
                self.put("is ");
                self.ty(ty);
            }
            PatternKind::Variant { enumeration, name, payload } => {
                if let Some(enumeration) = enumeration {
                    self.put(&enumeration.text);
                    self.put(".");
                }
                self.put(&name.text);
                self.put("(");
                self.separated(payload, Self::pattern);
                self.put(")");
            }
            PatternKind::List { items, rest } => {
                self.put("[");
                self.separated(items, Self::pattern);
                self.rest(rest.as_ref(), !items.is_empty());
                self.put("]");
            }
            PatternKind::Map { entries, rest } => {
                self.put("{ ");
                self.separated(entries, |printer, entry| {
                    printer.put(&entry.key.text);
                    if !entry.shorthand {
                        printer.put(": ");
                        printer.pattern(&entry.pattern);
                    }
                });
                self.rest(rest.as_ref(), !entries.is_empty());
                self.put(" }");
            }
            PatternKind::Expr(expr) => self.expr(expr),
            PatternKind::Alternatives(patterns) => {
                for (at, pattern) in patterns.iter().enumerate() {
                    if at > 0 {
                        self.put(" | ");
                    }
                    self.pattern(pattern);
                }
            }
        }
    }

    pub(super) fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Named { name, args } => {
                self.put(&name.text);
                if !args.is_empty() {
                    self.put("<");
                    self.separated(args, Self::ty);
                    self.put(">");
                }
            }
            TypeKind::List(item) => {
                self.put("[");
                self.ty(item);
                self.put("]");
            }
            TypeKind::Map(key, value) => {
                self.put("[");
                self.ty(key);
                self.colon();
                self.put(" ");
                self.ty(value);
                self.put("]");
            }
            TypeKind::Function { params, result } => {
                self.put("(");
                self.separated(params, Self::ty);
                self.put(") -> ");
                self.ty(result);
            }
            TypeKind::Optional(inner) => {
                self.ty(inner);
                self.put("?");
            }
            TypeKind::Union(types) => {
                for (at, ty) in types.iter().enumerate() {
                    if at > 0 {
                        self.put(" | ");
                    }
                    self.ty(ty);
                }
            }
        }
    }
}

/// A name without anything: a lambda needs no parentheses around it.
fn is_plain(param: &Param) -> bool {
    let name = matches!(param.target.kind, TargetKind::Name(_));
    name && !param.rest && param.ty.is_none() && param.default.is_none()
}
