//! How strongly a fix is held, computed from what exists and what was run; nothing here is claimed by hand.

use super::history::Fuzzed;
use super::model::{FullSize, Kind, Marks};
use crate::catalogue::vector::Sweep;
use crate::catalogue::{Driver, Vector};
use crate::drivers::store::explores_orders;
use crate::prove::record::{Proof, State};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kinds of evidence, in the order in which they are shown.
pub const KINDS: [Kind; 9] = [
    Kind { letter: 'R', name: "reproducer by hand" },
    Kind { letter: 'T', name: "table of boundary values" },
    Kind { letter: 'S', name: "sweep over generated inputs" },
    Kind { letter: 'N', name: "tests that carry its id" },
    Kind { letter: 'P', name: "property tests of its guards' modules" },
    Kind { letter: 'K', name: "proved by knock-out" },
    Kind { letter: 'F', name: "fuzzed since its guards changed" },
    Kind { letter: 'O', name: "orders of steps explored" },
    Kind { letter: 'L', name: "no panicking call of its guards' modules is linked" },
];

/// One kind of evidence, for one vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Which.
    #[serde(flatten)]
    pub kind: Kind,
    /// Is it there?
    pub held: bool,
    /// How much of it.
    pub detail: String,
}

/// All kinds, and how many are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// In the order of [`KINDS`].
    pub marks: Vec<Mark>,
    /// Held.
    pub score: usize,
}

/// What a vector's strength is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The vector.
    pub vector: &'a Vector,
    /// Inputs of its case in this run, of the quick size; none where it did not hold.
    pub quick: Option<u64>,
    /// Its last full run.
    pub full: Option<FullSize>,
    /// Its stored proof, and how far that still goes.
    pub proof: Option<(&'a Proof, State)>,
    /// Tests that carry its id.
    pub tests: usize,
    /// Property tests of its guards' modules.
    pub properties: usize,
    /// Executions of its fuzz targets since its guards last changed.
    pub executions: u64,
    /// Panicking calls of its guards' modules in the release binary; none where nothing was counted.
    pub panicking: Option<usize>,
}

impl Strength {
    /// Computes it.
    pub fn of(evidence: Evidence<'_>) -> Self {
        let Evidence { vector, proof, tests, properties, executions, panicking, .. } = evidence;
        let tables = vector.table.len() + vector.product.len() + vector.program.len() + vector.exchange.len();
        let proved = proof.is_some_and(|(_, state)| state == State::Proved);
        let explores = |sweep: &Sweep| vector.driver == Driver::Store && explores_orders(&sweep.name);
        let some =
            |count: usize, what: &str| if count == 0 { "none".to_owned() } else { format!("{count} {what}") };
        let found = [
            (!vector.repro.is_empty(), "audit repro".to_owned()),
            (tables > 0, some(tables, "tables, programs and exchanges")),
            evidence.swept(|_| true),
            (tests > 0, some(tests, "tests")),
            (properties > 0, some(properties, "tests")),
            (proved, proof.map_or("none", |(_, state)| state.name()).to_owned()),
            (executions > 0, format!("{executions} executions")),
            evidence.swept(explores),
            (
                panicking == Some(0) && !vector.guards.is_empty(),
                panicking.map_or("not counted".to_owned(), |count| format!("{count} calls")),
            ),
        ];
        let marks = KINDS.into_iter().zip(found).map(|(kind, (held, detail))| Mark { kind, held, detail });
        let marks: Vec<Mark> = marks.collect();
        let score = marks.iter().filter(|mark| mark.held).count();
        Self { marks, score }
    }

    /// In short.
    pub fn held(&self) -> Marks {
        let held = self.marks.iter().filter(|mark| mark.held).map(|mark| mark.kind.letter).collect();
        Marks { score: self.score, held }
    }
}

impl Evidence<'_> {
    /// Did these sweeps run: at their full size, or, where that is not recorded or stale, in this quick run?
    fn swept(&self, of: impl Fn(&Sweep) -> bool) -> (bool, String) {
        let sweeps = || self.vector.sweep.iter().filter(|sweep| of(sweep));
        if sweeps().next().is_none() {
            return (false, "none".to_owned());
        }
        let no_full = match self.full {
            Some(FullSize { inputs, stale: false }) => {
                return (true, format!("{inputs} inputs in the last full run"));
            }
            Some(FullSize { stale: true, .. }) => "the last full run is stale",
            None => "no full run is recorded",
        };
        match self.quick {
            Some(inputs) if sweeps().any(|sweep| !sweep.full_only) => {
                (true, format!("quick, {inputs} inputs; {no_full}"))
            }
            Some(_) | None => (false, no_full.to_owned()),
        }
    }
}

/// Executions of fuzz targets since a module of the runtime last changed, from the ledger and the repository's history.
#[derive(Debug)]
pub struct Fuzzing {
    ledger: Vec<Fuzzed>,
    repository: PathBuf,
    changed: BTreeMap<String, u64>,
}

