//! How good the fuzz targets are: what their corpora cover, and what they find without a guard.

use super::super::{Common, Failure, Found};
use super::io;
use crate::fuzz::TARGETS;
use crate::fuzz::coverage::{self, PERCENT_MIN};
use crate::fuzz::finders::PAGE;
use crate::fuzz::knockout::{self, Fuzzers};
use crate::fuzz::programs::target_folder;
use std::path::Path;

pub(super) fn cover(common: Common) -> Result<Found, Failure> {
    let repository = crate::repository();
    let folder = target_folder(&repository).join("coverage");
    let measured = coverage::measure(&repository, &folder).map_err(io("cannot measure the coverage"))?;
    let mut enough = true;
    for covered in &measured {
        enough &= covered.percent() >= PERCENT_MIN;
        if !common.quiet {
            print!("{}", coverage::missed(covered));
        }
        out!("{}: {:.1} %\n", covered.target.name, covered.percent());
    }
    write(&repository.join("reports/fuzz-coverage.md"), &coverage::page(&measured))?;
    Ok(enough.into())
}

pub(super) fn knock_out(only: Option<&str>, common: Common) -> Result<Found, Failure> {
    if let Some(name) = only {
        super::super::fuzz_target(name)?;
    }
    let repository = crate::repository();
    let fuzzers = Fuzzers::build(&repository).map_err(io("cannot build the fuzz targets"))?;
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
            out!("{target:<21} without {guard:<18} {:<14} {took:.1} s", run.found.unwrap_or("nothing"));
        }
        fine &= run.found.is_some();
        results.push((pair, run));
    }
    if only.is_none() {
        write(&repository.join(PAGE), &knockout::page(&results))?;
    }
    Ok(fine.into())
}

fn write(path: &Path, page: &str) -> Result<(), Failure> {
    std::fs::write(path, page).map_err(io("cannot write the report"))
}
