//! The inputs that each fuzz target has in the repository, and their replay in child processes: seeds and mended crashes
//! must be harmless, an open crash must still crash.

use crate::cases::Runner;
use crate::fuzz::Target;
use crate::harness::{HarnessError, Limits, verdict};
pub use crate::triage::record;
use crate::triage::record::{Case, RecordError};
use crate::triage::replay;
use std::path::{Path, PathBuf};

/// Limits of a whole corpus in one child, in an unoptimised build.
pub const LIMITS: Limits =
    Limits { resident_mb: 4096, address_space_mb: 16384, descriptors: 256, cpu_s: 900, wall_s: 1800 };

/// Why a corpus could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// No child could be run.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A folder could not be read.
    #[error("{path}: {error}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
}

/// What a replay showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Inputs that ran.
    pub inputs: usize,
    /// Cases that are open and fail, as they must.
    pub open: Vec<String>,
    /// Each input that did what it must not, and what that was.
    pub wrong: Vec<(String, String)>,
}

/// The seeds of a target, in order.
pub fn seeds(repository: &Path, target: &str) -> Result<Vec<PathBuf>, CorpusError> {
    let folder = repository.join("fuzz/corpus").join(target);
    let at = |error| CorpusError::Folder { path: folder.clone(), error };
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(at)? {
        seeds.push(entry.map_err(at)?.path());
    }
    seeds.sort();
    Ok(seeds)
}

/// The cases of a target in `crash-corpus`.
pub fn cases(repository: &Path, target: &str) -> Result<Vec<Case>, RecordError> {
    Ok(record::all(repository)?.into_iter().filter(|case| case.record.target == target).collect())
}

/// Replays everything of one target.
pub fn replay(repository: &Path, runner: &Runner, target: &'static Target) -> Result<Replayed, CorpusError> {
    let (open, mended): (Vec<Case>, Vec<Case>) =
        cases(repository, target.name)?.into_iter().partition(|case| case.record.is_open());
    let mut inputs = seeds(repository, target.name)?;
    inputs.extend(mended.iter().map(Case::input));
    let mut replayed = Replayed { inputs: inputs.len() + open.len(), ..Replayed::default() };
    harmless(repository, runner, target, &inputs, &mut replayed)?;
    for case in &open {
        must_fail(runner, target, case, &mut replayed)?;
    }
    Ok(replayed)
}

/// All in one child; behind an input that ended it, another child goes on.
fn harmless(
    repository: &Path,
    runner: &Runner,
    target: &Target,
    mut inputs: &[PathBuf],
    replayed: &mut Replayed,
) -> Result<(), CorpusError> {
    while !inputs.is_empty() {
        let mut args = vec!["__replay".into(), target.name.into()];
        args.extend(inputs.iter().map(|path| path.clone().into_os_string()));
        let observed = runner.observe(target.name, args, LIMITS, false)?;
        let verdict = verdict::judge(target.name, &observed)?;
        if verdict.outcome == crate::harness::Outcome::Held {
            return Ok(());
        }
        let tried = observed.facts.trying.as_deref().unwrap_or_default();
        let at = inputs.iter().position(|path| path.display().to_string() == tried).unwrap_or(0);
        let name =
            inputs.get(at).map(|path| path.strip_prefix(repository).unwrap_or(path).display().to_string());
        // The first panic is the cause; one of an oracle behind it only says that something caught it.
        let detail = match observed.facts.panics.first() {
            Some((message, place)) => format!("{} at {place}", message.lines().next().unwrap_or_default()),
            None => verdict.detail.replace(&format!(" during: {tried}"), ""),
        };
        replayed.wrong.push((name.unwrap_or_default(), format!("{}: {detail}", verdict.outcome)));
        inputs = inputs.get(at + 1..).unwrap_or_default();
    }
    Ok(())
}

/// Replays one case of the corpus, which must do what its record says.
pub fn replay_case(runner: &Runner, target: &'static Target, case: &Case) -> Result<Replayed, CorpusError> {
    let mut replayed = Replayed { inputs: 1, ..Replayed::default() };
    if case.record.is_open() {
        must_fail(runner, target, case, &mut replayed)?;
    } else if let Some(seen) = replay::path(runner, target, &case.input())? {
        replayed.wrong.push((case.name(), format!("{}: {}", seen.outcome, seen.message)));
    }
    Ok(replayed)
}

fn must_fail(
    runner: &Runner,
    target: &'static Target,
    case: &Case,
    replayed: &mut Replayed,
) -> Result<(), CorpusError> {
    if replay::path(runner, target, &case.input())?.is_some() {
        replayed.open.push(case.name());
    } else {
        let says = "no longer fails: say in its record.toml what it was `fixed_in`".to_owned();
        replayed.wrong.push((case.name(), says));
    }
    Ok(())
}
