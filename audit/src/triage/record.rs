//! `crash-corpus/<target>/<name>/`: an input that fails or once failed, and `record.toml`, which says all about it.
//!
//! A record without `fixed_in` is *open*: its input must still fail, as an open vector must.

use super::replay::Seen;
use crate::catalogue::{Catalogue, Claim};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is known about a case of the corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The day, as `2026-11-28`.
    #[serde(deserialize_with = "day")]
    pub found: String,
    /// The command, or the person.
    pub by: String,
    /// The fuzz target that replays it.
    pub target: String,
    /// How it failed, from the closed list of outcomes.
    pub outcome: String,
    /// What failures of the same cause share.
    pub fingerprint: String,
    /// `file:line` when it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Why it failed, once somebody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The vector that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// What speaks for that vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What mended it; none while it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_in: Option<String>,
}

/// People write days with and without quotes.
fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Datetime(day) => Ok(day.to_string()),
        other => Err(serde::de::Error::custom(format!("a day such as 2026-11-28, not {other}"))),
    }
}

impl Record {
    /// Must its input still fail?
    pub fn is_open(&self) -> bool {
        self.fixed_in.is_none()
    }
}

/// A folder of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `crash-corpus/<target>/<name>`.
    pub folder: PathBuf,
    /// Its record.
    pub record: Record,
}

impl Case {
    /// `target/name`.
    pub fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!("{}/{name}", self.record.target)
    }

    /// The input.
    pub fn input(&self) -> PathBuf {
        self.folder.join("input")
    }
}

/// Why the corpus could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A record that says something else than it may.
    #[error("{path}: {error}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: Box<toml::de::Error>,
    },
    /// A record in another target's folder, or with an outcome that there is not.
    #[error("{path}: {what}")]
    Inconsistent {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The corpus of the repository.
const FOLDER: &str = "crash-corpus";

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> RecordError + '_ {
    move |error| RecordError::File { path: path.to_owned(), error }
}

/// Every case, in the order of targets and names.
pub fn all(repository: &Path) -> Result<Vec<Case>, RecordError> {
    let mut cases = Vec::new();
    for target in folders(&repository.join(FOLDER))? {
        for folder in folders(&target)? {
            cases.push(read(folder, &target)?);
        }
    }
    Ok(cases)
}

fn read(folder: PathBuf, target: &Path) -> Result<Case, RecordError> {
    let path = folder.join("record.toml");
    let text = std::fs::read_to_string(&path).map_err(at(&path))?;
    let record: Record = toml::from_str(&text)
        .map_err(|error| RecordError::Parse { path: path.clone(), error: Box::new(error) })?;
    let wrong = |what: String| RecordError::Inconsistent { path: path.clone(), what };
    if target.file_name().is_none_or(|name| name != record.target.as_str()) {
        return Err(wrong(format!("a record of {} in another target's folder", record.target)));
    }
    if crate::harness::Outcome::ALL.iter().all(|outcome| outcome.name() != record.outcome) {
        return Err(wrong(format!("there is no outcome {}", record.outcome)));
    }
    Ok(Case { folder, record })
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, RecordError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        found.push(entry.map_err(at(folder))?.path());
    }
    found.retain(|path| path.is_dir());
    found.sort();
    Ok(found)
}

/// Writes a case.
pub fn write(
    repository: &Path,
    target: &str,
    name: &str,
    record: &Record,
    input: &[u8],
) -> Result<(), RecordError> {
    let folder = repository.join(FOLDER).join(target).join(name);
    std::fs::create_dir_all(&folder).map_err(at(&folder))?;
    let path = folder.join("record.toml");
    let text = toml::to_string(record).unwrap_or_default();
    std::fs::write(&path, text).map_err(at(&path))?;
    let path = folder.join("input");
    std::fs::write(&path, input).map_err(at(&path))
}

const NAME_WORDS: usize = 7;

