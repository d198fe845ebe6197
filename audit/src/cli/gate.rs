//! `audit gate`: everything that must hold before a release, on one screen.

use super::progress::Progress;
use super::{Common, Failure, Found};
use crate::catalogue::Claim;
use crate::corpus;
use crate::full;
use crate::fuzz::programs::Programs;
use crate::fuzz::{TARGETS, Target};
use crate::gate::baseline::{Baseline, Held};
use crate::gate::step::{self, Step};
use crate::gate::{Regression, figures, performance};
use crate::harness::{Outcome, Size, Verdict};
use crate::mutants::record::Mutants;
use crate::report::{self, model::Page};
use crate::surface::{self, Surface};
use clap::Args;
use std::path::Path;
use std::process::{Command, Stdio};

/// `audit gate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit gate                       vectors, proofs, corpus, panic surface, performance
  audit gate --fuzz-seconds 600    and ten minutes of fuzzing over all targets
  audit gate --full                sweeps and repetitions too, as the nightly run does; keeps what held in reports/full.json
  audit gate --accept              what holds now is what must hold from now on; says what changed

Compares with reports/baseline.json, reports/panic-surface.json, reports/limits.toml and reports/mutants.json. Stale proofs
are renewed first. Each regression is named with the command that shows it. What was not looked at is said, with the command
that looks; with --full it is a regression, too.

Exit codes: 0 nothing got worse, 1 something did, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Gate {
    /// Seconds of fuzzing over all targets together; 0 leaves it out, and the fuzzers' canary with it
    #[arg(long, default_value_t = 0, value_name = "S")]
    fuzz_seconds: u64,
    /// Runs sweeps and repetitions besides the tables, and lets nothing be left out
    #[arg(long)]
    full: bool,
    /// Leaves the release binary's panicking calls out
    #[arg(long)]
    no_surface: bool,
    /// Neither renews the proofs nor compares them
    #[arg(long)]
    no_prove: bool,
    /// Writes a new baseline
    #[arg(long)]
    accept: bool,
}

/// The canary crashes within seconds where fuzzers see anything.
const CANARY_SECONDS: u64 = 30;

impl Gate {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let mut screen = Screen { quiet: common.quiet, everything: self.full, regressions: Vec::new() };
        screen.add(step::proofs(if self.no_prove { None } else { Some(renew_proofs(common)?) }));
        let page = self.vectors(&repository, common, &mut screen)?;
        let mut now = corpora(&repository, &page, common, &mut screen)?;
        screen.add(self.binary(&repository)?);
        let limits = performance::limits(&repository)?;
        screen.add(step::speed(&limits, &performance::measured(&repository)));
        let figures = figures::measured(&repository)?;
        screen.add(step::figures(&limits.figure, &figures, &figures::outrun(&repository, &figures)));
        screen.add(step::mutants(&Mutants::load(&repository)));
        if self.fuzz_seconds > 0 {
            screen.add(step::canary(finds_canary(&repository)?));
            screen.add(step::fuzzing(self.fuzz_seconds, fuzz(self.fuzz_seconds, common)?));
        } else {
            screen.add(step::no_fuzzing());
        }
        let before = Baseline::load(&repository)?;
        if before.is_none() && !self.accept {
            screen.add(step::no_baseline());
        }
        let before = before.unwrap_or_default();
        if self.no_prove {
            now.keep_proofs(&before);
        }
        if self.accept {
            print!("{}", before.changes(&now));
            now.save(&repository)?;
            return Ok(Found::AsClaimed);
        }
        screen.regressions.extend(before.regressions(&now));
        Ok(screen.end())
    }

    fn vectors(&self, repository: &Path, common: Common, screen: &mut Screen) -> Result<Page, Failure> {
        let catalogue = super::catalogue()?;
        let chosen = super::select(&catalogue, &[], None)?;
        let size = if self.full { Size::Full } else { Size::Quick };
        let hashes = if self.full { full::hashes(repository, &chosen)? } else { Vec::new() };
        let progress = Progress::bar_only(chosen.len(), common);
        let results = super::run::run_showing(&chosen, size, common, &progress)?;
        if self.full {
            full::store(repository, &catalogue, super::run::full_runs(&chosen, &results, hashes))?;
        }
        let mut results = results.into_iter();
        let mut ran = Vec::new();
        for entry in &catalogue.entries {
            let result = if entry.vector.is_encoded() { results.next() } else { None };
            ran.push(result.transpose()?);
        }
        let page = report::page(repository, &catalogue, &ran)?;
        let held = |verdict: &Verdict| verdict.outcome == Outcome::Held;
        let both = catalogue.entries.iter().zip(&ran);
        let mended: Vec<&str> = both
            .filter(|(entry, ran)| entry.vector.status == Claim::Open && ran.as_ref().is_some_and(held))
            .map(|(entry, _)| entry.vector.id.as_str())
            .collect();
        screen.add(step::vectors(&page, &mended));
        Ok(page)
    }

    fn binary(&self, repository: &Path) -> Result<Step, Failure> {
        if self.no_surface {
            return Ok(Step::absent("surface", "left out by --no-surface", "cargo run -p audit -- surface"));
        }
        let (now, _) = surface::of_release(repository)?;
        Ok(step::surface(Surface::load(repository)?.as_ref(), &now))
    }
}

