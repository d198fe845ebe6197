//! The panicking calls left in the release binary, by the crate whose source line they come from.
//!
//! The binary is disassembled, every call of one of the library's panicking functions is found, and the debug
//! information says which source line it was compiled from, through all that was inlined: the innermost line outside of
//! the standard library counts. What the optimiser proved unreachable is not in the binary and does not count.
//!
//! `reports/panic-surface.json` is the list of what is allowed. It may only shrink.

use crate::gate::Regression;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Calls by origin: a library's name, `runtime::<layer>` for ours, `std` for what has no line elsewhere.
pub type Calls = BTreeMap<String, usize>;

/// The committed list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// The compiler that the numbers belong to: another inlines otherwise.
    pub rustc: String,
    /// Calls by origin.
    pub calls: Calls,
    /// Our own again, by module of the runtime. Not compared, so that code may move.
    #[serde(default)]
    pub modules: Calls,
}

/// Why the binary could not be looked through.
#[derive(Debug, thiserror::Error)]
pub enum SurfaceError {
    /// A program could not be run.
    #[error("cannot run {program}: {error}")]
    Run {
        /// Which.
        program: &'static str,
        /// Why not.
        error: std::io::Error,
    },
    /// A program did not do its work.
    #[error("{program} failed: {said}")]
    Failed {
        /// Which.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// The debug information could not be read.
    #[error("{path} has no debug information that can be read: {why}")]
    Debug {
        /// The binary.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The list could not be read or written.
    #[error("{path}: {why}")]
    List {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

const FILE: &str = "reports/panic-surface.json";

impl Surface {
    /// The committed list; none when nothing was ever allowed.
    pub fn load(repository: &Path) -> Result<Option<Self>, SurfaceError> {
        let path = repository.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| SurfaceError::List { path, why: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SurfaceError::List { path, why: error.to_string() }),
        }
    }

    /// Writes the list.
    pub fn save(&self, repository: &Path) -> Result<(), SurfaceError> {
        let path = repository.join(FILE);
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        std::fs::write(&path, text).map_err(|error| SurfaceError::List { path, why: error.to_string() })
    }

    /// Why the list says nothing about those calls: another compiler makes other code.
    pub fn incomparable(&self, now: &Self) -> Option<String> {
        let (listed, here) = (&self.rustc, &now.rustc);
        (listed != here).then(|| format!("not compared: the list was made with {listed}, and this is {here}"))
    }

    /// Calls that the list does not allow; none where the two cannot be compared.
    pub fn regressions(&self, now: &Self) -> Vec<Regression> {
        if self.incomparable(now).is_some() {
            return Vec::new();
        }
        let more = now.calls.iter().filter_map(|(origin, count)| {
            let allowed = self.calls.get(origin).copied().unwrap_or(0);
            (*count > allowed).then(|| Regression {
                what: format!("panicking calls of {origin} in the release binary"),
                was: format!("at most {allowed}"),
                now: count.to_string(),
                show: format!("cargo run -p audit -- surface --of {origin}"),
            })
        });
        more.collect()
    }

    /// The smaller of both, for each origin: what the list becomes when it shrinks.
    #[must_use]
    pub fn shrunk(&self, now: &Self) -> Self {
        let smaller = now.calls.iter().map(|(origin, count)| {
            let allowed = self.calls.get(origin).copied().unwrap_or(0);
            (origin.clone(), allowed.min(*count))
        });
        let calls = smaller.filter(|(_, count)| *count > 0).collect();
        Self { rustc: self.rustc.clone(), calls, modules: now.modules.clone() }
    }

    /// Calls left of a module of the runtime and what lies below it; none where nothing was ever counted.
    pub fn of_module(&self, module: &str) -> Option<usize> {
        let below = |name: &str| {
            name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let counted = self.modules.iter().filter(|(name, _)| below(name)).map(|(_, count)| count);
        (!self.modules.is_empty()).then(|| counted.sum())
    }

    /// All calls.
    pub fn total(&self) -> usize {
        self.calls.values().sum()
    }
}

/// One call that panics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whose line it comes from.
    pub origin: String,
    /// That line, without where the sources lie.
    pub line: String,
    /// What is called.
    pub callee: String,
}

/// Builds the release binary and finds its panicking calls.
pub fn of_release(repository: &Path) -> Result<(Surface, Vec<Call>), SurfaceError> {
    run("cargo", &["build", "--quiet", "--release", "--package", "runtime", "--bin", "flin"], repository)?;
    of_binary(repository, &crate::fuzz::programs::target_folder(repository).join("release/flin"))
}

/// Finds the panicking calls of a binary that this repository's toolchain built.
pub fn of_binary(repository: &Path, binary: &Path) -> Result<(Surface, Vec<Call>), SurfaceError> {
    let version = run("rustc", &["--version"], repository)?;
    let calls = calls(binary)?;
    let (mut by_origin, mut modules) = (Calls::new(), Calls::new());
    for call in &calls {
        *by_origin.entry(call.origin.clone()).or_default() += 1;
        if let Some(module) = module(&call.line) {
            *modules.entry(module).or_default() += 1;
        }
    }
    Ok((Surface { rustc: version.trim().to_owned(), calls: by_origin, modules }, calls))
}

fn run(program: &'static str, args: &[&str], folder: &Path) -> Result<String, SurfaceError> {
    let output = Command::new(program).args(args).current_dir(folder).output();
    let output = output.map_err(|error| SurfaceError::Run { program, error })?;
    if !output.status.success() {
        return Err(SurfaceError::Failed {
            program,
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn calls(binary: &Path) -> Result<Vec<Call>, SurfaceError> {
    let listing =
        run("objdump", &["-d", "--no-show-raw-insn", "-w", &binary.display().to_string()], Path::new("."))?;
    let unreadable = |why: String| SurfaceError::Debug { path: binary.to_owned(), why };
    let lines = addr2line::Loader::new(binary).map_err(|error| unreadable(error.to_string()))?;
    let mut found = Vec::new();
    let relocations = run("readelf", &["-r", "-W", &binary.display().to_string()], Path::new("."))?;
    for (address, callee) in panicking(&listing, &relocations) {
        let mut files = Vec::new();
        if let Ok(mut frames) = lines.find_frames(address) {
            while let Ok(Some(frame)) = frames.next() {
                if let Some(location) = frame.location {
                    files.push((location.file.unwrap_or_default().to_owned(), location.line.unwrap_or(0)));
                }
            }
        }
        let ours = files.iter().find_map(|(file, line)| Some((origin(file)?, file, *line)));
        let (origin, line) = match ours {
            Some((origin, file, line)) => (origin, format!("{}:{line}", short(file))),
            None => ("std".to_owned(), String::new()),
        };
        found.push(Call { origin, line, callee });
    }
    if !found.is_empty() && found.iter().all(|call| call.line.is_empty()) {
        return Err(unreadable("no call has a source line".to_owned()));
    }
    Ok(found)
}

/// Addresses of calls and jumps to panicking functions, outside of those functions themselves.
///
/// A call is direct, or goes through a slot of the global offset table, which the loader fills: the slots' relocations
/// say with what.
fn panicking(listing: &str, relocations: &str) -> Vec<(u64, String)> {
    let functions: BTreeMap<u64, &str> = listing.lines().filter_map(function).collect();
    let slots: BTreeMap<u64, u64> = relocations.lines().filter_map(relocation).collect();
    let mut found = Vec::new();
    let mut inside_machinery = false;
    for line in listing.lines() {
        if let Some((_, symbol)) = function(line) {
            inside_machinery = panics(&demangle(symbol));
            continue;
        }
        let Some((address, instruction)) = line.split_once(':') else { continue };
        if inside_machinery || !instruction.trim_start().starts_with(['c', 'j', 'b']) {
            continue;
        }
        let called = match instruction.split_once("# ") {
            Some((_, slot)) => slot
                .split(' ')
                .next()
                .and_then(|slot| slots.get(&hex(slot)?))
                .and_then(|address| functions.get(address).copied()),
            None => direct(instruction),
        };
        if let Some(callee) = called.map(demangle).filter(|callee| panics(callee))
            && let Some(address) = hex(address)
        {
            found.push((address, callee));
        }
    }
    found
}

/// `0000000000001000 <symbol>:`
fn function(line: &str) -> Option<(u64, &str)> {
    let (address, symbol) = line.strip_suffix(">:")?.split_once(" <")?;
    Some((hex(address)?, symbol))
}

/// `000000000055b0f8  0000000000000008 R_X86_64_RELATIVE    154b80`
fn relocation(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (slot, _, kind, target) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if kind.ends_with("_RELATIVE") { Some((hex(slot)?, hex(target)?)) } else { None }
}

/// The symbol that an instruction names; one with an offset is a jump inside a function.
fn direct(instruction: &str) -> Option<&str> {
    let (_, target) = instruction.trim_end().strip_suffix('>')?.split_once('<')?;
    (!target.contains('+')).then_some(target)
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim(), 16).ok()
}

fn demangle(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

/// What a landing pad calls when a destructor panics while another panic unwinds, or when that would leave a function
/// that may not unwind: the end of a panic that is counted where it begins.
const ENDS: [&str; 3] = ["panic_in_cleanup", "panic_cannot_unwind", "panic_nounwind"];

/// Does this function of the standard library always panic?
fn panics(name: &str) -> bool {
    let library = ["core::", "alloc::", "std::"].iter().any(|prefix| name.starts_with(prefix));
    let last = name.rsplit("::").next().unwrap_or_default();
    library
        && !ENDS.contains(&last)
        && (name.starts_with("core::panicking::")
            || name.starts_with("std::panicking::begin_panic")
            || last.starts_with("panic_")
            || ["_fail", "_failed", "unwrap_failed", "expect_failed", "assert_failed"]
                .iter()
                .any(|end| last.ends_with(end))
            || ["handle_error", "capacity_overflow", "slice_error_fail_rt"].contains(&last))
}

/// Whose file is it? None for the standard library's.
fn origin(file: &str) -> Option<String> {
    if let Some((_, ours)) = file.split_once("runtime/src/") {
        let layer = ours.split(['/', '.']).next().unwrap_or_default();
        return Some(format!("runtime::{layer}"));
    }
    let (_, library) = file.split_once("/registry/src/")?;
    let folder = library.split('/').nth(1)?;
    // `regex-automata-0.4.19`: the version begins at the last dash that a digit follows.
    let at = folder
        .match_indices('-')
        .filter(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let end = at.map(|(at, _)| at).next().unwrap_or(folder.len());
    Some(folder[..end].to_owned())
}

/// `runtime/src/value/number.rs:7` lies in `value::number`.
fn module(line: &str) -> Option<String> {
    let (file, _) = line.strip_prefix("runtime/src/")?.split_once(".rs:")?;
    Some(file.replace('/', "::"))
}

/// A path without what lies before the package.
fn short(file: &str) -> &str {
    if let Some(at) = file.find("runtime/src/") {
        return &file[at..];
    }
    let library = file.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/'));
    library.map_or(file, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_and_the_machinery_does_not_count() {
        let listing = "0000000000001000 <_ZN7runtime1f17h0123456789abcdefE>:\n    1003:\tcall   2000 <_ZN4core9panicking5panic17h0123456789abcdefE>\n    1008:\tjmp    1003 <_ZN7runtime1f17h0123456789abcdefE+0x3>\n    100a:\tcall   3000 <_ZN5alloc3fmt6format17h0123456789abcdefE>\n    100f:\tjmp    2000 <_ZN4core6option13unwrap_failed17h0123456789abcdefE>\n\n0000000000002000 <_ZN4core6option13unwrap_failed17h0123456789abcdefE>:\n    2003:\tcall   2000 <_ZN4core9panicking5panic17h0123456789abcdefE>\n";
        let through = format!(
            "{listing}0000000000004000 <main>:\n    4000:\tcall   *0x41b429(%rip)        # 572848 <_DYNAMIC+0x468>\n    4006:\tcall   *0x41b429(%rip)        # 572850 <free@GLIBC>\n"
        );
        let relocations =
            "000000000572848  0000000000000008 R_X86_64_RELATIVE                         2000\n";
        let found = panicking(&through, relocations);
        let addresses: Vec<u64> = found.iter().map(|(address, _)| *address).collect();
        assert_eq!(addresses, [0x1003, 0x100f, 0x4000]);
    }

    #[test]
    fn what_ends_a_panic_begins_none() {
        for beginning in
            ["core::option::unwrap_failed", "core::panicking::panic_fmt", "alloc::raw_vec::handle_error"]
        {
            assert!(panics(beginning), "{beginning}");
        }
        for other in
            ["core::panicking::panic_in_cleanup", "core::panicking::panic_cannot_unwind", "hyper::panic_hook"]
        {
            assert!(!panics(other), "{other}");
        }
    }

    #[test]
    fn files_have_owners() {
        assert_eq!(origin("/a/flin/runtime/src/vm/call.rs"), Some("runtime::vm".into()));
        assert_eq!(origin("/a/flin/runtime/src/vm.rs"), Some("runtime::vm".into()));
        let library = "/root/.cargo/registry/src/index.crates.io-1/regex-automata-0.4.19/src/lib.rs";
        assert_eq!(origin(library), Some("regex-automata".into()));
        assert_eq!(short(library), "regex-automata-0.4.19/src/lib.rs");
        assert_eq!(origin("/rustc/5980/library/core/src/slice/index.rs"), None);
    }

    #[test]
    fn the_list_only_shrinks() {
        let surface = |n: usize, m: usize| Surface {
            rustc: "1".into(),
            calls: [("hyper".to_owned(), n), ("runtime::vm".to_owned(), m)].into(),
            modules: [("vm::call".to_owned(), m)].into(),
        };
        let (list, now) = (surface(5, 1), surface(3, 2));
        let worse = list.regressions(&now);
        assert_eq!(worse.len(), 1);
        assert!(worse[0].what.contains("runtime::vm"));
        assert_eq!(list.shrunk(&now).calls, surface(3, 1).calls);
        assert_eq!(
            (now.of_module("vm"), now.of_module("vm::call"), now.of_module("value")),
            (Some(2), Some(2), Some(0))
        );
        assert_eq!(Surface::default().of_module("vm"), None);
        assert_eq!(module("runtime/src/value/number.rs:7"), Some("value::number".into()));
        assert_eq!(module("hyper-1.0/src/lib.rs:7"), None);
        assert_eq!(list.incomparable(&now), None);
        let other = Surface { rustc: "2".into(), ..now };
        assert_eq!(list.regressions(&other), []);
        assert!(list.incomparable(&other).unwrap().contains("made with 1, and this is 2"));
    }
}
