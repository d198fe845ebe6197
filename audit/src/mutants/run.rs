//! Runs cargo-mutants over a random sample of the mutants of the modules that matter, within a budget.
//!
//! The sample is drawn with a seed from all of them, and tried in random order: what a budget leaves undone makes the
//! sample smaller and not unfair.

use super::record::{Mutants, read_outcomes};
use crate::mutate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The guards' modules and what they protect: below `runtime/src`, and what they are called in the report.
pub const MODULES: [(&str, &str); 5] = [
    ("value", "value"),
    ("vm", "vm"),
    ("code::verify", "code/verify"),
    ("store", "store"),
    ("server::gate", "server/gate"),
];

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names among [`MODULES`]; all when none is named.
    pub modules: Vec<String>,
    /// The K-th of N parts of the mutants, counted from 1.
    pub shard: Option<(usize, usize)>,
    /// How many are drawn.
    pub sample: usize,
    /// With what.
    pub seed: u64,
    /// For all of them together.
    pub total: Duration,
    /// A mutant whose tests take longer is caught.
    pub per_mutant: Duration,
    /// How many at a time; each has a copy of its own.
    pub jobs: usize,
}

impl Plan {
    fn modules(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let chosen = |name: &str| self.modules.is_empty() || self.modules.iter().any(|wanted| wanted == name);
        MODULES.into_iter().filter(move |(name, _)| chosen(name))
    }

    /// Draws the sample from all mutants.
    fn draw(&self, mut names: Vec<Listed>) -> Vec<Listed> {
        names.sort();
        if let Some((part, parts)) = self.shard {
            names = names.into_iter().skip(part - 1).step_by(parts).collect();
        }
        let mut random = Random::new(self.seed, 0);
        let count = self.sample.min(names.len());
        for at in 0..count {
            let other = at + random.below(names.len() - at);
            names.swap(at, other);
        }
        names.truncate(count);
        names
    }
}

/// The module of the report that a file belongs to.
fn module_of(file: &str) -> Option<&'static str> {
    let below = file.strip_prefix("runtime/src/")?;
    let holds =
        |path: &str| below.strip_prefix(path).is_some_and(|rest| rest.starts_with('/') || rest == ".rs");
    MODULES.into_iter().find(|(_, path)| holds(path)).map(|(name, _)| name)
}

/// Runs the plan, and gives what was seen.
pub fn run(repository: &Path, plan: &Plan, mut say: impl FnMut(&str)) -> io::Result<Mutants> {
    let listed = listed(repository, plan)?;
    let population = listed.len();
    let sample = plan.draw(listed);
    say(&format!("{} of {population} mutants, drawn with seed {}", sample.len(), plan.seed));
    let mut mutants = Mutants { seed: plan.seed, population, ..Mutants::default() };
    if sample.is_empty() {
        return Ok(mutants);
    }
    let folder = tempfile::tempdir()?;
    let lines = folder.path().join("lines.diff");
    std::fs::write(&lines, lines_of(&sample, |file| std::fs::read_to_string(repository.join(file)))?)?;
    let mut command = command(repository, plan)?;
    command.arg("--re").arg(exactly(&sample)).arg("--in-diff").arg(lines).arg("--output").arg(folder.path());
    // For the tests' own programs: one test that fails is enough.
    command.args(["--", "--", "-Zunstable-options", "--fail-fast"]);
    let said = within(&mut command, plan.total)?;
    // What was judged before the time was over counts; the file is written after each mutant.
    if let Ok(outcomes) = std::fs::read_to_string(folder.path().join("mutants.out/outcomes.json")) {
        mutants.modules = read_outcomes(&outcomes, module_of)?;
    }
    judged(mutants, plan.total, &said)
}

/// A sample of which nothing was judged says nothing, and is no record.
fn judged(mutants: Mutants, total: Duration, said: &str) -> io::Result<Mutants> {
    if !mutants.modules.is_empty() {
        return Ok(mutants);
    }
    let seconds = total.as_secs();
    Err(io::Error::other(format!(
        "no mutant was judged in {seconds} s, so the record stays as it is; the tests are compiled first: allow more with --total ({said})"
    )))
}

