//! A schedule of jobs: told the time, it says which are due.
//!
//! - **J1** A job runs once at a time: what is due while it runs is skipped, and said so.
//! - **J2** However much was missed, by sleep, load or a clock set forward, one run makes up for it.
//! - **J3** `every` follows the clock that never jumps; the first run is one interval after the start.
//! - **J4** `cron` follows the clock on the wall. Set back by at most [`BACK_MILLIS_MAX`], it repeats no minute that a job
//!   has run in; set back further, it counts anew from there.

use super::next;
use crate::base::cron::Expression;
use crate::base::guard::{Guard, off};
use std::time::Duration;

/// The wall's clock is looked at so often even when nothing is due, so that a jump is noticed.
pub const RECHECK: Duration = Duration::from_secs(30);

/// How far a clock may be set back and still be the same day's: three hours, as in other crons.
const BACK_MILLIS_MAX: i64 = 3 * 60 * 60 * 1000;

/// No job's interval is shorter, whatever a program claims.
const INTERVAL_MIN: Duration = Duration::from_secs(1);

/// Two clocks, read together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01 UTC; may jump.
    pub wall: i64,
    /// Time since some fixed moment; never goes back.
    pub up: Duration,
}

/// When a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// At intervals.
    Every(Duration),
    /// At times.
    Cron(Expression),
}

/// What is to be done, with the number of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Start it, and say [`Schedule::ended`] when it ends.
    Run(usize),
    /// It is due, but the run before is active: log that.
    Skipped(usize),
}

#[derive(Clone, Copy, Debug)]
enum At {
    Up {
        due: Duration,
        interval: Duration,
    },
    /// None: not within the calendar.
    Wall {
        due: Option<i64>,
        expression: Expression,
    },
}

#[derive(Clone, Copy, Debug)]
struct Job {
    at: At,
    running: bool,
}

/// The jobs of a program.
#[derive(Clone, Debug)]
pub struct Schedule {
    jobs: Vec<Job>,
    seen: Moment,
}

impl Schedule {
    /// A schedule that starts now; jobs are numbered in this order.
    pub fn new(rhythms: impl IntoIterator<Item = Rhythm>, now: Moment) -> Self {
        let job = |rhythm| {
            let at = match rhythm {
                Rhythm::Every(interval) => {
                    let interval = interval.max(INTERVAL_MIN);
                    At::Up { due: now.up.saturating_add(interval), interval }
                }
                Rhythm::Cron(expression) => At::Wall { due: next(&expression, now.wall), expression },
            };
            Job { at, running: false }
        };
        Self { jobs: rhythms.into_iter().map(job).collect(), seen: now }
    }

    /// What is due, in the order of the jobs; each job at most once.
    pub fn due(&mut self, now: Moment) -> Vec<Due> {
        let passed = i64::try_from(now.up.saturating_sub(self.seen.up).as_millis()).unwrap_or(i64::MAX);
        let back = self.seen.wall.saturating_add(passed).saturating_sub(now.wall);
        self.seen = now;
        let mut found = Vec::new();
        for (number, job) in self.jobs.iter_mut().enumerate() {
            job.notice(back, now);
            while job.is_due(now) {
                job.advance(now);
                if job.running && !off(Guard::JobOverlap) {
                    found.push(Due::Skipped(number));
                } else {
                    job.running = true;
                    found.push(Due::Run(number));
                }
            }
        }
        found
    }

    /// A run ended, however.
    pub fn ended(&mut self, job: usize) {
        if let Some(job) = self.jobs.get_mut(job) {
            job.running = false;
        }
    }

    /// How long nothing is due; [`RECHECK`] at most.
    pub fn idle(&self, now: Moment) -> Duration {
        self.jobs.iter().map(|job| job.idle(now)).min().unwrap_or(RECHECK).min(RECHECK)
    }
}

impl Job {
    /// The wall's clock is `back` behind where it should be.
    fn notice(&mut self, back: i64, now: Moment) {
        if let At::Wall { due, expression } = &mut self.at
            && (back > BACK_MILLIS_MAX || due.is_none())
        {
            *due = next(expression, now.wall);
        }
    }

    fn is_due(&self, now: Moment) -> bool {
        match self.at {
            At::Up { due, .. } => due <= now.up,
            At::Wall { due, .. } => due.is_some_and(|due| due <= now.wall),
        }
    }

    /// To its first time that lies ahead: J2.
    fn advance(&mut self, now: Moment) {
        match &mut self.at {
            At::Up { due, interval } => {
                let late = if off(Guard::JobCatchUp) { Duration::ZERO } else { now.up.saturating_sub(*due) };
                let missed = late.as_nanos().checked_div(interval.as_nanos()).unwrap_or(0);
                let steps = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
                let ahead = due.saturating_add(interval.saturating_mul(steps));
                *due = if missed < u128::from(u32::MAX) { ahead } else { now.up.saturating_add(*interval) };
            }
            At::Wall { due, expression } => {
                let from = if off(Guard::JobCatchUp) { due.unwrap_or(now.wall) } else { now.wall };
                *due = next(expression, from);
            }
        }
    }

    fn idle(&self, now: Moment) -> Duration {
        match self.at {
            At::Up { due, .. } => due.saturating_sub(now.up),
            At::Wall { due, .. } => due.map_or(RECHECK, |due| {
                Duration::from_millis(u64::try_from(due.saturating_sub(now.wall)).unwrap_or(0))
            }),
        }
    }
}

#[cfg(test)]
mod tests;
