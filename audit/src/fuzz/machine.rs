//! A small machine for fuzzing: little memory, little fuel, the same world in every run.
//!
//! After each run its books must be right: nothing is in use that is not leased, a pool never leases more than it has
//! and gets all back, no call nests deeper than allowed, and a passed deadline ends the run. No file lies outside
//! `files/`, and no more of one is asked for than the memory has room for.

use flin_runtime::app::build::{self, Built, Rejected};
use flin_runtime::app::host::MemoryHost;
use flin_runtime::app::http::RateLimits;
use flin_runtime::app::script::Turn;
use flin_runtime::app::{End, Execution, FileFault, FilePath, Files, Gone, Host, Limits, SourceFile};
use flin_runtime::check::project::Role;
use flin_runtime::code::Verified;
use flin_runtime::code::module::EndpointKind;
use flin_runtime::record::{Body, Inbound, Message};
use flin_runtime::store::Source;
use flin_runtime::value::Pool;
use flin_runtime::vm::exchange::{Detail, SocketEvent};
use flin_runtime::vm::{Answer, Effect, LogLevel};
use std::sync::Arc;
use std::time::Duration;

const MEMORY_BYTES_MAX: usize = 8 << 20;
/// Enough for one machine, whatever it does.
const POOL_BYTES_MAX: usize = MEMORY_BYTES_MAX * 2;
/// What the longest program that the evaluator judges takes.
const FUEL_MAX: u64 = 3_000_000;
/// For programs that are as likely as not to run for ever.
const BRIEF_FUEL_MAX: u64 = 50_000;
/// Collecting before every instruction is slow: less fuel.
const STRESSED_FUEL_MAX: u64 = 3_000;
/// The driver looks at its clock after so much fuel, and the last built-in may take as much again.
const LATE_FUEL_MAX: u64 = 400_000;
/// Fuel of a run that its deadline must end.
const TIMED_FUEL_MAX: u64 = 600_000;
/// Fuel of a turn on a connection: little, so that many handlers are seen at a turn's end.
const TURN_FUEL: u64 = 5_000;
const CALL_DEPTH_MAX: usize = 128;
const COMPONENT_DEPTH_MAX: usize = 16;
const SOURCE_DEPTH_MAX: u32 = 64;
/// A few patterns.
pub const PATTERNS_BYTES_MAX: usize = 256 << 10;
/// The outermost function, a built-in on top, and a file of globals that is read for the first time are no nested calls.
const FRAMES_MAX: usize = CALL_DEPTH_MAX + 3;

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
        call_depth_max: CALL_DEPTH_MAX,
        component_depth_max: COMPONENT_DEPTH_MAX,
        memory_bytes_max: MEMORY_BYTES_MAX,
        deadline: None,
        fuel_max: Some(if gc_stress { STRESSED_FUEL_MAX } else { FUEL_MAX }),
        source_depth_max: SOURCE_DEPTH_MAX,
        patterns_bytes_max: PATTERNS_BYTES_MAX,
        gc_stress,
        seed: Some([0; 32]),
    }
}

/// A script as the only file of its project.
pub fn files(source: &[u8]) -> [SourceFile; 1] {
    [SourceFile::in_memory("fuzz.flin", Role::Script, source)]
}

/// Compiles a script; none when its author made a mistake. A module that breaks a rule is ours.
pub fn compile(source: &str) -> Option<Verified> {
    compile_files(&files(source.as_bytes()))
}

/// Compiles a project whose first file is the entry.
pub fn compile_files(files: &[SourceFile]) -> Option<Verified> {
    kept_the_rules(build::build(files, 0, &limits(false)))
}

/// Compiles a whole project, with the endpoints of all its files.
pub fn compile_served(files: &[SourceFile]) -> Option<Verified> {
    kept_the_rules(build::build_all(files, None, &limits(false)))
}

fn kept_the_rules(built: Result<Built, Rejected>) -> Option<Verified> {
    match built {
        Ok(built) => Some(built.module),
        Err(Rejected::Diagnostics(..)) => None,
        Err(Rejected::Refused(refusal)) => panic!("the compiler broke a rule: {refusal}"),
    }
}

