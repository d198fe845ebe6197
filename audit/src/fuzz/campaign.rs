//! One target, fuzzed within a budget: libFuzzer runs as a child, its lines are read while it runs, and it is started
//! again behind each finding while there is time.

use super::Target;
use super::programs::{Programs, target_folder};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A fuzzed program that takes more memory is ended.
const MEMORY_MB_MAX: u64 = 4096;
/// A target that fails so often has one cause that hides the others.
const FINDINGS_MAX: usize = 5;
/// What a fuzzer said last is enough to place a failure.
const LOG_LINES_MAX: usize = 400;

/// How far a fuzzer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Executions.
    pub executions: u64,
    /// Edges of the control flow that were seen.
    pub edges: u64,
    /// Inputs in the corpus.
    pub corpus: u64,
    /// Executions a second.
    pub rate: u64,
}

/// What a target is given.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// On the clock.
    pub total: Duration,
    /// An input that takes longer hangs.
    pub per_input: Duration,
    /// The first choice of the random numbers; 0 draws one.
    pub seed: u32,
}

/// An input that failed.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// It.
    pub input: Vec<u8>,
    /// What the fuzzer said.
    pub log: String,
    /// Since the campaign of its target began.
    pub after: Duration,
}

/// What came of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Campaign {
    /// Sums over all runs, the most edges and the largest corpus.
    pub progress: Progress,
    /// On the clock.
    pub took: Duration,
    /// What failed.
    pub artifacts: Vec<Artifact>,
    /// Why it ended early, if it could not run.
    pub broken: Option<String>,
}

/// Where inputs that a target found lie between campaigns.
pub fn found_folder(repository: &Path, target: &str) -> PathBuf {
    target_folder(repository).join("fuzz-found").join(target)
}

/// Fuzzes one target until the budget is used up.
pub fn run(
    repository: &Path,
    programs: &Programs,
    target: &Target,
    budget: Budget,
    mut show: impl FnMut(Progress, usize),
) -> io::Result<Campaign> {
    let began = Instant::now();
    let mut campaign = Campaign::default();
    let found = found_folder(repository, target.name);
    std::fs::create_dir_all(&found)?;
    while let Some(left) = budget.total.checked_sub(began.elapsed()).filter(|left| left.as_secs() > 0) {
        let before = campaign.progress.executions;
        let scratch = tempfile::tempdir()?;
        let mut command = command(repository, programs, target, &found)?;
        command.arg(format!("-max_total_time={}", left.as_secs()));
        command.arg(format!("-timeout={}", budget.per_input.as_secs().max(1)));
        if budget.seed != 0 {
            command.arg(format!("-seed={}", budget.seed));
        }
        command.arg(format!("-artifact_prefix={}/", scratch.path().display()));
        let mut child = command.spawn()?;
        let mut log = Vec::new();
        for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
            let Ok(line) = line else { continue };
            if let Some(seen) = progress(&line) {
                campaign.progress.executions = before + seen.executions;
                campaign.progress.edges = campaign.progress.edges.max(seen.edges);
                campaign.progress.corpus = campaign.progress.corpus.max(seen.corpus);
                campaign.progress.rate = seen.rate;
                show(campaign.progress, campaign.artifacts.len());
            } else {
                log.push(line);
                if log.len() > LOG_LINES_MAX {
                    log.remove(0);
                }
            }
        }
        let status = child.wait()?;
        let Some(input) = artifact(scratch.path())? else {
            if !status.success() {
                campaign.broken = Some(log.last().cloned().unwrap_or_else(|| status.to_string()));
            }
            break;
        };
        campaign.artifacts.push(Artifact { input, log: log.join("\n"), after: began.elapsed() });
        show(campaign.progress, campaign.artifacts.len());
        if campaign.artifacts.len() >= FINDINGS_MAX {
            break;
        }
    }
    campaign.took = began.elapsed();
    campaign.progress.rate = campaign.progress.executions / campaign.took.as_secs().max(1);
    Ok(campaign)
}

/// A target's program with its seeds and tokens, which every search begins with. What is new goes to `found`: the committed
/// corpus stays as it is.
pub(super) fn search(
    repository: &Path,
    programs: &Programs,
    target: &Target,
    found: &Path,
) -> io::Result<Command> {
    let mut command = Command::new(programs.program(target.name)?);
    command.arg(found).arg(repository.join("fuzz/corpus").join(target.name));
    let dictionary = repository.join("fuzz/dictionaries").join(format!("{}.dict", target.name));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    Ok(command)
}

fn command(repository: &Path, programs: &Programs, target: &Target, found: &Path) -> io::Result<Command> {
    let mut command = search(repository, programs, target, found)?;
    command.arg(format!("-max_len={}", target.input_bytes_max));
    // The entropic schedule weighs each rare feature of each input: of a compiler and a machine there are so many that it
    // takes two thirds of the time.
    command.arg("-entropic=0");
    command.arg(format!("-rss_limit_mb={MEMORY_MB_MAX}")).arg("-print_final_stats=1");
    command.env("RUST_BACKTRACE", "full").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Ok(command)
}

fn artifact(folder: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read_dir(folder)?.next() {
        Some(entry) => Ok(Some(std::fs::read(entry?.path())?)),
        None => Ok(None),
    }
}

/// Reads a status line such as `#1234  NEW    cov: 56 ft: 78 corp: 9/120b lim: 64 exec/s: 1000 rss: 50Mb`.
fn progress(line: &str) -> Option<Progress> {
    let mut words = line.strip_prefix('#')?.split_whitespace();
    let executions = words.next()?.parse().ok()?;
    let mut progress = Progress { executions, ..Progress::default() };
    let mut known = false;
    while let Some(word) = words.next() {
        let mut number = || words.next()?.split('/').next()?.parse().ok();
        match word {
            "cov:" => {
                progress.edges = number()?;
                known = true;
            }
            "corp:" => progress.corpus = number()?,
            "exec/s:" => progress.rate = number()?,
            _ => {}
        }
    }
    known.then_some(progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_read_and_others_are_not() {
        let line = "#32768\tpulse  cov: 345 ft: 678 corp: 12/345b lim: 64 exec/s: 1234 rss: 56Mb";
        assert_eq!(progress(line), Some(Progress { executions: 32768, edges: 345, corpus: 12, rate: 1234 }));
        for other in ["#0 0x55d0 in main", "INFO: Seed: 1", "", "#12 READ units: 7"] {
            assert_eq!(progress(other), None, "{other}");
        }
    }
}
