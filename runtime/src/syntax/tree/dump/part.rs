//! Targets, patterns, types, templates and markup.

use super::Dump;
use crate::syntax::tree::*;

impl Dump {
    pub(super) fn target(&mut self, target: &Target) {
        match &target.kind {
            TargetKind::Name(name) => self.line(format_args!("target {}", name.text)),
            TargetKind::List { items, rest } => self.node("target list", |d| {
                items.iter().for_each(|item| d.target(item));
                d.rest(rest.as_ref());
            }),
            TargetKind::Map { entries, rest } => self.node("target map", |d| {
                for entry in entries {
                    d.node(format_args!("{} shorthand={}", entry.key.text, entry.shorthand), |d| {
                        d.target(&entry.target);
                    });
                }
                d.rest(rest.as_ref());
            }),
        }
    }

    fn rest(&mut self, rest: Option<&Name>) {
        if let Some(rest) = rest {
            self.line(format_args!("rest {}", rest.text));
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => self.line("_"),
            PatternKind::Name(name) => self.line(format_args!("pattern {}", name.text)),
            PatternKind::Is(ty) => self.node("is", |d| d.ty(ty)),
            PatternKind::Variant { enumeration, name, payload } => {
                let of = enumeration.as_ref().map_or("-", |name| &name.text);
                self.node(format_args!("variant {of} {}", name.text), |d| {
                    payload.iter().for_each(|pattern| d.pattern(pattern));
                });
            }
            PatternKind::List { items, rest } => self.node("pattern list", |d| {
                items.iter().for_each(|item| d.pattern(item));
                d.rest(rest.as_ref());
            }),
            PatternKind::Map { entries, rest } => self.node("pattern map", |d| {
                for entry in entries {
                    d.node(format_args!("{} shorthand={}", entry.key.text, entry.shorthand), |d| {
                        d.pattern(&entry.pattern);
                    });
                }
                d.rest(rest.as_ref());
            }),
            PatternKind::Expr(expr) => self.node("pattern", |d| d.expr(expr)),
            PatternKind::Alternatives(patterns) => self.node("alternatives", |d| {
                patterns.iter().for_each(|pattern| d.pattern(pattern));
            }),
        }
    }

    pub(super) fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Named { name, args } => self.node(format_args!("type {}", name.text), |d| {
                args.iter().for_each(|arg| d.ty(arg));
            }),
            TypeKind::List(item) => self.node("type list", |d| d.ty(item)),
            TypeKind::Map(key, value) => self.node("type map", |d| {
                d.ty(key);
                d.ty(value);
            }),
            TypeKind::Function { params, result } => self.node("type function", |d| {
                params.iter().for_each(|param| d.ty(param));
                d.node("result", |d| d.ty(result));
            }),
            TypeKind::Optional(inner) => self.node("type optional", |d| d.ty(inner)),
            TypeKind::Union(types) => self.node("type union", |d| types.iter().for_each(|ty| d.ty(ty))),
        }
    }

    pub(super) fn template(&mut self, template: &Template) {
        match template.as_static() {
            Some(text) => self.line(format_args!("text {:?} {text:?}", template.quote)),
            None => self.node(format_args!("text {:?}", template.quote), |d| d.parts(&template.parts)),
        }
    }

    fn parts(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Literal(literal) => self.line(format_args!("literal {:?}", literal.text)),
                TemplatePart::Interpolation(expr) => self.node("interpolation", |d| d.expr(expr)),
                TemplatePart::Control(control) => self.control(control),
            }
        }
    }

    pub(super) fn control(&mut self, control: &Control) {
        let mode = control.mode;
        match &control.kind {
            ControlKind::If { arms, otherwise } => self.node(format_args!("control if {mode:?}"), |d| {
                for arm in arms {
                    d.expr(&arm.condition);
                    d.block(&arm.body);
                }
                if let Some(otherwise) = otherwise {
                    d.block(otherwise);
                }
            }),
            ControlKind::For { head, body } => self.node(format_args!("control for {mode:?}"), |d| {
                d.for_head(head);
                d.block(body);
            }),
            ControlKind::Each { head, body } => self.node(format_args!("control each {mode:?}"), |d| {
                d.for_head(head);
                d.block(body);
            }),
            ControlKind::While { condition, body } => {
                self.node(format_args!("control while {mode:?}"), |d| {
                    d.expr(condition);
                    d.block(body);
                });
            }
            ControlKind::Braced(body) => self.node(format_args!("control braced {mode:?}"), |d| d.body(body)),
        }
    }

    fn block(&mut self, block: &Block) {
        self.node("block", |d| match block {
            Block::Code(body) => d.body(body),
            Block::Content(content) => d.content(content),
            Block::Text(parts) => d.parts(parts),
        });
    }

    pub(super) fn element(&mut self, element: &Element) {
        match &element.kind {
            ElementKind::Declaration(text) => self.line(format_args!("declaration {text:?}")),
            ElementKind::Fragment(content) => self.node("fragment", |d| d.content(content)),
            ElementKind::Tagged(tagged) => {
                self.node(format_args!("element {:?}", tagged.closing), |d| d.tagged(tagged));
            }
        }
    }

    fn tagged(&mut self, tagged: &Tagged) {
        match &tagged.tag {
            Tag::Html(name) => self.line(format_args!("tag {}", name.text)),
            Tag::Component(name) => self.line(format_args!("component {}", name.text)),
            Tag::Dynamic(expr) => self.node("dynamic", |d| d.expr(expr)),
        }
        for attr in &tagged.attrs {
            match &attr.kind {
                AttrKind::Named(name, value) => {
                    self.node(format_args!("attr {}", name.text), |d| match value {
                        AttrValue::Bare => {}
                        AttrValue::Text(template) => d.template(template),
                        AttrValue::Braced(body) => d.node("braced", |d| d.body(body)),
                        AttrValue::Control(control) => d.control(control),
                        AttrValue::Unquoted(literal) => d.line(format_args!("unquoted {:?}", literal.text)),
                    });
                }
                AttrKind::Spread(expr) => self.node("attr spread", |d| d.expr(expr)),
            }
        }
        self.content(&tagged.content);
    }

    fn content(&mut self, content: &Content) {
        for part in &content.parts {
            match part {
                ContentPart::Text(literal) => self.line(format_args!("content {:?}", literal.text)),
                ContentPart::Braced(body) => self.node("braced", |d| d.body(body)),
                ContentPart::Control(control) => self.control(control),
                ContentPart::Element(element) => self.element(element),
                ContentPart::Comment(_) => self.line("comment"),
            }
        }
    }
}
