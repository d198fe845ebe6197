//! The benchmarks' own output against committed limits. Only ratios are compared: they travel between machines.

use super::Regression;
use super::figures::Figure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `reports/limits.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Each ratio between two measurements of one run.
    pub ratio: Vec<Ratio>,
    /// Each figure that a bench of server or store wrote.
    #[serde(default)]
    pub figure: Vec<Figure>,
}

/// The time of one against that of another, over programs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Whose time.
    pub of: String,
    /// Against whose.
    pub to: String,
    /// The geometric mean over the programs, at most.
    pub mean_max: f64,
    /// Any one of them, at most.
    pub each_max: f64,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum PerformanceError {
    /// The limits could not be read.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The limits are malformed.
    #[error("{path}: {error}")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: Box<toml::de::Error>,
    },
    /// The figures are malformed.
    #[error("{path}: {error}")]
    Figures {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
}

/// What measures.
pub const COMMAND: &str = "cargo bench --manifest-path bench/Cargo.toml";

/// Median times in nanoseconds: program, then who ran it.
pub type Times = BTreeMap<String, BTreeMap<String, f64>>;

/// Reads the limits.
pub fn limits(repository: &Path) -> Result<Limits, PerformanceError> {
    let path = repository.join("reports/limits.toml");
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| PerformanceError::File { path: path.clone(), error })?;
    toml::from_str(&text).map_err(|error| PerformanceError::Parse { path, error: Box::new(error) })
}

/// What criterion left below `folder`; empty when the benchmarks never ran.
pub fn times(folder: &Path) -> Times {
    let mut times = Times::new();
    for program in folders(folder) {
        for who in folders(&folder.join(&program)) {
            let file = folder.join(&program).join(&who).join("new/estimates.json");
            let Ok(text) = std::fs::read_to_string(file) else { continue };
            let estimates: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(median) = estimates["median"]["point_estimate"].as_f64() {
                times.entry(program.clone()).or_default().insert(who, median);
            }
        }
    }
    times
}

/// What criterion left where this repository builds its benchmarks.
pub fn measured(repository: &Path) -> Times {
    let folders = [crate::fuzz::programs::target_folder(repository), repository.join("bench/target")];
    let all = folders.iter().map(|folder| times(&folder.join("criterion")));
    all.into_iter().find(|times| !times.is_empty()).unwrap_or_default()
}

fn folders(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Ratios above their limits, and those that a run of the benchmarks left out. None when there was no run.
pub fn regressions(limits: &Limits, times: &Times) -> Vec<Regression> {
    let mut found = Vec::new();
    if times.is_empty() {
        return found;
    }
    for ratio in &limits.ratio {
        let each: Vec<(&String, f64)> = times
            .iter()
            .filter_map(|(program, by)| Some((program, by.get(&ratio.of)? / by.get(&ratio.to)?)))
            .collect();
        let slow = |what: String, now: f64, max: f64| Regression {
            what,
            was: format!("at most {max:.2}"),
            now: format!("{now:.2}"),
            show: COMMAND.to_owned(),
        };
        if each.is_empty() {
            found.push(Regression {
                what: format!("{} to {}", ratio.of, ratio.to),
                was: format!("at most {:.2}", ratio.mean_max),
                now: "not measured".to_owned(),
                show: COMMAND.to_owned(),
            });
            continue;
        }
        for (program, now) in each.iter().filter(|(_, now)| *now > ratio.each_max) {
            found.push(slow(format!("{program}, {} to {}", ratio.of, ratio.to), *now, ratio.each_max));
        }
        let mean = (each.iter().map(|(_, now)| now.ln()).sum::<f64>() / each.len() as f64).exp();
        if mean > ratio.mean_max {
            found.push(slow(format!("geometric mean, {} to {}", ratio.of, ratio.to), mean, ratio.mean_max));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            ratio: vec![Ratio { of: "flin".into(), to: "lua".into(), mean_max: 1.5, each_max: 3.0 }],
            figure: Vec::new(),
        }
    }

    fn times(all: &[(&str, f64, f64)]) -> Times {
        let by = |flin, lua| BTreeMap::from([("flin".to_owned(), flin), ("lua".to_owned(), lua)]);
        all.iter().map(|(program, flin, lua)| ((*program).to_owned(), by(*flin, *lua))).collect()
    }

    #[test]
    fn limits_hold_at_their_bounds_and_not_above() {
        assert_eq!(regressions(&limits(), &times(&[("a", 3.0, 1.0), ("b", 0.75, 1.0)])), []);
        let each = regressions(&limits(), &times(&[("a", 3.01, 1.0), ("b", 0.5, 1.0)]));
        assert_eq!(each.len(), 1);
        assert!(each[0].what.starts_with("a, flin to lua"));
        let mean = regressions(&limits(), &times(&[("a", 1.6, 1.0)]));
        assert!(mean[0].what.starts_with("geometric mean"));
    }

    #[test]
    fn what_was_not_measured_is_not_compared() {
        assert_eq!(regressions(&limits(), &Times::new()), []);
    }

    #[test]
    fn a_run_without_one_of_both_is_found() {
        let mut times = times(&[("a", 1.0, 1.0)]);
        times.values_mut().for_each(|by| assert!(by.remove("lua").is_some()));
        assert_eq!(regressions(&limits(), &times)[0].now, "not measured");
    }

    #[test]
    fn the_committed_limits_can_be_read() {
        assert!(!super::limits(&crate::repository()).unwrap().ratio.is_empty());
    }
}
