//! Runs cargo-mutants over the modules that matter, within a budget, and merges what it says.

use super::record::{Module, Mutants, read_outcomes};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The guards' modules and what they protect: paths below `runtime/src`, and what they are called in the report.
pub const MODULES: [(&str, &[&str]); 5] = [
    ("value", &["value.rs", "value/**/*.rs"]),
    ("vm", &["vm.rs", "vm/**/*.rs"]),
    ("code::verify", &["code/verify.rs", "code/verify/**/*.rs"]),
    ("store", &["store.rs", "store/**/*.rs"]),
    ("server::gate", &["server/gate.rs", "server/gate/**/*.rs"]),
];

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names among [`MODULES`]; all when none is named.
    pub modules: Vec<String>,
    /// The K-th of N parts of the mutants, counted from 1.
    pub shard: Option<(usize, usize)>,
    /// For all of them together.
    pub total: Duration,
    /// A mutant whose tests take longer is caught.
    pub per_mutant: Duration,
}

/// Runs the plan, and gives what was seen of each module; a module that the budget did not reach is left out.
pub fn run(repository: &Path, plan: &Plan, mut say: impl FnMut(&str)) -> io::Result<Mutants> {
    let chosen: Vec<_> = MODULES
        .iter()
        .filter(|(name, _)| plan.modules.is_empty() || plan.modules.iter().any(|wanted| wanted == name))
        .collect();
    let began = Instant::now();
    let mut mutants = Mutants::default();
    for (at, (name, globs)) in chosen.iter().enumerate() {
        let left = plan.total.saturating_sub(began.elapsed());
        let share = left / u32::try_from(chosen.len() - at).unwrap_or(1).max(1);
        if share < plan.per_mutant {
            say("the budget is used up");
            break;
        }
        let folder = tempfile::tempdir()?;
        let mut command = command(repository, plan, globs);
        command.arg("--output").arg(folder.path());
        within(&mut command, share)?;
        // What was judged before the time was over counts; the file is written after each mutant.
        let outcomes = std::fs::read_to_string(folder.path().join("mutants.out/outcomes.json"));
        let Ok(outcomes) = outcomes else {
            say(&format!("{name}: no mutant was judged in {} s", share.as_secs()));
            continue;
        };
        let module = read_outcomes(&outcomes)?;
        say(&summary(name, &module));
        mutants.modules.insert((*name).to_owned(), module);
    }
    Ok(mutants)
}

fn command(repository: &Path, plan: &Plan, globs: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--package", "runtime", "--no-times", "--colors", "never", "--shuffle"]);
    // The unmutated tests are run by CI; here they would cost as much as a dozen mutants.
    command.args(["--baseline", "skip", "--timeout"]).arg(plan.per_mutant.as_secs().to_string());
    command.args(["--build-timeout"]).arg((plan.per_mutant.as_secs() * 5).to_string());
    if let Some((part, parts)) = plan.shard {
        command.arg("--shard").arg(format!("{}/{parts}", part - 1));
    }
    for glob in globs {
        command.arg("--file").arg(format!("runtime/src/{glob}"));
    }
    command.args(["--cargo-arg=--lib"]).current_dir(repository);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Interrupts it when its time is over: cargo-mutants then cleans up its copies.
fn within(command: &mut Command, time: Duration) -> io::Result<()> {
    let began = Instant::now();
    let mut child = command.spawn()?;
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
    Ok(())
}

/// A module in a line.
pub fn summary(name: &str, module: &Module) -> String {
    format!(
        "{name:<14} {} caught, {} survive, {} do not compile, of {}: {:.0} %",
        module.caught,
        module.survivors.len(),
        module.unviable,
        module.of,
        module.percent()
    )
}
