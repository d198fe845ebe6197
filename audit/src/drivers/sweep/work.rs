//! How work grows with the input, counted in fuel and never in time: twice the input, at most two and a half times the
//! work; chosen keys, at most three times the work of random ones.

use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line};

/// Work that every program does before its first line counts against nobody.
fn work(lab: &Lab, source: &str) -> u64 {
    let empty = lab.run("").work;
    lab.run(source).work.saturating_sub(empty)
}

/// Operations over an input of `n` pieces. Each prints one line, so that one that fails shows.
const OPERATIONS: &[(&str, &str)] = &[
    ("split", "print(\"ab,\".repeat({n}).split(\",\").length)"),
    ("split into characters", "print(\"é\".repeat({n}).split(\"\").length)"),
    ("replace", "print(\"ab\".repeat({n}).replace(\"a\", \"xyz\").length)"),
    ("count of an overlapping needle", "print(\"a\".repeat({n}).count(\"aa\"))"),
    ("search for what nearly occurs", "print((\"a\".repeat({n}) + \"b\").index_of(\"aaaaaaaaaaaaaaaaab\"))"),
    ("search for a long needle", "print(\"ab\".repeat({n}).index_of(\"ab\".repeat({n} / 2) + \"c\"))"),
    ("search from the end", "print(\"ab\".repeat({n}).last_index_of(\"ba\".repeat({n} / 2) + \"c\"))"),
    ("case", "print(\"ß\".repeat({n}).upper().length, \"Σ\".repeat({n}).lower().length)"),
    ("reverse", "print(\"é漢\".repeat({n}).reverse().length)"),
    ("graphemes", "print(\"e\\u{301}\".repeat({n}).graphemes().length)"),
    ("one endless grapheme", "print((\"e\" + \"\\u{301}\".repeat({n})).graphemes().length)"),
    ("trim", "print((\" \".repeat({n}) + \"x\" + \" \".repeat({n})).trim().length)"),
    ("lines", "print(\"a\\r\\n\".repeat({n}).lines().length)"),
    ("join", "print(range(0, {n}).join(\", \").length)"),
    ("slices of one text", "t = \"é漢\".repeat(50)\nfor i in 1..{n} { x = t[i % 50:] }\nprint(x.length > 0)"),
    ("padding", "print(\"x\".pad_start({n}, \"é漢\").length)"),
    ("digits to int", "print(parse_int(\"9\".repeat({n})))"),
    ("digits to number", "print(parse_number(\"9\".repeat({n})) == none)"),
    ("JSON of digits", "r = try json_parse(\"9\".repeat({n}))\nprint(r is error)"),
    ("JSON of a list", "print(json_parse(\"[\" + \"1,\".repeat({n}) + \"2]\").length)"),
    ("JSON of a text", "print(json_parse(\"\\\"\" + \"\\\\u00e9\".repeat({n}) + \"\\\"\").length)"),
    (
        "JSON of one key, repeated",
        "print(json_parse(\"\\{\" + \"\\\"a\\\":1,\".repeat({n}) + \"\\\"a\\\":2}\").count())",
    ),
    ("JSON out", "print(json_stringify(range(0, {n})).length)"),
    ("base64", "print(base64_decode(base64_encode(\"é\".repeat({n}))).length)"),
    ("url", "print(url_decode(url_encode(\"é/\".repeat({n}))).length)"),
    ("sha256", "print(sha256(\"é\".repeat({n})).length)"),
    ("sort of the sorted", "print(range(0, {n}).sort().length)"),
    ("sort of the reversed", "print(range(0, {n}).reverse().sort().length)"),
    ("sort of equals", "print(range(0, {n}).map(i => 1).sort().length)"),
    ("sort by key", "print(range(0, {n}).sort(x => x % 7).length)"),
    ("unique", "print(range(0, {n}).unique().length)"),
    ("group_by", "print(range(0, {n}).group_by(x => x % 10).count())"),
    ("map inserts", "m = [:]\nfor i in 1..{n} { m[i] = i }\nprint(m.count())"),
    ("map inserts and removals", "m = [:]\nfor i in 1..{n} { m[i] = i; m.remove(i - 1) }\nprint(m.count())"),
    (
        "push and pop",
        "xs = []\nfor i in 1..{n} { xs.push(i) }\nfor i in 1..{n} { xs.pop() }\nprint(xs.length)",
    ),
    ("equality", "print(range(0, {n}) == range(0, {n}))"),
    ("to_text", "print(range(0, {n}).to_text().length)"),
    ("flat, zip and chunk", "xs = range(0, {n})\nprint(xs.chunk(2).flat().zip(xs).length)"),
    ("spread", "xs = range(0, {n})\nprint([...xs, ...xs].length)"),
    ("sum, min and max", "xs = range(0, {n})\nprint(xs.sum(), xs.min(), xs.max())"),
    ("regex that backtracks elsewhere", "print((\"a\".repeat({n}) + \"!\").matches(/^(a+)+$/))"),
    ("regex with nested stars", "print(\"a\".repeat({n}).matches(/(a*)*b/))"),
    ("regex of alternatives", "print(\"ab\".repeat({n}).matches(/(a|b|ab)*c/))"),
    ("regex, all matches", "print(\"ab1\".repeat({n}).find_all(/[a-z]+/).length)"),
    ("regex, counted", "print(\"a\".repeat({n}).find_all(/a{1,50}b?/).length > 0)"),
    ("regex, split and replace", "print(\"a1\".repeat({n}).replace(/[0-9]/, \"é\").split(/é/).length)"),
    ("times", "r = try time(\"2024-01-01\" + \"0\".repeat({n}))\nprint(r is error)"),
];

