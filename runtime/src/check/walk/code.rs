//! Statements, expressions, targets and patterns.

use super::{Visit, Write, walk_control, walk_template};
use crate::syntax::tree::*;

/// Visits what a statement holds.
pub fn walk_stmt<'t, V: Visit<'t>>(visit: &mut V, stmt: &'t Stmt) {
    match &stmt.kind {
        StmtKind::Expr(expr) | StmtKind::Wait(expr) => visit.expr(expr),
        StmtKind::Output(output) => match output {
            Output::Element(element) => visit.element(element),
            Output::Control(control) => walk_control(visit, control),
            Output::Body(body) => visit.body(body),
        },
        StmtKind::VarDecl(decl) => {
            visit.ty(&decl.ty);
            visit.expr(&decl.value);
            visit.assign(&decl.name, Write::Declare(&decl.ty, &decl.value));
        }
        StmtKind::Destructure(destructure) => {
            visit.expr(&destructure.value);
            let mut assign = |visit: &mut V, name| visit.assign(name, Write::Set(None));
            walk_target(visit, &destructure.target, &mut assign);
        }
        StmtKind::Function(function) => visit.function(function),
        StmtKind::If(branches) => walk_if(visit, branches),
        StmtKind::For(stmt) => walk_loop(visit, &stmt.head, |visit| visit.body(&stmt.body)),
        StmtKind::While(stmt) => {
            visit.expr(&stmt.condition);
            visit.open_loop();
            visit.body(&stmt.body);
            visit.close_loop();
        }
        StmtKind::Match(matching) => visit.matching(matching),
        StmtKind::TryCatch(attempt) => walk_try_catch(visit, attempt),
        StmtKind::Jump(jump) => visit.jump(jump, stmt.span),
        StmtKind::Emit(emit) => {
            visit.expr(&emit.value);
            if let Some(name) = &emit.name {
                walk_template(visit, name);
            }
        }
        StmtKind::Assert(assert) => {
            visit.expr(&assert.condition);
            if let Some(note) = &assert.note {
                visit.expr(note);
            }
        }
        StmtKind::Entity(entity) => visit.entity(entity),
        StmtKind::Enum(decl) => {
            for payload in decl.variants.iter().flat_map(|variant| &variant.payload) {
                visit.payload(payload);
            }
        }
        StmtKind::TypeAlias(alias) => visit.ty(&alias.ty),
        StmtKind::Server(server) => visit.server(server),
        StmtKind::On(handler) => visit.function(&handler.function),
        StmtKind::Import | StmtKind::Error => {}
    }
}

/// Visits a loop's head, and its body where its names are bound.
pub(super) fn walk_loop<'t, V: Visit<'t>>(visit: &mut V, head: &'t ForHead, body: impl FnOnce(&mut V)) {
    match head {
        ForHead::In { target, position, subject } => {
            visit.expr(subject);
            visit.open_block();
            walk_target(visit, target, &mut |visit: &mut V, name| visit.bind(name));
            if let Some(position) = position {
                visit.bind(position);
            }
            visit.open_loop();
            body(visit);
            visit.close_loop();
            visit.close_block();
        }
        ForHead::Steps { start, condition, step } => {
            visit.expr(start);
            visit.expr(condition);
            visit.open_loop();
            body(visit);
            visit.close_loop();
            visit.expr(step);
        }
    }
}

fn walk_try_catch<'t, V: Visit<'t>>(visit: &mut V, attempt: &'t TryCatch) {
    visit.body(&attempt.body);
    visit.open_block();
    if let Some(name) = &attempt.name {
        visit.bind(name);
    }
    visit.body(&attempt.handler);
    visit.close_block();
}

fn walk_if<'t, V: Visit<'t>>(visit: &mut V, branches: &'t If) {
    let branch = |visit: &mut V, branch: &'t Branch| match branch {
        Branch::Body(body) => visit.body(body),
        Branch::Expr(expr) => visit.expr(expr),
    };
    for arm in &branches.arms {
        visit.expr(&arm.condition);
        branch(visit, &arm.branch);
    }
    if let Some(otherwise) = &branches.otherwise {
        branch(visit, otherwise);
    }
}

