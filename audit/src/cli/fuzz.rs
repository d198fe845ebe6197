//! `audit fuzz`: runs the fuzz targets within a budget. `audit fuzz coverage|knockout`: how good they are.

mod campaign;
mod measure;

use super::{Common, Failure, Found};
use clap::{Args, Subcommand};
use std::time::Duration;

/// `audit fuzz`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  audit fuzz                                  every target, 10 minutes in all
  audit fuzz source bytecode --total 2m -j 2  two of them side by side
  audit fuzz --shard 1/4 --total 1h           a quarter of them, for machines that share the work
  audit fuzz coverage                         lines of each target's modules that its corpus runs, about 5 minutes
  audit fuzz knockout unicode_text            one target without each guard of its modules, a minute for each that it misses

What fails is filed at once, as `audit triage` does. Executions, edges and findings are added to reports/history.jsonl.
New inputs are kept in the target folder; `audit corpus minimise` moves what they add into fuzz/corpus.

Exit codes: 0 nothing was found (or good enough), 1 something was, 2 wrong usage, 3 the audit itself failed"
)]
pub(super) struct Fuzz {
    #[command(subcommand)]
    measure: Option<Measure>,
    /// Targets; all when none is named
    targets: Vec<String>,
    /// For all of them together, such as 90s, 10m, 1h
    #[arg(long, default_value = "10m", value_parser = duration)]
    total: Duration,
    /// An input that takes longer hangs
    #[arg(long, default_value = "5s", value_parser = duration)]
    per_input: Duration,
    /// The K-th of N parts of the targets
    #[arg(long, value_name = "K/N")]
    shard: Option<super::run::Shard>,
    /// The first choice of the random numbers; 0 draws one
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Only finds: files nothing, and leaves the ledger alone
    #[arg(long)]
    dry: bool,
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

impl Fuzz {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        match &self.measure {
            Some(Measure::Coverage) => measure::cover(common),
            Some(Measure::Knockout { target }) => measure::knock_out(target.as_deref(), common),
            None => campaign::run(self, common),
        }
    }
}

/// `90s`, `10m`, `1h`, or seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.chars().last() {
        Some('s') => (&text[..text.len() - 1], 1),
        Some('m') => (&text[..text.len() - 1], 60),
        Some('h') => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    let number: u64 = number.parse().map_err(|_| format!("{text} is no time; write 90s, 10m or 1h"))?;
    match number.checked_mul(unit).filter(|seconds| (1..=7 * 24 * 3600).contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(format!("{text} is not between 1s and a week")),
    }
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Io { what, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_bounds() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("1h"), Ok(Duration::from_hours(1)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for wrong in ["", "s", "-1s", "0", "1d", "99999999999999999999h", "9000h", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
