//! Names in patterns: variants, variables to compare with, or new bindings.

use super::super::walk::Visit;
use super::resolver::Resolver;
use super::{Binding, VariableKind};
use crate::base::span::to_usize;
use crate::base::{Code, Diagnostic};
use crate::syntax::tree::Name;

impl<'t> Resolver<'_, 't> {
    /// A bare name in a pattern.
    pub(super) fn resolve_pattern_name(&mut self, name: &'t Name, nested: bool) {
        if starts_uppercase(&name.text) {
            let is_variant = self.around.globals.variants.contains_key(&*name.text);
            // Nested, a name that is no variant binds; at the top of an arm it is compared, whatever it is.
            if !nested || is_variant {
                return self.read(name);
            }
        } else if !nested && self.sees_variable(&name.text) {
            return self.read(name);
        }
        self.bind_in_block(name, VariableKind::Block);
    }

    /// `Circle(…)` or `Shape.Circle(…)`.
    pub(super) fn resolve_variant_pattern(&mut self, enumeration: Option<&'t Name>, name: &'t Name) {
        let Some(enumeration) = enumeration else {
            let bare = self.around.globals.variants.get(&*name.text).copied().flatten();
            return match bare {
                Some((index, variant)) => {
                    self.out.uses.insert(name.id, vec![Binding::Variant(index, variant)]);
                }
                None => self.unknown(name),
            };
        };
        let globals = self.around.globals;
        let Some(Binding::Enum(index)) = globals.names.get(&*enumeration.text).map(|global| &global.binding)
        else {
            return self.unknown(enumeration);
        };
        self.out.uses.insert(enumeration.id, vec![Binding::Enum(*index)]);
        let Some(variants) = globals.variants_of.get(to_usize(*index)) else { return };
        if let Some(variant) = variants.get(&*name.text) {
            self.out.uses.insert(name.id, vec![Binding::Variant(*index, *variant)]);
        } else {
            let text = format!("the enum `{}` has no variant `{}`", enumeration.text, name.text);
            let found = Diagnostic::new(Code::E0002, name.span, text);
            self.diagnostics.push(found.suggest(&name.text, variants.keys().copied()));
        }
    }
}

/// Is it an UpperName?
pub fn starts_uppercase(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