fn corpora(repository: &Path, page: &Page, common: Common, screen: &mut Screen) -> Result<Baseline, Failure> {
    let runner = super::runner()?;
    let targets: Vec<&'static Target> = TARGETS.iter().collect();
    let all = crate::harness::schedule::in_parallel(&targets, common.jobs(), |&target| {
        corpus::replay(repository, &runner, target)
    });
    let mut replayed = Vec::new();
    for (target, corpus) in TARGETS.iter().zip(all) {
        replayed.push((target.name, corpus?));
    }
    screen.add(step::corpora(&replayed));
    let held = |page: &report::model::VectorPage| {
        let row = &page.row;
        let held = Held { status: row.status.name().to_owned(), proof: row.knockout.state.name().to_owned() };
        (row.id.clone(), held)
    };
    Ok(Baseline {
        schema: 1,
        vectors: page.vectors.iter().map(held).collect(),
        open_cases: replayed.into_iter().flat_map(|(_, replayed)| replayed.open).collect(),
        fuzz_targets: TARGETS.iter().map(|target| target.name.to_owned()).collect(),
        lint_exceptions: page.surface.modules.iter().map(|m| (m.name.clone(), m.exceptions)).collect(),
    })
}

/// What is shown while the gate runs, and what it ends with.
struct Screen {
    quiet: bool,
    /// What was not looked at is a regression.
    everything: bool,
    regressions: Vec<Regression>,
}

impl Screen {
    fn add(&mut self, step: Step) {
        if !self.quiet || step.absent.is_some() {
            out!("{step}");
        }
        if self.everything {
            self.regressions.extend(step.demanded());
        }
        self.regressions.extend(step.regressions);
    }

    fn end(&self) -> Found {
        for regression in &self.regressions {
            out!("  {regression}");
        }
        match self.regressions.len() {
            0 if self.quiet => {}
            0 => out!("{}", Step::seen("gate", "open: nothing got worse")),
            1 => out!("{}", Step::seen("gate", "closed: 1 thing got worse")),
            count => out!("{}", Step::seen("gate", format!("closed: {count} things got worse"))),
        }
        self.regressions.is_empty().into()
    }
}

/// Runs `audit prove --stale`, which only the knock-out build can do.
fn renew_proofs(common: Common) -> Result<bool, Failure> {
    let program = super::runner()?.audit;
    let mut command = Command::new(program);
    command.args(["prove", "--stale", "--quick", "--quiet", "--jobs"]).arg(common.jobs().to_string());
    let status = command.status().map_err(|error| Failure::Io { what: "cannot renew the proofs", error })?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Failure::Io {
            what: "cannot renew the proofs",
            error: std::io::Error::other(status.to_string()),
        }),
    }
}

/// A fuzzer that does not find the canary has stopped looking.
fn finds_canary(repository: &Path) -> Result<bool, Failure> {
    let io = |what| move |error| Failure::Io { what, error };
    let programs = Programs::build(repository).map_err(io("cannot build the fuzz targets"))?;
    let folder = tempfile::tempdir().map_err(io("cannot make a folder"))?;
    let mut command = Command::new(programs.program("canary").map_err(io("the canary was not built"))?);
    command.arg(format!("-max_total_time={CANARY_SECONDS}"));
    command.arg(format!("-artifact_prefix={}/", folder.path().display())).arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().map_err(io("cannot run the canary"))?;
    // A program that ended for another reason than the crash leaves no artifact.
    let left = std::fs::read_dir(folder.path()).map_err(io("cannot read the canary's folder"))?;
    Ok(left.flatten().any(|file| file.file_name().to_string_lossy().starts_with("crash-")))
}

/// Was nothing found?
fn fuzz(seconds: u64, common: Common) -> Result<bool, Failure> {
    let program = super::runner()?.audit;
    let mut command = Command::new(program);
    command.args(["fuzz", "--total", &format!("{seconds}s"), "--jobs", &common.jobs().to_string()]);
    let status = command.status().map_err(|error| Failure::Io { what: "cannot fuzz", error })?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Failure::Io { what: "cannot fuzz", error: std::io::Error::other(status.to_string()) }),
    }
}
