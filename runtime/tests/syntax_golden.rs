//! What the samples parse to, what they are formatted to, and what is said about a broken one; and the tokens of every
//! kind.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use flin_runtime::base::render::{Style, render};
use flin_runtime::base::{FileId, Source, SourceMap};
use flin_runtime::syntax::lexer::{TokenKind, token_at};
use flin_runtime::syntax::tree::dump;
use flin_runtime::syntax::{ParseLimits, format, parse};
use std::fmt::Write as _;

fn golden(name: &str, text: &str) {
    let parsed = parse(FileId(0), text, ParseLimits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    insta::assert_snapshot!(format!("{name}_tree"), dump(&parsed.file));
    let formatted = format(FileId(0), text, ParseLimits::default()).unwrap();
    insta::assert_snapshot!(format!("{name}_formatted"), formatted);
}

/// The tokens of a source, one a line: span, what stands before it, kind and text.
fn tokens(text: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    loop {
        let (token, trivia) = token_at(text, at);
        for (start, end, kind) in trivia.comments {
            let _ = writeln!(out, "{start}..{end} {kind:?} comment");
        }
        let before = match (token.newline, token.blank) {
            (true, _) => "line ",
            (false, true) => "blank ",
            (false, false) => "",
        };
        let _ = writeln!(
            out,
            "{}..{} {before}{:?} {}",
            token.start,
            token.end,
            token.kind,
            token.text(text).escape_debug()
        );
        if token.kind == TokenKind::Eof {
            return out;
        }
        at = token.end as usize;
    }
}

/// The names that a table or an enum of the lexer's has, as its source says.
fn names_of(table: &str) -> impl Iterator<Item = &'static str> {
    let source = include_str!("../src/syntax/lexer/token.rs");
    let (_, rest) = source.split_once(&format!("\n{table} {{\n")).unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter_map(|line| line.split([' ', ',', '(']).next())
}

