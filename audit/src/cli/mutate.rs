//! `audit mutate bytecode|source`: a fixed number of mutants in this process; what failed is written down.

use super::{Common, Failure, Found};
use crate::mutate::bytecode::Bytecode;
use crate::mutate::source::Source;
use crate::mutate::{self, Mutator, Span, Summary};
use clap::{Args, ValueEnum};
use std::path::Path;

/// Inputs between two lines of progress.
const PROGRESS_EVERY: u64 = 50_000;

/// `audit mutate`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  audit mutate bytecode --count 1000000\n  audit mutate source --from 4711 --count 1   one input again\n\nBuild with --release. Inputs that fail are written to fuzz/artifacts/mutate/."
)]
pub(super) struct Mutate {
    /// What to mutate
    what: What,
    /// How many inputs
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// Which sequence of inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first input
    #[arg(long, default_value_t = 0)]
    from: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Modules that the compiler made, changed and sealed again
    Bytecode,
    /// Sources of the repository
    Source,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Source => "source",
        }
    }
}

impl Mutate {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let io = |what| move |error| Failure::Io { what, error };
        let summary = match self.what {
            What::Bytecode => self.judge(Bytecode::default(), common)?,
            What::Source => {
                let mutator = Source::of_repository(&repository).map_err(io("cannot read the programs"))?;
                self.judge(mutator, common)?
            }
        };
        let shallow = self.what == What::Bytecode && !deep_enough(&summary);
        self.print(&summary);
        if shallow {
            out!("too few mutants load or verify: at least half and a tenth are wanted");
        }
        self.keep(&summary, &repository).map_err(io("cannot write what failed"))?;
        let fine = summary.failed == 0 && summary.hung.is_none() && !summary.grew() && !shallow;
        Ok(Found::from(fine))
    }

    fn judge(&self, mutator: impl Mutator, common: Common) -> Result<Summary, Failure> {
        let span = Span { seed: self.seed, from: self.from, count: self.count };
        let mut shown = 0;
        let progress = |done: u64| {
            if !common.quiet && done / PROGRESS_EVERY > shown {
                shown = done / PROGRESS_EVERY;
                eprintln!("{done} of {}", self.count);
            }
        };
        mutate::run(mutator, span, progress)
            .map_err(|error| Failure::Io { what: "cannot start a thread", error })
    }

    fn print(&self, summary: &Summary) {
        let percent = |n: u64| n as f64 * 100.0 / summary.inputs.max(1) as f64;
        let counts: Vec<String> = summary
            .counts
            .iter()
            .map(|(name, count)| format!("{count} {name} ({:.1} %)", percent(*count)))
            .collect();
        out!(
            "{}: {} mutants of seed {} in {:.0} s: {}; {} failed, {} hung",
            self.what.name(),
            summary.inputs,
            self.seed,
            summary.took.as_secs_f64(),
            counts.join(", "),
            summary.failed,
            u8::from(summary.hung.is_some()),
        );
        let (slowest, number) = summary.slowest;
        out!("slowest: {:.1} ms (input {number})", slowest.as_secs_f64() * 1000.0);
        if let Some((most, least)) = summary.resident_kib {
            let grew = if summary.grew() { ": it grew" } else { "" };
            out!(
                "resident memory: at most {most} KiB in the second quarter, at least {least} KiB in the last{grew}"
            );
        }
        if let Some(number) = summary.hung {
            out!("input {number} did not end in {} s", mutate::INPUT_TIME_MAX.as_secs());
        }
        for failure in &summary.described {
            out!("input {}: {}", failure.number, failure.message);
        }
    }

    fn keep(&self, summary: &Summary, repository: &Path) -> std::io::Result<()> {
        if summary.described.is_empty() {
            return Ok(());
        }
        let folder = repository.join("fuzz/artifacts/mutate");
        std::fs::create_dir_all(&folder)?;
        for failure in &summary.described {
            let name = format!("{}-{}-{}", self.what.name(), self.seed, failure.number);
            std::fs::write(folder.join(name), &failure.input)?;
        }
        Ok(())
    }
}

/// Do at least half of the mutants load and a tenth verify? Otherwise they say little about what lies behind the loader.
fn deep_enough(summary: &Summary) -> bool {
    let count =
        |wanted| summary.counts.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, count)| *count);
    count(mutate::bytecode::LOADED) * 2 >= summary.inputs
        && count(mutate::bytecode::VERIFIED) * 10 >= summary.inputs
}
