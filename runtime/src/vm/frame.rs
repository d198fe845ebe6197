//! The stack: windows of 256 registers that overlap, spill slots, and a record of each call that is under way.
//!
//! Invariants: the registers reach 256 past the base of the topmost code frame, so that a register index is never out of
//! bounds; all three grow only after their bytes were charged; frames are as deep as the program's own calls.

use super::native::Stepped;
use super::program::Program;
use crate::base::guard::{Guard, off};
use crate::base::span::to_usize;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Closure, Handle, Memory, Value};

/// Registers in a window.
pub(super) const WINDOW: usize = 256;

/// One entry of the call stack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// A function of the program.
    Code(CodeFrame),
    /// A built-in that runs in steps: the topmost of [`Stack::natives`] that no frame above names.
    Native,
    /// Waits for the initialiser of a global's file, then reads the global.
    Global {
        /// The global to read.
        global: u32,
        /// May it still be unset?
        peek: bool,
        /// Where the initialiser's window starts.
        base: usize,
    },
    /// Waits for what the operation of the frame below needs; that is repeated when it is there.
    Need {
        /// What [`crate::value::fetched::Fetched::begin`] gave.
        floor: usize,
        /// Where the window of a function starts that is called meanwhile.
        base: usize,
    },
}

/// A function of the program that is running, or waiting for what it called.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeFrame {
    /// Index of the function.
    pub function: u32,
    /// The next instruction; the one that is waiting, or failed, is the one before.
    pub pc: u32,
    /// Where its window starts.
    pub base: usize,
    /// Where its spill slots start.
    pub slots: u32,
    /// Where its captured variables are, if it is a closure.
    pub closure: Option<Handle<Closure>>,
    /// The register that the result of what it waits for goes to.
    pub dst: u8,
    /// Was it called as a component?
    pub component: bool,
}

/// A built-in that runs in steps.
#[derive(Debug)]
pub(super) struct NativeFrame {
    /// Its state.
    pub state: Box<dyn Stepped>,
    /// The result of the call that it asked for.
    pub answer: Option<Value>,
    /// A call that it asked for and that was not begun yet.
    pub call: Option<PendingCall>,
    /// Where the window of a function that it calls starts.
    pub base: usize,
    /// The frames below level 0 before it called something that is at level 0 again.
    pub floor: Option<usize>,
}

/// A call that a built-in asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingCall {
    /// The function value.
    pub callee: Value,
    /// Room for the arguments.
    pub args: [Value; 3],
    /// How many there are.
    pub argc: u8,
}

/// All that is under way in one VM.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// Windows.
    pub registers: Vec<Value>,
    /// Spill slots of all frames.
    pub slots: Vec<Value>,
    /// Calls, outermost first.
    pub frames: Vec<Frame>,
    /// The built-ins among them.
    pub natives: Vec<NativeFrame>,
    /// Nested calls allowed.
    depth_max: usize,
    /// Frames below level 0.
    floor: usize,
    /// Places among the frames of calls that rendered a component; those that returned are cleared before they count.
    components: Vec<usize>,
    /// Components allowed inside each other.
    component_depth_max: usize,
}

/// Registers as they are before anything is put into them.
static FRESH: [Value; WINDOW] = [Value::Unset; WINDOW];
/// Registers that the first window is made with: a handler that calls a little stands in as many.
const WINDOW_FIRST: usize = WINDOW + 64;

/// The window at a base; [`Stack::reach`] made it.
#[inline]
pub(super) fn window(registers: &mut [Value], base: usize) -> Result<&mut [Value; WINDOW], Bug> {
    registers.get_mut(base..).and_then(<[Value]>::first_chunk_mut).ok_or(Bug::BadFrame)
}

