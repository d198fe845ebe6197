//! Does a target find what breaks when a guard of its modules is switched off?
//!
//! The fuzz targets are built with the knock-out, and each is run from its committed seeds without one guard after the
//! other, for [`SECONDS_MAX`] at most. A control run with all guards on must find nothing.

use super::programs::Programs;
use super::{GUARDS_LEFT_OUT, MODULES_LEFT_OUT, TARGETS, Target, campaign, lies_in};
use flin_runtime::base::guard::Guard;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A target that finds nothing in so long misses.
pub const SECONDS_MAX: u64 = 60;
/// What the page says where nothing was found.
pub(super) const NOTHING: &str = "**nothing**";
/// An input that takes longer hangs.
const HANG_SECONDS: u64 = 10;
const MEMORY_MB_MAX: u64 = 2048;

/// One guard and one target that is for its module.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The guard that is off.
    pub guard: Guard,
    /// The target that looks for what breaks.
    pub target: &'static Target,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was found, by [`kind_of`]; none when nothing was.
    pub found: Option<&'static str>,
    /// When.
    pub took: Duration,
    /// What the fuzzer said.
    pub said: String,
}

/// All pairs, or those of one target.
pub fn pairs(only: Option<&str>) -> Vec<Pair> {
    let targets = TARGETS.iter().filter(|target| only.is_none_or(|only| only == target.name));
    let pairs = targets.flat_map(|target| {
        let guards = Guard::ALL.iter().filter(|guard| target.is_for(guard.module()));
        guards.map(move |guard| Pair { guard: *guard, target })
    });
    pairs.collect()
}

/// The fuzz targets of the knock-out build.
#[derive(Debug)]
pub struct Fuzzers {
    repository: PathBuf,
    programs: Programs,
}

impl Fuzzers {
    /// Builds them.
    pub fn build(repository: &Path) -> io::Result<Self> {
        Ok(Self { repository: repository.to_owned(), programs: Programs::build_knock_out(repository)? })
    }

    /// Runs a target from its seeds, without a guard, until it finds something.
    pub fn search(&self, pair: Pair) -> io::Result<Run> {
        self.run(pair.target, pair.guard.name(), &[format!("-max_total_time={SECONDS_MAX}")])
    }

    /// Runs the seeds of a target with every guard on.
    pub fn control(&self, target: &Target) -> io::Result<Run> {
        self.run(target, "", &["-runs=0".to_owned()])
    }

    fn run(&self, target: &Target, off: &str, options: &[String]) -> io::Result<Run> {
        let work = tempfile::tempdir()?;
        let mut command = campaign::search(&self.repository, &self.programs, target, work.path())?;
        command.args(["-seed=1".to_owned(), format!("-timeout={HANG_SECONDS}")]);
        command.args(options);
        command.arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"));
        command.arg(format!("-artifact_prefix={}/artifact-", work.path().display()));
        if !off.is_empty() {
            command.env("FLIN_KNOCK_OUT", off);
        }
        let began = Instant::now();
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let found = (!output.status.success()).then(|| kind_of(&said));
        Ok(Run { found, took: began.elapsed(), said })
    }
}

/// What a fuzzer's last words mean, in the audit's terms.
fn kind_of(said: &str) -> &'static str {
    let kinds = [
        ("stack-overflow", "stack-overflow"),
        ("out-of-memory", "out-of-memory"),
        ("allocation-size-too-big", "out-of-memory"),
        ("libFuzzer: timeout", "hang"),
        ("a law is broken", "wrong-result"),
        ("should be", "wrong-result"),
        ("panicked at", "panic"),
    ];
    kinds.iter().find(|(word, _)| said.contains(word)).map_or("crash", |(_, kind)| kind)
}

/// The page for `reports/`.
pub fn page(results: &[(Pair, Run)]) -> String {
    let mut page = format!(
        "# What the fuzz targets find without a guard\n\nWritten by `cargo run -p audit -- fuzz knockout`: each target, built with the knock-out and started from its committed seeds, looks for at most {SECONDS_MAX} s for what breaks without the guard. With all guards on it must find nothing.\n\n| guard | module | target | found | after |\n|---|---|---|---|--:|\n",
    );
    for (pair, run) in results {
        let (guard, target) = (pair.guard, pair.target.name);
        let found = run.found.unwrap_or(NOTHING);
        let after = format!("{:.1} s", run.took.as_secs_f64());
        let _ = writeln!(page, "| {} | {} | {target} | {found} | {after} |", guard.name(), guard.module());
    }
    page + &left_out()
}

/// The guards that no target is for, and why.
fn left_out() -> String {
    let mut text = "\nNo target is for:\n\n".to_owned();
    let alone = Guard::ALL.iter().filter(|guard| TARGETS.iter().all(|target| !target.is_for(guard.module())));
    for guard in alone {
        let reason = why_left_out(*guard).unwrap_or("its module has no target yet");
        let _ = writeln!(text, "- {} in {}: {reason}", guard.name(), guard.module());
    }
    text
}

fn why_left_out(guard: Guard) -> Option<&'static str> {
    let by_name = GUARDS_LEFT_OUT.iter().find(|(name, _)| *name == guard.name());
    let by_module = || MODULES_LEFT_OUT.iter().find(|(module, _)| lies_in(guard.module(), module));
    by_name.or_else(by_module).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::finders::Finders;

    #[test]
    fn last_words_have_a_meaning() {
        assert_eq!(kind_of("==1==ERROR: AddressSanitizer: stack-overflow on address"), "stack-overflow");
        assert_eq!(kind_of("==1== ERROR: libFuzzer: out-of-memory (malloc(9))"), "out-of-memory");
        assert_eq!(kind_of("thread panicked at a.rs:1: line 2 should be 3"), "wrong-result");
        assert_eq!(kind_of("thread panicked at a.rs:1:\nindex"), "panic");
        assert_eq!(kind_of("?"), "crash");
    }

    #[test]
    fn pairs_follow_from_modules() {
        let text = pairs(Some("unicode_text"));
        assert!(text.iter().any(|pair| pair.guard == Guard::TextBoundary));
        assert!(text.iter().all(|pair| pair.guard != Guard::Verifier));
        assert!(pairs(None).len() > text.len());
    }

    #[test]
    fn the_page_says_where_nothing_was_found() {
        let pair = pairs(Some("bytecode"))[0];
        let run = Run { found: None, took: Duration::from_millis(60_200), said: String::new() };
        let (guard, module) = (pair.guard.name(), pair.guard.module());
        let line = format!("| {guard} | {module} | bytecode | **nothing** | 60.2 s |");
        let page = page(&[(pair, run.clone()), (pair, Run { found: Some("panic"), ..run })]);
        assert!(page.contains(&line));
        let bitten = format!("| {guard} | {module} | bytecode | panic | 1 s |");
        assert_eq!(Finders::parse(&page), Finders::parse(&bitten), "what is written can be read");
    }

    #[test]
    fn the_committed_page_says_why_guards_are_left_out() {
        let committed =
            std::fs::read_to_string(crate::repository().join(super::super::finders::PAGE)).unwrap();
        let left_out = left_out();
        assert!(committed.ends_with(&left_out), "stale: the page must end with\n{left_out}");
        assert!(left_out.contains("- TransactionPanic in store::commit::stage: its guard stops panics"));
    }
}
