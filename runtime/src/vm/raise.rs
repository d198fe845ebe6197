//! Errors: from what an operation refused, or a program throws, to the handler that catches it.

use super::drive::Waiting;
use super::frame::Frame;
use super::native::{Context, Flow, SLICE, Step, Stepped};
use super::{Outcome as Ended, Trap, Vm, trace};
use crate::base::span::{to_u32, to_usize};
use crate::value::object::{CHAIN_MAX, ErrorName, ErrorValue, Object, TracePoint, add_note};
use crate::value::show::{Part, Show};
use crate::value::stop::{Bug, ErrorKind, Outcome, Raise, Stop};
use crate::value::text::shortened;
use crate::value::{Handle, Heap, Value};

/// Places that an error keeps: the innermost ones, and the outermost.
const TRACE_MAX: usize = 128;

/// A variable that no assignment has reached.
#[cold]
pub(super) fn unbound(name: &str) -> Stop {
    Stop::raise(ErrorKind::NameError, format!("`{name}` has no value yet"))
}

/// The error that a thrown value stands for.
pub(super) fn thrown(heap: &mut Heap, value: Value) -> Outcome<Value> {
    match value {
        Value::Error(_) => Ok(value),
        Value::Text(message) => {
            let kind = ErrorName::Known(ErrorKind::Error);
            let status = ErrorKind::Error.status();
            let error = ErrorValue {
                kind,
                message,
                status,
                trace: Vec::new(),
                left_out: 0,
                cause: Value::None,
                data: None,
            };
            heap.new_object(Object::Error(Box::new(error))).map(Value::Error)
        }
        other => {
            let kind = other.kind().name();
            Err(Stop::type_error(format!("only an error or a text can be thrown, not {kind}")))
        }
    }
}

/// No arm takes the subject.
#[cold]
pub(super) fn match_failed(context: &mut Context<'_>, subject: Value) -> Outcome<()> {
    let mut text = String::new();
    let found = match subject {
        Value::Text(_) | Value::None | Value::Unset => subject.kind().name().to_owned(),
        value if crate::value::show::write_scalar(context.program, value, &mut text) => text,
        value => value.kind().name().to_owned(),
    };
    Err(Stop::raise(ErrorKind::MatchFailed, format!("no arm of the match takes {found}")))
}

/// An assertion that does not hold: its source, the two sides when they are set, and a note.
pub(super) fn assert_failed(context: &mut Context<'_>, values: [Value; 3], source: u32) -> Outcome<Flow> {
    let [left, right, note] = values;
    let heap = &mut *context.heap;
    let plain = |value| Part { value, nested: false };
    let source = Value::Text(crate::value::text::Texts::constant(source));
    let mut parts = Vec::new();
    let sides = !matches!((left, right), (Value::Unset, Value::Unset));
    if let Value::Unset = note {
        parts.push(plain(heap.new_text("assertion failed: ")?));
    } else {
        parts.extend([plain(note), plain(heap.new_text(": ")?)]);
    }
    parts.push(plain(source));
    // Said where the sides cannot be.
    let without_sides = sides.then(|| Show::new(parts.iter().copied()).up_to(WRITTEN_BYTES_MAX));
    if sides {
        for (name, value) in [(" (left: ", left), (", right: ", right)] {
            parts.extend([plain(heap.new_text(name)?), Part { value, nested: true }]);
        }
        parts.push(plain(heap.new_text(")")?));
    }
    Ok(Flow::Step(Box::new(Asserting { message: Show::new(parts).up_to(WRITTEN_BYTES_MAX), without_sides })))
}

/// Bytes of an assertion's message that are written: more than are told, so that the cut is seen.
const WRITTEN_BYTES_MAX: usize = trace::TOLD_BYTES_MAX * 2;

/// Writes the message of a failed assertion, then raises it.
#[derive(Debug)]
struct Asserting {
    message: Show,
    /// The message for sides that nest too deeply.
    without_sides: Option<Show>,
}

impl Stepped for Asserting {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(SLICE);
        let text = match self.message.step(context.heap, context.program, SLICE) {
            Ok(Some(Value::Text(text))) => text,
            Ok(_) => return Ok(Step::Again),
            Err(stop @ Stop::Raise(_)) => {
                let shorter = self.without_sides.take().ok_or(stop)?;
                context.heap.memory.release(self.message.charged())?;
                self.message = shorter;
                return Ok(Step::Again);
            }
            Err(stop) => return Err(stop),
        };
        let message = shortened(context.heap.texts.str(text)?, trace::TOLD_BYTES_MAX);
        Err(Stop::raise(ErrorKind::AssertionFailed, message))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.message.trace(visit);
        self.without_sides.iter().for_each(|message| message.trace(visit));
    }

    fn held(&self) -> usize {
        self.message.charged()
    }
}