/// Lets each endpoint of a module answer a request, in a machine of its own; a connection that it opens lives on. Gives
/// how many answered before their fuel was used up.
pub fn run_endpoints(module: &Verified) -> usize {
    let Ok(program) = build::link(module.clone()) else { return 0 };
    let mut answered = 0;
    let limits = Limits { fuel_max: Some(BRIEF_FUEL_MAX), ..limits(false) };
    for endpoint in &module.endpoints {
        let pool = Pool::new(POOL_BYTES_MAX);
        let mut world = World::default();
        let Ok(mut execution) = Execution::new(program.clone(), pool.clone(), &limits, &mut world) else {
            continue;
        };
        execution.answer(request(), Detail::Message);
        let end = execution.call(endpoint.function, &mut world);
        sound(&end);
        answered += usize::from(end == End::Done);
        if execution.is_opened() && endpoint.kind == EndpointKind::Stream {
            execution.generate();
            sound(&settle(&mut execution, &mut world));
        } else if execution.is_opened() {
            converse(&mut execution, &mut world);
        }
        check_books(&execution, &limits, &pool, POOL_BYTES_MAX);
        drop(execution);
        assert_eq!(pool.leased(), 0, "an endpoint that is gone holds memory");
    }
    answered
}

/// A socket's life.
fn converse(execution: &mut Execution, world: &mut World) {
    let text = || SocketEvent::Message(Message::Text("{\"a\":1}".into()));
    let bytes = execution.takes_binary().then(|| SocketEvent::Message(Message::Binary([0, 255].into())));
    let events = [SocketEvent::Open, text(), text(), text()].into_iter().chain(bytes);
    for event in events.chain([SocketEvent::Close]) {
        execution.happen(event);
        sound(&settle(execution, world));
    }
}

/// Drives what was started to its end.
fn settle(execution: &mut Execution, world: &mut World) -> End {
    loop {
        match execution.turn(TURN_FUEL) {
            Turn::Ended(end) => return execution.finish(end),
            Turn::Yield => {}
            Turn::Effect(effect) => match execution.perform(effect, world) {
                Ok(answer) => execution.resume(answer),
                Err(end) => {
                    execution.abandon();
                    return execution.finish(end);
                }
            },
        }
    }
}

/// An end that is our mistake is a finding.
fn sound(end: &End) {
    assert!(!matches!(end, End::Bug(_) | End::Panicked), "{end:?}");
}

/// A request that has something of everything.
fn request() -> Inbound {
    let pairs = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    Inbound {
        method: "POST".to_owned(),
        url: "/n/1?name=a".to_owned(),
        path: "/n/1".to_owned(),
        params: pairs("id", "1"),
        query: pairs("name", "a"),
        headers: pairs("x-a", "b").into(),
        cookies: pairs("c", "d"),
        session: Some("{\"user\":1}".to_owned()),
        body: Body::Json("{\"name\":\"a\",\"age\":20}".to_owned()),
        ..Inbound::default()
    }
}

/// Runs a module; an internal error is a finding.
pub fn run(module: &Verified, gc_stress: bool) -> Ran {
    run_within(module, &limits(gc_stress), POOL_BYTES_MAX)
}

/// The same, for programs that may well run for ever: soon they are stopped.
pub fn run_briefly(module: &Verified, gc_stress: bool) -> Ran {
    run_in_pool(module, gc_stress, POOL_BYTES_MAX)
}

/// The same, while others have left little in the pool.
pub fn run_in_pool(module: &Verified, gc_stress: bool, pool_bytes_max: usize) -> Ran {
    let limits = limits(gc_stress);
    let limits = Limits { fuel_max: limits.fuel_max.map(|fuel| fuel.min(BRIEF_FUEL_MAX)), ..limits };
    run_within(module, &limits, pool_bytes_max)
}

