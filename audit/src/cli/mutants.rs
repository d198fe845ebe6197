//! `audit mutants`: does some test notice each small change of the guarded modules?

use super::fuzz::duration;
use super::run::Shard;
use super::{Common, Failure, Found};
use crate::mutants::record::Mutants as Record;
use crate::mutants::run::{MODULES, Plan, run};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// `audit mutants`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit mutants                                40 of all mutants, within half an hour
  audit mutants code::verify --sample 400      one module
  audit mutants --shard 1/8 --sample 1000 --total 1h    from an eighth, for machines that share the work
  audit mutants --merge one.json two.json      what such machines saw, together
  audit mutants --list                         what is known, and what no test noticed: reports/mutants.json

Modules: value, vm, code::verify, store, server::gate. At least 90 % of the mutants that compile must be caught by the
runtime's own tests. There are thousands: a random sample is tried, and the record says how far it can be believed.
Needs cargo-mutants: cargo install --locked cargo-mutants

Exit codes: 0 enough are caught, 1 not, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Mutants {
    /// Modules; all when none is named
    modules: Vec<String>,
    /// How many mutants are drawn at random
    #[arg(long, default_value_t = 40, value_name = "N")]
    sample: usize,
    /// With what they are drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For all of them together, such as 30m
    #[arg(long, default_value = "30m", value_parser = duration)]
    total: Duration,
    /// A mutant whose tests take longer is caught
    #[arg(long, default_value = "180s", value_parser = duration)]
    per_mutant: Duration,
    /// The K-th of N parts of the mutants
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Runs nothing: shows the last record
    #[arg(long)]
    list: bool,
    /// Runs nothing: writes one record of those that shards wrote
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with_all = ["list", "modules"])]
    merge: Vec<PathBuf>,
}

impl Mutants {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        for name in &self.modules {
            let names: Vec<&str> = MODULES.iter().map(|(known, _)| *known).collect();
            if !names.contains(&name.as_str()) {
                return Err(super::unknown("module", name, &names));
            }
        }
        let mut record = Record::load(&repository);
        let io = |what| move |error| Failure::Io { what, error };
        if !self.merge.is_empty() {
            let mut records = Vec::new();
            for path in &self.merge {
                let text = std::fs::read(path).map_err(io("cannot read a record of mutants"))?;
                let read = serde_json::from_slice(&text)
                    .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
                records.push(read);
            }
            record = Record::merge(records);
            record.save(&repository).map_err(io("cannot write reports/mutants.json"))?;
        } else if !self.list {
            let plan = Plan {
                modules: self.modules.clone(),
                shard: self.shard.map(|shard| (shard.part, shard.parts)),
                sample: self.sample,
                seed: self.seed,
                total: self.total,
                per_mutant: self.per_mutant,
                jobs: common.jobs(),
            };
            let say = |line: &str| {
                if !common.quiet {
                    out!("{line}");
                }
            };
            record = run(&repository, &plan, say).map_err(io("cargo-mutants"))?;
            record.save(&repository).map_err(io("cannot write reports/mutants.json"))?;
        }
        if !common.quiet {
            for (name, module) in &record.modules {
                let (caught, viable, unviable) = (module.caught, module.viable(), module.unviable);
                out!("{name:<14} {caught} of {viable} caught; {unviable} more do not compile");
            }
        }
        for survivor in record.modules.values().flat_map(|module| &module.survivors) {
            out!("  {}:{}  {}", survivor.file, survivor.line, survivor.change);
        }
        out!("{}", record.summary());
        Ok(record.is_enough().into())
    }
}
