//! Decorators: which there are, where each stands, and what it takes (E0010, E0011).

use super::{Declarations, Reference};
use crate::base::{Code, Diagnostic};
use crate::syntax::tree::*;

/// What a decorator stands on.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'t> {
    /// A field of an entity.
    Field(&'t Field),
    /// The entity itself.
    Entity,
    /// A field of `validate`.
    Validate,
}

/// What the arguments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    One(Literal),
    Some,
    /// Names of fields on the entity, nothing on a field.
    Fields,
    Rule,
}

/// What a literal argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Literal {
    Anything,
    Numeric,
    Count,
    Pattern,
}

const DECORATORS: &[(&str, Takes)] = &[
    ("required", Takes::Nothing),
    ("min", Takes::One(Literal::Numeric)),
    ("max", Takes::One(Literal::Numeric)),
    ("positive", Takes::Nothing),
    ("minLength", Takes::One(Literal::Count)),
    ("maxLength", Takes::One(Literal::Count)),
    ("min_length", Takes::One(Literal::Count)),
    ("max_length", Takes::One(Literal::Count)),
    ("email", Takes::Nothing),
    ("url", Takes::Nothing),
    ("pattern", Takes::One(Literal::Pattern)),
    ("one_of", Takes::Some),
    ("check", Takes::One(Literal::Anything)),
    ("immutable", Takes::Nothing),
    ("unique", Takes::Fields),
    ("index", Takes::Fields),
    ("hidden", Takes::Nothing),
    ("default", Takes::One(Literal::Anything)),
    ("on_delete", Takes::Rule),
];

const RULES: &[&str] = &["restrict", "cascade", "set_none"];

impl<'t> Declarations<'_, 't> {
    pub(super) fn check_decorator(&mut self, decorator: &'t Decorator) {
        let name = &*decorator.name.text;
        let Some((_, takes)) = DECORATORS.iter().find(|(known, _)| *known == name) else {
            let found = Diagnostic::new(Code::E0011, decorator.span, format!("unknown decorator `@{name}`"));
            self.out.push(found.suggest(name, DECORATORS.iter().map(|(known, _)| *known)));
            return;
        };
        let args = decorator.args.as_ref().map_or(&[][..], |args| &args.args);
        if args.iter().any(|arg| arg.spread || arg.name.is_some()) {
            return self.wrong(decorator, "takes plain arguments", "leave out `...` and names of arguments");
        }
        match takes {
            Takes::Nothing if !args.is_empty() => {
                self.wrong(decorator, "takes no arguments", "leave out the parentheses");
            }
            Takes::One(literal) => match args {
                [only] if literal.allows(&only.value) => {}
                [_] => self.wrong(decorator, literal.needs(), "give another argument"),
                _ => self.wrong(decorator, "takes one argument", "give exactly one"),
            },
            Takes::Some if args.is_empty() => {
                self.wrong(decorator, "needs the values that are allowed", "write them in parentheses");
            }
            Takes::Fields => self.check_fields(decorator, args),
            Takes::Rule => self.check_rule(decorator, args),
            Takes::Nothing | Takes::Some => {}
        }
        if matches!(self.owner, Owner::Entity) && *takes != Takes::Fields {
            self.wrong(decorator, "belongs to a field", "write it behind the field's type");
        }
    }

    fn wrong(&mut self, decorator: &Decorator, what: &str, help: &str) {
        let text = format!("`@{}` {what}", decorator.name.text);
        self.out.push(Diagnostic::new(Code::E0011, decorator.span, text).help(help));
    }

    fn check_fields(&mut self, decorator: &'t Decorator, args: &'t [Arg]) {
        match self.owner {
            Owner::Entity if args.is_empty() => {
                self.wrong(decorator, "needs the names of fields here", "write them in parentheses");
            }
            Owner::Field(_) | Owner::Validate if !args.is_empty() => {
                self.wrong(
                    decorator,
                    "takes no arguments on a field",
                    "write it on a line of its own for several fields",
                );
            }
            _ => {}
        }
        for arg in args {
            let ExprKind::Name(field) = &arg.value.kind else {
                self.wrong(decorator, "takes names of fields", "write bare names");
                continue;
            };
            if !self.fields.contains_key(&*field.text) && matches!(self.owner, Owner::Entity) {
                let found =
                    Diagnostic::new(Code::E0002, field.span, format!("there is no field `{}`", field.text));
                self.out.push(found.suggest(&field.text, self.fields.keys().copied()));
            }
        }
    }

    fn check_rule(&mut self, decorator: &'t Decorator, args: &'t [Arg]) {
        let rule = match args {
            [Arg { value: Expr { kind: ExprKind::Name(rule), .. }, .. }] => &*rule.text,
            _ => "",
        };
        if !RULES.contains(&rule) {
            return self.wrong(
                decorator,
                "takes `restrict`, `cascade` or `set_none`",
                "write one of these words",
            );
        }
        let Owner::Field(field) = self.owner else { return };
        match self.reference(&field.ty) {
            Some(Reference::None) => {
                self.wrong(decorator, "belongs to a reference to an entity", "leave it out");
            }
            Some(Reference::Required) if rule == "set_none" => {
                let text = format!("`{}` cannot become none: its type is not optional", field.name.text);
                let found =
                    Diagnostic::new(Code::E0010, decorator.span, text).label(field.ty.span, "declared here");
                self.out.push(found.help("add `?` to the type, or use `cascade` or `restrict`"));
            }
            _ => {}
        }
    }
}

impl Literal {
    const fn needs(self) -> &'static str {
        match self {
            Self::Anything => "takes one argument",
            Self::Numeric => "takes a numeric bound",
            Self::Count => "takes a length: an int of at least 0",
            Self::Pattern => "takes a regex or a text",
        }
    }

    /// What is computed may be anything.
    fn allows(self, expr: &Expr) -> bool {
        let negative = matches!(&expr.kind, ExprKind::Unary(UnaryOp::Negate, _)) || is_negative(expr);
        let numeric = matches!(&expr.kind, ExprKind::Int(_) | ExprKind::Number(_)) || negative;
        let texts = matches!(&expr.kind, ExprKind::Text(_) | ExprKind::Regex(_));
        let others = matches!(
            &expr.kind,
            ExprKind::None | ExprKind::Bool(_) | ExprKind::List(_) | ExprKind::Map(_) | ExprKind::Function(_)
        );
        match self {
            Self::Anything => true,
            Self::Numeric => !texts && !others && !matches!(expr.kind, ExprKind::Duration(_)),
            Self::Count => {
                let number = matches!(expr.kind, ExprKind::Number(_) | ExprKind::Duration(_));
                !texts && !others && !number && !negative
            }
            Self::Pattern => !numeric && !others && !matches!(expr.kind, ExprKind::Duration(_)),
        }
    }
}

const fn is_negative(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Int(n) if n < 0)
}
