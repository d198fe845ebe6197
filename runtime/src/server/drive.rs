//! Drives one execution: its first moment here, the rest on the runners, its effects wherever they do not keep anybody
//! waiting.
//!
//! - **V1** A thread that does IO runs an execution for [`MOMENT`] in all, not at a stretch; then it moves for good.
//! - **V2** The deadline counts everything: turns, waiting for turns, effects, waiting for effects.
//!   A wait of a stream is the program's own, and the deadline begins anew behind it.
//! - **V3** Whoever drops what is held ends the execution: here, or at its next turn on a runner. A large heap is dropped
//!   by a runner.
//! - **V4** What runs out of time on a runner, or where a disk is read, comes back to whoever asks for it, and to nobody else.

use super::blocking::Blocking;
use super::runners::{Runners, Work};
use super::task;
use super::world::ServerHost;
use crate::app::boundary::{Panicked, contain};
use crate::app::host::Host as _;
use crate::app::script::{End, Execution, Turn, perform};
use crate::base::guard::{Guard, off};
use crate::record::Request;
use crate::store::{Asked, Ticket};
use crate::value::Bug;
use crate::vm::{Answer, Effect, Uncaught};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What an execution gets of a thread that does IO.
const MOMENT: Duration = Duration::from_millis(1);
/// What a runner gives it at a turn.
const SLICE: Duration = Duration::from_millis(1);
/// Fuel between two looks at the clock: about a quarter of a millisecond.
const FUEL: u64 = 50_000;
/// Later than any deadline.
const FAR: Duration = Duration::from_hours(24 * 365);
/// A heap that is larger is dropped by a runner.
const LARGE_BYTES: usize = 1 << 20;

/// What an execution is connected to, beside files and store: a stream, a socket, rooms.
pub trait Line: Send {
    /// Performs one of the effects of connections, or says how the execution ends instead.
    fn perform(&mut self, effect: Effect) -> Pin<Box<dyn Future<Output = Result<Answer, End>> + Send + '_>>;
}

/// Where executions run and wait.
#[derive(Clone, Debug)]
pub struct Places {
    /// For what takes long.
    pub runners: Arc<Runners<Run>>,
    /// For what waits for a disk.
    pub blocking: Blocking,
}

/// An execution that is dropped where that keeps nobody waiting.
#[derive(Debug)]
pub struct Held {
    /// Boxed: it moves between threads, and a future that waits for it stays small.
    execution: Option<Box<Execution>>,
    /// Where it comes back from.
    lent: Option<Lent>,
    runners: Arc<Runners<Run>>,
    host: ServerHost,
    /// How far its first moment came, where that was not the end.
    first: Option<First>,
}

/// A first moment that was not all.
#[derive(Debug)]
struct First {
    took: Duration,
    /// What is left of it.
    left: Duration,
    next: Option<Next>,
}

/// An execution that a runner has, or whoever reads a disk for it.
#[derive(Debug)]
struct Lent {
    back: oneshot::Receiver<Run>,
    late: Arc<AtomicBool>,
}

/// An execution's turns on a runner.
#[derive(Debug)]
pub struct Run {
    execution: Box<Execution>,
    host: ServerHost,
    /// What its first turn performs, because it takes long.
    heavy: Option<Effect>,
    /// Is its time over? Then it gets no other turn.
    late: Arc<AtomicBool>,
    /// Why it cannot go on by itself.
    next: Option<Next>,
}

/// Why an execution cannot go on by itself.
#[derive(Debug)]
enum Next {
    Ended(End),
    Effect(Effect),
    /// The committer will say.
    Ticket(Ticket),
}

/// Why an execution is not driven on.
#[derive(Debug)]
enum Stopped {
    Ended(End),
    /// It asks for so much time to pass.
    Waits(Duration),
}

impl Held {
    /// Holds an execution.
    pub fn new(execution: Box<Execution>, places: &Places, host: ServerHost) -> Self {
        let (execution, runners) = (Some(execution), Arc::clone(&places.runners));
        Self { execution, lent: None, runners, host, first: None }
    }

