//! Which lines of a target's modules its committed corpus runs.
//!
//! The audit builds itself with `-C instrument-coverage`, replays each corpus and what once crashed, and reads the counts
//! with the toolchain's own `llvm-profdata` and `llvm-cov`. Lines of tests are not among them.

use super::{TARGETS, Target};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Less is too little, in percent.
pub const PERCENT_MIN: f64 = 85.0;
/// Where the tools are, when the toolchain has none.
const TOOLS_VARIABLE: &str = "LLVM_TOOLS";

/// The lines of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// That have code.
    pub count: usize,
    /// Of these, the ones that no input ran, in order.
    pub missed: Vec<usize>,
}

/// What the corpus of one target covers: its modules' files, relative to `runtime/src`.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The target.
    pub target: &'static Target,
    /// Its files.
    pub files: BTreeMap<String, Lines>,
}

impl Covered {
    fn count(&self) -> usize {
        self.files.values().map(|lines| lines.count).sum()
    }

    fn missed(&self) -> usize {
        self.files.values().map(|lines| lines.missed.len()).sum()
    }

    /// The share of lines that were run.
    pub fn percent(&self) -> f64 {
        percent(self.count(), self.missed())
    }
}

fn percent(count: usize, missed: usize) -> f64 {
    count.saturating_sub(missed) as f64 * 100.0 / count.max(1) as f64
}

/// Builds the instrumented audit below `folder`, and measures every target.
pub fn measure(repository: &Path, folder: &Path) -> io::Result<Vec<Covered>> {
    let tools = tools()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "audit", "--target-dir"]).arg(folder);
    build.env("RUSTFLAGS", "-Cinstrument-coverage").current_dir(repository);
    // Build scripts are instrumented too and must not write into the repository.
    build.env("LLVM_PROFILE_FILE", folder.join("build-%p.profraw"));
    succeed(&mut build)?;
    let program = folder.join("debug/audit");
    TARGETS.iter().map(|target| measure_one(&tools, &program, folder, target)).collect()
}

fn measure_one(tools: &Path, program: &Path, folder: &Path, target: &'static Target) -> io::Result<Covered> {
    let raw = folder.join(format!("{}.profraw", target.name));
    let merged = raw.with_extension("profdata");
    let limits = serde_json::to_string(&crate::corpus::LIMITS)?;
    let mut replay = Command::new(program);
    // What the child says to a parent that observes it is of no use here.
    replay
        .args(["__replay", target.name, "--limits"])
        .arg(limits)
        .env("LLVM_PROFILE_FILE", &raw)
        .stdout(Stdio::null());
    succeed(&mut replay)?;
    succeed(
        Command::new(tools.join("llvm-profdata")).args(["merge", "-sparse", "-o"]).arg(&merged).arg(&raw),
    )?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export.args(["export", "--format=lcov", "--instr-profile"]).arg(&merged).arg(program);
    let output = export.output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let all = read_lcov(&String::from_utf8_lossy(&output.stdout));
    let files = all.into_iter().filter(|(file, _)| target.is_for(&module_of(file))).collect();
    Ok(Covered { target, files })
}

fn succeed(command: &mut Command) -> io::Result<()> {
    if command.status()?.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{} failed", command.get_program().to_string_lossy())))
}

/// The folder of `llvm-profdata` and `llvm-cov`.
fn tools() -> io::Result<PathBuf> {
    if let Some(folder) = std::env::var_os(TOOLS_VARIABLE) {
        return Ok(folder.into());
    }
    let asked = Command::new("rustc").args(["--print", "target-libdir"]).output()?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    let folder = libraries.with_file_name("bin");
    if folder.join("llvm-cov").is_file() {
        return Ok(folder);
    }
    let missing = format!(
        "there is no llvm-cov in {}; run `rustup component add llvm-tools`, or name a folder in {TOOLS_VARIABLE}",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, missing))
}

/// Files below `runtime/src` in an lcov report.
fn read_lcov(report: &str) -> BTreeMap<String, Lines> {
    let mut files: BTreeMap<String, Lines> = BTreeMap::new();
    let mut current = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            current = path.split_once("runtime/src/").map(|(_, file)| file.to_owned());
        } else if let (Some(file), Some(counted)) = (&current, line.strip_prefix("DA:")) {
            let mut numbers = counted.split(',').filter_map(|number| number.parse::<usize>().ok());
            if let (Some(at), Some(times)) = (numbers.next(), numbers.next()) {
                let lines = files.entry(file.clone()).or_default();
                lines.count += 1;
                if times == 0 {
                    lines.missed.push(at);
                }
            }
        }
    }
    files
}

/// `value/text/slice.rs` is `value::text::slice`.
fn module_of(file: &str) -> String {
    file.trim_end_matches(".rs").replace('/', "::")
}

/// The page for `reports/`.
pub fn page(measured: &[Covered]) -> String {
    let mut page = String::from(
        "# What the fuzz targets' corpora cover\n\nWritten by `cargo run -p audit -- fuzz coverage`, which also prints the missed lines. Lines with code, tests left out.\n\n| target | inputs for | lines | run | |\n|---|---|--:|--:|--:|\n",
    );
    for covered in measured {
        let (count, missed) = (covered.count(), covered.missed());
        let modules = covered.target.modules.join(" ");
        let _ = writeln!(
            page,
            "| {} | {modules} | {count} | {} | {:.1} % |",
            covered.target.name,
            count - missed,
            covered.percent()
        );
    }
    page.push_str("\nLeft out:\n\n");
    for (module, reason) in super::MODULES_LEFT_OUT {
        let _ = writeln!(page, "- {module}: {reason}");
    }
    for covered in measured {
        let _ = writeln!(
            page,
            "\n## What {} misses\n\n| file | lines | missed |\n|---|--:|--:|",
            covered.target.name
        );
        for (file, lines) in covered.files.iter().filter(|(_, lines)| !lines.missed.is_empty()) {
            let _ = writeln!(page, "| {file} | {} | {} |", lines.count, lines.missed.len());
        }
    }
    page
}

/// The lines that a target misses: a line a file.
pub fn missed(covered: &Covered) -> String {
    let mut out = String::new();
    for (file, lines) in covered.files.iter().filter(|(_, lines)| !lines.missed.is_empty()) {
        let _ = writeln!(out, "{file}: {}", ranges(&lines.missed));
    }
    out
}

fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = ranges
        .iter()
        .map(|&(start, end)| if start == end { start.to_string() } else { format!("{start}-{end}") });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "SF:/a/runtime/src/vm/call.rs\nDA:1,5\nDA:2,0\nDA:3,0\nDA:9,0\nend_of_record\nSF:/x/std.rs\nDA:1,1\nend_of_record\n";

    #[test]
    fn lines_of_the_runtime_are_counted() {
        let files = read_lcov(REPORT);
        let expected = Lines { count: 4, missed: vec![2, 3, 9] };
        assert_eq!(files, BTreeMap::from([("vm/call.rs".to_owned(), expected)]));
        assert_eq!(module_of("vm/call.rs"), "vm::call");
    }

    #[test]
    fn a_page_lists_what_is_missed() {
        let target = Target::by_name("bytecode_verified").unwrap();
        let covered = Covered { target, files: read_lcov(REPORT) };
        assert!((covered.percent() - 25.0).abs() < 1e-9);
        assert!(page(std::slice::from_ref(&covered)).contains("| vm/call.rs | 4 | 3 |"));
        assert_eq!(missed(&covered), "vm/call.rs: 2-3 9\n");
    }
}
