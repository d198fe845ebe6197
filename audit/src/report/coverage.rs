//! What else looks at a vector: tests that carry its id in their names, and fuzz targets with their corpora.

use super::strength::Fuzzing;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A fuzz target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Committed inputs: seeds and what once crashed.
    pub corpus: usize,
    /// In the ledger.
    pub executions: u64,
}

/// Tests and fuzz targets by name.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    tests: BTreeMap<String, usize>,
    corpora: BTreeMap<String, usize>,
}

impl Coverage {
    /// Looks through the sources and the fuzz package.
    pub fn read(repository: &Path) -> Self {
        let mut coverage = Self::default();
        for folder in ["runtime/src", "runtime/tests", "audit/src", "audit/tests"] {
            coverage.read_tests(&repository.join(folder));
        }
        for entry in entries(&repository.join("fuzz/fuzz_targets")) {
            let name = entry.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let seeds = entries(&repository.join("fuzz/corpus").join(&name)).len();
            let crashes = entries(&repository.join("crash-corpus").join(&name));
            let crashes = crashes.iter().filter(|path| path.extension().is_none_or(|e| e != "toml")).count();
            coverage.corpora.insert(name, seeds + crashes);
        }
        coverage
    }

    fn read_tests(&mut self, folder: &Path) {
        for path in entries(folder) {
            if path.is_dir() {
                self.read_tests(&path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                for id in text.split("fn ").skip(1).flat_map(vectors_in_name) {
                    *self.tests.entry(id).or_default() += 1;
                }
            }
        }
    }

    /// How many tests carry the id.
    pub fn tests_of(&self, id: &str) -> usize {
        self.tests.get(id).copied().unwrap_or(0)
    }

    /// Inputs in the corpora of these targets.
    pub fn corpus_of(&self, targets: &[String]) -> usize {
        targets.iter().filter_map(|target| self.corpora.get(target)).sum()
    }

    /// All targets.
    pub fn targets(&self, fuzzing: &Fuzzing) -> Vec<Target> {
        let target = |(name, corpus): (&String, &usize)| Target {
            name: name.clone(),
            corpus: *corpus,
            executions: fuzzing.of(name),
        };
        self.corpora.iter().map(target).collect()
    }
}

/// Property tests of a module of the runtime: in its own file, or in those below it.
pub fn property_tests(repository: &Path, module: &str) -> usize {
    let path = repository.join("runtime/src").join(module.replace("::", "/"));
    let own = std::fs::read_to_string(path.with_extension("rs")).map_or(0, |text| properties(&text));
    own + below(&path)
}

fn below(folder: &Path) -> usize {
    let of = |path: std::path::PathBuf| {
        if path.is_dir() {
            below(&path)
        } else {
            std::fs::read_to_string(path).map_or(0, |text| properties(&text))
        }
    };
    entries(folder).into_iter().map(of).sum()
}

/// Tests inside of `proptest! { … }`, which a brace at the macro's own depth ends.
fn properties(text: &str) -> usize {
    let (mut count, mut end) = (0, None::<String>);
    for line in text.lines() {
        match &end {
            None if line.trim() == "proptest! {" => {
                end = Some(format!("{}}}", &line[..line.len() - line.trim_start().len()]));
            }
            None => {}
            Some(closing) if line == closing => end = None,
            Some(_) => count += usize::from(line.trim() == "#[test]"),
        }
    }
    count
}

/// `t1_08_…(` carries T1-08, and `t1_02_x_10_…(` T1-02 and X-10.
fn vectors_in_name(rest: &str) -> BTreeSet<String> {
    let parts: Vec<&str> = rest.split('(').next().unwrap_or_default().split('_').collect();
    let id = |pair: &[&str]| {
        let [tier, number] = pair else { return None };
        let known = matches!(*tier, "t1" | "t2" | "t3" | "x");
        let numbered = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
        (known && numbered).then(|| format!("{}-{number}", tier.to_uppercase()))
    };
    parts.windows(2).filter_map(id).collect()
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).map(|entries| entries.flatten().map(|e| e.path()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn property_tests_are_counted_and_others_are_not() {
        let text = "    #[test]\n    fn a() {}\n    proptest! {\n        #[test]\n        fn b(x in 0..1) {}\n    }\n    #[test]\n";
        assert_eq!(properties(text), 1);
        assert!(property_tests(&crate::repository(), "value::number") > 0);
        assert_eq!(property_tests(&crate::repository(), "value::nothing"), 0);
    }

    #[test]
    fn ids_are_read_from_test_names() {
        let ids = |name: &str| vectors_in_name(name).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(ids("t1_08_names_the_limit() {"), "T1-08");
        assert_eq!(ids("t1_01_t1_02_x_10_cycles(a: t1_03_) {"), "T1-01 T1-02 X-10");
        assert_eq!(ids("a_pattern_of_x_26_ends() {"), "X-26");
        assert_eq!(ids("to_text() {") + &ids("x_1_y_10() {"), "");
    }
}
