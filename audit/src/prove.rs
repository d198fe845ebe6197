//! Proof by knock-out: a vector that has never bitten is decoration.
//!
//! Every guard of a vector is switched off, alone, and the failure that the vector claims must be seen; with the guard
//! on, the case must hold. Where a second line of defence contains the failure, the guard alone must still make a
//! difference, and both together must show the claim. What nothing that is switched off can show, a counter-model does:
//! it crashes under the same stimulus.

pub mod counter_models;
pub mod hash;
pub mod record;

use crate::cases::Runner;
use crate::catalogue::vector::Without;
use crate::catalogue::{By, Entry, Vector};
use crate::harness::{HarnessError, Outcome, Size, Verdict};
use record::{Proof, Row, State};

/// Why there is no proof to speak of.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// A case could not be run.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// A file that the proof covers could not be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// `reports/proof.json` could not be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// `reports/proof.json` is malformed.
    #[error("{path}: {error}")]
    Parse {
        /// Which.
        path: std::path::PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
}

/// Proves one vector: guards on, then off.
pub fn prove(runner: &Runner, entry: &Entry, size: Size, hash: String) -> Result<Proof, ProofError> {
    let vector = &entry.vector;
    let with = runner.run(entry, size, &[])?;
    let mut proof = Proof::begun(vector, &with, hash);
    let Some(without) = &vector.without else {
        return Ok(proof);
    };
    match without.by {
        By::Absent => {}
        By::Check | By::Naive => by_switches(runner, entry, without, &mut proof)?,
    }
    if let Some(name) = &without.counter_model {
        by_absence(runner, vector, (name, without), &mut proof)?;
    }
    if with.outcome != Outcome::Held {
        proof.fails(format!("with the guard: {}: {}", with.outcome, with.detail));
    }
    Ok(proof)
}

fn by_absence(
    runner: &Runner,
    vector: &Vector,
    (name, without): (&str, &Without),
    proof: &mut Proof,
) -> Result<(), ProofError> {
    let seen = runner.run_counter_model(name, vector.limits)?;
    proof.matrix.push(Row::of_counter_model(name, &seen));
    conclude(without, &seen, proof);
    Ok(())
}

fn by_switches(
    runner: &Runner,
    entry: &Entry,
    without: &Without,
    proof: &mut Proof,
) -> Result<(), ProofError> {
    for guard in &entry.vector.guards {
        let off = [guard.clone()];
        let mut seen = knock_out(runner, entry, &off, proof)?;
        if seen.outcome == Outcome::Held {
            let reason = without.not_load_bearing.clone();
            proof.not_load_bearing(reason.unwrap_or_else(|| format!("nothing changes without {guard}")));
            continue;
        }
        // What the guard alone lets through may be stopped by a second line; without both the claim shows.
        if let Some(second) =
            without.contained_by.as_ref().filter(|_| !without.outcome.contains(&seen.outcome))
        {
            seen = knock_out(runner, entry, &[guard.clone(), second.clone()], proof)?;
            proof.contained_by = Some(second.clone());
        }
        conclude(without, &seen, proof);
    }
    Ok(())
}

fn knock_out(
    runner: &Runner,
    entry: &Entry,
    off: &[String],
    proof: &mut Proof,
) -> Result<Verdict, ProofError> {
    let seen = runner.run(entry, Size::Quick, off)?;
    proof.matrix.push(Row::new(off, &seen));
    Ok(seen)
}

fn conclude(without: &Without, seen: &Verdict, proof: &mut Proof) {
    if without.outcome.contains(&seen.outcome) {
        proof.bites(seen.outcome);
    } else {
        let claimed: Vec<_> = without.outcome.iter().map(|outcome| outcome.name()).collect();
        proof.fails(format!("claimed {}, seen {}: {}", claimed.join(" or "), seen.outcome, seen.detail));
    }
}

/// A row's state as a report shows it: a proof of something that has changed since is stale.
pub fn state_now(stored: Option<&Proof>, hash: &str) -> State {
    match stored {
        None => State::None,
        Some(proof) if proof.hash != hash && proof.state != State::None => State::Stale,
        Some(proof) => proof.state,
    }
}
