//! `reports/full.json`: the last full run of each case, without clock, path or number of this machine.
//!
//! Invariants: an entry stands for a whole case that ran at its full size to its end, and held; a full run that did not
//! hold takes the entry of its case away. So parts of the catalogue may run apart, and no entry says more than was run.

use crate::catalogue::{Catalogue, Entry, Tier};
use crate::harness::{Outcome, Verdict};
use crate::prove::ProofError;
use crate::prove::hash::Hasher;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One case at its full size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullRun {
    /// The vector.
    pub id: String,
    /// Inputs tried.
    pub inputs: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Over all that it rests on, as in a proof.
    pub hash: String,
}

impl FullRun {
    /// What a full run showed; the hash is from before it, as sources may change meanwhile.
    pub fn new(id: &str, verdict: &Verdict, hash: String) -> Self {
        Self { id: id.to_owned(), inputs: verdict.inputs, outcome: verdict.outcome, hash }
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullRuns {
    /// In the order of the catalogue.
    pub runs: Vec<FullRun>,
}

const FILE: &str = "reports/full.json";

impl FullRuns {
    /// Reads the file; none yet is an empty one.
    pub fn load(repository: &Path) -> Result<Self, ProofError> {
        let path = repository.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| ProofError::Parse { path, error }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ProofError::Read { path, error }),
        }
    }

    fn save(&self, repository: &Path) -> Result<(), ProofError> {
        let path = repository.join(FILE);
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        std::fs::write(&path, text).map_err(|error| ProofError::Write { path, error })
    }

    /// The last full run of that vector's case.
    pub fn find(&self, id: &str) -> Option<&FullRun> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// Puts these in place of older ones, in the order of `ids`; drops what did not hold, and what is not among `ids`.
    fn renew(&mut self, new: Vec<FullRun>, ids: &[&str]) {
        self.runs.retain(|old| new.iter().all(|new| new.id != old.id));
        self.runs.extend(new.into_iter().filter(|run| run.outcome == Outcome::Held));
        self.runs.retain(|run| ids.contains(&run.id.as_str()));
        self.runs.sort_by_key(|run| ids.iter().position(|id| *id == run.id));
    }
}

/// The hashes of these cases, to be taken before they run.
pub fn hashes(repository: &Path, chosen: &[&Entry]) -> Result<Vec<String>, ProofError> {
    let hasher = Hasher::new(repository)?;
    chosen.iter().map(|entry| hasher.of(entry)).collect()
}

/// Stores what full runs just showed.
pub fn store(repository: &Path, catalogue: &Catalogue, new: Vec<FullRun>) -> Result<(), ProofError> {
    let entries = catalogue.entries.iter().filter(|entry| entry.vector.tier != Tier::Canary);
    let ids: Vec<&str> = entries.map(|entry| entry.vector.id.as_str()).collect();
    let mut runs = FullRuns::load(repository)?;
    runs.renew(new, &ids);
    runs.save(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, inputs: u64, outcome: Outcome) -> FullRun {
        FullRun::new(id, &Verdict { outcome, inputs, detail: String::new() }, "hash".to_owned())
    }

    fn of(runs: &FullRuns) -> Vec<(&str, u64)> {
        runs.runs.iter().map(|run| (run.id.as_str(), run.inputs)).collect()
    }

    #[test]
    fn only_what_held_is_kept_and_what_fell_takes_its_entry_away() {
        let held = |id, inputs| run(id, inputs, Outcome::Held);
        let mut runs = FullRuns { runs: vec![held("A", 1), held("C", 1), held("gone", 1)] };
        runs.renew(vec![held("B", 2), run("C", 9, Outcome::Leak), held("A", 3)], &["A", "B", "C"]);
        assert_eq!(of(&runs), [("A", 3), ("B", 2)]);
    }

    #[test]
    fn a_part_of_the_catalogue_leaves_the_others_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("reports")).unwrap();
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let store = |new| store(folder.path(), &catalogue, new).unwrap();
        store(vec![run("T1-02", 5, Outcome::Held), run("CANARY", 1, Outcome::Held)]);
        store(vec![run("T1-01", 7, Outcome::Held)]);
        assert_eq!(of(&FullRuns::load(folder.path()).unwrap()), [("T1-01", 7), ("T1-02", 5)]);
    }
}
