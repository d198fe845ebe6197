//! Drives one VM to its end: slices of fuel, effects, deadline.
//!
//! The deadline is looked at after every slice, and a slice is about a millisecond; what effects take counts.

use super::boundary::{Panicked, contain};
use super::files::{FileFault, FilePath};
use super::host::{Gone, Host};
use super::http::Rate;
use super::limits::Limits;
use super::password;
use crate::base::guard::{Guard, off};
use crate::natives::takes_binary;
use crate::record::Inbound;
use crate::store::{Session, Source};
use crate::value::{Bug, Pool};
use crate::vm::exchange::{Detail, SocketEvent};
use crate::vm::{Answer, Effect, Exchange, Outcome, Program, Trap, Uncaught, Vm};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// Fuel of a slice: about a millisecond.
///
/// A step that begins with fuel left is finished, so that the clock is looked at after this much and one step more: at
/// most about [`SLICE`](crate::vm::native::SLICE), or, where bytes are copied in one go, a sixteenth of the bytes
/// ([`bulk`](crate::value::fuel::bulk)), which the memory of a machine bounds. `docs/limits.md` says what may add to it.
pub const SLICE_FUEL: u64 = 200_000;

/// How a function of the program ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It returned.
    Done,
    /// An error that the program did not catch.
    Uncaught(Box<Uncaught>),
    /// The deadline passed, or the fuel is used up: no program can catch that.
    Timeout,
    /// Nobody takes the output any more.
    Gone,
    /// The system gives no random numbers.
    NoEntropy,
    /// The runtime panicked; the panic stopped at the boundary.
    Panicked,
    /// An invariant of the runtime did not hold.
    Bug(Bug),
}

/// What a driver has to do next.
#[derive(Debug)]
pub enum Turn {
    /// The fuel is used up: another turn when it is this execution's turn.
    Yield,
    /// Perform this and [`Execution::resume`] with the answer.
    Effect(Effect),
    /// It ended.
    Ended(End),
}

/// One execution: a VM and what it may still use.
///
/// A driver that waits for nothing takes [`Self::turn`] after turn; [`Self::call`] does that in one go, and waits.
#[derive(Debug)]
pub struct Execution {
    /// None once it panicked.
    vm: Option<Box<Vm>>,
    deadline: Option<Duration>,
    fuel_left: Option<u64>,
    /// Its view of the store, from its first request on.
    session: Option<Session>,
}

impl Execution {
    /// A VM that has run nothing yet; its time starts now.
    pub fn new(
        program: Arc<Program>,
        pool: Arc<Pool>,
        limits: &Limits,
        host: &mut dyn Host,
    ) -> Result<Self, End> {
        let mut seed = limits.seed.unwrap_or_default();
        if limits.seed.is_none() {
            host.entropy(&mut seed).ok_or(End::NoEntropy)?;
        }
        let deadline = limits.deadline.map(|deadline| host.elapsed().saturating_add(deadline));
        let mut execution = Self::seeded(program, pool, limits, seed);
        execution.deadline = deadline;
        Ok(execution)
    }

    /// The same for a driver that keeps the deadline itself; random numbers follow from the seed.
    pub fn seeded(program: Arc<Program>, pool: Arc<Pool>, limits: &Limits, seed: [u8; 32]) -> Self {
        let vm = Box::new(Vm::new(program, limits.vm(), pool, seed));
        Self { vm: Some(vm), deadline: None, fuel_left: limits.fuel_max, session: None }
    }

    /// Leaves nothing of what it was but room for the next; false where it cannot be used again.
    #[must_use]
    pub fn empty(&mut self) -> bool {
        self.session = None;
        let empty = self.vm.as_mut().is_some_and(|vm| contain(|| vm.empty()) == Ok(true));
        if !empty {
            self.end();
        }
        empty
    }

    /// Begins anew after [`Self::empty`], as [`Self::seeded`] does; false where there is no memory for it.
    #[must_use]
    pub fn again(&mut self, limits: &Limits, seed: [u8; 32]) -> bool {
        (self.deadline, self.fuel_left) = (None, limits.fuel_max);
        self.vm.as_mut().is_some_and(|vm| vm.again(seed))
    }

    /// What is started next answers this request.
    pub fn answer(&mut self, inbound: Inbound, detail: Detail) {
        if let Some(vm) = &mut self.vm {
            vm.answer(Exchange::new(inbound, detail));
        }
    }

    /// What came of the request, if the program got so far.
    pub fn exchange(&mut self) -> Option<&mut Exchange> {
        self.vm.as_mut()?.exchange()
    }

    /// Runs the program's top level.
    pub fn run(&mut self, host: &mut dyn Host) -> End {
        let Some(vm) = &self.vm else { return End::Panicked };
        self.call(vm.program().module.entry, host)
    }

    /// Runs a function of the program that takes nothing, such as a test. Global variables stay as they are.
    pub fn call(&mut self, function: u32, host: &mut dyn Host) -> End {
        let end = self.drive(function, host);
        self.finish(end)
    }