/// A name that says what the case is and that no other case of the target has.
pub fn free_name(repository: &Path, target: &str, seen: &Seen) -> String {
    let said = match seen.fingerprint.split_once(".rs: ") {
        Some((file, message)) => {
            format!("{} {} {message}", seen.outcome.name(), file.rsplit('/').next().unwrap_or_default())
        }
        None => seen.fingerprint.clone(),
    };
    let name = slug(&said);
    let folder = repository.join(FOLDER).join(target);
    let taken = |name: &str| folder.join(name).exists();
    if !taken(&name) {
        return name;
    }
    let numbered = (2_u32..1_000).map(|n| format!("{name}-{n}")).find(|name| !taken(name));
    numbered.unwrap_or(name)
}

/// A few words as the name of a folder.
pub fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.take(NAME_WORDS).map(str::to_lowercase).collect();
    if words.is_empty() { "unnamed".to_owned() } else { words.join("-") }
}

/// What in the records contradicts the catalogue.
pub fn contradictions(cases: &[Case], catalogue: &Catalogue) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let Some(id) = &case.record.vector else {
            wrong.push(format!("{} belongs to no vector", case.name()));
            continue;
        };
        match catalogue.find(id) {
            None => wrong.push(format!("{} belongs to {id}, which is not in the catalogue", case.name())),
            Some(entry) if entry.vector.status == Claim::Open && !case.record.is_open() => {
                let others = cases
                    .iter()
                    .any(|other| other.record.is_open() && other.record.vector.as_ref() == Some(id));
                if !others && entry.vector.artifact.iter().any(|name| *name == case.name()) {
                    wrong.push(format!("{} is fixed, and {id} is still open", case.name()));
                }
            }
            Some(_) => {}
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_the_repository_is_sound() {
        let repository = crate::repository();
        let cases = all(&repository).unwrap();
        assert!(cases.len() >= 3);
        let catalogue = Catalogue::load(&repository).unwrap();
        assert_eq!(contradictions(&cases, &catalogue), Vec::<String>::new());
        for case in &cases {
            assert!(case.input().is_file(), "{}", case.name());
            assert!(crate::fuzz::Target::by_name(&case.record.target).is_some(), "{}", case.name());
        }
    }

    #[test]
    fn records_are_read_as_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record {
            found: "2026-11-28".into(),
            by: "audit fuzz source".into(),
            target: "source".into(),
            outcome: "panic".into(),
            fingerprint: "runtime/src/syntax/lexer.rs: no \"quotes\"".into(),
            place: Some("runtime/src/syntax/lexer.rs:7".into()),
            cause: None,
            vector: Some("T3-07".into()),
            because: None,
            fixed_in: None,
        };
        write(folder.path(), "source", "a-name", &record, b"x").unwrap();
        let cases = all(folder.path()).unwrap();
        assert_eq!((cases.len(), &cases[0].record, cases[0].name().as_str()), (1, &record, "source/a-name"));
        assert!(record.is_open());
    }

    #[test]
    fn misspelt_keys_and_unknown_outcomes_are_refused() {
        for (text, says) in [
            (
                "found = 2026-11-28\nby = 'a'\ntarget = 'source'\noutcome = 'panic'\nfingerprint = 'f'\ncuase = 'c'",
                "cuase",
            ),
            ("found = 2026-11-28\nby = 'a'\ntarget = 'source'\noutcome = 'boom'\nfingerprint = 'f'", "boom"),
            (
                "found = 2026-11-28\nby = 'a'\ntarget = 'view'\noutcome = 'panic'\nfingerprint = 'f'",
                "another target",
            ),
        ] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("crash-corpus/source/a");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("record.toml"), text).unwrap();
            let said = all(root.path()).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn a_case_of_no_vector_or_of_an_unknown_one_is_named() {
        let repository = crate::repository();
        let catalogue = Catalogue::load(&repository).unwrap();
        let mut cases = all(&repository).unwrap();
        cases.truncate(2);
        cases[0].record.vector = None;
        cases[1].record.vector = Some("X-00".to_owned());
        let wrong = contradictions(&cases, &catalogue);
        let none = format!("{} belongs to no vector", cases[0].name());
        let unknown = format!("{} belongs to X-00, which is not in the catalogue", cases[1].name());
        assert_eq!(wrong, [none, unknown]);
    }

    #[test]
    fn names_are_words() {
        assert_eq!(
            slug("panic list index out of bounds: the len is N"),
            "panic-list-index-out-of-bounds-the"
        );
        assert_eq!(slug("…"), "unnamed");
    }
}
