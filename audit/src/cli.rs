//! The command line: what each command is called, what it takes, and which exit code it gives.
//!
//! Exit codes: 0 all holds, 1 a vector fell, 2 wrong usage, 3 the audit itself failed.

/// Prints a line. Nobody who reads any more is no failure, and the end.
macro_rules! out {
    ($($text:tt)*) => {
        $crate::cli::line(format_args!($($text)*))
    };
}

mod child;
mod corpus;
mod fuzz;
mod gate;
mod kill;
mod list;
mod mutants;
mod mutate;
mod progress;
mod prove;
mod replay;
mod report;
mod repro;
mod run;
mod show;
mod soak;
mod surface;
mod triage;

use crate::catalogue::{Catalogue, CatalogueError, Claim, Entry};
use crate::harness::HarnessError;
use clap::{Args, Parser, Subcommand, ValueEnum};
use flin_runtime::base::diagnostic::nearest;
use std::num::NonZeroUsize;
use std::process::ExitCode;

fn line(text: std::fmt::Arguments<'_>) {
    use std::io::{ErrorKind, Write as _};
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            eprintln!("audit: cannot print: {error}");
            std::process::exit(3);
        }
    }
}

const AFTER: &str = "\
Exit codes:
  0  everything is as claimed
  1  a vector fell, or a proof failed
  2  wrong usage
  3  the audit itself failed: nothing is known about the runtime

Environment:
  NO_COLOR  set to anything: no colour

Examples:
  cargo run -p audit -- report              every vector, quickly, and the pages in reports/
  cargo run -p audit -- run --tier 1        the cases of tier 1
  cargo run -p audit -- show T1-08          what a vector is, and what guards against it
  cargo run -p audit -- prove T1-08 T3-01   what happens without their guards
  cargo run -p audit -- repro T3-01         see it by hand, with the shipped binary";

/// Ways to crash FLIN, each a case that anyone can run again.
#[derive(Debug, Parser)]
#[command(name = "audit", after_help = AFTER, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command takes.
#[derive(Clone, Copy, Debug, Args)]
struct Common {
    /// Only what is wrong, and no progress
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Cases at a time [default: as many as there are cores, and one more where they are only run]
    #[arg(long, short, global = true, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Common {
    fn jobs(self) -> usize {
        self.jobs.map_or_else(crate::harness::schedule::jobs_default, NonZeroUsize::get)
    }

    /// Cases that are run as they are: many wait for a socket or a clock, and one more keeps the cores busy meanwhile.
    fn jobs_that_wait(self) -> usize {
        self.jobs.map_or_else(|| crate::harness::schedule::jobs_default() + 1, NonZeroUsize::get)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The catalogue, a line a vector
    List(list::List),
    /// One vector: what, why, its guards, and how to run it by hand
    Show(show::Show),
    /// Runs cases, each in a child process with limits of its own
    Run(run::Run),
    /// Runs every case, prints the table and writes reports/
    Report(report::Report),
    /// Takes the guards away and shows what each one held back
    Prove(prove::Prove),
    /// Prints and runs the shortest way to see a vector by hand
    Repro(repro::Repro),
    /// Kills saving processes and looks whether anything acknowledged is gone
    Kill(kill::Kill),
    /// Puts a server under mixed traffic for minutes, and compares what it holds
    Soak(soak::Soak),
    /// Runs a fixed number of mutated modules or sources, and counts
    Mutate(mutate::Mutate),
    /// Runs the fuzz targets within a budget, and measures how good they are
    Fuzz(fuzz::Fuzz),
    /// Files what a fuzzer found: replayed, made smaller, classified, named
    Triage(triage::Triage),
    /// Every committed input again, on stable and without a fuzzer
    Replay(replay::Replay),
    /// Keeps the fuzz targets' corpora small
    Corpus(corpus::Corpus),
    /// Everything that must hold before a release, on one screen
    Gate(gate::Gate),
    /// Changes the runtime in small ways and looks whether a test notices
    Mutants(mutants::Mutants),
    /// Counts the panicking calls left in the release binary
    Surface(surface::Surface),
    #[command(name = "__replay", hide = true)]
    ReplayChild(triage::ReplayChild),
    #[command(name = "__case", hide = true)]
    Case(child::Case),
    #[command(name = "__counter-model", hide = true)]
    CounterModel(child::CounterModel),
    #[command(name = "__specimen", hide = true)]
    Specimen(child::SpecimenArgs),
}

/// Tiers as options name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tier {
    /// Certain
    #[value(name = "1")]
    One,
    /// Probable
    #[value(name = "2")]
    Two,
    /// Edge cases
    #[value(name = "3")]
    Three,
    /// Found since
    #[value(name = "X", alias = "x")]
    Found,
}