/// What is raised where there is no room for another error.
#[derive(Debug, Default)]
pub(super) struct Exhausted {
    /// The last `MemoryLimitExceeded`.
    error: Option<Value>,
    /// How often it is raised again before another collection looks for room.
    skips: usize,
    /// How often it was the last time.
    skipped: usize,
}

impl Exhausted {
    /// Raising an error takes about as long as collecting so many bytes, as a power of two. A program that keeps its
    /// errors would do nothing but collect; so would one that waits for its turn, had it to wait much longer.
    const RAISE_BYTES_BITS: u32 = 14;

    /// Takes one of the times at which it is too early to collect again; false when there are none left, or there was
    /// room since the last time.
    const fn take_skip(&mut self, heap: &Heap) -> bool {
        if self.error.is_none() || !heap.memory.is_exhausted() {
            (self.skips, self.skipped) = (0, 0);
        }
        let is_left = self.skips > 0;
        self.skips = self.skips.saturating_sub(1);
        is_left
    }

    /// A collection found no room: the next one waits for twice as many errors.
    fn found_nothing(&mut self, heap: &Heap) {
        let most = (heap.memory.used() >> Self::RAISE_BYTES_BITS).max(1);
        self.skipped = self.skipped.saturating_mul(2).clamp(1, most);
        self.skips = self.skipped;
    }

    /// What the collector must keep.
    pub const fn error(&self) -> Option<Value> {
        self.error
    }
}

impl Vm {
    /// Makes an error value of what an operation refused, and looks for its handler. Gives the end when there is none.
    /// Where not even the reserve holds that value, the refusal becomes `MemoryLimitExceeded`; and where it does not hold
    /// that one either, the one that was made last is raised again.
    #[cold]
    pub(super) fn raise(&mut self, raise: &Raise) -> Result<Option<Ended>, Bug> {
        let error = match self.error_where_room(raise)? {
            Some(error) => Some(error),
            None if self.exhausted.take_skip(&self.heap) => self.raised_again()?,
            None => match self.error_after_collection(raise)? {
                Some(error) => Some(error),
                None => self.raised_again()?,
            },
        };
        match error {
            Some(error) => self.throw(error),
            None => Ok(Some(self.uncaught_raise(raise))),
        }
    }

    /// The last `MemoryLimitExceeded`, with as much of the trace of where the machine is now as it has room for.
    fn raised_again(&mut self) -> Result<Option<Value>, Bug> {
        let Some(Value::Error(handle)) = self.exhausted.error else { return Ok(None) };
        let Object::Error(error) = self.heap.objects.get(handle)? else { return Err(Bug::WrongShape) };
        let (points, left_out) = self.trace_points(error.trace.capacity());
        let Object::Error(error) = self.heap.objects.get_mut(handle)? else { return Err(Bug::WrongShape) };
        error.trace.clear();
        error.trace.extend(points);
        error.left_out = left_out;
        Ok(Some(Value::Error(handle)))
    }

    /// Collects, and makes what there is room for then: the error of this refusal, or `MemoryLimitExceeded`.
    fn error_after_collection(&mut self, raise: &Raise) -> Result<Option<Value>, Bug> {
        self.collect(0, false)?;
        self.heap.memory.lift_threshold();
        let mut error = self.error_where_room(raise)?;
        if error.is_none()
            && let Stop::Raise(exhausted) = self.heap.memory.exhausted()
        {
            error = self.error_where_room(&exhausted)?;
        }
        self.heap.memory.settle_threshold();
        if error.is_none() {
            self.exhausted.found_nothing(&self.heap);
        }
        Ok(error)
    }

    fn error_where_room(&mut self, raise: &Raise) -> Result<Option<Value>, Bug> {
        let error = match self.error_value(raise) {
            Ok(error) => error,
            Err(Stop::Collect { .. } | Stop::Raise(_)) => return Ok(None),
            Err(Stop::Need(_)) => return Err(Bug::Unused),
            Err(Stop::Bug(bug)) => return Err(bug),
        };
        if raise.kind == ErrorKind::MemoryLimitExceeded {
            self.exhausted.error = Some(error);
        }
        Ok(Some(error))
    }

    fn error_value(&mut self, raise: &Raise) -> Outcome<Value> {
        let (trace, left_out) = self.trace_points(TRACE_MAX);
        let Value::Text(message) = self.heap.new_text(&raise.message)? else {
            return Err(Bug::WrongShape.into());
        };
        let kind = ErrorName::Known(raise.kind);
        let status = raise.kind.status();
        let mut data = None;
        if !raise.data.is_empty() {
            let map = self.heap.new_map(raise.data.len())?;
            for (name, text) in &raise.data {
                let (name, text) = (self.heap.new_text(name)?, self.heap.new_text(text)?);
                self.heap.set_key(map, name, text)?;
            }
            data = Some(map);
        }
        let error = ErrorValue { kind, message, status, trace, left_out, cause: Value::None, data };
        self.heap.new_object(Object::Error(Box::new(error))).map(Value::Error)
    }

