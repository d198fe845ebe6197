//! `reports/proof.json`: what each knock-out showed, without clock, path or number of this machine.

use super::ProofError;
use crate::catalogue::{By, Vector};
use crate::harness::{Outcome, Verdict};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How far a vector is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Each guard's removal showed what the vector claims.
    Proved,
    /// It was, and something that it rests on has changed since.
    Stale,
    /// A guard's removal made no difference.
    NotLoadBearing,
    /// Nothing was shown.
    None,
}

impl State {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Stale => "stale",
            Self::NotLoadBearing => "not-load-bearing",
            Self::None => "none",
        }
    }
}

const COUNTER_MODEL: &str = "counter-model ";

/// One run without something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What was taken away.
    pub off: Vec<String>,
    /// What was seen.
    pub outcome: Outcome,
}

impl Row {
    /// What was seen without these.
    pub fn new(off: &[String], seen: &Verdict) -> Self {
        Self { off: off.to_vec(), outcome: seen.outcome }
    }

    /// The same, of a counter-model: nothing was taken away, but the design that does without was run.
    pub fn of_counter_model(name: &str, seen: &Verdict) -> Self {
        Self { off: vec![format!("{COUNTER_MODEL}{name}")], outcome: seen.outcome }
    }

    /// Is it one?
    pub fn is_counter_model(&self) -> bool {
        self.off.iter().any(|name| name.starts_with(COUNTER_MODEL))
    }
}

/// What is known about one vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The vector.
    pub id: String,
    /// How far it is proved.
    pub state: State,
    /// How its guards are taken away.
    pub by: Option<By>,
    /// What is seen without them, with nothing else in the way.
    pub outcome: Option<Outcome>,
    /// The second line of defence, which had to be taken away as well.
    pub contained_by: Option<String>,
    /// Why it is not proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With the guards on.
    pub with: Outcome,
    /// Inputs tried with the guards on.
    pub inputs: u64,
    /// Each run without something.
    pub matrix: Vec<Row>,
    /// Over all that the proof rests on.
    pub hash: String,
}

impl Proof {
    /// Nothing shown yet.
    pub fn begun(vector: &Vector, with: &Verdict, hash: String) -> Self {
        let without = vector.without.as_ref();
        Self {
            id: vector.id.clone(),
            state: State::None,
            by: without.map(|without| without.by),
            outcome: None,
            contained_by: None,
            reason: None,
            with: with.outcome,
            inputs: with.inputs,
            matrix: Vec::new(),
            hash,
        }
    }

    /// A removal showed what was claimed; one that showed less, before or after, still decides.
    pub fn bites(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(Some(outcome));
        if self.reason.is_none() {
            self.state = State::Proved;
        }
    }

    /// A removal made no difference.
    pub fn not_load_bearing(&mut self, reason: String) {
        if self.reason.is_none() {
            self.state = State::NotLoadBearing;
            self.reason = Some(reason);
        }
    }

    /// Something else than the claim was seen.
    pub fn fails(&mut self, reason: String) {
        self.state = State::None;
        self.reason = Some(reason);
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// In the order of the catalogue.
    pub proofs: Vec<Proof>,
}

impl Proofs {
    /// Reads the file; none yet is an empty one.
    pub fn load(path: &Path) -> Result<Self, ProofError> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| ProofError::Parse { path: path.to_owned(), error }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ProofError::Read { path: path.to_owned(), error }),
        }
    }

    /// Writes the file.
    pub fn save(&self, path: &Path) -> Result<(), ProofError> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        std::fs::write(path, text).map_err(|error| ProofError::Write { path: path.to_owned(), error })
    }

    /// The proof of that vector.
    pub fn find(&self, id: &str) -> Option<&Proof> {
        self.proofs.iter().find(|proof| proof.id == id)
    }

    /// Puts these in place of older ones, in the order of `ids`, and drops what is not among `ids`.
    pub fn renew(&mut self, new: Vec<Proof>, ids: &[&str]) {
        let old = std::mem::take(&mut self.proofs);
        let mut all: Vec<Proof> = new;
        let kept: Vec<Proof> = old.into_iter().filter(|old| all.iter().all(|new| new.id != old.id)).collect();
        all.extend(kept);
        all.retain(|proof| ids.contains(&proof.id.as_str()));
        all.sort_by_key(|proof| ids.iter().position(|id| *id == proof.id));
        self.proofs = all;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(id: &str, hash: &str) -> Proof {
        Proof {
            id: id.into(),
            state: State::Proved,
            by: Some(By::Check),
            outcome: Some(Outcome::Panic),
            contained_by: None,
            reason: None,
            with: Outcome::Held,
            inputs: 1,
            matrix: Vec::new(),
            hash: hash.into(),
        }
    }

    #[test]
    fn renewed_proofs_replace_and_keep_the_catalogues_order() {
        let mut proofs = Proofs { proofs: vec![proof("A", "1"), proof("C", "1"), proof("gone", "1")] };
        proofs.renew(vec![proof("B", "2"), proof("A", "2")], &["A", "B", "C"]);
        let seen: Vec<_> = proofs.proofs.iter().map(|p| (p.id.as_str(), p.hash.as_str())).collect();
        assert_eq!(seen, [("A", "2"), ("B", "2"), ("C", "1")]);
    }

    #[test]
    fn one_guard_that_nothing_misses_keeps_the_vector_unproved() {
        let mut proof = proof("A", "1");
        proof.not_load_bearing("nothing changes".into());
        proof.bites(Outcome::Panic);
        assert_eq!(proof.state, State::NotLoadBearing);
    }
}
