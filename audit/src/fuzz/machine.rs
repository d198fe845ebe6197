//! A small machine for fuzzing: little memory, little fuel, the same world in every run.

use flin_runtime::app::build::{self, Rejected};
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::check::project::Role;
use flin_runtime::code::Verified;
use flin_runtime::value::Pool;

const MEMORY_BYTES_MAX: usize = 8 << 20;
/// What the longest program that the evaluator judges takes.
const FUEL_MAX: u64 = 3_000_000;
/// For programs that are as likely as not to run for ever.
const BRIEF_FUEL_MAX: u64 = 100_000;
/// Collecting before every instruction is slow: less fuel.
const STRESSED_FUEL_MAX: u64 = 3_000;

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its lines.
    pub output: String,
    /// Its end.
    pub end: End,
}

/// Limits of every run.
pub fn limits(gc_stress: bool) -> Limits {
    Limits {
        call_depth_max: 128,
        memory_bytes_max: MEMORY_BYTES_MAX,
        deadline: None,
        fuel_max: Some(if gc_stress { STRESSED_FUEL_MAX } else { FUEL_MAX }),
        gc_stress,
        seed: Some([0; 32]),
        ..Limits::default()
    }
}

/// A script as the only file of its project.
pub fn files(source: &[u8]) -> [SourceFile; 1] {
    [SourceFile::in_memory("fuzz.flin", Role::Script, source)]
}

/// Compiles a script; none when its author made a mistake. A module that breaks a rule is ours.
pub fn compile(source: &str) -> Option<Verified> {
    match build::build(&files(source.as_bytes()), 0, &limits(false)) {
        Ok(built) => Some(built.module),
        Err(Rejected::Diagnostics(..)) => None,
        Err(Rejected::Refused(refusal)) => panic!("the compiler broke a rule: {refusal}\n{source}"),
    }
}

/// Runs a module; an internal error is a finding.
pub fn run(module: &Verified, gc_stress: bool) -> Ran {
    run_within(module, &limits(gc_stress))
}

/// The same, for programs that may well run for ever: soon they are stopped.
pub fn run_briefly(module: &Verified, gc_stress: bool) -> Ran {
    let limits = limits(gc_stress);
    run_within(module, &Limits { fuel_max: limits.fuel_max.map(|fuel| fuel.min(BRIEF_FUEL_MAX)), ..limits })
}

fn run_within(module: &Verified, limits: &Limits) -> Ran {
    let pool = Pool::new(MEMORY_BYTES_MAX * 2);
    let mut host = MemoryHost::default();
    host.output_bytes_max = 1 << 20;
    let end = match build::link(module.clone()) {
        Err(_) => return Ran { output: String::new(), end: End::Done },
        Ok(program) => match Execution::new(program, pool.clone(), limits, &mut host) {
            Ok(mut execution) => execution.run(&mut host),
            Err(end) => end,
        },
    };
    assert!(!matches!(end, End::Bug(_) | End::Panicked), "{end:?}");
    assert_eq!(pool.leased(), 0, "a VM that is gone holds memory");
    Ran { output: host.output, end }
}
