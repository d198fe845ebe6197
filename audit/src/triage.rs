//! From a fuzzer's artifact to a filed case: replayed, minimised, classified, named, and put where `cargo test` finds it.
//!
//! Invariants: an input is judged by replaying it in a child process, never by what a fuzzer said about it; what is filed
//! fails as the artifact did, after it was made smaller; filing the same artifact again changes nothing.

pub mod artifact;
pub mod attribute;
pub mod draft;
pub mod fingerprint;
pub mod record;
pub mod reduce;
pub mod replay;

use crate::cases::Runner;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::fuzz::Target;
use crate::harness::HarnessError;
use record::{Record, RecordError};
use replay::Seen;
use std::path::{Path, PathBuf};

/// Why an artifact could not be filed.
#[derive(Debug, thiserror::Error)]
pub enum TriageError {
    /// No child could be run.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// The catalogue is damaged.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A record of the corpus is damaged.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The name does not say what the file is for.
    #[error("{path}: its path names no fuzz target; say which with --target")]
    NoTarget {
        /// The artifact.
        path: PathBuf,
    },
}

/// Says which file an error of the system is about.
pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> TriageError + '_ {
    move |error| TriageError::File { path: path.to_owned(), error }
}

/// What became of one artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It does not fail, or not any more.
    Harmless,
    /// The same failure is in the corpus already, in this folder.
    Twin {
        /// `target/name`.
        case: String,
        /// Its vector, where it has one.
        vector: Option<String>,
        /// Was it mended, and has come back?
        came_back: bool,
    },
    /// It is in the corpus now, in this folder.
    New {
        /// `target/name`.
        case: String,
        /// The vector that it belongs to, or the one drafted for it.
        vector: String,
        /// What speaks for it; none for a drafted one.
        because: Option<String>,
        /// What it does.
        seen: Box<Seen>,
        /// Bytes before and after.
        bytes: (usize, usize),
    },
}

/// What a person said about the artifacts.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who or what found them.
    pub by: String,
    /// The day, as `2026-11-28`.
    pub day: jiff::civil::Date,
    /// Most candidates that the reduction tries.
    pub tries_max: usize,
    /// What the fuzzer said, for failures whose place a replay cannot see.
    pub log: Option<String>,
}

/// Files one artifact of a target.
pub fn file(
    repository: &Path,
    runner: &Runner,
    target: &'static Target,
    input: Vec<u8>,
    context: &Context,
) -> Result<Filed, TriageError> {
    let seen = replay::bytes(runner, target, &input)?;
    let Some(seen) = seen.map(|seen| seen.with_log(context.log.as_deref())) else {
        return Ok(Filed::Harmless);
    };
    if let Some(filed) = twin(repository, target, &seen)? {
        return Ok(filed);
    }
    let before = input.len();
    let same = |candidate: &[u8]| -> Result<bool, TriageError> {
        let again = replay::bytes(runner, target, candidate)?;
        Ok(again.is_some_and(|again| again.with_log(context.log.as_deref()).fingerprint == seen.fingerprint))
    };
    let input = artifact::shrink(repository, target, input, &same)?;
    let input = reduce::reduce(input, context.tries_max, same)?;
    let catalogue = Catalogue::load(repository)?;
    let name = record::free_name(repository, target.name, &seen);
    let case = format!("{}/{name}", target.name);
    let known = attribute::vector_of(repository, runner, &catalogue, target, &seen)?;
    let (vector, because) = match known {
        Some(known) => (known.vector, Some(known.because)),
        None => (draft::next_id(&catalogue), None),
    };
    let record = Record {
        found: context.day.to_string(),
        by: context.by.clone(),
        target: target.name.to_owned(),
        outcome: seen.outcome.name().to_owned(),
        fingerprint: seen.fingerprint.clone(),
        place: seen.place.clone(),
        cause: None,
        vector: Some(vector.clone()),
        because: because.clone(),
        fixed_in: None,
    };
    record::write(repository, target.name, &name, &record, &input)?;
    if because.is_none() {
        draft::write(repository, &vector, &case, target, &seen)?;
    }
    let bytes = (before, input.len());
    Ok(Filed::New { case, vector, because, seen: Box::new(seen), bytes })
}

/// The case of the corpus that fails in the same way.
fn twin(repository: &Path, target: &Target, seen: &Seen) -> Result<Option<Filed>, TriageError> {
    let known = record::all(repository)?;
    let twin = known.into_iter().find(|case| {
        let record = &case.record;
        record.target == target.name
            && record.outcome == seen.outcome.name()
            && record.fingerprint == seen.fingerprint
    });
    Ok(twin.map(|case| Filed::Twin {
        case: case.name(),
        came_back: !case.record.is_open(),
        vector: case.record.vector,
    }))
}
