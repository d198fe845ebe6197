//! What one execution may use, as plain numbers.

use crate::config::Config;
use crate::syntax::ParseLimits;
use crate::value::pattern::PROGRAM_PATTERNS_BYTES_MAX;
use crate::vm;
use std::time::Duration;

/// Limits and switches of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nested calls: `StackOverflow`.
    pub call_depth_max: usize,
    /// Components rendered inside each other: `StackOverflow`.
    pub component_depth_max: usize,
    /// Bytes of the VM: `MemoryLimitExceeded`.
    pub memory_bytes_max: usize,
    /// Wall time: `Timeout`. Scripts have none.
    pub deadline: Option<Duration>,
    /// Fuel, about one for each instruction: `Timeout` too, for runs that must end without a clock.
    pub fuel_max: Option<u64>,
    /// Nesting of sources: `E0110`.
    pub source_depth_max: u32,
    /// Compiled size of a program's regex literals together: `E0103`.
    pub patterns_bytes_max: usize,
    /// Collect before every instruction.
    pub gc_stress: bool,
    /// Random numbers follow from this; from the host's entropy where it is missing.
    pub seed: Option<[u8; 32]>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}

impl Limits {
    /// As a configuration says, without a deadline.
    pub fn of(config: &Config) -> Self {
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            call_depth_max: number(config.vm.call_depth_max),
            component_depth_max: number(config.vm.component_depth_max),
            memory_bytes_max: number(config.vm.memory_mb).saturating_mul(1 << 20),
            deadline: None,
            fuel_max: None,
            source_depth_max: config.vm.source_depth_max,
            patterns_bytes_max: PROGRAM_PATTERNS_BYTES_MAX,
            gc_stress: false,
            seed: None,
        }
    }

    pub(super) fn vm(&self) -> vm::Limits {
        vm::Limits {
            call_depth_max: self.call_depth_max,
            component_depth_max: self.component_depth_max,
            memory_bytes_max: self.memory_bytes_max,
            gc_stress: self.gc_stress,
        }
    }

    pub(super) fn parse(&self) -> ParseLimits {
        ParseLimits { depth_max: self.source_depth_max, ..ParseLimits::default() }
    }
}
