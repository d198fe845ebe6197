//! `reports/history.jsonl`: what varies. A line whenever the totals or the number of inputs change.

use super::ReportError;
use super::model::Totals;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The totals at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: u64,
    /// Inputs tried.
    pub inputs: u64,
    /// Milliseconds that the run took.
    pub took_ms: u64,
    /// The counts.
    pub totals: Totals,
}

const FILE: &str = "reports/history.jsonl";

/// All moments that can be read; a damaged line is left out.
pub fn read(repository: &Path) -> Vec<Moment> {
    let text = std::fs::read_to_string(repository.join(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Appends this run, unless it says what the last line says.
pub fn append(repository: &Path, totals: Totals, inputs: u64, took_ms: u64) -> Result<(), ReportError> {
    if read(repository).last().is_some_and(|last| last.totals == totals && last.inputs == inputs) {
        return Ok(());
    }
    let path = repository.join(FILE);
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut line = serde_json::to_string(&Moment { at, inputs, took_ms, totals })?;
    line.push('\n');
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(|error| ReportError::File { path, error })
}
