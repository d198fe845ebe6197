//! What is said about names: unknown ones, assignments that are refused, built-ins that are hidden.

use super::super::walk::Write;
use super::Binding;
use super::query::{self, Clause};
use super::resolver::{Resolver, Row};
use super::types::{is_builtin_type, is_only_type};
use crate::base::diagnostic::nearest;
use crate::base::{Code, Diagnostic, Kind};
use crate::syntax::tree::Name;

/// Words of other languages, and what is written here.
const FOREIGN: &[(&str, &str)] = &[
    ("None", "write `none`"),
    ("Null", "write `none`"),
    ("NULL", "write `none`"),
    ("nil", "write `none`"),
    ("undefined", "write `none`"),
    ("True", "write `true`"),
    ("False", "write `false`"),
    ("let", "a variable is made by its first assignment: `name = value`"),
    ("const", "a variable is made by its first assignment: `name = value`"),
    ("var", "a variable is made by its first assignment: `name = value`"),
    ("not", "write `!` before the condition"),
    ("elif", "write `else if`"),
    ("def", "a function is declared with `fn name(…) { … }`"),
    ("func", "a function is declared with `fn name(…) { … }`"),
    ("function", "a function is declared with `fn name(…) { … }`"),
    ("async", "leave it out: what has to wait waits by itself"),
    ("await", "leave it out: what has to wait waits by itself"),
    ("export", "leave it out: what a file in `lib/` declares is known everywhere"),
    ("pub", "leave it out: what a file in `lib/` declares is known everywhere"),
    ("lambda", "write `x => value`"),
    ("class", "data that lasts is declared with `entity`, alternatives with `enum`; a map holds the rest"),
    ("struct", "data that lasts is declared with `entity`; a map holds the rest"),
    ("switch", "write `match value { … }`"),
    ("this", "functions have no receiver: pass the value as an argument"),
    ("self", "functions have no receiver: pass the value as an argument"),
];

