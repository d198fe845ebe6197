//! Component tags: a function in scope, or one file of that name (E0005); and components that nothing uses.

use super::names::Names;
use super::walk::Visit;
use super::{Project, Role};
use crate::base::{Code, Diagnostic, FileId, Severity};
use crate::syntax::tree::{Name, NodeId};
use std::collections::{HashMap, HashSet};

/// The name by which tags name a component file.
pub fn name_of(path: &str) -> &str {
    let stem = path.rsplit('/').next().and_then(|name| name.strip_suffix(".flin"));
    stem.unwrap_or(path)
}

/// Reports tags that name no component, or several, and lowers every finding in component files that nothing reachable
/// uses. Does nothing when not all component files are known.
pub fn check(project: &Project<'_>, names: &mut Names, diagnostics: &mut Vec<Diagnostic>) {
    if !project.knows_components {
        return;
    }
    let mut files: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, file) in project.files.iter().enumerate().filter(|(_, file)| file.role == Role::Component) {
        files.entry(name_of(file.path)).or_default().push(at);
    }
    let mut used = Vec::new();
    for file in &project.files {
        let mut tags = Tags {
            names,
            file: file.id,
            files: &files,
            used: Vec::new(),
            found: Vec::new(),
            out: diagnostics,
        };
        tags.body(&file.tree.body);
        let found = std::mem::take(&mut tags.found);
        used.push(tags.used);
        if let Some(names) = names.files.get_mut(&file.id) {
            let id = |at: usize| project.files.get(at).map(|component| component.id);
            names.components.extend(found.into_iter().filter_map(|(tag, at)| Some((tag, id(at)?))));
        }
    }
    let unused = unreachable_components(project, &used);
    for found in diagnostics.iter_mut().filter(|found| unused.contains(&found.span.file)) {
        found.severity = Severity::Warning;
    }
}

/// The component files that no other file leads to; `used` has for each file the places of those that it names.
fn unreachable_components(project: &Project<'_>, used: &[Vec<usize>]) -> HashSet<FileId> {
    let files = project.files.iter().enumerate();
    let mut waiting: Vec<usize> =
        files.filter(|(_, file)| file.role != Role::Component).map(|(at, _)| at).collect();
    let mut reached: HashSet<usize> = waiting.iter().copied().collect();
    while let Some(at) = waiting.pop() {
        let more = used.get(at).into_iter().flatten().filter(|at| reached.insert(**at));
        waiting.extend(more.copied().collect::<Vec<_>>());
    }
    let files = project.files.iter().enumerate();
    files.filter(|(at, _)| !reached.contains(at)).map(|(_, file)| file.id).collect()
}

struct Tags<'a> {
    names: &'a Names,
    file: FileId,
    files: &'a HashMap<&'a str, Vec<usize>>,
    used: Vec<usize>,
    /// Tags and the place of the one file that each names.
    found: Vec<(NodeId, usize)>,
    out: &'a mut Vec<Diagnostic>,
}

impl<'t> Visit<'t> for Tags<'_> {
    fn component(&mut self, tag: &'t Name) {
        let is_function =
            self.names.files.get(&self.file).is_some_and(|names| names.uses.contains_key(&tag.id));
        if is_function {
            return;
        }
        let found = self.files.get(&*tag.text).map(Vec::as_slice);
        self.used.extend(found.into_iter().flatten());
        match found {
            Some(&[at]) => self.found.push((tag.id, at)),
            Some(_) => {
                let text = format!("several component files are called `{}`", tag.text);
                self.out.push(Diagnostic::new(Code::E0005, tag.span, text).help("rename all but one"));
            }
            None => {
                let found =
                    Diagnostic::new(Code::E0005, tag.span, format!("unknown component `{}`", tag.text));
                self.out.push(found.suggest(&tag.text, self.files.keys().copied()));
            }
        }
    }
}
