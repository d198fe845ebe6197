//! What each name of a project means: scopes, variables and who captures them.
//!
//! A scope is a file, a function of any kind, or (for parameters, loop variables, pattern bindings and catch names only)
//! the block that they are bound in. Which scope an assignment binds in is decided from the set of names assigned in each
//! scope, before any flow is looked at.
//!
//! Functions of a file are `collect`ed first, project-wide names `gather`ed, and then each file is walked once with a
//! table of what is visible.

mod builtins;
mod collect;
mod expr;
mod globals;
mod lookup;
mod pattern;
mod query;
mod report;
mod resolver;
mod symbols;
#[cfg(test)]
mod tests;
mod types;

use super::Project;
use crate::base::builtin::NativeId;
use crate::base::{Diagnostic, FileId, Kinds};
use crate::syntax::tree::{EnumDecl, NodeId, Payload, Variant};
pub(super) use builtins::Index;
pub(super) use globals::{AUTOMATIC_FIELDS, Globals};
pub(super) use query::{BUILDERS, no_field};
use resolver::{Resolver, Surroundings};
use std::collections::HashMap;
use std::sync::Arc;
pub(super) use types::builtin_kinds;

/// Index of a variable in [`FileNames::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u32);

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A variable or parameter of this file; of the reading function, or captured from an enclosing one.
    Variable(VarId),
    /// A declared function: the id of its [`crate::syntax::tree::Function`] and its file.
    Function(FileId, NodeId),
    /// A top-level variable of another file.
    Global(FileId, VarId),
    /// An enum: index in [`Names::enums`].
    Enum(u32),
    /// A bare variant: its enum and its own index there.
    Variant(u32, u32),
    /// An entity: index in [`Names::entities`].
    Entity(u32),
    /// A plain built-in function; read without parentheses it is called when its signature says `property`.
    Native(NativeId),
    /// The part before the dot of a built-in such as `Math.floor`. It occurs only as the base of a postfix expression
    /// whose first operation is a member; that member's own name has the `Native` among `uses`.
    Namespace,
    /// A method name, used as a function of its receiver.
    Method,
    /// A word of the request's context (`params`, `session`, `props`, …).
    Context,
    /// A browser-only name.
    Client,
    /// A declared type, in a type: index in [`Names::aliases`].
    Alias(u32),
    /// A type parameter, in a type: anything.
    TypeParam,
    /// A field of the entity at hand, inside `where(…)`, `order(…)`, `sum(…)` and `@check(…)`.
    Field,
    /// `asc` or `desc` inside `order(…)`: the word itself.
    Word,
    /// Nothing; a diagnostic was given.
    Unknown,
}

/// What binds a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariableKind {
    /// An assignment, declaration or destructuring: belongs to its function or file, unset until one is reached.
    Assigned,
    /// A parameter.
    Parameter,
    /// A loop variable, pattern binding or catch name: new on every entry or iteration, set from there on.
    Block,
}

/// One variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// What binds it.
    pub kind: VariableKind,
    /// The function or file (id of the tree's function, or of the file's body) that it lives in.
    pub scope: NodeId,
    /// Does a function inside read or assign it?
    pub captured: bool,
    /// The name's first binding occurrence.
    pub first: NodeId,
}

/// What the names of one file mean.
#[derive(Clone, Debug, Default)]
pub struct FileNames {
    /// All variables of the file.
    pub variables: Vec<Variable>,
    /// For each name that is read (id of the tree's `Name`): candidates, innermost first. All but the last are variables
    /// of kind `Assigned` or globals, each read only when the ones before it are still unset; the last may be one too.
    ///
    /// Names in types have an entry too (enums, entities, aliases, type parameters; built-in types have none), and so
    /// has the member of `Shape.Circle`, whose base is an enum: its variant.
    pub uses: HashMap<NodeId, Vec<Binding>>,
    /// For each name that is bound or assigned (parameters, targets, loop variables, patterns, places): its variable.
    pub bindings: HashMap<NodeId, VarId>,
    /// The variables of each scope (id of the function, or of the file's body) in order of their creation. A name at the
    /// top of an arm that is compared has an entry in `uses`, one that binds has one in `bindings`; never both.
    pub scopes: HashMap<NodeId, Vec<VarId>>,
    /// Conditions of queries, each a function of the row (id of the expression, without parentheses): does a function
    /// inside it read a field by its bare name?
    pub conditions: HashMap<NodeId, bool>,
    /// For each type after `is` (id of the tree's `Type`): what is tested.
    pub tests: HashMap<NodeId, TypeTest>,
    /// For each component tag (id of its name) that no function in scope answers to: the component file.
    pub components: HashMap<NodeId, FileId>,
    /// Are the top-level variables global to the project (a file in `entities/` or `lib/`)?
    pub is_global: bool,
}

/// What `is` asks: is the value of one of these kinds, entities or enums?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeTest {
    /// Kinds whose every value passes.
    pub kinds: Kinds,
    /// Entities: indices in [`Names::entities`].
    pub entities: Vec<u32>,
    /// Enums: indices in [`Names::enums`].
    pub enums: Vec<u32>,
}

/// A declared type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasNames {
    /// Its name.
    pub name: Arc<str>,
    /// The file that declares it.
    pub file: FileId,
    /// The id of the tree's type that it stands for.
    pub ty: NodeId,
    /// What `is` asks of it.
    pub test: TypeTest,
}

/// An enum of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumNames {
    /// Its name.
    pub name: Arc<str>,
    /// Variants with the names of their payload (empty text where it has none).
    pub variants: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

/// What the names of a project mean.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Per file.
    pub files: HashMap<FileId, FileNames>,
    /// All enums, in file and source order.
    pub enums: Vec<EnumNames>,
    /// Names of all entities, in file and source order.
    pub entities: Vec<Arc<str>>,
    /// All declared types, in file and source order.
    pub aliases: Vec<AliasNames>,
}

/// Says what every name of the project means, and which cannot mean anything.
pub(super) fn resolve(
    project: &Project<'_>,
    globals: &Globals<'_>,
    index: &Index,
    diagnostics: &mut Vec<Diagnostic>,
) -> Names {
    let mut suggestions = SUGGESTIONS_MAX;
    let mut names = Names {
        enums: globals.enums.iter().map(|(decl, _)| enum_names(decl)).collect(),
        entities: globals.entities.iter().map(|entity| entity.decl.name.text.clone()).collect(),
        aliases: types::aliases(globals, diagnostics),
        ..Names::default()
    };
    for file in &project.files {
        let surroundings = Surroundings { globals, index, aliases: &names.aliases };
        let mut resolver = Resolver::new(surroundings, *file, suggestions);
        let (resolved, found) = resolver.run();
        suggestions = resolver.suggestions_left();
        names.files.insert(file.id, resolved);
        diagnostics.extend(found);
    }
    names
}

/// Looking for near names is quadratic in the names of a project; so many unknown ones get a suggestion.
const SUGGESTIONS_MAX: u32 = 64;

fn enum_names(decl: &EnumDecl) -> EnumNames {
    let payload = |variant: &Variant| {
        let name =
            |payload: &Payload| payload.name.as_ref().map_or_else(|| "".into(), |name| name.text.clone());
        variant.payload.iter().map(name).collect()
    };
    let variants = decl.variants.iter().map(|variant| (variant.name.text.clone(), payload(variant)));
    EnumNames { name: decl.name.text.clone(), variants: variants.collect() }
}
