//! From what was seen to an outcome. Pure: the same observation always gives the same verdict.

use super::HarnessError;
use super::outcome::Outcome;
use super::sandbox::{Ending, Observation};

/// What an observation amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst of what was seen.
    pub outcome: Outcome,
    /// Inputs tried.
    pub inputs: u64,
    /// Why, in a line; empty when the case held.
    pub detail: String,
}

/// Exit status of a Rust program whose main thread panicked.
const PANIC_STATUS: i32 = 101;

/// Judges an observation.
pub fn judge(label: &str, seen: &Observation) -> Result<Verdict, HarnessError> {
    if let Some(why) = &seen.facts.unusable {
        return Err(HarnessError::Unusable { label: label.to_owned(), why: why.clone() });
    }
    let (outcome, detail) = by_ending(seen).unwrap_or_else(|| by_facts(seen));
    Ok(Verdict { outcome, inputs: seen.facts.inputs, detail })
}

/// A process that did not reach its end has said all it can by the way it ended.
fn by_ending(seen: &Observation) -> Option<(Outcome, String)> {
    use rustix::process::Signal;
    let during = seen.facts.trying.as_ref().map(|input| format!(" during: {input}")).unwrap_or_default();
    let panic = || seen.facts.panics.last().map(|(message, place)| format!("{message} at {place}{during}"));
    let found = match seen.ending {
        Ending::OverMemory => {
            (Outcome::OutOfMemory, format!("{} MiB resident{during}", seen.resident_kib / 1024))
        }
        Ending::OverTime { busy: true } => (Outcome::Hang, format!("still computing{during}")),
        Ending::OverTime { busy: false } => (Outcome::Deadlock, format!("waiting without end{during}")),
        Ending::Signaled(signal) if signal == Signal::XCPU.as_raw() => {
            (Outcome::Hang, format!("processor time used up{during}"))
        }
        // The kernel's own answer to memory that is not there, and that of the processor-time limit's hard bound.
        Ending::Signaled(signal) if signal == Signal::KILL.as_raw() => {
            (Outcome::OutOfMemory, format!("killed{during}"))
        }
        Ending::Signaled(signal) if signal == Signal::SEGV.as_raw() => {
            (Outcome::StackOverflow, format!("SIGSEGV{during}"))
        }
        Ending::Signaled(_) if seen.stderr.contains("has overflowed its stack") => {
            (Outcome::StackOverflow, format!("the stack's guard page was hit{during}"))
        }
        Ending::Signaled(_) if seen.stderr.contains("memory allocation of") => {
            (Outcome::OutOfMemory, format!("an allocation failed{during}"))
        }
        Ending::Signaled(signal) => (Outcome::Abort, format!("signal {signal}{during}")),
        Ending::Exited(PANIC_STATUS) => {
            (Outcome::Panic, panic().unwrap_or_else(|| format!("exit status 101{during}")))
        }
        Ending::Exited(0) if seen.facts.end => return None,
        Ending::Exited(status) => (Outcome::Abort, format!("exit status {status} before the end{during}")),
    };
    Some(found)
}

fn by_facts(seen: &Observation) -> (Outcome, String) {
    let facts = &seen.facts;
    let told = [
        (Outcome::Corruption, &facts.corrupted),
        (Outcome::DataLoss, &facts.lost),
        (Outcome::DescriptorExhaustion, &facts.no_descriptor),
        (Outcome::Deadlock, &facts.stuck),
    ];
    for (outcome, what) in told {
        if let Some(what) = what.first() {
            return (outcome, what.clone());
        }
    }
    if let Some((message, place)) = facts.panics.first() {
        return (Outcome::ContainedPanic, format!("{message} at {place}"));
    }
    if let Some(what) = facts.leaks.first() {
        return (Outcome::Leak, what.clone());
    }
    if let Some(wrong) = facts.wrong.first() {
        let more = facts.wrong_count.saturating_sub(1);
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let detail = format!("{}: expected {}, found {}{more}", wrong.input, wrong.expected, wrong.found);
        return (Outcome::WrongResult, detail);
    }
    if !facts.alive {
        return (Outcome::WrongResult, "the probe at the end was not answered".to_owned());
    }
    if facts.inputs == 0 {
        return (Outcome::WrongResult, "no input was tried".to_owned());
    }
    (Outcome::Held, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Facts, Wrong};
    use std::time::Duration;

    fn sound() -> Observation {
        let facts = Facts { inputs: 3, alive: true, end: true, ..Facts::default() };
        let elapsed = Duration::ZERO;
        Observation { ending: Ending::Exited(0), facts, stderr: String::new(), resident_kib: 0, elapsed }
    }

    fn outcome(change: impl FnOnce(&mut Observation)) -> Outcome {
        let mut seen = sound();
        change(&mut seen);
        judge("case", &seen).unwrap().outcome
    }

    #[test]
    fn a_sound_end_holds() {
        assert_eq!(outcome(|_| ()), Outcome::Held);
    }

    #[test]
    fn a_case_without_probe_input_or_end_never_holds() {
        assert_eq!(outcome(|seen| seen.facts.alive = false), Outcome::WrongResult);
        assert_eq!(outcome(|seen| seen.facts.inputs = 0), Outcome::WrongResult);
        assert_eq!(outcome(|seen| seen.facts.end = false), Outcome::Abort);
    }

    #[test]
    fn the_worst_of_several_findings_counts() {
        let wrong = || Wrong { input: "i".into(), expected: "e".into(), found: "f".into() };
        assert_eq!(outcome(|seen| seen.facts.wrong.push(wrong())), Outcome::WrongResult);
        let both = |seen: &mut Observation| {
            seen.facts.wrong.push(wrong());
            seen.facts.panics.push(("m".into(), "p".into()));
        };
        assert_eq!(outcome(both), Outcome::ContainedPanic);
        let stuck = |seen: &mut Observation| {
            both(seen);
            seen.facts.stuck.push("two writers".into());
        };
        assert_eq!(outcome(stuck), Outcome::Deadlock);
        let lost = |seen: &mut Observation| {
            stuck(seen);
            seen.facts.lost.push("a commit".into());
        };
        assert_eq!(outcome(lost), Outcome::DataLoss);
        let corrupted = |seen: &mut Observation| {
            lost(seen);
            seen.facts.corrupted.push("a row".into());
        };
        assert_eq!(outcome(corrupted), Outcome::Corruption);
    }

    #[test]
    fn aborts_are_told_apart_by_their_message() {
        let abort = |text: &'static str| {
            outcome(|seen| {
                seen.ending = Ending::Signaled(6);
                seen.stderr = text.to_owned();
            })
        };
        assert_eq!(abort("thread 'main' has overflowed its stack"), Outcome::StackOverflow);
        assert_eq!(abort("memory allocation of 8 bytes failed"), Outcome::OutOfMemory);
        assert_eq!(abort(""), Outcome::Abort);
    }

    #[test]
    fn a_case_that_cannot_be_set_up_has_no_outcome() {
        let mut seen = sound();
        seen.facts.unusable = Some("no such file".into());
        assert!(judge("case", &seen).is_err());
    }
}
