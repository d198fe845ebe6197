//! Sources cut, changed and filled with what does not belong there. Whatever they are, the front end gives diagnostics
//! whose places lie in the source, or a program.

use crate::drivers::DriverError;
use crate::drivers::engine::{Execution, Found, check};
use crate::drivers::lab::{Lab, Line};

/// Programs that between them use most of the grammar.
const SAMPLES: [&str; 3] = [
    include_str!("samples/shapes.flin"),
    include_str!("samples/errors.flin"),
    include_str!("samples/page.flin"),
];

/// What must be closed and is not.
const OPENERS: &[&str] = &[
    "\"",
    "'",
    "`",
    "/*",
    "<!--",
    "<div>",
    "<div ",
    "<div class=\"",
    "(",
    "[",
    "{",
    "x = (",
    "x = [1,",
    "x = {a:",
    "fn f() {",
    "fn f(",
    "\"{a",
    "\"{a(",
    "`${a",
    "x = /ab",
    "x = /[a",
    "<script>",
    "<style>",
    "<>",
    "if true {",
    "if true",
    "for x in",
    "while",
    "match 1 {",
    "match 1 { 1 ->",
    "try {",
    "enum E {",
    "entity E {",
    "entity E { a:",
    "route GET {",
    "ws \"/a\" {",
    "every 5m {",
    "test \"a\" {",
    "\"{if true}",
    "<p>{if true}",
    "<p>{each xs as x}",
    "x = 1 +",
    "x = a ?",
    "x = a.",
    "x |>",
    "\"\\u{",
    "\"\\",
    "x: ",
    "x: [",
    "type T =",
    "guards {",
    "validate {",
    "<{",
    "x[",
    "f(a:",
    "a => ",
    "(a, b) =>",
];

const PREFIXES: [&str; 3] = ["", "y = \"é漢🎉\"\n", "print(1)\r\n\r\n  "];

/// The first finding that lies outside the source, if there is one.
fn misplaced<'a>(source: &str, found: &'a [Found]) -> Option<&'a Found> {
    let lines: Vec<&str> = source.split('\n').collect();
    found.iter().find(|found| {
        let line = usize::try_from(found.line).ok().and_then(|line| lines.get(line.wrapping_sub(1)));
        line.is_none_or(|line| found.column == 0 || found.column as usize > line.chars().count() + 1)
    })
}

fn try_source(lab: &mut Lab, name: &str, source: &str, must_fail: bool) {
    let found = check(source.as_bytes());
    if must_fail && found.is_empty() {
        lab.channel.wrong(format_args!("{name}: {source:?}"), "a diagnostic", "none");
    }
    if let Some(found) = misplaced(source, &found) {
        let place = format!("{} at {}:{}", found.code, found.line, found.column);
        lab.channel.wrong(format_args!("{name}: {source:?}"), "a place in the source", place);
    }
}

pub(super) fn unterminated(lab: &mut Lab) -> Result<(), DriverError> {
    for opener in OPENERS {
        lab.channel.trying(format_args!("unterminated {opener}"));
        for prefix in PREFIXES {
            for suffix in ["", "\n", " é", "\r\n\t"] {
                try_source(lab, "unterminated", &format!("{prefix}{opener}{suffix}"), suffix != " é");
            }
        }
        lab.channel.tried((PREFIXES.len() * 4 - 1) as u64);
    }
    Ok(())
}

pub(super) fn truncated(lab: &mut Lab) -> Result<(), DriverError> {
    for (number, sample) in SAMPLES.iter().enumerate() {
        lab.channel.trying(format_args!("sample {number}, cut after each character"));
        let stride = if lab.is_full() { 1 } else { 3 };
        for (at, _) in sample.char_indices().step_by(stride) {
            try_source(lab, "cut", &sample[..at], false);
            lab.channel.tried(1);
        }
    }
    Ok(())
}

