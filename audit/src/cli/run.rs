//! `audit run`: runs cases and says how each ended.

use super::progress::{Progress, paint};
use super::{Common, Failure, Found, Tier};
use crate::cases::{complaint, is_as_claimed};
use crate::catalogue::Entry;
use crate::full::{self, FullRun};
use crate::harness::schedule::in_parallel;
use crate::harness::{HarnessError, Size, Verdict};
use clap::Args;
use std::str::FromStr;

/// `audit run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit run T1-08 X-10
  audit run --tier 1 --full
  audit run --full --shard 2/4      the second quarter, for machines that share the work

Which cases held at their full size, --full keeps in reports/full.json.

Exit codes: 0 as claimed, 1 a vector fell, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Run {
    /// Vectors, such as T1-08; all encoded ones when none is named
    ids: Vec<String>,
    /// Only this tier
    #[arg(long, value_enum, conflicts_with = "ids")]
    tier: Option<Tier>,
    /// Sweeps, schedules and repetitions besides the tables
    #[arg(long)]
    full: bool,
    /// The K-th of N parts of the cases
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

/// A part of the cases: every N-th, beginning with the K-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    pub(super) part: usize,
    pub(super) parts: usize,
}

impl Shard {
    /// The part of the items that the shard names; all of them where there is none.
    pub(super) fn of<T>(shard: Option<Self>, items: Vec<T>) -> Vec<T> {
        match shard {
            Some(Self { part, parts }) => items.into_iter().skip(part - 1).step_by(parts).collect(),
            None => items,
        }
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed =
            text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
        match parsed {
            Some((part, parts)) if 1 <= part && part <= parts => Ok(Self { part, parts }),
            _ => Err("a shard is K/N with K from 1 to N, such as 2/4"),
        }
    }
}

impl Run {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let catalogue = super::catalogue()?;
        let mut chosen = super::select(&catalogue, &self.ids, self.tier)?;
        chosen = Shard::of(self.shard, chosen);
        let size = if self.full { Size::Full } else { Size::Quick };
        let repository = crate::repository();
        let hashes = if self.full { full::hashes(&repository, &chosen)? } else { Vec::new() };
        let ran = run_all(&chosen, size, common)?;
        if self.full {
            full::store(&repository, &catalogue, full_runs(&chosen, &ran, hashes))?;
        }
        let mut sound = true;
        let mut inputs = 0;
        let mut broken = None;
        // What one case cannot be run for hides nothing of the others.
        for (entry, verdict) in chosen.iter().zip(ran) {
            let verdict = match verdict {
                Ok(verdict) => verdict,
                Err(error) => {
                    broken = broken.or(Some(error));
                    continue;
                }
            };
            inputs += verdict.inputs;
            if !is_as_claimed(entry, verdict.outcome) {
                sound = false;
                eprintln!("{}", complaint(entry, &verdict));
            }
        }
        if let Some(error) = broken {
            return Err(error.into());
        }
        if !common.quiet {
            let end = if sound { "all as claimed" } else { "not all as claimed" };
            let cases = if chosen.len() == 1 { "case" } else { "cases" };
            out!("{} {cases}, {inputs} inputs: {end}", chosen.len());
        }
        Ok(sound.into())
    }
}

/// What full runs of these cases showed, as it is stored; those that could not be run show nothing.
pub(super) fn full_runs(
    chosen: &[&Entry],
    ran: &[Result<Verdict, HarnessError>],
    hashes: Vec<String>,
) -> Vec<FullRun> {
    let ran = chosen.iter().zip(ran).zip(hashes);
    let ran = ran.filter_map(|((entry, verdict), hash)| Some((entry, verdict.as_ref().ok()?, hash)));
    ran.map(|(entry, verdict, hash)| FullRun::new(&entry.vector.id, verdict, hash)).collect()
}

/// Runs the cases several at a time, showing progress.
pub(super) fn run_all(
    chosen: &[&Entry],
    size: Size,
    common: Common,
) -> Result<Vec<Result<Verdict, HarnessError>>, Failure> {
    run_showing(chosen, size, common, &Progress::new(chosen.len(), common))
}

/// Runs the cases several at a time; what is shown meanwhile says the caller.
pub(super) fn run_showing(
    chosen: &[&Entry],
    size: Size,
    common: Common,
    progress: &Progress,
) -> Result<Vec<Result<Verdict, HarnessError>>, Failure> {
    let runner = super::runner()?;
    let results = in_parallel(chosen, common.jobs_that_wait(), |entry| {
        let vector = &entry.vector;
        progress.begins(&vector.id);
        let result = runner.run(entry, size, &[]);
        match &result {
            Ok(verdict) => {
                let outcome = paint(verdict.outcome);
                let line =
                    format!("{:<7} {outcome} {:>7} inputs  {}", vector.id, verdict.inputs, vector.title);
                progress.ended(line, false);
            }
            Err(error) => progress.ended(format_args!("{:<7} {error}", vector.id), true),
        }
        result
    });
    progress.finish();
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_lies_within_its_parts() {
        assert_eq!("2/4".parse(), Ok(Shard { part: 2, parts: 4 }));
        for wrong in ["0/4", "5/4", "1", "a/b", "-1/2", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