impl Fuzzing {
    /// Reads the ledger.
    pub fn read(repository: &Path) -> Self {
        let ledger = super::history::ledger(repository);
        Self { ledger, repository: repository.to_owned(), changed: BTreeMap::new() }
    }

    /// Executions of these targets since the modules of these guards last changed.
    pub fn since(&mut self, targets: &[String], modules: &BTreeSet<&str>) -> u64 {
        if self.ledger.iter().all(|line| !targets.contains(&line.target)) {
            return 0;
        }
        let changed = modules.iter().map(|module| self.changed(module)).max().unwrap_or(0);
        let counted = self.ledger.iter().filter(|line| targets.contains(&line.target) && line.at >= changed);
        counted.map(|line| line.executions).sum()
    }

    /// All executions of a target.
    pub fn of(&self, target: &str) -> u64 {
        self.ledger.iter().filter(|line| line.target == target).map(|line| line.executions).sum()
    }

    /// Seconds since 1970; the beginning where there is no history.
    fn changed(&mut self, module: &str) -> u64 {
        if let Some(known) = self.changed.get(module) {
            return *known;
        }
        // What lies below a module is part of it, as for the targets.
        let path = format!("runtime/src/{}", module.replace("::", "/"));
        let mut asked = Command::new("git");
        asked.args(["log", "-1", "--format=%ct", "--", &format!("{path}.rs"), &path]);
        let said = asked.current_dir(&self.repository).output();
        let at = said.ok().and_then(|said| String::from_utf8_lossy(&said.stdout).trim().parse().ok());
        *self.changed.entry(module.to_owned()).or_insert(at.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn none(vector: &Vector) -> Evidence<'_> {
        let (quick, full, proof, panicking) = (None, None, None, None);
        Evidence { vector, quick, full, proof, tests: 0, properties: 0, executions: 0, panicking }
    }

    fn mark(letter: char, evidence: Evidence<'_>) -> Mark {
        Strength::of(evidence).marks.into_iter().find(|mark| mark.kind.letter == letter).unwrap()
    }

    #[test]
    fn what_is_there_is_counted_and_nothing_else() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let none = none(&catalogue.find("T1-08").unwrap().vector);
        let bare = Strength::of(none);
        let all = Evidence { tests: 2, properties: 1, executions: 10, panicking: Some(0), ..none };
        assert_eq!(Strength::of(all).score, bare.score + 4);
        assert_eq!(Strength::of(Evidence { panicking: Some(1), ..all }).score, bare.score + 3);
        assert_eq!(bare.held(), Marks { score: 2, held: "RT".to_owned() });
        assert_eq!(Strength::of(all).held().held, "RTNPFL");
    }

    #[test]
    fn orders_are_explored_where_the_driver_decides_them() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let held = |id: &str| {
            let vector = &catalogue.find(id).unwrap().vector;
            mark('O', Evidence { quick: Some(1), ..none(vector) }).held
        };
        assert!(held("T3-21") && held("T3-23"));
        assert!(!held("T1-08") && !held("X-16"));
    }

    #[test]
    fn a_change_below_a_module_is_one_of_the_module() {
        let folder = tempfile::tempdir().unwrap();
        let git = |at: u64, args: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgSign=false"]);
            command.env("GIT_COMMITTER_DATE", format!("@{at} +0000")).current_dir(folder.path());
            assert!(command.args(args).output().unwrap().status.success(), "{args:?}");
        };
        let commit = |file: &str, at: u64| {
            let file = folder.path().join("runtime/src/code").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, at.to_string()).unwrap();
            git(at, &["add", "."]);
            git(at, &["commit", "-q", "-m", "a"]);
        };
        git(0, &["init", "-q"]);
        commit("verify.rs", 1_000_000_000);
        commit("verify/block.rs", 1_000_000_001);
        commit("decode.rs", 1_000_000_002);
        let mut fuzzing = Fuzzing::read(folder.path());
        assert_eq!(fuzzing.changed("code::verify"), 1_000_000_001);
        assert_eq!(fuzzing.changed("code::decode"), 1_000_000_002);
    }

    #[test]
    fn a_sweep_counts_by_the_size_that_it_ran_at() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let mut vector = catalogue.find("T1-08").unwrap().vector.clone();
        let full = |stale| Some(FullSize { inputs: 900, stale });
        let seen = |vector: &Vector, quick, full| {
            let mark = mark('S', Evidence { quick, full, ..none(vector) });
            (mark.held, mark.detail)
        };
        let is = |held, detail: &str| (held, detail.to_owned());
        assert_eq!(seen(&vector, Some(7), full(false)), is(true, "900 inputs in the last full run"));
        let stale = is(true, "quick, 7 inputs; the last full run is stale");
        assert_eq!(seen(&vector, Some(7), full(true)), stale);
        assert_eq!(seen(&vector, None, None), is(false, "no full run is recorded"));
        for sweep in &mut vector.sweep {
            sweep.full_only = true;
        }
        assert_eq!(seen(&vector, Some(7), full(true)), is(false, "the last full run is stale"));
        assert!(seen(&vector, Some(7), full(false)).0);
    }
}
