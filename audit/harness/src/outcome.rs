//! How a case ended: a closed list, in severity order, so that the worst of several can be taken with `max`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the parent saw. The order of the variants is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every input gave what was expected, and the process served the probe afterwards.
    Held,
    /// An answer was wrong, or the probe at the end was not answered.
    WrongResult,
    /// Something was not given back.
    Leak,
    /// A panic that a boundary caught.
    ContainedPanic,
    /// No end, with processor time used.
    Hang,
    /// No end, without processor time used.
    Deadlock,
    /// A panic that ended the process.
    Panic,
    /// The process ended itself or was ended, for none of the reasons below.
    Abort,
    /// The native stack ran out.
    StackOverflow,
    /// An allocation failed, or resident memory passed the case's mark.
    OutOfMemory,
    /// No descriptor was left.
    DescriptorExhaustion,
    /// Something acknowledged was gone.
    DataLoss,
    /// Something stored was not what had been stored.
    Corruption,
}

impl Outcome {
    /// All outcomes, mildest first.
    pub const ALL: [Self; 13] = [
        Self::Held,
        Self::WrongResult,
        Self::Leak,
        Self::ContainedPanic,
        Self::Hang,
        Self::Deadlock,
        Self::Panic,
        Self::Abort,
        Self::StackOverflow,
        Self::OutOfMemory,
        Self::DescriptorExhaustion,
        Self::DataLoss,
        Self::Corruption,
    ];

    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::WrongResult => "wrong-result",
            Self::Leak => "leak",
            Self::ContainedPanic => "contained-panic",
            Self::Hang => "hang",
            Self::Deadlock => "deadlock",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::StackOverflow => "stack-overflow",
            Self::OutOfMemory => "out-of-memory",
            Self::DescriptorExhaustion => "descriptor-exhaustion",
            Self::DataLoss => "data-loss",
            Self::Corruption => "corruption",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_ordered_by_severity_and_read_back_by_name() {
        assert!(Outcome::ALL.is_sorted());
        for outcome in Outcome::ALL {
            let written = serde_json::to_string(&outcome).unwrap();
            assert_eq!(written, format!("\"{outcome}\""));
        }
    }
}