/// All mutants.
fn listed(repository: &Path, plan: &Plan) -> io::Result<Vec<Listed>> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--json", "--package", "runtime"]).current_dir(repository);
    for (_, path) in plan.modules() {
        command.arg("--file").arg(format!("runtime/src/{path}.rs"));
        command.arg("--file").arg(format!("runtime/src/{path}/**/*.rs"));
    }
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Listed {
    name: String,
    file: String,
    span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Span {
    start: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Place {
    line: usize,
}

/// A regular expression for these names and no others.
fn exactly(sample: &[Listed]) -> String {
    let escaped = |mutant: &Listed| {
        let mut text = String::new();
        for c in mutant.name.chars() {
            // `\\<` and `\\>` would stand for the ends of a word.
            if r"\.+*?()|[]{}^$#&-~".contains(c) {
                text.push('\\');
            }
            text.push(c);
        }
        text
    };
    format!("^(?:{})$", sample.iter().map(escaped).collect::<Vec<_>>().join("|"))
}

/// A change of exactly the lines that the sample lies on: some kinds of mutants heed no regular expression, and without
/// it all of them would be tried.
fn lines_of(sample: &[Listed], read: impl Fn(&str) -> io::Result<String>) -> io::Result<String> {
    let mut by_file: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for mutant in sample {
        by_file.entry(&mutant.file).or_default().insert(mutant.span.start.line);
    }
    let mut diff = String::new();
    for (file, lines) in by_file {
        let text = read(file)?;
        let _ = writeln!(diff, "--- a/{file}\n+++ b/{file}");
        for (before, line) in lines.into_iter().enumerate() {
            let content = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let _ = writeln!(diff, "@@ -{},0 +{line},1 @@\n+{content}", line.saturating_sub(before + 1));
        }
    }
    Ok(diff)
}

fn command(repository: &Path, plan: &Plan) -> io::Result<Command> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--package", "runtime", "--no-times", "--colors", "never", "--shuffle"]);
    // The unmutated tests are run by CI; here they would cost as much as a few mutants.
    command.args(["--baseline", "skip", "--timeout"]).arg(plan.per_mutant.as_secs().to_string());
    command.args(["--build-timeout"]).arg((plan.per_mutant.as_secs() * 5).to_string());
    command.arg("--jobs").arg(plan.jobs.to_string());
    command.args(["--cargo-arg=--lib"]).current_dir(repository);
    // What `--fail-fast` is for a stable toolchain: what is compiled stays stable, only what runs is told otherwise.
    command.env(format!("CARGO_TARGET_{}_RUNNER", host(repository)?), "env RUSTC_BOOTSTRAP=1");
    // Nobody debugs a mutant, and it is linked twice as fast.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Ok(command)
}

/// The target that is compiled for, as cargo's variables spell it.
fn host(repository: &Path) -> io::Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(repository).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| io::Error::other("`rustc -vV` names no host"))?;
    Ok(host.to_ascii_uppercase().replace('-', "_"))
}

/// Interrupts it when its time is over: cargo-mutants then cleans up its copies.
fn within(command: &mut Command, time: Duration) -> io::Result<String> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || stderr.map(io::read_to_string).transpose());
    while child.try_wait()?.is_none() {
        if began.elapsed() > time {
            let pid = rustix::process::Pid::from_child(&child);
            // One that has just ended is what we want.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
            child.wait()?;
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let said = said.join().ok().transpose()?.flatten().unwrap_or_default();
    Ok(said.trim().lines().last().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sample: usize, seed: u64) -> Plan {
        let (total, per_mutant) = (Duration::from_secs(1), Duration::from_secs(1));
        Plan { modules: Vec::new(), shard: None, sample, seed, total, per_mutant, jobs: 1 }
    }

    #[test]
    fn a_sample_of_which_nothing_was_judged_is_no_record() {
        let total = Duration::from_mins(5);
        let error = judged(Mutants::default(), total, "interrupted").unwrap_err().to_string();
        assert!(error.contains("in 300 s") && error.contains("(interrupted)"), "{error}");
        let modules = [("vm".to_owned(), super::super::record::Module::default())].into();
        assert!(judged(Mutants { modules, ..Mutants::default() }, total, "").is_ok());
    }

    fn listed(line: usize, change: &str) -> Listed {
        let file = "runtime/src/vm.rs".to_owned();
        Listed { name: format!("{file}:{line}:1: {change}"), file, span: Span { start: Place { line } } }
    }

    fn names() -> Vec<Listed> {
        (0..100).map(|line| listed(line, "replace a + b")).collect()
    }

    #[test]
    fn a_seed_draws_the_same_sample_and_another_one_another() {
        let drawn = plan(10, 7).draw(names());
        assert_eq!(drawn, plan(10, 7).draw(names().into_iter().rev().collect()));
        assert_ne!(drawn, plan(10, 8).draw(names()));
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 10);
        assert_eq!(plan(1000, 7).draw(names()).len(), 100);
    }

    #[test]
    fn parts_share_nothing() {
        let part = |part| Plan { shard: Some((part, 2)), ..plan(1000, 1) }.draw(names());
        assert_eq!(part(1).len(), 50);
        assert!(part(1).iter().all(|name| !part(2).contains(name)));
    }

    #[test]
    fn files_belong_to_modules() {
        assert_eq!(module_of("runtime/src/vm.rs"), Some("vm"));
        assert_eq!(module_of("runtime/src/code/verify/flow.rs"), Some("code::verify"));
        assert_eq!(module_of("runtime/src/code/verifying.rs"), None);
        assert_eq!(module_of("runtime/src/app.rs"), None);
    }

    #[test]
    fn names_are_taken_literally() {
        let expression = exactly(&[listed(1, "replace f -> Vec<(u8)>")]);
        assert_eq!(expression, r"^(?:runtime/src/vm\.rs:1:1: replace f \-> Vec<\(u8\)>)$");
    }

    #[test]
    fn only_lines_of_the_sample_are_changed() {
        let sample = [listed(3, "a"), listed(1, "b"), listed(3, "c")];
        let diff = lines_of(&sample, |_| Ok("one\ntwo\nthree\n".to_owned())).unwrap();
        let head = "--- a/runtime/src/vm.rs\n+++ b/runtime/src/vm.rs\n";
        assert_eq!(diff, format!("{head}@@ -0,0 +1,1 @@\n+one\n@@ -1,0 +3,1 @@\n+three\n"));
    }
}
