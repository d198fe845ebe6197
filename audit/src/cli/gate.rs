//! `audit gate`: everything that must hold before a release, on one screen.

use super::progress::Progress;
use super::{Common, Failure, Found};
use crate::corpus;
use crate::fuzz::programs::{Programs, target_folder};
use crate::fuzz::{TARGETS, Target};
use crate::gate::baseline::{Baseline, Held};
use crate::gate::{Regression, performance};
use crate::harness::Size;
use crate::mutants::record::{CAUGHT_MIN, Mutants};
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
  audit gate --full                sweeps and repetitions too, as the nightly run does
  audit gate --accept              what holds now is what must hold from now on; says what changed

Compares with reports/baseline.json, reports/panic-surface.json and reports/limits.toml. Stale proofs are renewed first.
Each regression is named with the command that shows it.

Exit codes: 0 nothing got worse, 1 something did, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Gate {
    /// Seconds of fuzzing over all targets together; 0 leaves it out, and the fuzzers' canary with it
    #[arg(long, default_value_t = 0, value_name = "S")]
    fuzz_seconds: u64,
    /// Runs sweeps and repetitions besides the tables
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
        let mut screen = Screen { quiet: common.quiet, regressions: Vec::new() };
        if !self.no_prove {
            let proved = renew_proofs(common)?;
            screen.line("proofs", if proved { "none is stale" } else { "some do not hold" });
        }
        let page = self.vectors(&repository, common, &mut screen)?;
        let mut now = self.corpora(&repository, &page, common, &mut screen)?;
        if !self.no_surface {
            binary(&repository, &mut screen)?;
        }
        speed(&repository, &mut screen)?;
        mutants(&repository, &mut screen);
        if self.fuzz_seconds > 0 {
            canary(&repository, &mut screen)?;
            fuzz(self.fuzz_seconds, common, &mut screen)?;
        }
        let before = Baseline::load(&repository)?;
        if before.is_none() {
            screen.line("baseline", "there is none yet; `audit gate --accept` writes it");
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
        let progress = Progress::bar_only(chosen.len(), common);
        let mut results = super::run::run_showing(&chosen, size, common, &progress)?.into_iter();
        let mut ran = Vec::new();
        for entry in &catalogue.entries {
            let result = if entry.vector.is_encoded() { results.next() } else { None };
            ran.push(result.transpose()?);
        }
        let page = report::page(repository, &catalogue, &ran)?;
        let totals = page.totals;
        screen.line(
            "vectors",
            &format!(
                "{} of {} fixed, {} proved, {} regressed; found since: {} of {}",
                totals.fixed,
                totals.vectors,
                totals.proved,
                totals.regressed,
                totals.found_since_fixed,
                totals.found_since
            ),
        );
        if page.canary.held {
            screen.found("the canary vector", "fails", "held: the oracles are blind", "run CANARY");
        }
        for (entry, verdict) in catalogue.entries.iter().zip(&ran) {
            let Some(verdict) = verdict else { continue };
            let open_and_held = entry.vector.status == crate::catalogue::Claim::Open
                && verdict.outcome == crate::harness::Outcome::Held;
            if open_and_held {
                let show = format!("run {}", entry.vector.id);
                screen.found(&entry.vector.id, "open", "no longer fails: set its status to fixed", &show);
            }
        }
        Ok(page)
    }

    fn corpora(
        &self,
        repository: &Path,
        page: &Page,
        common: Common,
        screen: &mut Screen,
    ) -> Result<Baseline, Failure> {
        let runner = super::runner()?;
        let mut inputs = 0;
        let mut open = std::collections::BTreeSet::new();
        let targets: Vec<&'static Target> = TARGETS.iter().collect();
        let replayed = crate::harness::schedule::in_parallel(&targets, common.jobs(), |&target| {
            corpus::replay(repository, &runner, target)
        });
        for (target, replayed) in TARGETS.iter().zip(replayed) {
            let replayed = replayed?;
            inputs += replayed.inputs;
            open.extend(replayed.open);
            // One cause breaks many inputs: the first stands for all, and the command names each.
            if let Some((input, what)) = replayed.wrong.first() {
                let now = format!("{} not as they must be, such as {input}: {what}", replayed.wrong.len());
                let (what, show) = (format!("corpus of {}", target.name), format!("replay {}", target.name));
                screen.found(&what, "none", &now, &show);
            }
        }
        screen.line("corpus", &format!("{inputs} inputs replayed, {} open", open.len()));
        let held = |page: &report::model::VectorPage| {
            let row = &page.row;
            let held =
                Held { status: row.status.name().to_owned(), proof: row.knockout.state.name().to_owned() };
            (row.id.clone(), held)
        };
        Ok(Baseline {
            schema: 1,
            vectors: page.vectors.iter().map(held).collect(),
            open_cases: open,
            fuzz_targets: TARGETS.iter().map(|target| target.name.to_owned()).collect(),
            lint_exceptions: page.surface.modules.iter().map(|m| (m.name.clone(), m.exceptions)).collect(),
        })
    }
}

