//! `audit triage`: files what a fuzzer found.

use super::{Common, Failure, Found};
use crate::corpus::record::Case;
use crate::fuzz::Target;
use crate::triage::artifact::target_of;
use crate::triage::{self, Context, Filed, TriageError};
use clap::Args;
use std::path::PathBuf;

/// `audit triage`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit triage fuzz/artifacts/source/crash-*
  audit triage --target bytecode odd.flinc --by \"a user's report\"

Each file is replayed in a child process, made smaller while it fails in the same way, and filed in
crash-corpus/<target>/<name>/ with a record: when, by what, how it fails, and which vector it belongs to: one whose guard
stands nowhere any more, or next to the failure, or else one that the target covers and whose case falls too. Where there
is none, a new X vector is drafted, open and runnable.
What is filed already stays as it is. When a failure is mended, say so in its record (`fixed_in`).

Exit codes: 0 nothing fails, 1 something was filed or is known to fail, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Triage {
    /// Inputs that fail
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The fuzz target that replays them [default: the one that the path names]
    #[arg(long)]
    target: Option<String>,
    /// Who or what found them
    #[arg(long, default_value = "audit triage", value_name = "WHO")]
    by: String,
    /// What the fuzzer said, for a place that a replay cannot see
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Most candidates that the reduction tries
    #[arg(long, default_value_t = TRIES_MAX, value_name = "N")]
    tries: usize,
}

/// Enough for a few hundred bytes, within seconds.
pub(super) const TRIES_MAX: usize = 400;

impl Triage {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let runner = super::runner()?;
        let log = self.log.as_ref().map(std::fs::read_to_string).transpose();
        let log = log.map_err(|error| Failure::Usage(format!("--log: {error}")))?;
        let context = Context { by: self.by.clone(), day: today(), tries_max: self.tries, log };
        let mut fails = false;
        for path in &self.files {
            let target = self.target(path)?;
            let input = std::fs::read(path);
            let input = input.map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            let filed = triage::file(&repository, &runner, target, input, &context)?;
            fails |= filed != Filed::Harmless;
            if !common.quiet || filed != Filed::Harmless {
                out!("{}", describe(&path.display().to_string(), &filed));
            }
        }
        Ok(Found::from(!fails))
    }

    fn target(&self, path: &std::path::Path) -> Result<&'static Target, Failure> {
        match &self.target {
            Some(name) => super::fuzz_target(name),
            None => target_of(path)
                .ok_or_else(|| Failure::Usage(TriageError::NoTarget { path: path.to_owned() }.to_string())),
        }
    }
}

/// Today, in UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// What became of an artifact, for a person.
pub(super) fn describe(artifact: &str, filed: &Filed) -> String {
    match filed {
        Filed::Harmless => format!("{artifact}: harmless here"),
        Filed::Twin { case, vector, came_back } => {
            let vector = vector.as_ref().map_or(String::new(), |vector| format!(", {vector}"));
            let came_back = if *came_back { ", which was mended: it has come back" } else { "" };
            format!("{artifact}: known as {case}{vector}{came_back}")
        }
        Filed::New { case, vector, because, seen, bytes } => {
            let place = seen.place.as_ref().map_or(String::new(), |place| format!(" at {place}"));
            let vector = match because {
                Some(because) => format!("belongs to {vector}, because {because}"),
                None => format!("drafted {vector}"),
            };
            format!(
                "{artifact}: {}{place}: {}\n  {vector}; filed as crash-corpus/{case}, {} of {} bytes\n  see it: cargo run -p audit -- replay {case}",
                seen.outcome,
                seen.message.lines().next().unwrap_or_default(),
                bytes.1,
                bytes.0,
            )
        }
    }
}

impl From<TriageError> for Failure {
    fn from(error: TriageError) -> Self {
        Self::Triage(Box::new(error))
    }
}

/// The child that replays inputs of one target: `audit __replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayChild {
    target: String,
    /// Inputs; without any, all of the target's that must be harmless.
    files: Vec<PathBuf>,
    #[command(flatten)]
    sandbox: super::child::Sandbox,
}

/// As large as a fuzzer's main thread has, and more: frames of unoptimised builds are larger.
const STACK_BYTES: usize = 64 << 20;
/// What a Rust program's main thread ends with when it panics.
const PANICKED: u8 = 101;
const UNUSABLE: u8 = 3;

impl ReplayChild {
    pub(super) fn run(self) -> std::process::ExitCode {
        use std::process::ExitCode;
        let mut channel = match self.sandbox.enter() {
            Ok(channel) => channel,
            Err(code) => return code,
        };
        let inputs = match self.inputs() {
            Ok(inputs) => inputs,
            Err(why) => {
                channel.unusable(why);
                return ExitCode::from(UNUSABLE);
            }
        };
        let Some(target) = Target::by_name(&self.target) else {
            channel.unusable(format_args!("there is no target {}", self.target));
            return ExitCode::from(UNUSABLE);
        };
        let replay = move || {
            for (path, input) in inputs {
                channel.trying(path.display());
                target.run(&input);
            }
            channel.alive();
            channel.end();
        };
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(replay);
        match thread.map(std::thread::JoinHandle::join) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(_)) => ExitCode::from(PANICKED),
            Err(_) => ExitCode::from(UNUSABLE),
        }
    }

    fn inputs(&self) -> Result<Vec<(PathBuf, Vec<u8>)>, Box<dyn std::error::Error>> {
        let mut paths = self.files.clone();
        if paths.is_empty() {
            let repository = crate::repository();
            paths = crate::corpus::seeds(&repository, &self.target)?;
            let cases = crate::corpus::cases(&repository, &self.target)?;
            paths.extend(cases.iter().filter(|case| !case.record.is_open()).map(Case::input));
        }
        let read = |path: PathBuf| Ok((path.clone(), std::fs::read(path)?));
        paths.into_iter().map(read).collect()
    }
}
