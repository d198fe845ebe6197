//! What a hostile source may cost: one finding at the nesting limit, a small stack, linear time.

use flin_runtime::base::{Code, FileId};
use flin_runtime::syntax::{ParseLimits, Parsed, parse};

fn parsed(text: &str) -> Parsed {
    parse(FileId(0), text, ParseLimits::default())
}

/// Openers and closers of everything that nests.
const NESTS: &[(&str, &str, &str)] = &[
    ("x = ", "(", ")"),
    ("x = ", "[", "]"),
    ("x = ", "[1: ", "]"),
    ("x = ", "{a: ", "}"),
    ("", "{", "}"),
    ("x = ", "!", ""),
    ("x = ", "- ", ""),
    ("x = ", "typeof ", ""),
    ("x = ", "2 ** -", ""),
    ("x = ", "try ", ""),
    ("", "save ", ""),
    ("", "if a {", "}"),
    ("x = ", "if a then ", ""),
    ("x = ", "if ", ""),
    ("", "for a in b {", "}"),
    ("", "while a {", "}"),
    ("", "try {", "} catch e {}"),
    ("", "fn f() {", "}"),
    ("x = ", "a => ", ""),
    ("x = ", "(a, b) => ", ""),
    ("x = ", "(a = ", ") => 1"),
    ("x = ", "fn () {", "}"),
    ("x = ", "f(", ")"),
    ("x = ", "a[", "]"),
    ("x = ", "a ? ", " : 1"),
    ("x = ", "User { a: ", "}"),
    ("x = ", "\"{(", ")}\""),
    ("x = \"", "{if a}", "{/if}"),
    ("x = ", "`${", "}`"),
    ("", "<div>", "</div>"),
    ("", "<>", "</>"),
    ("", "<a b={", "}/>"),
    ("", "<{", "}/>"),
    ("<p>", "{if a}", "{/if}"),
    ("<p>", "{if a {", "}}"),
    ("<p>", "<b>{", "}</b>"),
    ("", "{for a in b}", "{/for}"),
    ("x = ", "match a { b -> ", "}"),
    ("x: ", "[", "]"),
    ("x: ", "(a) -> ", ""),
    ("x: ", "Box<", ">"),
    ("", "match a { ", " -> 1 }"),
    ("match a { ", "[", "]"),
    ("match a { ", "{ a: ", "}"),
    ("match a { ", "Dot(", ")"),
    ("", "[a, ", "] = 1"),
    ("x = ", "transaction {", "}"),
    ("route GET { guard a", "(", ")"),
    ("sse { emit ", "{ a: ", "}"),
    ("", "view {", "}"),
    ("", "route GET {", "}"),
    ("", "{while a}", "{/while}"),
    ("x = 1 + ", "(1 + a.b(2 ** -", "))"),
    ("x = ", "fn (a = ", ") {}"),
    ("x = ", "f(a => g({ b: ", " }))"),
];

/// The command line parses on a thread of 8 MiB; half of it must do, in an unoptimised build too.
const STACK_BYTES: usize = 4 << 20;

#[test]
fn a_million_levels_are_one_finding_on_a_small_stack() {
    let run = || {
        for (start, open, close) in NESTS {
            let text = format!("{start}{}", open.repeat(1_000_000 / open.len()));
            let found = parsed(&text).diagnostics;
            assert_eq!(found.len(), 1, "{start}{open}: {found:?}");
            assert_eq!(found[0].code, Code::E0110, "{start}{open}: {found:?}");
            let closed = format!("{start}{}1{}", open.repeat(250), close.repeat(250));
            drop(parsed(&closed));
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn the_limit_itself_is_allowed() {
    for (open, close) in [("(", ")"), ("[", "]"), ("!", "")] {
        let nested = |levels| format!("x = {}1{}", open.repeat(levels), close.repeat(levels));
        assert!(parsed(&nested(255)).diagnostics.is_empty());
        assert!(parsed(&nested(256)).diagnostics.is_empty());
        assert_eq!(parsed(&nested(257)).diagnostics[0].code, Code::E0110);
    }
}

#[test]
fn chains_do_not_nest() {
    let chains = [
        ("x = 1", " + 1"),
        ("x = a", " is int"),
        ("x = a", " < b is int?"),
        ("x = a", " || b && c"),
        ("x = a", ".b"),
        ("x = a", "(1)"),
        ("x = a", " |> f(1)"),
        ("x = a", " ** 2"),
        ("x = ", "a ? b : "),
        ("", "x = "),
        ("if a { }", " else if b { } "),
        ("x: int", " | text"),
        ("match a { 1", " | 2"),
    ];
    let run = move || {
        for (start, link) in chains {
            let end = match start {
                "x = " | "" => "1",
                "x: int" => " = 1",
                "match a { 1" => " -> 3 }",
                _ => "",
            };
            let text = format!("{start}{}{end}", link.repeat(100_000));
            let found = parsed(&text);
            assert!(found.diagnostics.is_empty(), "{start}{link}: {:?}", found.diagnostics);
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}
