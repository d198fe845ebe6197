//! `audit fuzz coverage|knockout`: how good the fuzz targets are.

use super::{Common, Failure, Found};
use crate::fuzz::TARGETS;
use crate::fuzz::coverage::{self, PERCENT_MIN};
use crate::fuzz::knockout::{self, Fuzzers};
use crate::fuzz::programs::target_folder;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// `audit fuzz`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit fuzz coverage                 builds with -C instrument-coverage, replays the corpora, about 5 minutes
  audit fuzz knockout unicode_text    one target without each guard of its modules, a minute for each that it misses

Both write a page in reports/ when they measured every target. Exit codes: 0 good enough, 1 not, 3 it could not be measured")]
pub(super) struct Fuzz {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// Lines of each target's modules that its corpus runs; at least 85 % are wanted
    Coverage,
    /// Whether each target finds what breaks without each guard of its modules, within a minute
    Knockout {
        /// One target; all when none is named
        target: Option<String>,
    },
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Io { what, error }
}

impl Fuzz {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let target = target_folder(&repository);
        match &self.measure {
            Measure::Coverage => cover(&repository, &target, common),
            Measure::Knockout { target: only } => knock_out(&repository, only.as_deref(), common),
        }
    }
}

fn cover(repository: &Path, target: &Path, common: Common) -> Result<Found, Failure> {
    let measured =
        coverage::measure(repository, &target.join("coverage")).map_err(io("cannot measure the coverage"))?;
    let mut enough = true;
    for covered in &measured {
        enough &= covered.percent() >= PERCENT_MIN;
        if !common.quiet {
            print!("{}", coverage::missed(covered));
        }
        println!("{}: {:.1} %\n", covered.target.name, covered.percent());
    }
    write(&repository.join("reports/fuzz-coverage.md"), &coverage::page(&measured))?;
    Ok(enough.into())
}

fn knock_out(repository: &Path, only: Option<&str>, common: Common) -> Result<Found, Failure> {
    if let Some(name) = only {
        super::fuzz_target(name)?;
    }
    let fuzzers = Fuzzers::build(repository).map_err(io("cannot build the fuzz targets"))?;
    let mut fine = true;
    for target in TARGETS.iter().filter(|target| only.is_none_or(|only| only == target.name)) {
        let control = fuzzers.control(target).map_err(io("cannot run a fuzz target"))?;
        if control.found.is_some() {
            eprintln!("{} fails with all guards on\n{}", target.name, control.said);
            fine = false;
        }
    }
    let mut results = Vec::new();
    for pair in knockout::pairs(only) {
        let run = fuzzers.search(pair).map_err(io("cannot run a fuzz target"))?;
        if !common.quiet || run.found.is_none() {
            let (guard, target, took) = (pair.guard.name(), pair.target.name, run.took.as_secs_f64());
            println!("{target:<21} without {guard:<18} {:<14} {took:.1} s", run.found.unwrap_or("nothing"));
        }
        fine &= run.found.is_some();
        results.push((pair, run.found));
    }
    if only.is_none() {
        write(&repository.join("reports/fuzz-knockout.md"), &knockout::page(&results))?;
    }
    Ok(fine.into())
}

fn write(path: &PathBuf, page: &str) -> Result<(), Failure> {
    std::fs::write(path, page).map_err(io("cannot write the report"))
}
