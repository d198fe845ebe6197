//! What a built-in is to the machine: a function over values that gives a value, a state machine, or an effect.
//!
//! Rules for whoever writes one:
//!
//! - **N1** No native calls a function of the program; it returns [`Step::Call`] and gets the result as `answer`.
//! - **N2** All arguments are checked, and the worst case reserved, before anything changes: after
//!   [`Stop::Collect`](crate::value::Stop) the same call is made again with the same arguments and answer.
//! - **N3** What takes longer than [`SLICE`] units of work is [`Stepped`], and charges fuel for each step before it.
//! - **N4** Handles kept across steps are reported by [`Stepped::trace`]; nothing else keeps their objects alive.

use super::effect::{Answer, Effect};
use super::entity::saved::Saved;
use super::exchange::Exchange;
use crate::base::builtin::Signature;
use crate::value::stop::{Bug, Outcome};
use crate::value::{Heap, Value};

/// Work that one step may do, in units of about an instruction (a byte, an element).
pub const SLICE: usize = 4096;

/// A built-in: its face and its code.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What the front end knows of it.
    pub signature: Signature,
    /// Runs it: `args` are the receiver (for a method) and the arguments; absent ones are missing or `Unset`.
    /// Their number and kinds were checked against the signature.
    pub run: fn(&mut Context<'_>, &[Value]) -> Outcome<Flow>,
}

/// What a native sees of its VM.
#[derive(Debug)]
pub struct Context<'vm> {
    /// The heap.
    pub heap: &'vm mut Heap,
    /// Random numbers, seeded by the driver.
    pub random: &'vm mut super::Random,
    /// What open transactions saved.
    pub saved: &'vm mut Saved,
    /// The request that is being answered, if one is.
    pub exchange: &'vm mut Option<Box<Exchange>>,
    /// The program, for names of enums and functions.
    pub program: &'vm super::Program,
}

impl Context<'_> {
    /// Charges work before it is done. Fuel may go below zero, which ends the slice after the current step.
    #[inline]
    pub fn charge_fuel(&self, work: usize) {
        self.heap.texts.fuel.spend(work);
    }

    /// Is the slice over? Steps look at it where an element may cost more than a unit.
    pub const fn is_out_of_fuel(&self) -> bool {
        self.heap.texts.fuel.is_out()
    }
}

/// What running a native gives.
#[derive(Debug)]
pub enum Flow {
    /// The result.
    Value(Value),
    /// Go on step by step, in a frame of its own.
    Step(Box<dyn Stepped>),
    /// Ask the driver; the answer is turned into the result by [`Effect`]'s own rules.
    Effect(Effect, fn(&mut Context<'_>, &Answer) -> Outcome<Value>),
}

/// A native that runs in steps.
pub trait Stepped: std::fmt::Debug + Send {
    /// Does one step of at most about [`SLICE`] units. `answer` is the result of the call that the last step asked for.
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step>;

    /// Reports every value that it holds.
    fn trace(&self, visit: &mut dyn FnMut(Value));

    /// Takes the driver's answer to what the last step asked with [`Step::Ask`], and goes on like a step. After
    /// [`Stop::Collect`](crate::value::Stop) it gets the same answer again; it may take the content out of it when it
    /// succeeds.
    fn answered(&mut self, _context: &mut Context<'_>, _answer: &mut Answer) -> Outcome<Step> {
        Err(Bug::BadAnswer.into())
    }

    /// Bytes that it charged for buffers of its own and did not hand over: released when its frame ends, however it
    /// ends.
    fn held(&self) -> usize {
        0
    }

    /// Does it call functions of the program? Then it counts as a level of call depth.
    fn calls_back(&self) -> bool {
        false
    }

    /// Is what it calls at level 0 again: a step of the pipeline that answers a request?
    fn starts_level(&self) -> bool {
        false
    }

    /// Does an error of what it called come back to it as the answer? Not its own errors.
    fn catches(&self) -> bool {
        false
    }
}

/// What a step asks for.
#[derive(Clone, Debug)]
pub enum Step {
    /// The result.
    Done(Value),
    /// Call this function with the first `argc` of these; it receives as many as it declares.
    Call {
        /// A function value.
        callee: Value,
        /// The arguments.
        args: [Value; 3],
        /// How many of them count.
        argc: u8,
    },
    /// Ask the driver, and hand its answer to [`Stepped::answered`].
    Ask(Effect),
    /// Not done; call `step` again.
    Again,
}
