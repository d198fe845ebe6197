//! The native stack: what needs it has enough, and programs need none.

use super::sources::WAYS_TO_NEST;
use crate::drivers::DriverError;
use crate::drivers::engine::on_the_commands_stack;
use crate::drivers::lab::Lab;

/// Nested as deep as is allowed, from a thread that has hardly any native stack of its own.
pub(super) fn small_native_stack(lab: &mut Lab) -> Result<(), DriverError> {
    const CALLERS_BYTES: usize = 96 << 10;
    for (before, open, middle, close) in WAYS_TO_NEST {
        for (depth, fails) in [(10, false), (200, false), (250, false), (257, true), (20_000, true)] {
            let value = if *before == "x: " { " = 1" } else { "" };
            let (opened, closed) = (open.repeat(depth), close.repeat(depth));
            let source = format!("{before}{opened}{middle}{closed}{value}\n");
            let name = format!("{depth} times {open}");
            lab.channel.trying(&name);
            let caller = std::thread::Builder::new().stack_size(CALLERS_BYTES);
            let work = move || on_the_commands_stack(&source);
            let found = caller.spawn(work)?.join().unwrap_or_default();
            let deep = found.iter().any(|found| found.code == "E0110");
            // What has no code is no finding about the source.
            if deep != fails || found.iter().any(|found| found.code.is_empty()) {
                let first = found.first().map_or("nothing", |found| found.message.as_str());
                lab.channel.wrong(&name, if fails { "E0110" } else { "no E0110" }, first);
            }
        }
    }
    Ok(())
}