/// Makes room for `more` entries after charging what the growth takes; capacity at least doubles.
fn grow<T>(of: &mut Vec<T>, more: usize, memory: &mut Memory) -> Outcome<()> {
    let capacity = of.capacity();
    let wanted = of.len().saturating_add(more);
    if wanted <= capacity {
        return Ok(());
    }
    let wanted = wanted.max(capacity.saturating_mul(2)).max(16);
    memory.charge(wanted.saturating_sub(capacity).saturating_mul(size_of::<T>()))?;
    of.reserve_exact(wanted.saturating_sub(of.len()));
    Ok(())
}

/// Adds registers as they are before anything is put into them; there is room for them.
fn extend(registers: &mut Vec<Value>, count: usize) {
    let mut missing = count;
    // Copied, which takes a third of what setting one by one does.
    while let Some(some) = FRESH.get(..missing.min(WINDOW)).filter(|some| !some.is_empty()) {
        registers.extend_from_slice(some);
        missing = missing.saturating_sub(some.len());
    }
}

impl Stack {
    /// An empty stack for so many nested calls, and so many components inside each other.
    pub fn new(depth_max: usize, component_depth_max: usize) -> Self {
        Self { depth_max, component_depth_max, ..Self::default() }
    }

    /// Nothing is under way any more; the room of a small request stays.
    pub fn empty(&mut self) {
        let kept = self.registers.len().min(WINDOW_FIRST);
        self.registers.clear();
        extend(&mut self.registers, kept);
        self.slots.clear();
        self.frames.clear();
        self.natives.clear();
        self.components.clear();
        self.floor = 0;
    }

    /// Bytes charged for what an empty stack has room for.
    pub const fn room(&self) -> usize {
        let values = self.registers.capacity().saturating_add(self.slots.capacity());
        let frames = self.frames.capacity().saturating_mul(size_of::<Frame>());
        let natives = self.natives.capacity().saturating_mul(size_of::<NativeFrame>());
        values.saturating_mul(size_of::<Value>()).saturating_add(frames).saturating_add(natives)
    }

    /// Can a frame be pushed without [`Self::admit`] and [`Self::reach`] being asked?
    #[inline]
    pub fn has_room(&self, base: usize) -> bool {
        self.level() <= self.depth_max
            && self.frames.len() < self.frames.capacity()
            && base.saturating_add(WINDOW) <= self.registers.len()
    }

    /// The level of a new frame: the frames below it, down to the one of level 0.
    #[inline]
    fn level(&self) -> usize {
        self.frames.len().saturating_sub(self.floor)
    }

    /// What the topmost frame, a built-in, calls next has level 0.
    pub fn start_level(&mut self) -> Result<(), Bug> {
        let (floor, frames) = (self.floor, self.frames.len());
        self.native()?.floor.get_or_insert(floor);
        self.floor = frames;
        Ok(())
    }

    /// Levels are again what they were before the topmost frame, a built-in, called something.
    pub fn end_level(&mut self) {
        if let Some(floor) = self.natives.last_mut().and_then(|native| native.floor.take()) {
            self.floor = floor;
        }
    }

    /// Refuses a call that is nested too deep.
    pub fn admit(&self) -> Outcome<()> {
        if self.level() <= self.depth_max || off(Guard::CallDepth) {
            return Ok(());
        }
        let limit = self.depth_max;
        let message = format!("Maximum call depth ({limit}) exceeded. Check for infinite recursion.");
        Err(Stop::raise(ErrorKind::StackOverflow, message))
    }

    /// Refuses a component that is nested too deep.
    pub fn admit_component(&mut self) -> Outcome<()> {
        let frames = &self.frames;
        self.components.retain(|&at| matches!(frames.get(at), Some(Frame::Code(frame)) if frame.component));
        let limit = self.component_depth_max;
        if self.components.len() < limit || off(Guard::ComponentDepth) {
            return Ok(());
        }
        let message =
            format!("Maximum component depth ({limit}) exceeded. Check for a component inside itself.");
        Err(Stop::raise(ErrorKind::StackOverflow, message))
    }