/// Runs a module with a deadline that has passed when the driver first looks at its clock.
pub fn run_out_of_time(module: &Verified) {
    let deadline = Some(Duration::from_millis(1));
    let limits = Limits { deadline, fuel_max: Some(TIMED_FUEL_MAX), ..limits(false) };
    run_within(module, &limits, POOL_BYTES_MAX);
}

fn run_within(module: &Verified, limits: &Limits, pool_bytes_max: usize) -> Ran {
    let pool = Pool::new(pool_bytes_max);
    let mut world = World::default();
    let end = match build::link(module.clone()) {
        Err(_) => return Ran { output: String::new(), end: End::Done },
        Ok(program) => match Execution::new(program, pool.clone(), limits, &mut world) {
            Ok(mut execution) => {
                let end = execution.run(&mut world);
                check_books(&execution, limits, &pool, pool_bytes_max);
                end
            }
            Err(end) => end,
        },
    };
    sound(&end);
    assert_eq!(pool.leased(), 0, "a VM that is gone holds memory");
    world.check_files();
    Ran { output: world.host.output, end }
}

fn check_books(execution: &Execution, limits: &Limits, pool: &Pool, pool_bytes_max: usize) {
    let leased = pool.leased();
    assert!(leased <= pool_bytes_max, "{leased} bytes leased of {pool_bytes_max}");
    if let Some(vm) = execution.vm() {
        let used = vm.heap().memory.used();
        assert!(used <= leased, "{used} bytes in use, {leased} leased");
        assert!(vm.depth() <= FRAMES_MAX, "{} calls nest", vm.depth());
        assert!(vm.components() <= COMPONENT_DEPTH_MAX, "{} components nest", vm.components());
    }
    if limits.deadline.is_some() {
        let used = TIMED_FUEL_MAX - execution.fuel_left().unwrap_or(TIMED_FUEL_MAX);
        assert!(used <= LATE_FUEL_MAX, "{used} fuel used after the deadline");
    }
}

/// The world of a run: a clock that moves when it is looked at, and files that are watched.
#[derive(Default)]
struct World {
    host: MemoryHost,
    looks: u64,
}

const OUTPUT_BYTES_MAX: usize = 1 << 20;

impl World {
    /// Names at the top of `files/`.
    fn check_files(&mut self) {
        let Ok(top) = FilePath::parse("") else { panic!("the folder itself has no path") };
        for name in self.host.files.list(&top).unwrap_or_default() {
            assert!(!matches!(name.as_str(), "/" | "../" | "./"), "a file outside of files/: {name}");
        }
    }
}

impl Host for World {
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        if self.host.output.len() + line.len() >= OUTPUT_BYTES_MAX {
            return Err(Gone);
        }
        self.host.print(line)
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        self.host.log(level, message, data)
    }

    fn now_millis(&mut self) -> i64 {
        self.host.now_millis()
    }

    fn elapsed(&mut self) -> Duration {
        self.looks += 1;
        Duration::from_millis(self.looks)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.host.env(name)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        self.host.entropy(bytes)
    }

    fn files(&mut self) -> &mut dyn Files {
        self
    }

    fn say(&mut self, effect: Effect) -> Result<Answer, Gone> {
        self.host.say(effect)
    }

    fn rates(&mut self) -> Option<&RateLimits> {
        self.host.rates()
    }

    fn store(&mut self) -> Arc<dyn Source> {
        self.host.store()
    }
}

impl Files for World {
    fn read(&mut self, path: &FilePath, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        assert!(bytes_max <= MEMORY_BYTES_MAX, "{bytes_max} bytes of a file asked for");
        self.host.files.read(path, bytes_max)
    }

    fn write(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        self.host.files.write(path, content)
    }

    fn append(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        self.host.files.append(path, content)
    }

    fn delete(&mut self, path: &FilePath) -> Result<(), FileFault> {
        self.host.files.delete(path)
    }

    fn list(&mut self, path: &FilePath) -> Result<Vec<String>, FileFault> {
        self.host.files.list(path)
    }

    fn exists(&mut self, path: &FilePath) -> Result<bool, FileFault> {
        self.host.files.exists(path)
    }
}