/// Visits the subject and the arms of a match; each arm's names are bound in a block of its own.
pub fn walk_match<'t, V: Visit<'t>>(visit: &mut V, matching: &'t Match) {
    visit.expr(&matching.subject);
    for arm in &matching.arms {
        visit.open_block();
        for pattern in &arm.patterns {
            walk_pattern(visit, pattern, false);
        }
        if let Some(guard) = &arm.guard {
            visit.expr(guard);
        }
        match &arm.body {
            ArmBody::Body(body) => visit.body(body),
            ArmBody::Expr(expr) => visit.expr(expr),
            ArmBody::Jump(jump, span) => visit.jump(jump, *span),
        }
        visit.close_block();
    }
}

/// Visits a pattern; `nested` inside a list, a map or a payload.
fn walk_pattern<'t, V: Visit<'t>>(visit: &mut V, pattern: &'t Pattern, nested: bool) {
    match &pattern.kind {
        PatternKind::Wildcard => {}
        PatternKind::Name(name) => visit.pattern_name(name, nested),
        PatternKind::Is(ty) => visit.tested_type(ty),
        PatternKind::Variant { enumeration, name, payload } => {
            visit.variant_pattern(pattern, enumeration.as_ref(), name);
            for inner in payload {
                walk_pattern(visit, inner, true);
            }
        }
        PatternKind::List { items, rest } => {
            for inner in items {
                walk_pattern(visit, inner, true);
            }
            if let Some(rest) = rest {
                visit.bind(rest);
            }
        }
        PatternKind::Map { entries, rest } => {
            for entry in entries {
                walk_pattern(visit, &entry.pattern, true);
            }
            if let Some(rest) = rest {
                visit.bind(rest);
            }
        }
        PatternKind::Expr(expr) => visit.expr(expr),
        PatternKind::Alternatives(patterns) => {
            for inner in patterns {
                walk_pattern(visit, inner, nested);
            }
        }
    }
}

/// Gives each name of a target to `found`.
pub fn walk_target<'t, V>(visit: &mut V, target: &'t Target, found: &mut impl FnMut(&mut V, &'t Name)) {
    match &target.kind {
        TargetKind::Name(name) => found(visit, name),
        TargetKind::List { items, rest } => {
            for item in items {
                walk_target(visit, item, found);
            }
            if let Some(rest) = rest {
                found(visit, rest);
            }
        }
        TargetKind::Map { entries, rest } => {
            for entry in entries {
                walk_target(visit, &entry.target, found);
            }
            if let Some(rest) = rest {
                found(visit, rest);
            }
        }
    }
}

