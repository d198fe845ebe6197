//! configuration that nobody should believe, jobs that want to run all the time, clocks that jump.

use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::app::{Front, Limits, SourceFile};
use flin_runtime::base::Code;
use flin_runtime::base::cron::Expression;
use flin_runtime::check::Role;
use flin_runtime::config;
use flin_runtime::cron::{Due, Moment, Rhythm, Schedule};
use std::time::Duration;

/// Keys of each section, by the kind of their values.
const KEYS: &[(&str, &[&str], &[&str])] = &[
    (
        "number",
        BAD_NUMBERS,
        &[
            "server.port",
            "server.max_connections",
            "server.max_headers",
            "server.max_pipelined",
            "vm.max_call_depth",
            "vm.memory_mb",
            "vm.max_source_depth",
            "vm.max_component_depth",
        ],
    ),
    (
        "size",
        BAD_SIZES,
        &[
            "server.max_body",
            "server.max_header_bytes",
            "store.checkpoint_bytes",
            "store.memory_max",
            "vm.memory_total",
        ],
    ),
    (
        "duration",
        BAD_DURATIONS,
        &[
            "server.header_timeout",
            "server.request_timeout",
            "server.idle_timeout",
            "server.drain_timeout",
            "vm.deadline",
        ],
    ),
    ("choice", BAD_CHOICES, &["server.error_detail", "store.sync", "log.level", "log.format"]),
    ("flag", BAD_FLAGS, &["admin.enabled", "metrics.enabled"]),
    ("text", BAD_TEXTS, &["server.host", "store.path", "admin.bind"]),
    ("list", BAD_LISTS, &["views.components"]),
    ("addresses", BAD_ADDRESSES, &["server.trusted_proxies"]),
];
const BAD_NUMBERS: &[&str] =
    &["-1", "1.5", "nan", "true", "\"1\"", "[]", "{}", "9223372036854775807", "1979-05-27"];
const BAD_SIZES: &[&str] = &[
    "-1",
    "0",
    "\"\"",
    "\"1\"",
    "\"1XB\"",
    "\"-1MB\"",
    "\"99999999999999999999TB\"",
    "1.5",
    "[1]",
    "\"１MB\"",
];
const BAD_DURATIONS: &[&str] =
    &["0", "-1", "\"0s\"", "\"-1s\"", "\"s\"", "\"1 week\"", "\"99999999999d\"", "1.5", "true", "\"١s\""];
const BAD_CHOICES: &[&str] = &["\"\"", "\"ALL\"", "1", "[]", "\"always \""];
const BAD_FLAGS: &[&str] = &["\"true\"", "1", "[]", "{}"];
const BAD_TEXTS: &[&str] = &["\"\"", "\"  \"", "1", "[]", "\"a\\u0000\"", "\"\\n\""];
const BAD_ADDRESSES: &[&str] =
    &["1", "\"::1\"", "[1]", "[\"\"]", "[\"localhost\"]", "[\"10.0.0.0/33\"]", "[[\"::1\"]]"];
const BAD_LISTS: &[&str] = &["[]", "\"a\"", "[1]", "[\"../a\"]", "[\"\"]"];

/// Every key with every value that its kind does not have, and files that are no configuration at all.
pub fn malformed(lab: &mut Lab) -> Result<(), DriverError> {
    for (kind, values, keys) in KEYS {
        for key in *keys {
            let Some((section, name)) = key.split_once('.') else { continue };
            for value in *values {
                let text = format!("[{section}]\n{name} = {value}\n");
                lab.channel.trying(&text);
                let said = refusal(&text);
                if !said.contains(key) && !said.contains("2:") {
                    lab.channel.wrong(
                        format_args!("a {kind}: {text}"),
                        format_args!("a refusal of {key}"),
                        said,
                    );
                }
            }
            let misspelt = format!("[{section}]\n{name}x = 1\n");
            if !refusal(&misspelt).contains(name) {
                lab.channel.wrong(&misspelt, format_args!("did you mean {name}?"), refusal(&misspelt));
            }
        }
    }
    let deep = format!("a = {}", "[".repeat(100_000));
    let long = format!("[server]\nhost = \"{}\"\n", "h".repeat(1 << 20));
    let many: String = (0..4000).map(|n| format!("[s{n}]\n")).collect();
    let others = [
        "[",
        "[]",
        "]",
        "=",
        "a",
        "a =",
        "[server",
        "[[server]]\nport = 1",
        "server = 1",
        "[server]\nport = 1\nport = 2",
        "[x]",
        "\u{0}",
        &deep,
        &long,
        &many,
    ];
    for text in others {
        lab.channel.trying(&text[..text.len().min(40)]);
        if refusal(text).is_empty() {
            lab.channel.wrong(&text[..text.len().min(40)], "a refusal", "a configuration");
        }
    }
    Ok(())
}

