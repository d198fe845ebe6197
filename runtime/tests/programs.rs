//! Whole programs through the real binary: `NAME.flin` prints `NAME.out`; where there is `NAME.err` it says that on
//! stderr and fails. `NAME.config` is its `flin.config`. Every expected line was held against the language.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

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
