//! What elements and components render to: a source, the components that it may use, and the markup it must print.
//! Everything runs twice: as usual, and collecting garbage before every instruction.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use flin_runtime::app::build::{self, Rejected};
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::base::render::{Style, render};
use flin_runtime::check::Role;
use flin_runtime::value::Pool;

#[path = "views/attributes.rs"]
mod attributes;
#[path = "views/components.rs"]
mod components;
#[path = "views/elements.rs"]
mod elements;
#[path = "views/examples.rs"]
mod examples;

/// More than any of them needs: what never ends is seen as that.
const FUEL_MAX: u64 = 50_000_000;

/// A component file: its name and its source.
type Component<'s> = (&'s str, &'s str);

/// What a script prints, or the diagnostics or the error that end it.
fn run(source: &str, components: &[Component<'_>], gc_stress: bool) -> String {
    let limits = Limits { gc_stress, fuel_max: Some(FUEL_MAX), ..Limits::default() };
    let mut files = vec![SourceFile::in_memory("main.flin", Role::Script, source)];
    files.extend(components.iter().map(|(name, source)| {
        SourceFile::in_memory(&format!("components/{name}.flin"), Role::Component, *source)
    }));
    let built = match build::build(&files, 0, &limits) {
        Ok(built) => built,
        Err(Rejected::Diagnostics(sources, found)) => {
            return found.iter().map(|found| render(found, &sources, Style::Line)).collect();
        }
        Err(refused @ Rejected::Refused(_)) => return refused.to_string(),
    };
    let program = build::link(built.module).unwrap();
    let mut host = MemoryHost::default();
    let mut execution = Execution::new(program, Pool::new(1 << 30), &limits, &mut host).unwrap();
    match execution.run(&mut host) {
        End::Done => host.output.trim_end_matches('\n').to_owned(),
        End::Uncaught(error) => format!("{}: {}", error.kind, error.message),
        other => format!("{other:?}"),
    }
}

/// What a script with components prints.
fn prints(source: &str, components: &[Component<'_>]) -> String {
    let (usual, stressed) = (run(source, components, false), run(source, components, true));
    assert_eq!(usual, stressed, "collections change what is rendered");
    usual
}

/// Each element, by itself, renders to the markup beside it.
fn renders(table: &[(&str, &str)]) {
    for (element, expected) in table {
        let found = prints(&format!("print({element})"), &[]);
        assert_eq!(found, *expected, "{element}");
    }
}
