//! Around the dispatch loop: polls built-ins that run in steps, delivers results, collects and repeats, asks the driver.

use super::call::Given;
use super::dispatch::{Signal, execute};
use super::effect::Answer;
use super::frame::{Frame, PendingCall};
use super::native::{Context, Flow, Step};
use super::{Outcome as Ended, Trap, Vm};
use crate::value::Value;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};

/// How an effect's answer becomes a value.
type Convert = fn(&mut Context<'_>, &Answer) -> Outcome<Value>;

/// Who waits for the driver's answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiting {
    /// Nobody.
    No,
    /// The topmost frame, for the value that this makes of it.
    Value(Convert),
    /// The topmost frame, a built-in that runs in steps.
    Native,
}

impl Vm {
    /// Runs until something else has to happen.
    pub(super) fn drive(&mut self) -> Ended {
        let mut tries = 0_u8;
        loop {
            let repeats = self.heap.fetched.is_waiting();
            let floor = self.heap.fetched.floor();
            let stress = self.limits.gc_stress && tries == 0;
            let outcome = match stress.then(|| self.collect(0, true)) {
                Some(Err(bug)) => Err(bug.into()),
                _ => self.advance(tries > 0 || repeats || stress),
            };
            let ended = match outcome {
                Ok(ended) => {
                    if repeats && self.heap.fetched.floor() == floor {
                        self.heap.fetched.forget();
                    }
                    if tries > 0 {
                        tries = 0;
                        self.heap.memory.settle_threshold();
                    }
                    ended
                }
                Err(Stop::Collect { bytes }) => {
                    tries = tries.saturating_add(1);
                    match self.make_room(bytes, tries) {
                        Ok(Room::Made) => None,
                        Ok(Room::Refused(ended)) => {
                            tries = 0;
                            ended
                        }
                        Err(bug) => return self.broken(bug),
                    }
                }
                Err(Stop::Raise(raise)) => {
                    tries = 0;
                    match self.raise(&raise) {
                        Ok(ended) => ended,
                        Err(bug) => return self.broken(bug),
                    }
                }
                // `advance` has seen to every need.
                Err(Stop::Need(_)) => return self.broken(Bug::Unused),
                Err(Stop::Bug(bug)) => return self.broken(bug),
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Collects for an operation that asked for so many bytes, the first and second time; then raises.
    #[cold]
    fn make_room(&mut self, bytes: usize, tries: u8) -> Result<Room, Bug> {
        if tries <= 2 {
            self.collect(bytes, true)?;
            if tries == 2 {
                self.heap.memory.lift_threshold();
            }
            return Ok(Room::Made);
        }
        let Stop::Raise(raise) = self.heap.memory.exhausted() else { return Err(Bug::Accounting) };
        // The instruction is given up: it counts as under way, as for every error.
        if let Ok(frame) = self.stack.code() {
            frame.pc = frame.pc.saturating_add(1);
        }
        let ended = self.raise(&raise)?;
        self.heap.memory.settle_threshold();
        Ok(Room::Refused(ended))
    }

    #[cold]
    fn broken(&mut self, bug: Bug) -> Ended {
        self.stack.frames.clear();
        Ended::Trap(Trap::Bug(bug))
    }

    /// Does the next thing: one slice of the dispatch loop (or one instruction), one step of a built-in, or a delivery.
    fn advance(&mut self, single: bool) -> Outcome<Option<Ended>> {
        if let Some(answer) = self.answer.take() {
            return self.answered(answer);
        }
        match self.stack.frames.last() {
            Some(Frame::Code(_)) => {
                let signal = if single { execute::<true>(self) } else { execute::<false>(self) };
                let done = self.handle(signal).or_else(|stop| self.fetched(stop));
                // What has to be repeated was not done.
                if let Err(Stop::Collect { .. }) = done
                    && let Ok(frame) = self.stack.code()
                {
                    frame.pc = frame.pc.saturating_sub(1);
                }
                done
            }
            Some(Frame::Native) => self.poll(single).or_else(|stop| self.fetched(stop)),
            Some(Frame::Global { .. } | Frame::Need { .. }) => Err(Bug::BadFrame.into()),
            None => self.begin(),
        }
    }

    /// Begins to fetch what the operation of the topmost frame stopped for. The frame stands behind the operation, as
    /// for a call, until it is there.
    fn fetched(&mut self, stop: Stop) -> Outcome<Option<Ended>> {
        let Stop::Need(need) = stop else { return Err(stop) };
        if self.heap.fetched.find(*need).is_some() {
            return Err(Bug::Unused.into());
        }
        let base = self.stack.free_base(&self.program)?;
        let Self { program, heap, random, saved, exchange, .. } = self;
        let state = super::entity::fetch::of(&mut Context { heap, random, saved, exchange, program }, *need)?;
        let floor = self.heap.fetched.begin(*need, &mut self.heap.memory)?;
        self.stack.frames.push(Frame::Need { floor, base });
        let pushed = self.stack.push_native(state, &self.program, &mut self.heap.memory);
        if let Err((stop, state)) = pushed {
            self.heap.memory.release(state.held())?;
            self.stack.pop(&mut self.heap.memory)?;
            self.heap.fetched.cancel(floor);
            return Err(stop);
        }
        Ok(self.out_of_fuel())
    }

    fn begin(&mut self) -> Outcome<Option<Ended>> {
        let Some((function, args)) = self.start.clone() else { return Err(Bug::BadFrame.into()) };
        self.invoke(Value::Function(function), Given::placed(&args), 0)?;
        self.start = None;
        Ok(None)
    }

    fn handle(&mut self, signal: Signal) -> Outcome<Option<Ended>> {
        match signal {
            Signal::Next => Ok(None),
            Signal::Yield => Ok(Some(Ended::Yield)),
            Signal::Stop(stop) => Err(stop),
            Signal::Flow(flow) => self.follow(flow),
            Signal::Call(request) => match self.call(request)? {
                Some(flow) => self.follow(flow),
                None => Ok(self.out_of_fuel()),
            },
            Signal::Returned(value) => {
                self.stack.pop(&mut self.heap.memory)?;
                self.deliver(value)
            }
            Signal::Initialise { global, peek } => self.initialise(global, peek),
            Signal::Throw(error) => Ok(self.throw(error)?),
        }
    }

    fn out_of_fuel(&self) -> Option<Ended> {
        self.heap.texts.fuel.is_out().then_some(Ended::Yield)
    }

    /// Goes on with what a built-in gave.
    fn follow(&mut self, flow: Flow) -> Outcome<Option<Ended>> {
        match flow {
            Flow::Value(value) => self.deliver(value),
            Flow::Step(state) => {
                let pushed = self.stack.push_native(state, &self.program, &mut self.heap.memory);
                if let Err((stop, state)) = pushed {
                    self.heap.memory.release(state.held())?;
                    return Err(stop);
                }
                Ok(self.out_of_fuel())
            }
            Flow::Effect(effect, convert) => {
                self.waiting = Waiting::Value(convert);
                Ok(Some(Ended::Effect(effect)))
            }
        }
    }

    /// Gives a result to the topmost frame.
    fn deliver(&mut self, value: Value) -> Outcome<Option<Ended>> {
        match self.stack.frames.last() {
            None => return Ok(Some(Ended::Done(value))),
            Some(Frame::Code(frame)) => {
                let dst = usize::from(frame.dst);
                if let Some(register) = self.stack.top_window()?.get_mut(dst) {
                    *register = value;
                }
            }
            Some(Frame::Native) => {
                self.stack.end_level();
                self.stack.native()?.answer = Some(value);
            }
            Some(&Frame::Global { global, peek, .. }) => {
                self.stack.pop(&mut self.heap.memory)?;
                let read =
                    if peek { self.globals.peek(global) } else { self.globals.get(&self.program, global) };
                return self.deliver_global(read?);
            }
            Some(&Frame::Need { floor, .. }) => {
                self.stack.pop(&mut self.heap.memory)?;
                self.heap.fetched.finish(floor, value)?;
                if let Ok(frame) = self.stack.code() {
                    frame.pc = frame.pc.saturating_sub(1);
                }
            }
        }
        Ok(self.out_of_fuel())
    }

    fn deliver_global(&mut self, value: Option<Value>) -> Outcome<Option<Ended>> {
        let value = value.ok_or(Bug::BadFrame)?;
        let dst = usize::from(self.stack.code()?.dst);
        if let Some(register) = self.stack.top_window()?.get_mut(dst) {
            *register = value;
        }
        Ok(self.out_of_fuel())
    }

    /// Runs the initialiser of a global's file; the global is read when it returns.
    fn initialise(&mut self, global: u32, peek: bool) -> Outcome<Option<Ended>> {
        let base = self.stack.free_base(&self.program)?;
        let initialiser = self.globals.initialiser(&self.program, global)?;
        self.stack.frames.push(Frame::Global { global, peek, base });
        if let Err(stop) = self.invoke(Value::Function(initialiser), Given::placed(&[]), base) {
            self.stack.pop(&mut self.heap.memory)?;
            return Err(stop);
        }
        self.globals.begin(&self.program, global)?;
        Ok(self.out_of_fuel())
    }

    /// Steps of the topmost frame, a built-in, as long as it only goes on and there is fuel; one, where it is single.
    fn poll(&mut self, single: bool) -> Outcome<Option<Ended>> {
        if let Some(call) = self.stack.native()?.call {
            return self.call_back(call);
        }
        let Self { program, heap, random, stack, saved, exchange, .. } = self;
        let native = stack.native()?;
        let mut context = Context { heap, random, saved, exchange, program };
        loop {
            context.charge_fuel(1);
            let step = native.state.step(&mut context, native.answer)?;
            native.answer = None;
            match step {
                Step::Again if !single && !context.is_out_of_fuel() => {}
                step => return self.stepped(step),
            }
        }
    }

    fn stepped(&mut self, step: Step) -> Outcome<Option<Ended>> {
        match step {
            Step::Done(value) => {
                self.stack.pop(&mut self.heap.memory)?;
                return self.deliver(value);
            }
            Step::Call { callee, args, argc } => {
                self.stack.native()?.call = Some(PendingCall { callee, args, argc });
            }
            Step::Ask(effect) => {
                self.waiting = Waiting::Native;
                return Ok(Some(Ended::Effect(effect)));
            }
            Step::Again => {}
        }
        Ok(self.out_of_fuel())
    }

    /// Begins a call that the topmost frame, a built-in, asked for.
    fn call_back(&mut self, call: PendingCall) -> Outcome<Option<Ended>> {
        let declared = self.program.parameters(&self.heap, call.callee)?;
        let argc = usize::from(call.argc).min(declared);
        let args = call.args.get(..argc).unwrap_or(&call.args);
        let base = self.stack.free_base(&self.program)?;
        if self.stack.native()?.state.starts_level() {
            self.stack.start_level()?;
        }
        let flow = self.invoke(call.callee, Given::placed(args), base)?;
        // A function of the program stands above the built-in now; another built-in does not yet.
        if let Some(native) = self.stack.natives.last_mut() {
            native.call = None;
        }
        match flow {
            Some(flow) => self.follow(flow),
            None => Ok(self.out_of_fuel()),
        }
    }

    /// Goes on with the driver's answer, which is kept until it was used.
    fn answered(&mut self, mut answer: Answer) -> Outcome<Option<Ended>> {
        match self.use_answer(&mut answer) {
            Ok(used) => {
                self.waiting = Waiting::No;
                match used {
                    Used::Value(value) => self.deliver(value),
                    Used::Step(step) => self.stepped(step),
                }
            }
            Err(stop) => {
                if let Stop::Collect { .. } = stop {
                    self.answer = Some(answer);
                } else {
                    self.waiting = Waiting::No;
                }
                Err(stop)
            }
        }
    }

    fn use_answer(&mut self, answer: &mut Answer) -> Outcome<Used> {
        match answer {
            Answer::TooLarge => return Err(self.heap.memory.exhausted()),
            Answer::FileFailed(message) => {
                return Err(Stop::raise(ErrorKind::FileError, std::mem::take(message)));
            }
            _ => {}
        }
        let Self { program, heap, random, stack, saved, exchange, waiting, .. } = self;
        let mut context = Context { heap, random, saved, exchange, program };
        match waiting {
            Waiting::No => Err(Bug::BadAnswer.into()),
            Waiting::Value(convert) => convert(&mut context, answer).map(Used::Value),
            Waiting::Native => stack.native()?.state.answered(&mut context, answer).map(Used::Step),
        }
    }
}

/// What came of an operation's wish for room.
enum Room {
    /// There is some: repeat it.
    Made,
    /// There is none, and an error was raised; the end, if nothing caught it.
    Refused(Option<Ended>),
}

/// What an answer led to.
enum Used {
    Value(Value),
    Step(Step),
}
