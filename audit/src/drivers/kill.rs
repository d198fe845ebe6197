//! Real processes, saving, killed with `SIGKILL`; and what the store holds afterwards against what was acknowledged.
//!
//! A program saves in a loop and tells of each save before and after, on standard error, which `flin` writes at once. A
//! turn changes two rows (and now and then makes one and destroys another) in one transaction, and what it writes follows
//! from its number. So after a kill the store must hold exactly what the last acknowledged turn left, or the one after,
//! which was in flight: nothing else, and nothing half.
//!
//! What a kill hit is never assumed: a save was in flight if the process had told of its beginning and not of its end; a
//! checkpoint was being made if its unfinished file lies there afterwards; a recovery was going on if the process had
//! begun to open the store and not said that it had.

mod round;

use crate::harness::Channel;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Rows that the turns go over.
const SLOTS: u64 = 300;
const CONFIG: &str = "[store]\ncheckpoint_bytes = \"64KB\"\n";
/// Past so many kills for each that was asked for, what they hit is what it is.
const PATIENCE: u32 = 3;

/// What a kill is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Save,
    Checkpoint,
    Recovery,
}

/// Why the test could not be made.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// A call of the system failed.
    #[error("cannot {what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why not.
        error: std::io::Error,
    },
    /// The program ended by itself.
    #[error("the program that saves ended by itself: {said}")]
    Ended {
        /// The end of what it said.
        said: String,
    },
    /// No ordinary `flin`.
    #[error(transparent)]
    Shipped(#[from] crate::shipped::ShippedError),
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> KillError {
    move |error| KillError::Io { what, error }
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Processes killed.
    pub kills: u32,
    /// Of those, with a save in flight.
    pub in_flight: u32,
    /// Inside a checkpoint.
    pub in_checkpoint: u32,
    /// Inside a recovery.
    pub in_recovery: u32,
    /// Saves that were acknowledged.
    pub acknowledged: u64,
    /// Acknowledged and gone.
    pub lost: Vec<String>,
    /// Not as it was saved, or a store that does not open.
    pub corrupted: Vec<String>,
    /// On the clock.
    pub took: Duration,
}

impl Summary {
    /// Nothing was lost, and the kills hit what they are to hit: of `times`, 280 in 300 a save in flight, 40 a checkpoint
    /// and 30 a recovery.
    pub fn holds(&self, times: u32) -> bool {
        self.lost.is_empty() && self.corrupted.is_empty() && self.hit_enough(times)
    }

    fn hit_enough(&self, times: u32) -> bool {
        let of = |part: u32| (times * part).div_ceil(300);
        self.kills >= times
            && self.in_flight >= of(280)
            && self.in_checkpoint >= of(40)
            && self.in_recovery >= of(30)
    }

    /// What to aim at next, so that every kind is hit often enough.
    fn aim(&self, times: u32) -> Aim {
        let share = |hit: u32, part: u32| u64::from(hit) * 300 / u64::from(part);
        let reached = u64::from(times);
        if share(self.in_recovery, 33) < reached && self.kills.is_multiple_of(7) {
            Aim::Recovery
        } else if share(self.in_checkpoint, 44) < reached && self.kills.is_multiple_of(3) {
            Aim::Checkpoint
        } else {
            Aim::Save
        }
    }

    /// In a line.
    pub fn line(&self) -> String {
        format!(
            "{} kills in {:.0} s ({} with a save in flight, {} inside a checkpoint, {} inside a recovery), {} saves \
             acknowledged: {} lost, {} damaged",
            self.kills,
            self.took.as_secs_f64(),
            self.in_flight,
            self.in_checkpoint,
            self.in_recovery,
            self.acknowledged,
            self.lost.len(),
            self.corrupted.len(),
        )
    }
}

/// Kills `times` processes or more, `jobs` at a time, each job on a store of its own that lives through all of them.
pub fn run(flin: &Path, times: u32, jobs: usize) -> Result<Summary, KillError> {
    let begun = Instant::now();
    let all = Mutex::new(Summary::default());
    let parts: Vec<usize> = (0..jobs.max(1)).collect();
    let ended = crate::harness::schedule::in_parallel(&parts, parts.len(), |part| -> Result<(), KillError> {
        let folder = tempfile::tempdir().map_err(io("make a folder"))?;
        let mut store = round::Store::new(flin, folder.path(), *part as u64)?;
        loop {
            let aim = {
                let seen = lock(&all);
                let bad = !seen.lost.is_empty() || !seen.corrupted.is_empty();
                if bad || seen.hit_enough(times) || seen.kills >= times * PATIENCE {
                    return Ok(());
                }
                seen.aim(times)
            };
            let seen = store.kill(aim)?;
            let mut all = lock(&all);
            all.kills += 1;
            all.in_flight += u32::from(seen.in_flight);
            all.in_checkpoint += u32::from(seen.in_checkpoint);
            all.in_recovery += u32::from(seen.in_recovery);
            all.acknowledged += seen.acknowledged;
            match seen.finding {
                None => {}
                Some(round::Finding::Lost(what)) => all.lost.push(what),
                Some(round::Finding::Corrupted(what)) => all.corrupted.push(what),
            }
        }
    });
    for end in ended {
        end?;
    }
    let mut summary = lock(&all).clone();
    summary.took = begun.elapsed();
    Ok(summary)
}

fn lock(all: &Mutex<Summary>) -> std::sync::MutexGuard<'_, Summary> {
    all.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// As a part of a case.
pub fn as_sweep(channel: &mut Channel, times: u32) -> Result<(), KillError> {
    let flin = crate::shipped::flin()?;
    channel.trying(format_args!("{times} kills of a process that saves"));
    let summary = run(&flin, times, crate::harness::schedule::jobs_default())?;
    channel.tried(u64::from(summary.kills));
    summary.lost.iter().for_each(|what| channel.lost(what));
    summary.corrupted.iter().for_each(|what| channel.corrupted(what));
    if !summary.hit_enough(times) {
        channel.wrong(
            "what the kills hit",
            "280 of 300 saves, 40 checkpoints, 30 recoveries",
            summary.line(),
        );
    }
    Ok(())
}
