//! Runs cargo-mutants over a random sample of the mutants of the modules that matter, within a budget.
//!
//! The sample is drawn with a seed from all of them, and tried in random order: what a budget leaves undone makes the
//! sample smaller and not unfair.

use super::record::{Mutants, read_outcomes};
use crate::mutate::random::Random;
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
}

impl Plan {
    fn modules(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let chosen = |name: &str| self.modules.is_empty() || self.modules.iter().any(|wanted| wanted == name);
        MODULES.into_iter().filter(move |(name, _)| chosen(name))
    }

    /// Draws the sample from the names of all mutants.
    fn draw(&self, mut names: Vec<String>) -> Vec<String> {
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
    let names = names(repository, plan)?;
    let population = names.len();
    let sample = plan.draw(names);
    say(&format!("{} of {population} mutants, drawn with seed {}", sample.len(), plan.seed));
    let mut mutants = Mutants { seed: plan.seed, population, ..Mutants::default() };
    if sample.is_empty() {
        return Ok(mutants);
    }
    let folder = tempfile::tempdir()?;
    let mut command = command(repository, plan);
    command.arg("--re").arg(exactly(&sample)).arg("--output").arg(folder.path());
    let said = within(&mut command, plan.total)?;
    // What was judged before the time was over counts; the file is written after each mutant.
    match std::fs::read_to_string(folder.path().join("mutants.out/outcomes.json")) {
        Ok(outcomes) => mutants.modules = read_outcomes(&outcomes, module_of)?,
        Err(_) => say(&format!("no mutant was judged in {} s: {said}", plan.total.as_secs())),
    }
    Ok(mutants)
}

/// All mutants, by name.
fn names(repository: &Path, plan: &Plan) -> io::Result<Vec<String>> {
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
    let listed: Vec<Listed> = serde_json::from_slice(&output.stdout)?;
    Ok(listed.into_iter().map(|mutant| mutant.name).collect())
}

#[derive(serde::Deserialize)]
struct Listed {
    name: String,
}

/// A regular expression for these names and no others.
fn exactly(names: &[String]) -> String {
    let escaped = |name: &String| {
        let mut text = String::new();
        for c in name.chars() {
            if c.is_ascii_punctuation() {
                text.push('\\');
            }
            text.push(c);
        }
        text
    };
    format!("^(?:{})$", names.iter().map(escaped).collect::<Vec<_>>().join("|"))
}

fn command(repository: &Path, plan: &Plan) -> Command {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--package", "runtime", "--no-times", "--colors", "never", "--shuffle"]);
    // The unmutated tests are run by CI; here they would cost as much as a few mutants.
    command.args(["--baseline", "skip", "--timeout"]).arg(plan.per_mutant.as_secs().to_string());
    command.args(["--build-timeout"]).arg((plan.per_mutant.as_secs() * 5).to_string());
    command.args(["--cargo-arg=--lib"]).current_dir(repository);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
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
        Plan { modules: Vec::new(), shard: None, sample, seed, total, per_mutant }
    }

    fn names() -> Vec<String> {
        (0..100).map(|number| format!("runtime/src/vm.rs:{number}:1: replace a + b")).collect()
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
        assert_eq!(exactly(&["a.b + (c)".to_owned()]), "^(?:a\\.b \\+ \\(c\\))$");
    }
}
