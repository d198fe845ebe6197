//! A recovery that meets faults itself: each fault at each of its calls, and what the next recovery finds.

use super::super::Finding;
use super::super::client::options;
use super::super::interleave::Checked;
use super::super::medium::Medium;
use super::super::workload::reopened;
use super::{Behind, CRASHES, ERRORS};
use flin_runtime::store::disk::{Crash, Fault, Plan};

/// Which recoveries meet faults, and where.
#[derive(Clone, Copy, Debug)]
pub struct Recoveries {
    /// Every so many-th of the disks that are found; coprime to the number of errors and of crashes, so that there are
    /// recoveries behind all of them.
    pub found_stride: u64,
    /// Every so many-th call.
    pub stride: usize,
}

/// All that a recovery can meet: every error, once and from then on, and that it dies.
fn faults() -> impl Iterator<Item = (Fault, bool)> {
    let errors = ERRORS.into_iter().flat_map(|fault| [(fault, false), (fault, true)]);
    errors.chain([(Fault::Last, false)])
}

impl Behind<'_> {
    /// The recovery of what was found meets every fault at each of its calls in turn, and the next one, on a disk that
    /// works, finds what was acknowledged.
    pub fn recovery_meets_faults(
        &self,
        found: &Medium,
        how: Crash,
        Recoveries { found_stride, stride }: Recoveries,
    ) -> Result<(), Finding> {
        let crash = CRASHES.iter().position(|crash| *crash == how).unwrap_or(0);
        let number = self.number * CRASHES.len() as u64 + crash as u64;
        if !number.is_multiple_of(found_stride) {
            return Ok(());
        }
        for (fault, lasting) in faults() {
            for at in (0..).step_by(stride) {
                if !self.recovery_meets(found, Plan { at, fault, lasting })? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The same with one fault; false if the recovery has no such call.
    fn recovery_meets(&self, found: &Medium, plan: Plan) -> Result<bool, Finding> {
        let disk = Medium::new(found.0.copy());
        disk.plan(Some(plan));
        let shown = reopened::<Checked>(&disk, &options());
        let reached = disk.0.calls() > plan.at;
        let within = |finding: Finding, what: &str| {
            finding.within(&format!("{what} a recovery with {plan:?} ({}): ", disk.call(plan.at)))
        };
        match shown {
            // It may be refused for what the disk does, but what is shown is right.
            Err(Finding::Refused(_)) if reached => {}
            Err(finding) => return Err(within(finding, "in")),
            Ok(content) => {
                if let Some(finding) = self.ledger.judge(&content) {
                    return Err(within(finding, "in"));
                }
            }
        }
        if !reached {
            return Ok(false);
        }
        for how in CRASHES {
            let next = self.crashed(&disk, how);
            let judged = reopened::<Checked>(&next, &options()).map(|content| self.ledger.judge(&content));
            if let Err(finding) | Ok(Some(finding)) = judged {
                return Err(within(finding, &format!("({how:?}) behind")));
            }
        }
        Ok(true)
    }
}
