//! Executions that are each within their own limit, together beyond the total.

use super::limits::balanced;
use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{End, Execution, Ran, Shared};
use crate::drivers::lab::Lab;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Ways to use up memory: many small things, one that grows, text, maps, calls.
const HUNGRY: &[(&str, &str)] = &[
    ("lists in a list", "xs = []\nwhile true { xs.push([xs.length]) }"),
    ("one list", "xs = []\nwhile true { xs.push(1.5) }"),
    ("text that doubles", "s = \"x\"\nwhile true { s = s + s }"),
    ("a map", "m = [:]\nwhile true { m[m.count()] = \"value {m.count()}\" }"),
    ("closures", "xs = []\nfor i in 1..1000000000 { xs.push(() => i) }"),
    (
        "what is caught and goes on",
        "while true { try { xs = []; while true { xs.push([1]) } } catch e { e } }",
    ),
];

/// What all machines may lease together, and each of them.
#[derive(Clone, Copy)]
struct Shape {
    machines: usize,
    each_kb: u32,
    total_kb: u32,
    /// The deadline of those that never end otherwise.
    deadline_ms: u64,
}

impl Shape {
    fn total_bytes(self) -> usize {
        (self.total_kb as usize) << 10
    }

    fn settings(self) -> Settings {
        let deadline_ms = Some(self.deadline_ms);
        Settings { memory_kb: Some(self.each_kb), deadline_ms, ..Settings::default() }
    }
}

/// Every way, by one crowd after the other, and all ways in one crowd.
pub(super) fn many_machines(lab: &mut Lab) -> Result<(), DriverError> {
    let shape = if lab.is_full() {
        Shape { machines: 64, each_kb: 48 << 10, total_kb: 64 << 10, deadline_ms: 20_000 }
    } else {
        Shape { machines: 12, each_kb: 1_536, total_kb: 2_048, deadline_ms: 20_000 }
    };
    for (name, source) in HUNGRY.iter().take(HUNGRY.len() - 1) {
        crowd(lab, shape, name, &[source]);
    }
    let sources: Vec<&str> = HUNGRY.iter().map(|(_, source)| *source).collect();
    let ends_by_deadline = Shape { deadline_ms: 300, ..shape };
    crowd(lab, ends_by_deadline, "all of these at once", &sources);
    // The total is smaller than what one of them may have, or than what one needs to begin.
    crowd(
        lab,
        Shape { total_kb: shape.each_kb / 2, ..shape },
        "a total below the limit of one",
        &[HUNGRY[0].1],
    );
    crowd(lab, Shape { total_kb: 128, machines: 4, ..shape }, "a total of two leases", &[HUNGRY[1].1]);
    // Exactly as many as fit: nobody is refused what the total has room for.
    fitting(lab, shape);
    Ok(())
}

fn crowd(lab: &mut Lab, shape: Shape, name: &str, sources: &[&str]) {
    let Shape { machines, each_kb, total_kb, .. } = shape;
    lab.channel
        .trying(format_args!("{name}: {machines} machines of {each_kb} KB under a total of {total_kb} KB"));
    let shared = Shared::new(shape.total_bytes());
    let (ran, most) = run_all(&shared, shape, machines, sources);
    for ran in &ran {
        let orderly = match &ran.end {
            End::Uncaught { kind, .. } if kind == "MemoryLimitExceeded" => true,
            End::Uncaught { kind, .. } => kind == "Timeout" && sources.len() > 1,
            End::Done | End::Refused(_) | End::Bug(_) => false,
        };
        if !orderly {
            lab.channel.wrong(name, "MemoryLimitExceeded", ran.describe());
        }
    }
    if most > shape.total_bytes() {
        lab.channel.wrong(name, format_args!("at most {total_kb} KB leased"), format_args!("{most} bytes"));
    }
    let small = Execution::of(b"print([1, 2, 3].sum())").run_in(&shared);
    if small.output != "6\n" {
        lab.channel.wrong(format_args!("{name}: a small machine afterwards"), "6", small.describe());
    }
    balanced(lab, &shared, name);
}

/// Machines whose needs together stay below the total, at the same time.
fn fitting(lab: &mut Lab, shape: Shape) {
    lab.channel.trying("machines that fit together");
    let source = "xs = range(0, 4000)\nys = xs.map(x => [x])\nprint(ys.length)";
    let shared = Shared::new(shape.total_bytes());
    let (ran, _) = run_all(&shared, shape, 4, &[source]);
    for ran in ran.iter().filter(|ran| ran.output != "4000\n") {
        lab.channel.wrong("machines that fit together", "4000", ran.describe());
    }
    balanced(lab, &shared, "machines that fit together");
}

/// Runs so many machines at once, and watches what they lease together at most.
fn run_all(shared: &Shared, shape: Shape, machines: usize, sources: &[&str]) -> (Vec<Ran>, usize) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(shared.leased());
                std::thread::sleep(Duration::from_millis(1));
            }
            most
        });
        let of_one = |number: usize| {
            let source = sources[number % sources.len()].as_bytes();
            Execution { source, settings: shape.settings(), files: Vec::new() }.run_in(shared)
        };
        let threads: Vec<_> = (0..machines).map(|number| scope.spawn(move || of_one(number))).collect();
        let ran = threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
        done.store(true, Ordering::Relaxed);
        (ran, watch.join().unwrap_or(usize::MAX))
    })
}
