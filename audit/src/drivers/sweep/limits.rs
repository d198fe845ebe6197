//! Limits that executions share, or that only a clock shows.

use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{End, Execution, Shared};
use crate::drivers::lab::Lab;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Programs that between them end in every way that a program can.
const ENDS: &[&str] = &[
    "print(1)",
    "xs = range(0, 10000)\nprint(xs.map(x => [x]).length)",
    "xs = range(0, 10000)\nthrow error(\"Failed\", \"on purpose\")",
    "fn f(x) { return [x].map(f) }\nf(1)",
    "xs = []\nwhile true { xs.push([xs.length]) }",
    "s = \"x\"\nwhile true { s = s + s }",
    "\"x\".repeat(10 ** 15)",
    "m = [:]\nwhile true { m[\"key {m.count()}\"] = m.count() }",
    "xs = range(0, 1000)\nxs.sort((a, b) => 1 / 0)",
    "xs = []\nxs.push(xs)\nprint(xs)",
    "json_parse(\"[\".repeat(1000))",
    "x = (",
    "caught = 0\nfor i in 1..3 { try { xs = []; while true { xs.push(i) } } catch e { caught += 1 } }\nprint(caught)",
    "while true {}",
    "xs = range(0, 100000)\nwhile true { xs.sort(x => -x) }",
];

const SETTINGS: Settings =
    Settings { call_depth: None, memory_mb: Some(4), deadline_ms: Some(40), stack_kb: None };

fn balanced(lab: &mut Lab, shared: &Shared, after: &str) {
    if shared.leased() != 0 {
        lab.channel.leaked(format_args!("0 bytes leased before, {} after {after}", shared.leased()));
    }
}

/// One failing execution after the other, on one pool: nothing stays leased.
pub(super) fn drift(lab: &mut Lab) -> Result<(), DriverError> {
    let shared = Shared::new(64 << 20);
    let rounds = if lab.is_full() { 40 } else { 2 };
    for round in 0..rounds {
        for source in ENDS {
            lab.channel.trying(format_args!("round {round}: {source}"));
            let execution = Execution { source: source.as_bytes(), settings: SETTINGS, files: Vec::new() };
            execution.run_in(&shared);
            balanced(lab, &shared, source);
            execution.abandon_in(&shared);
            balanced(lab, &shared, "an abandoned execution");
        }
    }
    Ok(())
}

/// The same from several threads at once.
pub(super) fn drift_in_threads(lab: &mut Lab) -> Result<(), DriverError> {
    let shared = Shared::new(64 << 20);
    let rounds = if lab.is_full() { 20 } else { 2 };
    lab.channel.trying(format_args!("8 threads, {rounds} rounds of every end"));
    std::thread::scope(|scope| {
        for thread in 0..8_usize {
            let shared = &shared;
            scope.spawn(move || {
                for round in 0..rounds * ENDS.len() {
                    let source = ENDS[(round + thread) % ENDS.len()];
                    let execution =
                        Execution { source: source.as_bytes(), settings: SETTINGS, files: Vec::new() };
                    execution.run_in(shared);
                }
            });
        }
    });
    lab.channel.tried((8 * rounds * ENDS.len() - 1) as u64);
    balanced(lab, &shared, "all threads were done");
    Ok(())
}

/// Many executions, each within its own limit, together beyond the total.
pub(super) fn many_machines(lab: &mut Lab) -> Result<(), DriverError> {
    const TOTAL: usize = 64 << 20;
    const HUNGRY: &str = "xs = []\nwhile true { xs.push([xs.length]) }";
    let shared = Shared::new(TOTAL);
    let settings = Settings { memory_mb: Some(48), deadline_ms: Some(20_000), ..Settings::default() };
    let machines = if lab.is_full() { 64 } else { 12 };
    lab.channel.trying(format_args!("{machines} machines of 48 MB under a total of 64 MB"));
    let done = AtomicBool::new(false);
    let (ends, small, most) = std::thread::scope(|scope| {
        let shared = &shared;
        let hungry: Vec<_> = (0..machines)
            .map(|_| {
                scope.spawn(move || {
                    Execution { source: HUNGRY.as_bytes(), settings, files: Vec::new() }.run_in(shared)
                })
            })
            .collect();
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(shared.leased());
                std::thread::sleep(Duration::from_millis(1));
            }
            most
        });
        let ends: Vec<End> =
            hungry.into_iter().filter_map(|thread| thread.join().ok()).map(|ran| ran.end).collect();
        let small = Execution::of(b"print([1, 2, 3].sum())").run_in(shared);
        done.store(true, Ordering::Relaxed);
        (ends, small, watch.join().unwrap_or(usize::MAX))
    });
    for end in &ends {
        if !matches!(end, End::Uncaught { kind, .. } if kind == "MemoryLimitExceeded") {
            lab.channel.wrong("a hungry machine", "MemoryLimitExceeded", format_args!("{end:?}"));
        }
    }
    if most > TOTAL {
        lab.channel.wrong("all machines together", format_args!("at most {TOTAL} bytes leased"), most);
    }
    if small.output != "6\n" {
        lab.channel.wrong("a small machine afterwards", "6", small.describe());
    }
    balanced(lab, &shared, "all machines were gone");
    Ok(())
}

/// Inside every long operation the deadline is noticed soon. The bound is loose: what it must tell apart is a slice of a
/// millisecond from an operation that cannot be interrupted.
pub(super) fn deadline_kept(lab: &mut Lab) -> Result<(), DriverError> {
    const LATE_MAX: Duration = Duration::from_secs(2);
    const LONG: &[(&str, &str)] = &[
        ("a regex", "s = \"ab\".repeat(4000000)\ns.matches(/(a|b|ab)*c/)"),
        ("a sort", "xs = range(0, 2000000)\nwhile true { xs.sort(x => x % 7) }"),
        ("a comparison", "a = range(0, 3000000)\nb = range(0, 3000000)\nwhile true { a == b }"),
        ("JSON", "xs = range(0, 1000000)\nwhile true { json_stringify(xs) }"),
        ("a replacement", "s = \"ab\".repeat(4000000)\nwhile true { s.replace(\"a\", \"x\") }"),
        ("a split", "s = \"a,\".repeat(2000000)\nwhile true { s.split(\",\") }"),
        ("case mapping", "s = \"ß\".repeat(3000000)\nwhile true { s.upper() }"),
        ("hashing", "s = \"ab\".repeat(10000000)\nwhile true { sha256(s) }"),
        ("to_text", "xs = range(0, 1000000)\nwhile true { text(xs) }"),
        ("joining", "xs = range(0, 1000000)\nwhile true { xs.join(\",\") }"),
        ("unique", "xs = range(0, 1000000)\nwhile true { xs.unique() }"),
    ];
    for (name, source) in LONG {
        lab.channel.trying(name);
        let settings = Settings { memory_mb: Some(256), deadline_ms: Some(100), ..lab.settings };
        let begun = Instant::now();
        let ran = Execution { source: source.as_bytes(), settings, files: Vec::new() }.run();
        let took = begun.elapsed();
        if !matches!(&ran.end, End::Uncaught { kind, .. } if kind == "Timeout") {
            lab.channel.wrong(name, "Timeout", ran.describe());
        }
        if took > LATE_MAX {
            lab.channel.wrong(
                name,
                format_args!("an end within {} s", LATE_MAX.as_secs()),
                format_args!("{took:?}"),
            );
        }
    }
    Ok(())
}