    /// Raises an error value. One that was raised before keeps its trace.
    pub(super) fn throw(&mut self, error: Value) -> Result<Option<Ended>, Bug> {
        let Value::Error(handle) = error else { return Err(Bug::WrongShape) };
        self.note_trace(handle)?;
        while let Some(&frame) = self.stack.frames.last() {
            if let Frame::Code(code) = frame {
                let pc = to_usize(code.pc).saturating_sub(1);
                if let Some(handler) = self.program.liveness(code.function)?.handler(pc) {
                    if let Some(register) = self.stack.top_window()?.get_mut(usize::from(handler.register)) {
                        *register = error;
                    }
                    self.stack.code()?.pc = handler.target;
                    self.heap.fetched.forget();
                    return Ok(None);
                }
            }
            if let Frame::Need { floor, .. } = frame {
                self.heap.fetched.give_up(floor);
            }
            if let Frame::Global { global, .. } = frame {
                self.globals.give_up(&self.program, global)?;
            }
            if let Frame::Native = frame
                && self.stack.native()?.state.catches()
            {
                self.stack.end_level();
                let native = self.stack.native()?;
                (native.call, native.answer) = (None, Some(error));
                self.heap.fetched.forget();
                return Ok(None);
            }
            self.stack.pop(&mut self.heap.memory)?;
        }
        let uncaught = trace::uncaught(&self.heap, &self.program, handle)?;
        Ok(Some(Ended::Trap(Trap::Uncaught(Box::new(uncaught)))))
    }

    /// Gives an error that was never raised its trace, if the budget allows.
    fn note_trace(&mut self, handle: Handle<Object>) -> Result<(), Bug> {
        let Object::Error(error) = self.heap.objects.get(handle)? else { return Err(Bug::WrongShape) };
        if error.is_raised() {
            return Ok(());
        }
        let held = error.trace.capacity();
        let notes: Vec<_> = error.trace.iter().filter_map(|point| point.note).collect();
        let (mut points, left_out) = self.trace_points(TRACE_MAX);
        points.reserve_exact(notes.len().min(CHAIN_MAX.saturating_sub(points.len())));
        for note in notes {
            add_note(&mut points, note);
        }
        let bytes = |entries: usize| entries.saturating_mul(size_of::<TracePoint>());
        match self.heap.memory.grow_to(held, points.capacity(), bytes) {
            Ok(()) => {}
            Err(Stop::Bug(bug)) => return Err(bug),
            Err(_) => return Ok(()),
        }
        if let Object::Error(error) = self.heap.objects.get_mut(handle)? {
            error.trace = points;
            error.left_out = left_out;
        }
        Ok(())
    }

    /// Where every function of the program stands that is under way, innermost first; of very many all but the outermost
    /// are left out behind a number of them, and counted.
    fn trace_points(&self, most: usize) -> (Vec<TracePoint>, u32) {
        let point = |frame: &Frame| match frame {
            Frame::Code(code) => {
                Some(TracePoint { function: code.function, pc: code.pc.saturating_sub(1), note: None })
            }
            Frame::Native | Frame::Global { .. } | Frame::Need { .. } => None,
        };
        let frames = &self.stack.frames;
        let mut calls = frames.iter().rev().filter_map(point);
        let mut points: Vec<_> = calls.by_ref().take(most).collect();
        let mut left_out = 0;
        if let Some(outermost) = calls.next_back()
            && let Some(last) = points.last_mut()
        {
            *last = outermost;
            // The one that gave its place is left out, and so is all between.
            left_out = to_u32(calls.count()).saturating_add(1);
        }
        points.shrink_to_fit();
        (points, left_out)
    }

    /// The calls that are under way between two runs, innermost first, and how many more there are.
    pub fn standing(&self) -> (Vec<super::Place>, u32) {
        let (mut points, left_out) = self.trace_points(TRACE_MAX);
        // Whoever used up its fuel stands before what comes next, which is the loop whose round is over.
        if let (Waiting::No, Some(Frame::Code(code)), Some(point)) =
            (self.waiting, self.stack.frames.last(), points.first_mut())
        {
            point.pc = code.pc;
        }
        (self.told(&points), left_out)
    }

    fn told(&self, points: &[TracePoint]) -> Vec<super::Place> {
        points.iter().map(|point| trace::place(&self.program, point)).collect()
    }

    /// The end for an error that there is no memory to make a value of.
    #[cold]
    fn uncaught_raise(&mut self, raise: &Raise) -> Ended {
        let mut uncaught = super::Uncaught {
            kind: raise.kind.name().to_owned(),
            message: raise.message.to_string(),
            status: raise.kind.status(),
            ..super::Uncaught::default()
        };
        let (points, left_out) = self.trace_points(TRACE_MAX);
        (uncaught.chain, uncaught.left_out) = (self.told(&points), left_out);
        Ended::Trap(Trap::Uncaught(Box::new(uncaught)))
    }
}
