//! FLIN programs with what they must do: whole programs, and expressions in every surrounding where they can stand.

use super::DriverError;
use super::engine::{Behind, COMPONENTS, End, Execution, Ran};
use super::lab::Lab;
use super::sweep;
use crate::catalogue::Entry;
use crate::catalogue::input::{Expect, Program, Table};
use crate::catalogue::sources::from_hex;
use crate::harness::{Channel, Size};

/// Tries every program, table, product and sweep of the vector.
pub fn run(entry: &Entry, size: Size, channel: &mut Channel) -> Result<(), DriverError> {
    let vector = &entry.vector;
    let mut lab = Lab::new(channel, vector.settings, size);
    for program in vector.program.iter().filter(|program| size == Size::Full || !program.full_only) {
        try_program(&mut lab, entry, program)?;
    }
    for table in &vector.table {
        try_table(&mut lab, table);
    }
    for product in &vector.product {
        let each = product.expressions().collect();
        let name = product.name.clone();
        let given = product.given.clone();
        let table = Table {
            name,
            given,
            each,
            gives: Vec::new(),
            expect: product.expect.clone(),
            settings: product.settings,
        };
        try_table(&mut lab, &table);
    }
    for wanted in vector.sweep.iter().filter(|sweep| size == Size::Full || !sweep.full_only) {
        sweep::find(&wanted.name)?(&mut lab)?;
    }
    Ok(())
}

/// An ordinary program, answered correctly by this process after all that was done to it.
pub fn probe(channel: &mut Channel) {
    const SOURCE: &str = "\
fn fib(n) { return if n < 2 then n else fib(n - 1) + fib(n - 2) }
words = \"the cat é漢🎉\".split(\" \")
print(fib(15), words.map(w => w.length).sum(), (try [1][5]).kind, words[-1].slice(1, 3))
";
    let ran = Execution::of(SOURCE.as_bytes()).run();
    if matches!(ran.end, End::Done) && ran.output == "610 9 IndexOutOfBounds 漢🎉\n" {
        channel.alive();
    } else {
        channel.wrong("the probe at the end", "an ordinary answer", ran.describe());
    }
}

fn try_program(lab: &mut Lab, entry: &Entry, program: &Program) -> Result<(), DriverError> {
    let source = program.bytes(&entry.folder, lab.size)?;
    let mut files = Vec::new();
    for (name, hex) in &program.files {
        files.push((name.clone(), from_hex(hex, name)?));
    }
    for (name, source) in &program.components {
        files.push((format!("{COMPONENTS}{name}.flin"), source.clone().into_bytes()));
    }
    let settings = program.settings.or(lab.settings);
    let execution = Execution { source: &source, settings, files };
    lab.channel.trying(&program.name);
    let ran = execution.run();
    judge(lab, &program.name, &program.expect, &ran);
    behind_doors(lab, &program.name, &program.expect, &execution);
    Ok(())
}

/// The same behind every door of a server. What is refused before it runs meets no door.
fn behind_doors(lab: &mut Lab, name: &str, expect: &Expect, execution: &Execution<'_>) {
    if expect.diagnostic.is_some() {
        return;
    }
    for Behind { door, ran, next } in execution.behind_doors() {
        let name = format!("{name}, as {door}");
        lab.channel.trying(&name);
        judge(lab, &name, expect, &ran);
        if let Some(next) = next {
            lab.channel.wrong(&name, "the next request answered", next);
        }
    }
}

/// Where an expression can stand: at the top level, in a function, in a callback, and under `try`. Each surrounding
/// takes another way through the compiler.
const SURROUNDINGS: [&str; 3] = [
    "print({e})",
    "fn surrounding() {\n    return ({e})\n}\nprint(surrounding())",
    "print([0].map((_unused) => ({e}))[0])",
];

