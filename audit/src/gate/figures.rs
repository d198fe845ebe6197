//! What the benches of server and store last wrote beside their tables, against committed limits.
//!
//! Unlike criterion's output it is committed: these benches need a quiet machine, and are run where something on a request's
//! or a save's way was changed. So the gate judges what the page says, on any machine, and says whether the runtime has
//! changed since.

use super::Regression;
use super::performance::PerformanceError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// How far a figure may fall, or rise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Which bench, as `reports/figures.json` names it.
    pub bench: String,
    /// What it measured there.
    pub name: String,
    /// At least.
    #[serde(default)]
    pub min: Option<f64>,
    /// At most.
    #[serde(default)]
    pub max: Option<f64>,
}

/// What one bench measured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// The commit that was checked out.
    pub commit: String,
    /// By what it measured.
    pub ratios: BTreeMap<String, f64>,
}

/// All that was measured, by bench.
pub type Figures = BTreeMap<String, Bench>;

/// Benches that measured another runtime than the one here, or one that git does not know.
pub fn outrun<'f>(repository: &Path, figures: &'f Figures) -> Vec<&'f str> {
    let is_same = |bench: &Bench| {
        if bench.commit.starts_with('-') {
            return false;
        }
        let mut git = Command::new("git");
        git.args(["diff", "--quiet", &bench.commit, "--", "runtime/src", "runtime/Cargo.toml", "Cargo.lock"]);
        let status = git.current_dir(repository).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    figures.iter().filter(|(_, bench)| !is_same(bench)).map(|(name, _)| name.as_str()).collect()
}

/// Reads what was measured.
pub fn measured(repository: &Path) -> Result<Figures, PerformanceError> {
    let path = repository.join("reports/figures.json");
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| PerformanceError::File { path: path.clone(), error })?;
    serde_json::from_str(&text).map_err(|error| PerformanceError::Figures { path, error })
}

/// What makes a bench's figures.
fn command(bench: &str) -> String {
    match bench {
        "http" => {
            "cargo run --release --manifest-path bench/http/Cargo.toml --bin bench_http -- target/release/flin"
                .to_owned()
        }
        bench => format!("cargo run --release --manifest-path bench/Cargo.toml --bin {bench}"),
    }
}

/// Figures outside their limits, and those that were not measured.
pub fn regressions(limits: &[Figure], figures: &Figures) -> Vec<Regression> {
    let found = limits.iter().filter_map(|limit| {
        let now = figures.get(&limit.bench).and_then(|bench| bench.ratios.get(&limit.name)).copied();
        let holds =
            |now: f64| limit.min.is_none_or(|min| now >= min) && limit.max.is_none_or(|max| now <= max);
        if now.is_some_and(holds) {
            return None;
        }
        let bound = |word: &str, bound: Option<f64>| bound.map(|bound| format!("{word} {bound:.2}"));
        let was: Vec<String> =
            [bound("at least", limit.min), bound("at most", limit.max)].into_iter().flatten().collect();
        Some(Regression {
            what: format!("{}: {}", limit.bench, limit.name),
            was: was.join(", "),
            now: now.map_or_else(|| "not measured".to_owned(), |now| format!("{now:.2}")),
            show: command(&limit.bench),
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(min: Option<f64>, max: Option<f64>) -> [Figure; 1] {
        [Figure { bench: "store".into(), name: "finds".into(), min, max }]
    }

    fn now(limits: &[Figure], figure: f64) -> Option<String> {
        let bench = Bench { commit: String::new(), ratios: [("finds".to_owned(), figure)].into() };
        let figures = [("store".to_owned(), bench)].into();
        regressions(limits, &figures).pop().map(|found| format!("{} {}", found.was, found.now))
    }

    #[test]
    fn figures_hold_at_their_bounds_and_not_beyond() {
        let (least, most) = (limit(Some(2.0), None), limit(None, Some(3.0)));
        assert_eq!((now(&least, 2.0), now(&most, 3.0)), (None, None));
        assert_eq!(now(&least, 1.99).as_deref(), Some("at least 2.00 1.99"));
        assert_eq!(now(&most, 3.01).as_deref(), Some("at most 3.00 3.01"));
        assert!(now(&least, f64::NAN).is_some());
    }

    #[test]
    fn a_figure_that_nobody_measured_is_found() {
        let found = regressions(&limit(Some(2.0), None), &Figures::new());
        assert_eq!((found.len(), found[0].now.as_str()), (1, "not measured"));
    }

    #[test]
    fn figures_of_another_runtime_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]);
            let output = git.args(arguments).current_dir(folder.path()).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let commit = |file: &str, text: &str| {
            std::fs::write(folder.path().join(file), text).unwrap();
            git(&["add", "."]);
            git(&["commit", "-q", "-m", text]);
            git(&["rev-parse", "--short=12", "HEAD"])
        };
        std::fs::create_dir_all(folder.path().join("runtime/src")).unwrap();
        git(&["init", "-q"]);
        let old = commit("runtime/src/lib.rs", "one");
        let before_a_page = commit("runtime/src/lib.rs", "two");
        let now = commit("page.md", "three");
        // What is no commit is unknown, and no option of git's.
        let figures =
            [("a", &*old), ("b", &*before_a_page), ("c", &*now), ("d", "none"), ("e", ""), ("f", "--stat")];
        let bench = |commit: &str| Bench { commit: commit.to_owned(), ratios: BTreeMap::new() };
        let figures: Figures = figures.map(|(name, commit)| (name.to_owned(), bench(commit))).into();
        assert_eq!(outrun(folder.path(), &figures), ["a", "d", "e", "f"]);
    }

    #[test]
    fn what_was_committed_keeps_its_limits() {
        let repository = crate::repository();
        let limits = super::super::performance::limits(&repository).unwrap().figure;
        assert!(limits.len() >= 5 && limits.iter().all(|limit| limit.min.is_some() || limit.max.is_some()));
        assert_eq!(regressions(&limits, &measured(&repository).unwrap()), []);
    }
}
