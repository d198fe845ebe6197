//! A fixed number of hostile inputs, one after the other in one process: mutants of real modules and of real sources.
//!
//! Fuzzers look for what is new; this counts. Input `n` of a seed is always the same, whatever came before it, so a
//! failure is repeated by its number alone. The oracles are those of the fuzz targets; besides, no input may take
//! longer than [`INPUT_TIME_MAX`], and the process must not grow.

pub mod bytecode;
pub mod random;
pub mod source;

use random::Random;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An input that takes longer hangs.
pub const INPUT_TIME_MAX: Duration = Duration::from_secs(10);
/// The least resident memory of the last quarter may be this much above the most of the second. An allocator keeps and
/// returns tens of megabytes as it likes; what is lost for good only adds up, over a million inputs 64 bytes of each.
pub const GROWTH_KIB_MAX: u64 = 16 << 10;
/// How often resident memory is looked at.
const SAMPLES: u64 = 400;
/// The native stack that the inputs run on: the smallest that the runtime promises to fit.
const STACK_BYTES: usize = 2 << 20;
/// Failures that are described; more are only counted.
const DESCRIBED_MAX: usize = 10;
const POLL: Duration = Duration::from_millis(200);

/// Makes inputs and judges them.
pub trait Mutator: Send + 'static {
    /// The input that these random numbers stand for.
    fn make(&self, random: &mut Random) -> Vec<u8>;
    /// Runs it, counts how far it came, and panics where an oracle does not hold.
    fn judge(&mut self, input: &[u8]);
    /// What was counted, each with its name.
    fn counts(&self) -> Vec<(&'static str, u64)>;
}

/// Which inputs.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Of which sequence.
    pub seed: u64,
    /// From which on.
    pub from: u64,
    /// How many.
    pub count: u64,
}

/// An input that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its number.
    pub number: u64,
    /// What was wrong.
    pub message: String,
    /// The input.
    pub input: Vec<u8>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Summary {
    /// Inputs that were judged.
    pub inputs: u64,
    /// How far they came.
    pub counts: Vec<(&'static str, u64)>,
    /// Inputs that failed, the first ones described.
    pub failed: u64,
    /// These.
    pub described: Vec<Failure>,
    /// The input that did not end, if one did not: nothing was judged after it.
    pub hung: Option<u64>,
    /// The time of the slowest input, and its number.
    pub slowest: (Duration, u64),
    /// Resident memory in KiB, where the system tells: the most in the second quarter of the inputs, and the least in
    /// the last.
    pub resident_kib: Option<(u64, u64)>,
    /// How long it took.
    pub took: Duration,
}

impl Summary {
    /// Did the process grow?
    pub fn grew(&self) -> bool {
        self.resident_kib.is_some_and(|(most, least)| least > most.saturating_add(GROWTH_KIB_MAX))
    }
}

/// What the thread that judges tells the one that watches it.
#[derive(Default)]
struct Watched {
    /// How many inputs were begun.
    begun: AtomicU64,
    summary: Mutex<Summary>,
}

/// Judges the inputs of a span. `progress` hears every now and then how many are done.
pub fn run(mutator: impl Mutator, span: Span, mut progress: impl FnMut(u64)) -> std::io::Result<Summary> {
    let started = Instant::now();
    let watched = Arc::new(Watched::default());
    let worker = {
        let watched = Arc::clone(&watched);
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || judge_all(mutator, span, &watched))?
    };
    let (mut begun, mut since) = (0, Instant::now());
    while !worker.is_finished() {
        std::thread::sleep(POLL);
        let now = watched.begun.load(Ordering::Relaxed);
        if now != begun {
            (begun, since) = (now, Instant::now());
            progress(begun);
        } else if since.elapsed() > INPUT_TIME_MAX {
            break;
        }
    }
    let hung = (!worker.is_finished()).then(|| span.from + begun.saturating_sub(1));
    let mut summary = std::mem::take(&mut *watched.summary.lock().unwrap_or_else(PoisonError::into_inner));
    summary.hung = hung;
    summary.took = started.elapsed();
    Ok(summary)
}

