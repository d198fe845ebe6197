//! The scheduler: starts the jobs of the program when they are due.
//!
//! - **S1** Each job is an execution of its own; how it ends is logged and changes nothing for the others.
//! - **S2** The schedule outlives the task: begun again after a panic, it goes on where it stopped.
//! - **S3** When the server stops, no job starts, and those that run have the drain time-out.

use super::drive::Held;
use super::line::RoomLine;
use super::metrics::Entry;
use super::{Point, Shared, task};
use crate::app::application::Application;
use crate::app::boundary::contain;
use crate::app::script::{End, Execution};
use crate::base::cron::Expression;
use crate::code::module::EndpointKind;
use crate::cron::{Due, Moment, Rhythm, Schedule};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// What the scheduler works on, whichever run of it.
#[derive(Debug)]
pub struct Desk(Mutex<Bench>);

#[derive(Debug)]
struct Bench {
    plan: Option<Plan>,
    ended: (mpsc::UnboundedSender<Ended>, mpsc::UnboundedReceiver<Ended>),
}

/// A job of a plan has ended.
#[derive(Clone, Copy, Debug)]
struct Ended {
    plan: u64,
    job: usize,
}

/// The jobs of one version of the program.
#[derive(Debug)]
struct Plan {
    number: u64,
    app: Arc<Application>,
    schedule: Schedule,
    /// The endpoint of each job.
    endpoints: Vec<u32>,
}

impl Default for Desk {
    fn default() -> Self {
        Self(Mutex::new(Bench { plan: None, ended: mpsc::unbounded_channel() }))
    }
}

impl Plan {
    fn new(app: Arc<Application>, number: u64, now: Moment) -> Self {
        let mut endpoints = Vec::new();
        let mut rhythms = Vec::new();
        for (index, endpoint) in app.jobs() {
            let rhythm = match endpoint.kind {
                EndpointKind::Every { millis } => {
                    Some(Rhythm::Every(Duration::from_millis(u64::try_from(millis).unwrap_or(0))))
                }
                EndpointKind::Cron(expression) => {
                    // The checker has read it; bytecode from elsewhere may say anything.
                    Expression::parse(app.text(expression)).ok().map(Rhythm::Cron)
                }
                EndpointKind::Route(_) | EndpointKind::Page | EndpointKind::Socket | EndpointKind::Stream => {
                    None
                }
            };
            if let Some(rhythm) = rhythm {
                endpoints.push(index);
                rhythms.push(rhythm);
            }
        }
        Self { number, schedule: Schedule::new(rhythms, now), endpoints, app }
    }

    /// Where a job stands, for the log.
    fn name(&self, job: usize) -> String {
        let endpoint = self.endpoints.get(job).and_then(|index| self.app.endpoint(*index));
        endpoint.map(|endpoint| self.app.text(endpoint.path).to_owned()).unwrap_or_default()
    }
}

/// Starts jobs until the server stops.
pub async fn run(shared: Arc<Shared>) {
    let mut held = shared.scheduler.0.lock().await;
    let mut stopping = shared.stopping();
    while !stopping.is_begun() {
        shared.probe.at(Point::Scheduler);
        let moment = shared.moment();
        let app = shared.app();
        let Bench { plan, ended } = &mut *held;
        let old = plan.take();
        let number = old.as_ref().map_or(0, |plan| plan.number.saturating_add(1));
        let current = match old {
            Some(plan) if Arc::ptr_eq(&plan.app, &app) => plan,
            Some(_) | None => Plan::new(app, number, moment),
        };
        let current = plan.insert(current);
        for due in current.schedule.due(moment) {
            match due {
                Due::Run(job) => start(&shared, current, job, ended.0.clone()),
                Due::Skipped(job) => {
                    tracing::warn!(file = current.name(job), "a job is due again while it runs, and skipped");
                }
            }
        }
        let idle = current.schedule.idle(shared.moment());
        tokio::select! {
            () = stopping.begun() => {}
            () = tokio::time::sleep(idle) => {}
            Some(Ended { plan, job }) = ended.1.recv() => {
                if plan == current.number {
                    current.schedule.ended(job);
                }
            }
            () = shared.replaced.notified() => {}
        }
    }
}

fn start(shared: &Arc<Shared>, plan: &Plan, job: usize, ended: mpsc::UnboundedSender<Ended>) {
    let Some(endpoint) = plan.endpoints.get(job).and_then(|index| plan.app.endpoint(*index)) else { return };
    let (app, shared) = (Arc::clone(&plan.app), Arc::clone(shared));
    let (function, plan) = (endpoint.function, plan.number);
    let name: Arc<str> = format!("job {}", app.text(endpoint.path)).into();
    task::start(async move {
        // Told however the job ends, by a panic too.
        let _told = Told { ended, job, plan };
        let _working = shared.working();
        execute(&shared, &app, function, &name).await;
    });
}

struct Told {
    ended: mpsc::UnboundedSender<Ended>,
    job: usize,
    plan: u64,
}

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.ended.send(Ended { plan: self.plan, job: self.job });
    }
}

async fn execute(shared: &Arc<Shared>, app: &Application, function: u32, name: &Arc<str>) {
    let mut execution =
        Execution::seeded(Arc::clone(&app.program), Arc::clone(&app.pool), &app.limits, shared.seed());
    execution.start(function);
    let mut held = Held::new(Box::new(execution), &shared.places, shared.world.host(Arc::clone(name)));
    let mut line = RoomLine::new(Arc::clone(shared));
    let mut ending = shared.stopping();
    let end = if contain(|| shared.probe.at(Point::Job)).is_err() {
        End::Panicked
    } else {
        tokio::select! {
            end = held.drive(&shared.places, &mut line, app.limits.deadline) => end,
            () = ending.ended() => End::Gone,
        }
    };
    shared.ended(Entry::Job, &end, &mut held, name).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::{app, config, get, options, status};
    use crate::server::{Options, Probe, Server};
    use std::sync::atomic::{AtomicU32, Ordering};

    const APP: &str = r#"
every 1s { log.info("ran") }
cron "0 0 1 1 *" { log.info("new year") }
route GET "/hello" { "hello" }
"#;

    /// X-03, X-20, S1, S2
    #[test]
    fn x_03_a_job_or_scheduler_that_panics_is_counted_and_goes_on() {
        let (jobs, looks) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (ran, told) = std::sync::mpsc::channel();
        let probe = {
            let jobs = Arc::clone(&jobs);
            Probe::new(move |point| match point {
                Point::Job => {
                    let first = jobs.fetch_add(1, Ordering::AcqRel) == 0;
                    let _ = ran.send(());
                    assert!(!first, "injected into a job");
                }
                Point::Scheduler => {
                    let first = looks.fetch_add(1, Ordering::AcqRel) == 0;
                    assert!(!first, "injected into the scheduler");
                }
                _ => {}
            })
        };
        let running = Server::start(app(APP, config()), Options { probe, ..options() }).unwrap();
        // The first panics, the second does not; the schedule was begun again before both.
        told.recv().unwrap();
        told.recv().unwrap();
        assert_eq!(running.shared().metrics().panics(Entry::Job), 1);
        assert_eq!(running.shared().levels().restarts, 1);
        assert_eq!(status(&get(&running, "/hello")), "200");
        running.stop();
        running.wait().unwrap();
    }
}
