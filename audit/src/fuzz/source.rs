//! Any bytes as source files. A line such as `// app/index.flin` says which file of a project begins there; what has no
//! such line before it is judged as a script and as a page.
//!
//! For `syntax`, `check`, `compile`, `app::front` and `base::render`.
//!
//! Oracle: every stage ends, tokens follow each other, what nests too deep is refused, every diagnostic lies inside its
//! file and can be shown, formatting keeps the meaning and every comment and settles at once, and whatever compiles, alone
//! and as what a server serves, keeps the verifier's rules, can be listed, and runs and answers without an internal error.
//! No job is due more than once a second, and no program holds more patterns than allowed.

use super::{Target, machine};
use flin_runtime::app::{Front, SourceFile};
use flin_runtime::base::render::{Style, render};
use flin_runtime::base::{Code, FileId, span::to_usize};
use flin_runtime::check::project::Role;
use flin_runtime::code::module::Const;
use flin_runtime::code::{Listing, Module, Verified};
use flin_runtime::syntax::lexer::{TokenKind, token_at};
use flin_runtime::syntax::tree::{Comment, File, ServerStmt, StmtKind, same_shape};
use flin_runtime::syntax::{self, ParseLimits};
use flin_runtime::value::Pattern;
use std::path::Path;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "source",
    modules: &["syntax", "check", "compile", "app::front", "base::render"],
    input_bytes_max: 600,
    judge: target,
};

/// Tokens to build sources from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/source.dict");

/// The target. One source in four runs with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    judge(bytes, bytes.len().is_multiple_of(4));
}

/// Brings a source through all stages, and runs and serves it if it compiles. Did it, in any part it was given?
pub fn judge(bytes: &[u8], gc_stress: bool) -> bool {
    let script = files(bytes, "fuzz.flin");
    for file in &script {
        if let Ok(text) = syntax::decode_source(&file.bytes) {
            tokens_follow_each_other(&text);
            formatting_keeps_the_meaning(&text);
        }
    }
    let page = files(bytes, "app/fuzz.flin");
    let compiles = judge_files(&script, gc_stress);
    // The same files where all of them have names.
    let differ = script.iter().zip(&page).any(|(one, other)| one.role != other.role);
    (differ && judge_files(&page, gc_stress)) || compiles
}

fn judge_files(files: &[SourceFile], gc_stress: bool) -> bool {
    let limits = machine::limits(false);
    let mut front = Front::parse(files, &limits);
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
    for (file, source) in front.sources.iter() {
        let opened = source.text.bytes().take_while(|byte| matches!(byte, b'(' | b'[')).count();
        let mut here = front.diagnostics.iter().filter(|found| found.span.file == file);
        // Of a file that is not UTF-8, nothing else is said.
        let refused = here.any(|found| matches!(found.code, Code::E0110 | Code::E0101));
        assert!(
            refused || opened <= to_usize(limits.source_depth_max),
            "{opened} brackets inside each other"
        );
    }
    if !front.is_sound() {
        return false;
    }
    jobs_run_once_a_second_at_most(&front);
    let alone = machine::compile_files(files);
    if let Some(module) = &alone {
        patterns_stay_small(module);
        machine::run_briefly(module, gc_stress);
    }
    let served = endpoints(files);
    if let Some(module) = &served {
        let _ = Listing(module).to_string();
        patterns_stay_small(module);
        machine::run_endpoints(module);
    }
    alone.is_some() || served.is_some()
}

/// What a server makes of the sources; none where they have mistakes, or where nothing is served.
pub fn served(bytes: &[u8]) -> Option<Verified> {
    endpoints(&files(bytes, "app/fuzz.flin"))
}

/// What a server makes of the files; none where nothing is served.
fn endpoints(files: &[SourceFile]) -> Option<Verified> {
    if files.iter().all(|file| file.role == Role::Script) { None } else { machine::compile_served(files) }
}