    /// Gives an execution up that has ended, where emptying it keeps nobody waiting (V3).
    pub fn leave(mut self) -> Option<Box<Execution>> {
        self.execution.take_if(|execution| !is_large(execution))
    }

    /// The execution; none after the runners lost it to a panic.
    pub fn execution(&mut self) -> Option<&mut Execution> {
        self.execution.as_deref_mut()
    }

    /// Runs what was started for a moment; its end, if it comes to that. Otherwise [`Self::drive`] goes on.
    /// The moment began when its request came.
    pub fn first_moment(&mut self, began: Instant) -> Option<End> {
        let mut left = MOMENT;
        match self.here(began, &mut left) {
            Some(Next::Ended(end)) => Some(self.ended(end)),
            next => {
                self.first = Some(First { took: began.elapsed(), left, next });
                None
            }
        }
    }

    /// Runs what was started to its end, for at most so long (V2).
    pub async fn drive(&mut self, places: &Places, line: &mut dyn Line, deadline: Option<Duration>) -> End {
        let (mut left, mut next, mut took) = (MOMENT, None, Duration::ZERO);
        if let Some(first) = self.first.take() {
            (left, next, took) = (first.left, first.next, first.took);
        }
        let end = loop {
            let time = deadline.filter(|_| !off(Guard::Deadline)).unwrap_or(FAR);
            let time = time.saturating_sub(std::mem::take(&mut took));
            let driven = tokio::time::timeout(time, self.driven(places, line, &mut left, next.take())).await;
            match driven.unwrap_or(Stopped::Ended(End::Timeout)) {
                Stopped::Ended(end) => break end,
                Stopped::Waits(time) => tokio::time::sleep(time).await,
            }
            match &mut self.execution {
                Some(execution) => execution.resume(Answer::Nothing),
                None => break End::Panicked,
            }
        };
        self.ended(end)
    }

    fn ended(&mut self, end: End) -> End {
        match &mut self.execution {
            Some(execution) => execution.finish(end),
            // A runner has it (V3, V4).
            None => end,
        }
    }

    /// Waits for an execution whose time is over to leave whoever has it, at its next turn there (V4). Says where it stands,
    /// or what it ended with meanwhile; nothing where it had no error, or panicked, which was counted.
    pub async fn late(&mut self) -> Option<Uncaught> {
        let mut ended = None;
        if let Some(Lent { back, late }) = self.lent.take() {
            late.store(true, Ordering::Release);
            let Run { mut execution, next, .. } = back.await.ok()?;
            // What is left is to undo what it had begun.
            let _ = execution.finish(End::Timeout);
            self.execution = Some(execution);
            ended = next;
        }
        match ended {
            Some(Next::Ended(End::Uncaught(error))) => Some(*error),
            None | Some(Next::Ended(End::Timeout) | Next::Effect(_) | Next::Ticket(_)) => {
                self.execution.as_ref().map(|execution| execution.late())
            }
            Some(Next::Ended(_)) => None,
        }
    }

    /// Goes on, with what is next if that is known.
    async fn driven(
        &mut self,
        places: &Places,
        line: &mut dyn Line,
        left: &mut Duration,
        mut known: Option<Next>,
    ) -> Stopped {
        let mut heavy = None;
        loop {
            let next = match known.take() {
                Some(next) => Some(next),
                None if left.is_zero() => self.there(heavy.take()).await,
                None => self.here(Instant::now(), left),
            };
            let answer = match next {
                None => continue,
                Some(Next::Ended(end)) => return Stopped::Ended(end),
                Some(Next::Ticket(ticket)) => committed(ticket).await,
                Some(Next::Effect(effect)) => match kind(&effect) {
                    Kind::Immediate | Kind::Disk => on_disk(effect, self.host.clone(), places).await,
                    Kind::Store => {
                        known = self.open_store(effect, places).await;
                        continue;
                    }
                    Kind::Heavy => {
                        (heavy, *left) = (Some(effect), Duration::ZERO);
                        continue;
                    }
                    Kind::Wait(time) => return Stopped::Waits(time),
                    Kind::Line => line.perform(effect).await,
                },
            };
            match (answer, &mut self.execution) {
                (Ok(answer), Some(execution)) => execution.resume(answer),
                (Ok(_), None) => return Stopped::Ended(End::Panicked),
                (Err(end), _) => return Stopped::Ended(end),
            }
        }
    }

