//! What each step of the gate says of what was seen, and what it holds against it.
//!
//! Invariants: a step is a function of what was seen, so that each is shown to fail in a test; whatever was not looked at is
//! said, together with the command that looks; where everything has to be looked at (`--full`), that is a regression.

use super::figures::{self, Figure, Figures};
use super::performance::{self, Limits, Times};
use super::{Regression, regression};
use crate::corpus::Replayed;
use crate::mutants::record::{CAUGHT_MIN, Mutants};
use crate::report::model::Page;
use crate::surface::Surface;
use std::fmt::{self, Write as _};

/// One line of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which step, in a word.
    pub name: &'static str,
    /// What it saw.
    pub says: String,
    /// The command that makes what was missing, where something was.
    pub absent: Option<String>,
    /// What got worse.
    pub regressions: Vec<Regression>,
}

impl Step {
    /// Something was looked at.
    pub fn seen(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, says: says.into(), absent: None, regressions: Vec::new() }
    }

    /// Something was not looked at, and this command would.
    pub fn absent(name: &'static str, why: impl Into<String>, command: &str) -> Self {
        Self { absent: Some(command.to_owned()), ..Self::seen(name, why) }
    }

    /// The absence as a regression, for a run that must look at everything.
    pub fn demanded(&self) -> Option<Regression> {
        let command = self.absent.as_ref()?;
        Some(regression(self.name, "to be looked at", &self.says, command))
    }

    fn with(mut self, regressions: impl IntoIterator<Item = Regression>) -> Self {
        self.regressions.extend(regressions);
        self
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {}", self.name, self.says)?;
        match &self.absent {
            Some(command) => write!(f, "; do it: {command}"),
            None => Ok(()),
        }
    }
}

fn audit(command: &str) -> String {
    format!("cargo run -p audit -- {command}")
}

/// Whether the proofs could be renewed; none when they were left out. Which one fell, the baseline says.
pub fn proofs(renewed: Option<bool>) -> Step {
    match renewed {
        Some(true) => Step::seen("proofs", "none is stale"),
        Some(false) => Step::seen("proofs", "some do not hold"),
        None => Step::absent("proofs", "left out by --no-prove", &audit("prove --stale")),
    }
}

/// The vectors' totals, a canary that held, and claims that are no longer true; what fell, the baseline says.
pub fn vectors(page: &Page, no_longer_open: &[&str]) -> Step {
    let totals = page.totals;
    let says = format!(
        "{} of {} fixed, {} proved, {} regressed; found since: {} of {}",
        totals.fixed,
        totals.vectors,
        totals.proved,
        totals.regressed,
        totals.found_since_fixed,
        totals.found_since
    );
    let blind = page.canary.held.then(|| {
        regression("the canary vector", "fails", "held: the oracles are blind", &audit("run CANARY"))
    });
    let mended = no_longer_open.iter().map(|id| {
        regression(id, "open", "no longer fails: set its status to fixed", &audit(&format!("run {id}")))
    });
    Step::seen("vectors", says).with(blind).with(mended)
}

/// The corpora, by fuzz target.
pub fn corpora(replayed: &[(&str, Replayed)]) -> Step {
    let inputs: usize = replayed.iter().map(|(_, replayed)| replayed.inputs).sum();
    let open: usize = replayed.iter().map(|(_, replayed)| replayed.open.len()).sum();
    // One cause breaks many inputs: the first stands for all, and the command names each.
    let wrong = replayed.iter().filter_map(|(target, replayed)| {
        let (input, what) = replayed.wrong.first()?;
        let now = format!("{} not as they must be, such as {input}: {what}", replayed.wrong.len());
        Some(regression(&format!("corpus of {target}"), "none", &now, &audit(&format!("replay {target}"))))
    });
    let empty = replayed.iter().filter(|(_, replayed)| replayed.inputs == 0).map(|(target, _)| {
        let show = format!("ls fuzz/corpus/{target}");
        regression(&format!("corpus of {target}"), "there", "without any input", &show)
    });
    Step::seen("corpus", format!("{inputs} inputs replayed, {open} open")).with(wrong).with(empty)
}

/// The release binary's panicking calls against the committed list.
pub fn surface(listed: Option<&Surface>, now: &Surface) -> Step {
    let Some(listed) = listed else {
        let why = format!("{} panicking calls in the binary, and no list to compare them with", now.total());
        return Step::absent("surface", why, &audit("surface --accept"));
    };
    if let Some(why) = listed.incomparable(now) {
        return Step::absent("surface", why, "rustup show");
    }
    let says = format!("{} panicking calls in the binary, {} allowed", now.total(), listed.total());
    Step::seen("surface", says).with(listed.regressions(now))
}

/// The benchmarks' own output against its limits.
pub fn speed(limits: &Limits, times: &Times) -> Step {
    if times.is_empty() {
        return Step::absent("speed", "not measured", performance::COMMAND);
    }
    let says = format!("{} programs against their limits", times.len());
    Step::seen("speed", says).with(performance::regressions(limits, times))
}

/// What the benches of server and store last wrote, against their limits; these measured something else than is here.
pub fn figures(limits: &[Figure], figures: &Figures, outrun: &[&str]) -> Step {
    let mut says =
        format!("{} figures of server and store, as committed, against their limits", limits.len());
    if !outrun.is_empty() {
        let _ = write!(says, "; of another runtime than this: {}", outrun.join(", "));
    }
    Step::seen("figures", says).with(figures::regressions(limits, figures))
}

/// What the last sample of mutants said; `audit mutants` draws it.
pub fn mutants(record: &Mutants) -> Step {
    if record.viable() == 0 {
        return Step::absent("mutants", "never tried", &audit("mutants"));
    }
    let few = (!record.is_enough()).then(|| {
        let (least, now) = (format!("at least {CAUGHT_MIN} %"), format!("{:.0} %", record.percent()));
        regression("mutants that a test catches", &least, &now, &audit("mutants --list"))
    });
    Step::seen("mutants", record.summary()).with(few)
}

/// Whether the fuzzer found what it must find.
pub fn canary(found: bool) -> Step {
    if found {
        return Step::seen("canary", "found by the fuzzer, as it must be");
    }
    let blind =
        regression("the fuzzers' canary", "found within seconds", "not found", "cargo fuzz run canary");
    Step::seen("canary", "not found by the fuzzer").with([blind])
}

/// Whether so many seconds of fuzzing found nothing.
pub fn fuzzing(seconds: u64, clean: bool) -> Step {
    if clean {
        return Step::seen("fuzzing", format!("{seconds} s, nothing was found"));
    }
    let found = regression("fuzzing", "nothing was found", "inputs fail, see above", &audit("replay"));
    Step::seen("fuzzing", format!("{seconds} s, inputs fail")).with([found])
}

/// Fuzzing that nobody asked for.
pub fn no_fuzzing() -> Step {
    Step::absent("fuzzing", "not done, nor the fuzzers' canary", &audit("gate --fuzz-seconds 120"))
}

/// No baseline: everything that it holds goes unnoticed.
pub fn no_baseline() -> Step {
    Step::absent("baseline", "there is none: nothing was compared", &audit("gate --accept"))
}

#[cfg(test)]
mod tests;
