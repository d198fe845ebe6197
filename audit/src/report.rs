//! One model of where everything stands, and renderers that compute nothing.
//!
//! Invariant: what is committed (`latest.json`, `latest.md`) holds no clock, duration, absolute path or number of the
//! machine that made it. What varies goes to `history.jsonl`.

pub mod badge;
pub mod coverage;
pub mod history;
pub mod junit;
pub mod model;
pub mod readme;
pub mod render;
pub mod sarif;
pub mod severity;
pub mod strength;
pub mod surface;

use crate::cases::Status;
use crate::catalogue::{Catalogue, Claim, Entry, Tier, Vector};
use crate::full::FullRuns;
use crate::fuzz::finders::Finders;
use crate::guards;
use crate::harness::{Outcome, Verdict};
use crate::prove::ProofError;
use crate::prove::hash::Hasher;
use crate::prove::record::{Proofs, State};
use crate::prove::state_now;
use model::{
    Canary, FullSize, Guard, Guarded, Knockout, Latest, Marks, Page, Row, TierOf, TierSum, Totals, VectorPage,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A template is wrong.
    #[error("cannot render: {0}")]
    Template(#[from] minijinja::Error),
    /// The proofs could not be read.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The model could not be written as JUnit XML.
    #[error("cannot write XML: {0}")]
    Xml(#[from] quick_junit::SerializeError),
    /// The model could not be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Makes the model: the catalogue, what its cases just showed (none where there is no case), and what is stored.
pub fn page(repository: &Path, catalogue: &Catalogue, ran: &[Option<Verdict>]) -> Result<Page, ReportError> {
    let proofs = Proofs::load(&repository.join("reports/proof.json"))?;
    let full_runs = FullRuns::load(repository)?;
    let hasher = Hasher::new(repository)?;
    let coverage = coverage::Coverage::read(repository);
    let binary = crate::surface::Surface::load(repository).ok().flatten().unwrap_or_default();
    let finders = Finders::read(repository);
    let mut fuzzing = strength::Fuzzing::read(repository);
    let mut pages = Vec::new();
    let mut canary = Canary { held: true, outcome: "did not run".to_owned() };
    for (entry, verdict) in catalogue.entries.iter().zip(ran) {
        if entry.vector.tier == Tier::Canary {
            if let Some(verdict) = verdict {
                let held = verdict.outcome == Outcome::Held;
                canary = Canary { held, outcome: verdict.outcome.name().to_owned() };
            }
            continue;
        }
        let (vector, hash) = (&entry.vector, hasher.of(entry)?);
        let (guards, fuzz_targets) = (guards_of(vector), finders.of(vector));
        // Several guards of a module are one module.
        let modules: BTreeSet<&str> = guards.iter().map(|guard| guard.module.as_str()).collect();
        let proof = proofs.find(&vector.id).filter(|_| vector.is_encoded());
        let full = full_runs.find(&vector.id);
        let evidence = strength::Evidence {
            vector,
            quick: verdict.as_ref().filter(|it| it.outcome == Outcome::Held).map(|it| it.inputs),
            full: full.map(|run| FullSize { inputs: run.inputs, stale: run.hash != hash }),
            proof: proof.map(|proof| (proof, state_now(Some(proof), &hash))),
            tests: coverage.tests_of(&vector.id),
            properties: modules.iter().map(|module| coverage::property_tests(repository, module)).sum(),
            executions: fuzzing.since(&fuzz_targets, &modules),
            panicking: modules.iter().map(|module| binary.of_module(module)).sum(),
        };
        let strength = strength::Strength::of(evidence);
        let row = row(verdict.as_ref(), evidence, guards, fuzz_targets, strength.held());
        pages.push(vector_page(verdict.as_ref(), evidence, strength, row, &coverage));
    }
    let totals = totals(&pages);
    Ok(Page {
        schema: 1,
        tiers: tiers(&pages),
        totals,
        canary,
        legend: &strength::KINDS,
        surface: surface::Surface::read(repository),
        fuzz: coverage.targets(&fuzzing),
        trend: history::read(repository),
        binary,
        mutants: crate::mutants::record::Mutants::load(repository),
        vectors: pages,
    })
}

fn guards_of(vector: &Vector) -> Vec<Guard> {
    let described = |name: &String| {
        let module = guards::describe(name).map_or("", |guard| guard.module);
        Guard { name: name.clone(), module: module.to_owned() }
    };
    vector.guards.iter().map(described).collect()
}

fn row(
    verdict: Option<&Verdict>,
    evidence: strength::Evidence<'_>,
    guards: Vec<Guard>,
    fuzz_targets: Vec<String>,
    strength: Marks,
) -> Row {
    let strength::Evidence { vector, full, proof, .. } = evidence;
    Row {
        id: vector.id.clone(),
        tier: TierOf(vector.tier),
        title: vector.title.clone(),
        component: vector.component.clone(),
        status: Status::of(vector.status, verdict.map(|verdict| verdict.outcome)),
        outcome: verdict.map(|verdict| verdict.outcome),
        inputs_tried: verdict.map_or(0, |verdict| verdict.inputs),
        full_run: full,
        guards,
        knockout: Knockout {
            state: proof.map_or(State::None, |(_, state)| state),
            by: proof.and_then(|(proof, _)| proof.by),
            outcome: proof.and_then(|(proof, _)| proof.outcome),
            contained_by: proof.and_then(|(proof, _)| proof.contained_by.clone()),
        },
        phase1: vector.phase1,
        fuzz_targets,
        strength,
        repro: format!("cargo run -p audit -- repro {}", vector.id),
    }
}

fn vector_page(
    verdict: Option<&Verdict>,
    evidence: strength::Evidence<'_>,
    strength: strength::Strength,
    row: Row,
    coverage: &coverage::Coverage,
) -> VectorPage {
    let vector = evidence.vector;
    let proof = evidence.proof.map(|(proof, _)| proof);
    let partial = row.status == Status::Fixed && vector.is_partial();
    let status = if partial { "fixed (script part)" } else { row.status.name() };
    let places = vector.guards.iter().filter_map(|name| guards::describe(name));
    VectorPage {
        status_shown: status.to_owned(),
        detail: verdict.map(|verdict| verdict.detail.clone()).unwrap_or_default(),
        cause: vector.story.cause.clone(),
        consequence: vector.story.consequence.clone(),
        trigger: vector.story.trigger.clone(),
        expected: vector.expected.clone(),
        places: places.map(|guard| format!("{} ({})", guard.name, guard.place_or_module())).collect(),
        waiting: vector.waiting.iter().map(|w| format!("{} (needs the {})", w.name, w.needs)).collect(),
        tests: evidence.tests,
        strength,
        severity: proof.and_then(|proof| severity::Severity::of(vector, proof)),
        corpus: coverage.corpus_of(&row.fuzz_targets),
        by_hand: vector.repro.trim().to_owned(),
        guarded: proof.map(|proof| Guarded { outcome: proof.with, reason: proof.reason.clone() }),
        matrix: proof.map(|proof| proof.matrix.clone()).unwrap_or_default(),
        row,
    }
}

fn totals(pages: &[VectorPage]) -> Totals {
    let old = || pages.iter().map(|page| &page.row).filter(|row| row.tier.0 != Tier::Found);
    let found = || pages.iter().map(|page| &page.row).filter(|row| row.tier.0 == Tier::Found);
    let with = |status: Status| old().filter(|row| row.status == status).count();
    Totals {
        vectors: old().count(),
        fixed: with(Status::Fixed),
        open: with(Status::Open),
        not_encoded: with(Status::NotEncoded),
        regressed: with(Status::Regressed),
        proved: old().filter(|row| row.knockout.state == State::Proved).count(),
        found_since: found().count(),
        found_since_fixed: found().filter(|row| row.status == Status::Fixed).count(),
    }
}

fn tiers(pages: &[VectorPage]) -> Vec<TierSum> {
    [(1, Tier::One), (2, Tier::Two), (3, Tier::Three)]
        .into_iter()
        .map(|(number, tier)| {
            let rows = || pages.iter().map(|page| &page.row).filter(|row| row.tier.0 == tier);
            let is_fixed = |row: &&Row| row.phase1 == Some(crate::catalogue::Phase1::Fixed);
            TierSum {
                tier: number,
                total: rows().count(),
                fixed: rows().filter(|row| row.status == Status::Fixed).count(),
                phase1_fixed: rows().filter(is_fixed).count(),
            }
        })
        .collect()
}

/// The part of the model that other tools read.
pub fn latest(page: &Page) -> Latest<'_> {
    let vectors = page.vectors.iter().map(|page| &page.row).collect();
    Latest { schema: page.schema, totals: page.totals, tiers: &page.tiers, strength: page.legend, vectors }
}

/// Is there anything that a person must look at?
pub fn is_sound(catalogue: &Catalogue, ran: &[Option<Verdict>]) -> bool {
    let as_claimed = |(entry, verdict): (&Entry, &Option<Verdict>)| match verdict {
        Some(verdict) => crate::cases::is_as_claimed(entry, verdict.outcome),
        None => entry.vector.status == Claim::NotEncoded,
    };
    catalogue.entries.iter().zip(ran).all(as_claimed)
}

#[cfg(test)]
pub(crate) mod golden;
#[cfg(test)]
mod tests;
