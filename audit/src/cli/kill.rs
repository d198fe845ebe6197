//! `audit kill`: real processes, killed while they save.

use super::{Common, Failure, Found};
use crate::drivers::kill;
use clap::Args;

/// `audit kill`
#[derive(Debug, Args)]
#[command(after_help = "Example:
  audit kill --times 300

Exit codes: 0 nothing acknowledged was lost, 1 something was, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Kill {
    /// How many processes
    #[arg(long, default_value_t = 300)]
    times: u32,
}

impl Kill {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let flin = crate::shipped::flin()?;
        let summary = kill::run(&flin, self.times, common.jobs())?;
        out!("{}", summary.line());
        for what in summary.lost.iter().chain(&summary.corrupted) {
            eprintln!("{what}");
        }
        Ok(summary.holds(self.times).into())
    }
}
