//! What the tests of the compiler share: a program in, its verified code as text out.

mod limits;
mod shapes;

use super::{Input, compile};
use crate::base::render::{Style, render};
use crate::base::{Source, SourceMap};
use crate::check::{Project, ProjectFile, Role, check};
use crate::code::Module;
use crate::code::verify::{Unverified, verify};
use crate::syntax::{ParseLimits, parse};

/// Compiles files given as path and source; the first one runs. Findings come as lines.
pub fn module_of(files: &[(&str, &str)]) -> Result<Module, String> {
    let mut sources = SourceMap::default();
    let mut parsed = Vec::new();
    for (path, text) in files {
        let id = sources.add(Source::new(path, text));
        let one = parse(id, text, ParseLimits::default());
        assert!(one.diagnostics.is_empty(), "{path} does not parse: {:?}", one.diagnostics);
        parsed.push((id, path, one.file));
    }
    let file = |(id, path, tree)| ProjectFile { id, role: Role::of(path, &["components"]), path, tree };
    let files = parsed.iter().map(|(id, path, tree)| file((*id, path, tree))).collect();
    let project = Project { files, knows_components: true, patterns_bytes_max: usize::MAX };
    let builtins = crate::natives::builtins();
    let checked = check(&project, &builtins);
    let lines = |found: &[crate::base::Diagnostic]| {
        found.iter().map(|found| render(found, &sources, Style::Line)).collect::<String>()
    };
    let errors: Vec<_> = checked.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
    assert!(errors.is_empty(), "{}", lines(&errors));
    let entry = parsed[0].0;
    let entry = Some(entry);
    let (names, patterns) = (&checked.names, &checked.patterns);
    let input =
        Input { project: &project, entry, served: false, names, patterns, builtins, sources: &sources };
    compile(&input).map_err(|found| lines(&found))
}

/// The code of one file, verified.
pub fn code_of(source: &str) -> String {
    let module = module_of(&[("main.flin", source)]).expect("it compiles");
    let shown = crate::code::disasm::Listing(&module).to_string();
    if let Err(refusal) = verify(Unverified(module)) {
        panic!("the verifier refuses it: {refusal}\n{shown}");
    }
    shown
}
