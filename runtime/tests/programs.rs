//! Whole programs through the real binary: `NAME.flin` prints `NAME.out`; where there is `NAME.err` it says that on
//! stderr and fails. `NAME.config` is its `flin.config`. Every expected line was held against the language. What is
//! printed is the same with a collection before every instruction, which the binary has no switch for; the short ones do so.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use flin_runtime::app::build::{build, link};
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::check::Role;
use flin_runtime::config;
use flin_runtime::value::Pool;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "flin")).collect();
    found.sort();
    found
}

/// What is expected beside the program, in the order code, stdout, stderr.
fn expected(program: &Path) -> (i32, String, String) {
    let beside = |end| fs::read_to_string(program.with_extension(end)).unwrap_or_default();
    let (out, err) = (beside("out"), beside("err"));
    let refused = err.contains(": error[");
    let code = if refused { 2 } else { i32::from(!err.is_empty()) };
    (code, out, err)
}

/// Runs it in a project of its own, as `main.flin`.
fn run(program: &Path) -> (i32, String, String) {
    let project = tempfile::tempdir().unwrap();
    fs::copy(program, project.path().join("main.flin")).unwrap();
    let config = fs::read(program.with_extension("config")).unwrap_or_default();
    fs::write(project.path().join("flin.config"), config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_flin"))
        .args(["run", "main.flin"])
        .current_dir(project.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn programs_print_what_the_language_says() {
    let programs = programs();
    assert!(programs.len() >= 20);
    let wrong: Vec<String> = programs
        .iter()
        .map(|program| (program, run(program), expected(program)))
        .filter(|(_, found, expected)| found != expected)
        .map(|(program, found, expected)| {
            format!("{}\nfound    {found:#?}\nexpected {expected:#?}", program.display())
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs it in this process; how it ended, and what it printed. None where it is refused.
fn run_here(program: &Path, gc_stress: bool) -> Option<(End, String)> {
    let config = fs::read_to_string(program.with_extension("config")).unwrap_or_default();
    let limits = Limits {
        gc_stress,
        fuel_max: Some(if gc_stress { u64::MAX } else { FUEL_MAX }),
        ..Limits::of(&config::parse(&config).unwrap())
    };
    let source = SourceFile::in_memory("main.flin", Role::Script, fs::read(program).unwrap());
    let built = build(&[source], 0, &limits).ok()?;
    let mut host = MemoryHost::default();
    let mut execution =
        Execution::new(link(built.module).unwrap(), Pool::new(1 << 30), &limits, &mut host).unwrap();
    let end = execution.run(&mut host);
    Some((end, host.output))
}

/// Programs that use more are left out: a collection before each of so many instructions takes too long.
const FUEL_MAX: u64 = 8_000;

#[test]
fn programs_print_the_same_while_collecting_before_every_instruction() {
    let mut compared = 0;
    for program in programs() {
        let Some((end, _)) = run_here(&program, false).filter(|(end, _)| *end != End::Timeout) else {
            continue;
        };
        let (code, out, _) = expected(&program);
        let (stressed, printed) = run_here(&program, true).unwrap();
        assert_eq!((stressed == End::Done, printed), (code == 0, out), "{}: {end:?}", program.display());
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}
