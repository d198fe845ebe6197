//! How work grows with the input, counted in fuel and never in time: twice the input, at most two and a half times the
//! work; chosen keys, at most three times the work of random ones.

mod operations;

use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line};
use operations::{DECODERS, LISTS, OTHERS, TEXTS};

/// Work that every program does before its first line counts against nobody.
fn work(lab: &Lab, source: &str) -> u64 {
    let empty = lab.run("").work;
    lab.run(source).work.saturating_sub(empty)
}

/// What twice the input may cost: linear is 2, sorting is a little more.
const FACTOR_MAX: f64 = 2.5;

pub(super) fn doubled_input(lab: &mut Lab) -> Result<(), DriverError> {
    let sizes: &[u64] = if lab.is_full() { &[10_000, 80_000] } else { &[10_000] };
    let empty = lab.run("").work;
    for (name, template) in [TEXTS, LISTS, DECODERS, OTHERS].concat() {
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
