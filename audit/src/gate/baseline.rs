//! `reports/baseline.json`: what held when a person last said so.

use super::{Regression, regression};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A vector as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// `fixed`, `open`, `regressed` or `not-encoded`.
    pub status: String,
    /// `proved`, `not-load-bearing` or `none`; stale proofs are renewed before they are compared.
    pub proof: String,
}

/// Everything that may not get worse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Of this file: 1.
    pub schema: u8,
    /// Every vector, by id.
    pub vectors: BTreeMap<String, Held>,
    /// Cases of `crash-corpus` that are known to fail.
    pub open_cases: BTreeSet<String>,
    /// Fuzz targets.
    pub fuzz_targets: BTreeSet<String>,
    /// Reasoned exceptions from the lints that keep panics out, by layer.
    pub lint_exceptions: BTreeMap<String, usize>,
}

/// Why there is no baseline to compare with.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It says something else than it may.
    #[error("{path}: {error}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
}

const FILE: &str = "reports/baseline.json";

impl Baseline {
    /// Reads the file; none when nothing was ever accepted.
    pub fn load(repository: &Path) -> Result<Option<Self>, BaselineError> {
        let path = repository.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|error| BaselineError::Parse { path, error })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(BaselineError::File { path, error }),
        }
    }

    /// Writes the file.
    pub fn save(&self, repository: &Path) -> Result<(), BaselineError> {
        let path = repository.join(FILE);
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        std::fs::write(&path, text).map_err(|error| BaselineError::File { path, error })
    }

    /// Takes over what `before` says of each proof, where proofs are left out of the comparison.
    pub fn keep_proofs(&mut self, before: &Self) {
        for (id, held) in &mut self.vectors {
            if let Some(known) = before.vectors.get(id) {
                held.proof.clone_from(&known.proof);
            }
        }
    }

    /// Everything in which `now` is worse.
    pub fn regressions(&self, now: &Self) -> Vec<Regression> {
        let mut found = Vec::new();
        for (id, was) in &self.vectors {
            match now.vectors.get(id) {
                None => found.push(gone(&format!("vector {id}"), &was.status, "cargo run -p audit -- list")),
                Some(held) => vector(id, was, held, &mut found),
            }
        }
        for (id, held) in &now.vectors {
            let known = self.vectors.contains_key(id);
            if !known && matches!(held.status.as_str(), "open" | "regressed") {
                let show = format!("cargo run -p audit -- show {id}");
                found.push(regression(id, "not there", &held.status, &show));
            }
        }
        for case in now.open_cases.difference(&self.open_cases) {
            let show = format!("cargo run -p audit -- replay {case}");
            found.push(regression(&format!("crash-corpus/{case}"), "not there", "fails", &show));
        }
        for target in self.fuzz_targets.difference(&now.fuzz_targets) {
            found.push(gone(&format!("fuzz target {target}"), "there", "cargo fuzz list"));
        }
        let show = "cargo run -p audit -- report";
        more(
            "lint exceptions that could panic in",
            &self.lint_exceptions,
            &now.lint_exceptions,
            show,
            &mut found,
        );
        found
    }

    /// What changed, a line each, for a person who accepts it.
    pub fn changes(&self, now: &Self) -> String {
        let mut text = String::new();
        let worse: BTreeSet<String> = self
            .regressions(now)
            .into_iter()
            .map(|r| format!("worse: {}: {}, was {}", r.what, r.now, r.was))
            .collect();
        let better = now.regressions(self);
        for line in worse {
            let _ = writeln!(text, "{line}");
        }
        for change in better {
            let _ = match change.now.as_str() {
                GONE => writeln!(text, "new: {}: {}", change.what, change.was),
                was => writeln!(text, "better: {}: {}, was {was}", change.what, change.was),
            };
        }
        if text.is_empty() {
            text.push_str("nothing changed\n");
        }
        text
    }
}

fn vector(id: &str, was: &Held, now: &Held, found: &mut Vec<Regression>) {
    let rank = |status: &str| match status {
        "fixed" => 3,
        "not-encoded" => 2,
        "open" => 1,
        _ => 0,
    };
    if rank(&now.status) < rank(&was.status) {
        found.push(regression(id, &was.status, &now.status, &format!("cargo run -p audit -- run {id}")));
    }
    if was.proof == "proved" && now.proof != "proved" {
        let what = format!("the proof of {id}");
        found.push(regression(&what, &was.proof, &now.proof, &format!("cargo run -p audit -- prove {id}")));
    }
}

