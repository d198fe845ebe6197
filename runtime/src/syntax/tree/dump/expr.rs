//! Expressions and functions.

use super::Dump;
use crate::syntax::tree::*;

impl Dump {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::None => self.line("none"),
            ExprKind::Bool(value) => self.line(value),
            ExprKind::Int(value) => self.line(format_args!("int {value}")),
            ExprKind::Number(value) => self.line(format_args!("number {value:?}")),
            ExprKind::Duration(ms) => self.line(format_args!("duration {ms}ms")),
            ExprKind::Text(template) => self.template(template),
            ExprKind::Regex(regex) => self.line(format_args!("regex {:?} {:?}", regex.pattern, regex.flags)),
            ExprKind::Name(name) => self.line(format_args!("name {}", name.text)),
            ExprKind::Paren(inner) => self.node("paren", |d| d.expr(inner)),
            ExprKind::List(items) => self.node("list", |d| {
                for item in items {
                    d.spread_expr(item.spread, &item.value);
                }
            }),
            ExprKind::Map(map) => self.node(format_args!("map {:?}", map.style), |d| d.entries(&map.entries)),
            ExprKind::Construct(parts) => {
                self.node(format_args!("construct {}", parts.name.text), |d| d.entries(&parts.entries));
            }
            ExprKind::Response(entries) => self.node("response", |d| d.entries(entries)),
            ExprKind::Function(function) => self.function(function),
            ExprKind::If(parts) => self.if_(parts),
            ExprKind::Match(parts) => self.match_(parts),
            ExprKind::Element(element) => self.element(element),
            ExprKind::Control(control) => self.control(control),
            ExprKind::Transaction(body) => self.node("transaction", |d| d.body(body)),
            ExprKind::Try(operand) => self.node("try", |d| d.expr(operand)),
            ExprKind::TryCatch(parts) => self.try_catch(parts),
            ExprKind::Store(op, operand) => self.node(format_args!("{op:?}"), |d| d.expr(operand)),
            ExprKind::Conditional(parts) => self.node("conditional", |d| {
                for (condition, then) in &parts.arms {
                    d.expr(condition);
                    d.expr(then);
                }
                d.expr(&parts.otherwise);
            }),
            ExprKind::Pipeline(parts) => self.node("pipeline", |d| {
                d.expr(&parts.first);
                parts.stages.iter().for_each(|stage| d.expr(stage));
            }),
            ExprKind::Chain(chain) => self.node("chain", |d| d.chain(chain)),
            ExprKind::Range(range) => self.node(format_args!("range exclusive={}", range.exclusive), |d| {
                d.expr(&range.start);
                d.expr(&range.end);
            }),
            ExprKind::Unary(op, operand) => self.node(format_args!("{op:?}"), |d| d.expr(operand)),
            ExprKind::Power(operands) => {
                self.node("power", |d| operands.iter().for_each(|operand| d.expr(operand)));
            }
            ExprKind::Postfix(postfix) => self.node("postfix", |d| d.postfix(postfix)),
            ExprKind::Assign(assign) => self.node("assign", |d| {
                for step in &assign.steps {
                    d.node(format_args!("{:?}", step.op), |d| d.expr(&step.place));
                }
                d.expr(&assign.value);
            }),
        }
    }

    fn spread_expr(&mut self, spread: bool, expr: &Expr) {
        if spread { self.node("spread", |d| d.expr(expr)) } else { self.expr(expr) }
    }

    fn chain(&mut self, chain: &Chain) {
        self.expr(&chain.first);
        for link in &chain.rest {
            self.node(format_args!("{:?}", link.op), |d| match &link.right {
                LinkRight::Expr(expr) => d.expr(expr),
                LinkRight::Type(ty) => d.ty(ty),
            });
        }
    }

    fn postfix(&mut self, postfix: &Postfix) {
        self.expr(&postfix.base);
        for op in &postfix.ops {
            match &op.kind {
                PostfixKind::Call(args) => self.node("call", |d| d.args(args)),
                PostfixKind::Index(index) => self.node("index", |d| d.expr(index)),
                PostfixKind::Slice(slice) => self.node("slice", |d| {
                    for bound in [&slice.start, &slice.end, &slice.step] {
                        match bound {
                            Some(bound) => d.expr(bound),
                            None => d.line("-"),
                        }
                    }
                }),
                PostfixKind::Member(name) => self.line(format_args!(".{}", name.text)),
                PostfixKind::OptionalMember(name) => self.line(format_args!("?.{}", name.text)),
                PostfixKind::At(when) => self.node("at", |d| d.expr(when)),
                PostfixKind::Increment => self.line("++"),
                PostfixKind::Decrement => self.line("--"),
            }
        }
    }

    pub(super) fn args(&mut self, args: &Args) {
        for arg in &args.args {
            match &arg.name {
                Some(name) => self.node(format_args!("{}:", name.text), |d| d.expr(&arg.value)),
                None => self.spread_expr(arg.spread, &arg.value),
            }
        }
    }

    fn entries(&mut self, entries: &[MapEntry]) {
        for entry in entries {
            match entry {
                MapEntry::Pair(key, value) => self.node("pair", |d| {
                    match key {
                        MapKey::Word(name) => d.line(format_args!("word {}", name.text)),
                        MapKey::Expr(expr) => d.expr(expr),
                        MapKey::Computed(expr) => d.node("computed", |d| d.expr(expr)),
                    }
                    d.expr(value);
                }),
                MapEntry::Shorthand(name) => self.line(format_args!("shorthand {}", name.text)),
                MapEntry::Spread(expr) => self.node("spread", |d| d.expr(expr)),
            }
        }
    }

    pub(super) fn if_(&mut self, parts: &If) {
        self.node("if", |d| {
            for arm in &parts.arms {
                d.expr(&arm.condition);
                d.branch(&arm.branch);
            }
            if let Some(otherwise) = &parts.otherwise {
                d.branch(otherwise);
            }
        });
    }

    fn branch(&mut self, branch: &Branch) {
        match branch {
            Branch::Body(body) => self.node("body", |d| d.body(body)),
            Branch::Expr(expr) => self.node("then", |d| d.expr(expr)),
        }
    }

    pub(super) fn match_(&mut self, parts: &Match) {
        self.node("match", |d| {
            d.expr(&parts.subject);
            for arm in &parts.arms {
                d.node("arm", |d| {
                    arm.patterns.iter().for_each(|pattern| d.pattern(pattern));
                    if let Some(guard) = &arm.guard {
                        d.node("guard", |d| d.expr(guard));
                    }
                    match &arm.body {
                        ArmBody::Body(body) => d.node("body", |d| d.body(body)),
                        ArmBody::Expr(expr) => d.expr(expr),
                        ArmBody::Jump(jump, _) => d.jump(jump),
                    }
                });
            }
        });
    }

    pub(super) fn try_catch(&mut self, parts: &TryCatch) {
        self.node("try", |d| d.body(&parts.body));
        let name = parts.name.as_ref().map_or("-", |name| &name.text);
        self.node(format_args!("catch {name}"), |d| d.body(&parts.handler));
    }

    pub(super) fn function(&mut self, function: &Function) {
        let name = function.name.as_ref().map_or("-", |name| &name.text);
        self.node(format_args!("{:?} {name}", function.kind), |d| {
            d.names("type parameters", &function.type_params);
            for param in &function.params {
                d.node(format_args!("param rest={}", param.rest), |d| {
                    d.target(&param.target);
                    if let Some(ty) = &param.ty {
                        d.ty(ty);
                    }
                    if let Some(default) = &param.default {
                        d.node("default", |d| d.expr(default));
                    }
                });
            }
            if let Some(result) = &function.result {
                d.node("result", |d| d.ty(result));
            }
            match &function.body {
                FunctionBody::Body(body) => d.node("body", |d| d.body(body)),
                FunctionBody::Expr(expr) => d.expr(expr),
            }
        });
    }
}
