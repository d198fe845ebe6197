//! A vector as a job of the harness: `audit` itself, started again as a child that runs this one case.

use crate::catalogue::{Claim, Entry, Tier};
use crate::harness::{HarnessError, Job, Limits, Observation, Outcome, Size, Verdict, sandbox, verdict};
use serde::Serialize;
use std::ffi::OsString;
use std::path::PathBuf;

/// Starts children.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The `audit` to start.
    pub audit: PathBuf,
}

impl Runner {
    /// Children are copies of the running program.
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self { audit: std::env::current_exe()? })
    }

    /// Runs a case in a child, with these guards switched off.
    pub fn run(&self, entry: &Entry, size: Size, knock_outs: &[String]) -> Result<Verdict, HarnessError> {
        let id = &entry.vector.id;
        let limits = entry.vector.limits.for_size(size);
        let mut args = vec!["__case".into(), id.into(), "--size".into(), size.name().into()];
        if !knock_outs.is_empty() {
            args.extend(["--knock-out".into(), knock_outs.join(",").into()]);
        }
        self.judge(id, args, limits)
    }

    /// Runs a counter-model: a small program built the way that the runtime is not.
    pub fn run_counter_model(&self, name: &str, limits: Limits) -> Result<Verdict, HarnessError> {
        self.judge(name, vec!["__counter-model".into(), name.into()], limits)
    }

    /// Runs a child of the given arguments under the given limits.
    pub fn judge(&self, label: &str, args: Vec<OsString>, limits: Limits) -> Result<Verdict, HarnessError> {
        verdict::judge(label, &self.observe(label, args, limits, false)?)
    }

    /// Runs a child and tells all that was seen of it.
    pub fn observe(
        &self,
        label: &str,
        mut args: Vec<OsString>,
        limits: Limits,
        backtrace: bool,
    ) -> Result<Observation, HarnessError> {
        args.extend(["--limits".into(), serde_json::to_string(&limits).unwrap_or_default().into()]);
        let job = Job { label: label.to_owned(), program: self.audit.clone(), args, limits, backtrace };
        sandbox::observe(&job)
    }
}

/// Where a vector stands, from what the catalogue claims and what the run showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Claimed and seen.
    Fixed,
    /// Known to fail.
    Open,
    /// Claimed to hold, and does not.
    Regressed,
    /// No case yet.
    NotEncoded,
}

impl Status {
    /// A vector's status; `outcome` is none where nothing ran.
    pub fn of(claim: Claim, outcome: Option<Outcome>) -> Self {
        match (claim, outcome) {
            (Claim::NotEncoded, _) | (Claim::Fixed, None) => Self::NotEncoded,
            (Claim::Fixed, Some(Outcome::Held)) => Self::Fixed,
            (Claim::Fixed, Some(_)) => Self::Regressed,
            (Claim::Open, _) => Self::Open,
        }
    }

    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Open => "open",
            Self::Regressed => "regressed",
            Self::NotEncoded => "not-encoded",
        }
    }
}

/// Is this what must be seen? The canary must fail, an open vector must still fail, every other one must hold.
pub fn is_as_claimed(entry: &Entry, outcome: Outcome) -> bool {
    let must_fail = entry.vector.tier == Tier::Canary || entry.vector.status == Claim::Open;
    (outcome == Outcome::Held) != must_fail
}

/// What to tell about an outcome that is not as claimed.
pub fn complaint(entry: &Entry, verdict: &Verdict) -> String {
    let id = &entry.vector.id;
    match (entry.vector.tier, entry.vector.status) {
        (Tier::Canary, _) => {
            format!("{id} held: its case must fail, so the oracles of this harness are blind")
        }
        (_, Claim::Open) => format!("{id} no longer fails: set `status = \"fixed\"` in its vector.toml"),
        (_, Claim::Fixed | Claim::NotEncoded) => {
            format!("{id} fell: {}: {}", verdict.outcome, verdict.detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_called_fixed_that_did_not_run_and_hold() {
        assert_eq!(Status::of(Claim::Fixed, Some(Outcome::Held)), Status::Fixed);
        assert_eq!(Status::of(Claim::Fixed, None), Status::NotEncoded);
        assert_eq!(Status::of(Claim::Fixed, Some(Outcome::Leak)), Status::Regressed);
        assert_eq!(Status::of(Claim::Open, Some(Outcome::Held)), Status::Open);
        assert_eq!(Status::of(Claim::NotEncoded, Some(Outcome::Held)), Status::NotEncoded);
    }
}
