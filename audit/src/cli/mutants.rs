//! `audit mutants`: does some test notice each small change of the guarded modules?

use super::fuzz::duration;
use super::run::Shard;
use super::{Common, Failure, Found};
use crate::mutants::record::Mutants as Record;
use crate::mutants::run::{MODULES, Plan, run, summary};
use clap::Args;
use std::time::Duration;

/// `audit mutants`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit mutants code::verify --total 30m       one module
  audit mutants --shard 1/8 --total 1h         an eighth of all mutants, for machines that share the work
  audit mutants --list                         what no test noticed, from reports/mutants.json

Modules: value, vm, code::verify, store, server::gate. At least 90 % of the mutants that compile must be caught.
Needs cargo-mutants: cargo install --locked cargo-mutants

Exit codes: 0 enough are caught, 1 not, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Mutants {
    /// Modules; all when none is named
    modules: Vec<String>,
    /// For all of them together, such as 30m
    #[arg(long, default_value = "30m", value_parser = duration)]
    total: Duration,
    /// A mutant whose tests take longer is caught
    #[arg(long, default_value = "120s", value_parser = duration)]
    per_mutant: Duration,
    /// The K-th of N parts of the mutants
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Runs nothing: shows the last record
    #[arg(long)]
    list: bool,
}

/// In percent of those that compile.
const CAUGHT_MIN: f64 = 90.0;

impl Mutants {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        for name in &self.modules {
            if MODULES.iter().all(|(known, _)| known != name) {
                let names: Vec<&str> = MODULES.iter().map(|(known, _)| *known).collect();
                return Err(Failure::Usage(format!(
                    "there is no module {name}; there are {}",
                    names.join(", ")
                )));
            }
        }
        let mut record = Record::load(&repository);
        if !self.list {
            let io = |what| move |error| Failure::Io { what, error };
            let plan = Plan {
                modules: self.modules.clone(),
                shard: self.shard.map(|shard| (shard.part, shard.parts)),
                total: self.total,
                per_mutant: self.per_mutant,
            };
            let say = |line: &str| {
                if !common.quiet {
                    println!("{line}");
                }
            };
            let new = run(&repository, &plan, say).map_err(io("cannot run cargo-mutants"))?;
            record.modules.extend(new.modules);
            record.save(&repository).map_err(io("cannot write reports/mutants.json"))?;
        }
        let mut enough = true;
        for (name, module) in &record.modules {
            enough &= module.percent() >= CAUGHT_MIN;
            if self.list {
                println!("{}", summary(name, module));
            }
            for survivor in &module.survivors {
                println!("  {}:{}  {}", survivor.file, survivor.line, survivor.change);
            }
        }
        Ok(enough.into())
    }
}