#[test]
fn tokens_of_every_kind() {
    let found = tokens(include_str!("syntax/tokens.flin"));
    let keywords = names_of("pub enum Keyword").map(|name| format!("Keyword({name})"));
    let others =
        ["Eof", "Name", "Int(", "Number(", "Duration(", "Quote(Double)", "Quote(Single)", "Quote(Backtick)"];
    let expected = names_of("tokens!").map(str::to_owned).chain(keywords).chain(others.map(str::to_owned));
    let missing: Vec<_> = expected.filter(|kind| !found.contains(&format!(" {kind}"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    insta::assert_snapshot!("tokens", found);
}

#[test]
fn tokens_of_every_error() {
    let broken = [
        "a # b \u{a0}é ~ $",
        "9223372036854775809 18446744073709551616",
        "1e999 1.5e400",
        "9223372036854775807h",
        "1.5h 2e3ms",
        "12abc 1_ 1.5_x",
        "0x 0b2 0o_7 0xFG",
        "a /* b",
        "a <!-- b -- >",
    ];
    let found: String = broken.map(|text| format!("{text}\n{}\n", tokens(text))).concat();
    let missing: Vec<_> =
        names_of("pub enum Bad").filter(|name| !found.contains(&format!("Bad({name})"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    insta::assert_snapshot!("bad_tokens", found);
}

/// The findings about a source, one a line.
fn findings(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add(Source::new("broken.flin", text));
    let parsed = parse(file, text, ParseLimits::default());
    parsed.diagnostics.iter().map(|found| render(found, &sources, Style::Line)).collect()
}

#[test]
fn script() {
    golden("script", include_str!("syntax/script.flin"));
}

#[test]
fn text() {
    golden("text", include_str!("syntax/text.flin"));
}

#[test]
fn view() {
    golden("view", include_str!("syntax/view.flin"));
}

#[test]
fn server() {
    golden("server", include_str!("syntax/server.flin"));
}

#[test]
fn every_broken_statement_is_reported() {
    insta::assert_snapshot!("broken_findings", findings(include_str!("syntax/broken.flin")));
}

#[test]
fn an_else_that_a_block_cannot_have_is_told_once() {
    let told = |text| findings(text).lines().map(str::to_owned).collect::<Vec<_>>();
    for text in [
        "x = <ul>{for i in y}<li>{i}</li>{else}<b>none</b>{/for}</ul>\nz = 1",
        "x = <ul>{if a}1{else}2{else}<i>3</i>{else}4{/if}</ul>\nz = 1",
        "x = \"{for i in y}{i}{else}none{/for}\"\nz = 1",
    ] {
        let told = told(text);
        assert!(
            matches!(&told[..], [one, help] if one.contains("E0103") && help.contains("an `{else}`")),
            "{told:?}"
        );
    }
}

#[test]
fn a_rest_that_is_not_the_last_is_told_once() {
    for text in [
        "[...a, b] = [1, 2]\nz = 1",
        "{ x, ...a, y } = m\nz = 1",
        "r = match l { [...a, b] -> b, _ -> 1 }\nz = 1",
        "r = match l { { ...a, b } -> b, _ -> 1 }\nz = 1",
        "for [...a, b] in l { print(b) }\nz = 1",
        "f = ([...a, b]) => b\nz = 1",
    ] {
        let told = findings(text);
        assert!(
            told.lines().count() == 2 && told.contains("the rest stands last\n  help: write `...a`"),
            "{told}"
        );
    }
    let told = findings("r = match l { [a, ...b,] -> b, _ -> 1 }\nz = 1");
    assert!(told.contains("the rest stands last\n  help: leave out the comma"), "{told}");
}

#[test]
fn what_never_ends_is_shown_where_it_begins() {
    for (text, begins) in [
        ("z = [1, 2", "1:5"),
        ("z = [1,\n", "1:5"),
        ("z = (1 + 2", "1:5"),
        ("z = { a: 1\n", "1:5"),
        ("z = f(1,\n", "1:6"),
        ("print(\"{x\")", "1:8"),
        ("print(`${x`)", "1:9"),
    ] {
        let told = findings(text);
        assert!(told.starts_with(&format!("broken.flin:{begins}: error[E0102]: ")), "{text}: {told}");
    }
    let opened = |text| {
        let found = parse(FileId(0), text, ParseLimits::default()).diagnostics;
        let [found] = &found[..] else { panic!("{found:?}") };
        found.labels.iter().map(|label| (label.span.start, label.text.clone())).collect::<Vec<_>>()
    };
    for text in ["z = [1, 2\nw = 3", "z = (1 + 2\nw = 3", "z = { a: 1\nw(3)"] {
        assert_eq!(opened(text), [(4, "opened here".to_owned())], "{text}");
    }
}

#[test]
fn slips_are_told_with_what_is_written_here() {
    for (text, help) in [
        ("m = { 3: \"x\" }", "`[3: …]`"),
        ("print({ 3: 1 })", "`[3: …]`"),
        ("{ 3: 1 }", "`[3: …]`"),
        ("wait = 0.5s", "such as 500ms"),
        ("every = 1.5h", "such as 500ms"),
        ("print(\"{x\")", "a brace in a text is written `{{`"),
    ] {
        let told = findings(text);
        assert!(told.lines().count() == 2 && told.contains(help), "{text}: {told}");
    }
}

#[test]
fn a_file_with_errors_is_not_formatted() {
    let refused = format(FileId(0), "x = = 1\n", ParseLimits::default());
    assert_eq!(refused.unwrap_err().len(), 1);
}

#[test]
fn comments_stay_where_they_mean_something() {
    let text = "// top\n\n\n\nx = [ // one\n  1, /* two */ 2, // three\n\n  // four\n  3\n  // five\n] // six\n\nif x { // seven\n  y()\n  // eight\n}\nz = a + // nine\n  b\n// end";
    insta::assert_snapshot!("comments", format(FileId(0), text, ParseLimits::default()).unwrap());
}

#[test]
fn soft_keywords_are_names_elsewhere() {
    let text = "order = 1\nsave(x)\nview = \"list\"\ntest = 1; emit = 2; type = 3; on = 4\nevery = new + not\nemit(x)\nwait(5)\nvalidate(x)\n";
    let parsed = parse(FileId(0), text, ParseLimits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
}

#[test]
fn findings_are_capped() {
    let text = "x = ]\n".repeat(10_000);
    assert_eq!(parse(FileId(0), &text, ParseLimits::default()).diagnostics.len(), 100);
}