    /// A stretch on this thread; none when its moment is over.
    fn here(&mut self, began: Instant, left: &mut Duration) -> Option<Next> {
        let Some(execution) = &mut self.execution else { return Some(Next::Ended(End::Panicked)) };
        let next = stretch(execution, &mut self.host, began, *left);
        *left = match &next {
            None => Duration::ZERO,
            Some(Next::Ended(_)) => *left,
            Some(Next::Effect(_) | Next::Ticket(_)) => left.saturating_sub(began.elapsed()),
        };
        next
    }

    /// Turns on the runners, until it cannot go on by itself.
    async fn there(&mut self, heavy: Option<Effect>) -> Option<Next> {
        let Some(run) = self.lend(heavy) else { return Some(Next::Ended(End::Panicked)) };
        let (late, back) = (Arc::clone(&run.late), self.runners.run(run));
        self.returned(Lent { back, late }).await
    }

    /// Asks the store where a file has to be read first: its own, or an older version's.
    async fn open_store(&mut self, effect: Effect, places: &Places) -> Option<Next> {
        let (Effect::Store(request), Some(mut run)) = (effect, self.lend(None)) else {
            return Some(Next::Ended(End::Bug(Bug::BadAnswer)));
        };
        let (owner, back) = oneshot::channel();
        let late = Arc::clone(&run.late);
        let blocking = places.blocking.clone();
        // A task of its own: whoever waits may give up, and the execution comes back all the same (V4).
        task::start(async move {
            let work = move || {
                if !run.late.load(Ordering::Acquire) {
                    run.next = match ask(&mut run.execution, &mut run.host, request) {
                        Ok(Asked::Done(reply)) => {
                            run.execution.resume(Answer::Store(reply));
                            None
                        }
                        Ok(Asked::Wait(ticket)) => Some(Next::Ticket(ticket)),
                        Err(end) => Some(Next::Ended(end)),
                    };
                }
                // Where nobody takes it, it is dropped here.
                let _ = owner.send(run);
            };
            // A panic closes the way back, and was counted.
            let _ = blocking.run(work).await;
        });
        self.returned(Lent { back, late }).await
    }

    /// The execution, for whoever runs it elsewhere.
    fn lend(&mut self, heavy: Option<Effect>) -> Option<Run> {
        let execution = self.execution.take()?;
        Some(Run { execution, host: self.host.clone(), heavy, late: Arc::default(), next: None })
    }

    /// Waits for what was lent; says why it does not go on where it was.
    async fn returned(&mut self, lent: Lent) -> Option<Next> {
        let lent = self.lent.insert(lent);
        let back = (&mut lent.back).await;
        self.lent = None;
        let Ok(run) = back else { return Some(Next::Ended(End::Panicked)) };
        self.execution = Some(run.execution);
        run.next
    }
}

fn is_large(execution: &Execution) -> bool {
    execution.vm().is_some_and(|vm| vm.heap().memory.used() > LARGE_BYTES)
}

async fn on_disk(effect: Effect, mut host: ServerHost, places: &Places) -> Result<Answer, End> {
    let performed = places.blocking.run(move || perform(effect, &mut host)).await;
    performed.map_err(|Panicked| End::Panicked)?
}

/// Waits for the committer.
async fn committed(ticket: Ticket) -> Result<Answer, End> {
    let (wake, woken) = oneshot::channel();
    // Nobody listens any more when the client is gone; the commit goes on.
    ticket.when_answered(move || {
        let _ = wake.send(());
    });
    let _ = woken.await;
    contain(|| ticket.wait()).map(Answer::Store).map_err(|Panicked| End::Panicked)
}

fn ask(execution: &mut Execution, host: &mut ServerHost, request: Request) -> Result<Asked, End> {
    let now = host.now_millis();
    let session = execution.store(|| host.source()).ok_or(End::Panicked)?;
    contain(|| session.ask(request, now)).map_err(|Panicked| End::Panicked)
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(execution) = self.execution.take() else { return };
        if is_large(&execution) {
            // Nobody waits for it, so it is dropped at its first turn.
            let (host, late) = (self.host.clone(), Arc::default());
            drop(self.runners.run(Run { execution, host, heavy: None, late, next: None }));
        }
    }
}

