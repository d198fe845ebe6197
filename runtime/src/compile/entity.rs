//! Declarations of entities: fields, defaults, rules, indexes.
//!
//! A default that is a literal is also said to the store, for records that were saved before the field was there. What a
//! rule compares with is a constant; what a default or a check computes is a function of its own.

mod constant;
mod types;

use super::body::Dest;
use super::frame::{Frame, Key, Location};
use super::program::Compiler;
use crate::base::{Code, Diagnostic};
use crate::check::regex::{Fault, too_many};
use crate::check::walk::Visit;
use crate::code::module::ParamShape;
use crate::code::op::Op;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Rule};
use crate::syntax::tree::{
    Arg, Decorator, EntityDecl, EntityMember, Expr, ExprKind, Field, Function, StmtKind,
};
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// The entities of all files, in the order in which the checker numbered them.
    pub fn entities(&mut self) {
        let files = self.input.project.files.clone();
        for file in &files {
            let Some(names) = self.input.names.files.get(&file.id) else { continue };
            (self.file, self.names) = (file.id, names);
            for stmt in &file.tree.body.stmts {
                if let StmtKind::Entity(decl) = &stmt.kind {
                    let shape = self.entity(decl);
                    self.tables.module.entities.entities.push(shape);
                }
            }
        }
    }

    fn entity(&mut self, decl: &'a EntityDecl) -> EntityShape {
        let names: Vec<&Arc<str>> = decl.fields().map(|field| &field.name.text).collect();
        let mut shape = EntityShape {
            name: decl.name.text.clone(),
            fields: Vec::new(),
            unique: Vec::new(),
            indexes: Vec::new(),
        };
        for (at, field) in (0..).zip(decl.fields()) {
            for decorator in &field.decorators {
                match &*decorator.name.text {
                    "unique" => shape.unique.push(vec![at]),
                    "index" => shape.indexes.push(vec![at]),
                    _ => {}
                }
            }
            let made = self.declared_field(field);
            shape.fields.push(made);
        }
        for member in &decl.members {
            let EntityMember::Decorator(decorator) = member else { continue };
            let position = |arg: &Arg| match &arg.value.kind {
                ExprKind::Name(name) => {
                    (0..).zip(&names).find(|(_, known)| ***known == name.text).map(|(at, _)| at)
                }
                _ => None,
            };
            let group: Vec<u32> = args(decorator).iter().filter_map(position).collect();
            match &*decorator.name.text {
                "unique" => shape.unique.push(group),
                _ => shape.indexes.push(group),
            }
        }
        shape
    }

    pub(super) fn declared_field(&mut self, field: &'a Field) -> FieldShape {
        let (ty, optional) = self.field_type(&field.ty);
        let decorated = field.decorators.iter().find(|decorator| &*decorator.name.text == "default");
        let default = field.default.as_ref().or_else(|| Some(&args(decorated?).first()?.value));
        let constant = default.and_then(|value| self.constant_value(value));
        let mut shape = FieldShape {
            name: field.name.text.clone(),
            constant: constant.and_then(|constant| self.fitted(constant, &ty)),
            ty,
            optional,
            hidden: false,
            default: default.map(|value| self.computed(value)),
            rules: Vec::new(),
            on_delete: OnDelete::Restrict,
        };
        for decorator in &field.decorators {
            match &*decorator.name.text {
                "hidden" => shape.hidden = true,
                "on_delete" => shape.on_delete = self.on_delete(decorator, &shape.ty),
                _ => {
                    if let Some(rule) = self.rule(decorator) {
                        self.suits(decorator, &rule, &shape.ty);
                        shape.rules.push(rule);
                    }
                }
            }
        }
        shape
    }

    /// A rule that no value of the field's type can break says nothing: its author meant something else.
    fn suits(&mut self, decorator: &Decorator, rule: &Rule, ty: &FieldType) {
        use FieldType::{Any, AnyList, AnyMap, Int, List, Number, Text};
        let (suits, of) = match rule {
            Rule::Min(_) | Rule::Max(_) | Rule::Positive => (matches!(ty, Int | Number | Any), "a number"),
            Rule::MinLength(_) | Rule::MaxLength(_) => {
                (matches!(ty, Text | List(_) | AnyList | AnyMap | Any), "a text, a list or a map")
            }
            Rule::Email | Rule::Url | Rule::Pattern(..) => (matches!(ty, Text | Any), "a text"),
            Rule::Required | Rule::OneOf(_) | Rule::Check(_) | Rule::Immutable => return,
        };
        if !suits {
            let text = format!("`@{}` belongs to {of}", decorator.name.text);
            let found = Diagnostic::new(Code::E0011, decorator.span, text);
            self.diagnostics.push(found.help("leave it out, or write a `@check(…)`"));
        }
    }

    fn rule(&mut self, decorator: &'a Decorator) -> Option<Rule> {
        let first = args(decorator).first().map(|arg| &arg.value);
        Some(match &*decorator.name.text {
            "required" => Rule::Required,
            "positive" => Rule::Positive,
            "email" => Rule::Email,
            "url" => Rule::Url,
            "immutable" => Rule::Immutable,
            "min" => Rule::Min(self.bound(decorator, first?)?),
            "max" => Rule::Max(self.bound(decorator, first?)?),
            "minLength" | "min_length" => Rule::MinLength(self.length(decorator, first?)?),
            "maxLength" | "max_length" => Rule::MaxLength(self.length(decorator, first?)?),
            "pattern" => match &first?.kind {
                ExprKind::Regex(regex) => Rule::Pattern(regex.pattern.clone(), regex.flags.clone()),
                _ => match self.constant_value(first?) {
                    Some(Datum::Text(pattern)) => self.text_pattern(first?, pattern),
                    _ => return self.not_constant(decorator),
                },
            },
            "one_of" => Rule::OneOf(self.allowed(decorator)?),
            "check" => Rule::Check(self.check(first?)),
            _ => return None,
        })
    }

    /// A regex that is given as a text; the checker has looked at literals alone.
    fn text_pattern(&mut self, value: &Expr, pattern: Arc<str>) -> Rule {
        let flags: Arc<str> = "".into();
        match self.patterns.add(&pattern, &flags) {
            Ok(()) => {}
            Err(Fault::Pattern(error)) => {
                self.diagnostics.push(Diagnostic::new(Code::E0103, value.span, error.to_string()));
            }
            Err(Fault::Together(bytes_max)) => self.diagnostics.push(too_many(bytes_max, value.span)),
        }
        Rule::Pattern(pattern, flags)
    }

    /// What happens to a reference whose entity goes; aliases are known here, and not to the checker.
    fn on_delete(&mut self, decorator: &Decorator, ty: &FieldType) -> OnDelete {
        if !matches!(ty.leaf(), FieldType::Reference(_)) {
            let found = Diagnostic::new(
                Code::E0011,
                decorator.span,
                "`@on_delete` belongs to a reference to an entity",
            );
            self.diagnostics.push(found.help("leave it out"));
        }
        on_delete(decorator)
    }

    fn bound(&mut self, decorator: &Decorator, value: &'a Expr) -> Option<Datum> {
        match self.constant_value(value) {
            Some(bound @ (Datum::Int(_) | Datum::Number(_))) => Some(bound),
            _ => self.not_constant(decorator),
        }
    }

    fn length(&mut self, decorator: &Decorator, value: &'a Expr) -> Option<u64> {
        match self.constant_value(value) {
            Some(Datum::Int(n)) if n >= 0 => u64::try_from(n).ok(),
            _ => self.not_constant(decorator),
        }
    }

    /// `@one_of(a, b)` or `@one_of([a, b])`.
    fn allowed(&mut self, decorator: &'a Decorator) -> Option<Vec<Datum>> {
        let mut allowed = Vec::new();
        for arg in args(decorator) {
            match self.constant_value(&arg.value) {
                Some(Datum::List(values)) => allowed.extend(values),
                Some(value) => allowed.push(value),
                None => return self.not_constant(decorator),
            }
        }
        let single = |value: &Datum| !matches!(value, Datum::None | Datum::List(_) | Datum::Map(_));
        if allowed.iter().all(single) { Some(allowed) } else { self.not_constant(decorator) }
    }

    fn not_constant<T>(&mut self, decorator: &Decorator) -> Option<T> {
        let text = format!("`@{}` takes constants", decorator.name.text);
        let found = Diagnostic::new(Code::E0011, decorator.span, text);
        self.diagnostics.push(found.help("write the value itself, or a `@check(…)` that computes"));
        None
    }

    /// A function without parameters that gives a default.
    fn computed(&mut self, value: &'a Expr) -> u32 {
        let index = self.tables.reserve_function();
        self.enter_frame(Frame::new(value.span));
        self.value(value, Dest::Return);
        let function = self.finish_frame(None);
        self.leave_frame();
        self.tables.set_function(index, function);
        index
    }

    /// A function of an entity, whose fields are names in `value`.
    fn check(&mut self, value: &'a Expr) -> u32 {
        let index = self.tables.reserve_function();
        self.enter_frame(Frame::new(value.span));
        self.row(value);
        self.value(value, Dest::Return);
        let mut function = self.finish_frame(None);
        self.leave_frame();
        function.params = vec![ParamShape { name: None, optional: false }];
        self.tables.set_function(index, function);
        index
    }

    /// The frame's first parameter is the row whose fields `value` names; functions inside it may capture the row.
    fn row(&mut self, value: &'a Expr) {
        let row = self.frame.variable();
        if has_function(value) {
            self.frame.emit(Op::NewCell { dst: row, src: row });
            self.frame.places.insert(Key::Row, Location::Cell(row));
        } else {
            self.frame.places.insert(Key::Row, Location::Register(row));
        }
    }
}

fn args(decorator: &Decorator) -> &[Arg] {
    decorator.args.as_ref().map_or(&[], |args| &args.args)
}

fn on_delete(decorator: &Decorator) -> OnDelete {
    let rule = args(decorator).first().map(|arg| &arg.value.kind);
    match rule {
        Some(ExprKind::Name(name)) if &*name.text == "cascade" => OnDelete::Cascade,
        Some(ExprKind::Name(name)) if &*name.text == "set_none" => OnDelete::SetNone,
        _ => OnDelete::Restrict,
    }
}

/// Does a function stand in the expression?
fn has_function(value: &Expr) -> bool {
    struct Finder(bool);
    impl<'t> Visit<'t> for Finder {
        fn function(&mut self, _: &'t Function) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.expr(value);
    finder.0
}
