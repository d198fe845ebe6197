//! The runtime as the audit's drivers see it: source in, output and end out. Together with `bytecode` this is the only
//! place that calls it.
//!
//! Every program runs on a thread of its own with a stack of known size, the smallest that the runtime itself uses, so
//! that native recursion shows. The clock is the real one, so that deadlines can pass; everything else is in memory.

mod build;
mod disk;
mod doors;
mod host;
mod layout;
pub mod stack;

pub use build::{COMPONENTS, Found, check, encode, sample};
pub use disk::{load_program, load_project};
pub use doors::{Asked, Behind, Request};
pub use layout::{Formatted, on_the_commands_stack, reformat};

use crate::catalogue::vector::Settings;
use flin_runtime::app::{self, FilePath, Files as _, Limits};
use flin_runtime::code::{self, Module, Unverified};
use flin_runtime::value::Pool;
use flin_runtime::vm::Program;
use host::AuditHost;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The stack of a thread as the standard library makes them.
const STACK_KB: usize = 2048;
/// No program of a vector needs more; one that does runs for ever.
const FUEL_MAX: u64 = 1 << 50;
/// What all machines of one case share, unless a case makes a pool of its own.
const POOL_BYTES: usize = 4 << 30;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Execution<'s> {
    /// Its source.
    pub source: &'s [u8],
    /// What it may use.
    pub settings: Settings,
    /// Files below `files/`: name and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At its last statement.
    Done,
    /// By an error, `Timeout` included.
    Uncaught {
        /// The kind.
        kind: String,
        /// The message.
        message: String,
    },
    /// It never began.
    Refused(Vec<Found>),
    /// By a fault of the runtime.
    Bug(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it printed.
    pub output: String,
    /// How it ended.
    pub end: End,
    /// Fuel used.
    pub work: u64,
}

impl Ran {
    /// Did it come to its last statement?
    pub fn is_done(&self) -> bool {
        self.end == End::Done
    }

    /// In a line.
    pub fn describe(&self) -> String {
        match &self.end {
            End::Done => format!("output {:?}", self.output),
            End::Uncaught { kind, message } => format!("{kind}: {message} (output {:?})", self.output),
            End::Bug(what) => format!("a fault of the runtime: {what}"),
            End::Refused(found) => match found.first() {
                Some(first) => {
                    format!("{} at {}:{}: {}", first.code, first.line, first.column, first.message)
                }
                None => "refused without a diagnostic".to_owned(),
            },
        }
    }

    fn never_began(end: End) -> Self {
        Self { output: String::new(), end, work: 0 }
    }
}

/// Memory that several executions share.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Pool>);

impl Shared {
    /// Of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Pool::new(bytes))
    }

    /// What is leased now.
    pub fn leased(&self) -> usize {
        self.0.leased()
    }
}

impl<'s> Execution<'s> {
    /// A program under the default limits, without files.
    pub fn of(source: &'s [u8]) -> Self {
        Self { source, settings: Settings::default(), files: Vec::new() }
    }

    /// Runs it.
    pub fn run(&self) -> Ran {
        self.run_in(&Shared::new(POOL_BYTES))
    }

    /// Runs it on shared memory.
    pub fn run_in(&self, shared: &Shared) -> Ran {
        self.on_own_thread(|| self.drive(shared, FUEL_MAX))
    }

    /// Begins it and drops it in the middle, as a server does when its client is gone.
    pub fn abandon_in(&self, shared: &Shared) {
        self.on_own_thread(|| self.drive(shared, 5_000));
    }

    /// Compiles it once and runs it so often on shared memory, with so much fuel each time. How it ends is not looked at.
    pub fn run_often_in(&self, shared: &Shared, fuel: u64, times: usize) {
        self.on_own_thread(|| {
            let limits = self.limits(fuel);
            let Ok(program) = build::program(self.source, &[], &limits).map(Arc::new) else { return };
            for _ in 0..times {
                drive(&program, shared, &limits, &mut AuditHost::default());
            }
        });
    }

    /// Runs it on a thread whose stack nobody has used yet: what came of it, and the bytes of that stack that were used.
    pub fn run_on_fresh_stack(&self) -> io::Result<(Ran, usize)> {
        stack::high_water(|| self.drive(&Shared::new(POOL_BYTES), FUEL_MAX))
    }

