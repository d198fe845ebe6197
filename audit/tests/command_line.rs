//! The command line: what it prints, and its exit codes.

use std::process::{Command, Output};

fn audit(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_audit")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn list_shows_every_vector_and_the_canary() {
    let output = audit(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let all = audit::catalogue::Catalogue::load(&audit::repository()).unwrap().entries.len();
    assert_eq!(text.lines().count(), all);
    assert!(text.lines().any(|line| line.starts_with("CANARY") && line.contains("must fail")));
}

#[test]
fn list_can_be_narrowed() {
    let text = stdout(&audit(&["list", "--tier", "1"]));
    assert_eq!(text.lines().count(), 12);
    let fixed = stdout(&audit(&["list", "--tier", "3", "--status", "fixed"]));
    assert!(fixed.contains("T3-09") && !fixed.contains("T1-01"));
    assert_eq!(stdout(&audit(&["list", "--tier", "1", "--status", "open"])), "");
}

#[test]
fn show_tells_the_story_and_how_to_run_it() {
    let text = stdout(&audit(&["show", "t1-08"]));
    for part in
        ["recursion without a base case", "CallDepth", "cargo run -p audit -- run T1-08", "StackOverflow"]
    {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn wrong_usage_is_2() {
    for wrong in [&["show", "T9-99"][..], &["run", "T9-99"], &["run", "--shard", "3/2"], &["nonsense"], &[]] {
        assert_eq!(audit(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn what_was_probably_meant_is_said() {
    let meant: [(&[&str], &str); 5] = [
        (&["show", "T1-8"], "did you mean T1-08?"),
        (&["run", "x-6"], "did you mean X-06?"),
        (&["replay", "sorce"], "did you mean source?"),
        (&["mutants", "vn"], "did you mean vm?"),
        (&["gaet"], "gate"),
    ];
    for (wrong, near) in meant {
        let output = audit(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(near), "{wrong:?}: {said}");
    }
}

#[test]
fn an_ordinary_build_has_no_switches() {
    let output = audit(&["__case", "T1-01", "--knock-out", "DivideByZero"]);
    if cfg!(feature = "knockout") {
        return;
    }
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("knock-out build only"));
}

#[test]
fn every_command_explains_itself() {
    let all = [
        "list", "show", "run", "report", "prove", "repro", "fuzz", "triage", "replay", "corpus", "gate",
        "surface", "mutants",
    ];
    for command in all {
        let output = audit(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("Example"), "{command}");
    }
}

#[test]
fn the_canary_fails_and_that_is_as_claimed() {
    let output = audit(&["run", "CANARY"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("wrong-result"), "{}", stdout(&output));
    assert!(stdout(&output).contains("1 case, "), "{}", stdout(&output));
}

#[test]
fn a_case_runs_through_the_whole_harness_and_holds() {
    let output = audit(&["run", "T1-03", "X-07", "-j", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(stdout(&output).matches("held").count(), 2);
}
