//! What a program may repeat or nest without meeting a limit of the machine.

use super::code_of;

fn repeated(count: usize, part: impl Fn(usize) -> String, between: &str) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(between)
}

/// `open` so many times, the core, `close` as often.
fn nested(depth: usize, open: &str, core: &str, close: &str) -> String {
    format!("{}{core}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn literals_of_a_hundred_thousand_elements() {
    code_of(&format!("xs = [{}]", repeated(100_000, |n| n.to_string(), ", ")));
    code_of(&format!("m = [{}]", repeated(20_000, |n| format!("{n}: {n}"), ", ")));
    code_of(&format!("x = 1\nt = \"{}\"", repeated(5_000, |_| "{x}".into(), "-")));
}

#[test]
fn five_thousand_names_in_one_function() {
    let body = repeated(5_000, |n| format!("v{n} = {n}"), "\n");
    let sum = repeated(5_000, |n| format!("v{n}"), " + ");
    code_of(&format!("fn f() {{\n{body}\nreturn {sum}\n}}\nf()"));
    let captured = repeated(500, |n| format!("g{n} = () => v{n}"), "\n");
    code_of(&format!("fn f() {{\n{body}\n{captured}\nreturn {sum}\n}}\nf()"));
    let targets = repeated(2_000, |n| format!("a{n}"), ", ");
    code_of(&format!("fn f(xs) {{\n[{targets}] = xs\nreturn a1999\n}}"));
}

#[test]
fn calls_with_a_thousand_arguments() {
    let arguments = repeated(1_000, |n| n.to_string(), ", ");
    code_of(&format!("fn f(...xs) {{ xs }}\nf({arguments})\nprint({arguments})\n[].push({arguments})"));
}

#[test]
fn chains_of_ten_thousand_links() {
    let name = |_| "x".to_owned();
    for operator in [" + ", " && ", " || ", " ?? ", " == ", " ++ ", " * ", " ** "] {
        code_of(&format!("x = 1\ny = {}", repeated(10_000, name, operator)));
    }
    code_of(&format!("x = 1\nif {} {{ x = 2 }}", repeated(10_000, name, " && ")));
    code_of(&format!("x = \"\"\ny = x{}", ".trim()".repeat(10_000)));
    code_of(&format!("x = [:]\ny = x{}", ".a?.b[1]".repeat(4_000)));
    code_of(&format!("x = \"\"\ny = x{}", " |> trim".repeat(10_000)));
    code_of(&format!(
        "x = 1\n{} {{ 0 }}",
        repeated(10_000, |n| format!("if x == {n} {{ x = {n} }}"), " else ") + " else"
    ));
    code_of(&format!("x = 1\ny = {} : 0", repeated(10_000, |n| format!("x == {n} ? {n}"), " : ")));
    code_of(&format!("{} = 1", repeated(10_000, |n| format!("a{n}"), " = ")));
    let arms = repeated(10_000, |n| format!("{n} -> {n}"), "\n");
    code_of(&format!("x = 1\ny = match x {{\n{arms}\n_ -> 0\n}}"));
}

#[test]
fn as_many_levels_as_the_parser_allows() {
    for (open, core, close) in [
        ("[", "1", "]"),
        ("(1 + ", "1", ")"),
        ("(x + ", "x", ")"),
        ("url_encode(", "\"a\"", ")"),
        ("(x ? ", "1", " : 2)"),
        ("[\"k\": ", "1", "]"),
        ("(() => ", "1", ")"),
        ("(try ", "1", ")"),
        ("x[", "0", "]"),
        ("!", "x", ""),
        ("f(", "x", ")"),
        ("x.f(", "x", ")"),
        ("f(x, n: ", "x", ")"),
        ("[x, ", "x", "]"),
        ("[[x]: ", "x", "]"),
        ("[x: ", "x", "]"),
        ("f(...", "x", ")"),
    ] {
        let depth = if open.starts_with('(') { 120 } else { 240 };
        code_of(&format!("fn g(f, x) {{\ny = {}\n}}", nested(depth, open, core, close)));
    }
    for open in ["if x {\n", "while x {\n", "for i in 1..2 {\n", "for i, j in x {\n", "for i in x {\n"] {
        code_of(&format!("x = 1\n{}", nested(200, open, "x = 2", "\n}")));
    }
    code_of(&format!("x = 1\n{}", nested(200, "try {\n", "x = 2", "\n} catch e { x = e }")));
    code_of(&format!("x = 1\n{}", nested(110, "match x {\n[p, q] -> {\n", "x = 2", "\n}\n_ -> 1 }")));
}
