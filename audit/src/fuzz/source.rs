//! Any bytes as a source file. A first line such as `// app/index.flin` says which file of a project it is.
//!
//! For `syntax`, `check`, `compile`, `app::front` and `base::render`.
//!
//! Oracle: every stage ends, what nests too deep is refused, every diagnostic lies inside the file and can be shown,
//! formatting keeps the meaning and settles at once, and whatever compiles keeps the verifier's rules and runs without
//! an internal error. No job is due more than once a second, and no program holds more patterns than allowed.

use super::machine;
use flin_runtime::app::{Front, SourceFile};
use flin_runtime::base::render::{Style, render};
use flin_runtime::base::{Code, FileId, span::to_usize};
use flin_runtime::check::project::Role;
use flin_runtime::code::Module;
use flin_runtime::code::module::Const;
use flin_runtime::syntax::tree::{ServerStmt, StmtKind};
use flin_runtime::syntax::{self, ParseLimits};
use flin_runtime::value::Pattern;

/// What it is for.
pub const MODULES: &[&str] = &["syntax", "check", "compile", "app::front", "base::render"];

/// Tokens to build sources from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/source.dict");

/// The target. One source in four runs with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    judge(bytes, bytes.len().is_multiple_of(4));
}

/// Brings a source through all stages, and runs it if it compiles. Did it?
pub fn judge(bytes: &[u8], gc_stress: bool) -> bool {
    let files = [file(bytes)];
    let limits = machine::limits(false);
    let mut front = Front::parse(&files, &limits);
    front.check(false);
    for found in &front.diagnostics {
        let Some(source) = front.sources.get(found.span.file) else { panic!("{found:?} is in no file") };
        let length = source.text.len();
        assert!(found.span.start <= found.span.end, "{found:?}");
        assert!(to_usize(found.span.end) <= length, "{found:?} in {length} bytes");
        for style in [Style::Line, Style::Plain] {
            assert!(render(found, &front.sources, style).contains(found.code.name()));
        }
    }
    let Some(source) = front.sources.get(FileId(0)) else { return false };
    let text = source.text.to_string();
    let opened = text.bytes().take_while(|byte| matches!(byte, b'(' | b'[')).count();
    if opened > to_usize(limits.source_depth_max) {
        // Of a file that is not UTF-8, nothing else is said.
        let refused = front.diagnostics.iter().any(|found| matches!(found.code, Code::E0110 | Code::E0101));
        assert!(refused, "{opened} brackets inside each other");
    }
    formatting_keeps_the_meaning(&text);
    if !front.is_sound() {
        return false;
    }
    jobs_run_once_a_second_at_most(&front);
    let Some(module) = machine::compile_files(&files) else { return false };
    patterns_stay_small(&module);
    machine::run_briefly(&module, gc_stress);
    true
}

/// The file that the first line names; a script where it names none.
fn file(bytes: &[u8]) -> SourceFile {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let path = line.strip_prefix(b"// ").and_then(|path| std::str::from_utf8(path).ok());
    let path = path.filter(|path| path.strip_suffix(".flin").is_some()).unwrap_or("fuzz.flin");
    SourceFile::in_memory(path, Role::of(path, &["components"]), bytes)
}

fn jobs_run_once_a_second_at_most(front: &Front<'_>) {
    for file in front.project(false).files {
        for stmt in &file.tree.body.stmts {
            if let StmtKind::Server(server) = &stmt.kind
                && let ServerStmt::Every(every) = &**server
            {
                assert!(every.interval_ms >= 1000, "every {} ms should be refused", every.interval_ms);
            }
        }
    }
}

fn patterns_stay_small(module: &Module) {
    let mut bytes = 0;
    for constant in &module.constants {
        if let Const::Regex(pattern, flags) = constant {
            bytes += Pattern::compile(pattern, flags).map_or(0, |pattern| pattern.bytes);
        }
    }
    assert!(bytes <= machine::PATTERNS_BYTES_MAX, "patterns of {bytes} bytes should be refused");
}

fn formatting_keeps_the_meaning(text: &str) {
    let limits = ParseLimits::default();
    let Ok(once) = syntax::format(FileId(0), text, limits) else { return };
    let before = syntax::parse(FileId(0), text, limits).file;
    let after = syntax::parse(FileId(0), &once, limits);
    assert!(after.diagnostics.is_empty(), "{:?}\n{text}\n-- became\n{once}", after.diagnostics);
    assert!(syntax::tree::same_shape(&before, &after.file), "{text}\n-- became\n{once}");
    let twice = syntax::format(FileId(0), &once, limits).unwrap_or_default();
    assert!(once == twice, "{text}\n-- became\n{once}\n-- became\n{twice}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_file() {
        let role = |source: &str| file(source.as_bytes()).role;
        assert_eq!(role("// app/index.flin\nroute GET { 1 }"), Role::App);
        assert_eq!(role("// jobs/a.flin"), Role::Job);
        assert_eq!(role("// a comment\nx = 1"), Role::Script);
    }

    #[test]
    fn what_compiles_runs() {
        assert!(judge(b"print(1)", true));
        assert!(!judge(b"print(", true));
    }

    #[test]
    fn many_patterns_and_jobs_without_a_pause_are_refused() {
        assert!(judge(b"print(/\\w{10}/)", false));
        assert!(!judge(b"print(/\\w{10}1/, /\\w{10}2/)", false));
        assert!(judge(b"// jobs/a.flin\nevery 1s { }", false));
        assert!(!judge(b"// jobs/a.flin\nevery 999ms { }", false));
    }
}
