//! What a name may mean at one place: scopes from inside out, the request, the project, the built-ins.

use super::builtins::{is_context, is_server_function};
use super::query::Clause;
use super::resolver::{Resolver, Row};
use super::symbols::{Entry, Meaning};
use super::{Binding, VariableKind};
use crate::base::span::to_usize;

impl<'a> Resolver<'a, '_> {
    /// What a name stands for in the project.
    pub(super) fn global(&self, name: &str) -> Option<&'a Binding> {
        self.around.globals.names.get(name).map(|global| &global.binding)
    }

    /// What a name that may not be assigned here stands for in the project.
    pub(super) fn other_global(&self, name: &str) -> Option<&'a Binding> {
        let global = self.global(name)?;
        let assignable = match global {
            Binding::Alias(_) => true,
            Binding::Function(file, _) | Binding::Global(file, _) => *file == self.input.id,
            _ => false,
        };
        if assignable { None } else { Some(global) }
    }

    pub(super) fn touch(&mut self, entry: Entry) {
        if let Meaning::Variable(id, _) = entry.meaning
            && entry.unit != self.unit()
            && let Some(variable) = self.out.variables.get_mut(to_usize(id.0))
        {
            variable.captured = true;
        }
    }

    /// The meanings of a name inside the file, and whether the last of them is always set.
    pub(super) fn local(&mut self, name: &str) -> (Vec<Binding>, bool) {
        let mut found = Vec::new();
        let mut touched = Vec::new();
        let mut settled = false;
        for entry in self.symbols.all(name) {
            touched.push(entry);
            match entry.meaning {
                Meaning::Variable(id, kind) => {
                    found.push(Binding::Variable(id));
                    settled = kind != VariableKind::Assigned;
                }
                Meaning::Function(id) => {
                    found.push(Binding::Function(self.input.id, id));
                    settled = true;
                }
            }
            if settled {
                break;
            }
        }
        for entry in touched {
            self.touch(entry);
        }
        (found, settled)
    }

    /// Is a variable of that name visible, here or as a global?
    pub(super) fn sees_variable(&self, name: &str) -> bool {
        self.symbols.innermost(name).is_some()
            || matches!(self.global(name), Some(Binding::Global(..) | Binding::Function(..)))
    }

    /// A field of the row at hand, unless something inside the condition has that name.
    pub(super) fn row_candidate(&self, name: &str) -> Option<Binding> {
        let condition = self.rows.last()?;
        if self.symbols.innermost(name).is_some_and(|entry| entry.unit >= condition.unit()) {
            return None;
        }
        match &condition.row {
            // `order` and its like are given the name of a field.
            Row::Of(entity) if entity.has(name) && self.clause != Clause::Condition => Some(Binding::Word),
            Row::Of(entity) if entity.has(name) => Some(Binding::Field),
            Row::Validated(fields) if fields.iter().any(|field| &*field.name.text == name) => {
                Some(Binding::Field)
            }
            _ if self.clause == Clause::Order && matches!(name, "asc" | "desc") => Some(Binding::Word),
            _ => None,
        }
    }

    /// What a name may mean, innermost first, up to the built-ins.
    pub(super) fn declared_candidates(&mut self, name: &str) -> (Vec<Binding>, bool) {
        if let Some(binding) = self.row_candidate(name) {
            self.reads_row();
            return (vec![binding], true);
        }
        let (mut found, settled) = self.local(name);
        if settled {
            return (found, true);
        }
        if is_context(name, self.input.role, self.context) {
            found.push(Binding::Context);
            return (found, true);
        }
        match self.global(name) {
            Some(Binding::Alias(_)) | None => {}
            Some(Binding::Global(file, _)) if *file == self.input.id => {}
            Some(binding @ Binding::Global(..)) => found.push(binding.clone()),
            Some(binding) => {
                found.push(binding.clone());
                return (found, true);
            }
        }
        if let Some(Some((enumeration, variant))) = self.around.globals.variants.get(name) {
            found.push(Binding::Variant(*enumeration, *variant));
            return (found, true);
        }
        (found, false)
    }

    /// All that a name may mean.
    pub(super) fn candidates(&mut self, name: &str) -> Vec<Binding> {
        let (mut found, settled) = self.declared_candidates(name);
        if settled {
            return found;
        }
        if let Some((id, _)) = self.around.index.function(name) {
            found.push(Binding::Native(id));
        } else if self.around.index.is_method(name) {
            found.push(Binding::Method);
        } else if is_server_function(name) {
            found.push(Binding::Context);
        } else if self.around.index.is_client(name) {
            found.push(Binding::Client);
        }
        found
    }
}
