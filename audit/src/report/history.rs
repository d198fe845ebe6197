//! `reports/history.jsonl`: what varies. A line whenever the totals or the commit change, and one for each fuzz target and
//! commit: the ledger of what fuzzing was done.

use super::ReportError;
use super::model::Totals;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The totals at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: u64,
    /// The commit that was checked out; lines from before it was kept have none.
    #[serde(default)]
    pub commit: String,
    /// Inputs tried.
    pub inputs: u64,
    /// Milliseconds that the run took.
    pub took_ms: u64,
    /// The counts.
    pub totals: Totals,
}

/// What was fuzzed at one commit: sums over all campaigns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fuzzed {
    /// Seconds since 1970, of the last campaign.
    pub at: u64,
    /// The commit.
    pub commit: String,
    /// The target.
    pub target: String,
    /// Executions.
    pub executions: u64,
    /// On the clock.
    pub seconds: u64,
    /// Edges seen, at most.
    pub edges: u64,
    /// Inputs in the corpus, at most.
    pub corpus: u64,
    /// What failed.
    pub findings: u64,
}

const FILE: &str = "reports/history.jsonl";

/// All moments that can be read; a damaged line is left out.
pub fn read(repository: &Path) -> Vec<Moment> {
    let text = std::fs::read_to_string(repository.join(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The ledger, in the order of the file.
pub fn ledger(repository: &Path) -> Vec<Fuzzed> {
    let text = std::fs::read_to_string(repository.join(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Adds a campaign to the ledger: to the line of its commit and target, where there is one.
pub fn add_fuzzed(repository: &Path, fuzzed: &Fuzzed) -> Result<(), ReportError> {
    let path = repository.join(FILE);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let text = with_fuzzed(&text, fuzzed)?;
    std::fs::write(&path, text).map_err(|error| ReportError::File { path, error })
}

fn with_fuzzed(text: &str, fuzzed: &Fuzzed) -> Result<String, ReportError> {
    let mut sum = fuzzed.clone();
    let mut lines = Vec::new();
    for line in text.lines() {
        match serde_json::from_str::<Fuzzed>(line) {
            Ok(known) if known.commit == sum.commit && known.target == sum.target => {
                sum.executions += known.executions;
                sum.seconds += known.seconds;
                sum.edges = sum.edges.max(known.edges);
                sum.corpus = sum.corpus.max(known.corpus);
                sum.findings += known.findings;
            }
            Ok(_) | Err(_) => lines.push(line.to_owned()),
        }
    }
    lines.push(serde_json::to_string(&sum)?);
    Ok(lines.join("\n") + "\n")
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The commit that is checked out, short; empty outside of a repository.
pub fn commit(repository: &Path) -> String {
    let asked =
        Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).current_dir(repository).output();
    asked.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
}

/// Appends this run, unless the last line says the same of the same commit; how many inputs there are depends on timing.
pub fn append(repository: &Path, totals: Totals, inputs: u64, took_ms: u64) -> Result<(), ReportError> {
    let now = Moment { at: now(), commit: commit(repository), inputs, took_ms, totals };
    if read(repository).last().is_some_and(|last| last.totals == totals && last.commit == now.commit) {
        return Ok(());
    }
    let path = repository.join(FILE);
    let mut line = serde_json::to_string(&now)?;
    line.push('\n');
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(|error| ReportError::File { path, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_says_what_the_last_one_said_adds_no_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("reports")).unwrap();
        let mut totals = Totals {
            vectors: 2,
            fixed: 1,
            open: 0,
            not_encoded: 0,
            regressed: 1,
            proved: 1,
            found_since: 0,
            found_since_fixed: 0,
        };
        let lines = |totals, inputs| {
            append(folder.path(), totals, inputs, 3).unwrap();
            read(folder.path()).len()
        };
        assert_eq!((lines(totals, 10), lines(totals, 11)), (1, 1));
        totals.fixed = 2;
        assert_eq!(lines(totals, 11), 2);
        let path = folder.path().join(FILE);
        let other = std::fs::read_to_string(&path).unwrap().replace("\"commit\":\"\"", "\"commit\":\"a\"");
        std::fs::write(&path, other).unwrap();
        assert_eq!((lines(totals, 11), read(folder.path()).len()), (3, 3));
    }

    #[test]
    fn campaigns_of_one_commit_add_up_and_other_lines_stay() {
        let fuzzed = |commit: &str, executions| Fuzzed {
            at: 1,
            commit: commit.into(),
            target: "source".into(),
            executions,
            seconds: 2,
            edges: 30,
            corpus: 4,
            findings: 0,
        };
        let moment = "{\"at\":1,\"inputs\":2}";
        let text = with_fuzzed(moment, &fuzzed("a", 10)).unwrap();
        let text = with_fuzzed(&text, &fuzzed("b", 5)).unwrap();
        let text = with_fuzzed(&text, &fuzzed("a", 7)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, moment));
        let sum: Fuzzed = serde_json::from_str(lines[2]).unwrap();
        assert_eq!((sum.executions, sum.seconds, sum.edges), (17, 4, 30));
    }
}