/// The files that lines name; those before the first such line are of the file with the given path.
fn files(bytes: &[u8], unnamed: &str) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        // No project has a path twice.
        let named = path_of(line).filter(|path| files.iter().all(|file| file.path != *path));
        match (named, files.last_mut()) {
            (None, Some(file)) => file.bytes.extend_from_slice(line),
            (named, _) => {
                let path = named.unwrap_or(unnamed);
                files.push(SourceFile::in_memory(path, Role::of(path, &["components"]), line));
            }
        }
    }
    files
}

fn path_of(line: &[u8]) -> Option<&str> {
    let path = std::str::from_utf8(line.strip_prefix(b"// ")?).ok()?.trim_end_matches('\n');
    Path::new(path).extension().is_some_and(|extension| extension == "flin").then_some(path)
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

fn tokens_follow_each_other(text: &str) {
    let mut at = 0;
    loop {
        let (token, trivia) = token_at(text, at);
        let (start, end) = (to_usize(token.start), to_usize(token.end));
        assert!(at <= start && text.get(start..end).is_some(), "{token:?} behind {at} in {text:?}");
        let mut behind = at;
        for (from, to, _) in trivia.comments {
            assert!(behind <= from && from < to && to <= start, "a comment at {from}..{to} in {text:?}");
            behind = to;
        }
        if token.kind == TokenKind::Eof {
            assert!(end == text.len(), "the file ends at {end} of {}", text.len());
            return;
        }
        assert!(at < end, "nothing was read at {at} in {text:?}");
        at = end;
    }
}

fn formatting_keeps_the_meaning(text: &str) {
    let parse = |text: &str| syntax::parse(FileId(0), text, ParseLimits::default());
    let before = parse(text);
    if !before.diagnostics.is_empty() {
        return;
    }
    let once = syntax::format_tree(&before.file, text);
    let after = parse(&once);
    assert!(after.diagnostics.is_empty(), "{:?}\n{text}\n-- became\n{once}", after.diagnostics);
    assert!(same_shape(&before.file, &after.file), "{text}\n-- became\n{once}");
    let kept = comments(text, &before.file) == comments(&once, &after.file);
    assert!(kept, "comments of\n{text}\n-- became others\n{once}");
    let twice = syntax::format_tree(&after.file, &once);
    assert!(once == twice, "{text}\n-- became\n{once}\n-- became\n{twice}");
}

/// The words of all comments, sorted: where they stand and how they are indented may change.
fn comments<'t>(text: &'t str, file: &File) -> Vec<Vec<&'t str>> {
    let words = |comment: &Comment| {
        let (start, end) = (to_usize(comment.span.start), to_usize(comment.span.end));
        text.get(start..end).unwrap_or_default().split_whitespace().collect()
    };
    let mut all: Vec<Vec<&str>> = file.comments.iter().map(words).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_files() {
        let read = |source: &str| -> Vec<(String, Role, Vec<u8>)> {
            let files = files(source.as_bytes(), "fuzz.flin");
            files.into_iter().map(|file| (file.path, file.role, file.bytes)).collect()
        };
        let file = |path: &str, role: Role, text: &str| (path.to_owned(), role, text.as_bytes().to_vec());
        assert_eq!(read("// a comment\nx = 1"), [file("fuzz.flin", Role::Script, "// a comment\nx = 1")]);
        let project = "// app/a.flin\n<C/>\n// components/C.flin\n<b/>\n// app/a.flin";
        assert_eq!(
            read(project),
            [
                file("app/a.flin", Role::App, "// app/a.flin\n<C/>\n"),
                file("components/C.flin", Role::Component, "// components/C.flin\n<b/>\n// app/a.flin"),
            ]
        );
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

    #[test]
    fn comments_are_compared_by_their_words() {
        let words = |text: &str| {
            let file = syntax::parse(FileId(0), text, ParseLimits::default()).file;
            comments(text, &file).concat().join(" ")
        };
        assert_eq!(words("a = 1 /* b\n   c */\n// d"), "/* b c */ // d");
        assert_ne!(words("a = 1 // b"), words("a = 1"));
    }
}