/// Types by their names in other languages, and by synonyms that the reference leaves out.
const TYPES: &[(&str, &str)] = &[
    ("string", "text"),
    ("str", "text"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("integer", "int"),
    ("boolean", "bool"),
    ("array", "list"),
    ("object", "map"),
    ("dict", "map"),
];

impl<'t> Resolver<'_, 't> {
    /// What a function or a declared type of this name would hide.
    pub(super) fn warn_if_hiding(&mut self, name: &Name) {
        if let Some(what) = self.hidden_by(name) {
            let text = format!("`{}` hides the built-in {what} of that name", name.text);
            self.diagnostics.push(Diagnostic::new(Code::W0003, name.span, text));
        }
    }

    fn hidden_by(&self, name: &Name) -> Option<&'static str> {
        if is_builtin_type(&name.text) {
            Some("type")
        } else {
            self.around.index.is_called_method(&name.text).then_some("method")
        }
    }

    /// A variable may be called `count` or `text`: what it hides is missed only where that is called, or piped to.
    pub(super) fn warn_if_callee_hides(&mut self, callee: &Name) {
        let Some(&Binding::Variable(id)) = self.out.uses.get(&callee.id).and_then(|uses| uses.first()) else {
            return;
        };
        if let Some(what) = self.hidden_by(callee) {
            let text = format!("the variable `{}` hides the built-in {what} of that name", callee.text);
            let found = Diagnostic::new(Code::W0003, callee.span, text).help("rename the variable");
            let known = self.definitions.get(&id).copied();
            self.diagnostics.push(match known {
                Some(span) => found.label(span, "the variable"),
                None => found,
            });
        }
    }

    /// Reports a name that nothing binds.
    pub(super) fn unknown(&mut self, name: &'t Name) {
        let found = match self.rows.last().map(|condition| condition.row) {
            Some(Row::Unknown) => Diagnostic::new(
                Code::E0012,
                name.span,
                format!(
                    "`{}` is a field only where the receiver is known to be an entity's query",
                    name.text
                ),
            )
            .help(format!("write a function of the row: `row => row.{}`", name.text)),
            Some(Row::Of(entity)) if self.clause != Clause::Condition => {
                query::no_field(entity, &name.text, Diagnostic::new(Code::E0002, name.span, ""))
            }
            Some(Row::Of(_) | Row::Validated(_)) | None => {
                let found = Diagnostic::new(Code::E0001, name.span, format!("unknown name `{}`", name.text));
                self.explain(name, found)
            }
        };
        self.diagnostics.push(found);
        self.out.uses.insert(name.id, vec![Binding::Unknown]);
    }

    pub(super) fn explain(&mut self, name: &Name, found: Diagnostic) -> Diagnostic {
        if self.around.globals.variants.get(&*name.text).is_some_and(Option::is_none) {
            return found.help(format!("several enums have a variant `{0}`; write `Enum.{0}`", name.text));
        }
        if self.around.index.namespace(&name.text).is_some() {
            return found.help(format!("it stands only before a dot, as in `{}.name`", name.text));
        }
        if let Some((_, help)) = FOREIGN.iter().find(|(word, _)| *word == &*name.text) {
            return found.help(*help);
        }
        if self.suggestions == 0 {
            return found;
        }
        self.suggestions = self.suggestions.saturating_sub(1);
        let globals = self.around.globals;
        let known =
            self.symbols.names().chain(globals.names.keys().copied()).chain(globals.variants.keys().copied());
        found.suggest(&name.text, known.chain(self.around.index.names().map(|name| -> &str { name })))
    }

    /// Adds the type that was perhaps meant.
    pub(super) fn suggest_type(&mut self, name: &Name, found: Diagnostic) -> Diagnostic {
        if self.suggestions == 0 {
            return found;
        }
        self.suggestions = self.suggestions.saturating_sub(1);
        let (small, synonyms) = (name.text.to_lowercase(), TYPES.iter().map(|(word, _)| *word));
        let documented = |word: &str| TYPES.iter().find(|(known, _)| *known == word).map(|(_, meant)| *meant);
        let kinds = || Kind::ALL.iter().map(|kind| kind.name()).chain(["any"]).chain(synonyms.clone());
        if let Some(meant) = documented(&small) {
            return found.help(format!("did you mean `{meant}`?"));
        }
        let is_type =
            |global: &Binding| matches!(global, Binding::Entity(_) | Binding::Enum(_) | Binding::Alias(_));
        let globals = self.around.globals.names.iter().filter(|(_, global)| is_type(&global.binding));
        let declared = globals.map(|(name, _)| *name);
        match nearest(&name.text, kinds().chain(declared)).or_else(|| nearest(&small, kinds())) {
            Some(meant) => found.help(format!("did you mean `{}`?", documented(meant).unwrap_or(meant))),
            None => found,
        }
    }

    pub(super) fn refuse_assignment(&mut self, name: &Name, what: &str, help: &str) {
        let text = format!("{what} `{}` cannot be assigned", name.text);
        self.diagnostics.push(Diagnostic::new(Code::E0003, name.span, text).help(help));
    }

    pub(super) fn assign_elsewhere(&mut self, name: &'t Name, write: Write<'t>) {
        const RENAME: &str = "use another name";
        match self.other_global(&name.text) {
            Some(Binding::Global(..)) => {
                return self.refuse_assignment(
                    name,
                    "another file's variable",
                    "only its own file may assign it",
                );
            }
            Some(Binding::Function(..)) => return self.refuse_assignment(name, "the function", RENAME),
            Some(Binding::Entity(_)) => return self.refuse_assignment(name, "the entity", RENAME),
            Some(Binding::Enum(_)) => return self.refuse_assignment(name, "the enum", RENAME),
            _ => {}
        }
        if is_only_type(&name.text) {
            return self.refuse_assignment(name, "the built-in type", RENAME);
        }
        match self.candidates(&name.text).last() {
            Some(Binding::Native(_) | Binding::Method) => {
                self.refuse_assignment(name, "the built-in", RENAME);
            }
            Some(Binding::Context | Binding::Variant(..) | Binding::Field) => {
                self.refuse_assignment(name, "the word", RENAME);
            }
            Some(Binding::Client) => {
                self.out.uses.insert(name.id, vec![Binding::Client]);
            }
            _ if write.reads() => self.unknown(name),
            _ => {}
        }
    }
}
