//! One input of a fuzz target, replayed in a child process under limits.

use super::fingerprint::{self, Frame};
use super::{TriageError, at};
use crate::cases::Runner;
use crate::fuzz::Target;
use crate::harness::{HarnessError, Limits, Observation, Outcome, verdict};
use std::path::Path;

/// What a single input may use. Wide: an oracle may compute for a while, and this is an unoptimised build.
pub const LIMITS: Limits =
    Limits { resident_mb: 2048, address_space_mb: 8192, descriptors: 256, cpu_s: 20, wall_s: 60 };

/// How an input failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// From the closed list.
    pub outcome: Outcome,
    /// What was said.
    pub message: String,
    /// `file:line` below the repository, where it is known.
    pub place: Option<String>,
    /// What failures of the same cause share.
    pub fingerprint: String,
    /// The innermost frames, where they are known.
    pub frames: Vec<Frame>,
}

impl Seen {
    /// Where the replay saw no frames, those of the fuzzer's own report are taken.
    #[must_use]
    pub fn with_log(mut self, log: Option<&str>) -> Self {
        if let Some(log) = log.filter(|_| self.frames.is_empty()) {
            self.frames = fingerprint::frames(log);
            if self.place.is_none() {
                self.fingerprint = fingerprint::of_frames(self.outcome.name(), &self.frames);
                self.place = self.frames.iter().find_map(|frame| frame.place.clone());
            }
        }
        self
    }
}

/// Replays bytes; none when they are harmless.
pub fn bytes(runner: &Runner, target: &Target, input: &[u8]) -> Result<Option<Seen>, TriageError> {
    let file = tempfile::NamedTempFile::new().map_err(at(Path::new("a temporary file")))?;
    std::fs::write(file.path(), input).map_err(at(file.path()))?;
    Ok(path(runner, target, file.path())?)
}

/// Replays a file; none when it is harmless.
pub fn path(runner: &Runner, target: &Target, input: &Path) -> Result<Option<Seen>, HarnessError> {
    let args = vec!["__replay".into(), target.name.into(), input.into()];
    let observed = runner.observe(target.name, args, LIMITS, true)?;
    let verdict = verdict::judge(target.name, &observed)?;
    if verdict.outcome == Outcome::Held {
        return Ok(None);
    }
    Ok(Some(seen(&observed, verdict.outcome, verdict.detail)))
}

fn seen(observed: &Observation, outcome: Outcome, detail: String) -> Seen {
    let frames = fingerprint::frames(&observed.stderr);
    let panics = &observed.facts.panics;
    if let (Outcome::Panic, Some((message, place))) = (outcome, panics.first()) {
        let ours = place.rsplit_once(':').and_then(|_| fingerprint::in_repository(place));
        return Seen {
            outcome: kind_of_panic(panics),
            message: message.clone(),
            place: ours.map(str::to_owned).or_else(|| frames.iter().find_map(|frame| frame.place.clone())),
            fingerprint: fingerprint::of_panic(place, message),
            frames,
        };
    }
    let fingerprint = fingerprint::of_frames(outcome.name(), &frames);
    Seen { outcome, message: detail, place: None, fingerprint, frames }
}

/// An oracle speaks by a panic of its own. Alone it says that a result is wrong, or that the machine trapped; behind
/// one of the runtime it says that a boundary caught that.
fn kind_of_panic(panics: &[(String, String)]) -> Outcome {
    let by_oracle = |(_, place): &(String, String)| place.starts_with("audit/") || place.contains("/audit/");
    match panics {
        [first, ..] if by_oracle(first) && first.0.contains("Bug(") => Outcome::ContainedPanic,
        [first, ..] if by_oracle(first) => Outcome::WrongResult,
        [_, rest @ ..] if rest.iter().any(by_oracle) => Outcome::ContainedPanic,
        _ => Outcome::Panic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(places: &[(&str, &str)]) -> Outcome {
        let panics: Vec<_> =
            places.iter().map(|(message, place)| ((*message).to_owned(), (*place).to_owned())).collect();
        kind_of_panic(&panics)
    }

    #[test]
    fn oracles_are_told_from_the_runtime() {
        assert_eq!(
            kind(&[("line 2 should be 3", "audit/src/fuzz/program_differential.rs:65")]),
            Outcome::WrongResult
        );
        assert_eq!(kind(&[("Bug(WrongShape)", "audit/src/fuzz/machine.rs:113")]), Outcome::ContainedPanic);
        let caught =
            [("overflow", "runtime/src/vm/arith.rs:1"), ("Panicked", "audit/src/fuzz/machine.rs:113")];
        assert_eq!(kind(&caught), Outcome::ContainedPanic);
        assert_eq!(kind(&[("overflow", "runtime/src/vm/arith.rs:1")]), Outcome::Panic);
    }
}
