//! Guards as people look for them: the runtime knows their names and modules; the line is found in the sources when it
//! is shown, so that no stored report grows stale when a line moves.

use flin_runtime::base::guard::Guard;
use std::path::{Path, PathBuf};

/// A guard, and where it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// The module below the runtime's crate.
    pub module: &'static str,
    /// What it holds back.
    pub purpose: &'static str,
    /// `file:line` of its first use, relative to the repository.
    pub place: Option<String>,
}

impl Description {
    /// The place, or the module where the sources are not at hand.
    pub fn place_or_module(&self) -> &str {
        self.place.as_deref().unwrap_or(self.module)
    }
}

/// The guard of that name.
pub fn describe(name: &str) -> Option<Description> {
    let guard = Guard::by_name(name)?;
    let place = find(&crate::repository(), guard);
    Some(Description { name: guard.name(), module: guard.module(), purpose: guard.purpose().trim(), place })
}

/// All guards that the runtime has, by name and module.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    Guard::ALL.iter().map(|guard| (guard.name(), guard.module()))
}

/// The first line that asks whether the guard is off, looking in its own module first.
fn find(repository: &Path, guard: Guard) -> Option<String> {
    let sources = repository.join("runtime/src");
    let own = sources.join(guard.module().replace("::", "/"));
    let mut files = vec![own.with_extension("rs")];
    rust_files(&own, &mut files);
    rust_files(&sources, &mut files);
    let pattern = format!("Guard::{}", guard.name());
    files.into_iter().find_map(|file| {
        let text = std::fs::read_to_string(&file).ok()?;
        let line = text.lines().position(|line| line.contains(&pattern) && ends_there(line, &pattern))?;
        let file = file.strip_prefix(repository).ok()?;
        Some(format!("{}:{}", file.display(), line + 1))
    })
}

/// `Guard::SliceStep` is not a use of `Guard::Slice`.
fn ends_there(line: &str, pattern: &str) -> bool {
    line.split(pattern).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_name_is_not_a_use() {
        assert!(ends_there("if off(Guard::Slice) {", "Guard::Slice"));
        assert!(!ends_there("if off(Guard::SliceStep) {", "Guard::Slice"));
    }

    #[test]
    fn every_guard_that_a_vector_names_exists() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        for entry in catalogue.entries {
            let second = entry.vector.without.iter().filter_map(|without| without.contained_by.as_ref());
            for name in entry.vector.guards.iter().chain(second) {
                assert!(Guard::by_name(name).is_some(), "{} names {name}", entry.vector.id);
            }
        }
    }
    /// A check that no case takes away is believed and not proved.
    #[test]
    fn every_guard_is_named_by_a_vector() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        let mut named = std::collections::BTreeSet::new();
        for entry in &catalogue.entries {
            let second = entry.vector.without.iter().filter_map(|without| without.contained_by.as_ref());
            named.extend(entry.vector.guards.iter().chain(second).cloned());
        }
        let unnamed: Vec<&str> =
            Guard::ALL.iter().map(|guard| guard.name()).filter(|name| !named.contains(*name)).collect();
        assert_eq!(unnamed, [""; 0], "no vector takes these away");
    }
}