    /// How many components are rendered inside each other.
    pub fn components(&self) -> usize {
        let of_one = |frame: &&Frame| matches!(frame, Frame::Code(frame) if frame.component);
        self.frames.iter().filter(of_one).count()
    }

    /// The topmost frame is a component's.
    pub fn begin_component(&mut self) -> Result<(), Bug> {
        self.code()?.component = true;
        self.components.push(self.frames.len().saturating_sub(1));
        Ok(())
    }

    /// Makes room for one more frame, a window at `base` and so many spill slots.
    pub fn reach(&mut self, base: usize, slots: u32, memory: &mut Memory) -> Outcome<()> {
        grow(&mut self.frames, 1, memory)?;
        let end = base.saturating_add(WINDOW);
        if let Some(more) = end.checked_sub(self.registers.len()) {
            let more = if self.registers.is_empty() { more.max(WINDOW_FIRST) } else { more };
            grow(&mut self.registers, more, memory)?;
            let missing = end.max(self.registers.capacity()).saturating_sub(self.registers.len());
            extend(&mut self.registers, missing);
        }
        let slots = to_usize(slots);
        grow(&mut self.slots, slots, memory)?;
        self.slots.resize(self.slots.len().saturating_add(slots), Value::Unset);
        Ok(())
    }

    /// Pushes a built-in that runs in steps. It counts as a level when it calls back.
    pub fn push_native(
        &mut self,
        state: Box<dyn Stepped>,
        program: &Program,
        memory: &mut Memory,
    ) -> Result<(), (Stop, Box<dyn Stepped>)> {
        let room = || {
            if state.calls_back() {
                self.admit()?;
            }
            let base = self.free_base(program)?;
            grow(&mut self.frames, 1, memory)?;
            grow(&mut self.natives, 1, memory)?;
            Ok(base)
        };
        match { room }() {
            Ok(base) => {
                self.frames.push(Frame::Native);
                self.natives.push(NativeFrame { state, answer: None, call: None, base, floor: None });
                Ok(())
            }
            Err(stop) => Err((stop, state)),
        }
    }

    /// Where the window of a function starts that no instruction of the topmost frame made room for.
    pub fn free_base(&self, program: &Program) -> Result<usize, Bug> {
        Ok(match self.frames.last() {
            Some(Frame::Code(frame)) => {
                let registers = program.function(frame.function)?.registers;
                frame.base.saturating_add(usize::from(registers))
            }
            Some(Frame::Native) => self.natives.last().map_or(0, |native| native.base),
            Some(Frame::Global { base, .. } | Frame::Need { base, .. }) => *base,
            None => 0,
        })
    }

    /// Takes the topmost frame off, and gives back what a built-in held.
    pub fn pop(&mut self, memory: &mut Memory) -> Result<(), Bug> {
        match self.frames.pop() {
            Some(Frame::Code(frame)) => self.slots.truncate(to_usize(frame.slots)),
            Some(Frame::Native) => {
                self.end_level();
                let native = self.natives.pop().ok_or(Bug::BadFrame)?;
                memory.release(native.state.held())?;
            }
            Some(Frame::Global { .. } | Frame::Need { .. }) => {}
            None => return Err(Bug::BadFrame),
        }
        Ok(())
    }

    /// The topmost frame, when it is a function of the program.
    pub fn code(&mut self) -> Result<&mut CodeFrame, Bug> {
        match self.frames.last_mut() {
            Some(Frame::Code(frame)) => Ok(frame),
            _ => Err(Bug::BadFrame),
        }
    }

    /// The topmost frame, when it is a built-in.
    pub fn native(&mut self) -> Result<&mut NativeFrame, Bug> {
        self.natives.last_mut().ok_or(Bug::BadFrame)
    }

    /// The window of the topmost frame, which is a function of the program.
    pub fn top_window(&mut self) -> Result<&mut [Value; WINDOW], Bug> {
        let base = self.code()?.base;
        window(&mut self.registers, base)
    }
}