/// What is shown while the gate runs, and what it ends with.
struct Screen {
    quiet: bool,
    regressions: Vec<Regression>,
}

impl Screen {
    fn line(&self, what: &str, says: &str) {
        if !self.quiet {
            println!("{what:<12} {says}");
        }
    }

    fn found(&mut self, what: &str, was: &str, now: &str, show: &str) {
        self.regressions.push(Regression {
            what: what.to_owned(),
            was: was.to_owned(),
            now: now.to_owned(),
            show: format!("cargo run -p audit -- {show}"),
        });
    }

    fn end(&self) -> Found {
        for regression in &self.regressions {
            println!("  {regression}");
        }
        match self.regressions.len() {
            0 => self.line("gate", "open: nothing got worse"),
            1 => println!("gate         closed: 1 thing got worse"),
            count => println!("gate         closed: {count} things got worse"),
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

fn binary(repository: &Path, screen: &mut Screen) -> Result<(), Failure> {
    let (now, _) = surface::of_release(repository)?;
    match Surface::load(repository)? {
        Some(listed) => {
            screen.regressions.extend(listed.regressions(&now));
            screen.line(
                "surface",
                &format!("{} panicking calls in the binary, {} allowed", now.total(), listed.total()),
            );
        }
        None => screen.line("surface", "no list yet; `audit surface --accept` writes it"),
    }
    Ok(())
}

fn speed(repository: &Path, screen: &mut Screen) -> Result<(), Failure> {
    let limits = performance::limits(repository)?;
    let folders = [target_folder(repository), repository.join("bench/target")];
    let times =
        folders.iter().map(|folder| performance::times(&folder.join("criterion"))).find(|t| !t.is_empty());
    match times {
        Some(times) => {
            screen.line("speed", &format!("{} programs against their limits", times.len()));
            screen.regressions.extend(performance::regressions(&limits, &times));
        }
        None => screen.line("speed", "not measured: cargo bench --manifest-path bench/Cargo.toml"),
    }
    Ok(())
}

/// What the last sample of mutants said; it is drawn by `audit mutants`, and not here.
fn mutants(repository: &Path, screen: &mut Screen) {
    let record = Mutants::load(repository);
    if record.viable() == 0 {
        screen.line("mutants", "never tried: cargo run -p audit -- mutants");
        return;
    }
    screen.line("mutants", &record.summary());
    if !record.is_enough() {
        let (least, now) = (format!("at least {CAUGHT_MIN} %"), format!("{:.0} %", record.percent()));
        screen.found("mutants that a test catches", &least, &now, "mutants --list");
    }
}

/// A fuzzer that does not find the canary has stopped looking.
fn canary(repository: &Path, screen: &mut Screen) -> Result<(), Failure> {
    let io = |what| move |error| Failure::Io { what, error };
    let programs = Programs::build(repository).map_err(io("cannot build the fuzz targets"))?;
    let folder = tempfile::tempdir().map_err(io("cannot make a folder"))?;
    let mut command = Command::new(programs.program("canary").map_err(io("the canary was not built"))?);
    command.arg(format!("-max_total_time={CANARY_SECONDS}"));
    command.arg(format!("-artifact_prefix={}/", folder.path().display())).arg(folder.path());
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if ended.map_err(io("cannot run the canary"))?.success() {
        screen.found("the fuzzers' canary", "found within seconds", "not found", "fuzz --dry");
    } else {
        screen.line("canary", "found by the fuzzer, as it must be");
    }
    Ok(())
}

fn fuzz(seconds: u64, common: Common, screen: &mut Screen) -> Result<(), Failure> {
    let program = super::runner()?.audit;
    let mut command = Command::new(program);
    command.args(["fuzz", "--total", &format!("{seconds}s"), "--jobs", &common.jobs().to_string()]);
    let status = command.status().map_err(|error| Failure::Io { what: "cannot fuzz", error })?;
    match status.code() {
        Some(0) => screen.line("fuzzing", &format!("{seconds} s, nothing was found")),
        Some(1) => screen.found("fuzzing", "nothing was found", "inputs fail, see above", "replay"),
        _ => {
            return Err(Failure::Io {
                what: "cannot fuzz",
                error: std::io::Error::other(status.to_string()),
            });
        }
    }
    Ok(())
}
