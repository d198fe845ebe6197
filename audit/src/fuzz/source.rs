//! Any bytes as a source file.
//!
//! Oracle: every stage ends, every diagnostic lies inside the file and can be shown, formatting keeps the meaning and
//! settles at once, and whatever compiles keeps the verifier's rules and runs without an internal error.

use super::machine;
use flin_runtime::app::Front;
use flin_runtime::base::render::{Style, render};
use flin_runtime::base::{FileId, span::to_usize};
use flin_runtime::syntax::{self, ParseLimits};

/// Tokens to build sources from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/source.dict");

/// The target. One source in four runs with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    judge(bytes, bytes.len().is_multiple_of(4));
}

/// Brings a source through all stages, and runs it if it compiles. Did it?
pub fn judge(bytes: &[u8], gc_stress: bool) -> bool {
    let files = machine::files(bytes);
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
    formatting_keeps_the_meaning(&text);
    let Some(module) = machine::compile(&text) else { return false };
    machine::run_briefly(&module, gc_stress);
    true
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