/// What is said of a configuration; nothing where it is taken.
fn refusal(text: &str) -> String {
    match config::parse(text) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(config::ProblemAt::render).collect(),
    }
}

/// Jobs that would run more than once a second, and expressions that mean nothing.
pub fn intervals(lab: &mut Lab) -> Result<(), DriverError> {
    let jobs = [
        "every 0s {}",
        "every 0ms {}",
        "every 1ms {}",
        "every 999ms {}",
        "every 0d {}",
        "cron \"\" {}",
        "cron \"* * * *\" {}",
        "cron \"60 * * * *\" {}",
        "cron \"*/0 * * * *\" {}",
        "cron \"5-1 * * * *\" {}",
        "cron \"0 0 30 2 *\" {}",
        "cron \"* * * * * *\" {}",
        "cron \"-1 * * * *\" {}",
        "cron \"99999999999999999999 * * * *\" {}",
    ];
    for source in jobs {
        lab.channel.trying(source);
        let files = [SourceFile::in_memory("jobs/often.flin", Role::Job, source)];
        let mut front = Front::parse(&files, &Limits::default());
        front.check(false);
        if !front.diagnostics.iter().any(|found| found.code == Code::E0009) {
            lab.channel.wrong(source, "E0009", format_args!("{:?}", front.diagnostics));
        }
    }
    Ok(())
}

/// Clocks of every kind against a schedule whose jobs never end by themselves, or at once.
pub fn clocks(lab: &mut Lab) -> Result<(), DriverError> {
    const HOUR: i64 = 3_600_000;
    let begin = Moment { wall: 1_700_000_000_000, up: Duration::from_secs(5) };
    let years = 400 * 365 * 24 * HOUR;
    let jumps = [
        0,
        1,
        -1,
        HOUR,
        -HOUR,
        24 * HOUR,
        -24 * HOUR,
        years,
        -years,
        i64::MAX - begin.wall,
        -begin.wall,
        i64::MIN / 2,
    ];
    let seconds = if lab.is_full() { 100_000 } else { 2000 };
    for jump in jumps {
        for ends in [true, false] {
            let name = format!("a jump of {jump} ms, jobs that {}", if ends { "end" } else { "do not" });
            lab.channel.trying(&name);
            let cron = Expression::parse("* * * * *").ok().map(Rhythm::Cron);
            let rhythms = [Rhythm::Every(Duration::from_secs(1)), Rhythm::Every(Duration::ZERO)]
                .into_iter()
                .chain(cron);
            let mut schedule = Schedule::new(rhythms, begin);
            let (mut runs, mut running) = ([0_u64; 3], [false; 3]);
            for second in 1..=seconds {
                let jumped = if second >= 500 { jump } else { 0 };
                let wall = begin.wall.saturating_add(second * 1000).saturating_add(jumped);
                let up = begin.up + Duration::from_secs(second.unsigned_abs());
                let due = schedule.due(Moment { wall, up });
                if due.len() > 3 {
                    lab.channel.wrong(
                        &name,
                        "each job at most once a look",
                        format_args!("{} runs", due.len()),
                    );
                    break;
                }
                for due in due {
                    let Due::Run(job) = due else { continue };
                    runs[job] += 1;
                    if std::mem::replace(&mut running[job], !ends) {
                        lab.channel.wrong(&name, "one run of a job at a time", format_args!("job {job}"));
                    }
                    if ends {
                        schedule.ended(job);
                    }
                }
            }
            let most = seconds.unsigned_abs();
            if runs[0] > most || runs[1] > most || runs[2] > most / 60 + 2 {
                lab.channel.wrong(
                    &name,
                    "no more runs than periods, and one made up",
                    format_args!("{runs:?}"),
                );
            }
        }
    }
    // Asleep for a year: each job makes up for it once.
    lab.channel.trying("a process that slept");
    let mut schedule = Schedule::new([Rhythm::Every(Duration::from_secs(1))], begin);
    let slept = Duration::from_secs(if lab.is_full() { 31_536_000 } else { 100_000 });
    let moment = Moment { wall: begin.wall, up: begin.up + slept };
    let due = schedule.due(moment);
    if due != [Due::Run(0)] {
        lab.channel.wrong("a process that slept", "one run", format_args!("{} of them", due.len()));
    }
    Ok(())
}
