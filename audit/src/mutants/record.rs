//! `reports/mutants.json`: what cargo-mutants said, without numbers that move.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A change that no test noticed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survivor {
    /// Below the repository.
    pub file: String,
    /// When it was seen.
    pub line: u64,
    /// `replace Heap::list_get -> … with …`, without its place.
    pub change: String,
}

/// What is known about one module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Noticed, those that ran into the time limit included.
    pub caught: usize,
    /// Not noticed.
    pub survivors: Vec<Survivor>,
    /// Did not compile, so they say nothing.
    pub unviable: usize,
    /// Chosen by shard or budget out of so many.
    pub of: usize,
}

impl Module {
    /// The share that was caught, in percent of those that compile.
    pub fn percent(&self) -> f64 {
        self.caught as f64 * 100.0 / (self.caught + self.survivors.len()).max(1) as f64
    }
}

/// The file, by module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutants {
    /// By the module's path, such as `value` or `code::verify`.
    pub modules: BTreeMap<String, Module>,
}

const FILE: &str = "reports/mutants.json";

impl Mutants {
    /// Reads the file; what cannot be read was never measured.
    pub fn load(repository: &Path) -> Self {
        let text = std::fs::read_to_string(repository.join(FILE)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes the file.
    pub fn save(&self, repository: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(repository.join(FILE), text)
    }
}

/// For the baseline.
pub fn survivors_by_module(repository: &Path) -> BTreeMap<String, usize> {
    let modules = Mutants::load(repository).modules.into_iter();
    modules.map(|(module, record)| (module, record.survivors.len())).collect()
}

/// The outcomes of one run of cargo-mutants: `mutants.out/outcomes.json`.
pub fn read_outcomes(json: &str) -> serde_json::Result<Module> {
    let outcomes: Outcomes = serde_json::from_str(json)?;
    let mut module = Module { of: outcomes.total_mutants, ..Module::default() };
    for outcome in outcomes.outcomes {
        let Scenario::Mutant(mutant) = outcome.scenario else { continue };
        match outcome.summary.as_str() {
            "CaughtMutant" | "Timeout" => module.caught += 1,
            "MissedMutant" => module.survivors.push(Survivor {
                change: change(&mutant.name),
                file: mutant.file,
                line: mutant.span.start.line,
            }),
            _ => module.unviable += 1,
        }
    }
    module.survivors.sort();
    Ok(module)
}

/// `runtime/src/a.rs:7:5: replace f with ()` without its place.
fn change(name: &str) -> String {
    name.split_once(": ").map_or(name, |(_, change)| change).to_owned()
}

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<OutcomeOf>,
    #[serde(default)]
    total_mutants: usize,
}

#[derive(Deserialize)]
struct OutcomeOf {
    scenario: Scenario,
    summary: String,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant(Mutant),
}

#[derive(Deserialize)]
struct Mutant {
    name: String,
    file: String,
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
}

#[derive(Deserialize)]
struct Place {
    line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_and_survivors_named() {
        let mutant = |name: &str, summary: &str| {
            format!(
                r#"{{"scenario":{{"Mutant":{{"name":"runtime/src/a.rs:7:5: {name}","file":"runtime/src/a.rs","span":{{"start":{{"line":7,"column":5}},"end":{{"line":7,"column":9}}}}}}}},"summary":"{summary}"}}"#
            )
        };
        let all = [
            r#"{"scenario":"Baseline","summary":"Success"}"#.to_owned(),
            mutant("replace f with ()", "MissedMutant"),
            mutant("replace g with 0", "CaughtMutant"),
            mutant("replace h with 0", "Timeout"),
            mutant("replace i with 0", "Unviable"),
        ];
        let module =
            read_outcomes(&format!(r#"{{"outcomes":[{}],"total_mutants":4}}"#, all.join(","))).unwrap();
        assert_eq!((module.caught, module.unviable, module.of), (2, 1, 4));
        assert_eq!(module.survivors[0].change, "replace f with ()");
        assert!((module.percent() - 66.6).abs() < 0.1);
    }
}
