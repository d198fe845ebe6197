//! `reports/mutants.json`: what cargo-mutants said of a random sample, and what that says about all.

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
}

impl Module {
    /// Those that compile.
    pub fn viable(&self) -> usize {
        self.caught + self.survivors.len()
    }
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutants {
    /// What the sample was drawn with.
    pub seed: u64,
    /// How many mutants there are to draw from.
    pub population: usize,
    /// By the module's path, such as `value` or `code::verify`.
    pub modules: BTreeMap<String, Module>,
}

/// In percent of those that compile.
pub const CAUGHT_MIN: f64 = 90.0;
/// A smaller sample says too little to hold anybody up.
const VIABLE_MIN: usize = 20;

const FILE: &str = "reports/mutants.json";

impl Mutants {
    /// Judged, and compiled.
    pub fn viable(&self) -> usize {
        self.modules.values().map(Module::viable).sum()
    }

    /// Noticed by a test.
    pub fn caught(&self) -> usize {
        self.modules.values().map(|module| module.caught).sum()
    }

    /// The share that was caught, in percent of those that compile.
    pub fn percent(&self) -> f64 {
        self.caught() as f64 * 100.0 / self.viable().max(1) as f64
    }

    /// Between these percentages lies the share of all mutants, with 95 % confidence (E. B. Wilson, 1927).
    pub fn interval(&self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let (count, share) = (self.viable().max(1) as f64, self.percent() / 100.0);
        let spread = Z * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
        let bound = |sign: f64| (share + Z * Z / (2.0 * count) + sign * spread) / (1.0 + Z * Z / count);
        (bound(-1.0) * 100.0, bound(1.0) * 100.0)
    }

    /// Enough are caught, or too few were judged to say.
    pub fn is_enough(&self) -> bool {
        self.viable() < VIABLE_MIN || self.percent() >= CAUGHT_MIN
    }

    /// What is known, in a line.
    pub fn summary(&self) -> String {
        if self.population == 0 {
            return "no mutant was tried yet: `audit mutants` draws a sample and tries it".to_owned();
        }
        let (low, high) = self.interval();
        format!(
            "{} of {} that compile are caught: {:.0} % (of all {}: {low:.0} to {high:.0} %; seed {})",
            self.caught(),
            self.viable(),
            self.percent(),
            self.population,
            self.seed
        )
    }

    /// What shards of the same mutants saw, together.
    #[must_use]
    pub fn merge(shards: Vec<Self>) -> Self {
        let mut all = Self::default();
        for shard in shards {
            all.seed = shard.seed;
            all.population = all.population.max(shard.population);
            for (name, seen) in shard.modules {
                let module = all.modules.entry(name).or_default();
                module.caught += seen.caught;
                module.unviable += seen.unviable;
                module.survivors.extend(seen.survivors);
                module.survivors.sort();
            }
        }
        all
    }

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

/// The outcomes of one run of cargo-mutants, `mutants.out/outcomes.json`, by the module that `module_of` gives a file.
pub fn read_outcomes(
    json: &str,
    module_of: impl Fn(&str) -> Option<&'static str>,
) -> serde_json::Result<BTreeMap<String, Module>> {
    let outcomes: Outcomes = serde_json::from_str(json)?;
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for outcome in outcomes.outcomes {
        let Scenario::Mutant(mutant) = outcome.scenario else { continue };
        let Some(name) = module_of(&mutant.file) else { continue };
        let module = modules.entry(name.to_owned()).or_default();
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
    modules.values_mut().for_each(|module| module.survivors.sort());
    Ok(modules)
}

/// `runtime/src/a.rs:7:5: replace f with ()` without its place.
fn change(name: &str) -> String {
    name.split_once(": ").map_or(name, |(_, change)| change).to_owned()
}

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<OutcomeOf>,
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
        let json = format!(r#"{{"outcomes":[{}],"total_mutants":4}}"#, all.join(","));
        let modules = read_outcomes(&json, |_| Some("a")).unwrap();
        let module = &modules["a"];
        assert_eq!((module.caught, module.viable(), module.unviable), (2, 3, 1));
        assert_eq!(module.survivors[0].change, "replace f with ()");
        assert!(read_outcomes(&json, |_| None).unwrap().is_empty());
    }

    fn sample(caught: usize, missed: usize) -> Mutants {
        let survivor = Survivor { file: String::new(), line: 1, change: String::new() };
        let module = Module { caught, survivors: vec![survivor; missed], unviable: 0 };
        Mutants { seed: 1, population: 1000, modules: [("vm".to_owned(), module)].into() }
    }

    #[test]
    fn a_sample_says_how_far_it_can_be_believed() {
        let (low, high) = sample(45, 5).interval();
        assert!((low - 78.6).abs() < 0.1 && (high - 95.7).abs() < 0.1, "{low} {high}");
        assert!(sample(0, 0).percent() < 1.0);
        assert!(Mutants::default().summary().starts_with("no mutant was tried yet"));
    }

    #[test]
    fn shards_add_up() {
        let all = Mutants::merge(vec![sample(45, 5), sample(0, 1)]);
        assert_eq!((all.caught(), all.viable(), all.population, all.seed), (45, 51, 1000, 1));
        assert_eq!(Mutants::merge(Vec::new()), Mutants::default());
    }

    #[test]
    fn ninety_percent_are_enough_and_less_is_not() {
        assert!(sample(45, 5).is_enough());
        assert!(!sample(44, 6).is_enough());
        assert!(sample(0, 19).is_enough(), "too few to say");
    }
}
