//! Inputs that a fuzzer found, replayed by its target. The oracle panics, and nothing here catches it.

use super::DriverError;
use crate::catalogue::Entry;
use crate::fuzz::Target;
use crate::harness::Channel;

pub fn run(entry: &Entry, channel: &mut Channel) -> Result<(), DriverError> {
    for case in &entry.vector.artifact {
        let target = case.split('/').next().and_then(Target::by_name);
        let target = target.ok_or_else(|| DriverError::NoTarget { case: case.clone() })?;
        let input = std::fs::read(crate::repository().join("crash-corpus").join(case).join("input"))?;
        channel.trying(case);
        target.run(&input);
    }
    Ok(())
}
