//! Limits that executions share, or that only a clock shows.

use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{End, Execution, Shared};
use crate::drivers::lab::Lab;
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

/// Used up soon.
fn settings() -> Settings {
    Settings { memory_kb: Some(512), deadline_ms: Some(20), ..Settings::default() }
}

pub(super) fn balanced(lab: &mut Lab, shared: &Shared, after: &str) {
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
            let execution = Execution { source: source.as_bytes(), settings: settings(), files: Vec::new() };
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
                        Execution { source: source.as_bytes(), settings: settings(), files: Vec::new() };
                    execution.run_in(shared);
                }
            });
        }
    });
    lab.channel.tried((8 * rounds * ENDS.len() - 1) as u64);
    balanced(lab, &shared, "all threads were done");
    Ok(())
}

/// A hundred thousand executions that end in every way, from several threads on one pool: nothing stays leased.
pub(super) fn drift_for_long(lab: &mut Lab) -> Result<(), DriverError> {
    const THREADS: usize = 4;
    const EXECUTIONS: usize = 100_000;
    /// Instructions, about: what is not over by then is abandoned.
    const FUEL: u64 = 2_000;
    let shared = Shared::new(64 << 20);
    let settings = Settings { memory_kb: Some(64), ..Settings::default() };
    let times = EXECUTIONS.div_ceil(ENDS.len() * THREADS);
    for source in ENDS {
        lab.channel.trying(format_args!("{} times, by {THREADS} threads: {source}", times * THREADS));
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| execution.run_often_in(&shared, FUEL, times));
            }
        });
        lab.channel.tried((times * THREADS - 1) as u64);
        balanced(lab, &shared, source);
    }
    Ok(())
}

/// Requests that are answered, fail, or are given up on the way: nothing stays leased.
pub(super) fn drift_of_requests(lab: &mut Lab) -> Result<(), DriverError> {
    /// Instructions, about: what is not over by then is cut off.
    const FUEL: u64 = 2_000;
    let shared = Shared::new(64 << 20);
    let settings = Settings { memory_kb: Some(512), ..Settings::default() };
    let times = if lab.is_full() { 100_000_usize.div_ceil(ENDS.len()) } else { 40 };
    for source in ENDS {
        lab.channel.trying(format_args!("{times} requests: {source}"));
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        execution.requests_in(&shared, FUEL, times);
        lab.channel.tried((times - 1) as u64);
        balanced(lab, &shared, source);
    }
    Ok(())
}

/// Inside every long operation the deadline is noticed soon. The bound is loose: what it must tell apart is a slice of a
/// millisecond from an operation that cannot be interrupted.
pub(super) fn deadline_kept(lab: &mut Lab) -> Result<(), DriverError> {
    const LATE_MAX: Duration = Duration::from_secs(2);
    const LONG: &[(&str, &str)] = &[
        ("a regex", "s = \"ab\".repeat({n} * 4)\nwhile true { s.matches(/(a|b|ab)*c/) }"),
        ("a sort", "xs = range(0, {n} * 2)\nwhile true { xs.sort(x => x % 7) }"),
        ("a comparison", "a = range(0, {n} * 3)\nb = range(0, {n} * 3)\nwhile true { a == b }"),
        ("JSON", "xs = range(0, {n})\nwhile true { json_stringify(xs) }"),
        ("a replacement", "s = \"ab\".repeat({n} * 4)\nwhile true { s.replace(\"a\", \"x\") }"),
        ("a split", "s = \"a,\".repeat({n} * 2)\nwhile true { s.split(\",\") }"),
        ("case mapping", "s = \"ß\".repeat({n} * 3)\nwhile true { s.upper() }"),
        ("hashing", "s = \"ab\".repeat({n} * 10)\nwhile true { sha256(s) }"),
        ("to_text", "xs = range(0, {n})\nwhile true { text(xs) }"),
        ("joining", "xs = range(0, {n})\nwhile true { xs.join(\",\") }"),
        ("a pattern that is too large", "while true { try \"x\".matches(\"a\\{1,1000}\".repeat(50)) }"),
        ("digits of a large number", "while true { 1.5e300.format(20) }"),
        (
            "the chain of a deep error",
            "fn f(n) { if n > 0 { f(n - 1) } else { 1 / 0 } }\ne = try f(500)\nwhile true { e.chain }",
        ),
        ("unique", "xs = range(0, {n})\nwhile true { xs.unique() }"),
    ];
    let (pieces, deadline_ms) = if lab.is_full() { ("1000000", 400) } else { ("50000", 30) };
    for (name, template) in LONG {
        lab.channel.trying(name);
        let source = template.replace("{n}", pieces);
        let settings = Settings { memory_mb: Some(256), deadline_ms: Some(deadline_ms), ..lab.settings };
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