    /// Whatever ended it: a transaction that is still open is undone.
    pub fn finish(&mut self, end: End) -> End {
        let session = self.session.take();
        let end = contain(|| drop(session)).map_or(End::Panicked, |()| end);
        if end == End::Panicked {
            self.end();
        }
        end
    }

    /// The first turn calls this function of the program, which takes nothing.
    pub fn start(&mut self, function: u32) {
        if let Some(vm) = &mut self.vm {
            vm.start(function, &[]);
        }
    }

    /// Did the request become a connection? Then its answer is only the beginning.
    pub fn is_opened(&mut self) -> bool {
        self.exchange().is_some_and(|exchange| exchange.opened.is_some())
    }

    /// Does the socket take binary messages?
    pub fn takes_binary(&mut self) -> bool {
        self.exchange().is_some_and(|exchange| takes_binary(exchange))
    }

    /// The first turn deals with what happened on the socket.
    pub fn happen(&mut self, event: SocketEvent) {
        let function = self.exchange().and_then(|exchange| exchange.opened.as_mut()).map(|opened| {
            opened.pending = Some(event);
            opened.event
        });
        function.into_iter().for_each(|function| self.start(function));
    }

    /// The first turn begins the stream's generator.
    pub fn generate(&mut self) {
        let opened = self.exchange().and_then(|exchange| exchange.opened.as_ref());
        opened.map(|opened| opened.block).into_iter().for_each(|block| self.start(block));
    }

    /// Gives up what is under way, so that something else can be started: its time is over, or nobody waits for it.
    pub fn abandon(&mut self) {
        let Some(vm) = &mut self.vm else { return };
        if !matches!(contain(|| vm.abandon()), Ok(Ok(()))) {
            self.end();
        }
    }

    /// From now on it may take as long again as its limits say.
    pub fn renew(&mut self, limits: &Limits, host: &mut dyn Host) {
        self.deadline = limits.deadline.map(|deadline| host.elapsed().saturating_add(deadline));
    }

    /// Is its time over?
    pub fn is_late(&self, host: &mut dyn Host) -> bool {
        !off(Guard::Deadline) && self.deadline.is_some_and(|deadline| host.elapsed() >= deadline)
    }

    /// Runs for so much fuel, about one for each instruction, or until something else has to happen first.
    pub fn turn(&mut self, fuel: u64) -> Turn {
        let Some(vm) = &mut self.vm else { return Turn::Ended(End::Panicked) };
        let slice = self.fuel_left.map_or(fuel, |left| left.min(fuel));
        let ran = contain(|| {
            let outcome = vm.run(i64::try_from(slice).unwrap_or(i64::MAX));
            // The last step may cost more than was left; what it overdrew counts too.
            let used = i128::from(slice).saturating_sub(i128::from(vm.fuel_left()));
            (outcome, u64::try_from(used).unwrap_or(0))
        });
        let Ok((outcome, used)) = ran else { return Turn::Ended(End::Panicked) };
        self.fuel_left = self.fuel_left.map(|left| left.saturating_sub(used));
        match outcome {
            Outcome::Done(_) => Turn::Ended(End::Done),
            Outcome::Trap(Trap::Uncaught(error)) => Turn::Ended(End::Uncaught(error)),
            Outcome::Trap(Trap::Bug(bug)) => Turn::Ended(End::Bug(bug)),
            Outcome::Effect(effect) => Turn::Effect(effect),
            Outcome::Yield if self.fuel_left == Some(0) => Turn::Ended(End::Timeout),
            Outcome::Yield => Turn::Yield,
        }
    }

    /// Answers the effect that the last turn asked for.
    pub fn resume(&mut self, answer: Answer) {
        if let Some(vm) = &mut self.vm {
            vm.resume(answer);
        }
    }

    /// Its view of the store; `source` says where that is, the first time.
    pub fn store(&mut self, source: impl FnOnce() -> Arc<dyn Source>) -> Option<&mut Session> {
        let program = self.vm.as_ref()?.program();
        let schema = || Arc::new(program.module.entities.clone());
        Some(self.session.get_or_insert_with(|| Session::new(schema(), source())))
    }

    fn drive(&mut self, function: u32, host: &mut dyn Host) -> End {
        self.start(function);
        loop {
            match self.turn(SLICE_FUEL) {
                Turn::Ended(end) => return end,
                Turn::Yield => {}
                Turn::Effect(effect) => match self.perform(effect, host) {
                    Ok(answer) => self.resume(answer),
                    Err(end) => return end,
                },
            }
            if self.is_late(host) || self.fuel_left == Some(0) {
                return End::Timeout;
            }
            if host.turned().is_err() {
                return End::Gone;
            }
        }
    }