/// Visits what an expression holds.
pub fn walk_expr<'t, V: Visit<'t>>(visit: &mut V, expr: &'t Expr) {
    match &expr.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Number(_)
        | ExprKind::Duration(_)
        | ExprKind::Regex(_) => {}
        ExprKind::Text(template) => walk_template(visit, template),
        ExprKind::Name(name) => visit.read(name),
        ExprKind::Paren(inner)
        | ExprKind::Try(inner)
        | ExprKind::Store(_, inner)
        | ExprKind::Unary(_, inner) => {
            visit.expr(inner);
        }
        ExprKind::List(items) => items.iter().for_each(|item| visit.expr(&item.value)),
        ExprKind::Map(map) => walk_entries(visit, &map.entries),
        ExprKind::Construct(construct) => {
            visit.read(&construct.name);
            walk_entries(visit, &construct.entries);
        }
        ExprKind::Response(entries) => walk_entries(visit, entries),
        ExprKind::Function(function) => visit.function(function),
        ExprKind::If(branches) => walk_if(visit, branches),
        ExprKind::Match(matching) => visit.matching(matching),
        ExprKind::Element(element) => visit.element(element),
        ExprKind::Control(control) => walk_control(visit, control),
        ExprKind::Transaction(body) => visit.body(body),
        ExprKind::TryCatch(attempt) => walk_try_catch(visit, attempt),
        ExprKind::Conditional(conditional) => {
            for (condition, value) in &conditional.arms {
                visit.expr(condition);
                visit.expr(value);
            }
            visit.expr(&conditional.otherwise);
        }
        ExprKind::Pipeline(pipeline) => {
            visit.expr(&pipeline.first);
            pipeline.stages.iter().for_each(|stage| visit.expr(stage));
        }
        ExprKind::Chain(chain) => {
            visit.expr(&chain.first);
            for link in &chain.rest {
                match &link.right {
                    LinkRight::Expr(right) => visit.expr(right),
                    LinkRight::Type(ty) => visit.tested_type(ty),
                }
            }
        }
        ExprKind::Range(range) => {
            visit.expr(&range.start);
            visit.expr(&range.end);
        }
        ExprKind::Power(operands) => operands.iter().for_each(|operand| visit.expr(operand)),
        ExprKind::Postfix(postfix) => match (&postfix.base.kind, postfix.ops.as_slice()) {
            (ExprKind::Name(name), [only])
                if matches!(only.kind, PostfixKind::Increment | PostfixKind::Decrement) =>
            {
                visit.assign(name, Write::Step);
            }
            _ => {
                visit.expr(&postfix.base);
                walk_ops(visit, &postfix.ops);
            }
        },
        ExprKind::Assign(assign) => walk_assign(visit, assign),
    }
}

fn walk_assign<'t, V: Visit<'t>>(visit: &mut V, assign: &'t Assign) {
    for step in &assign.steps {
        if !matches!(step.place.kind, ExprKind::Name(_)) {
            visit.expr(&step.place);
        }
    }
    visit.expr(&assign.value);
    // The rightmost place is written first; it passes its value on when it was simply set.
    let mut value = Some(&assign.value);
    for step in assign.steps.iter().rev() {
        let write = if step.op == AssignOp::Set {
            Write::Set(value)
        } else {
            value = None;
            Write::Update
        };
        if let ExprKind::Name(name) = &step.place.kind {
            visit.assign(name, write);
        }
    }
}

/// Visits what postfix operations hold.
pub fn walk_ops<'t, V: Visit<'t>>(visit: &mut V, ops: &'t [PostfixOp]) {
    for op in ops {
        match &op.kind {
            PostfixKind::Call(args) => walk_args(visit, args),
            PostfixKind::Index(index) | PostfixKind::At(index) => visit.expr(index),
            PostfixKind::Slice(slice) => {
                let bounds = [&slice.start, &slice.end, &slice.step];
                bounds.into_iter().flatten().for_each(|bound| visit.expr(bound));
            }
            PostfixKind::Member(_)
            | PostfixKind::OptionalMember(_)
            | PostfixKind::Increment
            | PostfixKind::Decrement => {}
        }
    }
}

/// Visits the values of arguments.
pub fn walk_args<'t, V: Visit<'t>>(visit: &mut V, args: &'t Args) {
    args.args.iter().for_each(|arg| visit.expr(&arg.value));
}

/// Visits the types, defaults and body of a function.
pub fn walk_function<'t, V: Visit<'t>>(visit: &mut V, function: &'t Function) {
    for param in &function.params {
        param.ty.iter().for_each(|ty| visit.ty(ty));
        param.default.iter().for_each(|default| visit.expr(default));
    }
    function.result.iter().for_each(|result| visit.ty(result));
    match &function.body {
        FunctionBody::Body(body) => visit.body(body),
        FunctionBody::Expr(expr) => visit.expr(expr),
    }
}

/// Visits the computed keys and the values of entries.
fn walk_entries<'t, V: Visit<'t>>(visit: &mut V, entries: &'t [MapEntry]) {
    for entry in entries {
        match entry {
            MapEntry::Pair(key, value) => {
                if let MapKey::Expr(key) | MapKey::Computed(key) = key {
                    visit.expr(key);
                }
                visit.expr(value);
            }
            MapEntry::Shorthand(name) => visit.read(name),
            MapEntry::Spread(value) => visit.expr(value),
        }
    }
}
