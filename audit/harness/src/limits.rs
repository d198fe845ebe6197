//! What a case may use. The child sets its own limits before anything else; the parent watches resident memory and the
//! clock, because no resource limit covers them.

use super::HarnessError;
use rustix::process::{Resource, Rlimit, Signal};
use serde::{Deserialize, Serialize};

/// How much of a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// The boundary tables: under two seconds.
    Quick,
    /// Sweeps, schedules and repetitions besides.
    Full,
}

impl Size {
    /// As the command line writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}

/// The limits of one child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Resident memory above this mark is `out-of-memory`.
    pub resident_mb: u64,
    /// The backstop behind the mark.
    pub address_space_mb: u64,
    /// Open descriptors.
    pub descriptors: u64,
    /// Processor seconds of a quick run.
    pub cpu_s: u64,
    /// Seconds on the clock of a quick run.
    pub wall_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { resident_mb: 512, address_space_mb: 4096, descriptors: 256, cpu_s: 40, wall_s: 120 }
    }
}

impl Limits {
    /// A full run may take ten times as long; nothing else grows with the size.
    #[must_use]
    pub fn for_size(self, size: Size) -> Self {
        match size {
            Size::Quick => self,
            Size::Full => Self { cpu_s: self.cpu_s * 10, wall_s: self.wall_s * 10, ..self },
        }
    }

    /// Puts the calling process under these limits, without core dumps, and ends it with its parent.
    pub fn apply(&self) -> Result<(), HarnessError> {
        const MEBIBYTE: u64 = 1 << 20;
        let address_space = self.address_space_mb.saturating_mul(MEBIBYTE);
        let bounds = [
            (Resource::As, address_space, address_space),
            (Resource::Nofile, self.descriptors, self.descriptors),
            // At the hard bound the kernel kills, which would look like a want of memory; the soft one says why.
            (Resource::Cpu, self.cpu_s, self.cpu_s + 10),
            (Resource::Core, 0, 0),
        ];
        for (resource, soft, hard) in bounds {
            let limit = Rlimit { current: Some(soft), maximum: Some(hard) };
            rustix::process::setrlimit(resource, limit).map_err(|error| HarnessError::Limit { error })?;
        }
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
            .map_err(|error| HarnessError::Limit { error })
    }
}
