//! Every text operation, over texts of every UTF-8 width, against the vectors of characters of [`crate::oracle`].
//!
//! For `value::text`, `value::pattern` and `natives::text`.
//!
//! Oracle: the same result or the same kind of error, texts that differ have hashes that differ, and a copy that nobody
//! pays for is no longer than it may be. What the evaluator leaves to Unicode's tables is held to laws instead: graphemes
//! join to the text they came from, and matches occur in it. What a pattern matches, an obvious search says.

mod pattern;

use super::Target;
use super::program_differential::compare;
use crate::generate::Choices;
use flin_runtime::value::text::{seeded_hash, shortened};
use std::fmt::Write as _;

const CHARS: [char; 24] = [
    'a',
    'b',
    ' ',
    ',',
    '1',
    '\n',
    '\t',
    'ß',
    'ŉ',
    'İ',
    'ﬃ',
    'Σ',
    'é',
    '\u{301}',
    '漢',
    '字',
    '🎉',
    '👨',
    '\u{200D}',
    '🇩',
    '🇪',
    '\u{1F3FD}',
    '\u{0}',
    '\u{FEFF}',
];
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-2",
    "5",
    "-9",
    "99",
    "9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775807",
    "4294967296",
    "64",
];

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "unicode_text",
    modules: &["value::text", "value::pattern", "natives::text"],
    input_bytes_max: 64,
    judge: target,
};

/// Operations of one input: many small programs see more than few large ones.
const OPERATIONS_MAX: usize = 4;

/// Of three texts, what the evaluator does not know.
const LAWS: [&str; 6] = [
    "t.graphemes().join(\"\") == t && u.graphemes().length <= u.length",
    "t.find_all(/[^a]/).every(w => w in t) && t.find_all(/[^a]/).length + t.count(\"a\") == t.length",
    "t.split(/,/).join(\",\") == t",
    "(try t.replace(\"\", u)) is error && (try t.replace_first(\"\", u)) is error && (try t.count(\"\")) is error",
    "t.test(/a/) == (\"a\" in t) && t.matches(/1/) == (\"1\" in t)",
    "json_parse(json_stringify([t, u])) == [t, u]",
];

/// The target.
pub fn target(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut source = String::new();
    let texts = [0; 3].map(|_| text(&mut choices));
    for (name, text) in ["t", "u", "v"].iter().zip(&texts) {
        let escaped: String = text.chars().map(|c| format!("\\u{{{:X}}}", u32::from(c))).collect();
        let _ = writeln!(source, "{name} = \"{escaped}\"");
    }
    let [t, u, _] = &texts;
    assert!(t == u || seeded_hash(t) != seeded_hash(u), "{t:?} and {u:?} should differ in their hash");
    let cut = shortened(t, u.len());
    let is_short = cut.strip_suffix('…').is_some_and(|head| head.len() <= u.len() && t.starts_with(head));
    assert!(
        if t.len() <= u.len() { cut == *t } else { is_short },
        "{t:?} within {} bytes is {cut:?}",
        u.len()
    );
    let law = choices.pick(&LAWS);
    for _ in 0..OPERATIONS_MAX {
        if choices.left() == 0 {
            break;
        }
        let operation = operation(&mut choices);
        let _ =
            writeln!(source, "r = try {operation}\nif r is error {{ print(r.kind) }} else {{ print(r) }}");
    }
    let _ = writeln!(source, "print(\"law\", {law})");
    compare(&source, bytes.len().is_multiple_of(8));
    let text = format!("{t}{u}");
    let chars: Vec<char> = text.chars().chain(CHARS).collect();
    pattern::judge(&mut choices, &chars, &text);
}

fn text(choices: &mut Choices<'_>) -> String {
    (0..choices.below(12)).map(|_| choices.pick(&CHARS)).collect()
}

fn operation(choices: &mut Choices<'_>) -> String {
    let mut texts = || choices.pick(&["t", "u", "v", "\"\"", "\"a\"", "\"\\u{1F389}\""]);
    let (t, u, v) = (texts(), texts(), texts());
    let (n, m) = (choices.pick(&NUMBERS), choices.pick(&NUMBERS));
    match choices.below(30) {
        0 => format!("{t}.slice({n}, {m})"),
        1 => format!("{t}[{n}:{m}]"),
        2 => format!("{t}[{n}:{m}:{}]", choices.pick(&["1", "2", "-1", "-2", "0", "-9223372036854775808"])),
        3 => format!("{t}[{n}]"),
        4 => format!("{t}.substring({n}, {m})"),
        5 => format!("{t}.char_at({n})"),
        6 => format!("{t}.index_of({u})"),
        7 => format!("{t}.last_index_of({u})"),
        8 => format!("{t}.count({u})"),
        9 => format!("{t}.split({u})"),
        10 => format!("{t}.replace({u}, {v})"),
        11 => format!("{t}.pad_start({}, {u})", choices.pick(&["0", "5", "30", "-1"])),
        12 => format!("{t}.pad_end({}, {u})", choices.pick(&["0", "5", "30", "-1"])),
        13 => format!("{t}.repeat({})", choices.pick(&["0", "1", "3", "-1"])),
        14 => format!("{t}.upper()"),
        15 => format!("{t}.lower()"),
        16 => format!("{t}.capitalize()"),
        17 => format!("{t}.reverse()"),
        18 => format!("{t}.trim()"),
        19 => format!("{t}.trim_start().length + {u}.trim_end().length"),
        20 => format!("{t}.lines()"),
        21 => format!("{t}.starts_with({u})"),
        22 => format!("{t}.ends_with({u})"),
        23 => format!("{t}.contains({u})"),
        24 => format!("{t} + {u} ++ {v}"),
        25 => format!("[{t}, {u}, {v}].sort().join({t})"),
        26 => format!("{t} < {u}"),
        27 => format!("({t} + {u}).length == {t}.length + {u}.length"),
        28 => format!("{t}.replace_first({u}, {v})"),
        _ => format!("json_parse(json_stringify({t})) == {t}"),
    }
}