    /// A panic that no boundary caught ends this process too, as it would have ended the thread's owner.
    fn on_own_thread<T: Send>(&self, run: impl FnOnce() -> T + Send) -> T {
        let stack = self.settings.stack_kb.unwrap_or(STACK_KB) * 1024;
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, run);
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(result)) => result,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(error) => panic!("no thread: {error}"),
            }
        })
    }

    fn drive(&self, shared: &Shared, fuel: u64) -> Ran {
        let limits = self.limits(fuel);
        let (components, files): (Vec<_>, Vec<_>) =
            self.files.iter().cloned().partition(|(name, _)| name.starts_with(COMPONENTS));
        let program = match build::program(self.source, &components, &limits) {
            Ok(program) => program,
            Err(end) => return Ran::never_began(end),
        };
        let mut host = AuditHost::default();
        for (name, content) in &files {
            let path = FilePath::parse(name).ok();
            if path.and_then(|path| host.memory.files.write(&path, content).ok()).is_none() {
                return Ran::never_began(End::Bug(format!("the file {name} could not be made")));
            }
        }
        drive(&Arc::new(program), shared, &limits, &mut host)
    }

    fn limits(&self, fuel: u64) -> Limits {
        let default = Limits::default();
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let Settings { call_depth, memory_mb, memory_kb, deadline_ms, .. } = self.settings;
        let memory = memory_kb.map(|kb| count(kb) << 10).or(memory_mb.map(|mb| count(mb) << 20));
        Limits {
            call_depth_max: call_depth.map_or(default.call_depth_max, count),
            memory_bytes_max: memory.unwrap_or(default.memory_bytes_max),
            deadline: deadline_ms.map(Duration::from_millis),
            fuel_max: Some(fuel),
            seed: Some([7; 32]),
            ..default
        }
    }
}

fn drive(program: &Arc<Program>, shared: &Shared, limits: &Limits, host: &mut AuditHost) -> Ran {
    let started = app::Execution::new(Arc::clone(program), Arc::clone(&shared.0), limits, host);
    let (end, left) = match started {
        Ok(mut execution) => (execution.run(host), execution.fuel_left()),
        Err(end) => (end, limits.fuel_max),
    };
    let work = limits.fuel_max.unwrap_or(0) - left.unwrap_or(0);
    Ran { output: std::mem::take(&mut host.memory.output), end: translate(end), work }
}

fn translate(end: app::End) -> End {
    match end {
        app::End::Done => End::Done,
        app::End::Uncaught(error) => End::Uncaught { kind: error.kind, message: error.message },
        app::End::Timeout => End::Uncaught { kind: "Timeout".to_owned(), message: String::new() },
        app::End::Gone => End::Bug("the output was refused".to_owned()),
        app::End::NoEntropy => End::Bug("no entropy".to_owned()),
        app::End::Panicked => End::Bug("a panic was caught".to_owned()),
        app::End::Bug(bug) => End::Bug(bug.to_string()),
    }
}

/// Fuel for code that nobody wrote: enough to get anywhere, not enough to stay.
const STRANGE_FUEL: u64 = 20_000;

/// Runs a module if the verifier vouches for it; else the number of the rule that it breaks.
pub fn verify_and_run(module: Module) -> Result<Ran, u8> {
    let verified = code::verify(Unverified(module)).map_err(|refusal| refusal.rule().0)?;
    Ok(run_strange(verified))
}

/// Reads a bytecode file and runs it if everything vouches for it.
pub fn decode_and_run(bytes: &[u8]) {
    if let Ok(unverified) = code::decode(bytes)
        && let Ok(verified) = code::verify(unverified)
    {
        run_strange(verified);
    }
}

fn run_strange(verified: code::Verified) -> Ran {
    let execution = Execution::of(b"");
    let mut limits = execution.limits(STRANGE_FUEL);
    limits.memory_bytes_max = 8 << 20;
    execution.on_own_thread(|| match build::link(verified) {
        Ok(program) => {
            drive(&Arc::new(program), &Shared::new(POOL_BYTES), &limits, &mut AuditHost::default())
        }
        Err(why) => Ran::never_began(End::Bug(why)),
    })
}
