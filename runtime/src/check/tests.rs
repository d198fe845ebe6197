//! What the tests of the checker share: a small project in, its findings as lines out.

use super::{Checked, Project, ProjectFile, Role, check};
use crate::base::builtin::{Builtins, Param, Signature};
use crate::base::render::{Style, render};
use crate::base::{Kind, Kinds, Source, SourceMap};
use crate::syntax::{ParseLimits, parse};
use crate::value::pattern::PROGRAM_PATTERNS_BYTES_MAX;
use std::fmt::Write as _;

const TEXT: Kinds = Kinds::of(&[Kind::Text]);
const LIST: Kinds = Kinds::LISTS;

const fn row(name: &'static str, receiver: Kinds, params: &'static [Param]) -> Signature {
    Signature { name, receiver, params, variadic: false, property: false, alias: false, result: Kinds::ANY }
}

const fn any(name: &'static str) -> Param {
    Param { name, optional: false, kinds: Kinds::ANY }
}

const fn optional(name: &'static str) -> Param {
    Param { name, optional: true, kinds: Kinds::ANY }
}

const fn property(mut signature: Signature) -> Signature {
    signature.property = true;
    signature
}

const fn variadic(mut signature: Signature) -> Signature {
    signature.variadic = true;
    signature
}

/// Enough of the built-ins for the tests, and not dependent on what the real table gains.
pub static TABLE: &[Signature] = &[
    variadic(row("print", Kinds::NONE, &[])),
    row("sqrt", Kinds::NONE, &[any("x")]),
    row("int", Kinds::NONE, &[any("x")]),
    row("error", Kinds::NONE, &[any("kind"), optional("message"), optional("cause"), optional("data")]),
    row("json_parse", Kinds::NONE, &[any("t")]),
    row("json_stringify", Kinds::NONE, &[any("x"), optional("indent")]),
    row("verify_password", Kinds::NONE, &[any("t"), any("hash")]),
    row("write_file", Kinds::NONE, &[any("p"), any("t")]),
    row("raw", Kinds::NONE, &[any("x")]),
    row("t", Kinds::NONE, &[any("key"), optional("map")]),
    row("log.info", Kinds::NONE, &[any("message"), optional("data")]),
    row("log.warn", Kinds::NONE, &[any("message"), optional("data")]),
    property(row("pi", Kinds::NONE, &[])),
    property(row("now", Kinds::NONE, &[])),
    row("Math.floor", Kinds::NONE, &[any("x")]),
    row("Date.now", Kinds::NONE, &[]),
    row("to_text", Kinds::ANY, &[]),
    row("upper", TEXT, &[]),
    property(row("length", TEXT, &[])),
    property(row("length", LIST, &[])),
    row("map", LIST, &[any("f")]),
    row("push", LIST, &[any("x")]),
    row("sum", LIST, &[]),
    row("filter", LIST, &[any("f")]),
    row("sort", LIST, &[optional("f")]),
    row("take", LIST, &[any("n")]),
    row("join", LIST, &[optional("sep")]),
    row("split", TEXT, &[any("t")]),
    row("replace", TEXT, &[any("t"), any("with")]),
    row("entries", Kinds::of(&[Kind::Map]), &[]),
    row("to_ms", Kinds::of(&[Kind::Duration, Kind::Time]), &[]),
    row("to_fixed", Kinds::NUMERIC, &[any("n")]),
];

/// Checks files given as path and source; sources must parse.
pub fn with_files<T>(files: &[(&str, &str)], look: impl FnOnce(Checked, &SourceMap) -> T) -> T {
    let mut sources = SourceMap::default();
    let mut parsed = Vec::new();
    for (path, text) in files {
        let id = sources.add(Source::new(path, text));
        let one = parse(id, text, ParseLimits::default());
        assert!(one.diagnostics.is_empty(), "{path} does not parse: {:?}", one.diagnostics);
        parsed.push((id, path, one.file));
    }
    let file = |(id, path, tree)| ProjectFile { id, role: Role::of(path, &["components"]), path, tree };
    let project = Project {
        files: parsed.iter().map(|(id, path, tree)| file((*id, path, tree))).collect(),
        knows_components: true,
        patterns_bytes_max: PROGRAM_PATTERNS_BYTES_MAX,
    };
    look(check(&project, &Builtins(TABLE)), &sources)
}

/// The findings of a project, one a line, with their help and labels.
pub fn findings_of(files: &[(&str, &str)]) -> String {
    with_files(files, |checked, sources| {
        let mut out = String::new();
        for found in &checked.diagnostics {
            out.push_str(&render(found, sources, Style::Line));
            for label in &found.labels {
                let at = sources.locate(label.span).map(|(_, at)| at).unwrap();
                let _ = writeln!(out, "  {}:{}: {}", at.line, at.column, label.text);
            }
        }
        out
    })
}

/// The findings of one script.
pub fn findings(source: &str) -> String {
    findings_of(&[("main.flin", source)])
}
