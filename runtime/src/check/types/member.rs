//! Fields and properties that a known type does not have (E0002).

use super::super::names::no_field;
use super::Ty;
use super::fit::Fit;
use crate::base::builtin::Signature;
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic, Kind};
use crate::syntax::tree::*;

/// Kinds whose members are all built in.
const CLOSED: &[Kind] = &[
    Kind::Bool,
    Kind::Int,
    Kind::Number,
    Kind::Text,
    Kind::List,
    Kind::Range,
    Kind::Time,
    Kind::Duration,
    Kind::Bytes,
];
/// Members in other languages, and what they are called here.
const FOREIGN: &[(&str, &str)] = &[("size", "length"), ("chars", "graphemes"), ("characters", "graphemes")];
/// Methods of an entity that are no fields.
const ENTITY_METHODS: &[&str] = &["to_text", "type", "copy", "toString"];

impl<'t> Fit<'_, '_, 't> {
    /// Checks the members of a chain.
    pub(super) fn check_members(&mut self, postfix: &'t Postfix) {
        let mut members = Vec::new();
        self.inference.postfix(postfix, |at, ty| {
            if let Some(PostfixKind::Member(name)) = postfix.ops.get(at).map(|op| &op.kind)
                && *ty != Ty::Any
            {
                members.push((at, ty.clone(), name));
            }
        });
        for (at, ty, name) in members {
            let next = at.checked_add(1).and_then(|next| postfix.ops.get(next));
            self.check_member(&ty, name, matches!(next.map(|op| &op.kind), Some(PostfixKind::Call(_))));
        }
    }

    /// Checks one member of a value of a type; `called` when arguments follow.
    fn check_member(&mut self, ty: &Ty, name: &'t Name, called: bool) {
        match ty {
            Ty::Entity(entity) => {
                let built_in = ENTITY_METHODS.contains(&&*name.text) || self.known().index.is_method(&name.text);
                if self.known().field(*entity, &name.text).is_none() && !(called && built_in) {
                    self.unknown_field(*entity, name);
                }
            }
            Ty::EnumName(index) => self.check_variant_name(*index, name),
            Ty::Of(_) | Ty::List(_) => self.check_property(ty, name),
            Ty::Any
            | Ty::Map(_)
            | Ty::Enum(_)
            | Ty::Query(_)
            | Ty::EntityName(_)
            // One of its types may have the member.
            | Ty::OneOf(_) => {}
        }
    }

    /// Reports a field that an entity does not have.
    pub(super) fn unknown_field(&mut self, entity: u32, name: &Name) {
        let Some(entity) = self.known().globals.entities.get(to_usize(entity)) else { return };
        let found = no_field(entity, &name.text, Diagnostic::new(Code::E0002, name.span, ""));
        self.out.push(found);
    }

    fn check_variant_name(&mut self, index: u32, name: &Name) {
        let Some(variants) = self.known().globals.variants_of.get(to_usize(index)) else { return };
        if variants.contains_key(&*name.text)
            || &*name.text == "all"
            || self.known().index.is_method(&name.text)
        {
            return;
        }
        let text =
            format!("the enum `{}` has no variant `{}`", self.known().show(&Ty::EnumName(index)), name.text);
        let found =
            Diagnostic::new(Code::E0002, name.span, text).suggest(&name.text, variants.keys().copied());
        self.out.push(found);
    }

    fn check_property(&mut self, ty: &Ty, name: &Name) {
        let kinds = ty.kinds();
        if !kinds.iter().all(|kind| CLOSED.contains(&kind)) {
            return;
        }
        let index = self.known().index;
        let has = |kind| index.methods(&name.text).iter().any(|method| method.receiver.has(kind));
        if kinds.iter().any(has) {
            return;
        }
        let text = format!("`{}` has no property or method `{}`", self.known().show(ty), name.text);
        let found = Diagnostic::new(Code::E0002, name.span, text);
        let takes = |method: &&Signature| !method.alias && !method.receiver.and(kinds).is_empty();
        let known = || index.method_names().filter(|known| index.methods(known).iter().any(takes));
        let foreign =
            FOREIGN.iter().find(|(word, meant)| *word == &*name.text && known().any(|one| one == *meant));
        let found = if &*name.text == "forEach" && kinds.has(Kind::List) {
            found.help("write `each(x => …)`, or `for x in list { … }`")
        } else if let Some((_, meant)) = foreign {
            found.help(format!("did you mean `{meant}`?"))
        } else {
            found.suggest(&name.text, known()).suggest(&snake_case(&name.text), known())
        };
        self.out.push(found);
    }
}

/// `charAt` as it is spelled here: `char_at`.
fn snake_case(name: &str) -> String {
    name.chars().fold(String::new(), |mut spelled, c| {
        if c.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(c.to_ascii_lowercase());
        spelled
    })
}
