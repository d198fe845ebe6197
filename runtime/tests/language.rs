//! What the language means, said as programs: each file in `tests/language` asserts what it computes, and must end
//! without an error. Those in its `lib` are global to all. Everything runs twice: as usual, and collecting garbage
//! before every instruction.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use flin_runtime::app::build::{self, Rejected};
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::base::render::{Style, render};
use flin_runtime::check::Role;
use flin_runtime::value::Pool;
use std::fs;
use std::path::{Path, PathBuf};

fn programs(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language").join(folder);
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "flin")).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn source(path: &Path, role: Role) -> SourceFile {
    let name = path.file_name().unwrap().to_str().unwrap();
    let name = if role == Role::Global { format!("lib/{name}") } else { name.to_owned() };
    SourceFile::in_memory(&name, role, fs::read(path).unwrap())
}

/// Runs a program; what went wrong comes as text.
fn run(path: &Path, gc_stress: bool) -> Result<(), String> {
    let limits = Limits { gc_stress, ..Limits::default() };
    let mut files = vec![source(path, Role::Script)];
    files.extend(programs("lib").iter().map(|path| source(path, Role::Global)));
    let built = build::build(&files, 0, &limits).map_err(|rejected| match rejected {
        Rejected::Diagnostics(sources, found) => {
            found.iter().map(|found| render(found, &sources, Style::Line)).collect()
        }
        refused @ Rejected::Refused(_) => refused.to_string(),
    })?;
    let program = build::link(built.module).map_err(|error| error.to_string())?;
    let mut host = MemoryHost::default();
    let mut execution =
        Execution::new(program, Pool::new(1 << 30), &limits, &mut host).map_err(|end| format!("{end:?}"))?;
    match execution.run(&mut host) {
        End::Done => Ok(()),
        other => Err(format!("{other:#?}")),
    }
}

fn all(gc_stress: bool) {
    let failed: Vec<String> = programs("")
        .iter()
        .filter_map(|path| run(path, gc_stress).err().map(|error| format!("{}: {error}", path.display())))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn programs_compute_what_they_assert() {
    all(false);
}

#[test]
fn programs_compute_the_same_while_collecting_before_every_instruction() {
    all(true);
}