/// What twice the input may cost: linear is 2, sorting is a little more.
const FACTOR_MAX: f64 = 2.5;

pub(super) fn doubled_input(lab: &mut Lab) -> Result<(), DriverError> {
    let sizes: &[u64] = if lab.is_full() { &[10_000, 80_000] } else { &[10_000] };
    let empty = lab.run("").work;
    for (name, template) in OPERATIONS {
        for size in sizes {
            lab.channel.trying(format_args!("{name}, {size} and twice that"));
            let source = |n: u64| template.replace("{n}", &n.to_string());
            let (once, twice) = (lab.run(&source(*size)), lab.run(&source(size * 2)));
            if let Some(ran) = [&once, &twice].into_iter().find(|ran| !ran.is_done()) {
                lab.channel.wrong(name, "an ordinary end", ran.describe());
                continue;
            }
            let (once, twice) = (once.work.saturating_sub(empty), twice.work.saturating_sub(empty));
            #[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^52")]
            let factor = twice as f64 / once.max(1) as f64;
            if factor > FACTOR_MAX {
                let found = format!("{factor:.2} times ({once} and {twice})");
                lab.channel.wrong(name, format_args!("at most {FACTOR_MAX} times the work"), found);
            }
        }
    }
    Ok(())
}

/// Keys that fall together under the hashes that people write: multiples of powers of two, keys that differ in their
/// high half alone, texts with one sum, one length, one beginning, one end.
const CHOSEN: &[(&str, &str)] = &[
    ("multiples of 2^16", "i * 65536"),
    ("multiples of 2^32", "i * 4294967296"),
    ("multiples of 2^48", "i % 32768 * 281474976710656 + i / 32768"),
    ("high and low halves alike", "i * 4294967297"),
    ("negatives and positives", "if i % 2 == 0 then i else -i"),
    ("texts of one long beginning", "\"a long beginning that all of them share {i}\""),
    ("texts of one long end", "\"{i} a long end that all of them share\""),
    ("permutations of one sum", "\"{(i % 317)} {(i / 317)} {(317 - i % 317)}\""),
];

pub(super) fn colliding_keys(lab: &mut Lab) -> Result<(), DriverError> {
    let count: u64 = if lab.is_full() { 100_000 } else { 10_000 };
    let program = |key: &str| {
        format!(
            "m = [:]\nfor i in 1..{count} {{ m[{key}] = i }}\nhits = 0\nfor i in 1..{count} {{ if m[{key}] == i {{ hits++ }} }}\nprint(m.count(), hits)\n"
        )
    };
    // What the key's own expression costs is paid by both sides: the same keys, scattered by a multiplication.
    for (name, key) in CHOSEN {
        let source = program(key);
        lab.prints(name, &source, &[Line::new(*name, format!("{count} {count}"))]);
        let scattered = if key.contains('"') {
            "\"{(i * 7919 % 1000003)} {(i * 31 % 1000003)} some text that is as long\""
        } else {
            "i * 7919 % 1000003 * 104729 % 15485863"
        };
        let (chosen, random) = (work(lab, &source), work(lab, &program(scattered)));
        if chosen > random.saturating_mul(3) {
            lab.channel.wrong(
                name,
                "at most three times the work of random keys",
                format_args!("{chosen} and {random}"),
            );
        }
    }
    let json = format!(
        "t = \"\\{{\" ++ range(0, {count}).map(i => \"\\\"{{(i * 65536)}}\\\":1\").join(\",\") ++ \"}}\"\nprint(json_parse(t).count())\n"
    );
    lab.prints("JSON", &json, &[Line::new("keys of an object", count.to_string())]);
    Ok(())
}
