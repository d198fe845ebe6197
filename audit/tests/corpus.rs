//! Replays, on stable and without a fuzzer, everything that fuzzers found and everything that they start from.

use audit::cases::Runner;
use audit::fuzz::{TARGETS, Target};
use flin_runtime::code::module::EndpointKind;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below a folder, in order; none when there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

/// Runs a target over inputs, on a stack as large as a fuzzer's main thread has, and names each one that fails.
fn replay(target: &'static Target, inputs: Vec<PathBuf>) -> usize {
    let count = inputs.len();
    let run = move || {
        let mut failed = Vec::new();
        for path in inputs {
            let bytes = std::fs::read(&path).expect("a readable input");
            if std::panic::catch_unwind(|| target.run(&bytes)).is_err() {
                failed.push(path);
            }
        }
        assert!(failed.is_empty(), "{} fails on {failed:#?}", target.name);
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread");
    thread.join().expect("no input fails");
    count
}

#[test]
fn every_input_that_once_crashed_is_harmless() {
    for target in TARGETS {
        let cases = audit::corpus::cases(&repository(), target.name).expect("sound records");
        let mended = cases.into_iter().filter(|case| !case.record.is_open());
        replay(target, mended.map(|case| case.input()).collect());
    }
}

#[test]
fn an_open_crash_still_crashes() {
    let runner = Runner { audit: env!("CARGO_BIN_EXE_audit").into() };
    for target in TARGETS {
        let cases = audit::corpus::cases(&repository(), target.name).expect("sound records");
        for case in cases.iter().filter(|case| case.record.is_open()) {
            let replayed = audit::corpus::replay_case(&runner, target, case).expect("a child");
            assert_eq!(replayed.wrong, Vec::new(), "{}", case.name());
        }
    }
}

#[test]
fn every_seed_is_harmless() {
    for target in TARGETS {
        let seeds = replay(target, files(&repository().join("fuzz/corpus").join(target.name)));
        assert!(seeds > 0, "{} has no seeds", target.name);
    }
}

#[test]
fn every_corpus_is_small() {
    for target in TARGETS {
        let seeds = files(&repository().join("fuzz/corpus").join(target.name));
        let sizes = seeds.iter().map(|path| std::fs::metadata(path).expect("an input").len());
        let bytes: u64 = sizes.sum();
        assert!(
            seeds.len() <= 400 && bytes <= 300 << 10,
            "{}: {} files, {bytes} bytes",
            target.name,
            seeds.len()
        );
    }
}

/// What stands around handlers and in them, and the built-in that each is compiled to.
const SERVED_BY: &[(&str, &str)] = &[
    ("middleware", "@next"),
    ("validate", "@validate"),
    ("guard auth", "@auth"),
    ("guard role", "@role"),
    ("guard owner", "@owner"),
    ("guard rate_limit", "@rate_limit"),
    ("guard csrf", "@csrf"),
    ("guard ip_whitelist", "@ip_whitelist"),
    ("on connect", "@on_connect"),
    ("on message", "@on_message"),
    ("on close", "@on_close"),
    ("emit", "@emit"),
    ("wait", "@wait"),
    ("slot", "@slot"),
];

#[test]
fn sources_in_the_corpus_serve_everything_that_can_be_served() {
    let mut made = BTreeSet::new();
    for path in files(&repository().join("fuzz/corpus/source")) {
        let bytes = std::fs::read(&path).expect("a readable input");
        let Some(module) = audit::fuzz::source::served(&bytes) else { continue };
        made.extend(module.endpoints.iter().map(|endpoint| match endpoint.kind {
            EndpointKind::Route(_) => "route",
            EndpointKind::Page => "page",
            EndpointKind::Socket => "ws",
            EndpointKind::Stream => "sse",
            EndpointKind::Every { .. } => "every",
            EndpointKind::Cron(_) => "cron",
        }));
        let parts =
            SERVED_BY.iter().filter(|(_, by)| module.natives.iter().any(|native| *native.name == **by));
        made.extend(parts.map(|(part, _)| *part));
    }
    let all = SERVED_BY.iter().map(|(part, _)| *part).chain(["route", "page", "ws", "sse", "every", "cron"]);
    assert_eq!(made, all.collect());
}

#[test]
fn every_target_has_its_glue_and_no_more() {
    let glue = files(&repository().join("fuzz/fuzz_targets"));
    let names: Vec<String> =
        glue.iter().map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect();
    let mut expected: Vec<&str> = TARGETS.iter().map(|target| target.name).chain(["canary"]).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}