impl Work for Run {
    fn turn(&mut self) -> bool {
        let Self { execution, host, heavy, late, next } = self;
        if late.load(Ordering::Acquire) {
            *next = Some(Next::Ended(End::Timeout));
            return false;
        }
        *next = match heavy.take().map(|effect| perform(effect, host)) {
            Some(Err(end)) => Some(Next::Ended(end)),
            Some(Ok(answer)) => {
                execution.resume(answer);
                stretch(execution, host, Instant::now(), SLICE)
            }
            None => stretch(execution, host, Instant::now(), SLICE),
        };
        next.is_none()
    }
}

/// Runs for about so long, answering what can be answered at once; what it needs then, none where that is more time.
fn stretch(execution: &mut Execution, host: &mut ServerHost, began: Instant, time: Duration) -> Option<Next> {
    loop {
        let answer = match execution.turn(FUEL) {
            Turn::Ended(end) => return Some(Next::Ended(end)),
            Turn::Yield => None,
            Turn::Effect(effect) => match (kind(&effect), effect) {
                (Kind::Immediate, effect) => Some(contain(|| perform(effect, host))),
                (Kind::Store, Effect::Store(request)) if host.store_is_open() && !reads_files(&request) => {
                    match ask(execution, host, request) {
                        Ok(Asked::Done(reply)) => Some(Ok(Ok(Answer::Store(reply)))),
                        Ok(Asked::Wait(ticket)) => return Some(Next::Ticket(ticket)),
                        Err(end) => return Some(Next::Ended(end)),
                    }
                }
                (Kind::Disk | Kind::Heavy | Kind::Store | Kind::Wait(_) | Kind::Line, effect) => {
                    return Some(Next::Effect(effect));
                }
            },
        };
        match answer {
            None => {}
            Some(Ok(Ok(answer))) => execution.resume(answer),
            Some(Ok(Err(end))) => return Some(Next::Ended(end)),
            Some(Err(Panicked)) => return Some(Next::Ended(End::Panicked)),
        }
        if began.elapsed() >= time && !off(Guard::Fairness) {
            return None;
        }
    }
}

/// How an effect is performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// On the spot.
    Immediate,
    /// Where waiting for a disk keeps nobody waiting.
    Disk,
    /// By a runner: it computes for milliseconds.
    Heavy,
    /// By the store.
    Store,
    /// By the clock.
    Wait(Duration),
    /// By whatever the execution is connected to.
    Line,
}

fn kind(effect: &Effect) -> Kind {
    match effect {
        Effect::Print(_) | Effect::Log { .. } | Effect::Now | Effect::Env(_) | Effect::Pass { .. } => {
            Kind::Immediate
        }
        Effect::ReadFile { .. }
        | Effect::WriteFile { .. }
        | Effect::AppendFile { .. }
        | Effect::DeleteFile { .. }
        | Effect::ListFiles { .. }
        | Effect::FileExists { .. } => Kind::Disk,
        Effect::HashPassword { .. } | Effect::VerifyPassword { .. } => Kind::Heavy,
        Effect::Store(_) => Kind::Store,
        Effect::Wait(millis) => Kind::Wait(Duration::from_millis(u64::try_from(*millis).unwrap_or(0))),
        Effect::Emit { .. }
        | Effect::Send(_)
        | Effect::Join(_)
        | Effect::Leave(_)
        | Effect::Close
        | Effect::Broadcast { .. }
        | Effect::Request(_) => Kind::Line,
    }
}

/// Does a request look into files, where others find all in memory?
const fn reads_files(request: &Request) -> bool {
    match request {
        Request::Version { .. } | Request::History { .. } => true,
        Request::Save { .. }
        | Request::Delete(_)
        | Request::Restore(_)
        | Request::Destroy(_)
        | Request::Reach(..)
        | Request::Begin
        | Request::Commit
        | Request::Rollback
        | Request::Find { .. }
        | Request::Scan { .. }
        | Request::Count { .. } => false,
    }
}
