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
use crate::catalogue::{Catalogue, Claim, Entry, Tier};
use crate::guards;
use crate::harness::Verdict;
use crate::prove::ProofError;
use crate::prove::hash::Hasher;
use crate::prove::record::{Proof, Proofs, State};
use crate::prove::state_now;
use model::{Canary, Evidence, Guard, Knockout, Latest, Page, Row, TierOf, TierSum, Totals, VectorPage};
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
    let hasher = Hasher::new(repository)?;
    let coverage = coverage::Coverage::read(repository);
    let binary = crate::surface::Surface::load(repository).ok().flatten().unwrap_or_default();
    let mut fuzzing = strength::Fuzzing::read(repository);
    let mut pages = Vec::new();
    let mut canary = Canary { held: true, outcome: "did not run".to_owned() };
    for (entry, verdict) in catalogue.entries.iter().zip(ran) {
        if entry.vector.tier == Tier::Canary {
            if let Some(verdict) = verdict {
                let held = verdict.outcome == crate::harness::Outcome::Held;
                canary = Canary { held, outcome: verdict.outcome.name().to_owned() };
            }
            continue;
        }
        let stored = proofs.find(&entry.vector.id);
        let state = state_now(stored, &hasher.of(entry)?);
        let row = row(entry, verdict.as_ref(), stored, state);
        let modules: Vec<&str> = row.guards.iter().map(|guard| guard.module.as_str()).collect();
        let executions = fuzzing.since(&entry.vector, &modules);
        let properties = modules.iter().map(|module| coverage::property_tests(repository, module)).sum();
        let panicking = modules.iter().map(|module| binary.of_module(module)).sum();
        let stored = stored.filter(|_| entry.vector.is_encoded()).map(|proof| (proof, state));
        let proof = Held { stored, properties, executions, panicking };
        pages.push(vector_page(entry, verdict.as_ref(), &proof, row, &coverage));
    }
    let totals = totals(&pages);
    Ok(Page {
        schema: 1,
        tiers: tiers(&pages),
        totals,
        canary,
        surface: surface::Surface::read(repository),
        fuzz: coverage.targets(&fuzzing),
        trend: history::read(repository),
        binary,
        mutants: crate::mutants::record::Mutants::load(repository),
        vectors: pages,
    })
}

fn row(entry: &Entry, verdict: Option<&Verdict>, stored: Option<&Proof>, state: State) -> Row {
    let vector = &entry.vector;
    let described = |name: &String| {
        let module = guards::describe(name).map_or("", |guard| guard.module);
        Guard { name: name.clone(), module: module.to_owned() }
    };
    let stored = stored.filter(|_| vector.is_encoded());
    Row {
        id: vector.id.clone(),
        tier: TierOf(vector.tier),
        title: vector.title.clone(),
        component: vector.component.clone(),
        status: Status::of(vector.status, verdict.map(|verdict| verdict.outcome)),
        outcome: verdict.map(|verdict| verdict.outcome),
        inputs_tried: verdict.map_or(0, |verdict| verdict.inputs),
        guards: vector.guards.iter().map(described).collect(),
        knockout: Knockout {
            state: if vector.is_encoded() { state } else { State::None },
            by: stored.and_then(|proof| proof.by),
            outcome: stored.and_then(|proof| proof.outcome),
            contained_by: stored.and_then(|proof| proof.contained_by.clone()),
        },
        phase1: vector.phase1,
        fuzz_targets: vector.fuzz_targets.clone(),
        repro: format!("cargo run -p audit -- repro {}", vector.id),
    }
}

/// What is stored about a vector besides its case.
struct Held<'a> {
    stored: Option<(&'a Proof, State)>,
    properties: usize,
    executions: u64,
    panicking: Option<usize>,
}

fn vector_page(
    entry: &Entry,
    verdict: Option<&Verdict>,
    held: &Held<'_>,
    row: Row,
    coverage: &coverage::Coverage,
) -> VectorPage {
    let vector = &entry.vector;
    let stored = held.stored;
    let tests = coverage.tests_of(&vector.id);
    let Held { stored: proof, properties, executions, panicking } = *held;
    let evidence = strength::Evidence { vector, proof, tests, properties, executions, panicking };
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
        tests,
        strength: strength::Strength::of(evidence),
        severity: stored.and_then(|(proof, _)| severity::Severity::of(vector, proof)),
        corpus: coverage.corpus_of(&vector.fuzz_targets),
        by_hand: vector.repro.trim().to_owned(),
        full: stored.map(|(proof, state)| Evidence {
            inputs: proof.inputs,
            outcome: proof.with,
            stale: state == State::Stale,
            reason: proof.reason.clone(),
        }),
        matrix: stored.map(|(proof, _)| proof.matrix.clone()).unwrap_or_default(),
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
    Latest { schema: page.schema, totals: page.totals, tiers: &page.tiers, vectors }
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
