//! A whole audit for a project that brings its own vectors, drivers and guards: `list`, `run` and `prove` in a few lines.
//!
//! A vector's case is a function; it runs in a child process of the same program, under limits, and is judged from
//! outside like every other. `prove` runs it with each of its guards switched off and must see one of the outcomes that
//! the vector claims.

use super::sandbox::{self, Job};
use super::{Channel, HarnessError, Limits, Outcome, Verdict, verdict};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// One crash vector.
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    /// `D-01`.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What keeps it harmless, by name.
    pub guards: &'static [&'static str],
    /// What must be seen without a guard: any of these.
    pub without: &'static [Outcome],
    /// Tries all inputs. The harness adds the end.
    pub case: fn(&mut Channel),
}

/// A project's vectors, and what it needs to have them run.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// What is audited.
    pub name: &'static str,
    /// Its vectors.
    pub vectors: &'static [Vector],
    /// Switches a guard off for the rest of the process; false where it cannot, as in an ordinary build.
    pub switch_off: fn(&str) -> bool,
    /// Does the subject still serve? Asked at the end of every case.
    pub probe: fn() -> bool,
    /// What each case may use.
    pub limits: Limits,
}

#[derive(Debug, Parser)]
#[command(
    after_help = "Exit codes: 0 as claimed, 1 a vector fell or did not bite, 2 wrong usage, 3 nothing is known"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The vectors, a line each
    List,
    /// Runs cases, each in a child process
    Run {
        /// Vectors; all when none is named
        ids: Vec<String>,
    },
    /// Takes each guard away and looks what happens
    Prove {
        /// Vectors; all when none is named
        ids: Vec<String>,
    },
    #[command(name = "__case", hide = true)]
    Case {
        id: String,
        #[arg(long)]
        off: Option<String>,
    },
}

const FELL: u8 = 1;
const UNKNOWN: u8 = 3;

impl Suite {
    /// The command line of the project's audit.
    pub fn main(&self) -> ExitCode {
        let done = match Cli::parse().command {
            Command::List => {
                for vector in self.vectors {
                    println!("{:<6} {} ({})", vector.id, vector.title, vector.guards.join(", "));
                }
                Ok(true)
            }
            Command::Run { ids } => self.each(&ids, |vector| self.hold(vector)),
            Command::Prove { ids } => self.each(&ids, |vector| self.prove(vector)),
            Command::Case { id, off } => return self.case(&id, off.as_deref()),
        };
        match done {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(FELL),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(UNKNOWN)
            }
        }
    }

    fn each(
        &self,
        ids: &[String],
        judge: impl Fn(&Vector) -> Result<bool, HarnessError>,
    ) -> Result<bool, HarnessError> {
        let mut fine = true;
        for vector in self.vectors.iter().filter(|v| ids.is_empty() || ids.iter().any(|id| id == v.id)) {
            fine &= judge(vector)?;
        }
        Ok(fine)
    }

    fn hold(&self, vector: &Vector) -> Result<bool, HarnessError> {
        let seen = self.observe(vector, None)?;
        println!(
            "{:<6} {:<16} {:>5} inputs  {} {}",
            vector.id, seen.outcome, seen.inputs, vector.title, seen.detail
        );
        Ok(seen.outcome == Outcome::Held)
    }

    fn prove(&self, vector: &Vector) -> Result<bool, HarnessError> {
        let mut proved = self.hold(vector)?;
        for guard in vector.guards {
            let seen = self.observe(vector, Some(guard))?;
            let bites = vector.without.contains(&seen.outcome);
            let word = if bites { "bites" } else { "DOES NOT BITE" };
            println!("       without {guard}: {} ({word}) {}", seen.outcome, seen.detail);
            proved &= bites;
        }
        Ok(proved)
    }

    fn observe(&self, vector: &Vector, off: Option<&str>) -> Result<Verdict, HarnessError> {
        let program = std::env::current_exe()
            .map_err(|error| HarnessError::Spawn { program: "this program".to_owned(), error })?;
        let mut args = vec!["__case".into(), vector.id.into()];
        if let Some(guard) = off {
            args.extend(["--off".into(), guard.into()]);
        }
        let job = Job { label: vector.id.to_owned(), program, args, limits: self.limits, backtrace: false };
        verdict::judge(vector.id, &sandbox::observe(&job)?)
    }

    /// The child.
    fn case(&self, id: &str, off: Option<&str>) -> ExitCode {
        let limited = self.limits.apply();
        let mut channel = Channel::open();
        let Some(vector) = self.vectors.iter().find(|vector| vector.id == id) else {
            channel.unusable(format_args!("{} has no vector {id}", self.name));
            return ExitCode::from(UNKNOWN);
        };
        if let Err(error) = limited {
            channel.unusable(error);
            return ExitCode::from(UNKNOWN);
        }
        if let Some(guard) = off.filter(|guard| !(self.switch_off)(guard)) {
            channel.unusable(format_args!("{guard} cannot be switched off in this build"));
            return ExitCode::from(UNKNOWN);
        }
        (vector.case)(&mut channel);
        if (self.probe)() {
            channel.alive();
        }
        channel.end();
        ExitCode::SUCCESS
    }
}
