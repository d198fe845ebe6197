//! `audit soak`: a server under good and hostile traffic, and what it holds before and after.

use super::{Failure, Found};
use crate::soak::{self, Door};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// `audit soak`
#[derive(Debug, Args)]
#[command(after_help = "Example:
  audit soak --minutes 10 --flin target/release/flin

Exit codes: 0 it ends with what it had, 1 it does not, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Soak {
    /// For how long
    #[arg(long, default_value_t = 10.0, value_name = "N")]
    minutes: f64,
    /// The binary; built as people run it where it is not given
    #[arg(long, value_name = "PATH")]
    flin: Option<PathBuf>,
}

impl Soak {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let time = Duration::try_from_secs_f64(self.minutes * 60.0)
            .map_err(|error| Failure::Usage(format!("--minutes: {error}")))?;
        let flin = self.flin.clone().map_or_else(crate::shipped::flin, Ok)?;
        let soaked = soak::run(&flin, time)?;
        out!("calm  descriptors  connections  executions  tasks  threads  resident KiB");
        for (held, number) in soaked.calm.iter().zip(1_u32..) {
            out!(
                "{number:<6}{:>11}{:>13}{:>12}{:>7}{:>9}{:>14}",
                held.descriptors,
                held.connections,
                held.executions,
                held.tasks,
                held.threads,
                held.resident_kib
            );
        }
        let counts = soaked.total();
        let served = Door::ALL.iter().zip(counts.served);
        let served: Vec<String> = served.map(|(door, served)| format!("{served} {}", door.name())).collect();
        out!(
            "served: {}; {} told to come back, {} not served; {} hostile attempts",
            served.join(", "),
            counts.busy,
            counts.unserved,
            counts.hostile
        );
        Ok(soaked.holds().into())
    }
}