fn try_table(lab: &mut Lab, table: &Table) {
    let settings = table.settings.or(lab.settings);
    for expression in &table.each {
        for surrounding in SURROUNDINGS {
            try_expression(lab, table, expression, surrounding, &table.expect);
        }
        let source = format!("{}\nprint({expression})", table.given);
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        behind_doors(lab, expression, &table.expect, &execution);
        let catchable = table.expect.error.as_ref().filter(|kind| *kind != "Timeout");
        if let Some(kind) = catchable {
            let caught = Expect { output: Some(format!("{kind}\nafterwards")), ..Expect::default() };
            let surrounding = "try {\n    {e}\n    print(\"nothing raised\")\n} catch err {\n    print(err.kind)\n}\nprint(\"afterwards\")";
            try_expression(lab, table, expression, surrounding, &caught);
        }
    }
    let given = &table.given;
    for (expression, printed) in &table.gives {
        let expect = Expect { output: Some(printed.clone()), ..Expect::default() };
        for surrounding in SURROUNDINGS {
            let source = format!("{given}\n{}", surrounding.replace("{e}", expression));
            lab.channel.trying(expression);
            let ran = Execution { source: source.as_bytes(), settings, files: Vec::new() }.run();
            judge(lab, expression, &expect, &ran);
        }
        let source = format!("{given}\nprint({expression})");
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        behind_doors(lab, expression, &expect, &execution);
    }
}

fn try_expression(lab: &mut Lab, table: &Table, expression: &str, surrounding: &str, expect: &Expect) {
    let source = format!("{}\n{}", table.given, surrounding.replace("{e}", expression));
    let settings = table.settings.or(lab.settings);
    lab.channel.trying(expression);
    let ran = Execution { source: source.as_bytes(), settings, files: Vec::new() }.run();
    judge(lab, expression, expect, &ran);
}

fn judge(lab: &mut Lab, name: &str, expect: &Expect, ran: &Ran) {
    if let Some(expected) = mismatch(expect, ran) {
        lab.channel.wrong(name, expected, ran.describe());
    }
}

/// What was expected, if it is not what was found.
fn mismatch(expect: &Expect, ran: &Ran) -> Option<String> {
    let bare = |text: &str| text.trim_end_matches('\n').to_owned();
    if let Some(output) = &expect.output
        && bare(output) != bare(&ran.output)
    {
        return Some(format!("output {output:?}"));
    }
    match &ran.end {
        End::Bug(_) => Some("an end without a bug of the runtime".to_owned()),
        _ if expect.orderly => None,
        End::Done => {
            let wanted = expect.error.as_ref().or(expect.diagnostic.as_ref())?;
            Some(format!("an end by {wanted}"))
        }
        End::Uncaught { kind, message } => match &expect.error {
            None => Some("another end".to_owned()),
            // An answer below 500 tells the status alone: these kinds have it.
            Some(wanted) if kind.split('|').all(|kind| wanted != kind) => Some(format!("an end by {wanted}")),
            Some(_) => expect.message.as_ref().filter(|wanted| *wanted != message).cloned(),
        },
        End::Refused(found) => {
            let Some(wanted) = &expect.diagnostic else {
                return Some("a program that is not refused".to_owned());
            };
            let first = found.first();
            let place = first.map(|found| format!("{}:{}", found.line, found.column));
            if found.iter().all(|found| found.code != *wanted) {
                return Some(format!("diagnostic {wanted}"));
            }
            expect
                .at
                .as_ref()
                .filter(|at| place.as_ref() != Some(at))
                .map(|at| format!("a first diagnostic at {at}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(output: &str, end: End) -> Ran {
        Ran { output: output.to_owned(), end, work: 0 }
    }

    fn uncaught(kind: &str) -> End {
        End::Uncaught { kind: kind.into(), message: "m".into() }
    }

    #[test]
    fn an_end_is_compared_whole() {
        let output = Expect { output: Some("1".into()), ..Expect::default() };
        assert_eq!(mismatch(&output, &ran("1\n", End::Done)), None);
        assert!(mismatch(&output, &ran("2\n", End::Done)).is_some());
        assert!(mismatch(&output, &ran("1\n", uncaught("E"))).is_some());
        let error = Expect { error: Some("E".into()), message: Some("m".into()), ..Expect::default() };
        assert_eq!(mismatch(&error, &ran("", uncaught("E"))), None);
        assert!(mismatch(&error, &ran("", uncaught("F"))).is_some());
        assert!(mismatch(&error, &ran("", End::Done)).is_some());
    }

    #[test]
    fn a_bug_is_never_expected() {
        let anything = Expect { orderly: true, ..Expect::default() };
        assert_eq!(mismatch(&anything, &ran("", uncaught("E"))), None);
        assert!(mismatch(&anything, &ran("", End::Bug("stale handle".into()))).is_some());
    }
}
