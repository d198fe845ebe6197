//! The virtual machine: one dispatch loop over verified code, without threads, IO or a clock.
//!
//! `run(fuel)` returns whenever something else has to happen first: fuel is used up, an effect is asked for, the
//! program ended or an error went uncaught. Frames live on the heap; native recursion does not exist.
//!
//! - **R1** No native calls back into `run`; a native that calls a function of the program is a frame of its own.
//! - **R2** Collection happens between instructions only; roots are registers, spill slots, globals, captured
//!   variables of running functions, native frames, and the pending answer.
//! - **R3** Depth, memory and fuel are checked before they are used.

mod arith;
mod call;
pub mod compare;
mod construct;
mod dispatch;
mod drive;
pub mod effect;
pub mod entity;
mod errors;
pub mod exchange;
mod frame;
mod globals;
mod index;
mod iterate;
mod link;
mod liveness;
mod markup;
pub mod native;
mod outcome;
mod pattern;
pub mod program;
mod raise;
pub mod random;
pub mod response;
mod roots;
pub mod spare;
pub mod trace;
pub mod write;

pub(crate) use compare::truth;
pub use effect::{Answer, Effect, LogLevel};
pub use exchange::Exchange;
pub use link::LinkError;
pub use native::{Context, Flow, Native, Step, Stepped};
pub use outcome::{Cause, Outcome, Place, Trap, Uncaught};
pub use program::Program;
pub use random::Random;

use crate::value::{Bug, Heap, Memory, Pool, Value};
use drive::Waiting;
use entity::saved::Saved;
use frame::Stack;
use globals::Globals;
use raise::Exhausted;
use std::sync::Arc;

/// What one VM may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nested calls; one more raises `StackOverflow`.
    pub call_depth_max: usize,
    /// Components rendered inside each other; one more raises `StackOverflow`.
    pub component_depth_max: usize,
    /// Bytes charged; more raises `MemoryLimitExceeded`.
    pub memory_bytes_max: usize,
    /// Collect before every instruction and every native step: slow, and finds every handle that is not a root.
    pub gc_stress: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { call_depth_max: 512, component_depth_max: 64, memory_bytes_max: 256 << 20, gc_stress: false }
    }
}

/// One execution: its own heap, stack and limits.
#[derive(Debug)]
pub struct Vm {
    program: Arc<Program>,
    heap: Heap,
    random: Random,
    limits: Limits,
    stack: Stack,
    globals: Globals,
    /// What open transactions saved.
    saved: Saved,
    /// The request that is being answered, if one is.
    exchange: Option<Box<Exchange>>,
    /// Where in its map each field was found last, by the low bits of the program counter.
    hints: Box<[u8; 256]>,
    /// A call that the next run begins with.
    start: Option<(u32, Vec<Value>)>,
    waiting: Waiting,
    /// The driver's answer, until it was used.
    answer: Option<Answer>,
    /// What an error in a full memory is raised as.
    exhausted: Exhausted,
}

impl Vm {
    /// A machine that has run nothing yet. Random numbers follow from `seed`.
    pub fn new(program: Arc<Program>, limits: Limits, pool: Arc<Pool>, seed: [u8; 32]) -> Self {
        let memory = Memory::new(limits.memory_bytes_max, pool);
        Self {
            heap: Heap::new(Arc::clone(&program.texts), memory),
            random: Random::new(seed),
            stack: Stack::new(limits.call_depth_max, limits.component_depth_max),
            globals: Globals::new(&program),
            saved: Saved::default(),
            exchange: None,
            hints: Box::new([0; 256]),
            start: None,
            waiting: Waiting::No,
            answer: None,
            exhausted: Exhausted::default(),
            limits,
            program,
        }
    }

    /// The next `run` calls this function of the program. Globals of an earlier start are kept.
    pub fn start(&mut self, function: u32, args: &[Value]) {
        self.start = Some((function, args.to_vec()));
    }

    /// What is started next answers this request.
    pub fn answer(&mut self, exchange: Exchange) {
        self.exchange = Some(Box::new(exchange));
    }

    /// The request that is being answered, if one is.
    pub const fn exchange(&mut self) -> Option<&mut Exchange> {
        match &mut self.exchange {
            Some(exchange) => Some(exchange),
            None => None,
        }
    }

    /// Runs until something else has to happen; `fuel` is about one for each instruction.
    pub fn run(&mut self, fuel: i64) -> Outcome {
        self.heap.texts.fuel.set(fuel);
        self.drive()
    }

    /// Answers the effect that the last `run` asked for; the next `run` goes on with it.
    pub fn resume(&mut self, answer: Answer) {
        self.answer = Some(answer);
    }

    /// Gives up what is under way, without running any more of it; the next `run` begins with what is started next.
    ///
    /// # Errors
    ///
    /// Says that an invariant of the stack does not hold.
    pub fn abandon(&mut self) -> Result<(), Bug> {
        (self.start, self.answer, self.waiting) = (None, None, Waiting::No);
        while let Some(frame) = self.stack.frames.last() {
            if let frame::Frame::Need { floor, .. } = frame {
                self.heap.fetched.cancel(*floor);
            }
            self.stack.pop(&mut self.heap.memory)?;
        }
        self.heap.fetched.forget();
        self.saved.forget(&mut self.heap.memory)
    }

    /// What the last `run` left of its fuel; below zero when its last step cost more than was left.
    pub const fn fuel_left(&self) -> i64 {
        self.heap.texts.fuel.left()
    }

    /// Calls that are under way, those of built-ins included.
    pub const fn depth(&self) -> usize {
        self.stack.frames.len()
    }

    /// How many components are rendered inside each other now.
    pub fn components(&self) -> usize {
        self.stack.components()
    }

    /// What the values that `run` gave point into.
    pub const fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The program that it runs.
    pub fn program(&self) -> &Program {
        &self.program
    }
}