/// Counts that may only shrink.
fn more(
    what: &str,
    was: &BTreeMap<String, usize>,
    now: &BTreeMap<String, usize>,
    show: &str,
    found: &mut Vec<Regression>,
) {
    // A measure that was never taken is not compared with one that was.
    if was.is_empty() || now.is_empty() {
        return;
    }
    for (name, count) in now {
        let before = was.get(name).copied().unwrap_or(0);
        if *count > before {
            found.push(regression(&format!("{what} {name}"), &before.to_string(), &count.to_string(), show));
        }
    }
}

const GONE: &str = "gone";

fn gone(what: &str, was: &str, show: &str) -> Regression {
    regression(what, was, GONE, show)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(change: impl FnOnce(&mut Baseline)) -> Baseline {
        let held = |status: &str, proof: &str| Held { status: status.into(), proof: proof.into() };
        let mut baseline = Baseline {
            schema: 1,
            vectors: [
                ("T1-01".to_owned(), held("fixed", "proved")),
                ("T3-09".to_owned(), held("not-encoded", "none")),
                ("X-01".to_owned(), held("open", "none")),
            ]
            .into(),
            fuzz_targets: ["source".to_owned()].into(),
            lint_exceptions: [("vm".to_owned(), 2)].into(),
            ..Baseline::default()
        };
        change(&mut baseline);
        baseline
    }

    fn worse(change: impl FnOnce(&mut Baseline)) -> Vec<String> {
        let found = baseline(|_| ()).regressions(&baseline(change));
        found.into_iter().map(|regression| regression.what).collect()
    }

    fn set(baseline: &mut Baseline, id: &str, status: &str, proof: &str) {
        baseline.vectors.insert(id.into(), Held { status: status.into(), proof: proof.into() });
    }

    #[test]
    fn what_stays_or_gets_better_is_no_regression() {
        assert_eq!(worse(|_| ()), Vec::<String>::new());
        assert_eq!(worse(|now| set(now, "T3-09", "fixed", "proved")), Vec::<String>::new());
        assert_eq!(worse(|now| set(now, "X-01", "fixed", "proved")), Vec::<String>::new());
        assert_eq!(worse(|now| set(now, "X-02", "fixed", "none")), Vec::<String>::new());
    }

    #[test]
    fn every_way_to_get_worse_is_named() {
        assert_eq!(worse(|now| set(now, "T1-01", "regressed", "proved")), ["T1-01"]);
        assert_eq!(worse(|now| set(now, "T1-01", "fixed", "not-load-bearing")), ["the proof of T1-01"]);
        assert_eq!(worse(|now| set(now, "T1-01", "fixed", "stale")), ["the proof of T1-01"]);
        assert_eq!(worse(|now| set(now, "T3-09", "open", "none")), ["T3-09"]);
        assert_eq!(worse(|now| set(now, "X-02", "open", "none")), ["X-02"]);
        assert_eq!(worse(|now| now.vectors.retain(|id, _| id != "T1-01")), ["vector T1-01"]);
        assert_eq!(worse(|now| now.open_cases.extend(["source/a".into()])), ["crash-corpus/source/a"]);
        assert_eq!(worse(|now| now.fuzz_targets.clear()), ["fuzz target source"]);
        let more = worse(|now| now.lint_exceptions.extend([("vm".into(), 3)]));
        assert_eq!(more, ["lint exceptions that could panic in vm"]);
        let new = worse(|now| now.lint_exceptions.extend([("store".into(), 1)]));
        assert_eq!(new, ["lint exceptions that could panic in store"]);
    }

    #[test]
    fn proofs_that_are_left_out_are_as_they_were() {
        let before = baseline(|_| ());
        let mut now = baseline(|now| set(now, "T1-01", "fixed", "stale"));
        now.keep_proofs(&before);
        assert_eq!(before.regressions(&now), []);
    }

    #[test]
    fn changes_say_in_which_direction() {
        let better = baseline(|_| ()).changes(&baseline(|now| set(now, "X-01", "fixed", "proved")));
        assert!(better.contains("better: X-01: fixed, was open"), "{better}");
        let new = baseline(|_| ()).changes(&baseline(|now| set(now, "X-02", "fixed", "proved")));
        assert_eq!(new, "new: vector X-02: fixed\n");
        let worse = baseline(|_| ()).changes(&baseline(|now| set(now, "T1-01", "regressed", "proved")));
        assert!(worse.contains("worse: T1-01: regressed, was fixed"), "{worse}");
    }
}
