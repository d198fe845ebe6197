//! Every call of the disk, failing in every way; and what the next process finds.
//!
//! The history runs once for each call and fault. What it leaves is then looked at as three machines would find it: one
//! that went on running, one that lost what was not synced, one that tore it. The recovery meets the same faults in turn,
//! each at each of its own calls, and is recovered from.

mod reach;
mod recovery;

use super::client::options;
use super::interleave::{Checked, Strategy, explore};
use super::medium::Medium;
use super::workload::{Ledger, live, reopened};
use super::{Finding, Stand};
use flin_runtime::store::Options;
use flin_runtime::store::disk::{Crash, Fault, Plan};
use recovery::Recoveries;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ways in which a call can fail, other than by being the last.
const ERRORS: [Fault; 3] =
    [Fault::Error(ErrorKind::StorageFull), Fault::Error(ErrorKind::Other), Fault::Short];
const CRASHES: [Crash; 3] = [Crash::Kept, Crash::Lost, Crash::Torn];
/// Up to so many changes that were not synced, every choice of survivors is tried; above, so many by chance.
const CHOICES_ALL_MAX: usize = 6;
const CHOICES_SAMPLED: u64 = 1_000;

/// What a sweep goes over.
#[derive(Clone, Copy, Debug)]
struct Extent {
    rounds: usize,
    /// Every so many-th call; the others are left out.
    stride: usize,
    choices_sampled: u64,
    /// Recoveries that meet faults, behind a death and behind an error.
    behind_deaths: Recoveries,
    behind_errors: Recoveries,
}

fn extent(full: bool) -> Extent {
    if full {
        Extent {
            rounds: 3,
            stride: 1,
            choices_sampled: CHOICES_SAMPLED,
            behind_deaths: Recoveries { found_stride: 1, stride: 1 },
            behind_errors: Recoveries { found_stride: 31, stride: 1 },
        }
    } else {
        Extent {
            rounds: 2,
            stride: 9,
            choices_sampled: 4,
            behind_deaths: Recoveries { found_stride: 13, stride: 9 },
            behind_errors: Recoveries { found_stride: 61, stride: 9 },
        }
    }
}

/// A history on a disk with a plan, in the one simple order of steps: the same calls each time.
fn points(stand: &mut Stand, name: &str, faults: &[(Fault, bool)], judge: Judge) {
    let extent = extent(stand.is_full());
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let dry = explore(Strategy::Straight { count: 1 }, move |_| {
        let medium = Medium::default();
        medium.plan(None);
        let ledger = live::<Checked>(&medium, &options(), extent.rounds)?;
        counted.store(medium.0.calls(), Ordering::Relaxed);
        reach::calls(&medium.calls())?;
        // What is in the logs behind fewer rounds has been written over behind all.
        let mut media = vec![medium.clone()];
        for rounds in 0..extent.rounds {
            media.push(Medium::default());
            live::<Checked>(&media[rounds + 1], &options(), rounds)?;
        }
        reach::records(media.iter())?;
        match ledger.judge(&reopened::<Checked>(&Medium::new(medium.0.copy()), &options())?) {
            None if ledger.refusals.is_empty() => Ok(()),
            None => Err(Finding::Wrong(format!("without any fault: {:?}", ledger.refusals))),
            Some(finding) => Err(finding),
        }
    });
    stand.report(name, &dry);
    let calls = calls.load(Ordering::Relaxed);
    if stand.is_full() && calls < 200 {
        stand.channel.wrong(name, "a history of at least 200 calls", calls);
    }
    let plans: Vec<(u64, Plan)> = (0..calls)
        .step_by(extent.stride)
        .flat_map(|at| {
            faults.iter().map(move |(fault, lasting)| Plan { at, fault: *fault, lasting: *lasting })
        })
        .zip(0..)
        .map(|(plan, number)| (number, plan))
        .collect();
    let tried = Arc::new(AtomicU64::new(0));
    let jobs = if stand.is_full() { crate::harness::schedule::jobs_default() } else { 1 };
    let parts: Vec<Vec<(u64, Plan)>> =
        (0..jobs).map(|job| plans.iter().skip(job).step_by(jobs).copied().collect()).collect();
    let found = crate::harness::schedule::in_parallel(&parts, jobs, |plans| {
        let (plans, tried) = (plans.clone(), Arc::clone(&tried));
        explore(Strategy::Straight { count: plans.len() as u64 }, move |number| {
            point(plans[usize::try_from(number).unwrap_or(0)], extent, judge, &tried)
        })
    });
    stand.channel.trying(format_args!("{name}: {calls} calls, {} faults", plans.len()));
    stand.channel.tried(tried.load(Ordering::Relaxed));
    for (explored, plans) in found.iter().zip(&parts) {
        if let Some((number, _)) = &explored.failure {
            let (_, plan) = plans[usize::try_from(*number).unwrap_or(0)];
            stand.channel.trying(format_args!("{name}: {plan:?}"));
        }
        stand.report(name, explored);
    }
}

/// What is looked at behind a fault.
type Judge = fn(&Behind) -> Result<(), Finding>;

