//! How strongly a fix is held, computed from what exists and what was run; nothing here is claimed by hand.

use super::history::Fuzzed;
use crate::catalogue::{Driver, Vector};
use crate::drivers::store::explores_orders;
use crate::prove::record::{Proof, State};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// One letter, for the row of marks.
    pub letter: char,
    /// What it stands for.
    pub name: &'static str,
    /// Is it there?
    pub held: bool,
    /// How much of it.
    pub detail: String,
}

/// All kinds, and how many are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// In a fixed order.
    pub marks: Vec<Mark>,
    /// Held.
    pub score: usize,
}

/// What a vector's strength is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The vector.
    pub vector: &'a Vector,
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
        let Evidence { vector, proof, tests, properties, executions, panicking } = evidence;
        let tables = vector.table.len() + vector.product.len() + vector.program.len() + vector.exchange.len();
        let full = proof.map_or(0, |(proof, _)| proof.inputs);
        let proved = proof.is_some_and(|(_, state)| state == State::Proved);
        let ordered =
            vector.driver == Driver::Store && vector.sweep.iter().any(|sweep| explores_orders(&sweep.name));
        let mark = |letter, name, held, detail: String| Mark { letter, name, held, detail };
        let some =
            |count: usize, what: &str| if count == 0 { "none".to_owned() } else { format!("{count} {what}") };
        let marks = vec![
            mark('R', "reproducer by hand", !vector.repro.is_empty(), "audit repro".to_owned()),
            mark('T', "table of boundary values", tables > 0, some(tables, "tables, programs and exchanges")),
            mark(
                'S',
                "sweep over generated inputs",
                !vector.sweep.is_empty(),
                if vector.sweep.is_empty() {
                    "none".to_owned()
                } else {
                    format!("{full} in the last full run")
                },
            ),
            mark('N', "tests that carry its id", tests > 0, some(tests, "tests")),
            mark('P', "property tests of its guards' modules", properties > 0, some(properties, "tests")),
            mark(
                'K',
                "proved by knock-out",
                proved,
                proof.map_or("none", |(_, state)| state.name()).to_owned(),
            ),
            mark('F', "fuzzed since its guards changed", executions > 0, format!("{executions} executions")),
            mark(
                'O',
                "orders of steps explored",
                ordered,
                if ordered { format!("{full} in the last full run") } else { "none".to_owned() },
            ),
            mark(
                'L',
                "no panicking call of its guards' modules is linked",
                panicking == Some(0) && !vector.guards.is_empty(),
                panicking.map_or("not counted".to_owned(), |count| format!("{count} calls")),
            ),
        ];
        let score = marks.iter().filter(|mark| mark.held).count();
        Self { marks, score }
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
    pub fn since(&mut self, vector: &Vector, modules: &[&str]) -> u64 {
        if self.ledger.iter().all(|line| !vector.fuzz_targets.contains(&line.target)) {
            return 0;
        }
        let changed = modules.iter().map(|module| self.changed(module)).max().unwrap_or(0);
        let counted = self
            .ledger
            .iter()
            .filter(|line| vector.fuzz_targets.contains(&line.target) && line.at >= changed);
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
        let path = format!("runtime/src/{}.rs", module.replace("::", "/"));
        let mut asked = Command::new("git");
        asked.args(["log", "-1", "--format=%ct", "--", &path]);
        let said = asked.current_dir(&self.repository).output();
        let at = said.ok().and_then(|said| String::from_utf8_lossy(&said.stdout).trim().parse().ok());
        *self.changed.entry(module.to_owned()).or_insert(at.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_counted_and_nothing_else() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        let vector = &catalogue.find("T1-08").unwrap().vector;
        let none = Evidence { vector, proof: None, tests: 0, properties: 0, executions: 0, panicking: None };
        let bare = Strength::of(none);
        let all = Evidence { tests: 2, properties: 1, executions: 10, panicking: Some(0), ..none };
        assert_eq!(Strength::of(all).score, bare.score + 4);
        assert_eq!(Strength::of(Evidence { panicking: Some(1), ..all }).score, bare.score + 3);
        assert_eq!(bare.marks.len(), 9);
        assert!(bare.marks.iter().any(|mark| mark.letter == 'K' && !mark.held));
    }

    #[test]
    fn orders_are_explored_where_the_driver_decides_them() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        let held = |id: &str| {
            let vector = &catalogue.find(id).unwrap().vector;
            let evidence =
                Evidence { vector, proof: None, tests: 0, properties: 0, executions: 0, panicking: None };
            Strength::of(evidence).marks.iter().any(|mark| mark.letter == 'O' && mark.held)
        };
        assert!(held("T3-21") && held("T3-23"));
        assert!(!held("T1-08") && !held("X-16"));
    }
}