impl From<Tier> for crate::catalogue::Tier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::One => Self::One,
            Tier::Two => Self::Two,
            Tier::Three => Self::Three,
            Tier::Found => Self::Found,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Harness(#[from] HarnessError),
    #[error(transparent)]
    Report(#[from] crate::report::ReportError),
    #[error(transparent)]
    Proof(#[from] crate::prove::ProofError),
    #[error(transparent)]
    Kill(#[from] crate::drivers::kill::KillError),
    #[error(transparent)]
    Soak(#[from] crate::soak::SoakError),
    #[error(transparent)]
    Shipped(#[from] crate::shipped::ShippedError),
    #[error(transparent)]
    Triage(Box<crate::triage::TriageError>),
    #[error(transparent)]
    Surface(#[from] crate::surface::SurfaceError),
    #[error(transparent)]
    Baseline(#[from] crate::gate::baseline::BaselineError),
    #[error(transparent)]
    Performance(#[from] crate::gate::performance::PerformanceError),
    #[error(transparent)]
    Corpus(#[from] crate::corpus::CorpusError),
    #[error("{what}: {error}")]
    Io { what: &'static str, error: std::io::Error },
}

/// What a command that did its work found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    AsClaimed,
    Fallen,
}

impl From<bool> for Found {
    fn from(as_claimed: bool) -> Self {
        if as_claimed { Self::AsClaimed } else { Self::Fallen }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let common = cli.common;
    let done = match cli.command {
        Command::List(list) => list.run(),
        Command::Show(show) => show.run(),
        Command::Run(run) => run.run(common),
        Command::Report(report) => report.run(common),
        Command::Prove(prove) => prove.run(common),
        Command::Repro(repro) => repro.run(),
        Command::Kill(kill) => kill.run(common),
        Command::Soak(soak) => soak.run(),
        Command::Mutate(mutate) => mutate.run(common),
        Command::Fuzz(fuzz) => fuzz.run(common),
        Command::Triage(triage) => triage.run(common),
        Command::Replay(replay) => replay.run(common),
        Command::Corpus(corpus) => corpus.run(common),
        Command::Gate(gate) => gate.run(common),
        Command::Mutants(mutants) => mutants.run(common),
        Command::Surface(surface) => surface.run(common),
        Command::ReplayChild(replay) => return replay.run(),
        Command::Case(case) => return case.run(),
        Command::CounterModel(model) => return model.run(),
        Command::Specimen(specimen) => return specimen.run(),
    };
    match done {
        Ok(Found::AsClaimed) => ExitCode::SUCCESS,
        Ok(Found::Fallen) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("audit: {failure}");
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 3 })
        }
    }
}

/// Children of commands are copies of this program.
fn runner() -> Result<crate::cases::Runner, Failure> {
    let runner = crate::cases::Runner::this_program();
    runner.map_err(|error| Failure::Io { what: "cannot find this program", error })
}

/// The fuzz target of that name.
fn fuzz_target(name: &str) -> Result<&'static crate::fuzz::Target, Failure> {
    let names: Vec<&str> = crate::fuzz::TARGETS.iter().map(|target| target.name).collect();
    crate::fuzz::Target::by_name(name).ok_or_else(|| unknown("fuzz target", name, &names))
}

/// A name that nothing has: with the one that was probably meant, or with all there are.
fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    Failure::Usage(match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no {what} {name}; did you mean {near}?"),
        None => format!("there is no {what} {name}; there are {}", known.join(", ")),
    })
}

/// The vector of that id.
fn vector<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Entry, Failure> {
    catalogue.find(id).ok_or_else(|| {
        let ids = catalogue.entries.iter().map(|entry| entry.vector.id.as_str());
        Failure::Usage(match nearest(&id.to_ascii_uppercase(), ids) {
            Some(near) => format!("there is no vector {id}; did you mean {near}? `audit list` shows all"),
            None => format!("there is no vector {id}; `audit list` shows all"),
        })
    })
}

fn catalogue() -> Result<Catalogue, Failure> {
    Ok(Catalogue::load(&crate::repository())?)
}

/// The vectors that the ids and the tier select; all encoded ones when nothing is said.
fn select<'a>(
    catalogue: &'a Catalogue,
    ids: &[String],
    tier: Option<Tier>,
) -> Result<Vec<&'a Entry>, Failure> {
    if ids.is_empty() {
        let tier = tier.map(crate::catalogue::Tier::from);
        let chosen =
            catalogue.entries.iter().filter(|entry| tier.is_none_or(|tier| tier == entry.vector.tier));
        return Ok(chosen.filter(|entry| entry.vector.is_encoded()).collect());
    }
    let mut chosen = Vec::new();
    for id in ids {
        let entry = vector(catalogue, id)?;
        if entry.vector.status == Claim::NotEncoded {
            return Err(Failure::Usage(format!(
                "{} is not encoded yet: there is nothing to run",
                entry.vector.id
            )));
        }
        chosen.push(entry);
    }
    Ok(chosen)
}