/// A disk after a history with a fault.
pub struct Behind<'a> {
    medium: &'a Medium,
    ledger: &'a Ledger,
    /// Of the fault, among all that are tried.
    number: u64,
    extent: Extent,
    tried: &'a AtomicU64,
}

fn point(
    (number, plan): (u64, Plan),
    extent: Extent,
    judge: Judge,
    tried: &AtomicU64,
) -> Result<(), Finding> {
    let medium = Medium::default();
    medium.plan(Some(plan));
    let ledger = live::<Checked>(&medium, &options(), extent.rounds)?;
    let call = medium.call(plan.at);
    judge(&Behind { medium: &medium, ledger: &ledger, number, extent, tried })
        .map_err(|finding| finding.within(&format!("{plan:?} ({call}): ")))
}

impl Behind<'_> {
    fn crashed(&self, disk: &Medium, how: Crash) -> Medium {
        self.tried.fetch_add(1, Ordering::Relaxed);
        Medium::new(disk.0.crash(how))
    }

    /// Opens the disk as a crash leaves it, and once more: what recovery wrote must say the same.
    fn recovers(&self, disk: &Medium) -> Result<(), Finding> {
        for time in ["", "a second time: "] {
            let content = reopened::<Checked>(disk, &options())?;
            if let Some(finding) = self.ledger.judge(&content) {
                return Err(finding.within(time));
            }
        }
        Ok(())
    }
}

/// T2-10: the process dies at every call.
pub(super) fn deaths(stand: &mut Stand) {
    points(stand, "death at a call", &[(Fault::Last, false)], |behind| {
        for how in CRASHES {
            let disk = behind.crashed(behind.medium, how);
            behind
                .recovery_meets_faults(&disk, how, behind.extent.behind_deaths)
                .and_then(|()| behind.recovers(&disk))
                .map_err(|finding| finding.within(&format!("{how:?}: ")))?;
        }
        Ok(())
    });
}

/// T2-10: what was not synced survives in every combination.
pub(super) fn reorderings(stand: &mut Stand) {
    points(stand, "reordered writes", &[(Fault::Last, false)], |behind| {
        let unsynced = behind.medium.0.unsynced();
        let masks: Vec<u64> = if unsynced <= CHOICES_ALL_MAX {
            (0..1 << unsynced).collect()
        } else {
            let seed = |n: u64| (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (0..behind.extent.choices_sampled).map(|n| seed(n) ^ (seed(n) >> 29)).collect()
        };
        for mask in masks {
            let how = Crash::Chosen(mask);
            let disk = behind.crashed(behind.medium, how);
            let content = reopened::<Checked>(&disk, &options())
                .map_err(|finding| finding.within(&format!("{unsynced} changes, {how:?}: ")))?;
            if let Some(finding) = behind.ledger.judge(&content) {
                return Err(finding.within(&format!("{unsynced} changes, {how:?}: ")));
            }
        }
        Ok(())
    });
}

/// Every error of a call, once and from then on.
fn once_and_for_good() -> Vec<(Fault, bool)> {
    ERRORS.into_iter().flat_map(|fault| [(fault, false), (fault, true)]).collect()
}

/// T2-11: calls fail, or do half, once or for good; the process lives, and is restarted.
pub(super) fn errors(stand: &mut Stand) {
    points(stand, "errors of the disk", &once_and_for_good(), |behind| {
        for how in CRASHES {
            let disk = behind.crashed(behind.medium, how);
            behind
                .recovery_meets_faults(&disk, how, behind.extent.behind_errors)
                .and_then(|()| behind.recovers(&disk))
                .map_err(|finding| finding.within(&format!("{how:?}: ")))?;
        }
        Ok(())
    });
}

/// whatever failed, once or for good, behind it every save and checkpoint works again.
pub(super) fn goes_on(stand: &mut Stand) {
    points(stand, "what goes on behind a fault", &once_and_for_good(), |behind| {
        for how in CRASHES {
            let disk = behind.crashed(behind.medium, how);
            super::workload::goes_on::<Checked>(&disk, &options(), behind.ledger)
                .map_err(|finding| finding.within(&format!("{how:?}: ")))?;
        }
        Ok(())
    });
}

/// T2-11: the disk is full, and has room again: what was refused is not there, and the store goes on.
pub(super) fn full_disk(stand: &mut Stand) {
    let rounds = if stand.is_full() { 40 } else { 6 };
    let found = explore(Strategy::Straight { count: rounds }, |number| {
        let medium = Medium::default();
        let small = Options { checkpoint_bytes: 4 * 1024, ..options() };
        medium.0.limit(Some(20_000 + number * 1_500));
        let mut ledger = live::<Checked>(&medium, &small, 4)?;
        if let Some(finding) =
            ledger.judge(&reopened::<Checked>(&Medium::new(medium.0.crash(Crash::Lost)), &small)?)
        {
            return Err(finding.within("full: "));
        }
        medium.0.limit(None);
        let before = ledger.acknowledgements;
        super::workload::go_on::<Checked>(&medium, &small, &mut ledger)?;
        if ledger.acknowledgements == before {
            return Err(Finding::Wrong("there is room again, and every save is refused".to_owned()));
        }
        Ok(())
    });
    stand.channel.trying("a full disk, with room again afterwards");
    stand.report("a full disk", &found);
}
