//! Which fuzz targets are known to find a vector: those that found something with one of its guards switched off, by the
//! committed page of `audit fuzz knockout`, and those that found the inputs which it replays.

use super::TARGETS;
use crate::catalogue::Vector;
use std::path::Path;

/// The page as it is committed.
pub const PAGE: &str = "reports/fuzz-knockout.md";

/// Who found what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finders {
    found: Vec<Found>,
}

/// A guard, and a target that noticed its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    guard: String,
    target: String,
}

impl Finders {
    /// Reads the page; nothing is known to find anything where there is none.
    pub fn read(repository: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(repository.join(PAGE)).unwrap_or_default())
    }

    pub(super) fn parse(page: &str) -> Self {
        Self { found: page.lines().filter_map(found_in).collect() }
    }

    /// Names of targets, in the order of all targets.
    pub fn of(&self, vector: &Vector) -> Vec<String> {
        let finds = |target: &str| {
            let knows = |found: &Found| found.target == target && vector.guards.contains(&found.guard);
            let replays = |case: &String| case.split('/').next() == Some(target);
            self.found.iter().any(knows) || vector.artifact.iter().any(replays)
        };
        TARGETS.iter().map(|target| target.name).filter(|name| finds(name)).map(str::to_owned).collect()
    }
}

/// `| guard | module | target | found | after |`, where something was found.
fn found_in(line: &str) -> Option<Found> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let (guard, _, target, found) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let is_target = TARGETS.iter().any(|known| known.name == target);
    (is_target && found != super::knockout::NOTHING)
        .then(|| Found { guard: guard.to_owned(), target: target.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::fuzz::knockout::pairs;

    #[test]
    fn a_vector_is_found_by_what_missed_its_guard_or_found_its_input() {
        let page = "| guard | module | target | found | after |\n|---|---|---|---|--:|\n\
            | DivideByZero | value::number | program_differential | panic | 0.5 s |\n\
            | DivideByZero | value::number | bytecode_verified | **nothing** | 60.2 s |\n";
        let (finders, catalogue) = (Finders::parse(page), Catalogue::load(&crate::repository()).unwrap());
        let mut vector = catalogue.find("T1-01").unwrap().vector.clone();
        assert_eq!(finders.of(&vector), ["program_differential"]);
        vector.artifact = vec!["bytecode/a".to_owned()];
        assert_eq!(finders.of(&vector), ["bytecode", "program_differential"]);
        vector.guards.clear();
        assert_eq!(finders.of(&vector), ["bytecode"]);
    }

    #[test]
    fn the_committed_page_names_guards_and_targets_that_go_together() {
        let finders = Finders::read(&crate::repository());
        let pairs = pairs(None);
        assert!(!finders.found.is_empty());
        for Found { guard, target } in &finders.found {
            let known = pairs.iter().any(|pair| pair.guard.name() == guard && pair.target.name == target);
            assert!(
                known,
                "stale: {target} is not for the module of {guard}: cargo run -p audit -- fuzz knockout"
            );
        }
    }
}
