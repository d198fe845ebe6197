//! The language page does not lie: every `flin` block of `docs/language.md` runs, and prints what the `output` block
//! behind it says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use flin_runtime::app::build::{self, Rejected};
use flin_runtime::app::{Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::base::render::{Style, render};
use flin_runtime::check::Role;
use flin_runtime::value::Pool;

const PAGE: &str = include_str!("../docs/language.md");

/// Blocks of code with what they print.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for part in PAGE.split("```flin\n").skip(1) {
        let (code, rest) = part.split_once("```\n").unwrap();
        let output = rest.strip_prefix("```output\n").unwrap_or_else(|| panic!("no output behind\n{code}"));
        found.push((code, output.split_once("```").unwrap().0));
    }
    found
}

fn run(code: &str) -> String {
    let limits = Limits::default();
    let files = [SourceFile::in_memory("example.flin", Role::Script, code)];
    let built = match build::build(&files, 0, &limits) {
        Ok(built) => built,
        Err(Rejected::Diagnostics(sources, found)) => {
            return found.iter().map(|found| render(found, &sources, Style::Line)).collect();
        }
        Err(other) => return other.to_string(),
    };
    let program = build::link(built.module).unwrap();
    let mut host = MemoryHost::default();
    let mut execution = Execution::new(program, Pool::new(1 << 30), &limits, &mut host).unwrap();
    let end = execution.run(&mut host);
    if end == flin_runtime::app::End::Done { host.output } else { format!("{}{end:#?}", host.output) }
}

#[test]
fn every_example_prints_what_the_page_says() {
    let examples = examples();
    assert!(examples.len() >= 10);
    let wrong: Vec<String> = examples
        .into_iter()
        .filter_map(|(code, output)| {
            let printed = run(code);
            (printed != output).then(|| format!("{code}-- prints\n{printed}-- but the page says\n{output}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