    /// Does what the VM asks of its host or the store, and waits for it.
    pub fn perform(&mut self, effect: Effect, host: &mut dyn Host) -> Result<Answer, End> {
        let Effect::Store(request) = effect else { return perform(effect, host) };
        let now = host.now_millis();
        let session = self.store(|| host.store()).ok_or(End::Panicked)?;
        // Waits as long as the disk takes.
        let reply = contain(|| session.ask(request, now).wait());
        Ok(Answer::Store(reply.map_err(|Panicked| End::Panicked)?))
    }

    /// What is left of `fuel_max`, if there is one.
    pub const fn fuel_left(&self) -> Option<u64> {
        self.fuel_left
    }

    /// [`End::Timeout`] as an error that nothing caught, with the calls that are under way.
    pub fn late(&self) -> Uncaught {
        let (chain, left_out) = self.vm.as_ref().map(|vm| vm.standing()).unwrap_or_default();
        let (kind, message) = ("Timeout".to_owned(), "the deadline passed".to_owned());
        Uncaught { kind, message, status: 503, chain, left_out, causes: Vec::new() }
    }

    /// The VM, for whoever wants to know what it holds; none once it panicked.
    pub fn vm(&self) -> Option<&Vm> {
        self.vm.as_deref()
    }

    fn end(&mut self) {
        let vm = self.vm.take();
        // Counted already if it panics again; there is nobody left to tell.
        let _ = contain(|| drop(vm));
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.end();
    }
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

/// Does what the VM asks of its host.
pub fn perform(effect: Effect, host: &mut dyn Host) -> Result<Answer, End> {
    Ok(match effect {
        Effect::Print(line) => {
            host.print(&line)?;
            Answer::Nothing
        }
        Effect::Log { level, message, data } => {
            host.log(level, &message, data.as_deref())?;
            Answer::Nothing
        }
        Effect::Now => Answer::Millis(host.now_millis()),
        Effect::Env(name) => host.env(&name).map_or(Answer::Nothing, Answer::Text),
        Effect::ReadFile { path, bytes_max } => {
            let read = FilePath::parse(&path).and_then(|path| host.files().read(&path, bytes_max));
            match read {
                Err(FileFault::TooLarge) => Answer::TooLarge,
                read => answer(&path, read, Answer::Bytes),
            }
        }
        Effect::WriteFile { path, content } => {
            let written = FilePath::parse(&path).and_then(|path| host.files().write(&path, &content));
            answer(&path, written, |()| Answer::Nothing)
        }
        Effect::AppendFile { path, content } => {
            let written = FilePath::parse(&path).and_then(|path| host.files().append(&path, &content));
            answer(&path, written, |()| Answer::Nothing)
        }
        Effect::DeleteFile { path } => {
            let deleted = FilePath::parse(&path).and_then(|path| host.files().delete(&path));
            answer(&path, deleted, |()| Answer::Nothing)
        }
        Effect::ListFiles { path } => {
            let names = FilePath::parse(&path).and_then(|path| host.files().list(&path));
            answer(&path, names, Answer::Names)
        }
        Effect::FileExists { path } => {
            let exists = FilePath::parse(&path).and_then(|path| host.files().exists(&path));
            answer(&path, exists, Answer::Bool)
        }
        Effect::HashPassword { password } => {
            let mut salt = [0; 16];
            host.entropy(&mut salt).ok_or(End::NoEntropy)?;
            password::hash(&password, salt).map_or(Answer::Nothing, Answer::Text)
        }
        Effect::VerifyPassword { password, hash } => Answer::Bool(password::verify(&password, &hash)),
        Effect::Pass { client, place, count_max, window_ms } => {
            // Not the wall clock: when that is set back, nobody should wait for it.
            let now = host.elapsed();
            let client = client.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            let window = Duration::from_millis(u64::try_from(window_ms).unwrap_or(0));
            let rate = Rate { count_max, window };
            let refused = host.rates().and_then(|rates| rates.pass(client, place, rate, now).err());
            let wait = refused.map_or(0, |refused| refused.retry_after_seconds);
            Answer::Millis(i64::try_from(wait).unwrap_or(i64::MAX))
        }
        Effect::Request(asked) => {
            host.request(*asked)?.map_or(Answer::Nothing, |outbound| Answer::Response(Box::new(outbound)))
        }
        effect @ (Effect::Emit { .. }
        | Effect::Wait(_)
        | Effect::Send(_)
        | Effect::Join(_)
        | Effect::Leave(_)
        | Effect::Close
        | Effect::Broadcast { .. }) => host.say(effect)?,
        // What the caller does.
        Effect::Store(_) => return Err(End::Bug(Bug::BadAnswer)),
    })
}

/// Characters of a path that a message repeats.
const PATH_CHARS_MAX: usize = 200;

fn answer<T>(path: &str, result: Result<T, FileFault>, fits: fn(T) -> Answer) -> Answer {
    result.map_or_else(
        |fault| {
            let shown: String = path.chars().take(PATH_CHARS_MAX).collect();
            Answer::FileFailed(format!("\"{shown}\": {fault}"))
        },
        fits,
    )
}

#[cfg(test)]
mod tests;