pub(super) fn replaced(lab: &mut Lab) -> Result<(), DriverError> {
    let strangers = [
        '\0', '"', '{', '}', '(', '<', '\u{202E}', '🎉', '\\', '/', '`', '\u{FEFF}', '\r', '@', '\u{7F}', '=',
    ];
    for (number, sample) in SAMPLES.iter().enumerate() {
        for stranger in strangers {
            lab.channel.trying(format_args!("sample {number} with {stranger:?}"));
            let stride = if lab.is_full() { 1 } else { 29 };
            for (at, old) in sample.char_indices().step_by(stride) {
                let changed = format!("{}{stranger}{}", &sample[..at], &sample[at + old.len_utf8()..]);
                try_source(lab, "changed", &changed, false);
                lab.channel.tried(1);
            }
        }
    }
    Ok(())
}

/// A character that begins no token, behind every mix of widths and line ends: line and column must be its own.
pub(super) fn positions(lab: &mut Lab) -> Result<(), DriverError> {
    let pieces = ["", "é", "漢🎉", "e\u{301}", "👨‍👩‍👧", "aé漢🎉"];
    for before in pieces {
        for lines in 0..4_u32 {
            for end in ["\n", "\r\n"] {
                let source = format!(
                    "{}x = \"{before}\" \u{1}",
                    format!("y = \"{before}\"{end}").repeat(lines as usize)
                );
                lab.channel.trying(format_args!("{source:?}"));
                let expected = (lines + 1, 8 + before.chars().count());
                let found = check(source.as_bytes());
                let place = found.first().map(|found| (found.line, found.column as usize));
                if place != Some(expected) {
                    lab.channel.wrong(
                        format_args!("{source:?}"),
                        format_args!("{expected:?}"),
                        format_args!("{place:?}"),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Every byte, and in full every pair of bytes, between characters of other widths.
pub(super) fn bytes(lab: &mut Lab) -> Result<(), DriverError> {
    let before = "x = \"é\"\ny = \"漢";
    for first in 0..=255_u8 {
        lab.channel.trying(format_args!("byte {first:#04x} in a source"));
        let seconds: Vec<u8> =
            if lab.is_full() { (0..=255).collect() } else { vec![b'"', 0x80, 0xBF, 0xC3, 0xFF] };
        for second in seconds {
            let source = [before.as_bytes(), &[first, second], b"\"\n"].concat();
            lab.channel.tried(1);
            let expected =
                std::str::from_utf8(&source).err().map(|error| place_after(&source[..error.valid_up_to()]));
            let found = check(&source);
            let place =
                found.iter().find(|found| found.code == "E0101").map(|found| (found.line, found.column));
            if place != expected {
                let input = format!("{first:#04x} {second:#04x}");
                lab.channel.wrong(input, format_args!("{expected:?}"), format_args!("{place:?}"));
            }
        }
    }
    Ok(())
}

/// Line and column right behind these bytes.
fn place_after(before: &[u8]) -> (u32, u32) {
    let text = String::from_utf8_lossy(before);
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(0), u32::try_from(column).unwrap_or(0))
}

/// The same through `read_file`.
pub(super) fn file_bytes(lab: &mut Lab) -> Result<(), DriverError> {
    let seconds: &[u8] =
        if lab.is_full() { &[0x28, 0x80, 0x9F, 0xA0, 0xBF, 0xC3, 0xE6, 0xF0, 0xFF] } else { &[0x28, 0x80] };
    for second in seconds {
        let mut files = Vec::new();
        let mut lines = Vec::new();
        for first in 0..=255_u8 {
            let content = [b'a', first, *second, b'z'];
            let expected = std::str::from_utf8(&content)
                .map_or("InvalidText".to_owned(), |text| text.chars().count().to_string());
            lines.push(Line::new(format!("61 {first:02x} {second:02x} 7a"), expected));
            files.push((format!("{first:03}.txt"), content.to_vec()));
        }
        let source = b"for name in list_files(\"\") {\n    r = try read_file(name)\n    print(r is error ? r.kind : r.length)\n}\n";
        lab.channel.trying("files of odd bytes");
        let ran = Execution { source, settings: lab.settings, files }.run();
        lab.compare("files", &ran, &lines);
    }
    Ok(())
}

/// Ways to nest: what stands before, what opens, what is inside, what closes.
pub(super) const WAYS_TO_NEST: &[(&str, &str, &str, &str)] = &[
    ("x = ", "(", "1", ")"),
    ("x = ", "[", "1", "]"),
    ("x = ", "[0, ", "1", "]"),
    ("x = ", "{ a: ", "1", " }"),
    ("x = ", "!", "true", ""),
    ("x = ", "- ", "1", ""),
    ("", "if true { ", "print(1)", " }"),
    ("", "while false { ", "print(1)", " }"),
    ("", "<div>", "text", "</div>"),
    ("x = ", "int(", "1", ")"),
    ("x = ", "true ? ", "1", " : 2"),
    ("x = ", "() => ", "1", ""),
    ("", "fn f() { ", "print(1)", " }"),
    ("x: ", "[", "int", "]"),
];

/// For each way to nest: what is deeply nested but allowed compiles, and what is one beyond the limit does not.
pub(super) fn nesting(lab: &mut Lab) -> Result<(), DriverError> {
    for (before, open, middle, close) in WAYS_TO_NEST {
        for (depth, fails) in [(1, false), (100, false), (257, true), (300, true), (5_000, true)] {
            let (tail, opened) = (close.repeat(depth), open.repeat(depth));
            let value = if *before == "x: " { " = 1" } else { "" };
            let source = format!("{before}{opened}{middle}{tail}{value}\n");
            lab.channel.trying(format_args!("{depth} times {open}"));
            let found = check(source.as_bytes());
            let deep = found.iter().any(|found| found.code == "E0110");
            if deep != fails {
                let first =
                    found.first().map_or("no diagnostic".to_owned(), |f| format!("{} {}", f.code, f.message));
                lab.channel.wrong(
                    format_args!("{depth} times {open}"),
                    if fails { "E0110" } else { "no E0110" },
                    first,
                );
            }
        }
    }
    Ok(())
}

/// Programs of a size that people never write and generators do.
pub(super) fn many_names(lab: &mut Lab) -> Result<(), DriverError> {
    let count = |full: usize| if lab.is_full() { full } else { full / 5 };
    let (names, functions, constants, entries, arms) =
        (count(5_000), count(5_000), count(20_000), count(10_000), count(3_000));
    let lines = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
    let last = |count: usize| count - 1;
    let mut prints = |name: &str, source: &str, printed: usize| {
        lab.prints(&format!("many {name}"), source, &[Line::new(name, printed.to_string())]);
    };
    let body = lines(names, |n| format!("    name_{n} = {n}\n"));
    let sum = format!("name_0 + name_255 + name_256 + name_{}", last(names));
    prints(
        "names in a function",
        &format!("fn f() {{\n{body}    return {sum}\n}}\nprint(f())\n"),
        511 + last(names),
    );
    let defined = lines(functions, |n| format!("fn f{n}() {{ return {n} }}\n"));
    prints("functions", &format!("{defined}print(f{}() + f0())\n", last(functions)), last(functions));
    let texts = lines(constants, |n| format!("\"t{n}\", "));
    prints("constants", &format!("print([{texts}].unique().length)\n"), constants);
    let pairs = lines(entries, |n| format!("k{n}: {n}, "));
    prints("entries of a map", &format!("m = {{ {pairs} }}\nprint(m.k{})\n", last(entries)), last(entries));
    let parameters: Vec<String> = (0..200).map(|n| format!("p{n}")).collect();
    let arguments: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let function = format!("fn f({}) {{ return p199 + p0 }}\n", parameters.join(", "));
    prints("parameters", &format!("{function}print(f({}))\n", arguments.join(", ")), 199);
    let each = lines(arms, |n| format!("    {n} -> {n}\n"));
    prints(
        "arms",
        &format!("v = {}\nprint(match v {{\n{each}    _ -> \"none\"\n}})\n", last(arms)),
        last(arms),
    );
    Ok(())
}
