//! The native stack: what needs it has enough, and programs need none.

use super::sources::WAYS_TO_NEST;
use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{Execution, on_the_commands_stack};
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

/// Programs that call as deep as they may, and give up there.
const CALLS: &[(&str, &str)] = &[
    ("a call", "fn f(n) { return 1 + f(n + 1) }\nprint((try f(0)).kind)"),
    ("a closure", "f = n => f(n + 1)\nprint((try f(0)).kind)"),
    ("two by turns", "fn f(n) { return g(n) }\nfn g(n) { return f(n) }\nprint((try f(0)).kind)"),
    ("caught at every level", "fn f(n) { try { return f(n + 1) } catch e { return e } }\nprint(f(0).kind)"),
];

/// The same through built-ins that call back.
const CALLBACKS: &[(&str, &str)] = &[
    ("map", "fn f(x) { return [x].map(f) }\nprint((try f(1)).kind)"),
    ("filter", "fn f(x) { return [x].filter(f) }\nprint((try f(1)).kind)"),
    ("reduce", "fn f(a, x) { return [1, 2].reduce(f, 0) }\nprint((try f(1, 1)).kind)"),
    ("sort", "fn f(a, b) { return [2, 1].sort(f) }\nprint((try f(1, 1)).kind)"),
    ("map_values", "fn f(v, k) { return { a: 1 }.map_values(f) }\nprint((try f(1, 1)).kind)"),
    ("a pipeline", "fn f(x) { return [x] |> map(f) |> sum }\nprint((try f(1)).kind)"),
];

/// See [`same_stack`].
pub(super) fn of_calls(lab: &mut Lab) -> Result<(), DriverError> {
    same_stack(lab, CALLS)
}

/// See [`same_stack`].
pub(super) fn of_callbacks(lab: &mut Lab) -> Result<(), DriverError> {
    same_stack(lab, CALLBACKS)
}

/// The native stack's high-water mark is the same at depth 512 and 65,536 (quickly: 8,192), because none of it is the
/// program's. The allowance is two bytes for a level: less than any frame.
fn same_stack(lab: &mut Lab, programs: &[(&str, &str)]) -> Result<(), DriverError> {
    let (most, memory_mb, noise) = if lab.is_full() { (65_536, 64, 128 << 10) } else { (8_192, 8, 16 << 10) };
    for (name, source) in programs {
        let (shallow, deep) =
            (used(lab, name, source, (512, memory_mb))?, used(lab, name, source, (most, memory_mb))?);
        if deep > shallow + noise {
            let expected = format!("{shallow} bytes of native stack, as at depth 512");
            lab.channel.wrong(format_args!("{name}, {most} deep"), expected, format_args!("{deep} bytes"));
        }
    }
    Ok(())
}

fn used(
    lab: &mut Lab,
    name: &str,
    source: &str,
    (depth, memory_mb): (u32, u32),
) -> Result<usize, DriverError> {
    lab.channel.trying(format_args!("native stack of {name}, {depth} deep"));
    let settings = Settings { call_depth: Some(depth), memory_mb: Some(memory_mb), ..Settings::default() };
    let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
    let (ran, used) = execution.run_on_fresh_stack()?;
    if ran.output != "StackOverflow\n" {
        lab.channel.wrong(name, "StackOverflow", ran.describe());
    }
    Ok(used)
}