fn judge_all(mut mutator: impl Mutator, span: Span, watched: &Watched) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut most, mut least) = (None, None);
    for at in 0..span.count {
        let number = span.from + at;
        watched.begun.store(at + 1, Ordering::Relaxed);
        let input = mutator.make(&mut Random::new(span.seed, number));
        let began = Instant::now();
        let judged = catch_unwind(AssertUnwindSafe(|| mutator.judge(&input)));
        let took = began.elapsed();
        if at % (span.count / SAMPLES).max(1) == 0 {
            match at * 4 / span.count {
                1 => most = most.max(resident_kib()),
                3 => least = resident_kib().map(|kib| least.unwrap_or(kib).min(kib)),
                _ => {}
            }
        }
        let mut summary = watched.summary.lock().unwrap_or_else(PoisonError::into_inner);
        summary.inputs += 1;
        if took > summary.slowest.0 {
            summary.slowest = (took, number);
        }
        if let Err(panic) = judged {
            summary.failed += 1;
            if summary.described.len() < DESCRIBED_MAX {
                summary.described.push(Failure { number, message: message(&*panic), input });
            }
        }
    }
    let mut summary = watched.summary.lock().unwrap_or_else(PoisonError::into_inner);
    summary.counts = mutator.counts();
    summary.resident_kib = most.zip(least);
    std::panic::set_hook(hook);
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".into())
}

/// `VmRSS` of this process, where there is a `/proc`.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails on one input in four, and counts the others.
    #[derive(Default)]
    struct Quarters(u64);

    impl Mutator for Quarters {
        fn make(&self, random: &mut Random) -> Vec<u8> {
            vec![random.below(4) as u8]
        }

        fn judge(&mut self, input: &[u8]) {
            assert!(input != [3], "a three");
            self.0 += 1;
        }

        fn counts(&self) -> Vec<(&'static str, u64)> {
            vec![("passed", self.0)]
        }
    }

    #[test]
    fn a_panic_is_counted_and_what_follows_is_judged() {
        let span = Span { seed: 1, from: 0, count: 400 };
        let summary = run(Quarters::default(), span, |_| ()).unwrap();
        assert_eq!(summary.inputs, 400);
        assert!((50..150).contains(&summary.failed), "{}", summary.failed);
        assert_eq!(summary.counts, [("passed", 400 - summary.failed)]);
        assert_eq!(summary.described.len(), DESCRIBED_MAX);
        assert_eq!(summary.hung, None);
    }

    #[test]
    fn a_failure_is_repeated_by_its_number() {
        let span = Span { seed: 1, from: 0, count: 50 };
        let first = run(Quarters::default(), span, |_| ()).unwrap().described.remove(0);
        let again = run(Quarters::default(), Span { from: first.number, count: 1, ..span }, |_| ()).unwrap();
        assert_eq!(again.described[0].input, first.input);
        assert_eq!(again.described[0].message, "a three");
    }

    /// Keeps so many bytes of each input for ever.
    struct Leaks(usize, Vec<Vec<u8>>);

    impl Mutator for Leaks {
        fn make(&self, _: &mut Random) -> Vec<u8> {
            Vec::new()
        }

        fn judge(&mut self, _: &[u8]) {
            self.1.push(vec![1; self.0]);
        }

        fn counts(&self) -> Vec<(&'static str, u64)> {
            Vec::new()
        }
    }

    #[test]
    fn what_is_kept_of_each_input_is_growth() {
        let span = Span { seed: 1, from: 0, count: 2000 };
        let summary = run(Leaks(100_000, Vec::new()), span, |_| ()).unwrap();
        // Where the system does not tell, nothing is claimed.
        assert_eq!(summary.grew(), resident_kib().is_some(), "{:?}", summary.resident_kib);
    }

    #[test]
    fn growth_has_a_margin() {
        let at = |least| Summary { resident_kib: Some((1000, least)), ..Summary::default() }.grew();
        assert!(!at(1000 + GROWTH_KIB_MAX));
        assert!(at(1001 + GROWTH_KIB_MAX));
        assert!(!Summary::default().grew());
    }
}
